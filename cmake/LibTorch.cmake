# LibTorch as imported targets: torch::cpu links libtorch_cpu and libc10 and nothing of CUDA, so one binary runs with
# and without a GPU (engine/device loads libtorch_cuda at run time). Looks in CMAKE_PREFIX_PATH (any LibTorch 2.x
# distribution, which has include/ and lib/ at its root), then in the unpacked wheel.
find_path(LIBTORCH_ROOT NAMES include/torch/csrc/api/include/torch/torch.h
          HINTS ${CMAKE_PREFIX_PATH} PATHS ${EVOFACTOR_DEPS}/torch NO_DEFAULT_PATH)
if(NOT LIBTORCH_ROOT)
  message(FATAL_ERROR "LibTorch not found in CMAKE_PREFIX_PATH or ${EVOFACTOR_DEPS}/torch. Run scripts/bootstrap, "
                      "or configure with -DCMAKE_PREFIX_PATH=/path/to/libtorch")
endif()
message(STATUS "LibTorch: ${LIBTORCH_ROOT}")

# LibTorch's include folder holds headers of another fmt than the one we link; ours must be found first.
find_path(EVOFACTOR_FMT_INCLUDE fmt/format.h NO_CMAKE_PREFIX_PATH)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include_first)
file(CREATE_LINK ${EVOFACTOR_FMT_INCLUDE}/fmt ${CMAKE_BINARY_DIR}/include_first/fmt SYMBOLIC)

add_library(torch::c10 SHARED IMPORTED)
set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION ${LIBTORCH_ROOT}/lib/libc10.so)
add_library(torch::cpu SHARED IMPORTED)
set_target_properties(torch::cpu PROPERTIES
  IMPORTED_LOCATION ${LIBTORCH_ROOT}/lib/libtorch_cpu.so
  INTERFACE_LINK_LIBRARIES torch::c10
  INTERFACE_INCLUDE_DIRECTORIES
    "${CMAKE_BINARY_DIR}/include_first;${LIBTORCH_ROOT}/include;${LIBTORCH_ROOT}/include/torch/csrc/api/include")
