#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "genome/chain.hpp"
#include "genome/net/layers/layer.hpp"
#include "genome/net/layers/parts.hpp"

namespace evofactor::net {

/// Layers one after the other, as a network's body or one branch of it; what holds for a Layer
/// holds for the chain. An array of layer i is named "layer<i>." + its name.
class LayerChain {
 public:
  /// @param chains one per candidate, of equal shape @param names of the input's values
  /// @param seeds of dropout, one per candidate
  LayerChain(std::span<const genome::Chain* const> chains, genome::LayerShape input,
             ValueNames names, std::span<const Seed> seeds);

  [[nodiscard]] genome::LayerShape output() const { return output_; }
  [[nodiscard]] const ValueNames& names() const { return names_; }
  [[nodiscard]] std::vector<ParameterSpec> parameters() const;
  [[nodiscard]] std::vector<ParameterSpec> buffers() const;
  [[nodiscard]] bool needs_whole_batch() const;
  [[nodiscard]] bool reads_pass() const;
  void bind(const std::vector<at::Tensor>& values, const std::vector<at::Tensor>& gradients,
            const std::vector<at::Tensor>& buffers);
  void initialise(int slice, Rng& rng);
  Positions plan(Positions wanted);
  at::Tensor forward(const at::Tensor& x, const Pass& pass);
  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass, bool need_dx);
  [[nodiscard]] at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                     std::span<const at::Tensor> values) const;

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
  PartArrays arrays_;  ///< of the layers
  genome::LayerShape output_;
  ValueNames names_;                 ///< of the output
  std::vector<at::Tensor> results_;  ///< of the last forward, after each layer
};

/// TorchScript of a chain on h; arrays are attributes prefix + "layer<i>_" + name.
[[nodiscard]] std::string script_of(const genome::Chain& chain, const std::string& prefix,
                                    genome::LayerShape input);

}  // namespace evofactor::net
