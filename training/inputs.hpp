#pragma once
#include <c10/core/Device.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/market.hpp"
#include "engine/core/grid.hpp"
#include "genome/genome.hpp"

namespace evofactor::training {

// What a network sees of stock s on day t. A feature is *prepared* over the window of days
// t-window+1 .. t, oldest first:
//   price (open high low close vwap)   log(price / the window's last close)
//   cap (float_cap total_cap)          log(cap / the window's last cap)
//   volume, amount, turnover           log1p(value / the window's mean value)
//   formula                            its value as it is; refused if it depends on the adjustment
//   base
// then *standardised* per feature and lag by mean and standard deviation over the training days'
// stocks (a column that never varies becomes 0). With InputScale::kRatio the ratios themselves are
// the inputs: price / close, cap / cap, value / mean, formula; nothing is standardised. A stock
// outside the day's cross-section, or with any missing value in any window, is left out of the day:
// nothing is filled, but with Missing::kMiddle formulas, each day by the median of its
// cross-section, for stocks that have the value of one feature at least on day t; where no stock of
// the cross-section has one, by the mean of the training days (InputScale::kRatio leaves such days
// out). Nothing of day t depends on later days, on label or mask, or on the adjustment base.

/// How a feature is prepared.
enum class FeatureKind { kPrice, kCap, kVolume, kFormula };
/// @throws ConfigError for an unadjusted field, a text that does not parse, or a price level
[[nodiscard]] FeatureKind feature_kind(const std::string& feature);
/// Days before t that the input at t reads. @throws ConfigError as feature_kind
[[nodiscard]] int look_back(const genome::InputGene& gene);

/// Per column (lag * features + feature): standardised = (prepared - mean) * scale.
struct Normalisation {
  std::vector<float> mean, scale;
  bool operator==(const Normalisation&) const = default;
};

/// One feature on consecutive days, ready to be cut into windows.
struct FeaturePanel {
  FeatureKind kind = FeatureKind::kFormula;
  int first_day = 0;
  Grid<double> values;        ///< [days, N] logarithms of prices and caps, else the value itself
  Grid<std::int32_t> streak;  ///< [days, N] finite values in a row up to and with the day
  Grid<std::uint8_t> own;     ///< [days, N] 1 where the value was not filled in
};

using AlignedFloats = std::vector<float, AlignedAllocator<float>>;

/// Inputs of one day. Column c of row r is x[c * stride + r], columns lag by lag, the oldest first;
/// they start on 64-byte boundaries, and what follows the last row holds zeros.
struct DayInputs {
  std::span<const std::int32_t> stocks;  ///< of the rows, ascending
  const float* x = nullptr;
  std::int64_t stride = 0;
};
/// Memory for inputs made on the fly; one per thread.
struct DayScratch {
  AlignedFloats x;
};

class ResidentDays;

/// Standardised inputs of one input gene on consecutive days. Read-only; used from any number of
/// threads.
class InputSet {
 public:
  [[nodiscard]] DayRange days() const { return days_; }
  [[nodiscard]] int n_columns() const { return n_columns_; }
  /// Rows of the day, known without making its inputs.
  [[nodiscard]] std::span<const std::int32_t> stocks(int day) const {
    return stocks_[static_cast<std::size_t>(day - days_.first)];
  }
  /// Most rows of any day.
  [[nodiscard]] int max_rows() const;
  /// Kept inputs if there was room for them, else made into `scratch`: the same bits either way.
  [[nodiscard]] DayInputs day(int day, DayScratch& scratch) const;
  [[nodiscard]] const Normalisation& normalisation() const { return normalisation_; }
  /// All days in the memory of a device, put there with the first call for it.
  [[nodiscard]] std::shared_ptr<const ResidentDays> on(const c10::Device& device) const;
  /// Memory of the kept days; 0 if they are made on the fly.
  [[nodiscard]] std::int64_t kept_bytes() const;

 private:
  friend class InputBuilder;
  void prepare(int day, float* first) const;
  DayRange days_;
  int window_ = 0;
  bool ratio_ = false;
  int n_columns_ = 0;
  std::vector<std::shared_ptr<const FeaturePanel>> features_;
  std::shared_ptr<const FeaturePanel> close_;  ///< where a price feature needs it
  std::vector<std::vector<std::int32_t>> stocks_;
  std::vector<AlignedFloats> kept_;  ///< [days] or empty
  Normalisation normalisation_;
  struct Residents {
    std::mutex mutex;
    std::vector<std::pair<c10::Device, std::shared_ptr<const ResidentDays>>> known;
  };
  std::unique_ptr<Residents> residents_ = std::make_unique<Residents>();
};

/// Inputs of `gene` on `days` of any market by a known normalisation. @throws ConfigError if the
/// market lacks a field
[[nodiscard]] InputSet make_inputs(const Market& market, const genome::InputGene& gene,
                                   DayRange days, const Normalisation& normalisation);
/// As above; the normalisation comes from the rows of `train_days`, a part of `days`.
/// @param max_kept_bytes days are made once and kept if they take no more, else each time they are
/// asked for
[[nodiscard]] InputSet make_inputs(const Market& market, const genome::InputGene& gene,
                                   DayRange days, DayRange train_days, std::int64_t max_kept_bytes);

/// Makes the inputs of each gene once and shares them between candidates, least recently used out
/// first. Thread-safe; what it returns stays valid as long as it is held.
class InputStore {
 public:
  /// @param max_bytes for kept inputs; a gene whose inputs are larger is made on the fly, day by
  /// day
  InputStore(const Market& market, DayRange days, DayRange train_days, std::int64_t max_bytes);
  [[nodiscard]] std::shared_ptr<const InputSet> get(const genome::InputGene& gene);

 private:
  struct Slot {
    std::mutex making;
    std::shared_ptr<const InputSet> inputs;
  };
  const Market& market_;
  DayRange days_, train_days_;
  std::int64_t max_bytes_;
  std::mutex mutex_;
  std::list<std::pair<genome::InputGene, std::shared_ptr<Slot>>>
      slots_;  ///< most recently used first
};

}  // namespace evofactor::training
