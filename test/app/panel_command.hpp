#pragma once
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "data/panel_store.hpp"
#include "data/synthetic.hpp"
#include "experiments/app/commands.hpp"
#include "test/support/captured_stdout.hpp"
#include "test/support/temporary_folder.hpp"

namespace evofactor::app {

/// A command that reads a panel, run in this process on a simulated one.
class PanelCommand {
 public:
  using Add = decltype(&add_eval);
  /// @param words of the command line before a test's own
  PanelCommand(const SimulationSettings& market, Add add, std::vector<std::string> words)
      : panel(simulate_panel(market)), add_(add), words_(std::move(words)) {
    write_panel(panel_file, panel);
  }

  test::TemporaryFolder folder;
  Panel panel;
  std::string panel_file = (folder / "p.h5").string();

  /// Lines on standard output.
  [[nodiscard]] std::vector<std::string> run(std::vector<std::string> arguments) const {
    CLI::App app;
    Context context;
    add_(app, context);
    arguments.insert(arguments.begin(), words_.begin(), words_.end());
    arguments.insert(arguments.end(), {"--panel", panel_file});
    std::reverse(arguments.begin(), arguments.end());
    const test::CapturedStdout captured;
    app.parse(arguments);
    std::istringstream text(captured.text());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  [[nodiscard]] std::string refusal(const std::vector<std::string>& arguments) const {
    try {
      (void)run(arguments);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "accepted";
  }
  [[nodiscard]] std::string date(int day) const { return to_string(panel.calendar[day]); }

 private:
  Add add_;
  std::vector<std::string> words_;
};

}  // namespace evofactor::app
