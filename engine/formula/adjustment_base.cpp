#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::formula {
namespace {

/// How a value changes when each stock's adj_factor history is multiplied by a positive constant c
/// of that stock: kScaled: by c^degree; kShifted: by + degree * log c; kZero: it is 0 and stays so,
/// which agrees with every degree; kUnknown: in no way that we know of.
struct Response {
  enum Kind { kScaled, kShifted, kZero, kUnknown } kind = kUnknown;
  double degree = 0;
  double literal = NAN;  ///< the number, if the value is a constant of the formula
};

constexpr Response unknown() { return {}; }
constexpr Response scaled(double degree) { return {Response::kScaled, degree}; }
constexpr Response shifted(double degree) {
  return degree == 0 ? scaled(0) : Response{Response::kShifted, degree};
}
constexpr Response kInvariant = scaled(0);

bool is_scaled(const Response& r) {
  return r.kind == Response::kScaled || r.kind == Response::kZero;
}
bool is_shifted(const Response& r) { return r.kind == Response::kShifted; }
bool is_invariant(const Response& r) {
  return r.kind == Response::kZero || (r.kind == Response::kScaled && r.degree == 0);
}
/// Degree of a value that is scaled; 0 for one that is shifted, as functions blind to shifts see
/// it.
double scale_degree(const Response& r) { return is_shifted(r) ? 0 : r.degree; }
/// Degree of the shift; 0 for an invariant value.
double shift_degree(const Response& r) { return is_shifted(r) ? r.degree : 0; }

/// The response of a value that is one of two values.
Response either(const Response& a, const Response& b) {
  if (a.kind == Response::kZero) return is_scaled(b) ? b : unknown();
  if (b.kind == Response::kZero) return is_scaled(a) ? a : unknown();
  if (a.kind == b.kind && a.degree == b.degree && a.kind != Response::kUnknown)
    return {a.kind, a.degree};
  return unknown();
}

Response sum(const Response& a, const Response& b, double sign_of_b) {
  if (is_shifted(a) || is_shifted(b)) {
    const bool both = (is_shifted(a) || is_invariant(a)) && (is_shifted(b) || is_invariant(b));
    return both ? shifted(shift_degree(a) + sign_of_b * shift_degree(b)) : unknown();
  }
  return either(a, b);
}

Response product(const Response& a, const Response& b) {
  if (a.kind == Response::kZero || b.kind == Response::kZero) return Response{Response::kZero};
  if (is_scaled(a) && is_scaled(b)) return scaled(a.degree + b.degree);
  if (is_shifted(a) && !std::isnan(b.literal)) return shifted(a.degree * b.literal);
  if (is_shifted(b) && !std::isnan(a.literal)) return shifted(b.degree * a.literal);
  return unknown();
}

Response quotient(const Response& a, const Response& b) {
  if (is_scaled(a) && is_scaled(b)) return scaled(a.degree - b.degree);
  if (is_shifted(a) && !std::isnan(b.literal) && b.literal != 0)
    return shifted(a.degree / b.literal);
  return unknown();
}

/// Functions that scale with their operand to the power `factor` and do not see shifts.
Response blind_to_shift(const Response& x, double factor) {
  return scaled(scale_degree(x) * factor);
}
/// Weighted means: scale and shift as their operand does.
Response mean_like(const Response& x) { return {x.kind, x.degree}; }
/// Functions that only an exactly equal operand leaves unchanged.
Response needs_invariant(const Response& x) { return is_invariant(x) ? kInvariant : unknown(); }

Response response_of_field(const std::string& name) {
  if (name == "open" || name == "high" || name == "low" || name == "close" || name == "vwap")
    return scaled(1);
  if (name == "volume") return scaled(-1);
  // amount, turnover, capitalisations and raw fields are not adjusted.
  return std::ranges::find(known_fields(), name) != known_fields().end() ? kInvariant : unknown();
}

Response response_of_leaf(const Token& token) {
  switch (token.kind) {
    case TokenKind::kField:
      return response_of_field(token.name);
    case TokenKind::kConstant:
      return {token.value == 0 ? Response::kZero : Response::kScaled, 0, token.value};
    default:
      return kInvariant;
  }
}

Response response_of_one(const Token& token, const Response& x) {
  switch (static_cast<Fn>(token.function)) {
    case Fn::kNeg:
      return {x.kind, is_shifted(x) ? -x.degree : x.degree, -x.literal};
    case Fn::kAbs:
      return is_scaled(x) ? scaled(x.degree) : unknown();
    case Fn::kLog:
      return is_scaled(x) ? shifted(x.degree) : unknown();
    case Fn::kSqrt:
      return is_scaled(x) ? scaled(x.degree / 2) : unknown();
    case Fn::kInv:
      return is_scaled(x) ? scaled(-x.degree) : unknown();
    case Fn::kSpow:
      return is_scaled(x) ? scaled(x.degree * token.value) : unknown();
    case Fn::kSign:
    case Fn::kTsReturn:
    case Fn::kTsMeanstd:
      return is_scaled(x) ? kInvariant : unknown();
    case Fn::kExp:
      return is_shifted(x) ? scaled(x.degree) : needs_invariant(x);
    case Fn::kDelay:
    case Fn::kTsMean:
    case Fn::kTsMax:
    case Fn::kTsMin:
    case Fn::kTsMedian:
    case Fn::kTsQuantile:
    case Fn::kDecayLinear:
    case Fn::kEma:
    case Fn::kWilder:
    case Fn::kEwm:
    case Fn::kEwmWilder:
      return mean_like(x);
    case Fn::kTsSum:
      return is_shifted(x) ? shifted(x.degree * token.window) : mean_like(x);
    case Fn::kTsVar:
      return blind_to_shift(x, 2);
    case Fn::kDelta:
    case Fn::kTsStd:
    case Fn::kTsMad:
    case Fn::kTsSlope:
    case Fn::kTsResid:
      return blind_to_shift(x, 1);
    case Fn::kTsSkew:
    case Fn::kTsKurt:
    case Fn::kTsZscore:
    case Fn::kTsArgmax:
    case Fn::kTsArgmin:
    case Fn::kTsRank:
    case Fn::kTsRsquare:
      return kInvariant;
    // tanh, sigmoid; ts_product, which soon leaves the range of f32 for some constants and not for
    // others; and every cross-section: other stocks have other constants.
    default:
      return needs_invariant(x);
  }
}

Response response_of_two(const Token& token, const Response& x, const Response& y) {
  switch (static_cast<Fn>(token.function)) {
    case Fn::kAdd:
      return sum(x, y, 1);
    case Fn::kSub:
      return sum(x, y, -1);
    case Fn::kMul:
      return product(x, y);
    case Fn::kDiv:
      return quotient(x, y);
    case Fn::kMin:
    case Fn::kMax:
      return either(x, y);
    case Fn::kGt:
    case Fn::kLt:
    case Fn::kGe:
    case Fn::kLe:
      return either(x, y).kind == Response::kUnknown ? unknown() : kInvariant;
    case Fn::kTsCov:
      return scaled(scale_degree(x) + scale_degree(y));
    case Fn::kTsCorr:
      return kInvariant;
    case Fn::kTsBeta:
      return scaled(scale_degree(x) - scale_degree(y));
    case Fn::kTsAlpha:
      return is_scaled(y) ? mean_like(x) : unknown();
    default:
      return is_invariant(x) && is_invariant(y) ? kInvariant : unknown();
  }
}

Response response_of(const Token& token, std::span<const Response> operands) {
  for (const Response& operand : operands)
    if (operand.kind == Response::kUnknown) return unknown();
  switch (operands.size()) {
    case 1:
      return response_of_one(token, operands[0]);
    case 2:
      return response_of_two(token, operands[0], operands[1]);
    default:  // if_else reads the sign of its first operand alone
      return is_scaled(operands[0]) ? either(operands[1], operands[2]) : unknown();
  }
}

}  // namespace

bool depends_on_adjustment_base(const Program& program) {
  std::vector<Response> stack;
  for (const Token& token : program.tokens) {
    const auto n = static_cast<std::size_t>(arity(token));
    EVOFACTOR_CHECK(stack.size() >= n, "a function lacks operands");
    const Response response = token.kind == TokenKind::kFunction
                                  ? response_of(token, std::span(stack).last(n))
                                  : response_of_leaf(token);
    stack.resize(stack.size() - n);
    stack.push_back(response);
  }
  EVOFACTOR_CHECK(stack.size() == 1, "a program leaves {} values", stack.size());
  return !is_invariant(stack.front());
}

}  // namespace evofactor::formula
