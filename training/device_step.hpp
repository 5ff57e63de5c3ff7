#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "engine/device/recording.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/adam.hpp"
#include "training/resident_days.hpp"

namespace evofactor::training {

/// What a stack gave for the rows of a batch, and what it is held against.
struct BatchRows {
  const at::Tensor& y;        ///< [B, rows]
  const at::Tensor& targets;  ///< [k, rows] of resident targets
  const at::Tensor& day;      ///< [rows] which day of the batch; 0 where no stock stands
  std::int64_t n_days = 0;
};
/// @returns [B, rows] gradient of what is minimised with respect to y
using BatchGradient = std::function<at::Tensor(const BatchRows& rows)>;

/// Training steps of a stack on a GPU. Inputs and targets are resident; a step uploads the places
/// of its rows and nothing else. Where a pass is a function of its inputs alone, all steps have one
/// shape, and from the fourth on a recording of the step is replayed (device::record).
/// Runs on a CPU too, unrecorded.
class DeviceStep {
 public:
  /// What is referred to outlives it. @param targets [k, rows of all days + 1]
  /// @param n_days of every batch @param most_rows of any batch
  /// @param gradient must not wait for the device, nor change shapes from step to step
  DeviceStep(net::StackedNet& net, const ResidentDays& days, at::Tensor targets,
             std::int64_t n_days, std::int64_t most_rows, BatchGradient gradient,
             device::Recorder recorder = {});
  DeviceStep(const DeviceStep&) = delete;  // what is recorded refers to it
  DeviceStep& operator=(const DeviceStep&) = delete;
  /// Forward, loss, backward and an update by Adam. @param rates, decays [B, 1] on the device
  void take(std::span<const int> days, std::int64_t step, const at::Tensor& rates,
            const at::Tensor& decays);

 private:
  void work(const net::Pass& pass);
  net::StackedNet& net_;
  const ResidentDays& days_;
  at::Tensor targets_;
  std::int64_t n_days_, rows_;
  BatchGradient gradient_;
  device::Recorder recorder_;
  Adam adam_;
  at::Tensor places_, day_;    ///< [rows] of the batch
  at::Tensor rates_, decays_;  ///< [B, 1]
  int n_taken_ = 0;
  std::unique_ptr<device::Recording> recording_;
};

}  // namespace evofactor::training
