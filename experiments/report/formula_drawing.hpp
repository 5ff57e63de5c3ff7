#pragma once
#include <string>

namespace evofactor::report {

/// The formula as a tree in an inline SVG: functions above what they read, windows beside their
/// names, fields as leaves. Colours come from the page. Empty if the text does not parse or the
/// tree has more than 80 nodes.
[[nodiscard]] std::string formula_svg(const std::string& formula);

}  // namespace evofactor::report
