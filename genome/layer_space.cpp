#include "genome/layer_space.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace evofactor::genome {
namespace {

/// A list of names <-> a list of indices into them.
void describe_names(FieldVisitor& v, const Gene& gene, std::vector<double>& values,
                    std::string_view doc) {
  std::vector<std::string> chosen;
  for (const double value : values)
    chosen.emplace_back(gene.names[static_cast<std::size_t>(value)]);
  v.field(gene.name, chosen, doc);
  values.clear();
  for (const std::string& name : chosen) {
    const auto it = std::ranges::find(gene.names, name);
    v.require(it != gene.names.end(), gene.name,
              fmt::format("expected names among {}", fmt::join(gene.names, ", ")));
    if (it != gene.names.end())
      values.push_back(static_cast<double>(std::distance(gene.names.begin(), it)));
  }
  std::ranges::sort(values);
}

void describe_values(FieldVisitor& v, const Gene& gene, std::vector<double>& values) {
  const std::string doc = fmt::format("{}: values to choose from", gene.doc);
  switch (gene.type) {
    case GeneType::kInteger: {
      std::vector<std::int64_t> numbers(values.begin(), values.end());
      v.field(gene.name, numbers, gene.bounds, doc);
      values.assign(numbers.begin(), numbers.end());
      break;
    }
    case GeneType::kReal:
      v.field(gene.name, values, gene.bounds, doc);
      break;
    case GeneType::kFlag: {
      bool may = values.back() != 0;
      v.field(gene.name, may, fmt::format("{}: whether a search may choose it", gene.doc));
      values = may ? std::vector<double>{0, 1} : std::vector<double>{0};
      break;
    }
    case GeneType::kChoice:
      describe_names(v, gene, values, doc);
      break;
  }
  v.require(!values.empty() && std::ranges::is_sorted(values), gene.name,
            "expected at least one value, ascending");
  if (values.empty()) values = gene.values;
}

void validate_layer(const LayerSpec& layer, const LayerSpace& space, std::string_view where,
                    Problems& problems) {
  if (!space.allows(layer.index()))
    problems.add("{}: a {} layer is not in the search space", where, kind_of(layer));
  const auto genes = genes_of(layer.index());
  for (std::size_t i = 0; i < genes.size(); ++i) {
    const double value = gene_value(layer, i);
    if (std::ranges::find(space.values[layer.index()][i], value) !=
        space.values[layer.index()][i].end())
      continue;
    if (genes[i]->type == GeneType::kChoice) {
      problems.add("{}: {} {} is not in the search space", where, genes[i]->name,
                   genes[i]->names[static_cast<std::size_t>(value)]);
    } else {
      problems.add("{}: {} {} is not among the search space's values", where, value,
                   genes[i]->name);
    }
  }
}

}  // namespace

LayerSpace::LayerSpace() {
  for (std::size_t kind = 0; kind < kLayerKinds; ++kind)
    for (const Gene* gene : genes_of(kind)) values[kind].push_back(gene->values);
}

bool LayerSpace::allows(std::size_t kind) const {
  return std::ranges::find(kinds, layer_kind_names()[kind]) != kinds.end();
}

std::vector<std::size_t> LayerSpace::kinds_of(Role role) const {
  std::vector<std::size_t> found;
  for (std::size_t kind = 0; kind < kLayerKinds; ++kind)
    if (allows(kind) && role_of(layer_of_kind(kind)) == role) found.push_back(kind);
  return found;
}

void describe(FieldVisitor& v, LayerSpace& space) {
  v.field("kinds", space.kinds,
          fmt::format("layer kinds a search may choose: {}", fmt::join(layer_kind_names(), ", ")));
  for (const std::string& kind : space.kinds)
    v.require(std::ranges::find(layer_kind_names(), kind) != layer_kind_names().end(), "kinds",
              fmt::format("\"{}\" is no layer kind; expected names among {}", kind,
                          fmt::join(layer_kind_names(), ", ")));
  v.require(!space.kinds.empty(), "kinds", "expected at least one");
  for (std::size_t kind = 0; kind < kLayerKinds; ++kind) {
    const auto genes = genes_of(kind);
    if (genes.empty()) continue;
    v.group(
        layer_kind_names()[kind],
        [&](FieldVisitor& g) {
          for (std::size_t i = 0; i < genes.size(); ++i)
            describe_values(g, *genes[i], space.values[kind][i]);
        },
        "genes of this kind");
  }
}

void validate(const Chain& chain, const LayerSpace& space, std::string_view where,
              Problems& problems) {
  bool flat = false;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const std::string place = fmt::format("{}{}", where, i);
    validate_layer(chain[i], space, place, problems);
    const Role role = role_of(chain[i]);
    if (role == Role::kSequence && flat)
      problems.add("{}: a {} layer reads places in time, but a layer before it flattens them",
                   place, kind_of(chain[i]));
    flat = flat || role == Role::kFlat;
    if (const auto* parting = std::get_if<BranchesSpec>(&chain[i])) {
      if (parting->branches.empty()) problems.add("{}: no branches", place);
      for (std::size_t j = 0; j < parting->branches.size(); ++j)
        validate(parting->branches[j].layers, space, fmt::format("{} branch {} layer ", place, j),
                 problems);
    }
  }
}

void fit(Chain& chain, const LayerSpace& space) {
  std::erase_if(chain, [&](const LayerSpec& layer) { return !space.allows(layer.index()); });
  for (LayerSpec& layer : chain) {
    const auto& allowed = space.values[layer.index()];
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      const double wanted = gene_value(layer, i);
      set_gene(layer, i, *std::ranges::min_element(allowed[i], {}, [&](double value) {
                 return std::abs(value - wanted);
               }));
    }
    if (auto* parting = std::get_if<BranchesSpec>(&layer))
      for (Branch& branch : parting->branches) fit(branch.layers, space);
  }
}

}  // namespace evofactor::genome
