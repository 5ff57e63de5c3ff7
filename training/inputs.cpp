#include "training/inputs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/core/error.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "engine/formula/program.hpp"
#include "training/resident_days.hpp"

namespace evofactor::training {
namespace {

constexpr std::array<std::pair<std::string_view, FeatureKind>, 10> kFields{{
    {"open", FeatureKind::kPrice},
    {"high", FeatureKind::kPrice},
    {"low", FeatureKind::kPrice},
    {"close", FeatureKind::kPrice},
    {"vwap", FeatureKind::kPrice},
    {"float_cap", FeatureKind::kCap},
    {"total_cap", FeatureKind::kCap},
    {"volume", FeatureKind::kVolume},
    {"amount", FeatureKind::kVolume},
    {"turnover", FeatureKind::kVolume},
}};

std::int64_t padded(std::size_t rows) { return (static_cast<std::int64_t>(rows) + 15) / 16 * 16; }

/// Puts the median of the cross-section where a stock has no value.
/// @returns false if there is none, because no stock has one
bool fill_with_middle(std::span<double> values, std::span<const std::uint8_t> cross_section) {
  std::vector<double> finite;
  for (std::size_t s = 0; s < values.size(); ++s)
    if (cross_section[s] != 0 && std::isfinite(values[s])) finite.push_back(values[s]);
  if (finite.empty()) return false;
  const auto middle = finite.begin() + static_cast<std::ptrdiff_t>(finite.size() / 2);
  std::ranges::nth_element(finite, middle);
  for (double& value : values)
    if (!std::isfinite(value)) value = *middle;
  return true;
}

FeaturePanel make_panel(const Market& market, const std::string& feature, DayRange days,
                        const genome::InputGene& gene) {
  FeaturePanel panel;
  panel.kind = feature_kind(feature);
  panel.first_day = days.first;
  FactorValues computed;
  if (panel.kind == FeatureKind::kFormula)
    computed = formula::evaluate(formula::parse_or_throw(feature), market, days);
  const Grid<float>* field = panel.kind == FeatureKind::kFormula ? nullptr : &market.field(feature);
  const bool logarithm = panel.kind == FeatureKind::kPrice || panel.kind == FeatureKind::kCap;
  const auto n_days = static_cast<std::size_t>(days.size());
  const auto n = static_cast<std::size_t>(market.n_stocks());
  panel.values = Grid<double>(n_days, n);
  panel.streak = Grid<std::int32_t>(n_days, n);
  panel.own = Grid<std::uint8_t>(n_days, n);
  const bool fills =
      panel.kind == FeatureKind::kFormula && gene.missing == genome::Missing::kMiddle;
  for (std::size_t d = 0; d < n_days; ++d) {
    const std::span<const float> in = field != nullptr
                                          ? field->row(d + static_cast<std::size_t>(days.first))
                                          : computed.values.row(d);
    for (std::size_t s = 0; s < n; ++s) {
      const double x =
          logarithm ? std::log(static_cast<double>(in[s])) : static_cast<double>(in[s]);
      panel.values(d, s) = x;
      panel.own(d, s) = std::isfinite(x) ? 1 : 0;
    }
    const bool nobody_has_one =
        fills &&
        !fill_with_middle(panel.values.row(d),
                          market.cross_section.row(d + static_cast<std::size_t>(days.first)));
    // Standardising puts the mean where nobody has a value.
    const bool usable = nobody_has_one && gene.scale == genome::InputScale::kStandard;
    for (std::size_t s = 0; s < n; ++s)
      panel.streak(d, s) = usable || std::isfinite(panel.values(d, s))
                               ? 1 + (d > 0 ? panel.streak(d - 1, s) : 0)
                               : 0;
  }
  return panel;
}

}  // namespace

FeatureKind feature_kind(const std::string& feature) {
  for (const auto& [name, kind] : kFields)
    if (name == feature) return kind;
  const formula::Program program = formula::parse_or_throw(feature);
  if (formula::depends_on_adjustment_base(program))
    throw ConfigError(fmt::format(
        "the input \"{}\" depends on the adjustment base (a price level); divide it by a price",
        feature));
  for (const std::string& field : formula::fields_of(program))
    if (program.tokens.size() == 1 && field.starts_with("raw_"))
      throw ConfigError(
          fmt::format("the input \"{}\" is not adjusted for dividends and splits; use {}", feature,
                      feature.substr(4)));
  return FeatureKind::kFormula;
}

int look_back(const genome::InputGene& gene) {
  int most = 0;
  for (const std::string& feature : gene.features)
    if (feature_kind(feature) == FeatureKind::kFormula)
      most = std::max(most, formula::look_back(formula::parse_or_throw(feature)));
  return most + gene.window - 1;
}

int InputSet::max_rows() const {
  std::size_t most = 0;
  for (const auto& rows : stocks_) most = std::max(most, rows.size());
  return static_cast<int>(most);
}

std::int64_t InputSet::kept_bytes() const {
  std::int64_t total = 0;
  for (const AlignedFloats& day : kept_) total += static_cast<std::int64_t>(day.size());
  return total * static_cast<std::int64_t>(sizeof(float));
}

/// Writes the day's prepared inputs, not yet standardised.
void InputSet::prepare(int day, float* first) const {
  const std::span<const std::int32_t> rows = stocks(day);
  const std::int64_t stride = padded(rows.size());
  const auto value_row = [&](const FeaturePanel& panel, int d) {
    return panel.values.row(static_cast<std::size_t>(d - panel.first_day));
  };
  std::vector<double> base(rows.size());
  const auto n_features = static_cast<std::int64_t>(features_.size());
  for (std::size_t f = 0; f < features_.size(); ++f) {
    const FeaturePanel& panel = *features_[f];
    const FeaturePanel& reference = panel.kind == FeatureKind::kPrice ? *close_ : panel;
    switch (panel.kind) {
      case FeatureKind::kPrice:
      case FeatureKind::kCap:
        for (std::size_t r = 0; r < rows.size(); ++r)
          base[r] = value_row(reference, day)[static_cast<std::size_t>(rows[r])];
        break;
      case FeatureKind::kVolume: {
        std::ranges::fill(base, 0.0);
        for (int lag = 0; lag < window_; ++lag) {
          const auto values = value_row(panel, day - lag);
          for (std::size_t r = 0; r < rows.size(); ++r)
            base[r] += values[static_cast<std::size_t>(rows[r])];
        }
        for (double& mean : base) mean = window_ / mean;
        break;
      }
      case FeatureKind::kFormula:
        break;
    }
    for (int position = 0; position < window_; ++position) {
      float* x = first + (position * n_features + static_cast<std::int64_t>(f)) * stride;
      const auto values = value_row(panel, day - window_ + 1 + position);
      switch (panel.kind) {
        case FeatureKind::kPrice:
        case FeatureKind::kCap:
          for (std::size_t r = 0; r < rows.size(); ++r)
            x[r] = static_cast<float>(values[static_cast<std::size_t>(rows[r])] - base[r]);
          if (ratio_)
            for (std::size_t r = 0; r < rows.size(); ++r) x[r] = std::exp(x[r]);
          break;
        case FeatureKind::kVolume:
          for (std::size_t r = 0; r < rows.size(); ++r)
            x[r] = static_cast<float>(values[static_cast<std::size_t>(rows[r])] * base[r]);
          if (!ratio_)
            for (std::size_t r = 0; r < rows.size(); ++r) x[r] = std::log1p(x[r]);
          break;
        case FeatureKind::kFormula:
          for (std::size_t r = 0; r < rows.size(); ++r)
            x[r] = static_cast<float>(values[static_cast<std::size_t>(rows[r])]);
          break;
      }
    }
  }
}

/// Steps in which an InputSet comes to be.
class InputBuilder {
 public:
  InputBuilder(const Market& market, const genome::InputGene& gene, DayRange days) {
    set_.days_ = days;
    set_.window_ = gene.window;
    set_.ratio_ = gene.scale == genome::InputScale::kRatio;
    set_.n_columns_ = static_cast<int>(gene.features.size()) * gene.window;
    const DayRange seen{std::max(0, days.first - gene.window + 1), days.last};
    for (const std::string& feature : gene.features) {
      set_.features_.push_back(
          std::make_shared<FeaturePanel>(make_panel(market, feature, seen, gene)));
      if (feature == "close") set_.close_ = set_.features_.back();
    }
    const bool needs_close = std::ranges::any_of(
        set_.features_, [](const auto& f) { return f->kind == FeatureKind::kPrice; });
    if (needs_close && set_.close_ == nullptr)
      set_.close_ = std::make_shared<FeaturePanel>(make_panel(market, "close", seen, gene));
    for (int day = days.first; day < days.last; ++day) find_rows(market, day);
  }

