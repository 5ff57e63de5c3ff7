#pragma once
#include <cmath>
#include <string>

#include "data/market.hpp"
#include "engine/core/rng.hpp"

namespace evofactor::test {

/// A market of hard cases for window functions, by column s % 7: 0 small numbers rounded so that
/// they tie, with zeros; 1 prices near 1e4; 2 volumes near 1e8; 3 constant stretches; 4 one
/// constant, 5 normal values, 6 tiny values. About 3 % of the cells are missing, none in every
/// third column. Fields close, open and high are unlike draws of it, float_cap is positive; about
/// 85 % of the stocks are in the cross-section; industries of 1 to 9 stocks, some unknown.
inline Market random_market(std::size_t n_days, std::size_t n_stocks, std::uint64_t seed) {
  Rng rng(Seed{seed});
  Market market;
  std::vector<Date> dates;
  for (std::size_t d = 0; d < n_days; ++d) dates.push_back(20100000 + static_cast<Date>(d));
  market.calendar = Calendar(dates);
  for (std::size_t s = 0; s < n_stocks; ++s) market.stocks.push_back("S" + std::to_string(s));
  for (const char* name : {"close", "open", "high", "float_cap"}) {
    Grid<float> grid(n_days, n_stocks, 1e30F);
    for (std::size_t s = 0; s < n_stocks; ++s) {
      double level = 1e4;
      double stretch = 3;
      for (std::size_t d = 0; d < n_days; ++d) {
        double value = 0;
        switch (s % 7) {
          case 0:
            value = std::round(rng.normal() * 3) / 2;
            break;
          case 1:
            value = level *= std::exp(0.02 * rng.normal());
            break;
          case 2:
            value = 1e8 * std::exp(rng.normal());
            break;
          case 3:
            if (rng.chance(0.08)) stretch = rng.normal();
            value = stretch;
            break;
          case 4:
            value = 7.3;
            break;
          case 5:
            value = rng.normal();
            break;
          default:
            value = 1e-6 * rng.normal();
            break;
        }
        if (std::string(name) == "float_cap") value = std::abs(value) + 1;
        const bool missing = s % 3 != 0 && rng.chance(0.03);
        grid(d, s) = missing ? kMissing : static_cast<float>(value);
      }
    }
    market.fields.emplace(name, std::move(grid));
  }
  market.cross_section = Grid<std::uint8_t>(n_days, n_stocks, 1);
  for (std::size_t d = 0; d < n_days; ++d)
    for (std::size_t s = 0; s < n_stocks; ++s) market.cross_section(d, s) = rng.chance(0.85);
  market.member = market.cross_section;
  market.traded = Grid<std::uint8_t>(n_days, n_stocks, 1);
  for (std::size_t s = 0; s < n_stocks; ++s)
    market.industry.push_back(
        static_cast<std::int16_t>(std::floor(std::sqrt(static_cast<double>(s)))) - 1);
  return market;
}

}  // namespace evofactor::test
