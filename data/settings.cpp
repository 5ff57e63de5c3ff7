#include "engine/core/settings.hpp"

#include <algorithm>
#include <array>

#include "data/market.hpp"

namespace evofactor {
namespace {

constexpr std::array<std::pair<std::string_view, LabelKind>, 4> kLabelKinds{
    {{"close_to_close", LabelKind::kCloseToClose},
     {"open_to_close", LabelKind::kOpenToClose},
     {"open_to_open", LabelKind::kOpenToOpen},
     {"vwap_to_vwap", LabelKind::kVwapToVwap}}};
constexpr std::array<std::pair<std::string_view, MaskKind>, 2> kMaskKinds{
    {{"tradable", MaskKind::kTradable}, {"member", MaskKind::kMember}}};

bool is_date(const std::string& text) {
  try {
    return parse_date(text) > 0;
  } catch (const DataError&) {
    return false;
  }
}

}  // namespace

void describe(FieldVisitor& v, LabelSettings& s) {
  v.choice("kind", s.kind, kLabelKinds,
           "Entry and exit price: close(t) to close(t+h); open(t+1) to close(t+h); open(t+1) to "
           "open(t+1+h); vwap(t+1) to vwap(t+1+h)");
  v.field("horizon", s.horizon, {1, 250}, "h, in trading days");
}

void describe(FieldVisitor& v, MaskSettings& s) {
  v.choice("kind", s.kind, kMaskKinds,
           "member: in the universe and traded; tradable: also traded and not locked at a price "
           "limit on the entry day, no special treatment, listed long enough");
  v.field("min_listed_days", s.min_listed_days, {0, 10000},
          "Market days since listing that tradable asks for");
}

void describe(FieldVisitor& v, SplitSettings& s) {
  v.field("train", s.train, {1, 100000}, "Trading days of training, before purging");
  v.field("validate", s.validate, {1, 100000}, "Trading days of validation, before purging");
  v.field("test", s.test, {1, 100000}, "Trading days of test, before purging");
  v.field("starts", s.starts,
          "First training day of each fold (the first trading day on or after it); wins over end");
  v.require(std::ranges::all_of(s.starts, is_date), "starts", "expected dates like \"2011-01-04\"");
  v.field("end", s.end,
          "Last test day of the only or last fold: a date, or last = the panel's last day");
  v.require(s.end == "last" || is_date(s.end), "end",
            "expected a date like \"2021-12-31\", or \"last\"");
  v.field("folds", s.folds, {1, 1000}, "Number of folds that end at and before end");
  v.field("step", s.step, {1, 100000}, "Trading days from one fold to the next, with end");
  v.field("embargo_days", s.embargo_days, {0, 1000},
          "Trading days purged from the end of each part beside those the label reaches over");
}

}  // namespace evofactor
