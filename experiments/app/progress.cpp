#include "experiments/app/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace evofactor::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRedraw{100};

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

}  // namespace

LiveLine::LiveLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

bool LiveLine::is_due() const { return Clock::now() - drawn_ >= kRedraw; }

int LiveLine::width() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::clamp((known ? size.ws_col : 80) - 1, 40, 140);
}

void LiveLine::draw(std::string_view text) {
  if (!terminal_) return;
  fmt::print(stderr, "\r{}\x1b[K", text);
  std::fflush(stderr);
  drawn_ = Clock::now();
  shown_ = true;
}

void LiveLine::clear() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
  shown_ = false;
}

Progress::Progress(int generations, const evolve::Budget& budget)
    : budget_(budget), generation_began_(Clock::now()) {
  state_.generations = generations;
}

std::string Progress::generation_text() const {
  return evolve::generation_line(*state_.last, budget_, state_.before ? &*state_.before : nullptr);
}

void Progress::generation(const evolve::GenerationRecord& record) {
  const std::lock_guard lock(mutex_);
  line_.clear();
  state_.before = std::exchange(state_.last, record);
  state_.done = state_.of = 0;
  state_.failed = 0;
  generation_began_ = Clock::now();
  if (!line_.on_terminal()) fmt::print(stderr, "{}\n", generation_text());
}

void Progress::candidate(std::int64_t done, std::int64_t of, int failed) {
  if (!line_.on_terminal()) return;
  const std::lock_guard lock(mutex_);
  if (!line_.is_due() && done < of) return;
  state_.done = done;
  state_.of = of;
  state_.failed = failed;
  state_.seconds = seconds_since(generation_began_);
  line_.draw(evolve::live_bar(state_, budget_, LiveLine::width()));
}

void Progress::note(std::string_view text) {
  const std::lock_guard lock(mutex_);
  line_.clear();
  fmt::print(stderr, "{}\n", text);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  line_.clear();
  if (line_.on_terminal() && state_.last) fmt::print(stderr, "{}\n", generation_text());
}

CountBar::CountBar(std::string_view things, std::size_t of)
    : things_(things), of_(static_cast<std::int64_t>(of)), began_(Clock::now()) {}

CountBar::~CountBar() { line_.clear(); }

void CountBar::advance() {
  if (!line_.on_terminal()) return;
  const std::lock_guard lock(mutex_);
  ++done_;
  if (!line_.is_due()) return;
  const double rate = static_cast<double>(done_) / seconds_since(began_);
  line_.draw(fmt::format("{} {}  {}  left {}", evolve::bar_text(done_, of_), things_,
                         evolve::rate_text(rate),
                         evolve::duration_text(static_cast<double>(of_ - done_) / rate)));
}

}  // namespace evofactor::app
