#include "experiments/report/network_family.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "experiments/report/json_fields.hpp"

namespace evofactor::report {
namespace {

/// Kinds that any network may hold beside others.
constexpr std::array<std::string_view, 5> kPlain{"dense", "norm", "dropout", "pool", "branches"};

/// Kinds of all layers below a node, branches' own layers included.
void collect_kinds(const Json& node, std::set<std::string>& kinds) {
  if (node.is_object() && node.contains("kind")) kinds.insert(text(node, "kind"));
  if (node.is_structured())
    for (const Json& inner : node) collect_kinds(inner, kinds);
}

}  // namespace

std::string family_of(const SearchData& search, const Member& member) {
  if (search.kind != "network") return "formula";
  const Json& layers = at(member.genome, "layers");
  if (!layers.is_array()) return "network";
  std::set<std::string> kinds;
  collect_kinds(layers, kinds);
  std::string family;
  for (const std::string& kind : kinds)
    if (std::ranges::find(kPlain, kind) == kPlain.end())
      family += (family.empty() ? "" : "+") + kind;
  return family.empty() ? "dense" : family;
}

}  // namespace evofactor::report
