#include "genome/net/kernels/attention.hpp"

#include <cmath>
#include <vector>

#include "engine/core/grid.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "genome/net/kernels/attention.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/math/math-inl.h"
#include "genome/net/kernels/math-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {

constexpr int kTile = 8;  ///< vectors summed side by side

/// One head's values of one vector of stocks, place by place: [places][width] vectors.
class Local {
 public:
  Local(std::int64_t places, std::int64_t width)
      : width_(width), values_(static_cast<std::size_t>(places * width * lanes())) {}
  void read(const Runs& runs, std::int64_t places, std::int64_t channels, std::int64_t first,
            std::int64_t r) {
    for (std::int64_t p = 0; p < places; ++p)
      for (std::int64_t c = 0; c < width_; ++c)
        store(load(runs.values + (p * channels + first + c) * runs.stride + r), at(p, c));
  }
  void write(const Runs& runs, std::int64_t places, std::int64_t channels, std::int64_t first,
             std::int64_t r) const {
    for (std::int64_t p = 0; p < places; ++p)
      for (std::int64_t c = 0; c < width_; ++c)
        store(load(at(p, c)), runs.values + (p * channels + first + c) * runs.stride + r);
  }
  void clear() { std::fill(values_.begin(), values_.end(), 0.0F); }
  [[nodiscard]] float* at(std::int64_t place, std::int64_t c) {
    return values_.data() + (place * width_ + c) * lanes();
  }
  [[nodiscard]] const float* at(std::int64_t place, std::int64_t c) const {
    return values_.data() + (place * width_ + c) * lanes();
  }

 private:
  std::int64_t width_;
  std::vector<float, AlignedAllocator<float>> values_;
};

/// out[u] = sum_c a[c] b[u][c] for every place u of b. `a` is one place.
template <int N>
HWY_INLINE void dots_of(const float* a, const Local& b, std::int64_t u, std::int64_t width,
                        float* out) {
  V sum[N];
  for (int i = 0; i < N; ++i) sum[i] = hn::Zero(D());
  for (std::int64_t c = 0; c < width; ++c) {
    const V x = load(a + c * lanes());
    for (int i = 0; i < N; ++i) sum[i] = hn::MulAdd(x, load(b.at(u + i, c)), sum[i]);
  }
  for (int i = 0; i < N; ++i) store(sum[i], out + (u + i) * lanes());
}
HWY_INLINE void dots(const float* a, const Local& b, std::int64_t places, std::int64_t width,
                     float* out) {
  std::int64_t u = 0;
  for (; u + kTile <= places; u += kTile) dots_of<kTile>(a, b, u, width, out);
  for (; u < places; ++u) dots_of<1>(a, b, u, width, out);
}

/// out[c] = scale * sum_u w[u] b[u][c]
template <int N>
HWY_INLINE void mix_of(const float* w, const Local& b, std::int64_t c, std::int64_t places, V scale,
                       float* out) {
  V sum[N];
  for (int i = 0; i < N; ++i) sum[i] = hn::Zero(D());
  for (std::int64_t u = 0; u < places; ++u) {
    const V x = load(w + u * lanes());
    for (int i = 0; i < N; ++i) sum[i] = hn::MulAdd(x, load(b.at(u, c + i)), sum[i]);
  }
  for (int i = 0; i < N; ++i) store(hn::Mul(sum[i], scale), out + (c + i) * lanes());
}
HWY_INLINE void mix(const float* w, const Local& b, std::int64_t places, std::int64_t width,
                    V scale, float* out) {
  std::int64_t c = 0;
  for (; c + kTile <= width; c += kTile) mix_of<kTile>(w, b, c, places, scale, out);
  for (; c < width; ++c) mix_of<1>(w, b, c, places, scale, out);
}

/// b[u][c] += w[u] a[c]
HWY_INLINE void spread(const float* w, const float* a, Local& b, std::int64_t places,
                       std::int64_t width) {
  for (std::int64_t u = 0; u < places; ++u) {
    const V x = load(w + u * lanes());
    for (std::int64_t c = 0; c < width; ++c)
      store(hn::MulAdd(x, load(a + c * lanes()), load(b.at(u, c))), b.at(u, c));
  }
}

using Memory = std::vector<float, AlignedAllocator<float>>;

