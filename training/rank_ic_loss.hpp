#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "genome/genome.hpp"

namespace evofactor::training {

/// Steepness p of the kernel g(x) = 1 / (1 + exp(-p (x - mean) / (2 std))), mean and std over the
/// day's scored stocks. paper: 1.83 on prediction and label (Fang et al. 2020, eq. 11-14).
/// sharp: 3.4 on the prediction against exact label ranks, which follows exact rank IC more closely
/// (correlation .999 instead of .95 with heavy tails).
[[nodiscard]] double steepness(genome::RankKernel kernel);

/// A day's labels as the loss compares with: ranks (sharp) or kernel values (paper) of the stocks
/// where `scored` is not 0, centred and of unit length; 0 elsewhere. All 0 if fewer than 2 stocks
/// are scored or all labels are equal.
[[nodiscard]] std::vector<float> loss_target(genome::RankKernel kernel,
                                             std::span<const float> labels,
                                             std::span<const std::uint8_t> scored);

/// What the loss returns: per candidate the sum over days of the correlation, and its gradient.
struct RankIcLoss {
  at::Tensor correlation;  ///< [B] sum over days of corr(g(prediction), target)
  at::Tensor gradient;     ///< [B, days, stocks] of -correlation with respect to the prediction
};
/// @param prediction [B, days, stocks] @param target [days, stocks] by loss_target
/// @param scored [days, stocks] 1 or 0
/// A constant prediction has correlation and gradient 0. Double accumulation in stock order on the
/// CPU.
[[nodiscard]] RankIcLoss rank_ic_loss(const at::Tensor& prediction, const at::Tensor& target,
                                      const at::Tensor& scored, genome::RankKernel kernel);

/// The same by tensor operations in single precision, which any device has; what rank_ic_loss does
/// on a GPU.
[[nodiscard]] RankIcLoss rank_ic_loss_by_operations(const at::Tensor& prediction,
                                                    const at::Tensor& target,
                                                    const at::Tensor& scored,
                                                    genome::RankKernel kernel);

}  // namespace evofactor::training
