#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// What a plain number tells, where that is told apart (Typing::kScales).
enum class Scale { kRatio, kRank, kBoolean };

/// How much of a value's nature a grammar looks at: its unit alone, or the scale of plain numbers,
/// too.
enum class Typing { kUnits, kScales };

/// Unit of a value, price^p volume^v: (1, 0) a price, (0, 1) a volume, (1, 1) money, (0, 0) a plain
/// number.
struct Unit {
  double price = 0, volume = 0;
  Scale scale = Scale::kRatio;
  bool zero = false;     ///< the number 0, which has every unit
  bool literal = false;  ///< a number written out, which has every scale
  bool valid = true;     ///< false: a function was given operands that do not go together
  bool operator==(const Unit&) const = default;
};

/// Whether one may stand in the other's place.
[[nodiscard]] inline bool same_unit(const Unit& a, const Unit& b) {
  return a.valid && b.valid && a.price == b.price && a.volume == b.volume && a.scale == b.scale;
}

[[nodiscard]] Unit unit_of_field(std::string_view field);
/// Unit of a function's value, from those of its operands; invalid if they do not go together
/// (adding a price to a volume, exp of a price) or if one of them is.
///
/// With Typing::kScales ranks come from cs_rank and ts_rank, stay ranks where they are delayed,
/// averaged, ordered or chosen between, and are added to and compared with ranks alone; comparisons
/// are boolean, and booleans go into the condition of if_else, which takes nothing else, and into
/// ts_mean and ts_sum, which count them.
[[nodiscard]] Unit unit_of(const formula::Token& function, std::span<const Unit> operands,
                           Typing typing = Typing::kUnits);
/// Unit of the subtree that ends at each token.
[[nodiscard]] std::vector<Unit> units_of(const formula::Program& program,
                                         Typing typing = Typing::kUnits);

}  // namespace evofactor::gp
