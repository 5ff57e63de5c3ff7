#include "engine/formula/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/formula/suggest.hpp"

namespace evofactor::formula {
namespace {

std::string plural(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

/// An argument as messages name it.
std::string described(const Expression& argument) {
  const Token& last = argument.tokens.back();
  switch (last.kind) {
    case TokenKind::kConstant:
      return fmt::format("{}{}", number_text(last.value), argument.days ? "d" : "");
    case TokenKind::kField:
      return fmt::format("the series {}", last.name);
    case TokenKind::kGroup:
      return fmt::format("the group {}", last.name);
    case TokenKind::kFunction:
      return fmt::format("the series {}(...)", info(last).name);
  }
  return {};
}

/// "2 series and a window in days"
std::string wanted_arguments(const FunctionInfo& row) {
  std::vector<std::string> wanted;
  if (row.takes_group)
    wanted = {"a series", fmt::format("a second one or {}", kIndustryGroup)};
  else
    wanted = {row.arity == 1 ? "a series" : fmt::format("{} series", row.arity)};
  if (row.min_window > 0) wanted.emplace_back("a window in days");
  if (!row.parameter.empty()) wanted.push_back(fmt::format("the number {}", row.parameter));
  std::string text = wanted.front();
  for (std::size_t i = 1; i < wanted.size(); ++i)
    text += (i + 1 == wanted.size() ? " and " : ", ") + wanted[i];
  return text;
}

float read_parameter(const Expression& argument, const FunctionInfo& row) {
  if (!argument.literal)
    throw Mistake{argument.position,
                  fmt::format("{} of {} must be a number written out, got {}", row.parameter,
                              signature(row), described(argument))};
  const float value = argument.number();
  if (!(value >= row.parameter_low && value <= row.parameter_high))
    throw Mistake{argument.position,
                  fmt::format("{} of {} must be from {} to {}, got {}", row.parameter,
                              signature(row), row.parameter_low, row.parameter_high, value)};
  return value;
}

}  // namespace

Expression literal(float value, std::size_t position) {
  return {.tokens = {Token{.kind = TokenKind::kConstant, .value = value}},
          .position = position,
          .literal = true,
          .whole = value == std::floor(value)};
}

Expression name_leaf(std::string_view name, std::size_t position) {
  Token token;
  token.name = name;
  if (name == kIndustryGroup) {
    token.kind = TokenKind::kGroup;
  } else {
    token.kind = TokenKind::kField;
    const auto known = known_fields();
    if (std::ranges::find(known, name) == known.end()) {
      if (find_function(name))
        throw Mistake{position, fmt::format("\"{}\" is a function and needs its operands: {}", name,
                                            signature(*find_function(name)))};
      std::vector<std::string_view> names(known.begin(), known.end());
      for (const FunctionInfo& row : functions()) names.push_back(row.name);
      std::string near = suggestion(name, names);
      if (near.empty()) near = fmt::format("; the fields are {}", fmt::join(known, ", "));
      throw Mistake{position, fmt::format("unknown field \"{}\"{}", name, near)};
    }
  }
  return {.tokens = {std::move(token)}, .position = position};
}

int read_window(const Expression& argument, int min_window, std::string_view wanted_by) {
  if (!argument.literal || !argument.whole)
    throw Mistake{
        argument.position,
        fmt::format("the window of {} must be a whole number of days, at least {}, got {}",
                    wanted_by, min_window, described(argument))};
  const float days = argument.number();
  if (days < 0)
    throw Mistake{argument.position, fmt::format("a window of {} days would look ahead; windows "
                                                 "count days back and are at least {}",
                                                 days, min_window)};
  if (days < static_cast<float>(min_window))
    throw Mistake{argument.position, fmt::format("{} needs a window of at least {}, got {}",
                                                 wanted_by, min_window, days)};
  if (days > static_cast<float>(kMaxWindow))
    throw Mistake{argument.position, fmt::format("a window of {} days is longer than any market "
                                                 "(the most is {})",
                                                 days, kMaxWindow)};
  return static_cast<int>(days);
}

Expression apply(const FunctionInfo& row, std::span<const Expression> arguments,
                 std::size_t position) {
  const auto n_values = static_cast<std::size_t>(row.arity);
  const std::size_t n_wanted =
      n_values + (row.min_window > 0 ? 1 : 0) + (row.parameter.empty() ? 0 : 1);
  if (arguments.size() != n_wanted)
    throw Mistake{
        arguments.size() > n_wanted ? arguments[n_wanted].position : position,
        fmt::format("{} takes {}, got {}: it wants {}", signature(row),
                    plural(n_wanted, "argument"), arguments.size(), wanted_arguments(row))};
  Expression result{.position = position};
  for (std::size_t i = 0; i < n_values; ++i) {
    const Expression& value = arguments[i];
    if (value.tokens.back().kind == TokenKind::kGroup && !(row.takes_group && i + 1 == n_values))
      throw Mistake{value.position,
                    fmt::format("\"{0}\" is a group of stocks, not a value; only "
                                "cs_neutralize(x, {0}) takes it, as its second operand",
                                value.tokens.back().name)};
    if (value.days)
      throw Mistake{value.position, fmt::format("{} is a window; operand {} of {} is a value",
                                                described(value), i + 1, signature(row))};
    result.tokens.insert(result.tokens.end(), value.tokens.begin(), value.tokens.end());
  }
  Token token{.kind = TokenKind::kFunction, .function = static_cast<FunctionId>(row.fn)};
  std::size_t next = n_values;
  if (row.min_window > 0) {
    const Expression& window = arguments[next++];
    if (!window.literal && arguments[0].literal)
      throw Mistake{window.position,
                    fmt::format("the window of {} comes after the series: got {}, then {}",
                                signature(row), described(arguments[0]), described(window))};
    token.window = read_window(window, row.min_window, signature(row));
  }
  if (!row.parameter.empty()) token.value = read_parameter(arguments[next], row);
  result.tokens.push_back(std::move(token));
  return result;
}

}  // namespace evofactor::formula
