#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "genome/chain.hpp"

namespace evofactor::genome {

/// What a search may choose for layers: the kinds, and for every gene of every kind the values.
struct LayerSpace {
  std::vector<std::string> kinds{"dense"};
  /// [kind][gene] values allowed, ascending; the genes' own by default.
  std::array<std::vector<std::vector<double>>, kLayerKinds> values;
  LayerSpace();
  bool operator==(const LayerSpace&) const = default;
  [[nodiscard]] bool allows(std::size_t kind) const;
  /// Kinds allowed that stand where `role` may; kAny kinds are no layers of their own.
  [[nodiscard]] std::vector<std::size_t> kinds_of(Role role) const;
};
/// `kinds`, then one object of lists a kind.
void describe(FieldVisitor& v, LayerSpace& space);

/// Adds a problem for every layer of the chain, branches included, that is outside the space, and
/// for a layer that reads places after one that flattens.
void validate(const Chain& chain, const LayerSpace& space, std::string_view where,
              Problems& problems);
/// Drops layers of other kinds and moves every gene to the nearest value allowed.
void fit(Chain& chain, const LayerSpace& space);

}  // namespace evofactor::genome
