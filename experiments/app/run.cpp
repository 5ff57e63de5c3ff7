#include "experiments/app/run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>

#include "baselines/gp/formula_problem.hpp"
#include "engine/device/lane.hpp"
#include "engine/device/runtime.hpp"
#include "engine/formula/evaluate.hpp"
#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"
#include "experiments/app/environment.hpp"
#include "experiments/app/factor_maps.hpp"
#include "experiments/app/finalise.hpp"
#include "experiments/app/finalists.hpp"
#include "experiments/app/fold.hpp"
#include "experiments/app/interrupt.hpp"
#include "experiments/app/progress.hpp"
#include "experiments/app/publish.hpp"
#include "experiments/report/run_data.hpp"
#include "fitness/baselines.hpp"
#include "fitness/combine.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

void say(std::string_view text) { fmt::print(stderr, "{}\n", text); }

/// One arm, seed and fold.
struct Job {
  const Arm* arm = nullptr;
  std::int64_t seed = 0;
  int fold = 0;
  Split split;  ///< on the panel's whole calendar

  [[nodiscard]] fs::path folder(const fs::path& run) const {
    return run / arm->name / fmt::format("seed-{}", seed) / fmt::format("fold-{}", fold);
  }
};

/// Keys of "search" that change nothing of a search, only what is made of its pool.
constexpr std::array kAfterSearch{"replicates", "replicate_average", "stages"};

/// Formulas that an arm's networks take from the pools of other arms.
struct Borrowed {
  std::vector<std::string> priors, inputs;
};

/// Everything of an arm that its search depends on, but for the budget, which may grow.
Json identity_of(const Job& job, const Borrowed& borrowed) {
  Json identity = write_arm(*job.arm);
  identity.erase("budget");
  identity["data"].erase("panel");  // the panel may move; its fingerprint is compared
  identity["search"].erase("generations");
  identity["search"].erase("arena_mib");  // changes no result
  for (const char* key : kAfterSearch) identity["search"].erase(key);
  identity["seed"] = job.seed;
  identity["fold"] = job.fold;
  if (!job.arm->priors_from.empty()) identity["priors"] = borrowed.priors;
  if (!job.arm->inputs_from.empty()) identity["inputs"] = borrowed.inputs;
  return identity;
}

/// Everything that the files of a finished search depend on.
Json with_budget(Json identity, const Arm& arm) {
  const Json json = write_arm(arm);
  identity["budget"] = json["budget"];
  identity["search"]["generations"] = json["search"]["generations"];
  for (const char* key : kAfterSearch)
    if (json["search"].contains(key)) identity["search"][key] = json["search"][key];
  return identity;
}

/// What must be as it was in a folder that holds the experiment `there`: all but its name, what may
/// grow, which is budgets, arms and seeds, and what is done after a search.
Json fixed_part(Json json, const Json& there) {
  json.erase("name");
  json["baselines"].erase("random_search");  // its arms are listed with the others
  std::erase_if(json["arms"].get_ref<Json::array_t&>(), [&](const Json& arm) {
    return std::ranges::none_of(there["arms"],
                                [&](const Json& old) { return old["name"] == arm["name"]; });
  });
  std::erase_if(json["seeds"].get_ref<Json::array_t&>(), [&](const Json& seed) {
    return std::ranges::find(there["seeds"], seed) == there["seeds"].end();
  });
  for (Json& arm : json["arms"]) {
    arm.erase("budget");
    arm["search"].erase("generations");
    for (const char* key : kAfterSearch) arm["search"].erase(key);
  }
  return json;
}

/// Whether the folder holds this search finished, with this budget.
bool is_finished(const fs::path& folder, const Json& identity) {
  const fs::path file = folder / "results.json";
  if (!fs::exists(file)) return false;
  const Json results = Json::parse(read_text(file), nullptr, false);
  return !results.is_discarded() && results.contains("identity") &&
         results["identity"] == identity && results.value("stop", "") != "signal";
}

