#pragma once
#include <nlohmann/json.hpp>

namespace evofactor {
/// Keys keep the order they are written in, so files read as their author thought.
using Json = nlohmann::ordered_json;
}  // namespace evofactor
