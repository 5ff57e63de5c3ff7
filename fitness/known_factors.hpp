#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

/// Factors everybody knows, as ranks on some days of a market: what a found factor is held against
/// to tell how new it is.
class KnownFactors {
 public:
  struct Nearest {
    std::string name;
    double correlation = 0;  ///< mean daily rank correlation, with its sign
  };

  /// The 20 classic factors, and `library` (name, formula): formulas must parse.
  /// @param mask [D, N] stocks that are ranked, as in Combiner
  /// @throws ConfigError if the market lacks a field of one
  KnownFactors(const Market& market, const Grid<std::uint8_t>& mask, DayRange days,
               std::span<const std::pair<std::string, std::string>> library);

  /// The one that a factor resembles most, in either direction.
  /// @param ranks centred ranks (ranks.hpp) over the same mask and days
  [[nodiscard]] Nearest nearest(const Grid<float>& ranks) const;

 private:
  std::vector<std::string> names_;
  std::vector<Grid<float>> ranks_;
};

}  // namespace evofactor::fitness
