#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

using NameAndFormula = std::pair<std::string, std::string>;

/// The 20 classic factors, then `library`; a formula without a name is called by its text.
[[nodiscard]] std::vector<NameAndFormula> known_formulas(std::span<const NameAndFormula> library);

/// Factors everybody knows, as ranks on some days of a market: what a found factor is held against
/// to tell how new it is.
class KnownFactors {
 public:
  struct Likeness {
    std::string name;
    double correlation = 0;  ///< mean daily rank correlation, with its sign
  };

  /// @param formulas must parse
  /// @param mask [D, N] stocks that are ranked, as in Combiner
  /// @throws ConfigError if the market lacks a field of one
  KnownFactors(const Market& market, const Grid<std::uint8_t>& mask, DayRange days,
               std::span<const NameAndFormula> formulas);

  /// With each of them, in their order.
  /// @param ranks centred ranks (ranks.hpp) over the same mask and days
  [[nodiscard]] std::vector<Likeness> likeness(const Grid<float>& ranks) const;

 private:
  std::vector<std::string> names_;
  std::vector<Grid<float>> ranks_;
};

/// The `count` strongest of `all` in either direction, strongest first; of equals the earlier.
[[nodiscard]] std::vector<KnownFactors::Likeness> nearest(std::vector<KnownFactors::Likeness> all,
                                                          std::size_t count);

}  // namespace evofactor::fitness
