#include "experiments/report/formula_drawing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/formula/functions.hpp"
#include "engine/formula/parse.hpp"
#include "engine/formula/program.hpp"
#include "experiments/report/format.hpp"

namespace evofactor::report {
namespace {

using formula::Token;
using formula::TokenKind;

constexpr int kMaxNodes = 80;
constexpr double kGap = 10, kCharacter = 6.7, kPadding = 8;

using Node = FormulaDrawing::Node;

std::string text_of(const Token& token) {
  switch (token.kind) {
    case TokenKind::kField:
    case TokenKind::kGroup:
      return token.name;
    case TokenKind::kConstant:
      return fmt::format("{:g}", token.value);
    case TokenKind::kFunction:
      break;
  }
  const formula::FunctionInfo& row = formula::info(token);
  std::string text(row.name);
  if (row.min_window > 0) text += fmt::format(" {}", token.window);
  if (!row.parameter.empty()) text += fmt::format(" {}={:g}", row.parameter, token.value);
  return text;
}

/// Nodes in the order of the tokens; the last is the root.
std::vector<Node> nodes_of(const formula::Program& program) {
  std::vector<Node> nodes;
  std::vector<std::size_t> stack;
  for (const Token& token : program.tokens) {
    Node node{.text = text_of(token)};
    const auto operands = static_cast<std::size_t>(formula::arity(token));
    node.leaf = token.kind != TokenKind::kFunction;
    if (operands > stack.size()) return {};
    node.children.assign(stack.end() - static_cast<std::ptrdiff_t>(operands), stack.end());
    stack.resize(stack.size() - operands);
    node.width = kCharacter * static_cast<double>(node.text.size()) + 2 * kPadding;
    stack.push_back(nodes.size());
    nodes.push_back(std::move(node));
  }
  return stack.size() == 1 ? nodes : std::vector<Node>();
}

/// Places the subtree in [left, left + its width); returns that width. A parent stands over the
/// middle of its operands.
double place(std::vector<Node>& nodes, std::size_t at, double left, int depth) {
  nodes[at].depth = depth;
  double width = 0;
  for (const std::size_t child : nodes[at].children) {
    if (width > 0) width += kGap;
    width += place(nodes, child, left + width, depth + 1);
  }
  if (width < nodes[at].width) {
    const double shift = (nodes[at].width - width) / 2;
    std::vector<std::size_t> below = nodes[at].children;
    while (!below.empty()) {
      Node& node = nodes[below.back()];
      below.pop_back();
      node.x += shift;
      below.insert(below.end(), node.children.begin(), node.children.end());
    }
    width = nodes[at].width;
  }
  nodes[at].x = left + width / 2;
  return width;
}

}  // namespace

FormulaDrawing draw_formula(const std::string& formula) {
  const auto program = formula::parse(formula);
  if (!program) return {};
  FormulaDrawing drawing{.nodes = nodes_of(*program)};
  if (drawing.nodes.empty() || drawing.nodes.size() > kMaxNodes) return {};
  drawing.width = place(drawing.nodes, drawing.nodes.size() - 1, 1, 0) + 2;
  for (const Node& node : drawing.nodes) drawing.depth = std::max(drawing.depth, node.depth);
  return drawing;
}

std::string formula_svg(const std::string& formula) {
  const FormulaDrawing drawing = draw_formula(formula);
  if (drawing.nodes.empty()) return {};
  const double height = drawing.depth * kLevel + kBox + 2;
  std::string svg = fmt::format(
      R"(<svg class="drawing" role="img" aria-label="Tree of the formula" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}">)",
      drawing.width, height);
  const auto top = [](const Node& node) { return 1 + node.depth * kLevel; };
  for (const Node& node : drawing.nodes)
    for (const std::size_t child : node.children)
      svg += fmt::format(R"(<path d="M{:.0f} {:.0f}L{:.0f} {:.0f}"/>)", node.x, top(node) + kBox,
                         drawing.nodes[child].x, top(drawing.nodes[child]));
  for (const Node& node : drawing.nodes)
    svg += fmt::format(
        R"(<rect{} x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="{}"/><text x="{:.0f}" y="{:.0f}">{}</text>)",
        node.leaf ? R"( class="leaf")" : "", node.x - node.width / 2, top(node), node.width, kBox,
        node.leaf ? 11 : 4, node.x, top(node) + 15, escape_html(node.text));
  return svg + "</svg>";
}

}  // namespace evofactor::report
