#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/panel.hpp"
#include "engine/core/rng.hpp"

namespace evofactor {

class FieldVisitor;

// An enumerator of an enum class hides nothing; g++ 12 warns all the same.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
enum class Suspended { kCarry, kMissing };
#pragma GCC diagnostic pop
enum class CrossSection { kUniverse, kPanel };

/// Longest run of days without a row over which prices are carried.
inline constexpr int kMaxCarriedDays = 60;

/// What a formula or a network sees: adjusted fields of D days x N stocks, and who is in the
/// cross-section. Read-only once made; shared by all lanes.
struct Market {
  Calendar calendar;
  std::vector<std::string> stocks;
  /// [D, N]: open high low close vwap (raw x adj_factor), volume (raw / adj_factor), amount,
  /// turnover (volume / float_shares), float_cap, total_cap, and raw_open … raw_volume; only those
  /// the panel can give.
  std::map<std::string, Grid<float>> fields;
  Grid<std::uint8_t>
      cross_section;  ///< [D, N] stocks that cross-sectional operators see (may lack a value)
  Grid<std::uint8_t> member;           ///< [D, N] in the universe
  Grid<std::uint8_t> traded;           ///< [D, N] has a row that day
  std::vector<std::int16_t> industry;  ///< [N] -1 = unknown
  std::string universe;
  Suspended suspended = Suspended::kCarry;
  std::uint64_t fingerprint = 0;

  [[nodiscard]] int n_days() const { return calendar.size(); }
  [[nodiscard]] int n_stocks() const { return static_cast<int>(stocks.size()); }
  /// @throws DataError naming the field, those there are, and what the panel lacks for it
  [[nodiscard]] const Grid<float>& field(const std::string& name) const;
};

struct MarketSettings {
  std::string universe = {};  ///< empty: csi800 if there, else the only one, else "all"
  Suspended suspended = Suspended::kCarry;
  CrossSection cross_section = CrossSection::kUniverse;
};

/// Name of the universe to use. @throws ConfigError naming those there are
[[nodiscard]] std::string choose_universe(const std::vector<std::string>& available,
                                          const std::string& wanted);
/// @throws ConfigError if the universe is not in the panel
[[nodiscard]] Market make_market(const Panel& panel, const MarketSettings& settings);

struct Labels;
/// Leaves only the stocks that are in the cross-section or in the mask on some day: all that a
/// score or a cross-sectional function ever sees. Of 1,776 stocks of 15 years about 900 matter to
/// one year. `others` are labels of the same stocks, which lose the same ones.
void keep_stocks_that_matter(Market& market, Labels& labels, std::span<Labels> others = {});

/// These days and stocks of a market.
[[nodiscard]] Market excerpt(const Market& market, DayRange days,
                             const std::vector<std::size_t>& stocks);

enum class LabelKind { kCloseToClose, kOpenToClose, kOpenToOpen, kVwapToVwap };
struct LabelSettings {
  LabelKind kind = LabelKind::kVwapToVwap;
  int horizon = 5;  ///< trading days
};
enum class MaskKind { kTradable, kMember };
struct MaskSettings {
  MaskKind kind = MaskKind::kTradable;
  int min_listed_days = 120;
};

/// Keys of the experiment file's "label", "mask" and "split".
void describe(FieldVisitor& v, LabelSettings& settings);
void describe(FieldVisitor& v, MaskSettings& settings);

/// Days after t on which the label of day t ends: h, or h + 1 when both ends are prices of t+1 and
/// t+1+h.
[[nodiscard]] int label_reach(const LabelSettings& settings);

struct Labels {
  Grid<float> forward_return;  ///< [D, N] simple return; NaN = undefined
  Grid<std::uint8_t>
      mask;  ///< [D, N] 1 = scored; the same for every candidate, never dependent on a factor
};
/// Labels and masks of every day of the panel. @throws ConfigError if the label needs a field the
/// panel lacks
[[nodiscard]] Labels make_labels(const Panel& panel, const Market& market,
                                 const LabelSettings& label, const MaskSettings& mask);

/// Deals each day's labels out anew among the stocks in its mask: a market that nothing can
/// predict, on which the best of a search shows what luck alone reaches.
void shuffle_labels(Labels& labels, Seed seed);

struct SplitSettings {
  int train = 250, validate = 30, test = 90;  ///< trading days before purging
  std::string end = "last";                   ///< last day of the only or last fold, or "last"
  std::vector<std::string> starts = {};       ///< first training day of each fold; wins over end
  int folds = 1;                              ///< with end: number of folds, `step` days apart
  int step = 90;
  int embargo_days = 0;
};

void describe(FieldVisitor& v, SplitSettings& settings);

/// Days of one part after purging, as indices into a calendar. `whole` is the part before purging.
struct SplitPart {
  DayRange whole;
  DayRange days;
};
/// Test days have a type of their own, so that nothing but the final report takes them by accident.
struct TestPart {
  SplitPart part;
};
struct Split {
  SplitPart train, validate;
  TestPart test;
  /// train.whole.first to test.whole.last
  [[nodiscard]] DayRange span() const { return {train.whole.first, test.part.whole.last}; }
};
/// One split per fold. Every part loses its last label_reach + embargo_days days. @throws
/// ConfigError naming the fold and the days that lack
[[nodiscard]] std::vector<Split> make_splits(const Calendar& calendar,
                                             const SplitSettings& settings,
                                             const LabelSettings& label);

}  // namespace evofactor
