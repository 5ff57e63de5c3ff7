#include "engine/formula/workspace.hpp"

#include <utility>

namespace evofactor::formula {

Workspace& Workspace::of_thread() {
  thread_local Workspace workspace;
  return workspace;
}

Buffer Workspace::take(std::size_t count) {
  for (std::size_t i = free_.size(); i-- > 0;) {
    if (free_[i].count() < count) continue;
    Buffer found = std::move(free_[i]);
    free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(i));
    return found;
  }
  return Buffer(count);
}

void Workspace::give_back(Buffer buffer) { free_.push_back(std::move(buffer)); }

void Workspace::trim() {
  std::size_t kept = 0;
  std::size_t n = 0;
  for (Buffer& buffer : free_) {
    kept += buffer.count() * sizeof(float);
    if (kept > kKeptBytes) break;
    ++n;
  }
  free_.resize(n);
}

float* Workspace::block(std::size_t count) {
  if (block_.count() < count) block_ = Buffer(count);
  return block_.data();
}

}  // namespace evofactor::formula
