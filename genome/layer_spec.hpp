#pragma once
#include <array>
#include <concepts>
#include <span>
#include <variant>

#include "engine/core/hash.hpp"
#include "genome/layers/attention_spec.hpp"
#include "genome/layers/branches_spec.hpp"
#include "genome/layers/conv1d_spec.hpp"
#include "genome/layers/conv2d_spec.hpp"
#include "genome/layers/dense_spec.hpp"
#include "genome/layers/dropout_spec.hpp"
#include "genome/layers/features_spec.hpp"
#include "genome/layers/gru_spec.hpp"
#include "genome/layers/lstm_spec.hpp"
#include "genome/layers/norm_spec.hpp"
#include "genome/layers/pool_spec.hpp"
#include "genome/layers/residual_spec.hpp"
#include "genome/layers/stock_conv_spec.hpp"
#include "genome/layers/tcn_spec.hpp"
#include "genome/layers/thoughts_spec.hpp"

namespace evofactor::genome {

/// The closed set of layer kinds. A new kind is a struct in layers/ that fulfils `LayerKind`, a
/// line here, and then whatever the compiler lists: every visit is without a default branch
/// (docs/extending.md, "Add a layer").
using LayerVariant = std::variant<DenseSpec, Conv1dSpec, TcnSpec, Conv2dSpec, ResidualSpec,
                                  StockConvSpec, PoolSpec, LstmSpec, GruSpec, AttentionSpec,
                                  FeaturesSpec, ThoughtsSpec, NormSpec, DropoutSpec, BranchesSpec>;
struct LayerSpec : LayerVariant {
  using LayerVariant::LayerVariant;
  bool operator==(const LayerSpec& other) const {
    return static_cast<const LayerVariant&>(*this) == static_cast<const LayerVariant&>(other);
  }
};
inline constexpr std::size_t kLayerKinds = std::variant_size_v<LayerVariant>;

template <class S>
concept LayerKind = std::regular<S> && requires(const S& spec, LayerShape input) {
  { S::kKind } -> std::convertible_to<std::string_view>;
  { S::kRole } -> std::convertible_to<Role>;
  { S::genes() } -> std::same_as<const std::vector<GeneOf<S>>&>;
  { text_of(spec) } -> std::same_as<std::string>;
  { output_shape(spec, input, true) } -> std::same_as<LayerShape>;
  { parameter_count(spec, input) } -> std::same_as<std::int64_t>;
  { forward_flops(spec, input) } -> std::same_as<double>;
};

/// Names by index of the variant: "dense", "conv1d", …
[[nodiscard]] std::span<const std::string_view> layer_kind_names();
/// A layer of the kind with its default genes.
[[nodiscard]] LayerSpec layer_of_kind(std::size_t kind);
/// Genes of a kind; none of branches, whose parts are layers.
[[nodiscard]] std::span<const Gene* const> genes_of(std::size_t kind);
[[nodiscard]] double gene_value(const LayerSpec& layer, std::size_t gene);
void set_gene(LayerSpec& layer, std::size_t gene, double value);

[[nodiscard]] std::string_view kind_of(const LayerSpec& layer);
[[nodiscard]] Role role_of(const LayerSpec& layer);
[[nodiscard]] std::string text_of(const LayerSpec& layer);

/// What must be equal for two layers to be stacked.
void add_shape(Hasher& hasher, const LayerSpec& layer);
/// Everything that changes what the layer computes.
void add_content(Hasher& hasher, const LayerSpec& layer);

/// JSON and schema: the kind and its genes.
void describe(FieldVisitor& v, LayerSpec& layer);

}  // namespace evofactor::genome
