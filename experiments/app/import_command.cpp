#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "data/import.hpp"
#include "data/panel_store.hpp"
#include "engine/core/ids.hpp"
#include "experiments/app/commands.hpp"

namespace evofactor::app {
namespace {

struct Arguments {
  ImportOptions options;
  std::string out;
  std::vector<std::string> lenient;
};

/// Stages on stderr: one line each, or one line that is written over where stderr is a terminal.
class StageLine {
 public:
  void show(std::string_view stage, double fraction) {
    if (terminal_) {
      const int percent = static_cast<int>(fraction * 100);
      fmt::print(stderr, "\r\x1b[K{}{}", stage, fraction > 0 ? fmt::format(" {} %", percent) : "");
      std::fflush(stderr);
      open_ = true;
    } else if (stage != stage_) {
      fmt::print(stderr, "{}\n", stage);
    }
    stage_ = stage;
  }
  ~StageLine() {
    if (open_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  bool open_ = false;
  std::string stage_;
};

void print_summary(const ImportReport& report, const Panel& panel, const std::string& out) {
  fmt::print("{}: {} to {}, {} days, {} stocks, {} rows\n", out, to_string(report.first),
             to_string(report.last), report.days, report.stocks, report.rows);
  fmt::print("fields: {}\n", fmt::join(report.fields, ", "));
  for (const auto& [name, gaps] : report.gaps)
    fmt::print("universe {}: {:.1f} members a day, {} of {} member days without a row ({:.2f} %)\n",
               name, gaps.mean_members, gaps.without_row, gaps.member_days,
               gaps.member_days > 0 ? 100.0 * static_cast<double>(gaps.without_row) /
                                          static_cast<double>(gaps.member_days)
                                    : 0.0);
  for (const auto& [kind, finding] : report.made_missing)
    fmt::print("made missing, {}: {}, such as {}\n", kind, finding.count, finding.examples.front());
  for (const auto& [kind, finding] : report.suspected)
    fmt::print("suspected, {}: {}, such as {}\n", kind, finding.count,
               fmt::join(finding.examples, "; "));
  for (const auto& warning : report.warnings) fmt::print("warning: {}\n", warning);
  for (const auto& note : panel.notes) fmt::print("note: {}\n", note);
  fmt::print("fingerprint {}\n", to_hex(panel.fingerprint));
}

void import(Arguments& arguments, bool json) {
  const auto start = std::chrono::steady_clock::now();
  for (const auto& kind : arguments.lenient) arguments.options.lenient.insert(issue_kind(kind));
  ImportReport report;
  Panel panel;
  {
    StageLine line;
    arguments.options.progress = [&line](std::string_view stage, double fraction) {
      line.show(stage, fraction);
    };
    panel = import_panel(arguments.options, report);
    line.show("writing", 0);
    write_panel(arguments.out, panel);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  fmt::print(stderr, "{}: written in {:.1f} s\n", arguments.out, seconds.count());
  if (!json) {
    print_summary(report, panel, arguments.out);
    return;
  }
  Json document{{"panel", arguments.out}, {"fingerprint", to_hex(panel.fingerprint)}};
  document.update(report.to_json());
  document["notes"] = panel.notes;
  fmt::print("{}\n", document.dump(2));
}

/// An option that takes one of a few names; `names[0]` is the default.
template <class T>
void add_choice(CLI::App& command, const std::string& name, T& value,
                const std::vector<std::pair<std::string, T>>& names, const std::string& help) {
  std::vector<std::string> allowed;
  for (const auto& [text, meaning] : names) allowed.push_back(text);
  value = names.front().second;
  command
      .add_option_function<std::string>(
          name,
          [&value, names](const std::string& given) {
            for (const auto& [text, meaning] : names)
              if (text == given) value = meaning;
          },
          help)
      ->check(CLI::IsMember(allowed))
      ->type_name("NAME")
      ->default_str(names.front().first);
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "import", "Read market data, check everything and write a panel (docs/data.md).");
  auto arguments = std::make_shared<Arguments>();
  auto& options = arguments->options;
  command->add_option("inputs", options.inputs, "a directory, files, or a qlib directory")
      ->required();
  command->add_option("--out", arguments->out, "panel to write, such as panel.h5")->required();
  add_choice<ImportFormat>(*command, "--format", options.format,
                           {{"auto", ImportFormat::kAuto},
                            {"csv", ImportFormat::kCsv},
                            {"parquet", ImportFormat::kParquet},
                            {"qlib", ImportFormat::kQlib}},
                           "auto, csv, parquet (and Feather) or qlib");
  command
      ->add_option("--lenient", arguments->lenient,
                   "kinds of problems that become missing values instead of being refused: cell, "
                   "duplicate, high_low, price, volume, date, column")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("KIND,...");
  add_choice<VolumeUnit>(*command, "--volume-unit", options.volume_unit,
                         {{"shares", VolumeUnit::kShares}, {"lots", VolumeUnit::kLots}},
                         "shares or lots (100 shares)");
  add_choice<AmountUnit>(*command, "--amount-unit", options.amount_unit,
                         {{"cny", AmountUnit::kCny}, {"thousand_cny", AmountUnit::kThousandCny}},
                         "cny or thousand_cny");
  command->add_option("--constituents", options.constituents,
                      "index members: code,start,end,index");
  command->add_option("--index-daily", options.index_daily,
                      "index levels: date,code,open,high,low,close,volume; they set the calendar");
  command->add_option("--shares", options.shares, "code,date,float_shares,total_shares");
  command->add_option("--names", options.names, "short names: code,start,name");
  command->add_option("--industry", options.industry, "code,industry,list_date");
  command->add_flag("--json", context.json, "print one JSON document");
  command->callback([arguments, &context] { import(*arguments, context.json); });
}

}  // namespace evofactor::app
