#include <fmt/format.h>

#include <cstdio>

#include "engine/core/json.hpp"
#include "engine/device/runtime.hpp"
#include "experiments/app/commands.hpp"

namespace evofactor::app {
namespace {

Json report_json(const device::DeviceReport& report,
                 const std::vector<device::SelfTestCase>& tests) {
  Json devices = Json::array();
  for (const device::DeviceInfo& d : report.devices)
    devices.push_back({{"name", d.name},
                       {"model", d.model},
                       {"memory_bytes", d.memory},
                       {"bucket_cap", d.bucket_cap},
                       {"bucket_bytes", d.budget}});
  Json cases = Json::array();
  bool passed = true;
  for (const device::SelfTestCase& test : tests) {
    cases.push_back({{"name", test.name},
                     {"error", test.error},
                     {"tolerance", test.tolerance},
                     {"passed", test.passed()}});
    passed = passed && test.passed();
  }
  return {{"devices", devices},
          {"hardware_threads", report.hardware_threads},
          {"libtorch", report.libtorch},
          {"blas", report.blas},
          {"instruction_set", report.instruction_set},
          {"cuda", report.cuda},
          {"self_test", cases},
          {"passed", passed}};
}

void print_report(const device::DeviceReport& report,
                  const std::vector<device::SelfTestCase>& tests) {
  constexpr double kGiB = 1024.0 * 1024 * 1024;
  for (const device::DeviceInfo& d : report.devices)
    fmt::print("{:8} {}, {:.1f} GiB, up to {} candidates and {:.1f} GiB a bucket\n", d.name,
               d.model, static_cast<double>(d.memory) / kGiB, d.bucket_cap,
               static_cast<double>(d.budget) / kGiB);
  fmt::print("threads  {}\nLibTorch {}, {}\nBLAS     {}\nCUDA     {}\n", report.hardware_threads,
             report.libtorch, report.instruction_set, report.blas, report.cuda);
  for (const device::SelfTestCase& test : tests)
    fmt::print("{:8} {}: error {:.2g}, tolerance {:.2g}\n", test.passed() ? "ok" : "FAILED",
               test.name, test.error, test.tolerance);
}

}  // namespace

void add_check_device(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("check-device", "devices, threads, BLAS, memory, and a small self-test");
  command->add_flag("--json", context.json, "print one JSON document");
  command->callback([&context] {
    device::set_up();
    (void)device::load_cuda();
    const device::DeviceReport report = device::device_report();
    const std::vector<device::SelfTestCase> tests = device::self_test();
    if (context.json)
      fmt::print("{}\n", report_json(report, tests).dump(2));
    else
      print_report(report, tests);
    for (const device::SelfTestCase& test : tests)
      if (!test.passed()) context.status = 1;
  });
}

}  // namespace evofactor::app