void forward(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k, const Runs& v,
             const Runs& out, const Runs& log_sums) {
  const std::int64_t channels = a.heads * a.width;
  const V scale = hn::Set(D(), 1.0F / std::sqrt(static_cast<float>(a.width))),
          one = hn::Set(D(), 1.0F);
  Local qs(a.queries, a.width), ks(a.positions, a.width), vs(a.positions, a.width),
      os(a.queries, a.width);
  Memory weights(static_cast<std::size_t>(a.positions * lanes()));
  for (std::int64_t r = 0; r < rows; r += lanes())
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t first = head * a.width;
      qs.read(q, a.queries, channels, first, r);
      ks.read(k, a.positions, channels, first, r);
      vs.read(v, a.positions, channels, first, r);
      for (std::int64_t t = 0; t < a.queries; ++t) {
        dots(qs.at(t, 0), ks, a.positions, a.width, weights.data());
        V most = hn::Mul(load(weights.data()), scale);
        for (std::int64_t u = 1; u < a.positions; ++u)
          most = hn::Max(most, hn::Mul(load(weights.data() + u * lanes()), scale));
        V sum = hn::Zero(D());
        for (std::int64_t u = 0; u < a.positions; ++u) {
          float* w = weights.data() + u * lanes();
          const V e = hn::Exp(D(), hn::MulSub(load(w), scale, most));
          sum = hn::Add(sum, e);
          store(e, w);
        }
        store(hn::Add(most, hn::Log(D(), sum)),
              log_sums.values + (t * a.heads + head) * log_sums.stride + r);
        mix(weights.data(), vs, a.positions, a.width, hn::Div(one, sum), os.at(t, 0));
      }
      os.write(out, a.queries, channels, first, r);
    }
}

void backward(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k, const Runs& v,
              const Runs& out, const Runs& log_sums, const Runs& dout, const Runs& dq,
              const Runs& dk, const Runs& dv) {
  const std::int64_t channels = a.heads * a.width;
  const V scale = hn::Set(D(), 1.0F / std::sqrt(static_cast<float>(a.width))),
          one = hn::Set(D(), 1.0F);
  Local qs(a.queries, a.width), ks(a.positions, a.width), vs(a.positions, a.width),
      os(a.queries, a.width), dos(a.queries, a.width), dqs(a.queries, a.width),
      dks(a.positions, a.width), dvs(a.positions, a.width);
  Memory weights(static_cast<std::size_t>(a.positions * lanes())),
      slopes(static_cast<std::size_t>(a.positions * lanes()));
  for (std::int64_t r = 0; r < rows; r += lanes())
    for (std::int64_t head = 0; head < a.heads; ++head) {
      const std::int64_t first = head * a.width;
      qs.read(q, a.queries, channels, first, r);
      ks.read(k, a.positions, channels, first, r);
      vs.read(v, a.positions, channels, first, r);
      os.read(out, a.queries, channels, first, r);
      dos.read(dout, a.queries, channels, first, r);
      dks.clear();
      dvs.clear();
      for (std::int64_t t = 0; t < a.queries; ++t) {
        const V log_sum = load(log_sums.values + (t * a.heads + head) * log_sums.stride + r);
        dots(qs.at(t, 0), ks, a.positions, a.width, weights.data());
        dots(dos.at(t, 0), vs, a.positions, a.width, slopes.data());
        V mean = hn::Zero(D());  // of the slopes under the weights
        for (std::int64_t c = 0; c < a.width; ++c)
          mean = hn::MulAdd(load(dos.at(t, c)), load(os.at(t, c)), mean);
        for (std::int64_t u = 0; u < a.positions; ++u) {
          float *w = weights.data() + u * lanes(), *s = slopes.data() + u * lanes();
          const V weight = hn::Exp(D(), hn::MulSub(load(w), scale, log_sum));
          store(weight, w);
          store(hn::Mul(hn::Mul(weight, hn::Sub(load(s), mean)), scale), s);
        }
        spread(weights.data(), dos.at(t, 0), dvs, a.positions, a.width);
        spread(slopes.data(), qs.at(t, 0), dks, a.positions, a.width);
        mix(slopes.data(), ks, a.positions, a.width, one, dqs.at(t, 0));
      }
      dqs.write(dq, a.queries, channels, first, r);
      dks.write(dk, a.positions, channels, first, r);
      dvs.write(dv, a.positions, channels, first, r);
    }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::net::kernels {
namespace {
HWY_EXPORT(forward);
HWY_EXPORT(backward);
}  // namespace

void attend(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k, const Runs& v,
            const Runs& out, const Runs& log_sums) {
  HWY_DYNAMIC_DISPATCH(forward)(a, rows, q, k, v, out, log_sums);
}

void attend_backward(const Attention& a, std::int64_t rows, const Runs& q, const Runs& k,
                     const Runs& v, const Runs& out, const Runs& log_sums, const Runs& dout,
                     const Runs& dq, const Runs& dk, const Runs& dv) {
  HWY_DYNAMIC_DISPATCH(backward)(a, rows, q, k, v, out, log_sums, dout, dq, dk, dv);
}

}  // namespace evofactor::net::kernels
#endif
