#include "baselines/gp/grammar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.hpp"

namespace evofactor::gp {
namespace {

using formula::Fn;
using formula::FnGroup;
using formula::FunctionInfo;
using formula::Program;
using formula::Token;
using formula::TokenKind;

/// A branch that may end ends with this chance.
constexpr double kLeafChance = 0.25;
constexpr int kImpossible = std::numeric_limits<int>::max() / 4;
constexpr std::array kPresetFields{"open", "high", "low", "close", "vwap", "volume"};

constexpr std::array kExponents{0.5F, 2.0F, 3.0F};
constexpr std::array kQuantiles{0.1F, 0.2F, 0.25F, 0.5F, 0.75F, 0.8F, 0.9F};
constexpr std::array kClamps{1.5F, 2.0F, 3.0F, 5.0F};

/// Elementwise functions of two operands, either of which may be a number written out.
bool takes_constant(const FunctionInfo& row) {
  return row.group == FnGroup::kElementwise && row.arity == 2;
}

/// How often a function is drawn, relative to the others. Arithmetic joins what the many window
/// functions make, so it must be as common as they are together; comparisons and signs leave little
/// to rank by.
double weight_of(const FunctionInfo& row) {
  switch (row.fn) {
    case Fn::kAdd:
    case Fn::kSub:
    case Fn::kMul:
    case Fn::kDiv:
      return 4;
    case Fn::kSign:
    case Fn::kGt:
    case Fn::kLt:
    case Fn::kGe:
    case Fn::kLe:
    case Fn::kIfElse:
      return 0.5;
    default:
      return 1;
  }
}

/// Whether a number written out may stand where such a value is wanted.
bool takes_literal(const Unit& unit) {
  return unit.price == 0 && unit.volume == 0 && unit.scale != Scale::kBoolean;
}

/// Shortest window that says something: one day only where it counts back; a few for deviations and
/// fits.
int least_useful_window(const FunctionInfo& row) {
  switch (row.group) {
    case FnGroup::kLookBack:
      return 1;
    case FnGroup::kPairs:
      return 5;
    case FnGroup::kMoments:
      return row.min_window > 2 ? 5 : std::max(row.min_window, 2);
    default:
      return 2;
  }
}

/// Functions that say nothing when both operands are the same.
bool wants_different_operands(Fn fn) {
  switch (fn) {
    case Fn::kAdd:
    case Fn::kSub:
    case Fn::kDiv:
    case Fn::kMin:
    case Fn::kMax:
    case Fn::kGt:
    case Fn::kLt:
    case Fn::kGe:
    case Fn::kLe:
    case Fn::kTsCov:
    case Fn::kTsCorr:
    case Fn::kTsBeta:
    case Fn::kTsAlpha:
      return true;
    default:
      return false;
  }
}

Token function_token(const FunctionInfo& row) {
  Token token;
  token.kind = TokenKind::kFunction;
  token.function = static_cast<formula::FunctionId>(row.fn);
  return token;
}

/// Every function reads a field, none takes the sign or size of one, which is never negative, and
/// none that wants different operands has equal ones.
bool says_something(const Program& program) {
  struct Part {
    std::size_t begin = 0;
    bool reads_field = false;
  };
  std::vector<Part> stack;
  for (std::size_t i = 0; i < program.tokens.size(); ++i) {
    const Token& token = program.tokens[i];
    const auto n = static_cast<std::size_t>(formula::arity(token));
    if (n == 0) {
      stack.push_back({i, token.kind == TokenKind::kField});
      continue;
    }
    const std::span<const Part> operands = std::span(stack).last(n);
    const Part joined{operands.front().begin,
                      std::ranges::any_of(operands, [](const Part& p) { return p.reads_field; })};
    if (!joined.reads_field) return false;
    const Fn fn = static_cast<Fn>(token.function);
    if ((fn == Fn::kAbs || fn == Fn::kSign) && program.tokens[i - 1].kind == TokenKind::kField)
      return false;
    if (n == 2 && wants_different_operands(fn) &&
        std::ranges::equal(
            std::span(program.tokens)
                .subspan(operands[0].begin, operands[1].begin - operands[0].begin),
            std::span(program.tokens).subspan(operands[1].begin, i - operands[1].begin)))
      return false;
    stack.resize(stack.size() - n);
    stack.push_back(joined);
  }
  return stack.size() == 1 && stack.front().reads_field;
}

}  // namespace

Grammar::Grammar(const GpSettings& settings, std::span<const std::string> available)
    : settings_(settings) {
  take_fields(available);
  take_functions();
  kinds_ = {Unit{}};
  if (settings_.typed) {
    kinds_.push_back(unit_of_field("close"));
    kinds_.push_back(unit_of_field("volume"));
    kinds_.push_back(unit_of_field("amount"));
  }
  if (settings_.scales) {
    kinds_.push_back(Unit{.scale = Scale::kRank});
    kinds_.push_back(Unit{.scale = Scale::kBoolean});
  }
  kind_fields_.resize(kinds_.size());
  for (const std::string& field : fields_) {
    const Unit unit = settings_.typed ? unit_of_field(field) : Unit{};
    kind_fields_[*kind_of(unit)].push_back(field);
  }
  make_productions();
  measure_depths();
}

void Grammar::take_fields(std::span<const std::string> available) {
  const auto has = [&](std::string_view field) {
    return std::ranges::find(available, field) != available.end();
  };
  Problems problems;
  if (settings_.fields.empty()) {
    for (const char* field : kPresetFields)
      if (has(field)) fields_.emplace_back(field);
  } else {
    fields_ = settings_.fields;
    for (const std::string& field : fields_)
      if (!has(field))
        problems.add("formulas want the field \"{}\", which the market has not; it has {}", field,
                     fmt::join(available, ", "));
  }
  if (fields_.empty()) problems.add("formulas have no field to read");
  problems.throw_if_any<ConfigError>();
}

void Grammar::take_functions() {
  Problems problems;
  const auto names = settings_.functions.empty() ? default_functions() : settings_.functions;
  for (const std::string& name : names) {
    const FunctionInfo* row = formula::find_function(name);
    if (row == nullptr)
      problems.add("unknown function \"{}\"", name);
    else if (std::ranges::find(functions_, row) == functions_.end())
      functions_.push_back(row);
  }
  problems.throw_if_any<ConfigError>();
}

std::optional<std::size_t> Grammar::kind_of(const Unit& unit) const {
  for (std::size_t k = 0; k < kinds_.size(); ++k)
    if (same_unit(kinds_[k], unit)) return k;
  return {};
}

bool Grammar::allowed(const FunctionInfo& row, std::span<const std::size_t> operands) const {
  // Levels of different stocks do not compare: ranking them depends on the adjustment base.
  if (!settings_.typed || !settings_.scale_free_root || row.group != FnGroup::kCrossSection)
    return true;
  return std::ranges::all_of(
      operands, [&](std::size_t kind) { return kinds_[kind].price == kinds_[kind].volume; });
}

void Grammar::make_productions() {
  producers_.resize(kinds_.size());
  for (const FunctionInfo* row : functions_) {
    if (row->min_window > 0 && shortest_window(*row) == 0) continue;
    Token token = function_token(*row);
    token.window = row->min_window;
    if (!row->parameter.empty()) token.value = row->parameter_high;
    std::vector<std::vector<Production>> by_kind(kinds_.size());
    const auto arity = static_cast<std::size_t>(row->arity);
    for (const bool group : {false, true}) {
      if (group && !row->takes_group) continue;
      Production production;
      production.n = arity - (group ? 1 : 0);
      production.group = group;
      // Counts through all combinations of operand kinds.
      while (true) {
        const std::span<const std::size_t> chosen(production.operands.data(), production.n);
        std::vector<Unit> units;
        for (const std::size_t kind : chosen) units.push_back(kinds_[kind]);
        if (group) units.emplace_back();
        const auto result = settings_.typed ? kind_of(unit_of(token, units, typing())) : 0;
        if (result && allowed(*row, chosen)) by_kind[*result].push_back(production);
        std::size_t i = 0;
        while (i < production.n && ++production.operands[i] == kinds_.size())
          production.operands[i++] = 0;
        if (i == production.n) break;
      }
    }
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
      if (!by_kind[kind].empty()) producers_[kind].push_back({row, std::move(by_kind[kind])});
  }
}

void Grammar::measure_depths() {
  least_depth_.assign(kinds_.size(), kImpossible);
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
    if (!kind_fields_[kind].empty()) least_depth_[kind] = 1;
  // A kind that can be made at all can be made of kinds made before it.
  for (std::size_t round = 0; round < kinds_.size(); ++round)
    for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
      for (Producer& producer : producers_[kind])
        for (Production& production : producer.productions) {
          int deepest = 0;
          for (std::size_t i = 0; i < production.n; ++i)
            deepest = std::max(deepest, least_depth_[production.operands[i]]);
          production.depth = std::min(deepest + 1, kImpossible);
          least_depth_[kind] = std::min(least_depth_[kind], production.depth);
        }
  for (auto& producers : producers_) {
    for (Producer& producer : producers)
      std::erase_if(producer.productions,
                    [](const Production& p) { return p.depth >= kImpossible; });
    std::erase_if(producers, [](const Producer& p) { return p.productions.empty(); });
  }
}

std::vector<Unit> Grammar::units(const Program& program) const {
  if (settings_.typed) return units_of(program, typing());
  return std::vector<Unit>(program.tokens.size());
}

bool Grammar::acceptable(const Program& program) const {
  if (program.tokens.size() > static_cast<std::size_t>(settings_.max_nodes) ||
      formula::depth(program) > settings_.max_depth ||
      formula::look_back(program) > settings_.max_look_back || !says_something(program))
    return false;
  if (settings_.typed &&
      !std::ranges::all_of(units(program), [](const Unit& unit) { return unit.valid; }))
    return false;
  return !settings_.scale_free_root || !formula::depends_on_adjustment_base(program);
}

int Grammar::shortest_window(const FunctionInfo& row) const {
  const int least = least_useful_window(row);
  int found = 0;
  for (const std::int64_t window : settings_.windows)
    if (window >= least && (found == 0 || window < found)) found = static_cast<int>(window);
  return found;
}

int Grammar::random_window(Rng& rng, const FunctionInfo& row, int days) const {
  const int least = least_useful_window(row);
  std::vector<int> fitting;
  Token token = function_token(row);
  for (const std::int64_t window : settings_.windows) {
    token.window = static_cast<int>(window);
    if (window >= least && formula::look_back(token) <= days) fitting.push_back(token.window);
  }
  return fitting.empty() ? 0 : rng.pick(fitting);
}

bool Grammar::useful_window(const FunctionInfo& row, int window) {
  return window >= least_useful_window(row);
}

const FunctionInfo& Grammar::random_function(Rng& rng) const {
  std::vector<double> weights;
  for (const FunctionInfo* row : functions_) weights.push_back(weight_of(*row));
  return *functions_[rng.weighted(weights)];
}

float Grammar::random_parameter(Rng& rng, const FunctionInfo& row) const {
  const std::span<const float> known = parameters(row);
  return known.empty() ? 0 : rng.pick(known);
}

std::span<const float> Grammar::parameters(const FunctionInfo& row) {
  if (row.parameter == "q") return kQuantiles;
  if (row.parameter == "k") return kClamps;
  if (row.parameter == "a") return kExponents;
  EVOFACTOR_CHECK(row.parameter.empty(), "no values for the parameter {} of {}", row.parameter,
                  row.name);
  return {};
}

float Grammar::random_constant(Rng& rng) const {
  if (!settings_.constants.empty() && !rng.chance(settings_.random_constants))
    return static_cast<float>(rng.pick(settings_.constants));
  // Two decimals, so that formulas stay readable.
  const double value = std::round(rng.normal() * 200) / 100;
  return static_cast<float>(value == 0 ? 1 : value);
}

Unit Grammar::random_root_unit(Rng& rng) const {
  // Levels of price and volume depend on the adjustment base.
  if (settings_.scale_free_root && least_depth_[0] < kImpossible) return kinds_[0];
  std::vector<std::size_t> possible;
  for (std::size_t kind = 0; kind < kinds_.size(); ++kind)
    if (least_depth_[kind] < kImpossible) possible.push_back(kind);
  EVOFACTOR_CHECK(!possible.empty(), "no kind of formula can be made");
  return kinds_[rng.pick(possible)];
}

std::optional<Program> Grammar::random_subtree(Rng& rng, const Unit& unit, const Room& room) const {
  const auto kind = kind_of(unit);
  Program program;
  if (!kind || !grow(rng, *kind, room, program)) return {};
  return program;
}

bool Grammar::grow(Rng& rng, std::size_t kind, const Room& room, Program& program) const {
  const std::vector<std::string>& fields = kind_fields_[kind];
  const bool end = room.depth <= 1 || (!room.full && rng.chance(kLeafChance));
  // Where no field is of this kind, a branch ends in the smallest formula that is.
  Room left = room;
  if (end) left.depth = std::min(room.depth, least_depth_[kind]);
  if (!(end && !fields.empty()) && grow_function(rng, kind, left, program)) return true;
  if (fields.empty()) return false;
  Token token;
  token.kind = TokenKind::kField;
  token.name = rng.pick(fields);
  program.tokens.push_back(std::move(token));
  return true;
}

bool Grammar::grow_function(Rng& rng, std::size_t kind, const Room& room, Program& program) const {
  const auto fits = [&](const Production& p) { return p.depth <= room.depth; };
  std::vector<const Producer*> possible;
  for (const Producer& producer : producers_[kind]) {
    Token shortest = function_token(*producer.row);
    if (producer.row->min_window > 0) {
      shortest.window = shortest_window(*producer.row);
      if (formula::look_back(shortest) > room.look_back) continue;
    }
    if (std::ranges::any_of(producer.productions, fits)) possible.push_back(&producer);
  }
  if (possible.empty()) return false;
  std::vector<double> weights;
  for (const Producer* producer : possible) weights.push_back(weight_of(*producer->row));
  const Producer& producer = *possible[rng.weighted(weights)];
  std::vector<const Production*> ways;
  for (const Production& production : producer.productions)
    if (fits(production)) ways.push_back(&production);
  const Production& way = *rng.pick(ways);

  Token token = function_token(*producer.row);
  if (producer.row->min_window > 0)
    token.window = random_window(rng, *producer.row, room.look_back);
  token.value = random_parameter(rng, *producer.row);
  const Room below{room.depth - 1, room.look_back - formula::look_back(token), room.full};
  std::size_t constant_at = way.n;
  if (takes_constant(*producer.row) && rng.chance(settings_.constant_rate)) {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < way.n; ++i)
      if (takes_literal(kinds_[way.operands[i]])) numbers.push_back(i);
    if (!numbers.empty()) constant_at = rng.pick(numbers);
  }
  const std::size_t size_before = program.tokens.size();
  for (std::size_t i = 0; i < way.n; ++i) {
    if (i == constant_at) {
      Token number;
      number.value = random_constant(rng);
      program.tokens.push_back(std::move(number));
    } else if (!grow(rng, way.operands[i], below, program)) {
      program.tokens.resize(size_before);
      return false;
    }
  }
  if (way.group) {
    Token group;
    group.kind = TokenKind::kGroup;
    group.name = formula::kIndustryGroup;
    program.tokens.push_back(std::move(group));
  }
  program.tokens.push_back(std::move(token));
  return true;
}

}  // namespace evofactor::gp
