#pragma once
#include "engine/core/json.hpp"
#include "fitness/rank_ic.hpp"

namespace evofactor::fitness {

/// The number, null where it is NaN or infinite.
[[nodiscard]] Json number_or_null(double value);
/// Inverse of number_or_null. @throws StoreError if it is neither a number nor null
[[nodiscard]] double number_or_nan(const Json& value);

/// {"mean","std","icir","t","positive"}
[[nodiscard]] Json to_json(const IcSummary& summary);
/// {"rank_ic":{…},"ic":{…},"days","skipped_days","coverage","mean_stocks","turnover"}
[[nodiscard]] Json to_json(const ScoreSummary& summary);
/// Inverse of to_json. @throws StoreError naming the key that is missing or has a wrong type
[[nodiscard]] ScoreSummary score_summary_from_json(const Json& json);

}  // namespace evofactor::fitness