/// Formulas of a finished search's pool, best first.
std::vector<std::string> pool_formulas(const fs::path& folder) {
  const Json pool = Json::parse(read_text(folder / "pool.json"));
  std::vector<std::string> formulas;
  for (const Json& member : pool["members"]) formulas.push_back(member["text"]);
  return formulas;
}

std::vector<FoundFactor> found_formulas(
    const std::vector<evolve::PoolMember<gp::FormulaGenome>>& pool,
    const evolve::Problem<gp::FormulaGenome>& problem) {
  std::vector<FoundFactor> found;
  for (const auto& member : pool) {
    const auto& genome = member.candidate.genome;
    FoundFactor& f = found.emplace_back();
    f.id = member.candidate.id;
    f.hash = content_hash(genome).value;
    f.text = problem.text(genome);
    f.genome = problem.to_json(genome);
    f.evaluation = member.evaluation;
    f.lineage = member.candidate.lineage;
    f.base_dependent = formula::depends_on_adjustment_base(genome.program);
    f.look_back = formula::look_back(genome.program);
    f.values = [program = genome.program](const Market& market, DayRange days) {
      return formula::evaluate(program, market, days);
    };
  }
  return found;
}

class Runner {
 public:
  Runner(const Experiment& experiment, const RunOptions& options)
      : experiment_(experiment), options_(options) {}

  int run() {
    device::set_up();
    device::set_up_thread();
    plan();
    claim_folder();
    int done = 0;
    for (const Job& job : jobs_) {
      ++done;
      const int status = run_job(job, done);
      if (status != 0) return status;
    }
    search_fold_.reset();
    for (const Job& job : jobs_) write_baselines(job);
    final_fold_.reset();
    write_maps();
    publish(report::read_run(options_.folder), options_.folder, options_.json);
    return 0;
  }

 private:
  /// Reads the panels' headers, makes the splits, and checks all that can be checked before
  /// anything is written.
  void plan() {
    Problems problems;
    std::map<std::string, PanelHeader> headers;
    std::vector<std::pair<const Arm*, std::vector<Split>>> splits;
    for (const Arm& arm : experiment_.arms) {
      try {
        if (!headers.contains(arm.data.panel))
          headers[arm.data.panel] = read_panel_header(arm.data.panel);
        const PanelHeader& header = headers[arm.data.panel];
        (void)choose_universe(header.universes, arm.data.market.universe);
        splits.emplace_back(&arm, splits_of(arm, header));
      } catch (const Error& error) {
        problems.add("{}: arm {}: {}", experiment_.file.string(), arm.name, error.what());
      }
    }
    problems.throw_if_any<ConfigError>();
    std::size_t folds = 0;
    for (const auto& [arm, parts] : splits) folds = std::max(folds, parts.size());
    for (std::size_t fold = 0; fold < folds; ++fold)
      for (const std::int64_t seed : experiment_.seeds)
        for (const auto& [arm, parts] : splits)
          if (fold < parts.size())
            jobs_.push_back({arm, seed, static_cast<int>(fold), parts[fold]});
    // What depends on the data itself: one fold's market tells whether fields and formulas fit.
    for (const Arm& arm : experiment_.arms) {
      const auto job = std::ranges::find_if(jobs_, [&](const Job& j) { return j.arm == &arm; });
      if (job == jobs_.end()) continue;
      try {
        const Fold& fold = search_fold(*job);
        (void)make_problem_of(*job, fold, {});
        const int last = fold.market.n_days();
        (void)fitness::KnownFactors(fold.market, fitness::rankable(fold.market), {last - 1, last},
                                    fitness::known_formulas(experiment_.library));
      } catch (const Error& error) {
        problems.add("{}: arm {}: {}", experiment_.file.string(), arm.name, error.what());
      }
    }
    problems.throw_if_any<ConfigError>();
  }

