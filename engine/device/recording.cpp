#include "engine/device/recording.hpp"

#include <dlfcn.h>

#include "engine/device/runtime.hpp"

namespace evofactor::device {

std::unique_ptr<Recording> record(const c10::Device& device, const std::function<void()>& work) {
  if (!device.is_cuda()) return nullptr;
  set_up();
  static const auto record_cuda = [] {
    void* part = dlopen("libevofactor_cuda.so", RTLD_NOW | RTLD_LOCAL);
    return part == nullptr ? nullptr
                           : reinterpret_cast<RecordCuda*>(dlsym(part, "evofactor_record_cuda"));
  }();
  return record_cuda == nullptr ? nullptr : std::unique_ptr<Recording>(record_cuda(work));
}

}  // namespace evofactor::device
