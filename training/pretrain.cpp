#include "training/pretrain.hpp"

#include <cmath>

#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"

namespace evofactor::training {
namespace {

Moments moments_of_day(std::span<const float> values, std::span<const std::int32_t> stocks) {
  std::vector<double> finite;
  for (const std::int32_t s : stocks)
    if (const double x = values[static_cast<std::size_t>(s)]; std::isfinite(x)) finite.push_back(x);
  return moments_of(finite);
}

}  // namespace

RegressionTarget prior_target(const std::string& formula, const Market& market,
                              const InputSet& inputs, DayRange days) {
  const FactorValues values = formula::evaluate(formula::parse_or_throw(formula), market, days);
  RegressionTarget target{days, {}};
  for (int day = days.first; day < days.last; ++day) {
    const auto stocks = inputs.stocks(day);
    target.rows.push_back(
        z_scores(values.day(day), stocks, moments_of_day(values.day(day), stocks)));
  }
  return target;
}

std::vector<double> pretrain(net::StackedNet& net, const Market& market, const InputSet& inputs,
                             DayRange days, Seed root) {
  std::vector<RegressionTarget> targets;
  for (const genome::NetGenome& genome : net.genomes())
    targets.push_back(genome::pretrain_steps(genome) == 0
                          ? RegressionTarget{}
                          : prior_target(genome.prior.formula, market, inputs, days));
  return regress(net, inputs, targets, days, root);
}

}  // namespace evofactor::training
