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

/// Share of the functions of a generation's formulas whose values were at hand, from the probes
/// "functions" and "functions_computed", which count since this process took up the search. NaN
/// for problems without them.
/// @param before the record of the generation before in this process; nullptr if there is none
[[nodiscard]] double saved_share(const GenerationRecord& record, const GenerationRecord* before);

/// One line of a generation, for output that is not a terminal:
/// "gen 12/50  best 0.0613  median 0.0281  new 61 (40 screened out, 19 exact)  cached 3  failed 2
/// (1 non-finite, 1 out-of-memory)  pool 17  1.5/s  nodes saved 81 %  9 min  eta 24 min"
/// @param before as in saved_share; the rate is this generation's, without it the search's
[[nodiscard]] std::string generation_line(const GenerationRecord& record, const Budget& budget,
                                          const GenerationRecord* before = nullptr);

/// What a live bar shows: a generation at work.
struct LiveState {
  std::optional<GenerationRecord> last;    ///< the generation before, if there is one
  std::optional<GenerationRecord> before;  ///< the one before that, in this process
  int generations = 0;                     ///< of the search
  std::int64_t done = 0, of = 0;           ///< candidates of this generation
  int failed = 0;                          ///< of those done
  double seconds = 0;                      ///< since this generation began
};

/// Candidates a second, with one decimal below 10: "4.2/s".
[[nodiscard]] std::string rate_text(double per_second);
/// "[#########-----------] 28/61"
[[nodiscard]] std::string bar_text(std::int64_t done, std::int64_t of);

/// "gen 13/50 [#########-----------] 28/61  4.2/s  best 0.0613  failed 2  left 24 min  pool 17",
/// then what the generation before saved: "  nodes saved 81 %  screened out 40, exact 19". At most
/// `width` characters, without control characters; what does not fit is left out from the end.
[[nodiscard]] std::string live_bar(const LiveState& state, const Budget& budget, int width = 100);

}  // namespace evofactor::evolve
