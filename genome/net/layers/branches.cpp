#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/layer_chain.hpp"

namespace evofactor::net {
namespace {

using genome::Branch;
using genome::BranchesSpec;
using genome::Chain;

/// Channels of the branch's positions within the input's: its first position, and the step.
struct Cut {
  std::int64_t first = 0, every = 1, positions = 1, depth = 1;
  [[nodiscard]] bool is_run() const { return every == 1; }
};

Cut cut_of(const Branch& branch, genome::LayerShape whole) {
  const std::int64_t positions = branch.input(whole).positions, every = branch.every;
  return {whole.positions - 1 - (positions - 1) * every, every, positions, whole.depth()};
}

ValueNames cut(ValueNames names, const Cut& c) {
  const Names all = std::exchange(names.positions, {});
  for (std::int64_t p = 0; p < c.positions; ++p)
    names.positions.push_back(all[static_cast<std::size_t>(c.first + p * c.every)]);
  return names;
}

at::Tensor cut(const at::Tensor& x, const Cut& c) {
  if (c.is_run()) return x.narrow(1, c.first * c.depth, c.positions * c.depth);
  return x.unflatten(1, {-1, c.depth})
      .slice(1, c.first, std::nullopt, c.every)
      .narrow(1, 0, c.positions)
      .flatten(1, 2);
}

class Branches final : public Layer {
 public:
  Branches(std::span<const BranchesSpec> specs, const Site& site) : site_(site) {
    for (std::size_t i = 0; i < specs.front().branches.size(); ++i) {
      std::vector<const Chain*> chains;
      std::vector<Seed> seeds;
      for (std::size_t b = 0; b < specs.size(); ++b) {
        chains.push_back(&specs[b].branches[i].layers);
        seeds.push_back(derive(site.dropout_seeds[b], "branch", i));
      }
      cuts_.push_back(cut_of(specs.front().branches[i], site.input));
      chains_.emplace_back(chains, specs.front().branches[i].input(site.input),
                           cut(site.names, cuts_.back()), seeds);
      arrays_.add(chains_.back());
    }
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    return named_specs(chains_, "branch", [](const auto& chain) { return chain.parameters(); });
  }
  [[nodiscard]] std::vector<ParameterSpec> buffers() const override {
    return named_specs(chains_, "branch", [](const auto& chain) { return chain.buffers(); });
  }
  [[nodiscard]] ValueNames names() const override {
    std::vector<Names> parts;
    for (const LayerChain& chain : chains_) parts.push_back(chain.names().all());
    return flat_names(net::joined(parts));
  }
  [[nodiscard]] bool reads_pass() const override {
    return std::ranges::any_of(chains_, &LayerChain::reads_pass);
  }
  [[nodiscard]] bool needs_whole_batch() const override {
    return std::ranges::any_of(chains_, &LayerChain::needs_whole_batch);
  }
  void bind(std::vector<at::Tensor> values, std::vector<at::Tensor> gradients,
            std::vector<at::Tensor> buffers) override {
    arrays_.deal(values, gradients, buffers,
                 [&](std::size_t i, const auto& value, const auto& gradient, const auto& buffer) {
                   chains_[i].bind(value, gradient, buffer);
                 });
  }
  void initialise(int slice, Rng& rng) override {
    for (LayerChain& chain : chains_) chain.initialise(slice, rng);
  }
  Positions plan(const Positions&) override {
    return Positions(static_cast<std::size_t>(site_.input.positions), true);
  }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    std::vector<at::Tensor> parts;
    inputs_.clear();
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      inputs_.push_back(cut(x, cuts_[i]));
      parts.push_back(chains_[i].forward(inputs_[i], pass));
    }
    return joined(std::move(parts), pass);
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    at::Tensor dx;
    if (need_dx) dx = at::zeros({n_slices(), x.size(1), x.size(2)}, x.options());
    std::int64_t first = 0;
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      const std::int64_t size = chains_[i].output().size();
      // As many rows as the branch gave; the others have no gradient.
      const at::Tensor mine = dy.narrow(1, first, size).narrow(2, 0, rows_[i]).contiguous();
      const at::Tensor d = chains_[i].backward(inputs_[i], mine, pass, need_dx);
      if (need_dx) cut(dx, cuts_[i]).add_(d);
      first += size;
    }
    return dx;
  }

  [[nodiscard]] at::Tensor reference(const at::Tensor& x, const Pass& pass,
                                     std::span<const at::Tensor> values) const override {
    std::vector<at::Tensor> parts;
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      parts.push_back(
          chains_[i].reference(cut(x, cuts_[i]), pass, values.first(arrays_.parameters(i))));
      values = values.subspan(arrays_.parameters(i));
    }
    std::int64_t rows = x.size(2);
    for (const at::Tensor& part : parts) rows = std::min(rows, part.size(2));
    for (at::Tensor& part : parts) part = part.narrow(2, 0, rows).expand({n_slices(), -1, -1});
    return at::cat(parts, 1);
  }

 private:
  [[nodiscard]] std::int64_t n_slices() const {
    return static_cast<std::int64_t>(site_.dropout_seeds.size());
  }

  /// Parts side by side, each with the rows that all have.
  at::Tensor joined(std::vector<at::Tensor> parts, const Pass& pass) {
    rows_.clear();
    std::int64_t rows = padded_rows(pass.used_rows());
    for (const at::Tensor& part : parts) {
      rows_.push_back(part.size(2));
      rows = std::min(rows, part.size(2));
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i] = parts[i].narrow(2, 0, rows).expand({n_slices(), -1, -1});
      rows_[i] = std::min(rows_[i], rows);
    }
    return at::cat(parts, 1);
  }

  Site site_;
  std::vector<Cut> cuts_;
  std::vector<LayerChain> chains_;
  PartArrays arrays_;  ///< of the chains
  std::vector<at::Tensor> inputs_;
  std::vector<std::int64_t> rows_;  ///< of each branch's part in the result
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const BranchesSpec> specs, const Site& site) {
  return std::make_unique<Branches>(specs, site);
}

std::string script_of(const BranchesSpec& spec, const std::string& prefix, const Site& site) {
  std::string text = fmt::format("    {}whole = torch.reshape(h, [-1, {}, {}])\n", prefix,
                                 site.input.positions, site.input.depth());
  std::string parts;
  for (std::size_t i = 0; i < spec.branches.size(); ++i) {
    const Branch& branch = spec.branches[i];
    const Cut c = cut_of(branch, site.input);
    text +=
        fmt::format("    h = torch.flatten({}whole[:, {}::{}], 1)\n", prefix, c.first, c.every) +
        script_of(branch.layers, fmt::format("{}branch{}_", prefix, i), branch.input(site.input)) +
        fmt::format("    {}part{} = h\n", prefix, i);
    parts += fmt::format("{}{}part{}", i == 0 ? "" : ", ", prefix, i);
  }
  return text + fmt::format("    h = torch.cat([{}], 1)\n", parts);
}

}  // namespace evofactor::net
