#include "baselines/gp/tree.hpp"

#include <algorithm>

#include "engine/formula/functions.hpp"

namespace evofactor::gp {

using formula::Program;

std::vector<std::size_t> operand_roots(const Program& program, std::size_t root) {
  std::vector<std::size_t> roots;
  std::size_t end = root;
  for (int i = formula::arity(program.tokens[root]); i > 0; --i) {
    roots.push_back(end - 1);
    end = formula::subtree_begin(program, end - 1);
  }
  std::ranges::reverse(roots);
  return roots;
}

std::vector<Node> nodes_of(const Program& program) {
  std::vector<Node> nodes(program.tokens.size());
  // From the root down: a function stands behind its operands.
  for (std::size_t i = nodes.size(); i-- > 0;) {
    nodes[i].begin = formula::subtree_begin(program, i);
    const int days = nodes[i].days_above + formula::look_back(program.tokens[i]);
    for (const std::size_t operand : operand_roots(program, i)) {
      nodes[operand].parent = i;
      nodes[operand].level = nodes[i].level + 1;
      nodes[operand].days_above = days;
    }
  }
  return nodes;
}

Program subtree(const Program& program, std::size_t root) {
  const auto first = program.tokens.begin();
  return {{first + static_cast<std::ptrdiff_t>(formula::subtree_begin(program, root)),
           first + static_cast<std::ptrdiff_t>(root) + 1}};
}

Program with_subtree(const Program& program, std::size_t root, const Program& replacement) {
  const auto first = program.tokens.begin();
  const auto begin = static_cast<std::ptrdiff_t>(formula::subtree_begin(program, root));
  Program result{{first, first + begin}};
  result.tokens.insert(result.tokens.end(), replacement.tokens.begin(), replacement.tokens.end());
  result.tokens.insert(result.tokens.end(), first + static_cast<std::ptrdiff_t>(root) + 1,
                       program.tokens.end());
  return result;
}

}  // namespace evofactor::gp
