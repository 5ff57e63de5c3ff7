#include "experiments/report/analysis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "experiments/report/paired.hpp"
#include "fitness/compare.hpp"

namespace evofactor::report {
namespace {

/// Mean of the finite values; NaN if there is none.
class Mean {
 public:
  void add(double value) {
    if (!std::isfinite(value)) return;
    sum_ += value;
    ++count_;
  }
  [[nodiscard]] double value() const {
    return count_ == 0 ? kUnknown : sum_ / static_cast<double>(count_);
  }

 private:
  double sum_ = 0;
  int count_ = 0;
};

using Searches = std::vector<const SearchData*>;

Spread spread_of(const Searches& searches, const std::vector<int>& folds,
                 const std::function<double(const SearchData&)>& value) {
  std::map<int, Mean> by_fold;
  std::map<std::int64_t, Mean> by_seed;
  for (const SearchData* search : searches) {
    if (!std::binary_search(folds.begin(), folds.end(), search->fold)) continue;
    by_fold[search->fold].add(value(*search));
    by_seed[search->seed].add(value(*search));
  }
  Mean mean;
  for (const auto& [_, fold] : by_fold) mean.add(fold.value());
  std::vector<double> seeds;
  for (const auto& [_, seed] : by_seed) seeds.push_back(seed.value());
  return {mean.value(), fitness::spread_of(seeds).std};
}

/// Days of one part in order of fold and date, values averaged over the series that have them.
std::vector<SchemeDay> averaged_days(
    const std::vector<std::pair<int, const std::vector<DayPoint>*>>& series, Part part) {
  std::map<std::pair<int, std::string>, std::pair<Mean, Mean>> days;
  for (const auto& [fold, points] : series)
    for (const DayPoint& point : *points) {
      if (point.part != part) continue;
      auto& [rank_ic, neutral] = days[{fold, point.date}];
      rank_ic.add(point.rank_ic);
      neutral.add(point.neutral_rank_ic);
    }
  std::vector<SchemeDay> result;
  for (const auto& [key, means] : days)
    result.push_back({key.first, key.second, means.first.value(), means.second.value()});
  return result;
}

Role role_of(const Searches& searches) {
  const auto all = [&](bool SearchData::*fact) {
    return std::ranges::all_of(searches, [&](const SearchData* s) { return s->*fact; });
  };
  if (all(&SearchData::shuffled)) return Role::kShuffled;
  if (!all(&SearchData::random)) return Role::kEvolved;
  return all(&SearchData::fixed) ? Role::kFixed : Role::kRandom;
}

Scheme scheme_of_arm(const std::string& arm, const Searches& searches,
                     const std::vector<int>& folds) {
  Scheme scheme;
  scheme.name = scheme.label = arm;
  scheme.role = role_of(searches);
  scheme.kind = searches.front()->kind;
  scheme.searches = static_cast<int>(searches.size());
  std::set<std::int64_t> seeds;
  std::vector<std::pair<int, const std::vector<DayPoint>*>> daily;
  std::map<int, Searches> by_fold;
  for (const SearchData* search : searches) {
    seeds.insert(search->seed);
    scheme.total_evaluations += search->evaluations;
    by_fold[search->fold].push_back(search);
    if (std::binary_search(folds.begin(), folds.end(), search->fold))
      daily.emplace_back(search->fold, &search->daily);
  }
  scheme.seeds = static_cast<int>(seeds.size());
  const auto over = [&](const std::function<double(const SearchData&)>& value) {
    return spread_of(searches, folds, value);
  };
  scheme.train_rank_ic = over([](const SearchData& s) { return s.train.rank_ic.mean; });
  scheme.validate_rank_ic = over([](const SearchData& s) { return s.validate.rank_ic.mean; });
  scheme.rank_ic = over([](const SearchData& s) { return s.test.rank_ic.mean; });
  scheme.icir = over([](const SearchData& s) { return s.test.rank_ic.icir; });
  scheme.ic = over([](const SearchData& s) { return s.test.ic.mean; });
  scheme.neutral_rank_ic = over([](const SearchData& s) { return s.neutral_test.rank_ic.mean; });
  scheme.coverage = over([](const SearchData& s) { return s.test.coverage; });
  scheme.turnover = over([](const SearchData& s) { return s.test.turnover; });
  scheme.evaluations = over([](const SearchData& s) { return static_cast<double>(s.evaluations); });
  scheme.seconds = over([](const SearchData& s) { return s.seconds; });
  scheme.pool_size =
      over([](const SearchData& s) { return static_cast<double>(s.members.size()); });
  scheme.diversity = over([](const SearchData& s) { return s.diversity.value; });
  scheme.mean_correlation = over([](const SearchData& s) { return s.diversity.mean_correlation; });
  scheme.hours_for_50 = over([](const SearchData& s) {
    return s.members.empty() ? kUnknown
                             : s.seconds / 3600 * 50 / static_cast<double>(s.members.size());
  });
  scheme.hours_scaled = std::any_of(searches.begin(), searches.end(),
                                    [](const SearchData* s) { return s->members.size() != 50; });
  for (const auto& [fold, in_fold] : by_fold) {
    Mean train, validate, test, neutral, icir;
    for (const SearchData* search : in_fold) {
      train.add(search->train.rank_ic.mean);
      validate.add(search->validate.rank_ic.mean);
      test.add(search->test.rank_ic.mean);
      neutral.add(search->neutral_test.rank_ic.mean);
      icir.add(search->test.rank_ic.icir);
    }
    scheme.folds[fold] = {static_cast<int>(in_fold.size()),
                          train.value(),
                          validate.value(),
                          test.value(),
                          neutral.value(),
                          icir.value()};
  }
  scheme.validate_days = averaged_days(daily, Part::kValidate);
  scheme.test_days = averaged_days(daily, Part::kTest);
  return scheme;
}

Scheme scheme_of_baseline(const std::string& name, const std::vector<BaselineFold>& baselines,
                          const std::vector<int>& folds) {
  Scheme scheme;
  scheme.name = name;
  scheme.role = Role::kBaseline;
  Mean train, validate, test, icir, ic, neutral, coverage, turnover;
  std::vector<std::pair<int, const std::vector<DayPoint>*>> daily;
  std::set<int> signs;
  for (const BaselineFold& fold : baselines)
    for (const Baseline& method : fold.methods) {
      if (method.name != name) continue;
      if (scheme.label.empty()) {
        scheme.label = method.label;
        scheme.kind = method.kind;
        scheme.formula = method.formula;
      }
      signs.insert(method.sign);
      scheme.folds[fold.fold] = {1,
                                 method.train.rank_ic.mean,
                                 method.validate.rank_ic.mean,
                                 method.test.rank_ic.mean,
                                 method.neutral_test.rank_ic.mean,
                                 method.test.rank_ic.icir};
      if (!std::binary_search(folds.begin(), folds.end(), fold.fold)) continue;
      train.add(method.train.rank_ic.mean);
      validate.add(method.validate.rank_ic.mean);
      test.add(method.test.rank_ic.mean);
      icir.add(method.test.rank_ic.icir);
      ic.add(method.test.ic.mean);
      neutral.add(method.neutral_test.rank_ic.mean);
      coverage.add(method.test.coverage);
      turnover.add(method.test.turnover);
      daily.emplace_back(fold.fold, &method.daily);
    }
  if (!scheme.formula.empty() && signs.size() == 1 && *signs.begin() < 0)
    scheme.formula = "neg(" + scheme.formula + ")";
  else if (!scheme.formula.empty() && signs.size() > 1)
    scheme.formula = "±" + scheme.formula;
  scheme.train_rank_ic.mean = train.value();
  scheme.validate_rank_ic.mean = validate.value();
  scheme.rank_ic.mean = test.value();
  scheme.icir.mean = icir.value();
  scheme.ic.mean = ic.value();
  scheme.neutral_rank_ic.mean = neutral.value();
  scheme.coverage.mean = coverage.value();
  scheme.turnover.mean = turnover.value();
  scheme.validate_days = averaged_days(daily, Part::kValidate);
  scheme.test_days = averaged_days(daily, Part::kTest);
  return scheme;
}

/// Names of the baselines: the composite, volatility, then others in the order of the files.
std::vector<std::string> baseline_names(const std::vector<BaselineFold>& baselines) {
  std::vector<std::string> names;
  for (const BaselineFold& fold : baselines)
    for (const Baseline& method : fold.methods)
      if (std::find(names.begin(), names.end(), method.name) == names.end())
        names.push_back(method.name);
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    const auto rank = [](const std::string& n) {
      return n == kComposite ? 0 : n == kVolatility ? 1 : 2;
    };
    return rank(a) < rank(b);
  });
  return names;
}

