#include "genome/net/stacked_net.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "engine/core/error.hpp"
#include "genome/net/init.hpp"
#include "genome/shape.hpp"

namespace evofactor::net {
namespace {

/// View of `entry` in flat storage [B, P] as [B, shape...].
at::Tensor view_of(const at::Tensor& flat, const StackedNet::Entry& entry) {
  std::vector<std::int64_t> sizes{flat.size(0)};
  sizes.insert(sizes.end(), entry.shape.begin(), entry.shape.end());
  std::vector<std::int64_t> strides(sizes.size(), 1);
  for (std::size_t i = sizes.size() - 1; i > 1; --i) strides[i - 1] = strides[i] * sizes[i];
  strides[0] = flat.size(1);
  return flat.as_strided(sizes, strides, flat.storage_offset() + entry.offset);
}

std::vector<at::Tensor> views(const at::Tensor& flat, std::span<const StackedNet::Entry> entries) {
  std::vector<at::Tensor> all;
  for (const auto& entry : entries) all.push_back(view_of(flat, entry));
  return all;
}

void append(std::vector<StackedNet::Entry>& entries, const std::vector<ParameterSpec>& specs) {
  for (const ParameterSpec& spec : specs) {
    const std::int64_t offset = entries.empty() ? 0 : entries.back().offset + entries.back().size;
    entries.push_back({spec.name, spec.shape, offset, c10::multiply_integers(spec.shape),
                       spec.decays, spec.axes});
    if (spec.axes.empty())
      for (const std::int64_t n : spec.shape) entries.back().axes.push_back(numbered(n));
  }
}

void append_parameters(std::vector<StackedNet::Entry>& entries, const LayerChain& body) {
  append(entries, body.parameters());
  append(entries,
         {{"output.weight", {1, body.output().size()}, true, {numbered(1), body.names().all()}},
          {"output.bias", {1}, false}});
}

LayerChain body_of(std::span<const genome::NetGenome> genomes, std::span<const Seed> seeds) {
  std::vector<const genome::Chain*> chains;
  for (const genome::NetGenome& g : genomes) chains.push_back(&g.layers);
  const genome::NetGenome& first = genomes.front();
  return {chains,
          genome::shape_of(first).input,
          {numbered(first.input.window, first.input.window - 1), {0}, named(first.input.features)},
          seeds};
}

std::int64_t total_size(const std::vector<StackedNet::Entry>& entries) {
  return entries.empty() ? 0 : entries.back().offset + entries.back().size;
}

}  // namespace

StackedNet::StackedNet(std::span<const genome::NetGenome> genomes, std::span<const Seed> seeds,
                       const c10::Device& device)
    : genomes_(genomes.begin(), genomes.end()), device_(device) {
  EVOFACTOR_CHECK(!genomes.empty() && genomes.size() == seeds.size(), "{} genomes, {} seeds",
                  genomes.size(), seeds.size());
  const genome::NetGenome& first = genomes_.front();
  for (const genome::NetGenome& g : genomes_)
    EVOFACTOR_CHECK(shape_key(g) == shape_key(first), "genomes of different shape in one stack");
  body_ = std::make_unique<LayerChain>(body_of(genomes_, seeds));
  append_parameters(parameter_entries_, *body_);
  append(buffer_entries_, body_->buffers());

  const auto b = static_cast<std::int64_t>(genomes_.size());
  const auto bind = [&](const at::Tensor& values, const at::Tensor& gradients,
                        const at::Tensor& buffers) {
    std::vector<at::Tensor> value = views(values, parameter_entries_),
                            gradient = views(gradients, parameter_entries_);
    const auto take = [](std::vector<at::Tensor>& all) {
      at::Tensor last = all.back();
      all.pop_back();
      return last;
    };
    out_bias_ = take(value);
    out_weight_ = take(value);
    out_bias_gradient_ = take(gradient);
    out_weight_gradient_ = take(gradient);
    body_->bind(value, gradient, views(buffers, buffer_entries_));
  };
  // Drawn on the CPU, then moved: one value on all devices.
  values_ = at::zeros({b, total_size(parameter_entries_)}, at::kFloat);
  gradients_ = at::zeros_like(values_);
  buffers_ = at::zeros({b, total_size(buffer_entries_)}, at::kFloat);
  decays_ = at::zeros({1, values_.size(1)}, at::kFloat);
  for (const Entry& entry : parameter_entries_)
    if (entry.decays) decays_.narrow(1, entry.offset, entry.size).fill_(1);
  bind(values_, gradients_, buffers_);
  for (std::size_t slice = 0; slice < genomes_.size(); ++slice) {
    Rng rng(derive(seeds[slice], "init"));
    body_->initialise(static_cast<int>(slice), rng);
    initialise_linear(out_weight_[static_cast<std::int64_t>(slice)], rng);
  }
  if (device_.is_cpu()) return;
  values_ = values_.to(device_);
  gradients_ = gradients_.to(device_);
  buffers_ = buffers_.to(device_);
  decays_ = decays_.to(device_);
  bind(values_, gradients_, buffers_);
}

at::Tensor StackedNet::forward(const at::Tensor& x, const Pass& pass) {
  body_result_ = body_->forward(x, pass);
  const at::Tensor h = body_result_.expand({size(), -1, -1});
  at::Tensor y = output_.get({size(), 1, h.size(2)}, values_);
  at::baddbmm_out(y, out_bias_.unsqueeze(2), out_weight_, h);
  return y.squeeze(1);
}

void StackedNet::backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass) {
  const at::Tensor d_out = dy.unsqueeze(1);
  out_weight_gradient_.baddbmm_(d_out, body_result_.expand({size(), -1, -1}).transpose(1, 2));
  out_bias_gradient_.add_(dy.sum(1, /*keepdim=*/true));
  at::Tensor d = output_gradient_.get({size(), out_weight_.size(2), dy.size(1)}, values_);
  at::mul_out(d, out_weight_.transpose(1, 2), d_out);
  (void)body_->backward(x, d, pass, /*need_dx=*/false);
}

