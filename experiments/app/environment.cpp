#include "experiments/app/environment.hpp"

#include <arrow/util/config.h>
#include <fmt/format.h>
#include <hdf5.h>

#include <thread>

#include "engine/device/runtime.hpp"

namespace evofactor::app {

Json environment() {
  const device::DeviceReport device = device::device_report();
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  Json devices = Json::array();
  for (const auto& d : device.devices) devices.push_back({{"name", d.name}, {"model", d.model}});
  return {{"evofactor", EVOFACTOR_VERSION},
          {"revision", EVOFACTOR_REVISION},
          {"compiler", __VERSION__},
          {"libtorch", device.libtorch},
          {"blas", device.blas},
          {"arrow", ARROW_VERSION_STRING},
          {"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
          {"instruction_set", device.instruction_set},
          {"hardware_threads", std::thread::hardware_concurrency()},
          {"devices", devices}};
}

}  // namespace evofactor::app