/// Folds that every arm has finished with at least one seed; all finished folds where there is none
/// of those.
std::vector<int> folds_to_compare(const std::map<std::string, Searches>& by_arm, const RunData& run,
                                  std::vector<std::string>& notes) {
  std::set<int> any;
  std::map<int, std::set<std::string>> arms_of_fold;
  for (const auto& [arm, searches] : by_arm)
    for (const SearchData* search : searches) {
      any.insert(search->fold);
      arms_of_fold[search->fold].insert(arm);
    }
  if (any.empty())
    for (const BaselineFold& fold : run.baselines) any.insert(fold.fold);
  std::vector<int> common;
  for (const auto& [fold, arms] : arms_of_fold)
    if (arms.size() == by_arm.size()) common.push_back(fold);
  if (common.empty()) {
    if (by_arm.size() > 1)
      notes.push_back(
          "No fold is finished in every arm: the means below cover different days, so rows cannot "
          "be "
          "compared with each other. Paired differences use shared days only.");
    return {any.begin(), any.end()};
  }
  if (common.size() < any.size())
    notes.push_back(fmt::format(
        "Only {} of {} folds are finished in every arm; the side-by-side means cover those ({}).",
        common.size(), any.size(), fmt::join(common, ", ")));
  return common;
}

/// How wide an arm's factors scatter among those of the other arms, and how far into these.
void add_maps(Scheme& scheme, const RunData& run, const std::vector<int>& folds) {
  Mean spread, overlap;
  for (const ArmsMap& map : run.maps) {
    if (!std::binary_search(folds.begin(), folds.end(), map.fold)) continue;
    for (const ArmsMap::Arm& arm : map.arms)
      if (arm.name == scheme.name) {
        spread.add(arm.spread);
        overlap.add(arm.overlap);
      }
  }
  scheme.map_spread = spread.value();
  scheme.map_overlap = overlap.value();
}

