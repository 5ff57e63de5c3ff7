#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// Unit of a value, price^p volume^v: (1, 0) a price, (0, 1) a volume, (1, 1) money, (0, 0) a plain
/// number.
struct Unit {
  double price = 0, volume = 0;
  bool zero = false;  ///< the number 0, which has every unit
  bool valid = true;  ///< false: a function was given operands that do not go together
  bool operator==(const Unit&) const = default;
};

[[nodiscard]] Unit unit_of_field(std::string_view field);
/// Unit of a function's value, from those of its operands; invalid if they do not go together
/// (adding a price to a volume, exp of a price) or if one of them is.
[[nodiscard]] Unit unit_of(const formula::Token& function, std::span<const Unit> operands);
/// Unit of the subtree that ends at each token.
[[nodiscard]] std::vector<Unit> units_of(const formula::Program& program);

}  // namespace evofactor::gp
