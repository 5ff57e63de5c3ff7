#pragma once
#include <span>
#include <string>
#include <string_view>

#include "genome/genome.hpp"

namespace evofactor::genome {

/// A published network as a genome.
struct Preset {
  std::string_view name;
  std::string_view doc;
  NetGenome (*make)();
};
[[nodiscard]] std::span<const Preset> presets();
/// "\"fcn_paper\", \"lenet\", …"
[[nodiscard]] std::string preset_names();
/// @throws ConfigError naming the presets there are
[[nodiscard]] NetGenome preset(std::string_view name);

}  // namespace evofactor::genome
