#pragma once
#include <c10/util/Exception.h>

#include <string>
#include <string_view>

#include "engine/core/outcome.hpp"

namespace evofactor::training {

/// True for an exception that means memory ran out, on a GPU or on the host.
[[nodiscard]] bool is_out_of_memory(const c10::Error& error);

/// Of a network that does not fit a device even alone.
[[nodiscard]] Failure does_not_fit(const c10::Error& error, std::string_view stage,
                                   const std::string& device);

}  // namespace evofactor::training
