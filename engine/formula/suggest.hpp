#pragma once
#include <span>
#include <string>
#include <string_view>

namespace evofactor::formula {

/// Names of `known` that an unknown name may have meant, as the end of a message: "; did you mean
/// \"cs_rank\" or \"ts_rank\"?". In this order: the same in other case, the same without ts_ or
/// cs_, what other languages call it, the nearest spelling. Empty if nothing is near.
[[nodiscard]] std::string suggestion(std::string_view name,
                                     std::span<const std::string_view> known);

}  // namespace evofactor::formula
