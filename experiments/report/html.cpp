#include "experiments/report/html.hpp"

#include <fmt/format.h>

#include "experiments/report/format.hpp"

namespace evofactor::report {

std::string script_json(const Json& json) {
  std::string text;
  for (const char c : json.dump())
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  return text;
}

std::string figure_html(const Figure& figure) {
  if (is_empty(figure)) return {};
  std::string choice;
  if (!figure.variants.empty()) {
    choice = fmt::format("<label class=\"choice\">{} <select data-figure=\"plot-{}\">",
                         escape_html(figure.choice), figure.id);
    for (std::size_t i = 0; i < figure.variants.size(); ++i)
      choice += fmt::format("<option value=\"{}\">{}</option>", i,
                            escape_html(figure.variants[i]["name"].get<std::string>()));
    choice += "</select></label>";
  }
  return fmt::format(
      "<figure><h3>{0}</h3>{1}<div class=\"plot{6}\" id=\"plot-{2}\" style=\"height:{3}px\" "
      "role=\"img\" "
      "aria-label=\"{0}\" data-waiting></div><script type=\"application/json\" "
      "id=\"plot-{2}-data\">{4}</script><figcaption>{5}</figcaption></figure>\n",
      escape_html(figure.title), choice, figure.id, figure.height, script_json(to_json(figure)),
      escape_html(figure.caption), figure.square ? " square" : "");
}

std::string side_by_side(const Figure& left, const Figure& right) {
  return "<div class=\"pair\">" + figure_html(left) + figure_html(right) + "</div>\n";
}

}  // namespace evofactor::report