  /// Makes the run folder, or checks that the one there is of this experiment.
  void claim_folder() {
    const Json config = write_experiment(experiment_);
    const fs::path file = options_.folder / "config.json";
    if (fs::exists(file)) {
      const Json there = Json::parse(read_text(file), nullptr, false);
      if (there.is_discarded() || !there.contains("arms") || !there.contains("seeds"))
        throw ConfigError(fmt::format("{}: not readable; choose another --out", file.string()));
      const auto lines = differences(fixed_part(there, there), fixed_part(config, there));
      if (!lines.empty()) {
        Problems problems;
        problems.add("{} holds another experiment; choose another --out. It differs at:",
                     options_.folder.string());
        for (const std::string& line : lines) problems.add("  {}", line);
        problems.throw_if_any<ConfigError>();
      }
    } else if (fs::exists(options_.folder) && !fs::is_empty(options_.folder)) {
      throw ConfigError(fmt::format("{} is not empty and no run folder; choose another --out",
                                    options_.folder.string()));
    }
    write_text(file, config.dump(2) + "\n");
    write_text(options_.folder / "environment.json", environment().dump(2) + "\n");
  }

  int run_job(const Job& job, int number) {
    const fs::path folder = job.folder(options_.folder);
    const Arm& arm = *job.arm;
    const Borrowed borrowed = borrow(job);
    const Json identity = identity_of(job, borrowed);
    const std::string title = fmt::format("[{}/{}] {}  seed {}  fold {}", number, jobs_.size(),
                                          arm.name, job.seed, job.fold);
    if (is_finished(folder, with_budget(identity, arm))) {
      say(title + ": finished before");
      return 0;
    }
    const Fold& fold = search_fold(job);
    const auto date = [&](int day) { return to_string(fold.market.calendar[day]); };
    say(fmt::format("{}: train from {}, validate from {} to {}", title,
                    date(fold.split.train.whole.first), date(fold.split.validate.whole.first),
                    date(fold.split.validate.whole.last - 1)));
    return arm.genome == GenomeKind::kFormula
               ? search(job, identity, formula_problem(job, fold))
               : search(job, identity, network_problem(job, fold, borrowed));
  }

  /// The pools of the same seed and fold; their searches have ended.
  [[nodiscard]] Borrowed borrow(const Job& job) const {
    const auto pool_of = [&](const std::string& arm) {
      Job source = job;
      source.arm = &experiment_.arm(arm);
      return pool_formulas(source.folder(options_.folder));
    };
    Borrowed borrowed;
    if (!job.arm->priors_from.empty()) borrowed.priors = pool_of(job.arm->priors_from);
    if (!job.arm->inputs_from.empty())
      for (const std::string& text : pool_of(job.arm->inputs_from))
        if (!formula::depends_on_adjustment_base(formula::parse_or_throw(text)))
          borrowed.inputs.push_back(fmt::format("cs_rank({})", text));
    return borrowed;
  }

  template <class G>
  int search(const Job& job, const Json& identity, evolve::Problem<G> problem) {
    const Arm& arm = *job.arm;
    const Interrupt interrupt;
    Progress progress(arm.search.generations, arm.budget);
    evolve::SearchContext context;
    context.folder = job.folder(options_.folder);
    context.root = root_seed(job);
    context.identity = identity;
    context.data_fingerprint = search_fold(job).market.fingerprint;
    context.lanes = device::make_lanes(arm.genome == GenomeKind::kFormula ? "cpu" : options_.device,
                                       options_.threads);
    context.enter_lane = device::make_enter_lane();
    context.stop = &Interrupt::requested();
    context.on_generation = [&](const evolve::GenerationRecord& r) { progress.generation(r); };
    context.on_progress = [&](std::int64_t done, std::int64_t of, int failed) {
      progress.candidate(done, of, failed);
    };
    context.on_note = [&](std::string_view note) { progress.note(note); };
    evolve::SearchResult<G> result =
        evolve::run_search(problem, arm.search, arm.pool, arm.budget, context);
    progress.finish();
    if (result.reason == evolve::StopReason::kSignal) return say_stopped();
    if (result.reason == evolve::StopReason::kTooManyFailures) {
      say(fmt::format("stopped: too many candidates failed; see evofactor show {}",
                      options_.folder.string()));
      return 4;
    }
    SearchFacts facts;
    std::vector<FoundFactor> pool = found(job, result.pool, std::move(problem), facts);
    if (Interrupt::requested()) return say_stopped();
    finish_job(job, identity, pool, result, std::move(facts));
    return 0;
  }

