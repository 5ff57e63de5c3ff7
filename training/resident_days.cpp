#include "training/resident_days.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace evofactor::training {

ResidentDays::ResidentDays(const InputSet& inputs, const c10::Device& device)
    : days_(inputs.days()), first_{0}, device_(device) {
  for (int day = days_.first; day < days_.last; ++day)
    first_.push_back(first_.back() + static_cast<std::int64_t>(inputs.stocks(day).size()));
  const at::Tensor host = at::zeros({inputs.n_columns(), first_.back() + 1}, at::kFloat);
  DayScratch scratch;
  for (int day = days_.first; day < days_.last; ++day) {
    const DayInputs from = inputs.day(day, scratch);
    const auto n = static_cast<std::int64_t>(from.stocks.size());
    for (std::int64_t c = 0; c < inputs.n_columns(); ++c)
      std::copy_n(from.x + c * from.stride, n,
                  host.data_ptr<float>() + c * host.size(1) + first_of(day));
  }
  x_ = host.to(device);
}

at::Tensor ResidentDays::rows_of(const std::function<std::span<const float>(int)>& values,
                                 float missing) const {
  const at::Tensor host = at::full({first_.back() + 1}, missing, at::kFloat);
  for (int day = days_.first; day < days_.last; ++day)
    std::ranges::copy(values(day), host.data_ptr<float>() + first_of(day));
  return host.to(device_);
}

at::Tensor ResidentDays::places(std::span<const int> days, std::int64_t rows) const {
  at::Tensor places = at::full({rows}, first_.back(), at::kLong);
  auto* to = places.data_ptr<std::int64_t>();
  for (const int day : days) {
    std::iota(to, to + size_of(day), first_of(day));
    to += size_of(day);
  }
  return places;
}

at::Tensor ResidentDays::day_numbers(std::span<const int> days, std::int64_t rows) const {
  at::Tensor numbers = at::zeros({rows}, at::kLong);
  auto* to = numbers.data_ptr<std::int64_t>();
  for (std::size_t i = 0; i < days.size(); ++i)
    to = std::fill_n(to, size_of(days[i]), static_cast<std::int64_t>(i));
  return numbers;
}

}  // namespace evofactor::training
