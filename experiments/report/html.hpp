#pragma once
#include <string>

#include "experiments/report/figures.hpp"

namespace evofactor::report {

/// JSON that may stand inside a script element: nothing in it can end or comment the element.
[[nodiscard]] std::string script_json(const Json& json);
/// The figure with its title, choice of variants and caption; nothing for an empty one.
[[nodiscard]] std::string figure_html(const Figure& figure);
/// Two figures in one row where the screen is wide enough.
[[nodiscard]] std::string side_by_side(const Figure& left, const Figure& right);

}  // namespace evofactor::report