at::Tensor StackedNet::reference(const at::Tensor& x, const Pass& pass,
                                 const at::Tensor& parameters) const {
  const std::vector<at::Tensor> all = views(parameters, parameter_entries_);
  const std::size_t n = all.size() - 2;
  const at::Tensor h = body_->reference(x, pass, std::span(all).first(n));
  return (at::matmul(all[n], h) + all[n + 1].unsqueeze(2)).squeeze(1);
}

void StackedNet::set_mask(at::Tensor mask) {
  mask_ = std::move(mask);
  values_.mul_(mask_);
}

NetState StackedNet::state(int slice) const {
  NetState state;
  const auto add = [&](const at::Tensor& flat, const Entry& entry) {
    const at::Tensor host =
        flat[slice].narrow(0, entry.offset, entry.size).to(at::kCPU).contiguous();
    const float* first = host.data_ptr<float>();
    state.arrays.push_back(
        {entry.name, entry.shape, std::vector<float>(first, first + entry.size)});
  };
  for (const Entry& entry : parameter_entries_) add(values_, entry);
  for (const Entry& entry : buffer_entries_) add(buffers_, entry);
  if (mask_.defined()) add(mask_, {"mask", {values_.size(1)}, 0, values_.size(1), false});
  return state;
}

void StackedNet::load(int slice, const NetState& state) {
  const auto take = [&](at::Tensor flat, const Entry& entry) {
    const NamedArray& array = state.at(entry.name);
    if (array.shape != entry.shape)
      throw StoreError(
          fmt::format("network weights: array \"{}\" has shape [{}], the genome asks for [{}]",
                      entry.name, fmt::join(array.shape, ", "), fmt::join(entry.shape, ", ")));
    flat[slice]
        .narrow(0, entry.offset, entry.size)
        .copy_(at::from_blob(const_cast<float*>(array.values.data()), {entry.size}, at::kFloat));
  };
  for (const Entry& entry : parameter_entries_) take(values_, entry);
  for (const Entry& entry : buffer_entries_) take(buffers_, entry);
  if (state.find("mask") == nullptr) return;
  if (!mask_.defined()) mask_ = at::ones_like(values_);
  take(mask_, {"mask", {values_.size(1)}, 0, values_.size(1), false});
}

std::vector<StackedNet::Entry> arrays_of(const genome::NetGenome& genome) {
  const Seed unused;
  const LayerChain body = body_of(std::span(&genome, 1), std::span(&unused, 1));
  std::vector<StackedNet::Entry> entries;
  append_parameters(entries, body);
  append(entries, body.buffers());
  return entries;
}

std::int64_t training_bytes(const genome::NetGenome& genome, std::int64_t rows) {
  const genome::NetShape shape = genome::shape_of(genome);
  std::int64_t activations = 2 * shape.input.size();
  for (const genome::LayerShape& layer : shape.hidden) activations += 6 * layer.size();
  return static_cast<std::int64_t>(sizeof(float)) * (7 * shape.parameters + rows * activations);
}

}  // namespace evofactor::net
