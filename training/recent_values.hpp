#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::training {

/// Values of the candidates that were scored last, so that a pool that takes one need not compute
/// them again. Up to 256 MiB; the oldest go first. Does not hold the weights. Thread-safe.
class RecentValues {
 public:
  using Weights = std::shared_ptr<const std::vector<std::byte>>;

  /// @param weights of the network that has the values
  void keep(const Weights& weights, FactorValues values);
  /// What was kept, and is no longer; nothing where it had to go.
  [[nodiscard]] std::optional<FactorValues> take(const Weights& weights);

 private:
  std::mutex mutex_;
  std::deque<std::pair<Weights::weak_type, FactorValues>> kept_;  ///< the oldest first
  std::size_t bytes_ = 0;
};

}  // namespace evofactor::training
