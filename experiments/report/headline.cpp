#include "experiments/report/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/report/format.hpp"

namespace evofactor::report {
namespace {

std::string words_of(const PairedRow& row) {
  const std::string size = decimal(std::abs(row.difference));
  const std::string interval =
      fmt::format("(95 % interval {} to {})", decimal(row.low), decimal(row.high));
  switch (verdict(row)) {
    case Verdict::kBetter:
      return fmt::format("beats it by {} {}: outside the noise", size, interval);
    case Verdict::kAhead:
      return fmt::format("is ahead by {} {}: inside the noise", size, interval);
    case Verdict::kBehind:
      return fmt::format("is behind by {} {}: inside the noise", size, interval);
    case Verdict::kWorse:
      return fmt::format("loses by {} {}: outside the noise", size, interval);
    case Verdict::kOpen:
      break;
  }
  return "could not be compared";
}

bool is(const HeadlineItem& item, Verdict verdict) { return item.verdict == verdict; }

std::string meaning_of(const std::string& best, const std::vector<HeadlineItem>& items) {
  std::vector<std::string> beaten, open, lost, missing;
  for (const HeadlineItem& item : items) {
    if (is(item, Verdict::kBetter))
      beaten.push_back(item.against);
    else if (is(item, Verdict::kAhead))
      open.push_back(item.against);
    else if (is(item, Verdict::kOpen))
      missing.push_back(item.against);
    else
      lost.push_back(item.against);
  }
  std::string text;
  if (!lost.empty())
    text = fmt::format("It does not beat {}, which needs no search at all.", listed(lost));
  if (!lost.empty() && std::find(lost.begin(), lost.end(), "random search") != lost.end())
    text = fmt::format("It does not beat {}.", listed(lost));
  if (!open.empty())
    text += fmt::format("{}Its lead over {} is no larger than chance would give.",
                        text.empty() ? "" : " ", listed(open));
  if (!beaten.empty())
    text += fmt::format("{}Its lead over {} is larger than chance would give.",
                        text.empty() ? "" : " ", listed(beaten));
  if (!missing.empty())
    text +=
        fmt::format("{}It could not be held against {}.", text.empty() ? "" : " ", listed(missing));
  return text.empty() ? fmt::format("{} could not be held against anything.", best) : text;
}

}  // namespace

std::string spoken_name(const Scheme& scheme) {
  if (scheme.name == kComposite) return "the classic composite";
  if (scheme.name == kVolatility) return "60-day volatility alone";
  if (scheme.role == Role::kRandom) return "random search";
  return scheme.label;
}

std::string spoken(Verdict verdict) {
  switch (verdict) {
    case Verdict::kBetter:
      return "better, outside the noise";
    case Verdict::kAhead:
      return "ahead, inside the noise";
    case Verdict::kBehind:
      return "behind, inside the noise";
    case Verdict::kWorse:
      return "worse, outside the noise";
    case Verdict::kOpen:
      break;
  }
  return "unknown";
}

Headline headline(const Analysis& analysis) {
  Headline result;
  if (!analysis.best) {
    result.title = "No search of this run has finished yet";
    result.meaning = "The plain methods below are what an evolved pool will have to beat.";
    return result;
  }
  const Scheme& best = analysis.schemes[*analysis.best];
  result.best = best.name;
  const auto add = [&](const Scheme* against, const std::string& name) {
    HeadlineItem item{.against = name, .words = "was not run, so nothing can be said"};
    if (against) {
      item.row = analysis.pair(best.name, against->name);
      item.words = item.row ? words_of(*item.row) : "shares no test day with it";
      if (item.row) item.verdict = verdict(*item.row);
    }
    result.items.push_back(std::move(item));
  };
  add(analysis.find(kComposite), "the classic composite");
  add(analysis.find(kVolatility), "60-day volatility alone");
  if (best.role == Role::kEvolved) add(analysis.random_for(best), "random search");
  const auto count = std::count_if(analysis.schemes.begin(), analysis.schemes.end(),
                                   [](const Scheme& s) { return is_contender(s.role); });
  result.title = count > 1 ? fmt::format("{} ranks test returns best of {} arms: mean rank IC {}",
                                         best.label, count, decimal(best.rank_ic.mean))
                           : fmt::format("{} ranks test returns with a mean rank IC of {}",
                                         best.label, decimal(best.rank_ic.mean));
  result.meaning = meaning_of(best.label, result.items);
  return result;
}

}  // namespace evofactor::report
