#include "training/batches.hpp"

#include <ATen/ATen.h>

#include <algorithm>

namespace evofactor::training {
namespace {

/// Days scored at once on a GPU.
constexpr std::size_t kScoredDays = 16;

std::int64_t round_up(std::int64_t n) { return (n + 15) / 16 * 16; }

}  // namespace

Batches::Batches(const InputSet& inputs, const net::StackedNet& net) : inputs_(inputs), net_(net) {}

void Batches::for_each(std::span<const int> days, bool training, std::int64_t step,
                       const std::function<void(const Chunk&)>& f) {
  const bool whole = training && (net_.needs_whole_batch() || !net_.device().is_cpu());
  const std::size_t size = whole ? days.size() : net_.device().is_cpu() ? 1 : kScoredDays;
  for (std::size_t first = 0; first < days.size(); first += size) {
    Chunk chunk = make_chunk(days.subspan(first, std::min(size, days.size() - first)));
    chunk.pass.training = training;
    chunk.pass.step = step;
    chunk.pass.first_slot = static_cast<std::int64_t>(first);
    f(chunk);
  }
}

Chunk Batches::make_chunk(std::span<const int> days) {
  Chunk chunk;
  chunk.days = days;
  chunk.pass.days = static_cast<int>(days.size());
  const std::int64_t columns = inputs_.n_columns();
  if (days.size() == 1 && net_.device().is_cpu()) {
    const DayInputs day = inputs_.day(days[0], scratch_);
    const auto rows = static_cast<std::int64_t>(day.stocks.size());
    chunk.pass.stocks = static_cast<int>(rows);
    chunk.x = at::from_blob(const_cast<float*>(day.x), {1, rows, columns},
                            {columns * day.stride, 1, day.stride}, at::kFloat);
    return chunk;
  }
  std::int64_t most = 0;
  for (const int day : days)
    most = std::max(most, static_cast<std::int64_t>(inputs_.stocks(day).size()));
  most = round_up(most);
  const std::int64_t rows = most * chunk.pass.days;
  chunk.pass.stocks = static_cast<int>(most);
  if (!host_.defined() || host_.numel() < columns * rows)
    host_ = at::empty({columns * rows}, at::kFloat);
  const at::Tensor x = host_.narrow(0, 0, columns * rows).view({columns, rows});
  const at::Tensor valid = at::zeros({rows}, at::kFloat);
  float* out = x.data_ptr<float>();
  for (std::size_t i = 0; i < days.size(); ++i) {
    const DayInputs day = inputs_.day(days[i], scratch_);
    const auto n = static_cast<std::int64_t>(day.stocks.size());
    const std::int64_t at = static_cast<std::int64_t>(i) * most;
    valid.narrow(0, at, n).fill_(1);
    for (std::int64_t c = 0; c < columns; ++c) {
      std::copy_n(day.x + c * day.stride, n, out + c * rows + at);
      std::fill_n(out + c * rows + at + n, most - n, 0.0F);
    }
  }
  chunk.pass.valid = valid.to(net_.device());
  chunk.x = x.to(net_.device()).t().unsqueeze(0);
  return chunk;
}

at::Tensor Batches::gather(const Chunk& chunk,
                           const std::function<std::span<const float>(int)>& values) const {
  const at::Tensor out = at::zeros({chunk.pass.days, chunk.pass.stocks}, at::kFloat);
  for (std::size_t i = 0; i < chunk.days.size(); ++i) {
    const std::span<const float> day = values(chunk.days[i]);
    std::ranges::copy(day, out[static_cast<std::int64_t>(i)].data_ptr<float>());
  }
  return out.to(net_.device());
}

std::vector<int> batch_days(Seed root, std::string_view stage, std::int64_t step, int count,
                            std::span<const int> days) {
  Rng rng(derive(root, stage, step, count));
  std::vector<int> pool(days.begin(), days.end());
  const std::size_t size = std::min(pool.size(), static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < size; ++i) std::swap(pool[i], pool[i + rng.below(pool.size() - i)]);
  pool.resize(size);
  return pool;
}

}  // namespace evofactor::training
