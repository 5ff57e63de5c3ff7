#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "genome/genome.hpp"

namespace evofactor::training {

// What training minimises, per day over the stocks that are scored, as minus an objective:
//   paper, sharp   corr(g(prediction), target), g(x) = 1 / (1 + exp(-p (x - mean) / (2 std)));
//                  paper: p = 1.83 on prediction and label (Fang et al. 2020, eq. 11-14); sharp:
//                  p = 3.4 against exact label ranks, which follows rank IC more closely
//                  (correlation .999 instead of .95 with heavy tails)
//   ic             corr(prediction, label), Pearson
//   mse            -mean (prediction - label's z-score)^2
//   cross_entropy  mean log-likelihood of "label above the day's mean" under sigmoid(prediction)

/// Steepness p of the kernel. @pre paper or sharp
[[nodiscard]] double steepness(genome::Loss loss);

/// A day's labels as the loss compares with: centred and of unit length for the correlations,
/// z-scores or 0 / 1 for the others; 0 where `scored` is 0. All 0 if fewer than 2 stocks are scored
/// or all labels are equal.
[[nodiscard]] std::vector<float> loss_target(genome::Loss loss, std::span<const float> labels,
                                             std::span<const std::uint8_t> scored);

struct LossValue {
  at::Tensor objective;  ///< [B] sum over days
  at::Tensor gradient;   ///< [B, rows] of -objective with respect to the prediction
};
/// @param prediction [B, rows], the days' stocks one after the other @param target, scored [rows or
/// more] by loss_target, and 1 or 0 @param stocks of each day
/// A constant prediction has correlation and gradient 0. On the CPU; double accumulation in stock
/// order.
[[nodiscard]] LossValue loss(const at::Tensor& prediction, const at::Tensor& target,
                             const at::Tensor& scored, std::span<const int> stocks,
                             genome::Loss kind);

/// The same by tensor operations in single precision, which any device has; nothing of it waits for
/// the host, and all shapes are those of the arguments. Rows that are not scored may hold anything.
/// @param target, scored [rows] @param day [rows] int64, which of `n_days` days a row belongs to
[[nodiscard]] LossValue loss_by_operations(const at::Tensor& prediction, const at::Tensor& target,
                                           const at::Tensor& scored, const at::Tensor& day,
                                           std::int64_t n_days, genome::Loss kind);

}  // namespace evofactor::training
