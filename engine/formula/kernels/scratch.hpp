#pragma once
#include <cstddef>
#include <vector>

#include "engine/core/grid.hpp"

namespace evofactor::formula::kernels {

/// Working memory of one thread that is kept between calls and grows as needed; contents are
/// undefined. A later call for the same type and use ends what an earlier one handed out.
template <class T, class Use = void>
[[nodiscard]] T* scratch(std::size_t count) {
  thread_local std::vector<T, AlignedAllocator<T>> memory;
  if (memory.size() < count) memory.resize(count);
  return memory.data();
}

}  // namespace evofactor::formula::kernels
