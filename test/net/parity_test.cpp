// Layers against torch::nn's own modules in double precision with the same weights: values within
// 1e-5 and gradients of the input's sum within 1e-4 of the largest.
#include <ATen/ATen.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/modules/transformerlayer.h>

#include <boost/test/unit_test.hpp>

#include "engine/device/runtime.hpp"
#include "genome/net/stacked_net.hpp"

using namespace evofactor;
using namespace evofactor::net;
using namespace evofactor::genome;
namespace nn = torch::nn;

namespace {

constexpr std::int64_t kStocks = 32;
constexpr int kFeatures = 5, kWindow = 12;

/// A network of the layers with a linear output, x [1, window * features, stocks] and dy [1,
/// stocks].
class Ours {
 public:
  explicit Ours(Chain layers) {
    device::set_up();
    device::set_up_thread();
    genome_.input.window = kWindow;
    genome_.layers = std::move(layers);
    net_ = std::make_unique<StackedNet>(std::span(&genome_, 1), std::span(&seed_, 1), at::kCPU);
    at::manual_seed(3);
    net_->parameters().add_(0.1 * at::randn_like(net_->parameters()));
    x = at::randn({1, kWindow * kFeatures, kStocks});
    dy = at::randn({1, kStocks});
    pass_.training = true;
    pass_.stocks = {static_cast<int>(kStocks)};
    y = net_->forward(x, pass_).clone();
    net_->backward(x, dy.clone(), pass_);
  }
  /// An array of the network, or its gradient, in double precision.
  [[nodiscard]] at::Tensor array(const std::string& name, bool gradient = false) const {
    for (const auto& entry : net_->parameter_entries())
      if (entry.name == name)
        return (gradient ? net_->gradients() : net_->parameters())[0]
            .narrow(0, entry.offset, entry.size)
            .view(entry.shape)
            .to(at::kDouble);
    BOOST_FAIL("no array " << name);
    return {};
  }
  /// [stocks, days, features]
  [[nodiscard]] at::Tensor series() const {
    return x[0].t().unflatten(1, {kWindow, kFeatures}).to(at::kDouble);
  }
  /// Compares with the factor that the module's last state h [stocks, units] gives, and the
  /// module's gradients.
  void compare(
      const at::Tensor& h,
      const std::vector<std::pair<at::Tensor, at::Tensor>>& theirs_and_ours_of_gradients) const {
    const at::Tensor expected = at::matmul(h, array("output.weight")[0]) + array("output.bias")[0];
    BOOST_TEST(worst(y[0], expected) < 1e-5);
    (expected * dy[0].to(at::kDouble)).sum().backward();
    for (const auto& [theirs, ours] : theirs_and_ours_of_gradients)
      BOOST_TEST(worst(ours, theirs.grad()) < 1e-4);
  }
  static double worst(const at::Tensor& a, const at::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
  }
  at::Tensor x, y, dy;

 private:
  NetGenome genome_;
  Seed seed_{1};
  std::unique_ptr<StackedNet> net_;
  Pass pass_;
};

void assign(at::Tensor parameter, const at::Tensor& value) {
  const at::NoGradGuard no_grad;
  parameter.copy_(value);
}

}  // namespace

BOOST_AUTO_TEST_CASE(lstm_is_torchs) {
  const Ours ours({LstmSpec{7}});
  nn::LSTM theirs(nn::LSTMOptions(kFeatures, 7).batch_first(true));
  theirs->to(at::kDouble);
  auto w = theirs->named_parameters();
  const at::Tensor weight = ours.array("layer0.weight");
  assign(w["weight_ih_l0"], weight.narrow(1, 0, kFeatures));
  assign(w["weight_hh_l0"], weight.narrow(1, kFeatures, 7));
  assign(w["bias_ih_l0"], ours.array("layer0.bias"));
  assign(w["bias_hh_l0"], at::zeros({28}));
  const at::Tensor d = ours.array("layer0.weight", true);
  ours.compare(std::get<0>(theirs->forward(ours.series())).select(1, kWindow - 1),
               {{w["weight_ih_l0"], d.narrow(1, 0, kFeatures)},
                {w["weight_hh_l0"], d.narrow(1, kFeatures, 7)},
                {w["bias_ih_l0"], ours.array("layer0.bias", true)}});
}

