#include "engine/formula/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/core/settings.hpp"

namespace evofactor::formula {
namespace {

using Names = std::vector<std::string_view>;

/// Names in use elsewhere for what we have under another.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kElsewhere{
    {{"correlation", "ts_corr"},
     {"covariance", "ts_cov"},
     {"stddev", "ts_std"},
     {"variance", "ts_var"},
     {"sma", "ts_mean"},
     {"wma", "decay_linear"},
     {"shift", "delay"},
     {"lag", "delay"},
     {"diff", "delta"},
     {"returns", "ts_return"},
     {"pct_change", "ts_return"},
     {"signedpower", "spow"},
     {"pow", "spow"},
     {"where", "if_else"},
     {"indneutralize", "cs_neutralize"},
     {"vol", "volume"}}};

std::string lower(std::string_view name) {
  std::string text(name);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

Names meant_by(const std::string& name, std::span<const std::string_view> known) {
  Names meant;
  const auto take = [&](auto&& fits) {
    for (const std::string_view one : known)
      if (fits(one)) meant.push_back(one);
    return !meant.empty();
  };
  if (take([&](std::string_view one) { return one == name; })) return meant;
  if (take([&](std::string_view one) {
        return (one.starts_with("ts_") || one.starts_with("cs_")) && one.substr(3) == name;
      }))
    return meant;
  if (take([&](std::string_view one) { return lower(one) == name; })) return meant;
  const auto elsewhere = std::ranges::find(kElsewhere, name, [](const auto& e) { return e.first; });
  if (elsewhere != kElsewhere.end() &&
      take([&](std::string_view one) { return one == elsewhere->second; }))
    return meant;
  std::vector<std::string> spelt;
  for (const std::string_view one : known) spelt.push_back(lower(one));
  const std::string_view near = nearest(name, Names(spelt.begin(), spelt.end()));
  if (!near.empty() && take([&](std::string_view one) { return lower(one) == near; }))
    meant.resize(1);
  return meant;
}

}  // namespace

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  std::string text;
  for (const std::string_view meant : meant_by(lower(name), known))
    text += fmt::format("{}\"{}\"", text.empty() ? "; did you mean " : " or ", meant);
  return text.empty() ? text : text + "?";
}

}  // namespace evofactor::formula
