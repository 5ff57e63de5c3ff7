#include "fitness/json.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace evofactor::fitness {
namespace {

const Json& member(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (!json.is_object() || found == json.end())
    throw StoreError(fmt::format("a score without \"{}\": {}", key, json.dump()));
  return *found;
}

double number_at(const Json& json, const char* key) { return number_or_nan(member(json, key)); }

int count_at(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_number_integer())
    throw StoreError(
        fmt::format("\"{}\" of a score: expected a whole number, got {}", key, value.dump()));
  return value.get<int>();
}

IcSummary ic_summary_from_json(const Json& json) {
  return {.mean = number_at(json, "mean"),
          .std = number_at(json, "std"),
          .icir = number_at(json, "icir"),
          .t = number_at(json, "t"),
          .positive = number_at(json, "positive")};
}

}  // namespace

Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double number_or_nan(const Json& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value.is_number())
    throw StoreError(fmt::format("expected a number or null, got {}", value.dump()));
  return value.get<double>();
}

Json to_json(const IcSummary& summary) {
  return {{"mean", number_or_null(summary.mean)},
          {"std", number_or_null(summary.std)},
          {"icir", number_or_null(summary.icir)},
          {"t", number_or_null(summary.t)},
          {"positive", number_or_null(summary.positive)}};
}

Json to_json(const ScoreSummary& summary) {
  return {{"rank_ic", to_json(summary.rank_ic)},
          {"ic", to_json(summary.ic)},
          {"days", summary.days},
          {"skipped_days", summary.skipped_days},
          {"coverage", number_or_null(summary.coverage)},
          {"mean_stocks", number_or_null(summary.mean_stocks)},
          {"turnover", number_or_null(summary.turnover)}};
}

ScoreSummary score_summary_from_json(const Json& json) {
  return {.rank_ic = ic_summary_from_json(member(json, "rank_ic")),
          .ic = ic_summary_from_json(member(json, "ic")),
          .days = count_at(json, "days"),
          .skipped_days = count_at(json, "skipped_days"),
          .coverage = number_at(json, "coverage"),
          .mean_stocks = number_at(json, "mean_stocks"),
          .turnover = number_at(json, "turnover")};
}

}  // namespace evofactor::fitness
