#include <ATen/ATen.h>

#include <cmath>

#include "genome/net/init.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::AttentionSpec;

/// Arrays of a block, after the embedding's weight and bias; `inputs` and `outputs` of each map.
constexpr std::size_t kEmbedding = 2, kBlock = 12;
enum Array : std::size_t {
  kIn,
  kInBias,
  kOut,
  kOutBias,
  kUp,
  kUpBias,
  kDown,
  kDownBias,
  kScale1,
  kShift1,
  kScale2,
  kShift2
};

/// sin and cos of t / 10000^(2 i / units), as [positions, units].
at::Tensor sinusoids(std::int64_t positions, std::int64_t units) {
  const at::Tensor table = at::empty({positions, units}, at::TensorOptions(at::kFloat));
  float* out = table.data_ptr<float>();
  for (std::int64_t t = 0; t < positions; ++t)
    for (std::int64_t i = 0; i < units; ++i, ++out) {
      const double angle =
          static_cast<double>(t) *
          std::pow(10000.0, -static_cast<double>(i / 2 * 2) / static_cast<double>(units));
      *out = static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

class Attention final : public AutogradLayer {
 public:
  Attention(std::span<const AttentionSpec> specs, const Site& site)
      : AutogradLayer(site),
        spec_(specs.front()),
        positions_(sinusoids(site.input.positions, spec_.units)) {
    const auto parts = static_cast<std::size_t>(2 * spec_.blocks);
    for (std::size_t part = 0; part < parts; ++part) {
      Dropout& dropout = dropouts_.emplace_back();
      for (std::size_t b = 0; b < specs.size(); ++b) {
        dropout.rates.push_back(specs[b].dropout);
        dropout.seeds.push_back(derive(site.dropout_seeds[b], "part", part));
      }
    }
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const std::int64_t d = spec_.units, ff = spec_.feed_forward;
    std::vector<ParameterSpec> all{{"embedding", {d, site_.input.depth()}, true},
                                   {"embedding_bias", {d}, false}};
    for (int block = 0; block < spec_.blocks; ++block) {
      const auto add = [&](const char* name, std::vector<std::int64_t> shape) {
        const bool decays = shape.size() == 2;
        all.push_back({fmt::format("block{}_{}", block, name), std::move(shape), decays});
      };
      add("in", {3 * d, d}), add("in_bias", {3 * d}), add("out", {d, d}), add("out_bias", {d});
      add("up", {ff, d}), add("up_bias", {ff}), add("down", {d, ff}), add("down_bias", {d});
      add("scale1", {d}), add("shift1", {d}), add("scale2", {d}), add("shift2", {d});
    }
    return all;
  }
  void initialise(int slice, Rng& rng) override {
    initialise_linear(values_[0][slice], rng);
    for (std::size_t block = 0; block < static_cast<std::size_t>(spec_.blocks); ++block) {
      const auto at = [&](Array a) { return values_[kEmbedding + block * kBlock + a][slice]; };
      for (std::int64_t part = 0; part < 3; ++part)
        initialise_linear(at(kIn).narrow(0, part * spec_.units, spec_.units), rng);
      initialise_linear(at(kOut), rng);
      initialise_weight(at(kUp), genome::Activation::kRelu, rng);
      initialise_linear(at(kDown), rng);
      at(kScale1).fill_(1);
      at(kScale2).fill_(1);
    }
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      // [rows, positions, depth]
      const at::Tensor series =
          as_series(x.narrow(0, x.size(0) == 1 ? 0 : b, 1), site_.input)[0].permute({2, 0, 1});
      at::Tensor h = at::linear(series, values[0][b], values[1][b]) + positions_.to(x.options());
      for (std::size_t block = 0; block < static_cast<std::size_t>(spec_.blocks); ++block)
        h = through_block(h, pass, values.subspan(kEmbedding + block * kBlock, kBlock), block, b);
      if (!site_.sequence) h = h.select(1, h.size(1) - 1).unsqueeze(1);
      slices.push_back(h.permute({1, 2, 0}).flatten(0, 1).unsqueeze(0));
    }
    return joined_slices(slices);
  }

 private:
  /// h [rows, positions, units]. Where the last position alone is handed on, the last block's
  /// queries are its alone.
  [[nodiscard]] at::Tensor through_block(const at::Tensor& h, const Pass& pass,
                                         std::span<const at::Tensor> w, std::size_t block,
                                         std::int64_t b) const {
    const bool last = !site_.sequence && block + 1 == static_cast<std::size_t>(spec_.blocks);
    const std::int64_t d = spec_.units, n_heads = spec_.heads_used();
    const auto heads = [&](const at::Tensor& from, std::int64_t part) {
      return at::linear(from, w[kIn][b].narrow(0, part * d, d),
                        w[kInBias][b].narrow(0, part * d, d))
          .unflatten(2, {n_heads, d / n_heads})
          .transpose(1, 2);
    };
    const at::Tensor asking = last ? h.narrow(1, h.size(1) - 1, 1) : h;
    const at::Tensor q = heads(asking, 0), k = heads(h, 1), v = heads(h, 2);
    const at::Tensor weights = at::softmax(
        at::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(d / n_heads)), -1);
    const at::Tensor mixed = at::matmul(weights, v).transpose(1, 2).flatten(2);
    const at::Tensor attended = at::layer_norm(
        asking + dropped(at::linear(mixed, w[kOut][b], w[kOutBias][b]), pass, 2 * block, b), {d},
        w[kScale1][b], w[kShift1][b], kNormEpsilon);
    const at::Tensor up = at::relu(at::linear(attended, w[kUp][b], w[kUpBias][b]));
    return at::layer_norm(
        attended + dropped(at::linear(up, w[kDown][b], w[kDownBias][b]), pass, 2 * block + 1, b),
        {d}, w[kScale2][b], w[kShift2][b], kNormEpsilon);
  }

  [[nodiscard]] at::Tensor dropped(const at::Tensor& h, const Pass& pass, std::size_t part,
                                   std::int64_t b) const {
    const Dropout& all = dropouts_[part];
    const auto slice = static_cast<std::size_t>(b);
    const Dropout own{{all.rates[slice]}, {all.seeds[slice]}};
    if (!pass.training || !own.on()) return h;
    const at::Tensor mask = own.mask(h.size(1) * h.size(2), h.size(0), pass, h);
    return h * mask[0].t().unflatten(1, {h.size(1), h.size(2)});
  }

  AttentionSpec spec_;
  at::Tensor positions_;
  std::vector<Dropout> dropouts_;  ///< two a block
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const AttentionSpec> specs, const Site& site) {
  return std::make_unique<Attention>(specs, site);
}

