#include "training/device_step.hpp"

#include <ATen/ATen.h>

#include <utility>

namespace evofactor::training {
namespace {

/// Steps before one is recorded, in which libraries choose kernels and allocate.
constexpr int kStepsBefore = 3;

}  // namespace

DeviceStep::DeviceStep(net::StackedNet& net, const ResidentDays& days, at::Tensor targets,
                       std::int64_t n_days, std::int64_t most_rows, BatchGradient gradient,
                       device::Recorder recorder)
    : net_(net),
      days_(days),
      targets_(std::move(targets)),
      n_days_(n_days),
      rows_(net::padded_rows(most_rows)),
      gradient_(std::move(gradient)),
      recorder_(std::move(recorder)),
      adam_(net, /*by_operations=*/true),
      rates_(at::zeros({net.size(), 1}, net.parameters().options())),
      decays_(at::zeros_like(rates_)) {
  if (!recorder_)
    recorder_ = [device = net.device()](const std::function<void()>& work) {
      return device::record(device, work);
    };
}

void DeviceStep::take(std::span<const int> days, std::int64_t step, const at::Tensor& rates,
                      const at::Tensor& decays) {
  net::Pass pass;
  pass.training = true;
  pass.step = step;
  for (const int day : days) pass.stocks.push_back(static_cast<int>(days_.size_of(day)));
  const bool one_shape = !net_.reads_pass();
  const std::int64_t rows = one_shape ? rows_ : net::padded_rows(pass.used_rows());
  const auto put = [&](at::Tensor& to, const at::Tensor& from) {
    if (one_shape && to.defined()) {
      to.copy_(from);
    } else {
      to = from.to(net_.device());
    }
  };
  put(places_, days_.places(days, rows));
  put(day_, days_.day_numbers(days, rows));
  rates_.copy_(rates);
  decays_.copy_(decays);
  if (one_shape && recording_ == nullptr && n_taken_++ == kStepsBefore)
    recording_ = recorder_([this, pass] { work(pass); });
  recording_ != nullptr ? recording_->replay() : work(pass);
}

void DeviceStep::work(const net::Pass& pass) {
  const at::Tensor x = days_.x().index_select(1, places_).unsqueeze(0);
  const at::Tensor y = net_.forward(x, pass);
  const std::int64_t rows = y.size(1);
  const at::Tensor targets = targets_.index_select(1, places_).narrow(1, 0, rows);
  const at::Tensor day = day_.narrow(0, 0, rows);
  net_.backward(x, gradient_({y, targets, day, n_days_}), pass);
  adam_.step(rates_, decays_);
}

}  // namespace evofactor::training
