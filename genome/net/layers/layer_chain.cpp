#include "genome/net/layers/layer_chain.hpp"

#include <ATen/ATen.h>

#include "genome/net/layers/kinds.hpp"

namespace evofactor::net {
namespace {

using genome::Chain;

/// Layer i of every candidate, as its kind.
template <class S>
std::vector<S> specs_of(std::span<const Chain* const> chains, std::size_t i) {
  std::vector<S> specs;
  for (const Chain* chain : chains) specs.push_back(std::get<S>((*chain)[i]));
  return specs;
}

Site site_of(const Chain& chain, std::size_t i, genome::LayerShape input) {
  const bool sequence = genome::feeds_sequence(chain, i);
  return {
      input,
      std::visit([&](const auto& spec) { return output_shape(spec, input, sequence); }, chain[i]),
      sequence};
}

}  // namespace

LayerChain::LayerChain(std::span<const Chain* const> chains, genome::LayerShape input,
                       ValueNames names, std::span<const Seed> seeds)
    : output_(input), names_(std::move(names)) {
  const Chain& first = *chains.front();
  const auto scratch = std::make_shared<Scratch>();
  for (std::size_t i = 0; i < first.size(); ++i) {
    Site site = site_of(first, i, output_);
    for (const Seed seed : seeds) site.dropout_seeds.push_back(derive(seed, "dropout", i));
    site.names = names_;
    site.scratch = scratch;
    std::visit(
        [&]<class S>(const S&) { layers_.push_back(make_layer(specs_of<S>(chains, i), site)); },
        first[i]);
    arrays_.add(*layers_.back());
    output_ = site.output;
    names_ = layers_.back()->names();
  }
  (void)plan(Positions(static_cast<std::size_t>(output_.positions), true));
}

std::vector<ParameterSpec> LayerChain::parameters() const {
  return named_specs(layers_, "layer", [](const auto& layer) { return layer->parameters(); });
}

std::vector<ParameterSpec> LayerChain::buffers() const {
  return named_specs(layers_, "layer", [](const auto& layer) { return layer->buffers(); });
}

bool LayerChain::reads_pass() const {
  return std::ranges::any_of(layers_, [](const auto& layer) { return layer->reads_pass(); });
}

bool LayerChain::needs_whole_batch() const {
  for (const auto& layer : layers_)
    if (layer->needs_whole_batch()) return true;
  return false;
}

void LayerChain::bind(const std::vector<at::Tensor>& values,
                      const std::vector<at::Tensor>& gradients,
                      const std::vector<at::Tensor>& buffers) {
  arrays_.deal(values, gradients, buffers,
               [&](std::size_t i, auto value, auto gradient, auto buffer) {
                 layers_[i]->bind(std::move(value), std::move(gradient), std::move(buffer));
               });
}

void LayerChain::initialise(int slice, Rng& rng) {
  for (const auto& layer : layers_) layer->initialise(slice, rng);
}

Positions LayerChain::plan(Positions wanted) {
  for (std::size_t i = layers_.size(); i-- > 0;) wanted = layers_[i]->plan(wanted);
  return wanted;
}

at::Tensor LayerChain::forward(const at::Tensor& x, const Pass& pass) {
  results_.clear();
  at::Tensor at = x;
  for (const auto& layer : layers_) {
    at = layer->forward(at, pass);
    results_.push_back(at);
  }
  return at;
}

at::Tensor LayerChain::backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                                bool need_dx) {
  at::Tensor d = dy;
  for (std::size_t i = layers_.size(); i-- > 0;)
    d = layers_[i]->backward(i > 0 ? results_[i - 1] : x, d, pass, need_dx || i > 0);
  return d;
}

at::Tensor LayerChain::reference(const at::Tensor& x, const Pass& pass,
                                 std::span<const at::Tensor> values) const {
  at::Tensor at = x;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    at = layers_[i]->reference(at, pass, values.first(arrays_.parameters(i)));
    values = values.subspan(arrays_.parameters(i));
  }
  return at;
}

std::string script_of(const Chain& chain, const std::string& prefix, genome::LayerShape input) {
  std::string text;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Site site = site_of(chain, i, input);
    text += std::visit(
        [&](const auto& spec) {
          return script_of(spec, fmt::format("{}layer{}_", prefix, i), site);
        },
        chain[i]);
    input = site.output;
  }
  return text;
}

}  // namespace evofactor::net
