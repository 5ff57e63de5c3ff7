#include <fmt/format.h>

#include <memory>

#include "engine/store/atomic_file.hpp"
#include "experiments/app/commands.hpp"
#include "experiments/app/run.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string input;
  std::string out;
  std::vector<std::string> set;
  std::vector<std::string> arms;
  RunOptions options;
};

std::vector<Override> overrides_of(const Arguments& arguments) {
  std::vector<Override> overrides;
  for (const std::string& text : arguments.set) overrides.push_back(parse_override(text));
  return overrides;
}

void add_common(CLI::App& command, Arguments& arguments, Context& context) {
  command
      .add_option("--threads", arguments.options.threads,
                  "CPU threads; 0: one per processor. Results do not depend on it")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--device", arguments.options.device, "where networks train: cpu or cuda:0")
      ->capture_default_str();
  command.add_flag("--json", context.json, "print one JSON document on stdout");
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "run", "Run an experiment: every arm, seed and fold, from start to report. Resumes.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("experiment", arguments->input, "experiment file (JSON)")->required();
  command->add_option("--out", arguments->out, "run folder (default: runs/<name>)");
  command
      ->add_option("--set", arguments->set,
                   "override: /json/pointer=value, such as /budget/evaluations=100")
      ->take_all();
  command
      ->add_option("--arms", arguments->arms,
                   "only these arms, such as gp,lstm, and those their priors come from")
      ->delimiter(',');
  add_common(*command, *arguments, context);
  command->callback([arguments, &context] {
    const Experiment experiment =
        read_experiment(arguments->input, overrides_of(*arguments), arguments->arms);
    RunOptions options = arguments->options;
    options.folder =
        arguments->out.empty() ? fs::path("runs") / experiment.name : fs::path(arguments->out);
    options.json = context.json;
    context.status = run_experiment(experiment, options);
  });
}

void add_resume(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "resume", "Go on with a run from its newest valid state, or from the start.");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("run", arguments->input, "run folder")->required();
  command
      ->add_option("--set", arguments->set,
                   "more budget: /budget/evaluations=N, /budget/seconds=S or /search/generations=N")
      ->take_all();
  add_common(*command, *arguments, context);
  command->callback([arguments, &context] {
    const fs::path config = fs::path(arguments->input) / "config.json";
    if (!fs::exists(config))
      throw ConfigError(
          fmt::format("{} is no run folder: it has no config.json", arguments->input));
    for (const Override& change : overrides_of(*arguments))
      if (!change.pointer.starts_with("/budget") && change.pointer != "/search/generations")
        throw ConfigError(fmt::format(
            "--set {}: a run goes on with its own settings; only /budget/… and /search/generations "
            "may change",
            change.pointer));
    const Experiment experiment = read_experiment(config, overrides_of(*arguments));
    RunOptions options = arguments->options;
    options.folder = arguments->input;
    options.json = context.json;
    context.status = run_experiment(experiment, options);
  });
}

void add_schema(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("schema", "Print the JSON Schema of experiment files.");
  command->add_flag("--json", context.json, "the same; the schema is JSON");
  command->callback([] { fmt::print("{}\n", experiment_schema().dump(2)); });
}

}  // namespace evofactor::app
