#include "training/out_of_memory.hpp"

#include <fmt/format.h>

namespace evofactor::training {

bool is_out_of_memory(const c10::Error& error) {
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         std::string_view(error.what()).find("DefaultCPUAllocator") != std::string_view::npos;
}

Failure does_not_fit(const c10::Error& error, std::string_view stage, const std::string& device) {
  return {FailureKind::kOutOfMemory, std::string(stage),
          fmt::format("does not fit {} even alone: {}; fewer days per batch or smaller layers do",
                      device, error.what_without_backtrace())};
}

}  // namespace evofactor::training
