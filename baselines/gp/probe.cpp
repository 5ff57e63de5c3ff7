#include "baselines/gp/probe.hpp"

#include <algorithm>
#include <vector>

#include "engine/formula/evaluate.hpp"
#include "fitness/ranks.hpp"

namespace evofactor::gp {
namespace {

/// Stocks that are there on all the days, evenly spread.
std::vector<std::size_t> sample_of(const Market& market, DayRange days, std::size_t count) {
  std::vector<std::size_t> there;
  for (std::size_t i = 0; i < market.stocks.size(); ++i) {
    bool always = true;
    for (int d = days.first; d < days.last; ++d)
      always = always && market.cross_section(static_cast<std::size_t>(d), i) != 0;
    if (always) there.push_back(i);
  }
  if (there.size() <= count) return there;
  std::vector<std::size_t> sample;
  for (std::size_t k = 0; k < count; ++k) sample.push_back(there[k * there.size() / count]);
  return sample;
}

}  // namespace

Probe::Probe(const Market& market, DayRange days, int look_back) {
  const DayRange probed{std::max(days.first, days.last - kDays), days.last};
  const int first = std::max(0, probed.first - look_back);
  market_ = excerpt(market, {first, probed.last}, sample_of(market, probed, kStocks));
  days_ = {probed.first - first, probed.last - first};
}

Grid<float> Probe::ranks(const formula::Program& program) const {
  const FactorValues values = formula::evaluate(program, market_, days_);
  return fitness::centred_ranks(values, market_.cross_section, days_, 1);
}

bool Probe::alike(const formula::Program& a, const formula::Program& b) const {
  const Grid<float> x = ranks(a);
  const Grid<float> y = ranks(b);
  bool same = true;
  bool opposite = true;
  for (std::size_t r = 0; r < x.rows(); ++r)
    for (std::size_t c = 0; c < x.columns(); ++c) {
      same = same && x(r, c) == y(r, c);
      opposite = opposite && x(r, c) == -y(r, c);
    }
  return same || opposite;
}

}  // namespace evofactor::gp
