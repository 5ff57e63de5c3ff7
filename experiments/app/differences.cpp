#include <map>

#include "experiments/app/run.hpp"

namespace evofactor::app {

std::vector<std::string> differences(const Json& a, const Json& b) {
  const Json flat_a = a.flatten(), flat_b = b.flatten();
  std::vector<std::string> lines;
  for (const auto& [pointer, value] : flat_a.items()) {
    const auto other = flat_b.find(pointer);
    if (other == flat_b.end())
      lines.push_back(pointer + ": " + value.dump() + " there, nothing here");
    else if (*other != value)
      lines.push_back(pointer + ": " + value.dump() + " there, " + other->dump() + " here");
  }
  for (const auto& [pointer, value] : flat_b.items())
    if (!flat_a.contains(pointer))
      lines.push_back(pointer + ": nothing there, " + value.dump() + " here");
  return lines;
}

}  // namespace evofactor::app
