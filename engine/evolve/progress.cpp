#include "engine/evolve/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace evofactor::evolve {
namespace {

std::string fitness_text(double fitness) {
  return std::isfinite(fitness) ? fmt::format("{:.4f}", fitness) : "none";
}

}  // namespace

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  if (seconds < 99.5 * 60) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 47.95 * 3600) return fmt::format("{:.1f} h", seconds / 3600);
  return fmt::format("{:.1f} d", seconds / 86400);
}

double seconds_left(const GenerationRecord& record, const Budget& budget) {
  double left = std::numeric_limits<double>::infinity();
  const double per_generation = record.seconds / (record.generation + 1);
  left = std::min(left, per_generation * (record.generations - record.generation));
  if (budget.evaluations && record.evaluations > 0) {
    const double per_evaluation = record.seconds / static_cast<double>(record.evaluations);
    const std::int64_t evaluations =
        std::max<std::int64_t>(*budget.evaluations - record.evaluations, 0);
    left = std::min(left, per_evaluation * static_cast<double>(evaluations));
  }
  if (budget.seconds) left = std::min(left, std::max(*budget.seconds - record.seconds, 0.0));
  return std::isfinite(left) ? std::max(left, 0.0) : std::numeric_limits<double>::quiet_NaN();
}

std::string generation_line(const GenerationRecord& record, const Budget& budget) {
  std::string line =
      fmt::format("gen {}/{}  best {}  median {}  new {}", record.generation, record.generations,
                  fitness_text(record.best), fitness_text(record.median), record.created);
  if (record.screened > 0) line += fmt::format(" ({} screened out)", record.screened);
  line += fmt::format("  cached {}  failed {}", record.cached, record.failed);
  if (!record.failures.empty()) {
    std::string kinds;
    for (const auto& [kind, count] : record.failures) {
      std::string name = kind;
      std::replace(name.begin(), name.end(), '_', '-');
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, name);
    }
    line += fmt::format(" ({})", kinds);
  }
  return line + fmt::format("  pool {}  {}  eta {}", record.pool_size,
                            duration_text(record.seconds),
                            duration_text(seconds_left(record, budget)));
}

std::string live_bar(const LiveState& state, const Budget& budget, int width) {
  constexpr int kCells = 20;
  const int generation = state.last ? state.last->generation + 1 : 0;
  const double share =
      state.of > 0 ? static_cast<double>(state.done) / static_cast<double>(state.of) : 0;
  const int full = std::clamp(static_cast<int>(share * kCells), 0, kCells);
  std::string bar =
      fmt::format("gen {}/{} [{}{}] {}/{}", generation, state.generations,
                  std::string(static_cast<std::size_t>(full), '#'),
                  std::string(static_cast<std::size_t>(kCells - full), '-'), state.done, state.of);
  const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
  if (rate > 0) bar += fmt::format("  {:.{}f}/s", rate, rate < 10 ? 1 : 0);
  if (state.last) bar += fmt::format("  best {}", fitness_text(state.last->best));
  bar += fmt::format("  failed {}", state.failed);
  if (state.last) {
    const double left = seconds_left(*state.last, budget) - state.seconds;
    bar += fmt::format("  left {}", duration_text(std::max(left, 0.0)));
  } else if (rate > 0) {
    // Before the first generation has ended, its own rest is all that can be told.
    bar += fmt::format("  left in generation {}",
                       duration_text(static_cast<double>(state.of - state.done) / rate));
  }
  if (width > 0 && bar.size() > static_cast<std::size_t>(width))
    bar.resize(static_cast<std::size_t>(width));
  return bar;
}

}  // namespace evofactor::evolve
