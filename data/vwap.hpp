#pragma once
#include "data/panel.hpp"

namespace evofactor {

/// Raw vwap of a panel: as given, else amount / volume.
class VwapView {
 public:
  explicit VwapView(const Panel& panel);
  /// The panel can give it.
  [[nodiscard]] bool known() const { return given_ || amount_; }
  /// NaN where missing; call only if known().
  [[nodiscard]] float operator()(std::size_t day, std::size_t stock) const {
    if (given_) return (*given_)(day, stock);
    const float volume = (*volume_)(day, stock);
    return volume > 0 ? (*amount_)(day, stock) / volume : kMissing;
  }

 private:
  const Grid<float>* given_ = nullptr;
  const Grid<float>* amount_ = nullptr;
  const Grid<float>* volume_ = nullptr;
};

inline VwapView::VwapView(const Panel& panel) : volume_(&panel.fields.at("volume")) {
  const auto find = [&](const char* name) {
    const auto at = panel.fields.find(name);
    return at == panel.fields.end() ? nullptr : &at->second;
  };
  given_ = find("vwap");
  amount_ = find("amount");
}

}  // namespace evofactor
