#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "experiments/app/commands.hpp"
#include "experiments/app/joint_maps.hpp"
#include "experiments/app/publish.hpp"
#include "experiments/report/report.hpp"

namespace evofactor::app {
namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  std::vector<std::string> runs;
  std::string out;
  bool allow_differences = false;
};

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "report", "(Re)build report.html and tables/ from what a run stored. Scores nothing again.");
  auto folder = std::make_shared<std::string>();
  command->add_option("run", *folder, "run folder")->required();
  command->add_flag("--json", context.json, "print the summary as one JSON document");
  command->callback(
      [folder, &context] { publish(report::read_run(*folder), *folder, context.json); });
}

void add_compare(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("compare",
                                     "Hold arms of one or several runs against each other, the "
                                     "classic factors and random search.");
  auto arguments = std::make_shared<CompareArguments>();
  command->add_option("runs", arguments->runs, "run folders")->required();
  command->add_option("--out", arguments->out,
                      "folder for report.html and tables/ (default: the run's own folder for one "
                      "run, ./comparison for several)");
  command->add_flag("--allow-differences", arguments->allow_differences,
                    "compare runs of different data, splits, labels or masks anyway");
  command->add_flag("--json", context.json, "print the summary as one JSON document");
  command->callback([arguments, &context] {
    std::vector<report::RunData> runs;
    for (const std::string& run : arguments->runs) runs.push_back(report::read_run(run));
    fs::path out = arguments->out;
    if (out.empty()) out = runs.size() == 1 ? runs.front().folder : fs::path("comparison");
    report::RunData merged = report::merge_runs(runs, arguments->allow_differences);
    if (runs.size() > 1) join_maps(merged, out);
    publish(merged, out, context.json);
  });
}

}  // namespace evofactor::app
