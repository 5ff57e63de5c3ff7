#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/core/ids.hpp"
#include "genome/genome.hpp"
#include "genome/net/layers/layer_chain.hpp"
#include "genome/net/net_state.hpp"

namespace evofactor::net {

/// B networks of equal shape key side by side, from input to factor: the only way a genome is
/// computed, B = 1 included. All trained numbers lie in one [B, P] tensor and all gradients in
/// another, so one update serves every layer. Not thread-safe; lives in one lane.
class StackedNet {
 public:
  /// Weights are drawn from derive(seed, "init") of each candidate. @param genomes of equal shape
  /// key, at least one
  StackedNet(std::span<const genome::NetGenome> genomes, std::span<const Seed> seeds,
             const c10::Device& device);

  [[nodiscard]] int size() const { return static_cast<int>(genomes_.size()); }
  [[nodiscard]] const c10::Device& device() const { return device_; }
  [[nodiscard]] const std::vector<genome::NetGenome>& genomes() const { return genomes_; }
  /// True if a forward pass in training looks at all days of a batch at once (batch norm).
  [[nodiscard]] bool needs_whole_batch() const { return body_->needs_whole_batch(); }
  /// False if a forward pass in training is a function of x alone.
  [[nodiscard]] bool reads_pass() const { return body_->reads_pass(); }

  /// @param x [B or 1, inputs, rows] @returns [B, rows], valid until the next call; at least the
  /// rows that are used
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const Pass& pass);
  /// Adds the gradients of the parameters, given those of the last forward's result, 0 where no
  /// stock stands. @param dy [B, rows]
  void backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass);
  /// As forward, differentiable in x and in `parameters` [B, P].
  [[nodiscard]] at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                     const at::Tensor& parameters) const;

  [[nodiscard]] at::Tensor& parameters() { return values_; }    ///< [B, P]
  [[nodiscard]] at::Tensor& gradients() { return gradients_; }  ///< [B, P]
  [[nodiscard]] at::Tensor& buffers() { return buffers_; }      ///< [B, S]
  [[nodiscard]] const at::Tensor& decays() const {
    return decays_;
  }  ///< [1, P] 1 where weight decay applies
  /// [B, P] 1 = trained, 0 = fixed at zero; undefined before pruning.
  [[nodiscard]] const at::Tensor& mask() const { return mask_; }
  void set_mask(at::Tensor mask);

  /// Place of one array of one candidate in the flat storage.
  struct Entry {
    std::string name;  ///< "layer0.weight", "output.bias"
    std::vector<std::int64_t> shape;
    std::int64_t offset = 0, size = 0;
    bool decays = false;
    std::vector<Names> axes{};  ///< one per dimension (ParameterSpec)
  };
  [[nodiscard]] const std::vector<Entry>& parameter_entries() const { return parameter_entries_; }
  [[nodiscard]] const std::vector<Entry>& buffer_entries() const { return buffer_entries_; }

  /// Everything of one candidate, on the host.
  [[nodiscard]] NetState state(int slice) const;
  /// @throws StoreError naming the array that is missing or of another shape
  void load(int slice, const NetState& state);

 private:
  std::vector<genome::NetGenome> genomes_;
  c10::Device device_;
  std::unique_ptr<LayerChain> body_;
  std::vector<Entry> parameter_entries_, buffer_entries_;
  at::Tensor values_, gradients_, buffers_, decays_, mask_;
  at::Tensor out_weight_, out_bias_, out_weight_gradient_, out_bias_gradient_;
  at::Tensor body_result_;  ///< of the last forward
  Buffer output_, output_gradient_;
};

/// Arrays of the genome's network, parameters and then buffers, without making it.
[[nodiscard]] std::vector<StackedNet::Entry> arrays_of(const genome::NetGenome& genome);

/// Bytes one candidate needs beside shared inputs: parameters with gradients and optimiser state,
/// and activations.
[[nodiscard]] std::int64_t training_bytes(const genome::NetGenome& genome, std::int64_t rows);

}  // namespace evofactor::net
