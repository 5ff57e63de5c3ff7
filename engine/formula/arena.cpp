#include "engine/formula/arena.hpp"

namespace evofactor::formula {
namespace {

std::size_t bytes_of(const ValueArena::Values& values) {
  return values.buffer.count() * sizeof(float);
}

/// Given up and not yet used again; a few are enough, since values are kept one at a time.
constexpr std::size_t kFreeBuffers = 16;

}  // namespace

std::shared_ptr<const ValueArena::Values> ValueArena::find(std::uint64_t subtree, int first_day) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(subtree);
  if (entry == entries_.end() || entry->second.values->first_day > first_day) return nullptr;
  rank(entry);
  return entry->second.values;
}

void ValueArena::keep(std::uint64_t subtree, Values values, double work) {
  const std::size_t bytes = bytes_of(values);
  if (bytes > capacity_) return;
  const auto kept = std::make_shared<Values>(std::move(values));
  const std::lock_guard lock(mutex_);
  std::uint64_t& flags = once_kept_[subtree % kFlags / 64];
  const std::uint64_t flag = std::uint64_t{1} << (subtree % 64);
  if ((flags & flag) != 0) ++counts_.recomputed;
  flags |= flag;
  if (const auto there = entries_.find(subtree); there != entries_.end()) drop(there);
  while (counts_.bytes + bytes > capacity_) {
    clock_ = by_priority_.begin()->first;
    drop(entries_.find(by_priority_.begin()->second));
    ++counts_.evicted;
  }
  counts_.bytes += bytes;
  const auto entry = entries_.emplace(subtree, Entry{kept, work, 0}).first;
  rank(entry);
}

void ValueArena::drop(Entries::iterator entry) {
  counts_.bytes -= bytes_of(*entry->second.values);
  by_priority_.erase({entry->second.priority, entry->first});
  // Values that somebody still reads take their memory with them.
  if (entry->second.values.use_count() == 1 && free_.size() < kFreeBuffers)
    free_.push_back(std::move(entry->second.values->buffer));
  entries_.erase(entry);
}

void ValueArena::rank(Entries::iterator entry) {
  by_priority_.erase({entry->second.priority, entry->first});
  entry->second.priority = clock_ + entry->second.work;
  by_priority_.insert({entry->second.priority, entry->first});
}

Buffer ValueArena::take(std::size_t count) {
  {
    const std::lock_guard lock(mutex_);
    for (Buffer& buffer : free_) {
      if (buffer.count() < count || buffer.count() > count + count / 4) continue;
      std::swap(buffer, free_.back());
      Buffer taken = std::move(free_.back());
      free_.pop_back();
      return taken;
    }
  }
  return Buffer(count);
}

void ValueArena::count(std::int64_t asked, std::int64_t computed) {
  const std::lock_guard lock(mutex_);
  counts_.asked += asked;
  counts_.computed += computed;
}

ArenaCounts ValueArena::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace evofactor::formula
