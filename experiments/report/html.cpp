#include "experiments/report/html.hpp"

#include <fmt/format.h>

#include <cmath>

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

std::string cell(const std::string& content, const char* style) {
  return *style ? fmt::format("<td class=\"{}\">{}</td>", style, content)
                : "<td>" + content + "</td>";
}

std::string mark(Verdict v) {
  const char* style = v == Verdict::kBetter  ? "good"
                      : v == Verdict::kWorse ? "bad"
                      : v == Verdict::kOpen  ? "none"
                                             : "open";
  return fmt::format("<span class=\"mark {}\">{}</span>", style, spoken(v));
}

std::string key_of(const Analysis& analysis, const std::string& scheme) {
  return fmt::format("<span class=\"key\" style=\"background:{}\"></span>",
                     style_of(analysis, scheme).color);
}

std::string heading_of(const Analysis& analysis, const std::string& scheme) {
  return fmt::format("<th scope=\"row\">{}{}</th>", key_of(analysis, scheme),
                     breakable_html(scheme));
}

std::string with_spread(const Spread& spread, int digits, bool strong) {
  std::string text = decimal(spread.mean, digits);
  if (strong) text = "<b>" + text + "</b>";
  if (std::isfinite(spread.spread))
    text += " <small>±" + decimal(spread.spread, digits) + "</small>";
  return text;
}

std::string choice_html(const std::string& label, const std::vector<std::string>& figures,
                        const std::vector<std::string>& names) {
  std::string plots;
  for (const std::string& figure : figures) plots += (plots.empty() ? "plot-" : " plot-") + figure;
  std::string html = fmt::format("<label class=\"choice\">{} <select data-figure=\"{}\">",
                                 escape_html(label), plots);
  for (std::size_t i = 0; i < names.size(); ++i)
    html += fmt::format("<option value=\"{}\">{}</option>", i, escape_html(names[i]));
  return html + "</select></label>";
}

std::string figure_html(const Figure& figure) {
  if (is_empty(figure)) return {};
  std::string choice;
  if (!figure.variants.empty() && !figure.choice.empty()) {
    std::vector<std::string> names;
    for (const Json& variant : figure.variants) names.push_back(variant["name"]);
    choice = choice_html(figure.choice, {figure.id}, names);
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
