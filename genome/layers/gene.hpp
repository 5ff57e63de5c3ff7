#pragma once
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/settings.hpp"

namespace evofactor::genome {

enum class GeneType { kInteger, kReal, kFlag, kChoice };

/// Whether candidates that are trained as one stacked model must agree in a gene.
enum class Stacks {
  kEqual,  ///< it shapes the computation
  kFree,   ///< it may differ between candidates
  kSwitch  ///< it may differ, but not between zero and something
};

/// One setting of a layer kind, named once: JSON, schema, search space, validation, creation,
/// mutation and hashes of every kind follow from its list of genes.
struct Gene {
  std::string_view name, doc;
  GeneType type = GeneType::kInteger;
  Bounds bounds;
  std::vector<std::string_view> names;  ///< of a choice, by value
  std::vector<double> values;           ///< a search may choose from by default, ascending
  Stacks stacks = Stacks::kEqual;
};

template <class S>
struct GeneOf : Gene {
  double (*get)(const S&) = nullptr;
  void (*set)(S&, double) = nullptr;
};

namespace detail {
template <class S, class T>
S owner_of(T S::*);
template <auto Member>
using Owner = decltype(owner_of(Member));
}  // namespace detail

template <auto Member>
GeneOf<detail::Owner<Member>> gene(Gene base) {
  using S = detail::Owner<Member>;
  using T = std::remove_cvref_t<decltype(std::declval<S>().*Member)>;
  GeneOf<S> made;
  static_cast<Gene&>(made) = std::move(base);
  made.get = [](const S& spec) { return static_cast<double>(spec.*Member); };
  made.set = [](S& spec, double value) { spec.*Member = static_cast<T>(value); };
  return made;
}

template <auto Member>
auto integer_gene(std::string_view name, Bounds bounds, std::vector<double> values,
                  std::string_view doc) {
  return gene<Member>({name, doc, GeneType::kInteger, bounds, {}, std::move(values)});
}
template <auto Member>
auto flag_gene(std::string_view name, std::vector<double> values, std::string_view doc) {
  return gene<Member>({name, doc, GeneType::kFlag, {0, 1}, {}, std::move(values)});
}
/// Share of values set to zero while training; the share may differ within a stack.
template <auto Member>
auto dropout_gene() {
  return gene<Member>({"dropout",
                       "share of its results set to zero while training",
                       GeneType::kReal,
                       {0, 0.9},
                       {},
                       {0, 0.1, 0.2, 0.3, 0.5},
                       Stacks::kSwitch});
}
template <auto Member, class Enum, std::size_t N>
auto choice_gene(std::string_view name,
                 const std::array<std::pair<std::string_view, Enum>, N>& names,
                 std::string_view doc, Stacks stacks = Stacks::kEqual) {
  Gene base{name, doc, GeneType::kChoice, {0, N - 1}, {}, {}, stacks};
  for (const auto& [text, value] : names) {
    base.names.push_back(text);
    base.values.push_back(static_cast<double>(value));
  }
  return gene<Member>(std::move(base));
}

}  // namespace evofactor::genome
