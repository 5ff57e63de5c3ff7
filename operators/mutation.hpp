#pragma once
#include <optional>

#include "engine/core/rng.hpp"
#include "genome/genome.hpp"
#include "genome/search_space.hpp"

namespace evofactor::operators {

using genome::NetGenome;
using genome::SearchSpace;

// Each changes one gene of a valid parent and returns a child that differs from it, or nothing
// where the parent or the space leaves no other value. Every gene of the child is one of the space;
// whether it keeps within the space's number of layers, size and cost the registry checks.

/// A random layer of the body or a branch, at a random place its role allows.
[[nodiscard]] std::optional<NetGenome> insert_layer(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> delete_layer(Rng&, const NetGenome&, const SearchSpace&);
/// A random layer of the same role in place of one.
[[nodiscard]] std::optional<NetGenome> replace_layer(Rng&, const NetGenome&, const SearchSpace&);
/// Puts a layer behind one that it can copy the values of (genome/identity_layer.hpp), in the body
/// or a branch.
[[nodiscard]] std::optional<NetGenome> deepen_layer(Rng&, const NetGenome&, const SearchSpace&);
/// One layer to the next larger width.
[[nodiscard]] std::optional<NetGenome> widen_layer(Rng&, const NetGenome&, const SearchSpace&);
/// One layer to the next smaller width.
[[nodiscard]] std::optional<NetGenome> narrow_layer(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_activation(Rng&, const NetGenome&,
                                                         const SearchSpace&);
/// Another value of any other gene of a layer: kernel, dilation, stride, norm, dropout, heads, ….
[[nodiscard]] std::optional<NetGenome> change_layer(Rng&, const NetGenome&, const SearchSpace&);
/// Another window or step of a branch.
[[nodiscard]] std::optional<NetGenome> change_branch(Rng&, const NetGenome&, const SearchSpace&);
/// To the next longer or shorter window.
[[nodiscard]] std::optional<NetGenome> change_window(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> add_input(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> remove_input(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_prior(Rng&, const NetGenome&, const SearchSpace&);
/// One parameter of the prior to the next longer or shorter window (genome/prior_windows.hpp).
[[nodiscard]] std::optional<NetGenome> change_prior_window(Rng&, const NetGenome&,
                                                           const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_prune_rate(Rng&, const NetGenome&,
                                                         const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_loss(Rng&, const NetGenome&, const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_scale(Rng&, const NetGenome&, const SearchSpace&);
/// Times a log-normal factor of about 2.
[[nodiscard]] std::optional<NetGenome> change_learning_rate(Rng&, const NetGenome&,
                                                            const SearchSpace&);
[[nodiscard]] std::optional<NetGenome> change_weight_decay(Rng&, const NetGenome&,
                                                           const SearchSpace&);
/// To the next larger or smaller batch.
[[nodiscard]] std::optional<NetGenome> change_batch(Rng&, const NetGenome&, const SearchSpace&);
/// To the next longer or shorter training.
[[nodiscard]] std::optional<NetGenome> change_steps(Rng&, const NetGenome&, const SearchSpace&);
/// To start from the parent's weights, or not to.
[[nodiscard]] std::optional<NetGenome> change_inherit(Rng&, const NetGenome&, const SearchSpace&);

}  // namespace evofactor::operators
