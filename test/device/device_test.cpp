#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "engine/core/error.hpp"
#include "engine/device/lane.hpp"
#include "engine/device/memory_budget.hpp"
#include "engine/device/recording.hpp"
#include "engine/device/runtime.hpp"

using namespace evofactor;
using namespace evofactor::device;

BOOST_AUTO_TEST_CASE(lanes_of_a_cpu_are_as_many_as_asked_for) {
  const std::vector<Lane> lanes = make_lanes("cpu", 3);
  BOOST_TEST(lanes.size() == 3U);
  BOOST_TEST(lanes[2].index == 2);
  BOOST_TEST(lanes[2].device == "cpu");
  BOOST_TEST(lanes[2].bucket_cap == 1);
  BOOST_TEST(lanes[2].memory_budget > 0);
  BOOST_TEST(make_lanes("cpu", 0).size() == std::max(1U, std::thread::hardware_concurrency()));
}

BOOST_AUTO_TEST_CASE(an_unknown_device_is_refused_with_those_there_are) {
  BOOST_CHECK_EXCEPTION((void)make_lanes("gpu", 1), ConfigError, [](const ConfigError& e) {
    return std::string(e.what()).find("devices here: cpu") != std::string::npos;
  });
  BOOST_CHECK_THROW((void)checked_device("cuda:99"), ConfigError);
}

BOOST_AUTO_TEST_CASE(entering_a_lane_turns_gradients_off_until_it_is_left) {
  const EnterLane enter = make_enter_lane();
  const Lane lane = make_lanes("cpu", 1).front();
  BOOST_TEST(at::GradMode::is_enabled());
  {
    const auto guard = enter(lane);
    BOOST_TEST(!at::GradMode::is_enabled());
    BOOST_TEST(at::get_num_threads() == 1);
  }
  BOOST_TEST(at::GradMode::is_enabled());
}

BOOST_AUTO_TEST_CASE(lanes_flush_denormal_numbers) {
  std::thread([] {
    const auto guard = make_enter_lane()(make_lanes("cpu", 1).front());
    const at::Tensor tiny = at::full({16}, 1e-38F);
    BOOST_TEST((tiny * 0.01F).abs().max().item<float>() == 0.0F);
  }).join();
}

BOOST_AUTO_TEST_CASE(the_report_names_the_cpu_and_what_makes_results_reproducible) {
  const DeviceReport report = device_report();
  BOOST_TEST(report.devices.front().name == "cpu");
  BOOST_TEST(report.devices.front().memory > 0);
  BOOST_TEST(!report.instruction_set.empty());
  BOOST_TEST(!report.blas.empty());
  BOOST_TEST(!report.cuda.empty());
  BOOST_TEST(report.devices.size() == (load_cuda() ? 2U : 1U));
}

BOOST_AUTO_TEST_CASE(nothing_is_recorded_on_a_cpu) {
  bool done = false;
  BOOST_TEST(record(c10::Device("cpu"), [&] { done = true; }) == nullptr);
  BOOST_TEST(!done);
}

BOOST_AUTO_TEST_CASE(the_self_test_passes_here) {
  for (const SelfTestCase& test : self_test())
    BOOST_TEST(test.passed(), test.name << ": error " << test.error);
}
