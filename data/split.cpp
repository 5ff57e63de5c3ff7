#include <algorithm>

#include "data/market.hpp"

namespace evofactor {
namespace {

constexpr const char* kLast = "last";
/// A date this close outside the calendar may be a weekend or holiday at its edge; further out the
/// data lack.
constexpr int kLongestHolidayDays = 14;

Date read_date(const std::string& text, const char* key) {
  try {
    return parse_date(text);
  } catch (const DataError& e) {
    throw ConfigError(fmt::format("split/{}: {}", key, e.what()));
  }
}

SplitPart purged(int first, int days, int purge) {
  return {{first, first + days}, {first, std::max(first, first + days - purge)}};
}

}  // namespace

std::vector<Split> make_splits(const Calendar& calendar, const SplitSettings& settings,
                               const LabelSettings& label) {
  if (calendar.size() == 0) throw ConfigError("split: the panel has no trading days");
  const Date first_date = calendar[0], last_date = calendar[calendar.size() - 1];
  const int total = settings.train + settings.validate + settings.test;
  Problems problems;

  struct Start {
    int day;
    std::string text;
  };
  std::vector<Start> starts;
  if (!settings.starts.empty()) {
    for (const auto& text : settings.starts) {
      const Date date = read_date(text, "starts");
      if (days_since_epoch(first_date) - days_since_epoch(date) > kLongestHolidayDays)
        problems.add("split/starts: fold {} starts on {}, before the panel's first day {}",
                     starts.size() + 1, text, to_string(first_date));
      starts.push_back({calendar.at_or_after(date), text});
    }
  } else {
    int end = calendar.size();
    if (settings.end != kLast) {
      const Date date = read_date(settings.end, "end");
      if (days_since_epoch(date) - days_since_epoch(last_date) > kLongestHolidayDays)
        problems.add("split/end: {} lies after the panel's last day {}; use that day or \"last\"",
                     settings.end, to_string(last_date));
      end = calendar.at_or_before(date) + 1;
    }
    for (int k = 0; k < settings.folds; ++k) {
      const int fold_end = end - (settings.folds - 1 - k) * settings.step;
      starts.push_back({fold_end - total, {}});
    }
  }

  const int purge = label_reach(label) + settings.embargo_days;
  const auto check_part = [&](const char* name, int days) {
    if (days <= purge)
      problems.add(
          "split/{}: {} trading days leave none, for the last {} of each part are purged (label "
          "reach {} + embargo {})",
          name, days, purge, label_reach(label), settings.embargo_days);
  };
  check_part("train", settings.train);
  check_part("validate", settings.validate);
  check_part("test", settings.test);

  std::vector<Split> splits;
  for (std::size_t k = 0; k < starts.size(); ++k) {
    const auto [start, text] = starts[k];
    if (start < 0)
      problems.add(
          "split: fold {} of {} needs {} trading days ({} + {} + {}) and begins {} days before the "
          "panel's first day {}; use fewer folds or days, or a later end",
          k + 1, starts.size(), total, settings.train, settings.validate, settings.test, -start,
          to_string(first_date));
    if (start + total > calendar.size())
      problems.add(
          "split: fold {} of {} needs {} trading days ({} + {} + {}) from {} and the panel, which "
          "ends on {}, has {}; {} lack",
          k + 1, starts.size(), total, settings.train, settings.validate, settings.test, text,
          to_string(last_date), calendar.size() - start, start + total - calendar.size());
    const int validate_first = start + settings.train;
    const int test_first = validate_first + settings.validate;
    splits.push_back({purged(start, settings.train, purge),
                      purged(validate_first, settings.validate, purge),
                      {purged(test_first, settings.test, purge)}});
  }
  problems.throw_if_any<ConfigError>();
  return splits;
}

}  // namespace evofactor
