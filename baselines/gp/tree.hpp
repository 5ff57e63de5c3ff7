#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/formula/program.hpp"

namespace evofactor::gp {

/// Where a token stands in the tree of its program.
struct Node {
  std::size_t begin = 0;                ///< first token of its subtree
  std::optional<std::size_t> parent{};  ///< none for the root
  int level = 1;                        ///< 1 for the root
  int days_above = 0;                   ///< look-back of the functions above it
};

/// One node per token of a valid program.
[[nodiscard]] std::vector<Node> nodes_of(const formula::Program& program);

/// The subtree that ends at token `root`.
[[nodiscard]] formula::Program subtree(const formula::Program& program, std::size_t root);
/// The program with `replacement` in place of the subtree that ends at token `root`.
[[nodiscard]] formula::Program with_subtree(const formula::Program& program, std::size_t root,
                                            const formula::Program& replacement);
/// Last tokens of the operands of the function at token `root`, in order.
[[nodiscard]] std::vector<std::size_t> operand_roots(const formula::Program& program,
                                                     std::size_t root);

}  // namespace evofactor::gp
