#pragma once
#include <benchmark/benchmark.h>

#include <array>
#include <utility>

#include "genome/genome.hpp"
#include "genome/presets.hpp"

namespace evofactor::bench {

// Networks whose training is measured; peers/eager.py has the same ones but for the small residual
// one.
using namespace genome;

inline NetGenome with(Chain layers) {
  NetGenome genome;
  genome.layers = std::move(layers);
  return genome;
}

struct Named {
  const char* name;
  NetGenome (*make)();
};
inline constexpr std::array<Named, 9> kNetworks{{
    {"fcn_64x3", [] { return with(Chain(3, DenseSpec{.units = 64})); }},
    {"fcn_128x4", [] { return with(Chain(4, DenseSpec{.units = 128})); }},
    {"gru_30", [] { return with({GruSpec{.units = 30}}); }},
    {"lstm_64", [] { return with({LstmSpec{.units = 64}}); }},
    {"tcn_16x4",
     [] {
       return with({TcnSpec{16, 3, 1}, TcnSpec{16, 3, 2}, TcnSpec{16, 3, 4}, TcnSpec{16, 3, 8}});
     }},
    {"lenet", [] { return preset("lenet"); }},
    {"transformer_32",
     [] {
       return with({AttentionSpec{32, 4, 64, 2}});
     }},
    {"residual_8x2",
     [] {
       return with({Conv2dSpec{8}, ResidualSpec{8, 1, false}, ResidualSpec{8, 2, false}});
     }},
    {"resnet_50", [] { return preset("resnet50"); }},
}};

/// Seconds a candidate-epoch, given how many of them an iteration is.
inline void count_epochs(benchmark::State& state, double an_iteration) {
  state.counters["s/candidate_epoch"] =
      benchmark::Counter(static_cast<double>(state.max_iterations) * an_iteration,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace evofactor::bench
