#include "experiments/app/fold.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/formula/parse.hpp"
#include "genome/prior_windows.hpp"

namespace evofactor::app {
namespace {

/// Longest window of the classic factors and of the styles a factor is neutralised to.
constexpr int kYardstickLookBack = 125;

SplitPart shifted(const SplitPart& part, int by) {
  return {{part.whole.first - by, part.whole.last - by},
          {part.days.first - by, part.days.last - by}};
}

/// Whether it is scored against labels free of styles.
bool is_neutral(const Arm& arm) {
  return arm.fitness.measure.measure == fitness::Measure::kNeutralRankIc;
}

/// Labels that differ from the arm's in their horizon alone.
std::vector<Labels> decay_labels(const Arm& arm, const Panel& panel, const Market& market) {
  std::vector<Labels> labels;
  for (const int horizon : fitness::decay_horizons(arm.label.horizon))
    labels.push_back(
        make_labels(panel, market, {.kind = arm.label.kind, .horizon = horizon}, arm.mask));
  return labels;
}

/// @param with_decay makes the scorers of other horizons as well
std::unique_ptr<Fold> load(const Arm& arm, const Split& split, int index, int last,
                           bool with_decay) {
  const int first = std::max(0, split.train.whole.first - look_back_days(arm));
  auto fold = std::make_unique<Fold>();
  fold->index = index;
  const Panel panel = read_panel(arm.data.panel, DayRange{first, last});
  fold->market = make_market(panel, arm.data.market);
  fold->horizon = arm.label.horizon;
  fold->labels = make_labels(panel, fold->market, arm.label, arm.mask);
  std::vector<Labels> others;
  if (with_decay) others = decay_labels(arm, panel, fold->market);
  keep_stocks_that_matter(fold->market, fold->labels, others);
  fold->scorer =
      std::make_unique<fitness::RankIcScorer>(fold->labels, arm.label.horizon, arm.fitness.score);
  fold->split = {shifted(split.train, first),
                 shifted(split.validate, first),
                 {shifted(split.test.part, first)}};
  if (with_decay)
    fold->decay = std::make_unique<fitness::Decay>(fold->split, arm.label, std::move(others),
                                                   arm.fitness.score);
  return fold;
}

}  // namespace

int look_back_days(const Arm& arm) {
  int longest = kYardstickLookBack;
  if (arm.genome == GenomeKind::kFormula) {
    longest = std::max(longest, arm.formula.max_look_back);
  } else {
    const genome::SearchSpace& space = arm.network.space;
    const auto formula = [](const std::string& text) {
      return formula::look_back(formula::parse_or_throw(text));
    };
    const auto window = static_cast<int>(space.windows.back());
    for (const auto* inputs : {&space.inputs, &space.optional_inputs})
      for (const std::string& input : *inputs) longest = std::max(longest, window + formula(input));
    longest = std::max({longest, genome::longest_prior_look_back(space),
                        arm.inputs_from.empty() ? 0 : window + arm.borrowed_look_back});
  }
  return longest + kMaxCarriedDays;
}

std::vector<Split> splits_of(const Arm& arm, const PanelHeader& header) {
  return make_splits(header.calendar, arm.split, arm.label);
}

std::unique_ptr<Fold> load_search_fold(const Arm& arm, const Split& split, int index) {
  std::unique_ptr<Fold> fold = load(arm, split, index, split.validate.whole.last, false);
  if (!is_neutral(arm) && !arm.fitness.shuffled) return fold;
  const DayRange days{fold->split.train.whole.first, fold->split.validate.whole.last};
  if (is_neutral(arm)) fold->labels = fitness::neutral_labels(fold->market, fold->labels, days);
  if (arm.fitness.shuffled) shuffle_labels(fold->labels, Seed{static_cast<std::uint64_t>(index)});
  fold->scorer =
      std::make_unique<fitness::RankIcScorer>(fold->labels, fold->horizon, arm.fitness.score);
  return fold;
}

std::string search_fold_key(const Arm& arm) {
  return fmt::format("{}{}{}", fold_key(arm), is_neutral(arm) ? " neutral" : "",
                     arm.fitness.shuffled ? " shuffled" : "");
}

std::unique_ptr<Fold> load_final_fold(const Arm& arm, const Split& split, int index) {
  return load(arm, split, index, split.test.part.whole.last, true);
}

std::string fold_key(const Arm& arm) {
  const Json json = write_arm(arm);
  Json key;
  for (const auto part : {"data", "label", "mask", "split"}) key[part] = json[part];
  key["data"].erase("inputs");
  key["data"].erase("window");
  key["look_back"] = look_back_days(arm);
  key["score"] = {arm.fitness.score.min_stocks, arm.fitness.score.min_coverage};
  return key.dump();
}

}  // namespace evofactor::app
