#pragma once
#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "genome/net/layers/layer.hpp"

namespace evofactor::net {

/// Arrays of several parts, the layers of a chain or the branches of a layer, in one list: how many
/// are whose.
class PartArrays {
 public:
  /// @param part a layer or a chain
  template <class Part>
  void add(const Part& part) {
    parameters_.push_back(part.parameters().size());
    buffers_.push_back(part.buffers().size());
  }
  [[nodiscard]] std::size_t parameters(std::size_t part) const { return parameters_[part]; }

  /// Calls bind(part, values, gradients, buffers) with each part's own.
  template <class Bind>
  void deal(const std::vector<at::Tensor>& values, const std::vector<at::Tensor>& gradients,
            const std::vector<at::Tensor>& buffers, const Bind& bind) const {
    std::size_t value = 0, buffer = 0;
    for (std::size_t part = 0; part < parameters_.size(); ++part) {
      bind(part, some(values, value, parameters_[part]), some(gradients, value, parameters_[part]),
           some(buffers, buffer, buffers_[part]));
      value += parameters_[part];
      buffer += buffers_[part];
    }
  }

 private:
  static std::vector<at::Tensor> some(const std::vector<at::Tensor>& all, std::size_t first,
                                      std::size_t count) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }
  std::vector<std::size_t> parameters_, buffers_;
};

/// get(part) of all parts, each array named "<word><part>.<its own name>".
template <class Parts, class Get>
std::vector<ParameterSpec> named_specs(const Parts& parts, std::string_view word, const Get& get) {
  std::vector<ParameterSpec> all;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (ParameterSpec spec : get(parts[i])) {
      spec.name = fmt::format("{}{}.{}", word, i, spec.name);
      all.push_back(std::move(spec));
    }
  return all;
}

}  // namespace evofactor::net
