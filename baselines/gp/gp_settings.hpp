#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/settings.hpp"

namespace evofactor::gp {

/// How the first formulas grow: kGrow stops branches early at random, kFull only at the full depth,
/// kRamped takes either for every formula. The depth is drawn anew for each.
enum class Creation { kRamped, kGrow, kFull };

/// Which subtree of the other parent a crossover takes: any of one kind, or one whose size is on
/// average that of the subtree it replaces (variation.hpp).
enum class Exchange { kAny, kSizeFair };

/// How often each variation operator is chosen, relative to the others; 0 leaves it out.
struct OperatorRates {
  double crossover = 0.5;  ///< a subtree of the other parent in place of one of the same kind
  double point = 0.1;      ///< another field or function of the same shape
  double subtree = 0.1;    ///< a new random subtree in place of one
  double hoist = 0.05;     ///< a part of a subtree in its place
  double insert = 0.08;    ///< a function around a subtree
  double erase = 0.05;     ///< an operand in place of its function
  double window = 0.08;    ///< another window or parameter
  double constant = 0.04;  ///< another number
};

void describe(FieldVisitor& v, OperatorRates& s);

/// What formulas are made of, and how they are varied.
struct GpSettings {
  int max_nodes = 30;
  int max_depth = 8;
  int max_look_back = 120;  ///< days before t that the value at t reads
  int min_initial_depth = 3, max_initial_depth = 6;
  Creation creation = Creation::kRamped;
  /// Values have units (price, volume, money, ratio); additions, comparisons and the like take
  /// operands of one unit.
  bool typed = true;
  /// Of plain numbers, ranks and booleans are told from ratios as well (Typing::kScales); typed
  /// only.
  bool scales = false;
  /// Whole formulas do not depend on the adjustment base.
  bool scale_free_root = true;
  std::vector<std::string> functions;  ///< empty: default_functions()
  std::vector<std::string>
      fields;  ///< empty: those of open high low close vwap volume that the market has
  std::vector<std::int64_t> windows{1, 2, 3, 5, 10, 20, 30, 40, 60};
  std::vector<double> constants{-1, -0.5, -0.1, 0.1, 0.5, 1, 2, 5};
  double constant_rate = 0.2;     ///< chance that an operand that may be a number is one
  double random_constants = 0.5;  ///< share of numbers drawn at random, not from the list
  OperatorRates rates;
  Exchange exchange = Exchange::kAny;
  bool semantic = false;  ///< no child whose values rank a sample of stocks as a parent's do
  /// Score formulas that cannot matter by a correlation that needs no sorting, and only the others
  /// exactly.
  bool screen = true;
  double screen_margin = 0.003;  ///< what the screen's fitness may lack and still be scored exactly
  int arena_mib = 512;           ///< memory for values of subtrees kept between evaluations
  std::vector<std::string> initial_formulas;  ///< first members of generation 0
};
/// `fields` are no key here: data.inputs gives them.
void describe(FieldVisitor& v, GpSettings& s);

/// All functions but those that depend on where history starts, overflow quickly, or need groups.
[[nodiscard]] std::vector<std::string> default_functions();

}  // namespace evofactor::gp