void add_pairs(Analysis& analysis, const RunData& run, int horizon) {
  const auto add = [&](const Scheme& scheme, const Scheme* against) {
    if (!against || against == &scheme || analysis.pair(scheme.name, against->name)) return;
    for (const bool neutral : {false, true}) {
      const PairedRow row = paired_row(scheme, *against, neutral, horizon);
      if (row.days > 0) analysis.paired.push_back(row);
    }
  };
  const Scheme* composite = analysis.find(kComposite);
  const Scheme* volatility = analysis.find(kVolatility);
  for (const auto& [real, shuffled] : run.shuffled_selves)
    if (const Scheme* scheme = analysis.find(real)) add(*scheme, analysis.find(shuffled));
  for (std::size_t i = 0; i < analysis.schemes.size(); ++i) {
    const Scheme& scheme = analysis.schemes[i];
    if (scheme.role == Role::kBaseline) continue;
    add(scheme, composite);
    add(scheme, volatility);
    if (!is_contender(scheme.role)) continue;
    add(scheme, analysis.random_for(scheme));
    for (std::size_t j = i + 1; j < analysis.schemes.size(); ++j)
      if (is_contender(analysis.schemes[j].role)) add(scheme, &analysis.schemes[j]);
  }
}

/// Notes which schemes have no rank IC on days that another has one on.
void note_missing_days(Analysis& analysis) {
  std::set<std::pair<int, std::string>> all;
  const auto visit = [](const Scheme& scheme, const auto& f) {
    for (const SchemeDay& day : scheme.test_days)
      if (std::isfinite(day.rank_ic)) f(std::pair(day.fold, day.date));
  };
  for (const Scheme& scheme : analysis.schemes)
    visit(scheme, [&](auto day) { all.insert(std::move(day)); });
  for (const Scheme& scheme : analysis.schemes) {
    std::size_t days = 0;
    std::set<int> folds;
    visit(scheme, [&](const auto& day) {
      ++days;
      folds.insert(day.first);
    });
    const auto expected = static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& day) { return folds.contains(day.first); }));
    if (days < expected)
      analysis.notes.push_back(
          fmt::format("{} has no rank IC on {} of the {} test days that others have in its folds: "
                      "its means are over the rest, paired differences over shared days.",
                      scheme.name, expected - days, expected));
  }
}

}  // namespace

