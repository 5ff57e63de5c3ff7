#pragma once
#include <optional>

#include "genome/layer_spec.hpp"

namespace evofactor::genome {

/// The layer that, put behind `layer`, can hand on what it gets: a copy of equal size, without
/// stride, norm and dropout. Nothing where no weights make it do so: its values must not be
/// negative, as those of relu are. Source: Chen et al. 2016 (Net2DeeperNet).
[[nodiscard]] std::optional<LayerSpec> identity_after(const LayerSpec& layer);

}  // namespace evofactor::genome
