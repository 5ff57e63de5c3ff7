#pragma once
#include <string>

#include "experiments/report/run_data.hpp"

namespace evofactor::report {

/// What a member of a search is made of: "formula", or of a network the kinds of layers that give
/// it its character ("lstm", "conv2d", "lstm+thoughts"), branches included; "dense" where dense
/// layers are all it has, "network" where its genome is not stored.
[[nodiscard]] std::string family_of(const SearchData& search, const Member& member);

}  // namespace evofactor::report
