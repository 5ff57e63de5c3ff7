#include "genome/net/kernels/attention.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "genome/net/init.hpp"
#include "genome/net/kernels/cells.hpp"
#include "genome/net/kernels/norm.hpp"
#include "genome/net/layers/autograd_layer.hpp"
#include "genome/net/layers/functional.hpp"
#include "genome/net/layers/kinds.hpp"
#include "genome/net/layers/runs.hpp"

namespace evofactor::net {
namespace {

using genome::AttentionSpec;
using kernels::Runs;

/// Arrays of a block, after the embedding's weight and bias; `inputs` and `outputs` of each map.
constexpr std::size_t kEmbedding = 2, kBlock = 12;
enum Array : std::size_t {
  kIn,
  kInBias,
  kOut,
  kOutBias,
  kUp,
  kUpBias,
  kDown,
  kDownBias,
  kScale1,
  kShift1,
  kScale2,
  kShift2
};

/// sin and cos of t / 10000^(2 i / units), as [positions, units].
at::Tensor sinusoids(std::int64_t positions, std::int64_t units) {
  const at::Tensor table = at::empty({positions, units}, at::TensorOptions(at::kFloat));
  float* out = table.data_ptr<float>();
  for (std::int64_t t = 0; t < positions; ++t)
    for (std::int64_t i = 0; i < units; ++i, ++out) {
      const double angle =
          static_cast<double>(t) *
          std::pow(10000.0, -static_cast<double>(i / 2 * 2) / static_cast<double>(units));
      *out = static_cast<float>(i % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

class Attention final : public AutogradLayer {
 public:
  Attention(std::span<const AttentionSpec> specs, const Site& site)
      : AutogradLayer(site),
        spec_(specs.front()),
        positions_(sinusoids(site.input.positions, spec_.units)) {
    const auto parts = static_cast<std::size_t>(2 * spec_.blocks);
    blocks_.resize(static_cast<std::size_t>(spec_.blocks));
    for (std::size_t part = 0; part < parts; ++part) {
      Dropout& dropout = dropouts_.emplace_back();
      for (std::size_t b = 0; b < specs.size(); ++b) {
        dropout.rates.push_back(specs[b].dropout);
        dropout.seeds.push_back(derive(site.dropout_seeds[b], "part", part));
      }
    }
  }

  [[nodiscard]] std::vector<ParameterSpec> parameters() const override {
    const std::int64_t d = spec_.units, ff = spec_.feed_forward;
    const Names parts = paired(numbered(3), numbered(d));  // queries, keys, values
    std::vector<ParameterSpec> all{
        {"embedding", {d, site_.input.depth()}, true, {numbered(d), site_.names.depth()}},
        {"embedding_bias", {d}, false}};
    for (int block = 0; block < spec_.blocks; ++block) {
      const auto add = [&](const char* name, std::vector<std::int64_t> shape,
                           std::vector<Names> axes = {}) {
        const bool decays = shape.size() == 2;
        all.push_back(
            {fmt::format("block{}_{}", block, name), std::move(shape), decays, std::move(axes)});
      };
      add("in", {3 * d, d}, {parts, numbered(d)}), add("in_bias", {3 * d}, {parts});
      add("out", {d, d}), add("out_bias", {d});
      add("up", {ff, d}), add("up_bias", {ff}), add("down", {d, ff}), add("down_bias", {d});
      add("scale1", {d}), add("shift1", {d}), add("scale2", {d}), add("shift2", {d});
    }
    return all;
  }
  void initialise(int slice, Rng& rng) override {
    initialise_linear(values_[0][slice], rng);
    for (std::size_t block = 0; block < static_cast<std::size_t>(spec_.blocks); ++block) {
      const auto at = [&](Array a) { return values_[kEmbedding + block * kBlock + a][slice]; };
      for (std::int64_t part = 0; part < 3; ++part)
        initialise_linear(at(kIn).narrow(0, part * spec_.units, spec_.units), rng);
      initialise_linear(at(kOut), rng);
      initialise_weight(at(kUp), genome::Activation::kRelu, rng);
      initialise_linear(at(kDown), rng);
      at(kScale1).fill_(1);
      at(kScale2).fill_(1);
    }
  }

  [[nodiscard]] bool reads_pass() const override { return dropouts_[0].on(); }

  at::Tensor forward(const at::Tensor& x, const Pass& pass) override {
    if (!x.is_cpu()) return AutogradLayer::forward(x, pass);
    x_ = as_runs(x, input_);
    const std::int64_t rows = x_.size(2);
    at::Tensor h = embedded_.get({n_slices(), places() * units(), rows}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b)
      for (std::int64_t t = 0; t < places(); ++t) {
        const at::Tensor bias = values_[1][b] + positions_[t];
        product(values_[0][b], x_, t, site_.input.depth(), bias.data_ptr<float>(), h, t, b);
      }
    inputs_.clear();
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      inputs_.push_back(h);
      h = forward_block(h, pass, block);
    }
    return h;
  }

  at::Tensor backward(const at::Tensor& x, const at::Tensor& dy, const Pass& pass,
                      bool need_dx) override {
    if (!x.is_cpu()) return AutogradLayer::backward(x, dy, pass, need_dx);
    at::Tensor d = as_runs(dy, gradient_);
    for (std::size_t block = blocks_.size(); block-- > 0;) d = backward_block(d, pass, block);
    at::Tensor dx;
    if (need_dx) dx = input_gradient_.get({n_slices(), x_.size(1), x_.size(2)}, values_[0]);
    for (std::int64_t b = 0; b < n_slices(); ++b)
      for (std::int64_t t = 0; t < places(); ++t)
        product_backward(map(0, b), place(x_, b, t, site_.input.depth()), place(d, b, t, units()),
                         need_dx ? place(dx, b, t, site_.input.depth()) : Runs{}, x_.size(2));
    return need_dx ? dx.narrow(2, 0, x.size(2)) : dx;
  }

 protected:
  [[nodiscard]] at::Tensor compute(const at::Tensor& x, const Pass& pass,
                                   std::span<const at::Tensor> values, bool) const override {
    std::vector<at::Tensor> slices;
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      // [rows, positions, depth]
      const at::Tensor series =
          as_series(x.narrow(0, x.size(0) == 1 ? 0 : b, 1), site_.input)[0].permute({2, 0, 1});
      at::Tensor h = at::linear(series, values[0][b], values[1][b]) + positions_.to(x.options());
      for (std::size_t block = 0; block < static_cast<std::size_t>(spec_.blocks); ++block)
        h = through_block(h, pass, values.subspan(kEmbedding + block * kBlock, kBlock), block, b);
      if (!site_.sequence) h = h.select(1, h.size(1) - 1).unsqueeze(1);
      slices.push_back(h.permute({1, 2, 0}).flatten(0, 1).unsqueeze(0));
    }
    return joined_slices(slices);
  }

 private:
  /// h [rows, positions, units]. Where the last position alone is handed on, the last block's
  /// queries are its alone.
  [[nodiscard]] at::Tensor through_block(const at::Tensor& h, const Pass& pass,
                                         std::span<const at::Tensor> w, std::size_t block,
                                         std::int64_t b) const {
    const bool last = !site_.sequence && block + 1 == static_cast<std::size_t>(spec_.blocks);
    const std::int64_t d = spec_.units, n_heads = spec_.heads_used();
    const auto heads = [&](const at::Tensor& from, std::int64_t part) {
      return at::linear(from, w[kIn][b].narrow(0, part * d, d),
                        w[kInBias][b].narrow(0, part * d, d))
          .unflatten(2, {n_heads, d / n_heads})
          .transpose(1, 2);
    };
    const at::Tensor asking = last ? h.narrow(1, h.size(1) - 1, 1) : h;
    const at::Tensor q = heads(asking, 0), k = heads(h, 1), v = heads(h, 2);
    const at::Tensor weights = at::softmax(
        at::matmul(q, k.transpose(2, 3)) / std::sqrt(static_cast<double>(d / n_heads)), -1);
    const at::Tensor mixed = at::matmul(weights, v).transpose(1, 2).flatten(2);
    const at::Tensor attended = at::layer_norm(
        asking + dropped(at::linear(mixed, w[kOut][b], w[kOutBias][b]), pass, 2 * block, b), {d},
        w[kScale1][b], w[kShift1][b], kernels::kNormEpsilon);
    const at::Tensor up = at::relu(at::linear(attended, w[kUp][b], w[kUpBias][b]));
    return at::layer_norm(
        attended + dropped(at::linear(up, w[kDown][b], w[kDownBias][b]), pass, 2 * block + 1, b),
        {d}, w[kScale2][b], w[kShift2][b], kernels::kNormEpsilon);
  }

  [[nodiscard]] at::Tensor dropped(const at::Tensor& h, const Pass& pass, std::size_t part,
                                   std::int64_t b) const {
    const Dropout& all = dropouts_[part];
    const auto slice = static_cast<std::size_t>(b);
    const Dropout own{{all.rates[slice]}, {all.seeds[slice]}};
    if (!pass.training || !own.on()) return h;
    const at::Tensor mask = own.mask(h.size(1) * h.size(2), h.size(0), pass, h);
    return h * mask[0].t().unflatten(1, {h.size(1), h.size(2)});
  }

  /// What a block keeps between forward and backward; [B, places * channels, rows] each.
  struct Block {
    std::int64_t queries = 0;
    at::Tensor q, k, v, mixed, log_sums, sum1, inverse1, attended, up, sum2, inverse2, out;
    std::array<at::Tensor, 2> masks;
    std::array<Buffer, 21> memory;
  };

  [[nodiscard]] std::int64_t units() const { return spec_.units; }
  [[nodiscard]] std::int64_t places() const { return site_.input.positions; }
  [[nodiscard]] at::Tensor array(std::size_t block, Array a, std::int64_t b) const {
    return values_[kEmbedding + block * kBlock + a][b];
  }
  [[nodiscard]] at::Tensor gradient(std::size_t block, Array a, std::int64_t b) const {
    return gradients_[kEmbedding + block * kBlock + a][b];
  }
  static Runs place(const at::Tensor& x, std::int64_t b, std::int64_t t, std::int64_t channels) {
    return runs_of(x, b, t * channels);
  }

  /// y's place `to` = f(w x's place `from` + bias)
  void product(const at::Tensor& w, const at::Tensor& x, std::int64_t from, std::int64_t in,
               const float* bias, const at::Tensor& y, std::int64_t to, std::int64_t b,
               kernels::Fused fused = kernels::Fused::kNone) const {
    kernels::multiply(weights_of(w), list_of(place(x, b, from, in), in), x.size(2), bias,
                      place(y, b, to, w.size(0)), fused);
  }
  /// Gradients of y = w x + bias at one place each: adds to dw and db, and writes (or adds to) dx.
  struct Map {
    at::Tensor w, dw, db;
  };
  [[nodiscard]] Map map(std::size_t weight, std::int64_t b) const {
    return {values_[weight][b], gradients_[weight][b], gradients_[weight + 1][b]};
  }
  void product_backward(const Map& m, const Runs& x, const Runs& dy, const Runs& dx,
                        std::int64_t rows, bool add = false) {
    const std::int64_t out = m.w.size(0), in = m.w.size(1);
    kernels::add_outer(dy, out, list_of(x, in), rows, m.dw.data_ptr<float>(), in);
    kernels::add_row_sums(dy, out, rows, m.db.data_ptr<float>());
    if (dx.values == nullptr) return;
    const kernels::Weights back = transposed(weights_of(m.w), 0, in, turned_);
    if (add) {
      kernels::multiply_add(back, list_of(dy, out), rows, dx);
    } else {
      kernels::multiply(back, list_of(dy, out), rows, nullptr, dx);
    }
  }

  at::Tensor forward_block(const at::Tensor& h, const Pass& pass, std::size_t index) {
    Block& k = blocks_[index];
    const bool last = !site_.sequence && index + 1 == blocks_.size();
    const std::int64_t rows = h.size(2), d = units(), ff = spec_.feed_forward;
    k.queries = last ? 1 : places();
    const std::int64_t first = places() - k.queries;
    std::size_t used = 0;
    const auto get = [&](std::int64_t channels) {
      return k.memory[used++].get({n_slices(), channels, rows}, values_[0]);
    };
    k.q = get(k.queries * d), k.k = get(places() * d), k.v = get(places() * d);
    k.mixed = get(k.queries * d), k.log_sums = get(k.queries * spec_.heads_used());
    k.sum1 = get(k.queries * d), k.inverse1 = get(k.queries), k.attended = get(k.queries * d);
    k.up = get(k.queries * ff), k.sum2 = get(k.queries * d), k.inverse2 = get(k.queries);
    k.out = get(k.queries * d);
    const bool drops = pass.training && dropouts_[0].on();
    if (drops)
      for (std::size_t i = 0; i < 2; ++i)
        k.masks[i] = dropouts_[2 * index + i].mask(k.queries * d, rows, pass, h);
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const at::Tensor in = array(index, kIn, b);
      const float* bias = array(index, kInBias, b).data_ptr<float>();
      for (std::int64_t t = 0; t < places(); ++t) {
        product(in.narrow(0, d, d), h, t, d, bias + d, k.k, t, b);
        product(in.narrow(0, 2 * d, d), h, t, d, bias + 2 * d, k.v, t, b);
      }
      for (std::int64_t t = 0; t < k.queries; ++t)
        product(in.narrow(0, 0, d), h, first + t, d, bias, k.q, t, b);
      kernels::attend(shape(k), rows, runs_of(k.q, b), runs_of(k.k, b), runs_of(k.v, b),
                      runs_of(k.mixed, b), runs_of(k.log_sums, b));
      for (std::int64_t t = 0; t < k.queries; ++t) {
        const auto bias_of = [&](Array a) { return array(index, a, b).data_ptr<float>(); };
        product(array(index, kOut, b), k.mixed, t, d, bias_of(kOutBias), k.sum1, t, b);
        if (drops) k.sum1[b].narrow(0, t * d, d).mul_(k.masks[0][b].narrow(0, t * d, d));
        kernels::add_runs(place(h, b, first + t, d), d, rows, place(k.sum1, b, t, d));
        kernels::layer_norm(d, rows, bias_of(kScale1), bias_of(kShift1), place(k.sum1, b, t, d),
                            runs_of(k.inverse1, b, t).values, place(k.attended, b, t, d));
        product(array(index, kUp, b), k.attended, t, d, bias_of(kUpBias), k.up, t, b,
                kernels::Fused::kRelu);
        product(array(index, kDown, b), k.up, t, ff, bias_of(kDownBias), k.sum2, t, b);
        if (drops) k.sum2[b].narrow(0, t * d, d).mul_(k.masks[1][b].narrow(0, t * d, d));
        kernels::add_runs(place(k.attended, b, t, d), d, rows, place(k.sum2, b, t, d));
        kernels::layer_norm(d, rows, bias_of(kScale2), bias_of(kShift2), place(k.sum2, b, t, d),
                            runs_of(k.inverse2, b, t).values, place(k.out, b, t, d));
      }
    }
    return k.out;
  }

  /// @param d gradient of the block's result; overwritten @returns that of its input
  at::Tensor backward_block(const at::Tensor& given, const Pass& pass, std::size_t index) {
    Block& k = blocks_[index];
    const at::Tensor& h = inputs_[index];
    const std::int64_t rows = h.size(2), d = units(), ff = spec_.feed_forward,
                       first = places() - k.queries;
    std::size_t used = 12;
    const auto get = [&](std::int64_t channels) {
      return k.memory[used++].get({n_slices(), channels, rows}, values_[0]);
    };
    const at::Tensor dh = get(places() * d), dropped = get(d), d_up = get(ff), d_attended = get(d),
                     d_mixed = get(k.queries * d), dq = get(k.queries * d), dk = get(places() * d),
                     dv = get(places() * d);
    const bool drops = pass.training && dropouts_[0].on();
    dh.zero_();
    const std::size_t base = kEmbedding + index * kBlock;
    // The gradient that passes a sum's other way, with its dropout.
    const auto masked = [&](const at::Tensor& sum, std::size_t i, std::int64_t t, std::int64_t b) {
      const at::Tensor from = sum[b].narrow(0, sum.size(1) == d ? 0 : t * d, d);
      at::Tensor to = dropped[b];
      if (drops) {
        at::mul_out(to, from, k.masks[i][b].narrow(0, t * d, d));
      } else {
        to.copy_(from);
      }
    };
    for (std::int64_t b = 0; b < n_slices(); ++b) {
      const auto norm_backward = [&](Array scale, Array shift, const at::Tensor& sum,
                                     const at::Tensor& inverse, std::int64_t t, const Runs& dy) {
        kernels::layer_norm_backward(d, rows, array(index, scale, b).data_ptr<float>(),
                                     place(sum, b, t, d), runs_of(inverse, b, t).values, dy,
                                     gradient(index, scale, b).data_ptr<float>(),
                                     gradient(index, shift, b).data_ptr<float>());
      };
      for (std::int64_t t = 0; t < k.queries; ++t) {
        const Runs dy = place(given, b, t, d);
        norm_backward(kScale2, kShift2, k.sum2, k.inverse2, t, dy);
        masked(given, 1, t, b);
        const Runs up = place(d_up, b, 0, ff), attended = place(d_attended, b, 0, d),
                   other = place(dropped, b, 0, d);
        product_backward(map(base + kDown, b), place(k.up, b, t, ff), other, up, rows);
        kernels::through_activation(kernels::Fused::kRelu, place(k.up, b, t, ff), up, ff, rows);
        product_backward(map(base + kUp, b), place(k.attended, b, t, d), up, attended, rows);
        kernels::add_runs(dy, d, rows, attended);
        norm_backward(kScale1, kShift1, k.sum1, k.inverse1, t, attended);
        kernels::add_runs(attended, d, rows, place(dh, b, first + t, d));
        masked(d_attended, 0, t, b);
        product_backward(map(base + kOut, b), place(k.mixed, b, t, d), other,
                         place(d_mixed, b, t, d), rows);
      }
      kernels::attend_backward(shape(k), rows, runs_of(k.q, b), runs_of(k.k, b), runs_of(k.v, b),
                               runs_of(k.mixed, b), runs_of(k.log_sums, b), runs_of(d_mixed, b),
                               runs_of(dq, b), runs_of(dk, b), runs_of(dv, b));
      const Map in = map(base + kIn, b);
      const auto part = [&](std::int64_t i, const at::Tensor& from, std::int64_t t,
                            std::int64_t at_place) {
        const Map own{in.w.narrow(0, i * d, d), in.dw.narrow(0, i * d, d),
                      in.db.narrow(0, i * d, d)};
        product_backward(own, place(h, b, at_place, d), place(from, b, t, d),
                         place(dh, b, at_place, d), rows, /*add=*/true);
      };
      for (std::int64_t t = 0; t < k.queries; ++t) part(0, dq, t, first + t);
      for (std::int64_t t = 0; t < places(); ++t) {
        part(1, dk, t, t);
        part(2, dv, t, t);
      }
    }
    return dh;
  }
  [[nodiscard]] kernels::Attention shape(const Block& k) const {
    return {places(), k.queries, spec_.heads_used(), units() / spec_.heads_used()};
  }

  AttentionSpec spec_;
  at::Tensor positions_;
  std::vector<Dropout> dropouts_;  ///< two a block
  std::vector<Block> blocks_;
  std::vector<at::Tensor> inputs_;  ///< of each block
  Buffer input_, embedded_, gradient_, input_gradient_;
  at::Tensor x_;
  std::vector<float> turned_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(std::span<const AttentionSpec> specs, const Site& site) {
  return std::make_unique<Attention>(specs, site);
}

std::string script_of(const AttentionSpec& spec, const std::string& prefix, const Site& site) {
  const int d = spec.units, heads = spec.heads_used();
  std::string text = fmt::format(
      "    place = torch.arange({1}).unsqueeze(1)\n"
      "    unit = torch.arange({2}).unsqueeze(0)\n"
      "    angle = place * torch.pow(10000.0, -1.0 * (unit - unit % 2) / {2})\n"
      "    positions = torch.where(unit % 2 == 0, torch.sin(angle), torch.cos(angle))\n"
      "    h = torch.matmul(torch.reshape(h, [-1, {1}, {3}]), self.{0}embedding.t()) + "
      "self.{0}embedding_bias + positions\n",
      prefix, site.input.positions, d, site.input.depth());
  for (int block = 0; block < spec.blocks; ++block) {
    const std::string p = fmt::format("{}block{}_", prefix, block);
    text += fmt::format(
        "    q, k, v = torch.chunk(torch.matmul(h, self.{0}in.t()) + self.{0}in_bias, 3, 2)\n"
        "    q = torch.reshape(q, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    k = torch.reshape(k, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    v = torch.reshape(v, [-1, {1}, {2}, {3}]).transpose(1, 2)\n"
        "    w = torch.softmax(torch.matmul(q, k.transpose(2, 3)) / {4}, -1)\n"
        "    x = torch.flatten(torch.matmul(w, v).transpose(1, 2), 2)\n"
        "    h = torch.layer_norm(h + torch.matmul(x, self.{0}out.t()) + self.{0}out_bias, [{5}], "
        "self.{0}scale1, self.{0}shift1, {6})\n"
        "    x = torch.relu(torch.matmul(h, self.{0}up.t()) + self.{0}up_bias)\n"
        "    h = torch.layer_norm(h + torch.matmul(x, self.{0}down.t()) + self.{0}down_bias, "
        "[{5}], "
        "self.{0}scale2, self.{0}shift2, {6})\n",
        p, site.input.positions, heads, d / heads, std::sqrt(static_cast<double>(d / heads)), d,
        kernels::kNormEpsilon);
  }
  return text + (site.sequence ? "    h = torch.flatten(h, 1)\n" : "    h = h[:, -1]\n");
}

}  // namespace evofactor::net
