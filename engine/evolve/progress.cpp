#include "engine/evolve/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace evofactor::evolve {
namespace {

std::string fitness_text(double fitness) {
  return std::isfinite(fitness) ? fmt::format("{:.4f}", fitness) : "none";
}

/// A probe's value; NaN if the problem tells none of that name.
double probe(const GenerationRecord& record, std::string_view name) {
  for (const auto& [known, value] : record.probes)
    if (known == name) return value;
  return std::numeric_limits<double>::quiet_NaN();
}

/// "  nodes saved 81 %", empty where it is not known.
std::string saved_text(const GenerationRecord& record, const GenerationRecord* before) {
  const double share = saved_share(record, before);
  return std::isfinite(share) ? fmt::format("  nodes saved {:.0f} %", 100 * share) : std::string();
}

std::int64_t scored_exactly(const GenerationRecord& record) {
  return record.created - record.screened - record.failed;
}

}  // namespace

std::string rate_text(double per_second) {
  return fmt::format("{:.{}f}/s", per_second, per_second < 10 ? 1 : 0);
}

std::string bar_text(std::int64_t done, std::int64_t of) {
  constexpr int kCells = 20;
  const double share = of > 0 ? static_cast<double>(done) / static_cast<double>(of) : 0;
  const int full = std::clamp(static_cast<int>(share * kCells), 0, kCells);
  return fmt::format("[{}{}] {}/{}", std::string(static_cast<std::size_t>(full), '#'),
                     std::string(static_cast<std::size_t>(kCells - full), '-'), done, of);
}

double saved_share(const GenerationRecord& record, const GenerationRecord* before) {
  const auto grown = [&](std::string_view name) {
    return probe(record, name) - (before != nullptr ? probe(*before, name) : 0);
  };
  const double asked = grown("functions");
  return asked > 0 ? 1 - grown("functions_computed") / asked
                   : std::numeric_limits<double>::quiet_NaN();
}

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
  if (budget.evaluations && record.effort > 0) {
    const double effort = static_cast<double>(*budget.evaluations) - record.effort;
    left = std::min(left, record.seconds / record.effort * std::max(effort, 0.0));
  }
  if (budget.seconds) left = std::min(left, std::max(*budget.seconds - record.seconds, 0.0));
  return std::isfinite(left) ? std::max(left, 0.0) : std::numeric_limits<double>::quiet_NaN();
}

std::string generation_line(const GenerationRecord& record, const Budget& budget,
                            const GenerationRecord* before) {
  std::string line =
      fmt::format("gen {}/{}  best {}  median {}  new {}", record.generation, record.generations,
                  fitness_text(record.best), fitness_text(record.median), record.created);
  if (record.screened > 0)
    line += fmt::format(" ({} screened out, {} exact)", record.screened, scored_exactly(record));
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
  line += fmt::format("  pool {}", record.pool_size);
  const double seconds = record.seconds - (before != nullptr ? before->seconds : 0);
  const std::int64_t evaluations =
      record.evaluations - (before != nullptr ? before->evaluations : 0);
  if (seconds > 0) line += "  " + rate_text(static_cast<double>(evaluations) / seconds);
  return line + saved_text(record, before) +
         fmt::format("  {}  eta {}", duration_text(record.seconds),
                     duration_text(seconds_left(record, budget)));
}

std::string live_bar(const LiveState& state, const Budget& budget, int width) {
  const int generation = state.last ? state.last->generation + 1 : 0;
  std::string bar =
      fmt::format("gen {}/{} {}", generation, state.generations, bar_text(state.done, state.of));
  const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
  if (rate > 0) bar += "  " + rate_text(rate);
  if (state.last) bar += fmt::format("  best {}", fitness_text(state.last->best));
  bar += fmt::format("  failed {}", state.failed);
  if (state.last) {
    const double left = seconds_left(*state.last, budget) - state.seconds;
    bar += fmt::format("  left {}", duration_text(std::max(left, 0.0)));
    bar += fmt::format("  pool {}", state.last->pool_size);
    bar += saved_text(*state.last, state.before ? &*state.before : nullptr);
    if (state.last->screened > 0)
      bar += fmt::format("  screened out {}, exact {}", state.last->screened,
                         scored_exactly(*state.last));
  } else if (rate > 0) {
    // Before the first generation has ended, its own rest is all that can be told.
    bar += fmt::format("  left in generation {}",
                       duration_text(static_cast<double>(state.of - state.done) / rate));
  }
  if (width > 0 && bar.size() > static_cast<std::size_t>(width)) {
    // What does not fit as a whole is left out.
    const std::size_t end = bar.rfind("  ", static_cast<std::size_t>(width));
    bar.resize(end == std::string::npos ? static_cast<std::size_t>(width) : end);
  }
  return bar;
}

}  // namespace evofactor::evolve
