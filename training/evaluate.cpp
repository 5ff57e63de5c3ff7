#include "training/evaluate.hpp"

#include <ATen/ATen.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <chrono>

#include "engine/device/host_memory.hpp"
#include "engine/formula/parse.hpp"
#include "engine/formula/program.hpp"
#include "fitness/ranks.hpp"
#include "genome/genome_json.hpp"
#include "genome/net/stacked_net.hpp"
#include "genome/net/torchscript.hpp"
#include "genome/presets.hpp"
#include "genome/shape.hpp"
#include "genome/validate.hpp"
#include "operators/creation.hpp"
#include "operators/registry.hpp"
#include "training/develop.hpp"
#include "training/inputs.hpp"
#include "training/out_of_memory.hpp"
#include "training/recent_values.hpp"
#include "training/thread_set_up.hpp"
#include "training/values.hpp"

namespace evofactor::training {
namespace {

using genome::NetGenome;

/// Everything that evaluating networks on one fold shares. Thread-safe.
class NetworkEvaluator {
 public:
  NetworkEvaluator(NetworkSettings settings, const NetworkFold& fold)
      : settings_(std::move(settings)), fold_(fold), inputs_(input_store(settings_, fold_)) {}

  /// @param share of every candidate's training steps
  std::vector<Outcome> evaluate(std::span<const Candidate<NetGenome>> batch, const Lane& lane,
                                const evolve::Hurdle& hurdle, double share = 1) {
    const ThreadSetUp guard;
    std::vector<Outcome> outcomes(batch.size());
    std::vector<NetGenome> genomes;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const NetGenome& genome = batch[i].genome;
      Problems problems = genome::validate(genome, settings_.space);
      if (genome.start && !genome.start->trained)
        problems.add("the weights of its parent {} are not at hand",
                     to_hex(genome.start->parent.value));
      if (!problems.empty()) {
        outcomes[i] = Failure{FailureKind::kInvalidGenome, "decode", problems.text()};
        continue;
      }
      genomes.push_back(genome);
      places.push_back(i);
    }
    std::vector<Outcome> scored;
    for (std::size_t first = 0; first < genomes.size();) {
      const std::size_t size = bucket_size(genomes, lane, genomes.size() - first);
      const auto part =
          evaluate_within_memory(std::span(genomes).subspan(first, size), lane, hurdle, share);
      scored.insert(scored.end(), part.begin(), part.end());
      first += size;
    }
    for (std::size_t i = 0; i < places.size(); ++i) outcomes[places[i]] = std::move(scored[i]);
    return outcomes;
  }

  Grid<float> pool_values(const NetGenome& genome, const Evaluation& evaluation) {
    const ThreadSetUp guard;
    EVOFACTOR_CHECK(evaluation.weights != nullptr, "network without weights");
    const DayRange days = fitted_days(fold_);
    std::optional<FactorValues> values = recent_.take(evaluation.weights);
    if (!values) {
      const auto inputs = inputs_.get(genome.input);
      values = device::within_host_memory([&] {
        net::StackedNet net = loaded(genome, net::from_bytes(*evaluation.weights));
        return std::move(
            values_of(net, *inputs, day_list(days), days, fold_.market->n_stocks()).front());
      });
    }
    return fitness::centred_ranks(*values, fold_.labels->mask, days, evaluation.sign);
  }

  static net::StackedNet loaded(const NetGenome& genome, const net::NetState& state) {
    const Seed seed;
    net::StackedNet net(std::span(&genome, 1), std::span(&seed, 1), at::kCPU);
    net.load(0, state);
    return net;
  }

  [[nodiscard]] const NetworkSettings& settings() const { return settings_; }

 private:
  static std::size_t bucket_size(std::span<const NetGenome> genomes, const Lane& lane,
                                 std::size_t left) {
    constexpr std::int64_t kRowsOfADay = 1024;
    const std::int64_t rows =
        lane.device == "cpu" ? kRowsOfADay : kRowsOfADay * genomes.front().train.days_per_batch;
    const std::int64_t each = std::max<std::int64_t>(1, net::training_bytes(genomes.front(), rows));
    const std::size_t fit =
        lane.memory_budget > 0
            ? static_cast<std::size_t>(std::max<std::int64_t>(1, lane.memory_budget / each))
            : left;
    return std::min({left, fit, static_cast<std::size_t>(std::max(1, lane.bucket_cap))});
  }

