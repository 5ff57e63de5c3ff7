#pragma once
#include "baselines/gp/grammar.hpp"

namespace evofactor::gp {

/// A random acceptable formula; depth and method by the settings.
/// @throws ConfigError if the settings allow next to none
[[nodiscard]] formula::Program create(Rng& rng, const Grammar& grammar);

}  // namespace evofactor::gp
