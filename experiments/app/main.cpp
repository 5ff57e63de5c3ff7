#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "engine/core/error.hpp"
#include "experiments/app/commands.hpp"

namespace {

constexpr int kDefect = 1;
constexpr int kWrongInput = 2;

void say(const char* what) { fmt::print(stderr, "evofactor: {}\n", what); }

}  // namespace

int main(int argc, char** argv) {
  using namespace evofactor;
  CLI::App app(
      "evofactor: evolves stock alpha factors, formulas and networks, under one leak-free rank IC");
  app.require_subcommand(1);
  app.set_version_flag("--version", EVOFACTOR_VERSION);
  app::Context context;
  app::add_simulate(app, context);
  app::add_import(app, context);
  app::add_info(app, context);
  app::add_eval(app, context);
  app::add_priors(app, context);
  app::add_run(app, context);
  app::add_resume(app, context);
  app::add_compare(app, context);
  app::add_report(app, context);
  app::add_show(app, context);
  app::add_score(app, context);
  app::add_check_device(app, context);
  app::add_networks(app, context);
  app::add_schema(app, context);
  try {
    app.parse(argc, argv);
    return context.status;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongInput;
  } catch (const Error& error) {
    say(error.what());
    return kWrongInput;
  } catch (const std::bad_alloc&) {
    say("out of memory; use fewer --threads, fewer stocks or shorter splits");
    return kWrongInput;
  } catch (const std::exception& error) {
    say(error.what());
    say("this is a defect of evofactor; what was saved can be resumed");
    return kDefect;
  }
}
