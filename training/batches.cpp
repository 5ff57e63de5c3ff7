#include "training/batches.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "training/resident_days.hpp"

namespace evofactor::training {
namespace {

/// Days scored at once on a GPU.
constexpr std::size_t kScoredDays = 16;

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
  for (const int day : days)
    chunk.pass.stocks.push_back(static_cast<int>(inputs_.stocks(day).size()));
  const std::int64_t columns = inputs_.n_columns();
  if (days.size() == 1 && net_.device().is_cpu()) {
    const DayInputs day = inputs_.day(days[0], scratch_);
    chunk.x = at::from_blob(const_cast<float*>(day.x), {1, columns, day.stride},
                            {columns * day.stride, day.stride, 1}, at::kFloat);
    return chunk;
  }
  if (!net_.device().is_cpu()) {
    const auto resident = inputs_.on(net_.device());
    const at::Tensor places =
        resident->places(days, net::padded_rows(chunk.pass.used_rows())).to(net_.device());
    chunk.x = resident->x().index_select(1, places).unsqueeze(0);
    return chunk;
  }
  const std::int64_t used = chunk.pass.used_rows(), rows = net::padded_rows(used);
  if (!host_.defined() || host_.numel() < columns * rows)
    host_ = at::empty({columns * rows}, at::kFloat);
  const at::Tensor x = host_.narrow(0, 0, columns * rows).view({1, columns, rows});
  float* out = x.data_ptr<float>();
  std::int64_t first = 0;
  for (const int d : days) {
    const DayInputs day = inputs_.day(d, scratch_);
    const auto n = static_cast<std::int64_t>(day.stocks.size());
    for (std::int64_t c = 0; c < columns; ++c)
      std::copy_n(day.x + c * day.stride, n, out + c * rows + first);
    first += n;
  }
  x.narrow(2, used, rows - used).zero_();
  chunk.x = x;
  return chunk;
}

at::Tensor Batches::gather(const Chunk& chunk,
                           const std::function<std::span<const float>(int)>& values,
                           float missing) const {
  const at::Tensor out = at::full({chunk.x.size(2)}, missing, at::kFloat);
  float* to = out.data_ptr<float>();
  for (const int day : chunk.days) to = std::ranges::copy(values(day), to).out;
  return out;
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
