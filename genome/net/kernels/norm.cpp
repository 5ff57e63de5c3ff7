#include "genome/net/kernels/norm.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "genome/net/kernels/norm.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "genome/net/kernels/math-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {

void along_channels(std::int64_t channels, std::int64_t rows, const float* scale,
                    const float* shift, const Runs& x, float* inverse, const Runs& y) {
  const V n = hn::Set(D(), 1.0F / static_cast<float>(channels));
  for (std::int64_t r = 0; r < rows; r += lanes()) {
    V mean = hn::Zero(D()), variance = hn::Zero(D());
    for (std::int64_t c = 0; c < channels; ++c)
      mean = hn::Add(mean, load(x.values + c * x.stride + r));
    mean = hn::Mul(mean, n);
    for (std::int64_t c = 0; c < channels; ++c) {
      const V d = hn::Sub(load(x.values + c * x.stride + r), mean);
      variance = hn::MulAdd(d, d, variance);
    }
    const V inv =
        hn::Div(hn::Set(D(), 1.0F),
                hn::Sqrt(hn::MulAdd(variance, n, hn::Set(D(), static_cast<float>(kNormEpsilon)))));
    store(inv, inverse + r);
    for (std::int64_t c = 0; c < channels; ++c) {
      float* at = x.values + c * x.stride + r;
      const V d = hn::Mul(hn::Sub(load(at), mean), inv);
      store(d, at);
      store(hn::MulAdd(d, hn::Set(D(), scale[c]), hn::Set(D(), shift[c])),
            y.values + c * y.stride + r);
    }
  }
}

void along_channels_backward(std::int64_t channels, std::int64_t rows, const float* scale,
                             const Runs& normalised, const float* inverse, const Runs& d,
                             float* dscale, float* dshift) {
  for (std::int64_t c = 0; c < channels; ++c) {
    V along = hn::Zero(D()), sum = hn::Zero(D());
    for (std::int64_t r = 0; r < rows; r += lanes()) {
      const V g = load(d.values + c * d.stride + r);
      along = hn::MulAdd(g, load(normalised.values + c * normalised.stride + r), along);
      sum = hn::Add(sum, g);
    }
    dscale[c] += hn::GetLane(hn::SumOfLanes(D(), along));
    dshift[c] += hn::GetLane(hn::SumOfLanes(D(), sum));
  }
  const V n = hn::Set(D(), 1.0F / static_cast<float>(channels));
  for (std::int64_t r = 0; r < rows; r += lanes()) {
    V mean = hn::Zero(D()), along = hn::Zero(D());
    for (std::int64_t c = 0; c < channels; ++c) {
      const V g = hn::Mul(load(d.values + c * d.stride + r), hn::Set(D(), scale[c]));
      mean = hn::Add(mean, g);
      along = hn::MulAdd(g, load(normalised.values + c * normalised.stride + r), along);
    }
    mean = hn::Mul(mean, n);
    along = hn::Mul(along, n);
    const V inv = load(inverse + r);
    for (std::int64_t c = 0; c < channels; ++c) {
      float* at = d.values + c * d.stride + r;
      const V g = hn::Mul(load(at), hn::Set(D(), scale[c]));
      const V x = load(normalised.values + c * normalised.stride + r);
      store(hn::Mul(hn::NegMulAdd(x, along, hn::Sub(g, mean)), inv), at);
    }
  }
}

/// Calls f(offset, lanes that count) for every vector with used rows.
template <class F>
HWY_INLINE void over_used(std::int64_t used, F f) {
  std::int64_t r = 0;
  for (; r + lanes() <= used; r += lanes()) f(r, hn::FirstN(D(), hn::Lanes(D())));
  if (r < used) f(r, hn::FirstN(D(), static_cast<std::size_t>(used - r)));
}

HWY_INLINE float* run(const Batch& batch, const Runs& runs, std::int64_t place, std::int64_t c) {
  return runs.values + (place * batch.channels + c) * runs.stride;
}

void moments(const Batch& batch, const Runs& x, float* mean, float* variance) {
  const auto n = static_cast<double>(batch.places * batch.used);
  for (std::int64_t c = 0; c < batch.channels; ++c) {
    double sum = 0, squares = 0;
    for (std::int64_t p = 0; p < batch.places; ++p) {
      const float* at = run(batch, x, p, c);
      V part = hn::Zero(D());
      over_used(batch.used, [&](std::int64_t r, auto counts) {
        part = hn::Add(part, hn::IfThenElseZero(counts, load(at + r)));
      });
      sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), part)));
    }
    const auto middle = static_cast<float>(sum / n);
    for (std::int64_t p = 0; p < batch.places; ++p) {
      const float* at = run(batch, x, p, c);
      V part = hn::Zero(D());
      over_used(batch.used, [&](std::int64_t r, auto counts) {
        const V d = hn::IfThenElseZero(counts, hn::Sub(load(at + r), hn::Set(D(), middle)));
        part = hn::MulAdd(d, d, part);
      });
      squares += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), part)));
    }
    mean[c] = middle;
    variance[c] = static_cast<float>(squares / n);
  }
}

