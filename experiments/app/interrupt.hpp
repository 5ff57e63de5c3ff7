#pragma once
#include <atomic>

namespace evofactor::app {

/// While it lives, the first SIGINT or SIGTERM sets `requested()`; a second one ends the program at
/// once (what was saved stays resumable).
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  [[nodiscard]] static const std::atomic<bool>& requested();
};

}  // namespace evofactor::app
