#pragma once
#include <CLI/CLI.hpp>

namespace evofactor::app {

/// What every command shares. A command's callback sets `status`; errors are thrown and printed by
/// main.
struct Context {
  bool json =
      false;  ///< --json: one JSON document (or one line per item) on stdout and nothing else there
  int status =
      0;  ///< 0 done, 2 wrong input, 3 stopped by a signal and resumable, 4 too many failures
};

/// Each adds one subcommand with its options, help and callback, and the flag --json (bound to
/// context.json).
void add_simulate(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_info(CLI::App& app, Context& context);
void add_eval(CLI::App& app, Context& context);
void add_priors(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_resume(CLI::App& app, Context& context);
void add_compare(CLI::App& app, Context& context);
void add_report(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_score(CLI::App& app, Context& context);
void add_check_device(CLI::App& app, Context& context);
void add_networks(CLI::App& app, Context& context);
void add_schema(CLI::App& app, Context& context);

}  // namespace evofactor::app
