#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/hash.hpp"
#include "engine/core/settings.hpp"
#include "genome/layer_shape.hpp"

namespace evofactor::genome {

enum class Activation { kTanh, kRelu, kGelu };
inline constexpr std::array<std::pair<std::string_view, Activation>, 3> kActivationNames{
    {{"tanh", Activation::kTanh}, {"relu", Activation::kRelu}, {"gelu", Activation::kGelu}}};
[[nodiscard]] std::string_view name_of(Activation activation);

/// Fully connected layer: flattens what comes in, then x W + b, batch norm (if on), activation,
/// dropout.
struct DenseSpec {
  static constexpr std::string_view kKind = "dense";
  int units = 64;
  Activation activation = Activation::kTanh;
  bool batch_norm = false;
  double dropout = 0;  ///< share of units set to zero while training
  bool operator==(const DenseSpec&) const = default;
};

/// What a search may choose for a dense layer. Every list holds the values allowed, ascending.
struct DenseSpace {
  std::vector<std::int64_t> units{8, 16, 32, 64, 128, 256};
  std::vector<Activation> activations{Activation::kTanh, Activation::kRelu, Activation::kGelu};
  bool batch_norm = true;  ///< false: never
  std::vector<double> dropout{0, 0.1, 0.2, 0.3, 0.5};
  bool operator==(const DenseSpace&) const = default;
};

// What every layer kind provides; layer_spec.hpp and its visits ask for each of these.
void describe(FieldVisitor& v, DenseSpec& spec);
void describe(FieldVisitor& v, DenseSpace& space);
/// One word for people: "64 tanh bn drop 0.1".
[[nodiscard]] std::string text_of(const DenseSpec& spec);
[[nodiscard]] LayerShape output_shape(const DenseSpec& spec, LayerShape input);
[[nodiscard]] std::int64_t parameter_count(const DenseSpec& spec, LayerShape input);
/// Floating-point operations of one forward pass of one stock-day.
[[nodiscard]] double forward_flops(const DenseSpec& spec, LayerShape input);
/// What must be equal for two layers to be stacked.
void add_shape(Hasher& hasher, const DenseSpec& spec);
/// Everything that changes what the layer computes.
void add_content(Hasher& hasher, const DenseSpec& spec);
void validate(const DenseSpec& spec, const DenseSpace& space, std::string_view where,
              Problems& problems);

}  // namespace evofactor::genome
