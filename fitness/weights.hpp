#pragma once
#include <span>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"

namespace evofactor::fitness {

// Weights of a pool's factors in their combination, fitted on training and validation days alone.
// Factors are signed, so that their mean rank IC there is positive; a weight may be negative where
// a factor hedges others. The sizes of all weights sum to 1.

/// In proportion to each factor's mean rank IC; negative and NaN ones 0. All equal if none is
/// positive.
[[nodiscard]] std::vector<double> ic_weights(std::span<const double> mean_rank_ics);

/// v* = S^-1 m, which has the highest ratio of mean to standard deviation of the daily rank IC,
/// with m the means and S the covariance of the factors' daily rank ICs. S is shrunk towards a
/// multiple of the identity, by as much as its error asks for. All equal if nothing varies.
/// @param daily [factors][days], all of one length; NaN = skipped, counts as the factor's mean
/// Source: Fang et al. 2020, Neural network-based automatic factor construction, eq. 5-7; Ledoit
/// and Wolf 2004, Journal of Multivariate Analysis 88, 365.
[[nodiscard]] std::vector<double> ic_covariance_weights(std::span<const std::vector<double>> daily);

/// Least squares of the labels' centred ranks on the factors', all scored stock-days of `days`
/// alike, with `strength` times the mean of the diagonal of X'X added to it.
/// @param ranks centred ranks of each factor (ranks.hpp) on days from `first` on
[[nodiscard]] std::vector<double> ridge_weights(std::span<const Grid<float>> ranks, int first,
                                                const Labels& labels,
                                                std::span<const DayRange> days,
                                                double strength = 1);

}  // namespace evofactor::fitness
