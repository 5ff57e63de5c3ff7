#pragma once
#include <concepts>
#include <variant>

#include "genome/layers/dense_spec.hpp"

namespace evofactor::genome {

/// The closed set of layer kinds. A new kind is a struct in layers/ that fulfils `LayerKind`, a
/// line here, and then whatever the compiler lists: every visit is without a default branch
/// (docs/extending.md, "Add a layer").
using LayerSpec = std::variant<DenseSpec>;

template <class S>
concept LayerKind = std::regular<S> &&
    requires(const S& spec, S& target, LayerShape input, Hasher& hasher, FieldVisitor& visitor) {
  { S::kKind } -> std::convertible_to<std::string_view>;
  describe(visitor, target);
  { text_of(spec) } -> std::same_as<std::string>;
  { output_shape(spec, input) } -> std::same_as<LayerShape>;
  { parameter_count(spec, input) } -> std::same_as<std::int64_t>;
  { forward_flops(spec, input) } -> std::same_as<double>;
  add_shape(hasher, spec);
  add_content(hasher, spec);
};
static_assert(LayerKind<DenseSpec>);

}  // namespace evofactor::genome