  void normalise_by(const Normalisation& normalisation) {
    EVOFACTOR_CHECK(normalisation.mean.size() == static_cast<std::size_t>(set_.n_columns_),
                    "normalisation of {} columns for {} inputs", normalisation.mean.size(),
                    set_.n_columns_);
    set_.normalisation_ = normalisation;
  }

  /// Mean and standard deviation over the rows of `train_days`; double accumulation in day and
  /// stock order.
  void normalise_over(DayRange train_days) {
    const auto n_columns = static_cast<std::size_t>(set_.n_columns_);
    if (set_.ratio_) {
      set_.normalisation_ = {std::vector<float>(n_columns, 0.0F),
                             std::vector<float>(n_columns, 1.0F)};
      return;
    }
    std::vector<double> sum(n_columns), squares(n_columns);
    std::vector<std::int64_t> count(n_columns);
    AlignedFloats x;
    for (int day = train_days.first; day < train_days.last; ++day) {
      const std::size_t n_rows = set_.stocks(day).size();
      const auto stride = static_cast<std::size_t>(padded(n_rows));
      x.resize(stride * n_columns);
      set_.prepare(day, x.data());
      for (std::size_t c = 0; c < n_columns; ++c) {
        double s = 0, q = 0;
        for (std::size_t r = 0; r < n_rows; ++r) {
          const double v = x[c * stride + r];
          if (std::isnan(v)) continue;  // nobody has a value
          s += v;
          q += v * v;
          ++count[c];
        }
        sum[c] += s;
        squares[c] += q;
      }
    }
    for (std::size_t c = 0; c < n_columns; ++c) {
      const auto n = static_cast<double>(std::max<std::int64_t>(1, count[c]));
      const double mean = sum[c] / n;
      const double variance = squares[c] / n - mean * mean;
      const bool varies = variance > 1e-12 * std::max(1e-12, squares[c] / n);
      set_.normalisation_.mean.push_back(static_cast<float>(mean));
      set_.normalisation_.scale.push_back(varies ? static_cast<float>(1 / std::sqrt(variance))
                                                 : 0.0F);
    }
  }

