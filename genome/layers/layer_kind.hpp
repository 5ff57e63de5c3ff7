#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "genome/layer_shape.hpp"
#include "genome/layers/activation.hpp"
#include "genome/layers/gene.hpp"

namespace evofactor::genome {

/// What a layer kind makes of places in time; decides where in a network it may stand and what its
/// neighbours hand on.
enum class Role {
  kSequence,  ///< reads places: stands before every flat layer (convolution, recurrence, attention)
  kFlat,      ///< flattens what comes in (dense)
  kAny        ///< leaves the shape as it is (norm, dropout)
};

// What every kind in this folder provides, beside genes() and its doc comment:
//   text_of(spec)                          one word for people: "64 tanh bn drop 0.1"
//   output_shape(spec, input, sequence)    defined for every input, so that any chain is valid;
//                                          `sequence`: a layer that reads places follows, so hand
//                                          on every position (else the last, where the kind has one
//                                          state a position)
//   parameter_count(spec, input)           weights, biases, norms
//   forward_flops(spec, input)             floating-point operations of one stock-day

/// " bn drop 0.1", as far as they are on.
[[nodiscard]] std::string text_of_extras(bool batch_norm, double dropout);

}  // namespace evofactor::genome
