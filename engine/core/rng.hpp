#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string_view>
#include <utility>

#include "engine/core/hash.hpp"
#include "engine/core/ids.hpp"

namespace evofactor {

/// Seed of the generator for one purpose: hashes the root seed, the purpose's name and any integers
/// that tell this use from others. Generators are made where they are used and thrown away; none is
/// shared and none is stored.
template <std::integral... Integers>
[[nodiscard]] Seed derive(Seed root, std::string_view purpose, Integers... integers) {
  Hasher hasher;
  hasher.add(root.value).add(purpose);
  (hasher.add(static_cast<std::uint64_t>(integers)), ...);
  return Seed{hasher.value()};
}

/// xoshiro256** (Blackman and Vigna 2018), filled by splitmix64. Numbers and distributions are the
/// same on every platform, which std:: and Boost distributions do not promise.
class Rng {
 public:
  using result_type = std::uint64_t;

  explicit Rng(Seed seed) {
    std::uint64_t x = seed.value;
    for (auto& word : state_) {
      x += 0x9e3779b97f4a7c15;
      std::uint64_t z = x;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    const std::uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate_left(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Uniform integer in [0, n), n > 0, without bias (Lemire 2019).
  std::uint64_t below(std::uint64_t n) {
    while (true) {
      const Wide product = static_cast<Wide>((*this)()) * n;
      const auto low = static_cast<std::uint64_t>(product);
      if (low >= n || low >= (0 - n) % n) return static_cast<std::uint64_t>(product >> 64);
    }
  }
  /// Uniform integer in [low, high].
  int between(int low, int high) {
    return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  bool chance(double probability) { return uniform() < probability; }
  /// Standard normal (Box and Muller; one value a call, so no state is kept).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }
  /// Student's t with `degrees` of freedom, scaled to unit variance; degrees >= 3.
  double student_t(int degrees) {
    double chi2 = 0;
    for (int i = 0; i < degrees; ++i) {
      const double z = normal();
      chi2 += z * z;
    }
    return normal() / std::sqrt(chi2 / degrees) * std::sqrt((degrees - 2.0) / degrees);
  }
  /// A uniformly chosen element; `values` must not be empty.
  template <class T>
  const T& pick(std::span<const T> values) {
    return values[below(values.size())];
  }
  template <class Container>
  const typename Container::value_type& pick(const Container& values) {
    return values[below(values.size())];
  }
  /// Index drawn with probability proportional to its weight; weights >= 0 and not all 0.
  std::size_t weighted(std::span<const double> weights) {
    double total = 0;
    for (const double w : weights) total += w;
    double x = uniform() * total;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (weights[i] <= 0) continue;
      last = i;
      if (x < weights[i]) return i;
      x -= weights[i];
    }
    return last;
  }
  template <class Container>
  void shuffle(Container& values) {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  static std::uint64_t rotate_left(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  std::uint64_t state_[4];
};

}  // namespace evofactor
