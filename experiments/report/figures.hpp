#pragma once
#include <string>
#include <vector>

#include "engine/core/json.hpp"
#include "experiments/report/analysis.hpp"

namespace evofactor::report {

/// A Plotly figure. Colours are names of the page's CSS variables, "var(--arm-0)", with an opacity
/// after a slash where it is not 1; the page's script puts in what the current theme makes of them.
struct Figure {
  std::string id;
  std::string title;
  std::string caption{};  ///< what one sees and how it was computed; plain text
  Json data = Json::array();
  Json layout = Json::object();
  /// Versions of the data a reader can choose: [{"name", "data"}], with a "layout" where it is not
  /// the figure's; empty if there is only one.
  Json variants = Json::array();
  /// Words before the choice of a version; empty: the choice stands elsewhere (choice_html).
  std::string choice = "Pool of";
  int height = 380;     ///< CSS pixels
  bool square = false;  ///< no wider than it is high
};

/// What all figures' layouts begin with.
[[nodiscard]] Json base_layout();
/// The number rounded to `digits` decimals, so that its text is short; null if it is not finite.
[[nodiscard]] Json shortest(double value, int digits = 4);

/// Colour and dash of a scheme, the same in every figure.
struct LineStyle {
  std::string color, dash;
};
/// The i-th of a list, of the colours that evolved arms have.
[[nodiscard]] LineStyle style_at(int i);
[[nodiscard]] LineStyle style_of(const Analysis& analysis, const std::string& scheme);

/// Mean test rank IC of every compared scheme with a dot per fold.
[[nodiscard]] Figure fold_figure(const Analysis& analysis);
/// Paired differences with their intervals.
[[nodiscard]] Figure paired_figure(const Analysis& analysis);
/// Best and median fitness by generation, mean over searches.
[[nodiscard]] Figure fitness_figure(const RunData& run, const Analysis& analysis);
/// Sum of daily rank IC over the days of a part, folds one after the other.
[[nodiscard]] Figure cumulative_figure(const Analysis& analysis, Part part);
/// Daily rank IC of the arms (dots) and its moving mean (lines).
[[nodiscard]] Figure daily_figure(const Analysis& analysis, Part part);
/// Mean excess return of each group of stocks ordered by factor value.
[[nodiscard]] Figure quantile_figure(const RunData& run, const Analysis& analysis);
/// Sum over test days of the top group's excess return minus the bottom group's.
[[nodiscard]] Figure spread_figure(const RunData& run, const Analysis& analysis);
/// Rank correlation between the factors of an arm's pools, one variant per search.
[[nodiscard]] Figure correlation_figure(const RunData& run, const std::string& arm, int number);

/// True if the figure has nothing to draw.
[[nodiscard]] bool is_empty(const Figure& figure);
/// {"data", "layout", "variants"}
[[nodiscard]] Json to_json(const Figure& figure);

}  // namespace evofactor::report
