// Import of the real data, beside what Arrow alone needs to read the same files; panel written and
// read. Needs EVOFACTOR_DATA (a folder with the daily tables).
#include <arrow/csv/api.h>
#include <arrow/io/interfaces.h>
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <tbb/parallel_for_each.h>

#include <cstdlib>
#include <filesystem>

#include "data/import.hpp"
#include "data/panel_store.hpp"
#include "engine/store/table_file.hpp"

namespace {

using namespace evofactor;

std::optional<std::filesystem::path> data_folder() {
  const char* folder = std::getenv("EVOFACTOR_DATA");
  return folder == nullptr ? std::nullopt : std::optional<std::filesystem::path>(folder);
}
std::filesystem::path panel_file() {
  return std::filesystem::temp_directory_path() / "evofactor_bench_panel.h5";
}

void read_by_arrow_alone(benchmark::State& state) {
  const auto folder = data_folder();
  if (!folder) return state.SkipWithError("EVOFACTOR_DATA is not set");
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(*folder))
    if (entry.path().filename().string().starts_with("csi800_daily")) files.push_back(entry.path());
  for (auto _ : state) {
    std::atomic<std::int64_t> rows{0};
    tbb::parallel_for_each(files, [&](const std::filesystem::path& file) {
      auto reader = arrow::csv::TableReader::Make(
          arrow::io::default_io_context(), open_decompressed(file),
          arrow::csv::ReadOptions::Defaults(), arrow::csv::ParseOptions::Defaults(),
          arrow::csv::ConvertOptions::Defaults());
      rows += (*(*reader)->Read())->num_rows();
    });
    state.counters["rows"] = static_cast<double>(rows.load());
  }
}

void import_all(benchmark::State& state) {
  const auto folder = data_folder();
  if (!folder) return state.SkipWithError("EVOFACTOR_DATA is not set");
  for (auto _ : state) {
    ImportReport report;
    auto panel = import_panel({.inputs = {*folder}}, report);
    state.PauseTiming();
    write_panel(panel_file(), panel);
    state.ResumeTiming();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
}

void write(benchmark::State& state) {
  if (!std::filesystem::exists(panel_file())) return state.SkipWithError("no panel");
  auto panel = read_panel(panel_file());
  for (auto _ : state) write_panel(panel_file(), panel);
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(panel_file())) / 1e6;
}

void read_days(benchmark::State& state) {
  if (!std::filesystem::exists(panel_file())) return state.SkipWithError("no panel");
  const auto header = read_panel_header(panel_file());
  const int days = state.range(0) == 0 ? header.calendar.size() : static_cast<int>(state.range(0));
  const int first = (header.calendar.size() - days) / 2;
  for (auto _ : state)
    benchmark::DoNotOptimize(read_panel(panel_file(), DayRange{first, first + days}));
}

BENCHMARK(read_by_arrow_alone)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK(import_all)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK(write)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK(read_days)->Arg(370)->Arg(0)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
