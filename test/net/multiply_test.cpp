#include "genome/net/kernels/multiply.hpp"

#include <ATen/ATen.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace evofactor::net::kernels;

namespace {

struct Size {
  std::int64_t outputs, inputs, rows;
};
std::ostream& operator<<(std::ostream& out, const Size& s) {
  return out << s.outputs << " x " << s.inputs << " x " << s.rows;
}
// Every remainder of the kernels' tiles.
const std::vector<Size> kSizes{{1, 1, 16},   {2, 3, 32},    {7, 5, 48},    {13, 6, 64},
                               {15, 17, 80}, {64, 150, 96}, {30, 35, 816}, {9, 11, 112}};

std::vector<const float*> runs_of(const at::Tensor& x) {
  std::vector<const float*> list;
  for (std::int64_t k = 0; k < x.size(0); ++k) list.push_back(x[k].data_ptr<float>());
  return list;
}

at::Tensor random(std::int64_t n, std::int64_t rows, std::uint64_t seed) {
  // Runs begin on 64-byte boundaries, as a layer's do.
  return at::randn({n, rows}, at::make_generator<at::CPUGeneratorImpl>(seed));
}

at::Tensor in_bf16(const at::Tensor& x) { return x.to(at::kBFloat16).to(at::kDouble); }

/// Largest difference in units of the largest value.
double off(const at::Tensor& got, const at::Tensor& wanted) {
  return ((got.to(at::kDouble) - wanted).abs().max() / wanted.abs().max()).item<double>();
}

}  // namespace

BOOST_DATA_TEST_CASE(bf16_products_are_those_of_rounded_factors, kSizes, size) {
  if (!has_bf16()) {
    BOOST_TEST_MESSAGE("no AVX512-BF16: skipped");
    return;
  }
  const auto [outputs, inputs, rows] = size;
  const at::Tensor w = random(outputs, inputs, 1), x = random(inputs, rows, 2),
                   bias = random(1, outputs, 3), dy = random(outputs, rows, 4);
  const at::Tensor y = at::empty({outputs, rows}), more = at::ones({outputs, rows}),
                   dw = at::ones({outputs, inputs});
  const Weights weights{w.data_ptr<float>(), outputs, inputs};
  {
    const PrecisionScope products(Precision::kBf16);
    multiply(weights, runs_of(x), rows, bias.data_ptr<float>(), {y.data_ptr<float>(), rows},
             Fused::kRelu);
    multiply_add(weights, runs_of(x), rows, {more.data_ptr<float>(), rows});
    add_outer({dy.data_ptr<float>(), rows}, outputs, runs_of(x), rows, dw.data_ptr<float>(),
              inputs);
  }
  const at::Tensor product = at::mm(in_bf16(w), in_bf16(x));
  BOOST_TEST(off(y, (product + bias.to(at::kDouble).t()).relu()) < 1e-5);
  BOOST_TEST(off(more, product + 1) < 1e-5);
  BOOST_TEST(off(dw, at::mm(in_bf16(dy), in_bf16(x).t()) + 1) < 1e-5);
}

BOOST_AUTO_TEST_CASE(precision_ends_with_its_scope) {
  if (!has_bf16()) return;
  const at::Tensor w = random(8, 32, 1), x = random(32, 16, 2);
  const auto product = [&] {
    const at::Tensor y = at::empty({8, 16});
    multiply({w.data_ptr<float>(), 8, 32}, runs_of(x), 16, nullptr, {y.data_ptr<float>(), 16});
    return y;
  };
  const at::Tensor before = product();
  {
    const PrecisionScope outer(Precision::kBf16);
    BOOST_TEST(!product().equal(before));
    const PrecisionScope inner(Precision::kF32);
    BOOST_TEST(product().equal(before));
  }
  BOOST_TEST(product().equal(before));
}
