#pragma once
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/finish.hpp"
#include "genome/net/layers/tap_convolution.hpp"

namespace evofactor::net {

/// A convolution by a table of taps and what follows it: dense layers (one place, one tap),
/// convolutions over time and over rows x time. weight [out, kernel * in], bias [out], then the
/// batch norm's arrays.
class ConvolutionLayer final : public AutogradLayer {
 public:
  /// @param reads names of what a result sees, in the order of its weights
  ConvolutionLayer(const Site& site, TapTable table, Names reads,
                   std::vector<genome::Activation> activations, bool norm, Dropout dropout);

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override;
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override { return finish_.buffers(); }
  [[nodiscard]] bool needs_whole_batch() const override { return finish_.norm(); }
  [[nodiscard]] bool reads_pass() const override { return finish_.norm() || finish_.drops(); }
  void initialise(int slice, Rng& rng) override;
  Positions plan(const Positions& wanted) override;
  at::Tensor forward(const at::Tensor& x, const Pass& pass) override;
  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override;

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool keep) const override;

 private:
  [[nodiscard]] std::vector<NormArrays> norms(std::span<const at::Tensor> values) const;

  TapConvolution convolution_;
  Names reads_;
  std::vector<genome::Activation> activations_;
  Finish finish_;
  Buffer input_, output_, gradient_, input_gradient_;
  at::Tensor x_;
};

/// Specs' activations, for the constructor above.
template <class S>
std::vector<genome::Activation> activations_of(std::span<const S> specs) {
  std::vector<genome::Activation> all;
  for (const S& spec : specs) all.push_back(spec.activation);
  return all;
}
}  // namespace evofactor::net
