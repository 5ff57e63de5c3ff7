#include "genome/layers/conv2d_spec.hpp"

namespace evofactor::genome {

const std::vector<GeneOf<Conv2dSpec>>& Conv2dSpec::genes() {
  static const std::vector<GeneOf<Conv2dSpec>> genes{
      integer_gene<&Conv2dSpec::channels>("channels", {1, 4096}, {4, 8, 16, 32}, "channels out"),
      integer_gene<&Conv2dSpec::kernel_rows>("kernel_rows", {1, 100}, {1, 3, 5}, "rows it sees"),
      integer_gene<&Conv2dSpec::kernel_days>("kernel_days", {1, 1000}, {3, 5, 7},
                                             "positions it sees"),
      integer_gene<&Conv2dSpec::stride_rows>("stride_rows", {1, 100}, {1},
                                             "distance between its results over rows"),
      integer_gene<&Conv2dSpec::stride_days>("stride_days", {1, 1000}, {1, 2},
                                             "distance between its results over time"),
      choice_gene<&Conv2dSpec::activation>("activation", kActivationNames,
                                           "function applied to every value"),
      flag_gene<&Conv2dSpec::batch_norm>("batch_norm", {0, 1}, "batch norm before the activation"),
      dropout_gene<&Conv2dSpec::dropout>()};
  return genes;
}

std::string text_of(const Conv2dSpec& spec) {
  std::string text =
      fmt::format("conv2d {} {}x{}", spec.channels, spec.kernel_rows, spec.kernel_days);
  if (spec.stride_rows > 1 || spec.stride_days > 1)
    text += fmt::format(" stride {}x{}", spec.stride_rows, spec.stride_days);
  return fmt::format("{} {}{}", text, name_of(spec.activation),
                     text_of_extras(spec.batch_norm, spec.dropout));
}

LayerShape output_shape(const Conv2dSpec& spec, LayerShape input, bool) {
  const LayerShape image = as_image(input);
  return {spec.channels, (image.positions + spec.stride_days - 1) / spec.stride_days,
          (image.height + spec.stride_rows - 1) / spec.stride_rows};
}

std::int64_t parameter_count(const Conv2dSpec& spec, LayerShape input) {
  const std::int64_t inputs =
      static_cast<std::int64_t>(as_image(input).channels) * spec.kernel_rows * spec.kernel_days;
  return spec.channels * (inputs + 1 + (spec.batch_norm ? 2 : 0));
}

double forward_flops(const Conv2dSpec& spec, LayerShape input) {
  const LayerShape out = output_shape(spec, input, true);
  return 2.0 * as_image(input).channels * spec.kernel_rows * spec.kernel_days *
         static_cast<double>(out.size());
}

}  // namespace evofactor::genome
