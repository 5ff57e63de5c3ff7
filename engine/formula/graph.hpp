#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "data/market.hpp"
#include "engine/formula/arena.hpp"
#include "engine/formula/functions.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::formula {

/// A distinct value of a set of programs: a leaf, or a function of earlier nodes.
struct Node {
  TokenKind kind = TokenKind::kConstant;
  Fn fn = Fn::kCount;
  FnGroup group = FnGroup::kElementwise;
  int window = 0;
  float number = 0;                    ///< value of a constant, fixed parameter of a function
  const Grid<float>* field = nullptr;  ///< kField: in place in the market
  std::array<int, 3> operands{-1, -1, -1};
  int n_operands = 0;

  std::uint64_t hash = 0;  ///< of what the subtree computes, alike in every graph of a market
  double work = 0;         ///< of the function alone (formula::work)
  std::shared_ptr<const ValueArena::Values> given;  ///< its values, if the arena has them
  bool needed = false;  ///< read at all; what is only read by given values is not
  bool keep = false;    ///< its values go to the arena

  int first_day = 0;  ///< values are needed from this market day on
  int stage = 0;      ///< number of cross-sectional functions on the longest path down from here
  int owner = 0;      ///< first program that needs it, which computes it
  bool whole_rows =
      false;  ///< read by a cross-sectional function, a later stage or program, or as a result
  int last_program = 0;  ///< the last program that reads it ...
  int last_stage = 0;    ///< ... and the last stage of that program that does

  [[nodiscard]] bool is_function() const { return kind == TokenKind::kFunction; }
  [[nodiscard]] bool is_computed() const { return is_function() && needed && given == nullptr; }
  [[nodiscard]] bool is_cross_section() const {
    return is_function() && group == FnGroup::kCrossSection;
  }
};

/// Programs as one graph in which equal subtrees are one node, with what is needed to compute it in
/// order: programs one after the other, each stage by stage. Nodes of a program are consecutive,
/// operands before their functions.
struct Graph {
  std::vector<Node> nodes;
  std::vector<int> roots;  ///< node of each program's value
  std::vector<int>
      first_node;  ///< of each program, and one past the last: program p owns [p], [p + 1)

  std::int64_t n_functions = 0;  ///< of the programs, repetitions included

  /// @param arena of this market and days.last, or null
  /// @throws ConfigError if `market` lacks a field or industries, or is shorter than a window
  Graph(std::span<const Program> programs, const Market& market, DayRange days, ValueArena* arena);

 private:
  void find_what_is_needed(DayRange days, ValueArena* arena);
};

}  // namespace evofactor::formula
