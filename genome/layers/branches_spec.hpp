#pragma once
#include "genome/layers/layer_kind.hpp"

namespace evofactor::genome {

struct LayerSpec;

/// One way through a parting network: layers on the newest `window` positions, of which every
/// `every`-th counted back from the newest is read. No layers: what comes in is handed on.
struct Branch {
  int window = 0;  ///< positions; 0: all
  int every = 1;
  std::vector<LayerSpec> layers;
  bool operator==(const Branch&) const;
  /// What the branch's first layer gets.
  [[nodiscard]] LayerShape input(LayerShape whole) const;
};

/// The same input through several chains of layers, whose flattened results are joined: two
/// windows, two frequencies, a skip connection.
struct BranchesSpec {
  static constexpr std::string_view kKind = "branches";
  static constexpr Role kRole = Role::kSequence;
  [[nodiscard]] static const std::vector<GeneOf<BranchesSpec>>& genes();
  std::vector<Branch> branches;
  bool operator==(const BranchesSpec&) const;
};

[[nodiscard]] std::string text_of(const BranchesSpec& spec);
[[nodiscard]] LayerShape output_shape(const BranchesSpec& spec, LayerShape input, bool sequence);
[[nodiscard]] std::int64_t parameter_count(const BranchesSpec& spec, LayerShape input);
[[nodiscard]] double forward_flops(const BranchesSpec& spec, LayerShape input);

}  // namespace evofactor::genome
