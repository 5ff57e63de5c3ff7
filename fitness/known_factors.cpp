#include "fitness/known_factors.hpp"

#include <cmath>

#include "engine/formula/classic20.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {

KnownFactors::KnownFactors(const Market& market, const Grid<std::uint8_t>& mask, DayRange days,
                           std::span<const std::pair<std::string, std::string>> library) {
  std::vector<formula::Program> programs;
  for (const formula::NamedFormula& classic : formula::classic20()) {
    names_.emplace_back(classic.name);
    programs.push_back(formula::parse_or_throw(classic.formula));
  }
  for (const auto& [name, text] : library) {
    names_.push_back(name.empty() ? text : name);
    programs.push_back(formula::parse_or_throw(text));
  }
  ranks_.resize(programs.size());
  formula::evaluate(programs, market, days, nullptr, [&](std::size_t p, const FactorView& values) {
    ranks_[p] = centred_ranks(values, mask, days, 1);
  });
}

KnownFactors::Nearest KnownFactors::nearest(const Grid<float>& ranks) const {
  Nearest found;
  for (std::size_t k = 0; k < ranks_.size(); ++k) {
    const double correlation = mean_rank_correlation(ranks, ranks_[k]);
    if (found.name.empty() || std::abs(correlation) > std::abs(found.correlation))
      found = {names_[k], correlation};
  }
  return found;
}

}  // namespace evofactor::fitness