  int say_stopped() const {
    say(fmt::format("stopped; everything is saved. Go on with:\n  evofactor resume {}",
                    options_.folder.string()));
    return 3;
  }

  void finish_job(const Job& job, const Json& identity, const std::vector<FoundFactor>& pool,
                  const evolve::SearchTotals& totals, SearchFacts facts) {
    facts.arm = job.arm->name;
    facts.kind = job.arm->genome;
    facts.random = job.arm->search.random;
    facts.seed = job.seed;
    facts.fold = job.fold;
    facts.totals = totals;
    facts.identity = with_budget(identity, *job.arm);
    const FinalFold& fold = final_fold(job);
    const fs::path folder = job.folder(options_.folder);
    finalise_search(folder, facts, pool, job.arm->pool.combine, *fold.fold, *fold.yardsticks);
    forget_replicates(folder);
  }

  std::vector<FoundFactor> found(const Job&,
                                 const std::vector<evolve::PoolMember<gp::FormulaGenome>>& pool,
                                 const evolve::Problem<gp::FormulaGenome>& problem, SearchFacts&) {
    return found_formulas(pool, problem);
  }
  /// Tells the stages of the best, and trains all again from fresh starts.
  std::vector<FoundFactor> found(const Job& job, const NetworkPool& pool,
                                 evolve::Problem<genome::NetGenome> problem, SearchFacts& facts) {
    problem = {};  // gives back the memory of the inputs it prepared
    const FinalistSettings& settings = job.arm->finalists;
    const FinalistContext context{
        job.folder(options_.folder),         job.arm->network,
        network_fold(job, search_fold(job)), device::make_lanes(options_.device, options_.threads),
        device::make_enter_lane(),           &Interrupt::requested()};
    using Clock = std::chrono::steady_clock;
    const auto seconds_since = [](Clock::time_point start) {
      return std::chrono::duration<double>(Clock::now() - start).count();
    };
    const auto start = Clock::now();
    write_stages(pool, settings.stages, context);
    facts.stages_seconds = seconds_since(start);
    std::vector<FoundFactor> factors = found_networks(pool);
    const auto then = Clock::now();
    replicate(factors, pool, settings, context);
    facts.replicate_seconds = seconds_since(then);
    facts.replicate_trainings = settings.replicates * static_cast<std::int64_t>(pool.size());
    if (!pool.empty())
      say(fmt::format(
          "{} fresh trainings of {} networks in {:.0f} s, stages of the best in {:.0f} s",
          facts.replicate_trainings, pool.size(), facts.replicate_seconds, facts.stages_seconds));
    return factors;
  }

  /// Of seed and fold, not of the arm: arms differ by their settings alone.
  [[nodiscard]] static Seed root_seed(const Job& job) {
    return derive(Seed{static_cast<std::uint64_t>(job.seed)}, "search", job.fold);
  }

  [[nodiscard]] static evolve::Problem<gp::FormulaGenome> formula_problem(const Job& job,
                                                                          const Fold& fold) {
    gp::FormulaFold input;
    input.market = &fold.market;
    input.scorer = fold.scorer.get();
    input.split = fold.split;
    input.days = job.arm->fitness.days == FitnessDays::kValidate
                     ? gp::FitnessDays::kValidate
                     : gp::FitnessDays::kTrainAndValidate;
    input.measure = job.arm->fitness.measure;
    input.metrics = objective_metrics(job.arm->search);
    return gp::make_formula_problem(job.arm->formula, input);
  }

  [[nodiscard]] static training::NetworkFold network_fold(const Job& job, const Fold& fold) {
    training::NetworkFold input;
    input.market = &fold.market;
    input.labels = &fold.labels;
    input.scorer = fold.scorer.get();
    input.split = fold.split;
    input.measure = job.arm->fitness.measure;
    input.metrics = objective_metrics(job.arm->search);
    input.root = root_seed(job);
    input.fitness_days = job.arm->fitness.days == FitnessDays::kTrainAndValidate
                             ? training::FitnessDays::kTrainAndValidate
                             : training::FitnessDays::kValidate;
    return input;
  }

