#include "experiments/app/publish.hpp"

#include <fmt/format.h>

#include "experiments/report/report.hpp"
#include "experiments/report/tables.hpp"

namespace evofactor::app {

namespace fs = std::filesystem;

void publish(const report::RunData& data, const fs::path& out, bool json) {
  const report::Analysis analysis = report::analyse(data);
  report::write_report(data, analysis, out);
  if (json) {
    Json summary = report::summary_json(data, analysis);
    summary["report"] = (out / "report.html").string();
    summary["tables"] = (out / "tables").string();
    fmt::print("{}\n", summary.dump(2));
  } else {
    fmt::print("{}", report::summary_table(data, analysis));
  }
  fmt::print(stderr, "wrote {} and {}\n", (out / "report.html").string(),
             (out / "tables").string());
}

}  // namespace evofactor::app
