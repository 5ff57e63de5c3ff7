#include "data/synthetic_index.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace evofactor {
namespace {

constexpr double kFirstLevel = 3000;
constexpr std::array<std::pair<const char*, const char*>, 3> kIndices{
    {{"000300.SH", "csi300"}, {"000905.SH", "csi500"}, {"000906.SH", "csi800"}}};

IndexSeries make_series(const Panel& panel, const Grid<std::uint8_t>& member) {
  constexpr std::size_t kBars = 4;  // open, high, low, close
  const std::array<const Grid<float>*, kBars> prices{&panel.field("open"), &panel.field("high"),
                                                     &panel.field("low"), &panel.field("close")};
  const Grid<float>& factor = panel.field("adj_factor");
  const Grid<float>& shares = panel.field("float_shares");
  const Grid<float>& volume = panel.field("volume");
  const std::size_t rows = member.rows(), columns = member.columns();
  std::vector<double> last_close(columns, 0), cap(columns, 0);  // adjusted; of the last traded day
  IndexSeries series;
  double level = kFirstLevel;
  for (std::size_t d = 0; d < rows; ++d) {
    std::array<double, kBars> growth{};
    double weight = 0, traded_volume = 0;
    for (std::size_t s = 0; s < columns; ++s) {
      const bool traded = panel.traded(static_cast<int>(d), static_cast<int>(s));
      if (member(d, s) && traded && last_close[s] > 0) {
        for (std::size_t k = 0; k < kBars; ++k)
          growth[k] += cap[s] * static_cast<double>((*prices[k])(d, s)) *
                       static_cast<double>(factor(d, s)) / last_close[s];
        weight += cap[s];
      }
      if (!traded) continue;
      if (member(d, s)) traded_volume += static_cast<double>(volume(d, s));
      const auto close = static_cast<double>((*prices[3])(d, s));
      last_close[s] = close * static_cast<double>(factor(d, s));
      cap[s] = close * static_cast<double>(shares(d, s));
    }
    std::array<double, kBars> bar;
    for (std::size_t k = 0; k < kBars; ++k)
      bar[k] = std::round(level * (weight > 0 ? growth[k] / weight : 1) * 1000) / 1000;
    level = bar[3];
    series.open.push_back(bar[0]);
    series.high.push_back(bar[1]);
    series.low.push_back(bar[2]);
    series.close.push_back(bar[3]);
    series.volume.push_back(traded_volume);
  }
  return series;
}

}  // namespace

void add_index_series(Panel& panel) {
  for (const auto& [code, universe] : kIndices)
    panel.indices[code] = make_series(panel, panel.universes.at(universe));
}

}  // namespace evofactor