  std::vector<Outcome> evaluate_within_memory(std::span<const NetGenome> genomes, const Lane& lane,
                                              const evolve::Hurdle& hurdle, double share) {
    const auto evaluate = [&] { return evaluate_bucket(genomes, lane, hurdle, share); };
    try {
      return genomes.size() > 1 ? evaluate() : device::within_host_memory(evaluate);
    } catch (const c10::Error& error) {
      if (!is_out_of_memory(error)) throw;
      if (genomes.size() == 1) return {does_not_fit(error, "train", lane.device)};
    }
    const std::size_t half = genomes.size() / 2;
    std::vector<Outcome> outcomes =
        evaluate_within_memory(genomes.first(half), lane, hurdle, share);
    for (Outcome& outcome : evaluate_within_memory(genomes.subspan(half), lane, hurdle, share))
      outcomes.push_back(std::move(outcome));
    return outcomes;
  }

  std::vector<Outcome> evaluate_bucket(std::span<const NetGenome> genomes, const Lane& lane,
                                       const evolve::Hurdle& hurdle, double share) {
    const auto start = std::chrono::steady_clock::now();
    NetworkSettings settings = settings_;
    settings.steps_share = share;
    const auto inputs = inputs_.get(genomes.front().input);
    Developed developed = develop(genomes, 0, c10::Device(lane.device), *inputs, settings, fold_);
    if (settings_.on_stage) settings_.on_stage("score", genomes);
    std::vector<FactorValues> values = fitted_values(developed, *inputs, fold_);
    std::vector<Outcome> outcomes = outcomes_of(developed, values, *inputs, fold_, 0, &hurdle);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    for (std::size_t i = 0; i < outcomes.size(); ++i)
      if (auto* evaluation = std::get_if<Evaluation>(&outcomes[i])) {
        evaluation->seconds = seconds.count() / static_cast<double>(genomes.size());
        // The pool's are a CPU's, whatever trained: so an interrupted search has them again.
        if (lane.device == "cpu") recent_.keep(evaluation->weights, std::move(values[i]));
      }
    return outcomes;
  }

  NetworkSettings settings_;
  NetworkFold fold_;
  InputStore inputs_;
  RecentValues recent_;
};

/// Everything wrong with the settings on this market, at once.
void check(const NetworkSettings& settings, const NetworkFold& fold) {
  EVOFACTOR_CHECK(fold.market != nullptr && fold.labels != nullptr && fold.scorer != nullptr,
                  "incomplete fold");
  Problems problems;
  genome::check_formulas(settings.space, "search/space", problems);
  problems.throw_if_any<ConfigError>();
  const auto check_fields = [&](const std::string& text, bool is_input) {
    std::vector<std::string> fields = formula::fields_of(formula::parse_or_throw(text));
    if (is_input && feature_kind(text) == FeatureKind::kPrice) fields.emplace_back("close");
    for (const std::string& field : fields)
      if (!fold.market->fields.contains(field))
        problems.add("search/space: \"{}\" needs the field {}, which the panel cannot give", text,
                     field);
  };
  for (const std::string& text : settings.space.inputs) check_fields(text, true);
  for (const std::string& text : settings.space.optional_inputs) check_fields(text, true);
  for (const std::string& text : settings.space.priors) check_fields(text, false);
  if (settings.precision == net::kernels::Precision::kBf16 && !net::kernels::has_bf16())
    problems.add(
        "search/precision: bf16 needs a processor with AVX512-BF16, which this one is not; use "
        "f32");
  const auto names = operators::operator_names();
  for (const auto& [name, rate] : settings.operators)
    if (std::ranges::find(names, name) == names.end())
      problems.add("search/operators: unknown operator \"{}\"", name);
  problems.throw_if_any<ConfigError>();
}

std::vector<evolve::Variation<NetGenome>> variations_of(const NetworkSettings& settings) {
  std::vector<evolve::Variation<NetGenome>> variations;
  for (const operators::NetOperator& op : operators::registry()) {
    double rate = op.default_rate;
    for (const auto& [name, value] : settings.operators)
      if (name == op.name) rate = value;
    if (rate <= 0 || (op.offered && !op.offered(settings.space))) continue;
    variations.push_back(
        {std::string(op.name), op.n_parents, rate,
         [&op, space = settings.space](Rng& rng, std::span<const NetGenome* const> parents) {
           return op.apply(rng, parents, space);
         }});
  }
  if (variations.empty())
    throw ConfigError("search/operators: every rate is 0; expected at least one operator");
  return variations;
}

/// The child as it starts from its parent's weights, if it is to and the parent has any.
std::optional<NetGenome> heir(const NetGenome& child, const NetGenome& parent,
                              const Evaluation& evaluation) {
  if (!child.train.inherit || evaluation.weights == nullptr) return std::nullopt;
  NetGenome found = child;
  found.start = genome::Start{content_hash(parent),
                              (parent.start ? parent.start->steps : 0) + evaluation.train_steps,
                              std::make_shared<const genome::TrainedNet>(
                                  genome::TrainedNet{without_start(parent), evaluation.weights})};
  return found;
}

}  // namespace

