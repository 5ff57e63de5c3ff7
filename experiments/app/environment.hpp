#pragma once
#include "engine/core/json.hpp"

namespace evofactor::app {

/// What a result may depend on beside its settings: revision, libraries, instruction set,
/// processor.
[[nodiscard]] Json environment();

}  // namespace evofactor::app
