#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/evolve/progress.hpp"
#include "engine/evolve/search.hpp"

namespace evofactor::app {

/// The last line of a terminal on stderr, drawn over and over. Elsewhere it shows nothing.
class LiveLine {
 public:
  LiveLine();
  [[nodiscard]] bool on_terminal() const { return terminal_; }
  /// True if the line was last drawn long enough ago, or never.
  [[nodiscard]] bool is_due() const;
  /// Columns that a text may have.
  [[nodiscard]] static int width();
  void draw(std::string_view text);
  void clear();

 private:
  const bool terminal_;
  std::chrono::steady_clock::time_point drawn_;
  bool shown_ = false;
};

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
  [[nodiscard]] std::string generation_text() const;

  const evolve::Budget budget_;
  std::mutex mutex_;
  LiveLine line_;
  evolve::LiveState state_;
  std::chrono::steady_clock::time_point generation_began_;
};

/// Shows on a terminal how many of a known number of things are done: "[####----] 43/101 formulas
/// 12/s  left 4.8 s". Gone when it is destroyed. Callable from any thread.
class CountBar {
 public:
  CountBar(std::string_view things, std::size_t of);
  CountBar(const CountBar&) = delete;
  CountBar& operator=(const CountBar&) = delete;
  ~CountBar();
  /// One more is done.
  void advance();

 private:
  const std::string things_;
  const std::int64_t of_;
  const std::chrono::steady_clock::time_point began_;
  std::mutex mutex_;
  std::int64_t done_ = 0;
  LiveLine line_;
};

}  // namespace evofactor::app
