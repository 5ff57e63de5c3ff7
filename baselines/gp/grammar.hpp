#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "baselines/gp/gp_settings.hpp"
#include "baselines/gp/units.hpp"
#include "engine/core/rng.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// How much a random subtree may take.
struct Room {
  int depth = 1;
  int look_back = 0;  ///< days
  bool full = false;  ///< every branch as deep as `depth` allows
};

/// What formulas may be made of, which functions take which units, and which formulas are
/// acceptable. Read-only.
class Grammar {
 public:
  /// @param available fields that the market has
  /// @throws ConfigError if a field or function is unknown or not available, or nothing can be made
  /// of them
  Grammar(const GpSettings& settings, std::span<const std::string> available);

  [[nodiscard]] const GpSettings& settings() const { return settings_; }
  [[nodiscard]] const std::vector<std::string>& fields() const { return fields_; }
  [[nodiscard]] const std::vector<const formula::FunctionInfo*>& functions() const {
    return functions_;
  }
  /// Is the valid program within all limits and rules: size, depth, look-back, units, adjustment
  /// base; does every function read a field, and no function compare a value with itself?
  [[nodiscard]] bool acceptable(const formula::Program& program) const;
  /// Units of all subtrees; all equal without typing.
  [[nodiscard]] std::vector<Unit> units(const formula::Program& program) const;

  /// A random formula of this unit; nothing if none fits the room.
  [[nodiscard]] std::optional<formula::Program> random_subtree(Rng& rng, const Unit& unit,
                                                               const Room& room) const;
  /// Any unit formulas can have as a whole.
  [[nodiscard]] Unit random_root_unit(Rng& rng) const;
  /// A window of the settings that the function takes and that looks back at most `days`; 0 if
  /// there is none.
  [[nodiscard]] int random_window(Rng& rng, const formula::FunctionInfo& row, int days) const;
  /// Is the window long enough for the function to say something?
  [[nodiscard]] static bool useful_window(const formula::FunctionInfo& row, int window);
  /// A function, arithmetic more often than others.
  [[nodiscard]] const formula::FunctionInfo& random_function(Rng& rng) const;
  /// Values that the function's parameter takes, ascending; none if it has no parameter.
  [[nodiscard]] static std::span<const float> parameters(const formula::FunctionInfo& row);
  [[nodiscard]] float random_parameter(Rng& rng, const formula::FunctionInfo& row) const;
  [[nodiscard]] float random_constant(Rng& rng) const;

 private:
  [[nodiscard]] Typing typing() const {
    return settings_.scales ? Typing::kScales : Typing::kUnits;
  }
  /// One way of giving a function operands: indices into kinds_.
  struct Production {
    std::array<std::size_t, 3> operands{};
    std::size_t n = 0;
    bool group = false;  ///< a group name follows the operands
    int depth = 2;       ///< least depth of the subtree
  };
  struct Producer {
    const formula::FunctionInfo* row = nullptr;
    std::vector<Production> productions;
  };

  void take_fields(std::span<const std::string> available);
  void take_functions();
  void make_productions();
  void measure_depths();
  [[nodiscard]] std::optional<std::size_t> kind_of(const Unit& unit) const;
  [[nodiscard]] int shortest_window(const formula::FunctionInfo& row) const;
  [[nodiscard]] bool allowed(const formula::FunctionInfo& row,
                             std::span<const std::size_t> operands) const;
  bool grow(Rng& rng, std::size_t kind, const Room& room, formula::Program& program) const;
  bool grow_function(Rng& rng, std::size_t kind, const Room& room, formula::Program& program) const;

  GpSettings settings_;
  std::vector<std::string> fields_;
  std::vector<const formula::FunctionInfo*> functions_;
  std::vector<Unit> kinds_;                            ///< units that are made on purpose
  std::vector<std::vector<std::string>> kind_fields_;  ///< fields of each kind
  std::vector<std::vector<Producer>> producers_;       ///< functions that give each kind
  std::vector<int> least_depth_;                       ///< of a formula of each kind
};

}  // namespace evofactor::gp