Verdict verdict(const PairedRow& row) {
  if (!std::isfinite(row.difference)) return Verdict::kOpen;
  if (std::isfinite(row.low) && row.low > 0) return Verdict::kBetter;
  if (std::isfinite(row.high) && row.high < 0) return Verdict::kWorse;
  return row.difference > 0 ? Verdict::kAhead : Verdict::kBehind;
}

const Scheme* Analysis::find(const std::string& name) const {
  for (const Scheme& scheme : schemes)
    if (scheme.name == name) return &scheme;
  return nullptr;
}

const PairedRow* Analysis::pair(const std::string& scheme, const std::string& against,
                                bool neutral) const {
  for (const PairedRow& row : paired)
    if (row.scheme == scheme && row.against == against && row.neutral == neutral) return &row;
  return nullptr;
}

const Scheme* Analysis::random_for(const Scheme& scheme) const {
  const Scheme* any = nullptr;
  for (const Scheme& candidate : schemes) {
    if (candidate.role != Role::kRandom) continue;
    if (candidate.kind == scheme.kind) return &candidate;
    if (!any) any = &candidate;
  }
  return any;
}

Analysis analyse(const RunData& run) {
  Analysis analysis;
  std::map<std::string, Searches> by_arm;
  for (const SearchData& search : run.searches) {
    by_arm[search.arm].push_back(&search);
    analysis.evaluations += search.evaluations;
  }
  analysis.folds = folds_to_compare(by_arm, run, analysis.notes);
  for (const std::string& arm : run.arms) {
    if (!by_arm.contains(arm)) continue;
    analysis.schemes.push_back(scheme_of_arm(arm, by_arm.at(arm), analysis.folds));
    add_maps(analysis.schemes.back(), run, analysis.folds);
  }
  std::ranges::stable_partition(analysis.schemes, is_contender, &Scheme::role);
  const std::size_t n_arms = analysis.schemes.size();
  for (const std::string& name : baseline_names(run.baselines))
    analysis.schemes.push_back(scheme_of_baseline(name, run.baselines, analysis.folds));
  for (const auto& [arm, searches] : by_arm) {
    const auto empty = std::count_if(searches.begin(), searches.end(),
                                     [](const SearchData* s) { return s->members.empty(); });
    if (empty > 0)
      analysis.notes.push_back(fmt::format(
          "{}: {} of {} searches found no factor that met the pool's bars; they count in no mean, "
          "which flatters the arm.",
          arm, empty, searches.size()));
  }
  note_missing_days(analysis);
  for (const char* needed : {kComposite, kVolatility})
    if (!analysis.find(needed))
      analysis.notes.push_back(fmt::format(
          "The baseline {} is missing from {}: nothing here says whether an arm beats it.", needed,
          (run.folder / "baselines").string()));
  const auto any = [&](Role role) {
    return std::ranges::any_of(analysis.schemes, [=](const Scheme& s) { return s.role == role; });
  };
  if (any(Role::kEvolved) && !any(Role::kRandom))
    analysis.notes.push_back(
        "No arm searched at random: what the evolution adds to the same number of random "
        "candidates is unknown.");
  for (std::size_t i = 0; i < n_arms; ++i) {
    const auto worth = [&](std::size_t s) {
      return std::pair(is_contender(analysis.schemes[s].role), analysis.schemes[s].rank_ic.mean);
    };
    if (std::isfinite(worth(i).second) && (!analysis.best || worth(i) > worth(*analysis.best)))
      analysis.best = i;
  }
  const double horizon = std::atof(setting(run.config, "/label/horizon").c_str());
  add_pairs(analysis, run, horizon >= 1 ? static_cast<int>(horizon) : 5);
  return analysis;
}

}  // namespace evofactor::report
