#pragma once
#include <string>
#include <vector>

#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// One comparison of the best arm in plain words.
struct HeadlineItem {
  std::string against;  ///< "the classic composite"
  std::string words;    ///< "is ahead by .012 (95 % interval −.004 to .027): inside the noise"
  Verdict verdict = Verdict::kOpen;
  const PairedRow* row = nullptr;  ///< nullptr if it could not be compared
};

/// What a reader should take away. Plain text, not escaped.
struct Headline {
  std::string best;                 ///< name of the best arm; empty if nothing is finished
  std::string title;                ///< one sentence
  std::string meaning;              ///< what follows from it, in one or two sentences
  std::vector<HeadlineItem> items;  ///< composite, volatility, random search
};

/// Pointers lead into `analysis`.
[[nodiscard]] Headline headline(const Analysis& analysis);

/// "the classic composite", "60-day volatility alone", "random search", or the scheme's label.
[[nodiscard]] std::string spoken_name(const Scheme& scheme);
/// "better, outside the noise", "ahead, inside the noise", "behind, …", "worse, …", "unknown"
[[nodiscard]] std::string spoken(Verdict verdict);

}  // namespace evofactor::report
