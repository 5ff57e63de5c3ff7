// Stocks in double: f32 memory, double registers. Included once per instruction set.
#if defined(EVOFACTOR_WIDE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef EVOFACTOR_WIDE_INL
#undef EVOFACTOR_WIDE_INL
#else
#define EVOFACTOR_WIDE_INL
#endif

#include "engine/core/grid.hpp"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace evofactor::formula::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Wide = hn::ScalableTag<double>;
using Half = hn::Rebind<float, Wide>;
using W = hn::Vec<Wide>;

/// Sizes from here on round to infinity in f32: its largest number and half a step more.
constexpr double kBeyondFloat = 0x1.ffffffp127;

HWY_INLINE W wide(double value) { return hn::Set(Wide(), value); }
HWY_INLINE W load_wide(const float* p) { return hn::PromoteTo(Wide(), hn::LoadU(Half(), p)); }
/// Stores as f32; what is not finite there becomes NaN. (Some instruction sets would saturate.)
HWY_INLINE void store_narrow(W value, float* p) {
  const auto fits = hn::Lt(hn::Abs(value), wide(kBeyondFloat));
  const W missing = wide(static_cast<double>(kMissing));
  hn::StoreU(hn::DemoteTo(Half(), hn::IfThenElse(fits, value, missing)), Half(), p);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace evofactor::formula::kernels
HWY_AFTER_NAMESPACE();
#endif
