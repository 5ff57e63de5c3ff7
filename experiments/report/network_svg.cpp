#include "experiments/report/network_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "experiments/report/format.hpp"

namespace evofactor::report {
namespace {

constexpr double kCharacter = 6.7, kPadding = 10, kGap = 22, kLine = 16, kPerRow = 900;

struct Box {
  std::vector<std::string> lines;
  bool end = false;  ///< input or output
};

/// One line about a value: text as it is, numbers short, lists by length beyond three.
std::string brief(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{:.3g}", value.get<double>());
  if (value.is_array()) {
    if (value.size() > 3) return fmt::format("{} of them", value.size());
    std::string text;
    for (const Json& item : value) text += (text.empty() ? "" : ", ") + brief(item);
    return text;
  }
  return value.dump();
}

std::string shortened(std::string text, std::size_t limit = 40) {
  if (text.size() <= limit) return text;
  // Not in the middle of a UTF-8 sequence.
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit) + "…";
}

Box input_box(const Json& genome) {
  Box box{.lines = {"input"}, .end = true};
  if (!genome.contains("input") || !genome.at("input").is_object()) return box;
  for (const auto& [key, value] : genome.at("input").items()) {
    if (key == "window" && value.is_number())
      box.lines.push_back(fmt::format("{} days", brief(value)));
    else if (!value.is_null() && !value.is_object() && !(value.is_array() && value.empty()))
      box.lines.push_back(shortened(value.is_array() && value.size() > 3
                                        ? fmt::format("{} {}", value.size(), key)
                                        : brief(value)));
  }
  return box;
}

Box layer_box(const Json& layer) {
  Box box;
  if (!layer.is_object()) return {{shortened(brief(layer))}, false};
  std::string title = layer.contains("kind") ? brief(layer.at("kind")) : "layer";
  if (layer.contains("units")) title += fmt::format(" {}", brief(layer.at("units")));
  box.lines.push_back(shortened(title));
  for (const auto& [key, value] : layer.items()) {
    if (key == "kind" || key == "units" || value.is_null() || value.is_object()) continue;
    if (key == "activation")
      box.lines.push_back(shortened(brief(value)));
    else if (value.is_boolean()) {
      if (value.get<bool>()) box.lines.push_back(shortened(key));
    } else if (!(value.is_number() && value.get<double>() == 0))
      box.lines.push_back(shortened(fmt::format("{} {}", key, brief(value))));
  }
  return box;
}

/// "prior ts_mean(close, 5) · prune_rate 0.3 · learning_rate 0.001"
std::string other_genes(const Json& genome) {
  std::string text;
  const auto add = [&](const std::string& key, const Json& value) {
    if (value.is_null() || value.is_object() || value.is_array()) return;
    text += (text.empty() ? "" : " · ") + key + " " + shortened(brief(value), 80);
  };
  for (const auto& [key, value] : genome.items()) {
    if (key == "input" || key == "layers") continue;
    add(key, value);
    if (value.is_object())
      for (const auto& [inner, gene] : value.items()) add(inner, gene);
  }
  return text;
}

}  // namespace

std::string network_svg(const Json& genome) {
  if (!genome.is_object() || !genome.contains("layers") || !genome.at("layers").is_array())
    return {};
  std::vector<Box> boxes{input_box(genome)};
  for (const Json& layer : genome.at("layers")) boxes.push_back(layer_box(layer));
  boxes.push_back({{"factor"}, true});
  std::size_t most_lines = 1;
  for (const Box& box : boxes) most_lines = std::max(most_lines, box.lines.size());
  const double height = kLine * static_cast<double>(most_lines) + 12;
  double x = 1, y = 1, widest = 0;
  std::string shapes;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    std::size_t letters = 0;
    for (const std::string& line : boxes[i].lines) letters = std::max(letters, line.size());
    const double width = kCharacter * static_cast<double>(letters) + 2 * kPadding;
    if (i > 0 && x + kGap + width > kPerRow) {
      x = 1 + kGap;
      y += height + 14;
      shapes += fmt::format(R"(<path d="M1 {0:.0f}L{1:.0f} {0:.0f}"/>)", y + height / 2, x);
    } else if (i > 0) {
      shapes += fmt::format(R"(<path d="M{:.0f} {:.0f}h{:.0f}"/>)", x, y + height / 2, kGap);
      x += kGap;
    }
    shapes += fmt::format(
        R"(<rect{} x="{:.0f}" y="{:.0f}" width="{:.0f}" height="{:.0f}" rx="{}"/>)",
        boxes[i].end ? R"( class="leaf")" : "", x, y, width, height, boxes[i].end ? 11 : 4);
    double baseline =
        y + height / 2 - kLine * static_cast<double>(boxes[i].lines.size() - 1) / 2 + 4;
    for (const std::string& line : boxes[i].lines) {
      shapes += fmt::format(R"(<text x="{:.0f}" y="{:.0f}">{}</text>)", x + width / 2, baseline,
                            escape_html(line));
      baseline += kLine;
    }
    x += width;
    widest = std::max(widest, x);
  }
  std::string svg = fmt::format(
      R"(<svg class="drawing" role="img" aria-label="Layers of the network" width="{0:.0f}" height="{1:.0f}" viewBox="0 0 {0:.0f} {1:.0f}">{2}</svg>)",
      widest + 2, y + height + 2, shapes);
  const std::string genes = other_genes(genome);
  if (!genes.empty()) svg += "<p class=\"genes\">" + escape_html(genes) + "</p>";
  return svg;
}

}  // namespace evofactor::report
