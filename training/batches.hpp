#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <functional>
#include <span>
#include <vector>

#include "engine/core/rng.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/inputs.hpp"

namespace evofactor::training {

/// Some days as one forward pass: x [1, columns, rows], the days' stocks one after the other, then
/// zeros (net::Pass).
struct Chunk {
  std::span<const int> days;
  at::Tensor x;
  net::Pass pass;
};

/// Cuts lists of days into forward passes for one network: day by day on a CPU, where a day's
/// activations fit the cache, several days at once on a GPU or where the network looks at the whole
/// batch.
class Batches {
 public:
  Batches(const InputSet& inputs, const net::StackedNet& net);
  /// Calls `f` for each chunk of `days` in order; chunks are valid during the call
  /// only.
  void for_each(std::span<const int> days, bool training, std::int64_t step,
                const std::function<void(const Chunk&)>& f);
  /// Per-stock values of the chunk's days as one tensor [rows] on the CPU, `missing` where no stock
  /// stands.
  /// @param values returns the values of day i's rows
  [[nodiscard]] at::Tensor gather(const Chunk& chunk,
                                  const std::function<std::span<const float>(int day)>& values,
                                  float missing = 0) const;

 private:
  [[nodiscard]] Chunk make_chunk(std::span<const int> days);
  const InputSet& inputs_;
  const net::StackedNet& net_;
  DayScratch scratch_;
  at::Tensor host_;
};

/// Days of one training step: `count` different ones of `days`, a pure function of root seed,
/// stage, count and step, so the same for all candidates that take as many. Shared, so that a stack
/// reads each input once and candidates are compared on equal luck.
[[nodiscard]] std::vector<int> batch_days(Seed root, std::string_view stage, std::int64_t step,
                                          int count, std::span<const int> days);

}  // namespace evofactor::training
