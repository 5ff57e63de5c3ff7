#include "genome/net/kernels/cells.hpp"

// The order of these matters.
// clang-format off
#include "engine/formula/kernels/targets.hpp"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "genome/net/kernels/cells.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "genome/net/kernels/math-inl.hpp"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace evofactor::net::kernels {
namespace HWY_NAMESPACE {
namespace {

HWY_INLINE V one() { return hn::Set(D(), 1.0F); }
/// s (1 - s)
HWY_INLINE V sigmoid_slope(V s) { return hn::NegMulAdd(s, s, s); }
/// 1 - t²
HWY_INLINE V tanh_slope(V t) { return hn::NegMulAdd(t, t, one()); }

/// Calls f(offset) for every vector of a run.
template <class F>
HWY_INLINE void over(std::int64_t rows, F f) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  for (std::int64_t r = 0; r < rows; r += lanes) f(r);
}

HWY_INLINE V load(const float* from, std::int64_t r) { return hn::Load(D(), from + r); }
/// Zero where there is no run.
HWY_INLINE V load_or_zero(const float* from, std::int64_t r) {
  return from != nullptr ? hn::Load(D(), from + r) : hn::Zero(D());
}
HWY_INLINE void store(V v, float* to, std::int64_t r) { hn::Store(v, D(), to + r); }
HWY_INLINE float* run(const Runs& runs, std::int64_t channel) {
  return runs.values == nullptr ? nullptr : runs.values + channel * runs.stride;
}

void activation_backward(Fused activation, const Runs& y, const Runs& d, std::int64_t channels,
                         std::int64_t rows) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const float* out = run(y, c);
    float* gradient = run(d, c);
    over(rows, [&](std::int64_t r) {
      V g = load(gradient, r);
      if (activation == Fused::kTanh) g = hn::Mul(g, tanh_slope(load(out, r)));
      if (activation == Fused::kRelu)
        g = hn::IfThenElseZero(hn::Gt(load(out, r), hn::Zero(D())), g);
      store(g, gradient, r);
    });
  }
}

void add(const Runs& from, std::int64_t channels, std::int64_t rows, const Runs& to) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const float* in = run(from, c);
    float* out = run(to, c);
    over(rows, [&](std::int64_t r) { store(hn::Add(load(out, r), load(in, r)), out, r); });
  }
}

HWY_INLINE V pooled(Pooled kind, V a, V b) {
  if (kind == Pooled::kMax) return hn::Max(a, b);
  if (kind == Pooled::kMin) return hn::Min(a, b);
  return hn::Add(a, b);
}

void pool_places(Pooled kind, std::span<const float* const> places, std::int64_t stride,
                 std::int64_t channels, std::int64_t rows, const Runs& y) {
  const V share = hn::Set(D(), 1.0F / static_cast<float>(places.size()));
  for (std::int64_t c = 0; c < channels; ++c) {
    float* out = run(y, c);
    over(rows, [&](std::int64_t r) {
      V v = load(places[0] + c * stride, r);
      for (const float* place : places.subspan(1)) v = pooled(kind, v, load(place + c * stride, r));
      store(kind == Pooled::kMean ? hn::Mul(v, share) : v, out, r);
    });
  }
}

void pool_places_backward(Pooled kind, std::span<const float* const> places, std::int64_t stride,
                          std::int64_t channels, std::int64_t rows, const Runs& y, const Runs& dy,
                          std::span<float* const> dx) {
  const V share = hn::Set(D(), 1.0F / static_cast<float>(places.size()));
  for (std::int64_t c = 0; c < channels; ++c) {
    const float *value = run(y, c), *gradient = run(dy, c);
    over(rows, [&](std::int64_t r) {
      const V v = load(value, r), g = load(gradient, r);
      if (kind == Pooled::kMean) {
        for (float* to : dx)
          store(hn::MulAdd(g, share, load(to + c * stride, r)), to + c * stride, r);
        return;
      }
      V count = hn::Zero(D());
      for (const float* place : places)
        count = hn::Add(count, hn::IfThenElseZero(hn::Eq(load(place + c * stride, r), v), one()));
      const V part = hn::Div(g, hn::Max(count, one()));
      for (std::size_t i = 0; i < places.size(); ++i) {
        float* to = dx[i] + c * stride;
        const V mine = hn::IfThenElseZero(hn::Eq(load(places[i] + c * stride, r), v), part);
        store(hn::Add(load(to, r), mine), to, r);
      }
    });
  }
}

void gru(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
         const Runs& next) {
  for (std::int64_t u = 0; u < units; ++u) {
    float *reset = run(gates, u), *update = run(gates, units + u),
          *fresh = run(gates, 2 * units + u);
    const float* state = run(gates, 3 * units + u);
    const float* before = run(h, u);
    float* after = run(next, u);
    over(rows, [&](std::int64_t r) {
      const V rv = fast_sigmoid(load(reset, r)), zv = fast_sigmoid(load(update, r));
      const V nv = fast_tanh(hn::MulAdd(rv, load(state, r), load(fresh, r)));
      store(rv, reset, r);
      store(zv, update, r);
      store(nv, fresh, r);
      store(hn::MulAdd(zv, hn::Sub(load_or_zero(before, r), nv), nv), after, r);
    });
  }
}

