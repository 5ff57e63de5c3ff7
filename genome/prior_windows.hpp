#pragma once
#include <string>
#include <vector>

#include "genome/search_space.hpp"

namespace evofactor::genome {

// An indicator with other parameters is another prior (Fang et al. 2020). The windows of a prior in
// the space that hold the same number are one parameter: both windows of a Bollinger band move
// together, the two averages of MACD apart. A window of one day leads from day to day and is none.
// A parameter may take space.prior_windows beside its own number; parameters keep their order, so
// that a fast average stays the fast one.

/// True if the formula is a prior of the space, or one with other numbers for its parameters.
[[nodiscard]] bool is_prior(const std::string& formula, const SearchSpace& space);

/// The priors one parameter and one step of it away, up or down; none without space.prior_windows
/// and for a formula that is no prior. A listed prior has the text of the list.
[[nodiscard]] std::vector<std::string> neighbouring_priors(const std::string& formula,
                                                           const SearchSpace& space);

/// Most days before t that any prior reads at t, whatever its parameters.
[[nodiscard]] int longest_prior_look_back(const SearchSpace& space);

}  // namespace evofactor::genome
