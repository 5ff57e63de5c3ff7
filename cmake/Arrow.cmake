# Arrow and Parquet for C++ as imported targets over the libraries inside the pyarrow wheel, which carry a version in
# their file names and no CMake package.
find_path(ARROW_ROOT NAMES include/arrow/api.h HINTS ${EVOFACTOR_DEPS}/pyarrow NO_DEFAULT_PATH)
if(NOT ARROW_ROOT)
  message(FATAL_ERROR "Arrow not found in ${EVOFACTOR_DEPS}/pyarrow. Run scripts/bootstrap")
endif()
foreach(_name arrow parquet arrow_compute)
  file(GLOB _library ${ARROW_ROOT}/lib${_name}.so.*)
  list(GET _library 0 _library)
  add_library(arrow::${_name} SHARED IMPORTED)
  set_target_properties(arrow::${_name} PROPERTIES
    IMPORTED_LOCATION ${_library} INTERFACE_INCLUDE_DIRECTORIES ${ARROW_ROOT}/include)
endforeach()
set_target_properties(arrow::parquet PROPERTIES INTERFACE_LINK_LIBRARIES arrow::arrow)
set_target_properties(arrow::arrow_compute PROPERTIES INTERFACE_LINK_LIBRARIES arrow::arrow)
message(STATUS "Arrow: ${ARROW_ROOT}")