void gru_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
                  const Runs& dh) {
  for (std::int64_t u = 0; u < units; ++u) {
    float *reset = run(gates, u), *update = run(gates, units + u),
          *fresh = run(gates, 2 * units + u), *state = run(gates, 3 * units + u);
    const float* before = run(h, u);
    float* gradient = run(dh, u);
    over(rows, [&](std::int64_t r) {
      const V rv = load(reset, r), zv = load(update, r), nv = load(fresh, r), g = load(gradient, r);
      const V dz = hn::Mul(g, hn::Sub(load_or_zero(before, r), nv));
      const V dn = hn::Mul(hn::NegMulAdd(g, zv, g), tanh_slope(nv));
      const V dr = hn::Mul(dn, load(state, r));
      store(hn::Mul(dr, sigmoid_slope(rv)), reset, r);
      store(hn::Mul(dz, sigmoid_slope(zv)), update, r);
      store(dn, fresh, r);
      store(hn::Mul(dn, rv), state, r);
      store(hn::Mul(g, zv), gradient, r);
    });
  }
}

void lstm(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
          const Runs& next_c, const Runs& next_h) {
  for (std::int64_t u = 0; u < units; ++u) {
    float *in = run(gates, u), *forget = run(gates, units + u), *fresh = run(gates, 2 * units + u),
          *out = run(gates, 3 * units + u);
    const float* before = run(c, u);
    float *after = run(next_c, u), *state = run(next_h, u);
    over(rows, [&](std::int64_t r) {
      const V i = fast_sigmoid(load(in, r)), f = fast_sigmoid(load(forget, r));
      const V g = fast_tanh(load(fresh, r)), o = fast_sigmoid(load(out, r));
      const V cell = hn::MulAdd(f, load_or_zero(before, r), hn::Mul(i, g));
      store(i, in, r);
      store(f, forget, r);
      store(g, fresh, r);
      store(o, out, r);
      store(cell, after, r);
      store(hn::Mul(o, fast_tanh(cell)), state, r);
    });
  }
}

void lstm_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
                   const Runs& next_c, const Runs& dh, const Runs& dc) {
  for (std::int64_t u = 0; u < units; ++u) {
    float *in = run(gates, u), *forget = run(gates, units + u), *fresh = run(gates, 2 * units + u),
          *out = run(gates, 3 * units + u);
    const float *before = run(c, u), *after = run(next_c, u), *gradient = run(dh, u);
    float* carried = run(dc, u);
    over(rows, [&](std::int64_t r) {
      const V i = load(in, r), f = load(forget, r), g = load(fresh, r), o = load(out, r);
      const V t = fast_tanh(load(after, r)), d = load(gradient, r);
      const V cell = hn::MulAdd(hn::Mul(d, o), tanh_slope(t), load(carried, r));
      store(hn::Mul(hn::Mul(cell, g), sigmoid_slope(i)), in, r);
      store(hn::Mul(hn::Mul(cell, load_or_zero(before, r)), sigmoid_slope(f)), forget, r);
      store(hn::Mul(hn::Mul(cell, i), tanh_slope(g)), fresh, r);
      store(hn::Mul(hn::Mul(d, t), sigmoid_slope(o)), out, r);
      store(hn::Mul(cell, f), carried, r);
    });
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::net::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evofactor::net::kernels {
namespace {
HWY_EXPORT(activation_backward);
HWY_EXPORT(add);
HWY_EXPORT(pool_places);
HWY_EXPORT(pool_places_backward);
HWY_EXPORT(gru);
HWY_EXPORT(gru_backward);
HWY_EXPORT(lstm);
HWY_EXPORT(lstm_backward);
}  // namespace

void through_activation(Fused activation, const Runs& y, const Runs& d, std::int64_t channels,
                        std::int64_t rows) {
  HWY_DYNAMIC_DISPATCH(activation_backward)(activation, y, d, channels, rows);
}

void add_runs(const Runs& from, std::int64_t channels, std::int64_t rows, const Runs& to) {
  HWY_DYNAMIC_DISPATCH(add)(from, channels, rows, to);
}

void pool(Pooled kind, std::span<const float* const> places, std::int64_t stride,
          std::int64_t channels, std::int64_t rows, const Runs& y) {
  HWY_DYNAMIC_DISPATCH(pool_places)(kind, places, stride, channels, rows, y);
}

void pool_backward(Pooled kind, std::span<const float* const> places, std::int64_t stride,
                   std::int64_t channels, std::int64_t rows, const Runs& y, const Runs& dy,
                   std::span<float* const> dx) {
  HWY_DYNAMIC_DISPATCH(pool_places_backward)(kind, places, stride, channels, rows, y, dy, dx);
}

void gru_cell(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
              const Runs& next) {
  HWY_DYNAMIC_DISPATCH(gru)(units, rows, gates, h, next);
}

void gru_cell_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& h,
                       const Runs& dh) {
  HWY_DYNAMIC_DISPATCH(gru_backward)(units, rows, gates, h, dh);
}

void lstm_cell(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
               const Runs& next_c, const Runs& next_h) {
  HWY_DYNAMIC_DISPATCH(lstm)(units, rows, gates, c, next_c, next_h);
}

void lstm_cell_backward(std::int64_t units, std::int64_t rows, const Runs& gates, const Runs& c,
                        const Runs& next_c, const Runs& dh, const Runs& dc) {
  HWY_DYNAMIC_DISPATCH(lstm_backward)(units, rows, gates, c, next_c, dh, dc);
}

}  // namespace evofactor::net::kernels
#endif