BOOST_AUTO_TEST_CASE(gru_is_torchs) {
  const Ours ours({GruSpec{7}});
  nn::GRU theirs(nn::GRUOptions(kFeatures, 7).batch_first(true));
  theirs->to(at::kDouble);
  auto w = theirs->named_parameters();
  const auto all = [&](bool gradient) {
    const auto get = [&](const char* name) {
      return ours.array(std::string("layer0.") + name, gradient);
    };
    const at::Tensor gates = get("weight");
    return std::array<at::Tensor, 4>{at::cat({gates.narrow(1, 0, kFeatures), get("new_input")}),
                                     at::cat({gates.narrow(1, kFeatures, 7), get("new_state")}),
                                     at::cat({get("bias"), get("new_bias")}), get("state_bias")};
  };
  const auto values = all(false), gradients = all(true);
  assign(w["weight_ih_l0"], values[0]);
  assign(w["weight_hh_l0"], values[1]);
  assign(w["bias_ih_l0"], values[2]);
  assign(w["bias_hh_l0"], at::cat({at::zeros({14}, at::kDouble), values[3]}));
  ours.compare(std::get<0>(theirs->forward(ours.series())).select(1, kWindow - 1),
               {{w["weight_ih_l0"], gradients[0]},
                {w["weight_hh_l0"], gradients[1]},
                {w["bias_ih_l0"], gradients[2]}});
}

BOOST_AUTO_TEST_CASE(conv1d_is_torchs_with_zeros_before) {
  const Ours ours({Conv1dSpec{6, 3, 2, 1, Activation::kTanh}});
  nn::Conv1d theirs(nn::Conv1dOptions(kFeatures, 6, 3).dilation(2));
  theirs->to(at::kDouble);
  const auto weight = [&](bool gradient) {
    return ours.array("layer0.weight", gradient).view({6, 3, kFeatures}).permute({0, 2, 1});
  };
  assign(theirs->weight, weight(false));
  assign(theirs->bias, ours.array("layer0.bias"));
  const at::Tensor x = at::constant_pad_nd(ours.series().transpose(1, 2), {4, 0});
  ours.compare(at::tanh(theirs->forward(x)).transpose(1, 2).flatten(1),
               {{theirs->weight, weight(true)}, {theirs->bias, ours.array("layer0.bias", true)}});
}

BOOST_AUTO_TEST_CASE(conv2d_with_batch_norm_is_torchs) {
  const Ours ours({Conv2dSpec{6, 3, 5, 1, 1, Activation::kRelu, true}});
  nn::Conv2d convolution(nn::Conv2dOptions(1, 6, {5, 3}).padding({2, 1}));
  nn::BatchNorm2d norm(6);
  convolution->to(at::kDouble);
  norm->to(at::kDouble);
  const auto weight = [&](bool gradient) {
    return ours.array("layer0.weight", gradient).view({6, 5, 3, 1}).permute({0, 3, 1, 2});
  };
  assign(convolution->weight, weight(false));
  assign(convolution->bias, ours.array("layer0.bias"));
  assign(norm->weight, ours.array("layer0.norm_scale"));
  assign(norm->bias, ours.array("layer0.norm_shift"));
  const at::Tensor h = at::relu(norm->forward(convolution->forward(ours.series().unsqueeze(1))));
  ours.compare(h.permute({0, 2, 3, 1}).flatten(1),
               {{convolution->weight, weight(true)},
                {norm->weight, ours.array("layer0.norm_scale", true)},
                {norm->bias, ours.array("layer0.norm_shift", true)}});
}

BOOST_AUTO_TEST_CASE(attention_is_torchs_encoder_layer) {
  const Ours ours({AttentionSpec{8, 2, 12, 1, 0}});
  nn::TransformerEncoderLayer theirs(
      nn::TransformerEncoderLayerOptions(8, 2).dim_feedforward(12).dropout(0));
  theirs->to(at::kDouble);
  auto w = theirs->named_parameters();
  const std::vector<std::pair<const char*, const char*>> names{
      {"self_attn.in_proj_weight", "in"},
      {"self_attn.in_proj_bias", "in_bias"},
      {"self_attn.out_proj.weight", "out"},
      {"self_attn.out_proj.bias", "out_bias"},
      {"linear1.weight", "up"},
      {"linear1.bias", "up_bias"},
      {"linear2.weight", "down"},
      {"linear2.bias", "down_bias"},
      {"norm1.weight", "scale1"},
      {"norm1.bias", "shift1"},
      {"norm2.weight", "scale2"},
      {"norm2.bias", "shift2"}};
  std::vector<std::pair<at::Tensor, at::Tensor>> gradients;
  for (const auto& [theirs_name, name] : names) {
    const std::string array = std::string("layer0.block0_") + name;
    assign(w[theirs_name], ours.array(array));
    if (std::string_view(name) != "in_bias")  // the keys' has no gradient but rounding
      gradients.emplace_back(w[theirs_name], ours.array(array, true));
  }
  const at::Tensor t = at::arange(kWindow, at::kDouble).unsqueeze(1),
                   i = at::arange(8, at::kDouble).unsqueeze(0), even = i - at::remainder(i, 2),
                   angle = t * at::pow(10000.0, -even / 8),
                   places = at::where(at::remainder(i, 2) == 0, at::sin(angle), at::cos(angle));
  const at::Tensor h = at::linear(ours.series(), ours.array("layer0.embedding"),
                                  ours.array("layer0.embedding_bias")) +
                       places;
  ours.compare(theirs->forward(h.transpose(0, 1))[kWindow - 1], gradients);
}