  [[nodiscard]] static evolve::Problem<genome::NetGenome> network_problem(
      const Job& job, const Fold& fold, const Borrowed& borrowed) {
    training::NetworkSettings settings = job.arm->network;
    if (!borrowed.priors.empty()) {
      settings.space.priors.clear();
      settings.extra_priors = borrowed.priors;
    }
    if (!borrowed.inputs.empty()) settings.space.inputs = borrowed.inputs;
    return training::make_network_problem(settings, network_fold(job, fold));
  }

  /// Builds the problem only for what it refuses.
  static bool make_problem_of(const Job& job, const Fold& fold, const Borrowed& borrowed) {
    return job.arm->genome == GenomeKind::kFormula
               ? !formula_problem(job, fold).variations.empty()
               : !network_problem(job, fold, borrowed).variations.empty();
  }

  const Fold& search_fold(const Job& job) {
    const std::string key = fmt::format("{}{}", search_fold_key(*job.arm), job.fold);
    if (!search_fold_ || search_key_ != key) {
      search_fold_.reset();
      search_fold_ = load_search_fold(*job.arm, job.split, job.fold);
      search_key_ = key;
    }
    return *search_fold_;
  }

  struct FinalFold {
    std::unique_ptr<Fold> fold;
    std::unique_ptr<Yardsticks> yardsticks;
  };
  const FinalFold& final_fold(const Job& job) {
    const std::string key = fmt::format("{}{}", fold_key(*job.arm), job.fold);
    if (!final_fold_.has_value() || final_key_ != key) {
      final_fold_.reset();
      FinalFold made;
      made.fold = load_final_fold(*job.arm, job.split, job.fold);
      made.yardsticks =
          std::make_unique<Yardsticks>(make_yardsticks(*made.fold, experiment_.library));
      final_fold_ = std::move(made);
      final_key_ = key;
    }
    return *final_fold_;
  }

  /// The classic factors and their composite on the fold, for the first arm that has it.
  void write_baselines(const Job& job) {
    const fs::path file = options_.folder / "baselines" / fmt::format("fold-{}.json", job.fold);
    const Json expected_key = fold_key(*job.arm);
    if (!baselines_done_.insert(job.fold).second) return;
    if (fs::exists(file)) {
      const Json there = Json::parse(read_text(file), nullptr, false);
      if (!there.is_discarded() && there.value("key", Json()) == expected_key) return;
    }
    say(fmt::format("scoring the classic factors on fold {}", job.fold));
    const FinalFold& final = final_fold(job);
    const Fold& fold = *final.fold;
    Json json;
    json["fold"] = job.fold;
    json["key"] = expected_key;
    json["split"] = {{"train", part_dates(fold.market.calendar, fold.split.train)},
                     {"validate", part_dates(fold.market.calendar, fold.split.validate)},
                     {"test", part_dates(fold.market.calendar, fold.split.test.part)}};
    json["methods"] = fitness::classic_baselines(fold.market, *fold.scorer,
                                                 final.yardsticks->neutraliser, fold.split);
    write_text(file, json.dump() + "\n");
  }

  void write_maps() {
    std::vector<MappedSearch> searches;
    for (const Job& job : jobs_)
      searches.push_back({job.arm->name, job.seed, job.fold, job.folder(options_.folder),
                          job.arm->fitness.score.min_stocks});
    write_factor_maps(options_.folder, searches);
  }

  const Experiment& experiment_;
  const RunOptions& options_;
  std::vector<Job> jobs_;
  std::unique_ptr<Fold> search_fold_;
  std::string search_key_;
  std::optional<FinalFold> final_fold_;
  std::string final_key_;
  std::set<int> baselines_done_;
};

}  // namespace

int run_experiment(const Experiment& experiment, const RunOptions& options) {
  return Runner(experiment, options).run();
}

}  // namespace evofactor::app