std::string script_of(const AttentionSpec& spec, const std::string& prefix, const Site& site) {
  const int d = spec.units, heads = spec.heads_used();
  std::string text = fmt::format(
      "    place = torch.arange({1}).unsqueeze(1)\n"
      "    unit = torch.arange({2}).unsqueeze(0)\n"
      "    angle = place * torch.pow(10000.0, -1.0 * (unit - unit % 2) / {2})\n"
      "    positions = torch.where(unit % 2 == 0, torch.sin(angle), torch.cos(angle))\n"
      "    h = torch.matmul(torch.reshape(h, [-1, {1}, {3}]), self.{0}embedding.t()) + "
      "self.{0}embedding_bias + positions\n",
      prefix, site.input.positions, d, site.input.depth());
  for (int block = 0; block < spec.blocks; ++block) {
    const std::string p = fmt::format("{}block{}_", prefix, block);
    text += fmt::format(
        "    q, k, v = torch.chunk(torch.matmul(h, self.{0}in.t()) + self.{0}in_bias, 3, 2)\n"
        "    q = torch.reshape(q, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    k = torch.reshape(k, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    v = torch.reshape(v, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    w = torch.softmax(torch.matmul(q, k.transpose(2, 3)) / {4}, -1)\n"
        "    x = torch.flatten(torch.matmul(w, v).transpose(1, 2), 2)\n"
        "    h = torch.layer_norm(h + torch.matmul(x, self.{0}out.t()) + self.{0}out_bias, [{5}], "
        "self.{0}scale1, self.{0}shift1, {6})\n"
        "    x = torch.relu(torch.matmul(h, self.{0}up.t()) + self.{0}up_bias)\n"
        "    h = torch.layer_norm(h + torch.matmul(x, self.{0}down.t()) + self.{0}down_bias, "
        "[{5}], "
        "self.{0}scale2, self.{0}shift2, {6})\n",
        p, site.input.positions, heads, d / heads, std::sqrt(static_cast<double>(d / heads)), d,
        kNormEpsilon);
  }
  return text + (site.sequence ? "    h = torch.flatten(h, 1)\n" : "    h = h[:, -1]\n");
}

}  // namespace evofactor::net
