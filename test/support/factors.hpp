#pragma once
#include <initializer_list>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"
#include "engine/core/rng.hpp"

namespace evofactor::test {

/// Grid of the rows given; all of one length.
template <class T>
Grid<T> grid_of(const std::vector<std::vector<T>>& rows) {
  Grid<T> grid(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) grid(r, c) = rows[r][c];
  return grid;
}

/// Factor of the rows given, on days first, first + 1, ...
inline FactorValues factor_of(const std::vector<std::vector<float>>& rows, int first = 0) {
  return {{first, first + static_cast<int>(rows.size())}, grid_of(rows)};
}

/// Labels of the rows given, every finite one in the mask.
inline Labels labels_of(const std::vector<std::vector<float>>& rows) {
  Labels labels{grid_of(rows), Grid<std::uint8_t>(rows.size(), rows.front().size())};
  for (std::size_t d = 0; d < rows.size(); ++d)
    for (std::size_t i = 0; i < rows[d].size(); ++i) labels.mask(d, i) = rows[d][i] == rows[d][i];
  return labels;
}

/// Standard normal values.
inline Grid<float> random_grid(std::size_t n_days, std::size_t n_stocks, std::uint64_t seed) {
  Rng rng(Seed{seed});
  Grid<float> grid(n_days, n_stocks);
  for (std::size_t d = 0; d < n_days; ++d)
    for (float& value : grid.row(d)) value = static_cast<float>(rng.normal());
  return grid;
}

/// Random labels; a stock is in a day's mask with probability `share`.
inline Labels random_labels(std::size_t n_days, std::size_t n_stocks, std::uint64_t seed,
                            double share = 0.8) {
  Rng rng(Seed{seed + 1});
  Labels labels{random_grid(n_days, n_stocks, seed), Grid<std::uint8_t>(n_days, n_stocks)};
  for (std::size_t d = 0; d < n_days; ++d)
    for (std::uint8_t& in : labels.mask.row(d)) in = rng.chance(share) ? 1 : 0;
  return labels;
}

}  // namespace evofactor::test
