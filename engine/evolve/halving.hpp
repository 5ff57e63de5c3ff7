#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/evolve/member.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// Successive halving: the new candidates of a generation are trained for the lowest share of the
/// whole effort, the best of them anew for the next share, and so on; the last rung is the whole.
/// Costs are in whole trainings. Sources: Jamieson and Talwalkar 2016, Non-stochastic best arm
/// identification and hyperparameter optimization (AISTATS); Li et al. 2018, Hyperband (JMLR 18).

/// Share of the whole effort at a rung: shares grow by one factor from rung to rung.
[[nodiscard]] double share_of(const HalvingSettings& settings, int rung);
/// What a candidate costs that comes as far as this rung.
[[nodiscard]] double cost_to(const HalvingSettings& settings, int rung);
/// How many of so many candidates of a rung go on to the next.
[[nodiscard]] std::size_t n_promoted(const HalvingSettings& settings, std::size_t n);
/// What so many new candidates cost at most.
[[nodiscard]] double cost_of(const HalvingSettings& settings, std::size_t n);
/// The most new candidates, up to `at_most`, that cost no more than this.
[[nodiscard]] std::size_t affordable(const HalvingSettings& settings, double cost,
                                     std::size_t at_most);

/// Those of `going` (indices of members) that go on to the next rung, in their order: the best by
/// their outcome at this rung, no failures. Members known to have come further than this rung are
/// among them whatever their outcome is.
[[nodiscard]] std::vector<std::size_t> promoted(const HalvingSettings& settings,
                                                std::span<const Member> members,
                                                std::span<const std::size_t> going, int rung);

}  // namespace evofactor::evolve
