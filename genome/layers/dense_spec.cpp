#include "genome/layers/dense_spec.hpp"

#include <algorithm>

namespace evofactor::genome {

std::string_view name_of(Activation activation) {
  for (const auto& [name, value] : kActivationNames)
    if (value == activation) return name;
  EVOFACTOR_CHECK(false, "activation {} has no name", static_cast<int>(activation));
}

void describe(FieldVisitor& v, DenseSpec& spec) {
  v.field("units", spec.units, {1, 4096}, "width of the layer");
  v.choice("activation", spec.activation, kActivationNames, "function applied to every unit");
  v.field("batch_norm", spec.batch_norm, "batch norm before the activation");
  v.field("dropout", spec.dropout, {0, 0.9}, "share of units set to zero while training");
}

void describe(FieldVisitor& v, DenseSpace& space) {
  v.field("units", space.units, {1, 4096}, "widths to choose from, ascending");
  std::vector<std::string> names;
  for (const Activation a : space.activations) names.emplace_back(name_of(a));
  v.field("activations", names, "activations to choose from: tanh, relu, gelu");
  space.activations.clear();
  for (const std::string& name : names) {
    const auto it =
        std::ranges::find_if(kActivationNames, [&](const auto& a) { return a.first == name; });
    v.require(it != kActivationNames.end(), "activations", "expected names among tanh, relu, gelu");
    if (it != kActivationNames.end()) space.activations.push_back(it->second);
  }
  v.field("batch_norm", space.batch_norm, "whether layers may have batch norm");
  v.field("dropout", space.dropout, {0, 0.9}, "dropout shares to choose from, ascending");
  v.require(!space.units.empty() && std::ranges::is_sorted(space.units), "units",
            "expected at least one width, ascending");
  v.require(!space.activations.empty(), "activations", "expected at least one");
  v.require(!space.dropout.empty() && std::ranges::is_sorted(space.dropout), "dropout",
            "expected at least one share, ascending");
}

std::string text_of(const DenseSpec& spec) {
  std::string text = fmt::format("{} {}", spec.units, name_of(spec.activation));
  if (spec.batch_norm) text += " bn";
  if (spec.dropout > 0) text += fmt::format(" drop {}", spec.dropout);
  return text;
}

LayerShape output_shape(const DenseSpec& spec, LayerShape) { return {spec.units, 1}; }

std::int64_t parameter_count(const DenseSpec& spec, LayerShape input) {
  const std::int64_t norm = spec.batch_norm ? 2 : 0;
  return static_cast<std::int64_t>(spec.units) * (input.size() + 1 + norm);
}

double forward_flops(const DenseSpec& spec, LayerShape input) {
  return 2.0 * static_cast<double>(input.size()) * spec.units;
}

void add_shape(Hasher& hasher, const DenseSpec& spec) {
  hasher.add(spec.units).add(spec.batch_norm).add(spec.dropout > 0);
}

void add_content(Hasher& hasher, const DenseSpec& spec) {
  hasher.add(spec.units).add(name_of(spec.activation)).add(spec.batch_norm).add(spec.dropout);
}

void validate(const DenseSpec& spec, const DenseSpace& space, std::string_view where,
              Problems& problems) {
  if (std::ranges::find(space.units, spec.units) == space.units.end())
    problems.add("{}: {} units are not among the search space's widths", where, spec.units);
  if (std::ranges::find(space.activations, spec.activation) == space.activations.end())
    problems.add("{}: activation {} is not in the search space", where, name_of(spec.activation));
  if (spec.batch_norm && !space.batch_norm)
    problems.add("{}: batch norm is not in the search space", where);
  if (std::ranges::find(space.dropout, spec.dropout) == space.dropout.end())
    problems.add("{}: dropout {} is not among the search space's shares", where, spec.dropout);
}

}  // namespace evofactor::genome
