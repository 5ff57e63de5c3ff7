cmake_minimum_required(VERSION 3.25)
# Fails when a folder includes a header of a folder it may not use. The table is the architecture: dependencies point
# downwards only. `other` targets (tests) are free.
set(layers
  "engine/core:"
  "engine/store:engine/core"
  "engine/device:engine/core"
  "data:engine/core engine/store"
  "engine/formula:engine/core data"
  "fitness:engine/core data engine/formula"
  "genome:engine/core engine/formula"
  "genome/net:engine/core engine/device engine/formula genome"
  "operators:engine/core genome"
  "engine/evolve:engine/core engine/store"
  "training:engine/core engine/device data engine/formula fitness genome genome/net operators engine/evolve"
  "baselines/gp:engine/core data engine/formula fitness engine/evolve"
  "experiments/report:engine/core engine/store data engine/formula fitness"
  "experiments/app:engine/core engine/store engine/device engine/evolve data engine/formula fitness genome genome/net operators training baselines/gp experiments/report")
set(bad "")
foreach(layer ${layers})
  string(REGEX MATCH "^([^:]*):(.*)$" _ "${layer}")
  set(folder ${CMAKE_MATCH_1})
  string(REPLACE " " ";" allowed "${CMAKE_MATCH_2}")
  list(APPEND allowed ${folder})
  file(GLOB files ${ROOT}/${folder}/*.hpp ${ROOT}/${folder}/*.cpp ${ROOT}/${folder}/kernels/*.?pp
       ${ROOT}/${folder}/layers/*.?pp)
  foreach(file ${files})
    file(STRINGS ${file} includes REGEX "^#include \"")
    foreach(include ${includes})
      string(REGEX REPLACE "^#include \"(.*)/[^/]*\".*$" "\\1" used "${include}")
      string(REGEX REPLACE "/(kernels|layers)$" "" used "${used}")
      if(EXISTS ${ROOT}/${used} AND NOT used IN_LIST allowed)
        string(APPEND bad "  ${file}: ${include} (${folder} may use: ${allowed})\n")
      endif()
    endforeach()
  endforeach()
endforeach()
if(bad)
  message(FATAL_ERROR "includes against the layer table in cmake/check_layers.cmake:\n${bad}")
endif()
