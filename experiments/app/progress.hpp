#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>

#include "engine/evolve/progress.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::app {

/// Shows a search at work on stderr: a live bar on a terminal, one line per generation elsewhere.
/// Callable from any thread.
class Progress {
 public:
  Progress(int generations, const evolve::Budget& budget);
  void generation(const evolve::GenerationRecord& record);
  void candidate(std::int64_t done, std::int64_t of, int failed);
  void note(std::string_view text);
  /// Ends the bar, leaving the last generation's line.
  void finish();

 private:
  void clear_bar();

  const evolve::Budget budget_;
  const bool terminal_;
  std::mutex mutex_;
  evolve::LiveState state_;
  std::chrono::steady_clock::time_point generation_began_;
  std::chrono::steady_clock::time_point drawn_;
  bool bar_shown_ = false;
};

}  // namespace evofactor::app
