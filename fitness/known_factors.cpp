#include "fitness/known_factors.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/formula/classic20.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::fitness {

std::vector<NameAndFormula> known_formulas(std::span<const NameAndFormula> library) {
  std::vector<NameAndFormula> known;
  for (const formula::NamedFormula& classic : formula::classic20())
    known.emplace_back(classic.name, classic.formula);
  for (const auto& [name, text] : library) known.emplace_back(name.empty() ? text : name, text);
  return known;
}

KnownFactors::KnownFactors(const Market& market, const Grid<std::uint8_t>& mask, DayRange days,
                           std::span<const NameAndFormula> formulas) {
  std::vector<formula::Program> programs;
  for (const auto& [name, text] : formulas) {
    names_.push_back(name);
    programs.push_back(formula::parse_or_throw(text));
  }
  ranks_.resize(programs.size());
  formula::evaluate(programs, market, days, nullptr, [&](std::size_t p, const FactorView& values) {
    ranks_[p] = centred_ranks(values, mask, days, 1);
  });
}

std::vector<KnownFactors::Likeness> KnownFactors::likeness(const Grid<float>& ranks) const {
  std::vector<Likeness> all;
  for (std::size_t k = 0; k < ranks_.size(); ++k)
    all.push_back({names_[k], mean_rank_correlation(ranks, ranks_[k])});
  return all;
}

std::vector<KnownFactors::Likeness> nearest(std::vector<KnownFactors::Likeness> all,
                                            std::size_t count) {
  std::ranges::stable_sort(all, std::greater<>(), [](const KnownFactors::Likeness& known) {
    return std::abs(known.correlation);
  });
  all.resize(std::min(all.size(), count));
  return all;
}

}  // namespace evofactor::fitness
