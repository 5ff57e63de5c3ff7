#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/formula/workspace.hpp"

namespace evofactor::formula {

/// What a search asked of its arena.
struct ArenaCounts {
  std::int64_t asked = 0;       ///< functions of all formulas, repetitions included
  std::int64_t computed = 0;    ///< of these, computed; the rest was at hand
  std::int64_t recomputed = 0;  ///< of these, kept once and given up since
  std::int64_t evicted = 0;
  std::size_t bytes = 0;  ///< held now
};

/// Values of subtrees, kept from one evaluation to the next, for one market and one last day:
/// formulas bred from each other share most of their subtrees. Holds at most a given number of
/// bytes; gives up what is cheap to compute and has not been asked for lately first (GreedyDual;
/// Young 1994, Algorithmica 11, 525). Safe to use from many threads. What it holds never changes a
/// value, because a value is the same bits whenever it is computed.
class ValueArena {
 public:
  /// Values of one subtree on days from first_day to the last day, [days, stride].
  struct Values {
    Buffer buffer;
    std::size_t stride = 0;
    int first_day = 0;
  };

  explicit ValueArena(std::size_t bytes) : capacity_(bytes), once_kept_(kFlags / 64) {}

  /// Values of the subtree from `first_day` or earlier on; null if they are not there.
  [[nodiscard]] std::shared_ptr<const Values> find(std::uint64_t subtree, int first_day);
  /// @param work of computing the values, relative to others'
  void keep(std::uint64_t subtree, Values values, double work);
  /// Memory for values to keep, at best that of values given up.
  [[nodiscard]] Buffer take(std::size_t count);
  /// Adds up what one evaluation asked and computed.
  void count(std::int64_t asked, std::int64_t computed);
  [[nodiscard]] ArenaCounts counts() const;

 private:
  struct Entry {
    std::shared_ptr<Values> values;
    double work = 0, priority = 0;
  };
  using Entries = std::unordered_map<std::uint64_t, Entry>;
  void drop(Entries::iterator entry);
  void rank(Entries::iterator entry);

  /// Flags of what was kept once, by hash: told apart wrongly at most once in a hundred for a
  /// million subtrees.
  static constexpr std::size_t kFlags = std::size_t{1} << 26U;

  mutable std::mutex mutex_;
  std::size_t capacity_;
  Entries entries_;
  std::set<std::pair<double, std::uint64_t>> by_priority_;
  double clock_ = 0;  ///< priority of what was given up last
  std::vector<std::uint64_t> once_kept_;
  std::vector<Buffer> free_;
  ArenaCounts counts_;
};

}  // namespace evofactor::formula
