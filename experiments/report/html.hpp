#pragma once
#include <string>
#include <vector>

#include "experiments/report/figures.hpp"
#include "experiments/report/headline.hpp"

namespace evofactor::report {

/// JSON that may stand inside a script element: nothing in it can end or comment the element.
[[nodiscard]] std::string script_json(const Json& json);
/// A table cell around HTML.
[[nodiscard]] std::string cell(const std::string& content, const char* style = "");
/// A verdict in words, coloured.
[[nodiscard]] std::string mark(Verdict verdict);
/// The colour that figures draw the scheme in.
[[nodiscard]] std::string key_of(const Analysis& analysis, const std::string& scheme);
/// The scheme's name as the heading of its row, with its colour.
[[nodiscard]] std::string heading_of(const Analysis& analysis, const std::string& scheme);
/// ".045 ±.003", the mean alone where there is no spread. @param strong the mean in bold
[[nodiscard]] std::string with_spread(const Spread& spread, int digits = 3, bool strong = false);
/// A choice among versions that the figures (by id) share. @param label plain text before it
[[nodiscard]] std::string choice_html(const std::string& label,
                                      const std::vector<std::string>& figures,
                                      const std::vector<std::string>& names);
/// The figure with its title, choice of variants and caption; nothing for an empty one.
[[nodiscard]] std::string figure_html(const Figure& figure);
/// Two figures in one row where the screen is wide enough.
[[nodiscard]] std::string side_by_side(const Figure& left, const Figure& right);

}  // namespace evofactor::report
