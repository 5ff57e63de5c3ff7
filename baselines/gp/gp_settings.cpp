#include "baselines/gp/gp_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"

namespace evofactor::gp {
namespace {

using formula::Fn;
using formula::FunctionInfo;

constexpr std::array<std::pair<std::string_view, Creation>, 3> kCreations{
    {{"ramped", Creation::kRamped}, {"grow", Creation::kGrow}, {"full", Creation::kFull}}};

constexpr std::array<std::pair<std::string_view, Exchange>, 2> kExchanges{
    {{"any", Exchange::kAny}, {"size_fair", Exchange::kSizeFair}}};

constexpr std::array kLeftOut{Fn::kEwm,       Fn::kEwmWilder, Fn::kExp,
                              Fn::kTsProduct, Fn::kCsScale,   Fn::kCsNeutralize};

void require_functions(FieldVisitor& v, const GpSettings& s) {
  std::vector<std::string_view> known;
  for (const FunctionInfo& row : formula::functions()) known.push_back(row.name);
  for (const std::string& name : s.functions) {
    const std::string_view near = nearest(name, known);
    v.require(formula::find_function(name) != nullptr, "functions",
              near.empty()
                  ? fmt::format("unknown function \"{}\"", name)
                  : fmt::format("unknown function \"{}\"; did you mean \"{}\"?", name, near));
  }
}

}  // namespace

void describe(FieldVisitor& v, OperatorRates& s) {
  constexpr Bounds kRate{0, 1e6};
  v.field("crossover", s.crossover, kRate, "a subtree of another parent in place of one");
  v.field("point", s.point, kRate, "another field or function of the same shape");
  v.field("subtree", s.subtree, kRate, "a new random subtree in place of one");
  v.field("hoist", s.hoist, kRate, "a part of a subtree in its place");
  v.field("insert", s.insert, kRate, "a function around a subtree");
  v.field("delete", s.erase, kRate, "an operand in place of its function");
  v.field("window", s.window, kRate, "another window or parameter");
  v.field("constant", s.constant, kRate, "another number");
  v.require(
      s.crossover + s.point + s.subtree + s.hoist + s.insert + s.erase + s.window + s.constant > 0,
      "crossover", "at least one rate must be above 0");
}

std::vector<std::string> default_functions() {
  std::vector<std::string> names;
  for (const FunctionInfo& row : formula::functions())
    if (std::ranges::find(kLeftOut, row.fn) == kLeftOut.end()) names.emplace_back(row.name);
  return names;
}

void describe(FieldVisitor& v, GpSettings& s) {
  v.field("max_nodes", s.max_nodes, {2, 1000}, "most fields, numbers and functions of a formula");
  v.field("max_depth", s.max_depth, {2, 100}, "most levels of a formula");
  v.field("max_look_back", s.max_look_back, {1, 10000}, "most days before t that a value reads");
  v.field("min_initial_depth", s.min_initial_depth, {1, 100}, "fewest levels of created formulas");
  v.field("max_initial_depth", s.max_initial_depth, {1, 100}, "most levels of created formulas");
  v.require(s.min_initial_depth <= s.max_initial_depth, "min_initial_depth",
            "expected at most max_initial_depth");
  v.require(s.max_initial_depth <= s.max_depth, "max_initial_depth", "expected at most max_depth");
  v.choice("creation", s.creation, kCreations,
           "grow stops branches early at random, full at the full depth only, ramped takes either");
  v.field("typed", s.typed, "add, compare and the like take operands of one unit only");
  v.field("scales", s.scales,
          "tell ranks and booleans from other plain numbers: ranks are added to ranks, conditions "
          "are comparisons");
  v.require(s.typed || !s.scales, "scales", "needs typed");
  v.field("scale_free_root", s.scale_free_root,
          "no formula whose value depends on the base of price adjustment");
  v.field("functions", s.functions, "functions to use; empty: the default set");
  require_functions(v, s);
  v.field("windows", s.windows, {1, 10000}, "windows in days");
  v.require(!s.windows.empty(), "windows", "expected at least one window");
  v.field("constants", s.constants, {-1e6, 1e6}, "numbers to use");
  v.field("constant_rate", s.constant_rate, {0, 1},
          "chance that an operand that may be a number is one");
  v.field("random_constants", s.random_constants, {0, 1},
          "share of numbers drawn at random, not from constants");
  v.field("screen", s.screen,
          "score formulas that can enter neither pool nor elites without sorting, approximately");
  v.field("screen_margin", s.screen_margin, {0, 1},
          "how far below what matters the approximate fitness must lie");
  v.field("arena_mib", s.arena_mib, {0, 1 << 20},
          "memory for values of subtrees that formulas share, in MiB");
  v.group("rates", s.rates, "how often each operator is chosen, relative to the others");
  v.choice("exchange", s.exchange, kExchanges,
           "subtree that crossover takes: any that fits, or of the replaced one's size on average");
  v.field("semantic", s.semantic,
          "no child whose values rank a sample of stocks and days as a parent's do");
  v.field("initial_formulas", s.initial_formulas,
          "first members of generation 0; \"@FILE\" stands for the formulas of a file, one a line");
  for (const std::string& text : s.initial_formulas) {
    const auto program = formula::parse(text);
    v.require(program.has_value(), "initial_formulas", program ? "" : program.error().pretty());
  }
}

}  // namespace evofactor::gp
