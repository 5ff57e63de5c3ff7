#pragma once
#include <span>
#include <string>

#include "engine/core/json.hpp"

namespace evofactor::app {

// What the command line changes in an experiment file before it is read.

/// An override from the command line: JSON pointer and value (JSON, or a plain string where it does
/// not parse).
struct Override {
  std::string pointer;
  std::string value;
};
/// "/budget/evaluations=100". @throws ConfigError
[[nodiscard]] Override parse_override(const std::string& text);
/// Sets the value; a pointer above the arms is set in every arm that has the key, too.
void apply_override(const Override& change, Json& json);

/// Leaves the arms of these names, and those that their priors come from; all if there are none.
/// @throws ConfigError naming every name that no arm has
void keep_arms(std::span<const std::string> names, Json& json);

}  // namespace evofactor::app
