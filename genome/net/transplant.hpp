#pragma once
#include "genome/genome.hpp"
#include "genome/net/net_state.hpp"

namespace evofactor::net {

/// Gives a freshly initialised network what a trained one has learnt, where the two correspond.
/// Layers are aligned by a longest common subsequence of their kinds, equal settings preferred, and
/// arrays within a layer by name. What the indices of an array stand for (ParameterSpec::axes)
/// tells which of its numbers correspond: those are copied; a unit both have that reads something
/// new reads it with weight 0; units of the child alone, and arrays of which all that is read is
/// new, stay as they are. So the function is the same, up to rounding and before training, after
/// - widening a dense, convolution, tcn, recurrent or thoughts layer,
/// - an input feature more (but for images, whose rows the features are), a longer kernel, and a
///   longer window where dense layers alone read it,
/// - a layer put behind another that can hand on its values (genome/identity_layer.hpp).
/// It is another one after widening attention or what a layer norm reads, since both compute with
/// all channels at once, and wherever something is taken away: a tcn or residual block whose input
/// and output become equally wide loses its shortcut's map. In training a batch norm on a
/// residual block's new shortcut normalises by the batch.
/// @param fresh arrays of `child` @param trained those of `parent`; others beside them are ignored
/// @throws StoreError if `trained` does not belong to `parent`
/// Source: Chen et al. 2016 (Net2Net).
[[nodiscard]] NetState transplant(const genome::NetGenome& child, NetState fresh,
                                  const genome::NetGenome& parent, const NetState& trained);

}  // namespace evofactor::net