void scaled(const Batch& batch, const Runs& x, const float* scale, const float* shift, Fused fused,
            const Runs& y) {
  for (std::int64_t p = 0; p < batch.places; ++p)
    for (std::int64_t c = 0; c < batch.channels; ++c) {
      const float* from = run(batch, x, p, c);
      float* to = run(batch, y, p, c);
      const V factor = hn::Set(D(), scale[c]), more = hn::Set(D(), shift[c]);
      for (std::int64_t r = 0; r < batch.rows; r += lanes())
        store(passed(hn::MulAdd(load(from + r), factor, more), fused), to + r);
    }
}

void moments_backward(const Batch& batch, const Runs& x, const float* mean, const float* inverse,
                      const float* scale, const Runs& d, float* dscale, float* dshift) {
  const auto n = static_cast<double>(batch.places * batch.used);
  for (std::int64_t c = 0; c < batch.channels; ++c) {
    const V middle = hn::Set(D(), mean[c]);
    double sum = 0, along = 0;  // of d, and of d (x - mean)
    for (std::int64_t p = 0; p < batch.places; ++p) {
      const float *at = run(batch, x, p, c), *gradient = run(batch, d, p, c);
      V part = hn::Zero(D()), product = hn::Zero(D());
      over_used(batch.used, [&](std::int64_t r, auto counts) {
        const V g = hn::IfThenElseZero(counts, load(gradient + r));
        part = hn::Add(part, g);
        product = hn::MulAdd(g, hn::Sub(load(at + r), middle), product);
      });
      sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), part)));
      along += static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), product)));
    }
    const auto inv = static_cast<double>(inverse[c]);
    dscale[c] += static_cast<float>(along * inv);
    dshift[c] += static_cast<float>(sum);
    const V each = hn::Set(D(), static_cast<float>(sum / n)),
            slope = hn::Set(D(), static_cast<float>(along * inv * inv / n)),
            factor = hn::Set(D(), scale[c] * inverse[c]);
    for (std::int64_t p = 0; p < batch.places; ++p) {
      const float* at = run(batch, x, p, c);
      float* gradient = run(batch, d, p, c);
      over_used(batch.used, [&](std::int64_t r, auto counts) {
        const V g = hn::Sub(load(gradient + r), each);
        const V dx = hn::NegMulAdd(hn::Sub(load(at + r), middle), slope, g);
        store(hn::IfThenElseZero(counts, hn::Mul(dx, factor)), gradient + r);
      });
    }
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::net::kernels {
namespace {
HWY_EXPORT(along_channels);
HWY_EXPORT(along_channels_backward);
HWY_EXPORT(moments);
HWY_EXPORT(scaled);
HWY_EXPORT(moments_backward);
}  // namespace

void layer_norm(std::int64_t channels, std::int64_t rows, const float* scale, const float* shift,
                const Runs& x, float* inverse, const Runs& y) {
  HWY_DYNAMIC_DISPATCH(along_channels)(channels, rows, scale, shift, x, inverse, y);
}

void layer_norm_backward(std::int64_t channels, std::int64_t rows, const float* scale,
                         const Runs& normalised, const float* inverse, const Runs& d, float* dscale,
                         float* dshift) {
  HWY_DYNAMIC_DISPATCH(along_channels_backward)
  (channels, rows, scale, normalised, inverse, d, dscale, dshift);
}

void batch_moments(const Batch& batch, const Runs& x, float* mean, float* variance) {
  HWY_DYNAMIC_DISPATCH(moments)(batch, x, mean, variance);
}

void scale_and_shift(const Batch& batch, const Runs& x, const float* scale, const float* shift,
                     Fused fused, const Runs& y) {
  HWY_DYNAMIC_DISPATCH(scaled)(batch, x, scale, shift, fused, y);
}

void batch_norm_backward(const Batch& batch, const Runs& x, const float* mean, const float* inverse,
                         const float* scale, const Runs& d, float* dscale, float* dshift) {
  HWY_DYNAMIC_DISPATCH(moments_backward)(batch, x, mean, inverse, scale, d, dscale, dshift);
}

}  // namespace evofactor::net::kernels
#endif
