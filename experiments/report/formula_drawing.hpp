#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace evofactor::report {

/// A formula as a tree: functions above what they read, windows beside their names, fields as
/// leaves. Boxes of one level do not overlap.
struct FormulaDrawing {
  struct Node {
    std::string text;
    bool leaf = false;
    int depth = 0;            ///< levels below the root
    double width = 0, x = 0;  ///< of the box, CSS pixels; x is its middle
    std::vector<std::size_t> children{};
  };
  std::vector<Node> nodes;  ///< the root last
  double width = 0;         ///< CSS pixels
  int depth = 0;            ///< of the deepest node
};
/// Height of a box, and from the top of a level to that of the next, CSS pixels.
inline constexpr double kBox = 22, kLevel = 46;

/// Without nodes if the text does not parse or the tree has more than 80 nodes.
[[nodiscard]] FormulaDrawing draw_formula(const std::string& formula);

/// The drawing as an inline SVG. Colours come from the page. Empty where the drawing is.
[[nodiscard]] std::string formula_svg(const std::string& formula);

}  // namespace evofactor::report
