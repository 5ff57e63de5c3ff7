#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace evofactor {

/// An integer that cannot be mistaken for another kind of integer.
template <class Tag>
struct StrongId {
  std::uint64_t value = 0;
  auto operator<=>(const StrongId&) const = default;
};

/// Number of a candidate within its search: creation order, from 0.
using CandidateId = StrongId<struct CandidateIdTag>;
/// Hash of what a genome computes and how it is trained; stable across runs and platforms.
using ContentHash = StrongId<struct ContentHashTag>;
/// Genomes of equal shape key can be trained as one stacked model.
using ShapeKey = StrongId<struct ShapeKeyTag>;
/// Seed of one generator; made by `derive`.
using Seed = StrongId<struct SeedTag>;

/// 16 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(std::uint64_t value);
/// Inverse of `to_hex`. @throws StoreError if `text` is not 1 to 16 hexadecimal digits
[[nodiscard]] std::uint64_t from_hex(const std::string& text);

}  // namespace evofactor

template <class Tag>
struct std::hash<evofactor::StrongId<Tag>> {
  std::size_t operator()(const evofactor::StrongId<Tag>& id) const noexcept { return id.value; }
};
