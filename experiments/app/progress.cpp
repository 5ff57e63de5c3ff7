#include "experiments/app/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace evofactor::app {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};

int terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(int generations, const evolve::Budget& budget)
    : budget_(budget),
      terminal_(isatty(STDERR_FILENO) != 0),
      generation_began_(std::chrono::steady_clock::now()) {
  state_.generations = generations;
}

void Progress::clear_bar() {
  if (bar_shown_) fmt::print(stderr, "\r\x1b[K");
  bar_shown_ = false;
}

void Progress::generation(const evolve::GenerationRecord& record) {
  const std::lock_guard lock(mutex_);
  clear_bar();
  state_.last = record;
  state_.done = state_.of = 0;
  state_.failed = 0;
  generation_began_ = std::chrono::steady_clock::now();
  if (!terminal_) fmt::print(stderr, "{}\n", evolve::generation_line(record, budget_));
}

void Progress::candidate(std::int64_t done, std::int64_t of, int failed) {
  if (!terminal_) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kRedraw && done < of) return;
  drawn_ = now;
  state_.done = done;
  state_.of = of;
  state_.failed = failed;
  state_.seconds = std::chrono::duration<double>(now - generation_began_).count();
  const int width = std::clamp(terminal_width() - 1, 40, 120);
  fmt::print(stderr, "\r{}\x1b[K", evolve::live_bar(state_, budget_, width));
  std::fflush(stderr);
  bar_shown_ = true;
}

void Progress::note(std::string_view text) {
  const std::lock_guard lock(mutex_);
  clear_bar();
  fmt::print(stderr, "{}\n", text);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  clear_bar();
  if (terminal_ && state_.last)
    fmt::print(stderr, "{}\n", evolve::generation_line(*state_.last, budget_));
}

}  // namespace evofactor::app
