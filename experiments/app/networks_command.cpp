#include <fmt/format.h>

#include <cstdio>

#include "engine/core/error.hpp"
#include "experiments/app/commands.hpp"
#include "genome/genome_json.hpp"
#include "genome/presets.hpp"
#include "genome/shape.hpp"

namespace evofactor::app {
namespace {

Json row_of(const genome::Preset& preset) {
  const genome::NetGenome genome = preset.make();
  const genome::NetShape shape = genome::shape_of(genome);
  return {{"name", preset.name},
          {"doc", preset.doc},
          {"parameters", shape.parameters},
          {"flops_per_stock_day", shape.forward_flops},
          {"text", text_of(genome)}};
}

void list(bool json) {
  Json rows = Json::array();
  for (const genome::Preset& preset : genome::presets()) rows.push_back(row_of(preset));
  if (json) return fmt::print("{}\n", rows.dump(2));
  fmt::print("{:<14} {:>11} {:>12}  {}\n", "network", "parameters", "flops", "");
  for (const Json& row : rows)
    fmt::print("{:<14} {:>11} {:>12.0f}  {}\n", row["name"].get<std::string>(),
               row["parameters"].get<std::int64_t>(), row["flops_per_stock_day"].get<double>(),
               row["doc"].get<std::string>());
  fmt::print("flops: one stock-day, forward. evofactor networks NAME prints one as JSON\n");
}

}  // namespace

void add_networks(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("networks", "published networks as genomes");
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name, "print this one as JSON");
  command->add_flag("--json", context.json, "the list as JSON");
  command->callback([name, &context] {
    if (name->empty()) return list(context.json);
    fmt::print("{}\n", genome::to_json(genome::preset(*name)).dump(2));
  });
}

}  // namespace evofactor::app
