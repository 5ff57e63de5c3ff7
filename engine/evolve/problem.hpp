#pragma once
#include <concepts>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/grid.hpp"
#include "engine/core/ids.hpp"
#include "engine/core/json.hpp"
#include "engine/core/lane.hpp"
#include "engine/core/outcome.hpp"
#include "engine/core/rng.hpp"
#include "engine/evolve/hurdle.hpp"

namespace evofactor::evolve {

/// What the loop asks of a genome: a regular value with a content hash (equal hash = trains to the
/// same factor).
template <class G>
concept Genome = std::regular<G> && requires(const G& g) {
  { content_hash(g) } -> std::same_as<ContentHash>;
  { shape_key(g) } -> std::same_as<ShapeKey>;
};

/// A variation operator: parents in, a valid child out, nothing if these parents allow none. Holds
/// settings only.
template <Genome G>
struct Variation {
  std::string name;
  int n_parents = 1;
  double rate = 1;  ///< relative to the other operators
  std::function<std::optional<G>(Rng&, std::span<const G* const> parents)> apply;
};

/// Numbers about how a search goes, in a fixed order; nothing depends on them.
using Probes = std::vector<std::pair<std::string, double>>;

/// Everything the loop needs to know about one kind of genome on one fold. Callbacks are pure but
/// for `evaluate`'s use of its lane's device, and are called from many threads (evaluate,
/// factor_values) or one (the others).
template <Genome G>
struct Problem {
  std::string kind;               ///< "formula", "network"
  std::function<G(Rng&)> create;  ///< always valid
  std::vector<G> initial;         ///< first members of generation 0 (presets, seeds); may be empty
  std::vector<Variation<G>> variations;  ///< at least one
  /// The child as it starts from what became of its first parent; nothing: it starts anew. Its
  /// content hash tells the parent's from others. Where this is given, members of the population
  /// keep their weights. Empty: children start anew.
  std::function<std::optional<G>(const G& child, const G& parent, const Evaluation&)> inherit;
  /// Genomes one small step away, for local search, always valid; may be empty.
  std::function<std::vector<G>(const G&)> neighbours;
  std::function<Json(const G&)> to_json;
  std::function<G(const Json&)> from_json;    ///< @throws StoreError
  std::function<std::string(const G&)> text;  ///< one line for people
  std::function<double(const G&)>
      cost;  ///< relative cost of evaluation; the scheduler starts the dearest first
  /// Scores candidates of equal shape key (at most lane.bucket_cap of them). Same length and order.
  /// The score of one that cannot take the hurdle may be approximate (Scoring::kScreened).
  /// Never throws for a bad candidate; what does leave it is turned into a Failure of the whole
  /// bucket (std::bad_alloc on the host apart).
  std::function<std::vector<Outcome>(std::span<const Candidate<G>>, const Lane&, const Hurdle&)>
      evaluate;
  /// The same after a share, below 1, of the effort that `evaluate` takes (e.g. of the training
  /// steps), begun anew; empty: effort cannot be adjusted.
  std::function<std::vector<Outcome>(std::span<const Candidate<G>>, const Lane&, const Hurdle&,
                                     double share)>
      evaluate_share;
  /// The candidate's factor on the fitness days as centred ranks times its sign
  /// (fitness/ranks.hpp), for the pool.
  std::function<Grid<float>(const G&, const Evaluation&)> pool_values;
  /// Named numbers for events.ndjson, asked for once a generation; may be empty.
  std::function<Probes()> probes;
};

}  // namespace evofactor::evolve
