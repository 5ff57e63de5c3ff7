#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/core/rng.hpp"
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::operators {

/// A variation operator on networks by name. `apply` takes `n_parents` valid parents; the child has
/// no start (genome.hpp), whatever they have.
struct NetOperator {
  std::string_view name;
  int n_parents = 1;
  double default_rate = 1;  ///< relative to the others
  std::function<std::optional<genome::NetGenome>(Rng&, std::span<const genome::NetGenome* const>,
                                                 const genome::SearchSpace&)>
      apply;
  /// Whether a search of this space draws it at all; empty: any does. One that is not drawn leaves
  /// the others' draws as they are.
  std::function<bool(const genome::SearchSpace&)> offered{};
};

/// All operators, in a fixed order.
[[nodiscard]] std::span<const NetOperator> registry();
[[nodiscard]] std::vector<std::string_view> operator_names();

}  // namespace evofactor::operators
