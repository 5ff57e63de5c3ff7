#include "genome/net/transplant.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "engine/core/error.hpp"
#include "genome/identity_layer.hpp"
#include "genome/net/stacked_net.hpp"

namespace evofactor::net {
namespace {

using genome::Chain;
using genome::LayerSpec;
using Entry = StackedNet::Entry;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Of each of the child's layers, the parent's that it corresponds to; kNone: it is new.
std::vector<std::size_t> aligned(const Chain& child, const Chain& parent) {
  const std::size_t n = child.size(), m = parent.size();
  // best[i][j]: of the layers from i and j on. A common kind counts more than all equal settings.
  std::vector<std::vector<std::size_t>> best(n + 1, std::vector<std::size_t>(m + 1, 0));
  const auto match = [&](std::size_t i, std::size_t j) -> std::size_t {
    if (child[i].index() != parent[j].index()) return 0;
    return best[i + 1][j + 1] + n + 1 + (child[i] == parent[j] ? 1 : 0);
  };
  for (std::size_t i = n; i-- > 0;)
    for (std::size_t j = m; j-- > 0;)
      best[i][j] = std::max({match(i, j), best[i + 1][j], best[i][j + 1]});
  std::vector<std::size_t> found(n, kNone);
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    if (match(i, j) == best[i][j] && best[i][j] > 0) {
      found[i++] = j++;
    } else if (best[i + 1][j] == best[i][j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return found;
}

/// Which layers of two networks correspond, by the prefixes of their arrays' names.
struct Alignment {
  std::map<std::string, std::string> parents{{"output.", "output."}};  ///< by the child's
  std::vector<std::pair<std::string, LayerSpec>> identities;           ///< new ones that can be
};

void align(const Chain& child, const Chain& parent, const std::string& in_child,
           const std::string& in_parent, Alignment& found) {
  const std::vector<std::size_t> places = aligned(child, parent);
  for (std::size_t i = 0; i < child.size(); ++i) {
    const std::string prefix = fmt::format("{}layer{}.", in_child, i);
    if (places[i] == kNone) {
      if (i > 0 && genome::identity_after(child[i - 1]) == child[i])
        found.identities.emplace_back(prefix, child[i]);
      continue;
    }
    const std::string origin = fmt::format("{}layer{}.", in_parent, places[i]);
    found.parents.emplace(prefix, origin);
    const auto *mine = std::get_if<genome::BranchesSpec>(&child[i]),
               *theirs = std::get_if<genome::BranchesSpec>(&parent[places[i]]);
    if (mine == nullptr) continue;
    for (std::size_t b = 0; b < std::min(mine->branches.size(), theirs->branches.size()); ++b)
      align(mine->branches[b].layers, theirs->branches[b].layers,
            fmt::format("{}branch{}.", prefix, b), fmt::format("{}branch{}.", origin, b), found);
  }
}

/// Of each name, its index among the parent's; kNone: it is new.
std::vector<std::size_t> places_of(const Names& child, const Names& parent) {
  std::unordered_map<std::uint64_t, std::size_t> places;
  for (std::size_t i = 0; i < parent.size(); ++i) places.emplace(parent[i], i);
  std::vector<std::size_t> found;
  for (const std::uint64_t name : child) {
    const auto it = places.find(name);
    found.push_back(it == places.end() ? kNone : it->second);
  }
  return found;
}

bool any_found(const std::vector<std::size_t>& places) {
  return std::ranges::any_of(places, [](std::size_t place) { return place != kNone; });
}

void copy(const Entry& to, std::vector<float>& values, const Entry& from,
          const std::vector<float>& old) {
  if (to.axes.size() != from.axes.size()) return;
  std::vector<std::vector<std::size_t>> places;
  for (std::size_t axis = 0; axis < to.axes.size(); ++axis) {
    places.push_back(places_of(to.axes[axis], from.axes[axis]));
    if (!any_found(places.back())) return;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::size_t rest = i, source = 0, stride = 1;
    bool reads_new = false;
    for (std::size_t axis = places.size(); axis-- > 1;) {
      const std::size_t place = places[axis][rest % places[axis].size()];
      reads_new = reads_new || place == kNone;
      source += place * stride;
      rest /= places[axis].size();
      stride *= from.axes[axis].size();
    }
    if (places[0][rest] == kNone) continue;
    values[i] = reads_new ? 0.0F : old[source + places[0][rest] * stride];
  }
}

NamedArray& array(NetState& state, const std::string& name) {
  const auto it = std::ranges::find(state.arrays, name, &NamedArray::name);
  EVOFACTOR_CHECK(it != state.arrays.end(), "no array {}", name);
  return *it;
}

/// Ones from input i to output i through one of the taps, else zeros.
/// @param taps of the weight [out, taps * in, ...]
void set_diagonal(NamedArray& weight, std::size_t taps, std::size_t tap) {
  const auto out = static_cast<std::size_t>(weight.shape[0]), row = weight.values.size() / out,
             in = row / taps;
  for (std::size_t o = 0; o < std::min(out, in); ++o)
    for (std::size_t i = 0; i < row; ++i)
      weight.values[o * row + i] = i == tap * in + o ? 1.0F : 0.0F;
}

/// What is added is 0, but for a hair above it where a relu would let no gradient through.
constexpr float kAlmostZero = 1e-6F;

void make_identity(NetState& state, const std::string& prefix, const LayerSpec& layer) {
  const auto fill = [&](const char* name, float value) {
    std::ranges::fill(array(state, prefix + name).values, value);
  };
  const auto taps = [&](int count, int tap) {
    set_diagonal(array(state, prefix + "weight"), static_cast<std::size_t>(count),
                 static_cast<std::size_t>(tap));
  };
  if (std::holds_alternative<genome::DenseSpec>(layer)) {
    taps(1, 0);
  } else if (const auto* conv = std::get_if<genome::Conv1dSpec>(&layer)) {
    taps(conv->kernel, conv->kernel - 1);
  } else if (const auto* image = std::get_if<genome::Conv2dSpec>(&layer)) {
    taps(image->kernel_days * image->kernel_rows,
         image->kernel_days / 2 * image->kernel_rows + image->kernel_rows / 2);
  } else if (std::holds_alternative<genome::TcnSpec>(layer)) {
    fill("second_weight", 0);
    fill("second_bias", kAlmostZero);
  } else {
    const bool bottleneck = std::get<genome::ResidualSpec>(layer).bottleneck;
    fill(bottleneck ? "third_norm_scale" : "second_norm_scale", 0);
  }
}

}  // namespace

NetState transplant(const genome::NetGenome& child, NetState fresh, const genome::NetGenome& parent,
                    const NetState& trained) {
  Alignment found;
  align(child.layers, parent.layers, "", "", found);
  std::map<std::string, Entry> theirs;
  for (Entry& entry : arrays_of(parent)) theirs.emplace(entry.name, std::move(entry));
  for (const Entry& entry : arrays_of(child)) {
    const std::size_t dot = entry.name.rfind('.') + 1;
    const auto origin = found.parents.find(entry.name.substr(0, dot));
    if (origin == found.parents.end()) continue;
    NamedArray& mine = array(fresh, entry.name);
    const auto source = theirs.find(origin->second + entry.name.substr(dot));
    if (source != theirs.end()) {
      const NamedArray& old = trained.at(source->first);
      if (old.shape != source->second.shape)
        throw StoreError(fmt::format(
            "network weights: array \"{}\" is not of the shape of its genome", source->first));
      copy(entry, mine.values, source->second, old.values);
    } else if (entry.name.ends_with("shortcut_weight")) {
      set_diagonal(mine, 1, 0);  // what a block added as it came, it now adds through a map
    }
  }
  for (const auto& [prefix, layer] : found.identities) make_identity(fresh, prefix, layer);
  return fresh;
}

}  // namespace evofactor::net
