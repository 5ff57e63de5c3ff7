#include "genome/net/layers/functional.hpp"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/core/error.hpp"
#include "genome/net/dropout.hpp"

namespace evofactor::net {

using genome::Activation;

at::Tensor activated(const at::Tensor& z, Activation activation) {
  switch (activation) {
    case Activation::kTanh:
      return at::tanh(z);
    case Activation::kRelu:
      return at::relu(z);
    case Activation::kGelu:
      return at::gelu(z);
  }
  EVOFACTOR_CHECK(false, "activation {} has no function", static_cast<int>(activation));
}

std::string script_of(Activation activation, const std::string& of) {
  return fmt::format("torch.{}({})", genome::name_of(activation), of);
}

at::Tensor slice_of(const at::Tensor& x, std::int64_t b) { return x[x.size(0) == 1 ? 0 : b]; }

at::Tensor as_series(const at::Tensor& x, const genome::LayerShape& shape) {
  return x.unflatten(1, {shape.positions, shape.depth()});
}

at::Tensor as_images(const at::Tensor& x, const genome::LayerShape& shape, std::int64_t slice) {
  const at::Tensor one = slice_of(x, slice).t();
  return one.contiguous()
      .unflatten(1, {shape.positions, shape.rows(), shape.channels})
      .permute({0, 3, 1, 2});
}

at::Tensor from_images(const at::Tensor& images) {
  return images.permute({0, 2, 3, 1}).flatten(1).t().unsqueeze(0);
}

std::array<std::int64_t, 2> padding_of(std::int64_t size, std::int64_t kernel,
                                       std::int64_t stride) {
  // The last result's middle stands on the last place, so what is left over falls to the front.
  const std::int64_t results = (size + stride - 1) / stride, after = (kernel - 1) / 2;
  return {(results - 1) * stride + kernel - size - after, after};
}

at::Tensor convolved(const at::Tensor& images, const at::Tensor& weight, const at::Tensor& bias,
                     std::array<int, 2> stride) {
  const auto days = padding_of(images.size(2), weight.size(2), stride[0]),
             rows = padding_of(images.size(3), weight.size(3), stride[1]);
  const std::optional<at::Tensor> shift = bias.defined() ? std::optional(bias) : std::nullopt;
  if (days[0] == days[1] && rows[0] == rows[1])
    return at::conv2d(images, weight, shift, {stride[0], stride[1]}, {days[0], rows[0]});
  // A negative front cuts places that no result sees.
  const at::Tensor padded = at::constant_pad_nd(images, {rows[0], rows[1], days[0], days[1]});
  return at::conv2d(padded, weight, shift, {stride[0], stride[1]});
}

std::string script_to_images(const genome::LayerShape& shape) {
  const genome::LayerShape image = genome::as_image(shape);
  return fmt::format("    h = torch.reshape(h, [-1, {}, {}, {}]).permute(0, 3, 1, 2)\n",
                     image.positions, image.height, image.channels);
}

std::string script_from_images() { return "    h = torch.flatten(h.permute(0, 2, 3, 1), 1)\n"; }

std::string script_of_taps(const std::string& prefix, std::array<int, 4> shape) {
  return fmt::format(
      "    w = self.{}weight.reshape([{}, {}, {}, {}]).permute(0, 3, 1, 2).contiguous()\n", prefix,
      shape[0], shape[1], shape[2], shape[3]);
}

std::string script_of_convolution(const std::string& weight, const std::string& bias,
                                  std::array<int, 2> kernel, std::array<int, 2> stride,
                                  const genome::LayerShape& image) {
  const auto days = padding_of(image.positions, kernel[0], stride[0]),
             rows = padding_of(image.height, kernel[1], stride[1]);
  return fmt::format(
      "    h = torch.conv2d(torch.constant_pad_nd(h, [{}, {}, {}, {}]), {}, {}, [{}, {}])\n",
      rows[0], rows[1], days[0], days[1], weight, bias, stride[0], stride[1]);
}

std::string script_of_causal(const std::string& prefix, const Causal& c) {
  const int outputs = (c.positions + c.stride - 1) / c.stride,
            first = c.positions - 1 - (outputs - 1) * c.stride;
  std::string text = fmt::format(
      "    w = self.{0}weight.reshape([{1}, {2}, {3}]).permute(0, 2, 1).contiguous()\n"
      "    h = torch.conv1d(torch.constant_pad_nd(x, [{4}, 0]), w, self.{0}bias, [1], [0], "
      "[{5}])\n",
      prefix, c.out, c.kernel, c.in, (c.kernel - 1) * c.dilation, c.dilation);
  if (c.stride > 1) text += fmt::format("    h = h[:, :, {}::{}]\n", first, c.stride);
  return text;
}

bool Dropout::on() const {
  return std::ranges::any_of(rates, [](double rate) { return rate > 0; });
}

at::Tensor Dropout::mask(std::int64_t size, std::int64_t rows, const Pass& pass,
                         const at::Tensor& like) const {
  const at::Tensor host = at::zeros({static_cast<std::int64_t>(seeds.size()), size, rows},
                                    at::TensorOptions(at::kFloat));
  fill_dropout_mask(host, seeds, rates, pass);
  return host.to(like.device());
}

at::Tensor Dropout::applied(const at::Tensor& y, const Pass& pass) const {
  if (!pass.training || !on()) return y;
  return y * mask(y.size(1), y.size(2), pass, y);
}

at::Tensor joined_slices(const std::vector<at::Tensor>& slices) {
  return slices.size() == 1 ? slices.front() : at::cat(slices);
}

}  // namespace evofactor::net
