#include "genome/search_space.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "engine/formula/functions.hpp"
#include "engine/formula/indicators.hpp"
#include "engine/formula/parse.hpp"
#include "genome/genome_json.hpp"
#include "genome/presets.hpp"

namespace evofactor::genome {
namespace {

template <class T>
bool ascending(const std::vector<T>& values) {
  return !values.empty() &&
         std::ranges::adjacent_find(values, std::greater_equal<>()) == values.end();
}

void list_of_integers(FieldVisitor& v, std::string_view key, std::vector<std::int64_t>& values,
                      Bounds bounds, std::string_view doc) {
  v.field(key, values, bounds, doc);
  v.require(ascending(values), key, "expected at least one number, ascending");
}

/// A list of names <-> a list of enumerators.
template <class Enum, std::size_t N>
void list_of_choices(FieldVisitor& v, std::string_view key, std::vector<Enum>& values,
                     const std::array<std::pair<std::string_view, Enum>, N>& known,
                     std::string_view doc) {
  std::vector<std::string> names;
  std::vector<std::string_view> all;
  for (const auto& [name, value] : known) all.push_back(name);
  for (const Enum value : values) names.emplace_back(known[static_cast<std::size_t>(value)].first);
  const std::string expected = fmt::format("{}", fmt::join(all, ", "));
  v.field(key, names, fmt::format("{}: {}", doc, expected));
  values.clear();
  for (const std::string& name : names) {
    const auto it = std::ranges::find(all, name);
    v.require(it != all.end(), key, fmt::format("expected names among {}", expected));
    if (it != all.end()) values.push_back(known[static_cast<std::size_t>(it - all.begin())].second);
  }
  v.require(!values.empty(), key, "expected at least one");
}

void describe_architecture(FieldVisitor& v, SearchSpace& s) {
  const std::string before = s.architecture;
  v.field("architecture", s.architecture,
          "preset whose layers every network of the search has, so that the genes of its training "
          "are searched alone; its inputs are the default ones; empty: free");
  const auto known = std::ranges::find(presets(), s.architecture, &Preset::name);
  v.require(s.architecture.empty() || known != presets().end(), "architecture",
            fmt::format("\"{}\" is no preset; expected one of {}", s.architecture, preset_names()));
  if (s.architecture != before && known != presets().end()) {
    const NetGenome genome = known->make();
    s.fixed_layers = genome.layers;
    s.inputs = genome.input.features;
    s.windows = {genome.input.window};
    s.scales = {genome.input.scale};
  }
  Json layers = to_json(s.fixed_layers);
  v.raw("layers", layers, "the same, layer by layer, as `evofactor networks NAME` shows them");
  Problems problems;
  s.fixed_layers = layers_from_json(layers, problems);
  v.require(problems.empty(), "layers", problems.text());
}

bool is_field(const std::string& text) {
  const auto fields = formula::known_fields();
  return std::ranges::find(fields, text) != fields.end();
}

}  // namespace

SearchSpace::SearchSpace() {
  for (const formula::Indicator& known : formula::indicators())
    priors.push_back(formula::to_string(*formula::indicator(known.name)));
}

void describe(FieldVisitor& v, SearchSpace& s) {
  v.field("min_layers", s.min_layers, {1, 64}, "fewest hidden layers");
  v.field("max_layers", s.max_layers, {1, 64}, "most hidden layers");
  v.require(s.min_layers <= s.max_layers, "min_layers", "expected at most max_layers");
  v.field("max_parameters", s.max_parameters, {0, 1e12}, "most weights and biases; 0: no limit");
  v.field("max_flops", s.max_flops, {0, 1e15},
          "most floating-point operations of one stock-day, forward; 0: no limit");
  describe(v, s.layers);
  describe_architecture(v, s);
  v.field("inputs", s.inputs, "fields or formulas a created network sees");
  v.require(!s.inputs.empty(), "inputs", "expected at least one field or formula");
  v.field("optional_inputs", s.optional_inputs, "fields or formulas that variation may add");
  list_of_integers(v, "windows", s.windows, {1, 1000}, "trading days a network sees, ascending");
  list_of_choices(v, "scales", s.scales, kInputScaleNames, "how inputs may be scaled");
  v.choice(
      "missing", s.missing, kMissingNames,
      "a stock some of whose formula inputs have no value is left out of the day, or they take "
      "the middle (the median of the day's cross-section; where nobody has a value, the mean of "
      "the training days)");
  v.field("priors", s.priors, "formulas a network may be pre-trained on");
  v.field("prior_windows", s.prior_windows, {2, 250},
          "windows that parameters of a prior may take beside their own, ascending; empty: none");
  v.require(s.prior_windows.empty() || ascending(s.prior_windows), "prior_windows",
            "expected numbers, ascending");
  v.field("prior_share", s.prior_share, {0, 1}, "chance that a created network has a prior");
  list_of_integers(v, "pretrain_steps", s.pretrain_steps, {1, 100000},
                   "lengths of pre-training in steps, ascending");
  v.field("min_prune_rate", s.min_prune_rate, {0, 0.95}, "smallest share of pruned weights");
  v.field("max_prune_rate", s.max_prune_rate, {0, 0.95}, "largest share of pruned weights");
  v.require(s.min_prune_rate <= s.max_prune_rate, "min_prune_rate",
            "expected at most max_prune_rate");
  list_of_choices(v, "losses", s.losses, kLossNames, "what training may minimise");
  v.field("min_learning_rate", s.min_learning_rate, {1e-8, 1}, "smallest learning rate");
  v.field("max_learning_rate", s.max_learning_rate, {1e-8, 1}, "largest learning rate");
  v.require(s.min_learning_rate <= s.max_learning_rate, "min_learning_rate",
            "expected at most max_learning_rate");
  v.field("max_weight_decay", s.max_weight_decay, {0, 1}, "largest decoupled weight decay");
  list_of_integers(v, "days_per_batch", s.days_per_batch, {1, 1000},
                   "trading days in one training step, ascending");
  list_of_integers(v, "steps", s.steps, {1, 1000000}, "lengths of training in steps, ascending");
  v.field("inherit", s.inherit, "whether a child may start from its parent's weights: a gene");
}

void check_formulas(const SearchSpace& space, std::string_view where, Problems& problems) {
  const auto check = [&](std::string_view key, const std::string& text, bool is_input) {
    if (is_input && is_field(text)) {
      if (text.starts_with("raw_"))
        problems.add("{}/{}: {} is not adjusted for dividends and splits; use {}", where, key, text,
                     text.substr(4));
      return;
    }
    const auto program = formula::parse(text);
    if (!program) {
      problems.add("{}/{}: {}", where, key, program.error().pretty());
    } else if (is_input && formula::depends_on_adjustment_base(*program)) {
      problems.add("{}/{}: {} depends on the adjustment base (a price level); divide it by a price",
                   where, key, text);
    }
  };
  for (const std::string& text : space.inputs) check("inputs", text, true);
  for (const std::string& text : space.optional_inputs) check("optional_inputs", text, true);
  for (const std::string& text : space.priors) check("priors", text, false);
}

}  // namespace evofactor::genome
