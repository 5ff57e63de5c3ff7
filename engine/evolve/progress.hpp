#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "engine/evolve/search.hpp"

namespace evofactor::evolve {

/// "38.4 s", "24 min", "3.2 h", "2.1 d"; "?" if it is not a finite number >= 0.
[[nodiscard]] std::string duration_text(double seconds);

/// Seconds a search has left at the pace so far: until its generations, its evaluations or its
/// seconds are used up, whichever is first. NaN if that cannot be told yet.
[[nodiscard]] double seconds_left(const GenerationRecord& record, const Budget& budget);

/// One line of a generation, for output that is not a terminal:
/// "gen 12/50  best 0.0613  median 0.0281  new 61  cached 3  failed 2 (1 non-finite, 1
/// out-of-memory)  pool 17  38.4 s  eta 24 min"
[[nodiscard]] std::string generation_line(const GenerationRecord& record, const Budget& budget);

/// What a live bar shows: a generation at work.
struct LiveState {
  std::optional<GenerationRecord> last;  ///< the generation before, if there is one
  int generations = 0;                   ///< of the search
  std::int64_t done = 0, of = 0;         ///< candidates of this generation
  int failed = 0;                        ///< of those done
  double seconds = 0;                    ///< since this generation began
};

/// "gen 13/50 [#########-----------] 28/61  4.2/s  best 0.0613  failed 2  left 24 min", at most
/// `width` characters, without control characters.
[[nodiscard]] std::string live_bar(const LiveState& state, const Budget& budget, int width = 100);

}  // namespace evofactor::evolve