void describe(FieldVisitor& v, NetworkSettings& s) {
  v.group("space", s.space, "bounds of every gene");
  static const std::vector<std::string_view> names = operators::operator_names();
  if (s.operators.empty())
    for (const operators::NetOperator& op : operators::registry())
      s.operators.emplace_back(op.name, op.default_rate);
  v.field("operators", s.operators, std::span<const std::string_view>(names), {0, 1e6},
          "relative rates of the variation operators");
  v.field("presets", s.presets, "published networks among the first members");
  for (const std::string& name : s.presets)
    v.require(
        std::ranges::find(genome::presets(), name, &genome::Preset::name) !=
            genome::presets().end(),
        "presets",
        fmt::format("\"{}\" is no preset; expected names among {}", name, genome::preset_names()));
  v.field("validate_every", s.validate_every, {1, 100000},
          "training steps between two looks at the validation days");
  v.field("patience", s.patience, {0, 100000},
          "looks without improvement before training stops; 0: never");
  v.field("prune_all", s.prune_all, "prune every weight matrix instead of the first");
  v.choice("precision", s.precision, kPrecisionNames,
           "factors of the products of training: f32, or bf16 for speed (processors with "
           "AVX512-BF16); all scores are computed in f32");
  v.field("input_cache_mb", s.input_cache_mb, {0, 1000000},
          "most memory for prepared inputs, in MiB");
}

evolve::Problem<NetGenome> make_network_problem(const NetworkSettings& given,
                                                const NetworkFold& fold) {
  NetworkSettings settings = given;
  for (const std::string& prior : settings.extra_priors)
    if (std::ranges::find(settings.space.priors, prior) == settings.space.priors.end())
      settings.space.priors.push_back(prior);
  check(settings, fold);
  auto evaluator = std::make_shared<NetworkEvaluator>(settings, fold);
  evolve::Problem<NetGenome> problem;
  problem.kind = "network";
  problem.create = [space = settings.space](Rng& rng) {
    return operators::random_genome(rng, space);
  };
  for (const std::string& name : settings.presets)
    problem.initial.push_back(genome::fit_to_space(genome::preset(name), settings.space));
  problem.variations = variations_of(settings);
  if (settings.space.inherit) problem.inherit = heir;
  problem.to_json = [](const NetGenome& g) { return genome::to_json(g); };
  problem.from_json = [](const Json& node) { return genome::from_json(node); };
  problem.text = [](const NetGenome& g) { return text_of(g); };
  problem.cost = [](const NetGenome& g) { return genome::training_flops(g); };
  problem.evaluate = [evaluator](std::span<const Candidate<NetGenome>> batch, const Lane& lane,
                                 const evolve::Hurdle& hurdle) {
    return evaluator->evaluate(batch, lane, hurdle);
  };
  problem.evaluate_share = [evaluator](std::span<const Candidate<NetGenome>> batch,
                                       const Lane& lane, const evolve::Hurdle& hurdle,
                                       double share) {
    return evaluator->evaluate(batch, lane, hurdle, share);
  };
  problem.pool_values = [evaluator](const NetGenome& g, const Evaluation& e) {
    return evaluator->pool_values(g, e);
  };
  return problem;
}

FactorValues network_values(const NetGenome& genome, const std::vector<std::byte>& weights,
                            const Market& market, DayRange days) {
  const ThreadSetUp guard;
  const net::NetState state = net::from_bytes(weights);
  const Normalisation normalisation{state.at("input.mean").values, state.at("input.scale").values};
  if (normalisation.mean.size() !=
      genome.input.features.size() * static_cast<std::size_t>(genome.input.window))
    throw StoreError("network weights: the stored input normalisation belongs to other inputs");
  const InputSet inputs = make_inputs(market, genome.input, days, normalisation);
  return device::within_host_memory([&] {
    net::StackedNet net = NetworkEvaluator::loaded(genome, state);
    return std::move(values_of(net, inputs, day_list(days), days, market.n_stocks()).front());
  });
}

void write_torchscript(const std::filesystem::path& file, const NetGenome& genome,
                       const std::vector<std::byte>& weights) {
  net::save_torchscript(file, genome, net::from_bytes(weights));
}

int look_back(const NetGenome& genome) { return look_back(genome.input); }

}  // namespace evofactor::training
