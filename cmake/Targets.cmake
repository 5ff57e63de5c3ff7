# What every target is made with: a library per folder, a test executable per folder, a benchmark per file.

# What all our code is compiled with. No -ffast-math: NaN carries meaning here. One set of floating-point
# contractions everywhere (none), so that a result does not depend on what the compiler chose to fuse.
add_library(evofactor_options INTERFACE)
target_compile_features(evofactor_options INTERFACE cxx_std_20)
target_compile_options(evofactor_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -ffp-contract=off
  # g++ 12 reports these in its own std::string (bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-stringop-overflow>
  $<$<BOOL:${EVOFACTOR_WERROR}>:-Werror>)
target_include_directories(evofactor_options INTERFACE ${CMAKE_SOURCE_DIR})
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# ATen/ATen.h takes longer to compile than most of our files: it is precompiled once, and all that use it share
# that. An executable must then be compiled as the libraries are (-fPIC, not -fPIE).
file(WRITE ${CMAKE_BINARY_DIR}/tensor_header.cpp "")
add_library(evofactor_tensor_header OBJECT ${CMAKE_BINARY_DIR}/tensor_header.cpp)
target_link_libraries(evofactor_tensor_header PRIVATE evofactor_options torch::cpu)
target_precompile_headers(evofactor_tensor_header PRIVATE <ATen/ATen.h>)
function(evofactor_use_tensor_header target)
  target_precompile_headers(${target} REUSE_FROM evofactor_tensor_header)
  get_target_property(_type ${target} TYPE)
  if(_type STREQUAL "EXECUTABLE")
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

# evofactor_library(<name> [TORCH] [COLD] [DEPENDS targets...]): every .cpp of the calling folder, not of folders below it
# but for kernels/ and layers/. TORCH links LibTorch and precompiles ATen/ATen.h. COLD is for code that runs
# once a command: -O2 there compiles a quarter faster than -O3.
function(evofactor_library name)
  cmake_parse_arguments(ARG "TORCH;COLD" "" "DEPENDS" ${ARGN})
  file(GLOB _sources CONFIGURE_DEPENDS *.cpp kernels/*.cpp layers/*.cpp)
  list(FILTER _sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(evofactor_${name} STATIC ${_sources})
  target_link_libraries(evofactor_${name} PUBLIC evofactor_options ${ARG_DEPENDS})
  if(ARG_TORCH)
    target_link_libraries(evofactor_${name} PUBLIC torch::cpu)
    evofactor_use_tensor_header(evofactor_${name})
  endif()
  if(ARG_COLD)
    target_compile_options(evofactor_${name} PRIVATE $<$<CONFIG:Release>:-O2>)
  endif()
endfunction()

# evofactor_test(<name> <folder under test/> [TORCH] [DEPENDS targets...]): one Boost.Test executable of all its
# *_test.cpp; cases labelled "slow" (boost::unit_test::label) run as the ctest test <name>_slow.
function(evofactor_test name folder)
  cmake_parse_arguments(ARG "TORCH" "" "DEPENDS" ${ARGN})
  file(GLOB _sources CONFIGURE_DEPENDS ${folder}/*_test.cpp)
  add_executable(evofactor_test_${name} support/main.cpp ${_sources})
  target_compile_definitions(evofactor_test_${name} PRIVATE
    BOOST_TEST_DYN_LINK EVOFACTOR_TEST_NAME="${name}" EVOFACTOR_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    EVOFACTOR_BINARY="$<TARGET_FILE_DIR:evofactor>/evofactor")
  target_compile_options(evofactor_test_${name} PRIVATE $<$<CONFIG:Release>:-O1>)  # compiles twice as fast
  target_compile_options(evofactor_test_${name} PRIVATE -Wno-array-bounds)  # raised in std::string by Boost.Test data cases
  target_link_libraries(evofactor_test_${name} PRIVATE ${ARG_DEPENDS} Boost::unit_test_framework)
  if(ARG_TORCH)
    evofactor_use_tensor_header(evofactor_test_${name})
  endif()
  add_test(NAME ${name} COMMAND evofactor_test_${name} --run_test=!@slow --log_level=warning)
  set_tests_properties(${name} PROPERTIES LABELS fast)
  set(_slow "")
  foreach(_source ${_sources})
    file(STRINGS ${_source} _hits REGEX "label\\(\"slow\"\\)")
    list(APPEND _slow ${_hits})
  endforeach()
  if(_slow)
    add_test(NAME ${name}_slow COMMAND evofactor_test_${name} --run_test=@slow --log_level=warning)
    set_tests_properties(${name}_slow PROPERTIES LABELS slow)
  endif()
endfunction()

# evofactor_bench(<name> [TORCH] [DEPENDS targets...]): Google Benchmark over test/bench/<name>.cpp
function(evofactor_bench name)
  cmake_parse_arguments(ARG "TORCH" "" "DEPENDS" ${ARGN})
  add_executable(evofactor_bench_${name} ${name}.cpp)
  target_link_libraries(evofactor_bench_${name} PRIVATE ${ARG_DEPENDS} benchmark::benchmark)
  if(ARG_TORCH)
    evofactor_use_tensor_header(evofactor_bench_${name})
  endif()
endfunction()
