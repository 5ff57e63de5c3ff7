#include "genome/layer_spec.hpp"

#include <utility>

namespace evofactor::genome {
namespace {

constexpr auto kIndices = std::make_index_sequence<kLayerKinds>();

template <std::size_t... I>
constexpr auto names(std::index_sequence<I...>) {
  static_assert((LayerKind<std::variant_alternative_t<I, LayerVariant>> && ...));
  return std::array<std::string_view, kLayerKinds>{
      std::variant_alternative_t<I, LayerVariant>::kKind...};
}

template <std::size_t... I>
std::array<std::vector<const Gene*>, kLayerKinds> all_genes(std::index_sequence<I...>) {
  const auto of = []<class S>(const std::vector<GeneOf<S>>& genes) {
    std::vector<const Gene*> pointers;
    for (const Gene& gene : genes) pointers.push_back(&gene);
    return pointers;
  };
  return {of(std::variant_alternative_t<I, LayerVariant>::genes())...};
}

void describe_gene(FieldVisitor& v, const Gene& gene, double& value) {
  switch (gene.type) {
    case GeneType::kInteger: {
      auto number = static_cast<std::int64_t>(value);
      v.field(gene.name, number, gene.bounds, gene.doc);
      value = static_cast<double>(number);
      return;
    }
    case GeneType::kReal:
      return v.field(gene.name, value, gene.bounds, gene.doc);
    case GeneType::kFlag: {
      bool on = value != 0;
      v.field(gene.name, on, gene.doc);
      value = on ? 1 : 0;
      return;
    }
    case GeneType::kChoice: {
      auto index = static_cast<std::size_t>(value);
      v.choice(gene.name, index, std::span<const std::string_view>(gene.names), gene.doc);
      value = static_cast<double>(index);
      return;
    }
  }
}

void describe_branches(FieldVisitor& v, BranchesSpec& spec) {
  v.list(
      "branches", spec.branches.size(), [&](std::size_t n) { spec.branches.resize(n); },
      [&](FieldVisitor& g, std::size_t i) {
        Branch& branch = spec.branches[i];
        g.field("window", branch.window, {0, 1000}, "newest positions it reads; 0: all");
        g.field("every", branch.every, {1, 1000}, "of which every so many-th is read");
        g.list(
            "layers", branch.layers.size(), [&](std::size_t n) { branch.layers.resize(n); },
            [&](FieldVisitor& inner, std::size_t j) { describe(inner, branch.layers[j]); },
            "layers of the branch");
      },
      "chains that get the same input and whose results are joined");
}

template <class AddLayer>
void add_branches(Hasher& hasher, const BranchesSpec& spec, AddLayer add) {
  hasher.add(spec.branches.size());
  for (const Branch& branch : spec.branches) {
    hasher.add(branch.window).add(branch.every).add(branch.layers.size());
    for (const LayerSpec& layer : branch.layers) add(hasher, layer);
  }
}

}  // namespace

std::span<const std::string_view> layer_kind_names() {
  static constexpr auto kNames = names(kIndices);
  return kNames;
}

LayerSpec layer_of_kind(std::size_t kind) {
  LayerSpec layer;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((I == kind ? void(layer.emplace<I>()) : void()), ...);
  }
  (kIndices);
  return layer;
}

std::span<const Gene* const> genes_of(std::size_t kind) {
  static const auto genes = all_genes(kIndices);
  return genes[kind];
}

double gene_value(const LayerSpec& layer, std::size_t gene) {
  return std::visit([&]<class S>(const S& spec) { return S::genes()[gene].get(spec); }, layer);
}

void set_gene(LayerSpec& layer, std::size_t gene, double value) {
  std::visit([&]<class S>(S& spec) { S::genes()[gene].set(spec, value); }, layer);
}

std::string_view kind_of(const LayerSpec& layer) { return layer_kind_names()[layer.index()]; }

Role role_of(const LayerSpec& layer) {
  return std::visit([]<class S>(const S&) { return S::kRole; }, layer);
}

std::string text_of(const LayerSpec& layer) {
  return std::visit([](const auto& spec) { return text_of(spec); }, layer);
}

void add_shape(Hasher& hasher, const LayerSpec& layer) {
  hasher.add(kind_of(layer));
  const auto genes = genes_of(layer.index());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const double value = gene_value(layer, i);
    if (genes[i]->stacks == Stacks::kEqual) hasher.add(value);
    if (genes[i]->stacks == Stacks::kSwitch) hasher.add(value > 0);
  }
  if (const auto* parting = std::get_if<BranchesSpec>(&layer))
    add_branches(hasher, *parting, [](Hasher& h, const LayerSpec& inner) { add_shape(h, inner); });
}

void add_content(Hasher& hasher, const LayerSpec& layer) {
  hasher.add(kind_of(layer));
  const auto genes = genes_of(layer.index());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const double value = gene_value(layer, i);
    if (genes[i]->type == GeneType::kChoice) {
      hasher.add(genes[i]->names[static_cast<std::size_t>(value)]);
    } else {
      hasher.add(value);
    }
  }
  if (const auto* parting = std::get_if<BranchesSpec>(&layer))
    add_branches(hasher, *parting,
                 [](Hasher& h, const LayerSpec& inner) { add_content(h, inner); });
}

void describe(FieldVisitor& v, LayerSpec& layer) {
  std::size_t kind = layer.index();
  v.choice("kind", kind, layer_kind_names(), "kind of layer");
  if (kind != layer.index()) layer = layer_of_kind(kind);
  const auto genes = genes_of(layer.index());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    double value = gene_value(layer, i);
    describe_gene(v, *genes[i], value);
    set_gene(layer, i, value);
  }
  if (auto* parting = std::get_if<BranchesSpec>(&layer)) describe_branches(v, *parting);
}

}  // namespace evofactor::genome
