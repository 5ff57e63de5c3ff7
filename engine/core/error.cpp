#include "engine/core/error.hpp"

#include <algorithm>

namespace evofactor {

std::string Problems::text(std::size_t limit) const {
  std::string all;
  for (std::size_t i = 0; i < std::min(limit, lines_.size()); ++i) {
    if (i > 0) all += '\n';
    all += lines_[i];
  }
  if (lines_.size() > limit) all += fmt::format("\n… and {} more", lines_.size() - limit);
  return all;
}

void broken_invariant(const char* condition, const char* file, int line,
                      const std::string& message) {
  throw BrokenInvariant(fmt::format("{}:{}: {} ({})", file, line, message, condition));
}

}  // namespace evofactor
