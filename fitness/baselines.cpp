#include "fitness/baselines.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/formula/classic20.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/combine.hpp"
#include "fitness/json.hpp"

namespace evofactor::fitness {
namespace {

void negate(FactorValues& factor) {
  for (std::size_t row = 0; row < factor.values.rows(); ++row)
    for (float& value : factor.values.row(row)) value = -value;
}

void add_part(Json& series, const FactorValues& factor, const FactorValues& neutral,
              const RankIcScorer& scorer, DayRange days, const char* part,
              const Calendar& calendar) {
  const auto plain = scorer.daily(factor, days);
  const auto left = scorer.daily(neutral, days);
  EVOFACTOR_CHECK(plain.size() == left.size(), "{} days, {} of them neutralised", plain.size(),
                  left.size());
  for (std::size_t i = 0; i < plain.size(); ++i)
    series.push_back({{"date", to_string(calendar[plain[i].day])},
                      {"part", part},
                      {"rank_ic", number_or_null(plain[i].rank_ic)},
                      {"neutral_rank_ic", number_or_null(left[i].rank_ic)}});
}

Json scores_of(const FactorValues& factor, const FactorValues& neutral, const RankIcScorer& scorer,
               const Split& split) {
  const DayRange test = split.test.part.days;
  return {{"train", to_json(scorer.score(factor, split.train.days))},
          {"validate", to_json(scorer.score(factor, split.validate.days))},
          {"test", to_json(scorer.score(factor, test))},
          {"neutral_validate", to_json(scorer.score(neutral, split.validate.days))},
          {"neutral_test", to_json(scorer.score(neutral, test))}};
}

Json daily_of(const FactorValues& factor, const FactorValues& neutral, const RankIcScorer& scorer,
              const Split& split, const Calendar& calendar) {
  Json series = Json::array();
  add_part(series, factor, neutral, scorer, split.validate.days, "validate", calendar);
  add_part(series, factor, neutral, scorer, split.test.part.days, "test", calendar);
  return series;
}

}  // namespace

Json part_scores(const FactorValues& factor, const RankIcScorer& scorer,
                 const StyleNeutraliser& neutraliser, const Split& split) {
  return scores_of(factor, neutraliser(factor), scorer, split);
}

Json daily_series(const FactorValues& factor, const RankIcScorer& scorer,
                  const StyleNeutraliser& neutraliser, const Split& split,
                  const Calendar& calendar) {
  return daily_of(factor, neutraliser(factor), scorer, split, calendar);
}

int sign_on(const FactorValues& factor, const RankIcScorer& scorer, DayRange days) {
  return scorer.summarise(scorer.daily(factor, days)).rank_ic.mean < 0 ? -1 : 1;
}

Json classic_baselines(const Market& market, const RankIcScorer& scorer,
                       const StyleNeutraliser& neutraliser, const Split& split) {
  const DayRange days = split.span();
  const Grid<std::uint8_t> mask = rankable(market);
  Combiner combiner(mask, days);
  Json classics = Json::array();
  const auto add_scores = [&](Json& method, const FactorValues& factor) {
    const FactorValues neutral = neutraliser(factor);
    method.update(scores_of(factor, neutral, scorer, split));
    method["daily"] = daily_of(factor, neutral, scorer, split, market.calendar);
  };
  for (const formula::NamedFormula& classic : formula::classic20()) {
    FactorValues factor = formula::evaluate(formula::parse_or_throw(classic.formula), market, days);
    const int sign = sign_on(factor, scorer, split.train.days);
    combiner.add(factor, sign);
    if (sign < 0) negate(factor);
    Json method = {{"name", classic.name},
                   {"label", classic.label},
                   {"kind", "classic"},
                   {"formula", classic.formula},
                   {"sign", sign}};
    add_scores(method, factor);
    classics.push_back(std::move(method));
  }
  Json composite = {{"name", "composite20"},
                    {"label", "Equal-weight composite of 20 classic factors"},
                    {"kind", "composite"}};
  add_scores(composite, combiner.result());
  Json methods = Json::array({std::move(composite)});
  for (Json& method : classics) methods.push_back(std::move(method));
  return methods;
}

}  // namespace evofactor::fitness