  void keep_if_within(std::int64_t max_bytes) {
    std::int64_t bytes = 0;
    for (const auto& rows : set_.stocks_)
      bytes += padded(rows.size()) * set_.n_columns_ * static_cast<std::int64_t>(sizeof(float));
    if (bytes > max_bytes) return;
    DayScratch scratch;
    std::vector<AlignedFloats> kept;
    for (int day = set_.days_.first; day < set_.days_.last; ++day) {
      (void)set_.day(day, scratch);
      kept.push_back(scratch.x);
    }
    set_.kept_ = std::move(kept);
    // Kept inputs are all that is read from now on.
    set_.features_.clear();
    set_.close_.reset();
  }

  InputSet take() { return std::move(set_); }

 private:
  void find_rows(const Market& market, int day) {
    std::vector<std::int32_t> found;
    const auto cross_section = market.cross_section.row(static_cast<std::size_t>(day));
    for (std::int32_t s = 0; s < market.n_stocks(); ++s) {
      const auto stock = static_cast<std::size_t>(s);
      if (cross_section[stock] == 0) continue;
      bool complete = true, has_own = false;
      for (const auto& feature : set_.features_) {
        const auto row = static_cast<std::size_t>(day - feature->first_day);
        has_own = has_own || feature->own(row, stock) != 0;
        complete = complete && feature->streak(row, stock) >= set_.window_;
        if (complete && feature->kind == FeatureKind::kVolume)
          complete = traded_in_window(*feature, row, stock);
      }
      if (complete && set_.close_ != nullptr)
        complete =
            set_.close_->streak(static_cast<std::size_t>(day - set_.close_->first_day), stock) > 0;
      if (complete && has_own) found.push_back(s);
    }
    set_.stocks_.push_back(std::move(found));
  }

