#include "training/recent_values.hpp"

#include <algorithm>

namespace evofactor::training {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

std::size_t bytes_of(const FactorValues& values) {
  return values.values.rows() * values.values.columns() * sizeof(float);
}

}  // namespace

void RecentValues::keep(const Weights& weights, FactorValues values) {
  const std::lock_guard lock(mutex_);
  bytes_ += bytes_of(values);
  kept_.emplace_back(weights, std::move(values));
  for (; bytes_ > kMostBytes; kept_.pop_front()) bytes_ -= bytes_of(kept_.front().second);
}

std::optional<FactorValues> RecentValues::take(const Weights& weights) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find(kept_, weights, [](const auto& one) { return one.first.lock(); });
  if (found == kept_.end()) return std::nullopt;
  FactorValues values = std::move(found->second);
  kept_.erase(found);
  bytes_ -= bytes_of(values);
  return values;
}

}  // namespace evofactor::training