  [[nodiscard]] bool traded_in_window(const FeaturePanel& panel, std::size_t row,
                                      std::size_t stock) const {
    for (int lag = 0; lag < set_.window_; ++lag)
      if (panel.values(row - static_cast<std::size_t>(lag), stock) > 0) return true;
    return false;
  }

  InputSet set_;
};

DayInputs InputSet::day(int day, DayScratch& scratch) const {
  const std::span<const std::int32_t> rows = stocks(day);
  const std::int64_t stride = padded(rows.size());
  if (!kept_.empty())
    return {rows, kept_[static_cast<std::size_t>(day - days_.first)].data(), stride};
  scratch.x.assign(static_cast<std::size_t>(stride * n_columns_), 0.0F);
  prepare(day, scratch.x.data());
  for (std::size_t c = 0; c < static_cast<std::size_t>(n_columns_); ++c) {
    float* column = scratch.x.data() + static_cast<std::int64_t>(c) * stride;
    const float mean = normalisation_.mean[c], scale = normalisation_.scale[c];
    for (std::size_t r = 0; r < rows.size(); ++r)
      column[r] = std::isnan(column[r]) ? 0.0F : (column[r] - mean) * scale;
  }
  return {rows, scratch.x.data(), stride};
}

std::shared_ptr<const ResidentDays> InputSet::on(const c10::Device& device) const {
  const std::lock_guard lock(residents_->mutex);
  for (const auto& [known, days] : residents_->known)
    if (known == device) return days;
  return residents_->known.emplace_back(device, std::make_shared<ResidentDays>(*this, device))
      .second;
}

InputSet make_inputs(const Market& market, const genome::InputGene& gene, DayRange days,
                     const Normalisation& normalisation) {
  InputBuilder builder(market, gene, days);
  builder.normalise_by(normalisation);
  return builder.take();
}

InputSet make_inputs(const Market& market, const genome::InputGene& gene, DayRange days,
                     DayRange train_days, std::int64_t max_kept_bytes) {
  InputBuilder builder(market, gene, days);
  builder.normalise_over(train_days);
  builder.keep_if_within(max_kept_bytes);
  return builder.take();
}

InputStore::InputStore(const Market& market, DayRange days, DayRange train_days,
                       std::int64_t max_bytes)
    : market_(market), days_(days), train_days_(train_days), max_bytes_(max_bytes) {}

std::shared_ptr<const InputSet> InputStore::get(const genome::InputGene& gene) {
  std::shared_ptr<Slot> slot;
  {
    const std::lock_guard lock(mutex_);
    const auto it = std::ranges::find(
        slots_, gene, [](const auto& s) -> const auto& { return s.first; });
    if (it == slots_.end()) {
      slots_.emplace_front(gene, std::make_shared<Slot>());
    } else {
      slots_.splice(slots_.begin(), slots_, it);
    }
    slot = slots_.front().second;
  }
  const std::lock_guard making(slot->making);
  if (slot->inputs != nullptr) return slot->inputs;
  auto inputs =
      std::make_shared<InputSet>(make_inputs(market_, gene, days_, train_days_, max_bytes_));
  const std::lock_guard lock(mutex_);
  slot->inputs = inputs;
  std::int64_t total = 0;
  for (auto it = slots_.begin(); it != slots_.end();) {
    const InputSet* kept = it->second->inputs.get();
    if (kept != nullptr) total += kept->kept_bytes();
    const bool drop = total > max_bytes_ && kept != nullptr && kept != inputs.get();
    it = drop ? slots_.erase(it) : std::next(it);
  }
  return inputs;
}

}  // namespace evofactor::training
