#include "genome/net/layers/names.hpp"

#include <array>

#include "engine/core/hash.hpp"

namespace evofactor::net {
namespace {

std::uint64_t pair_name(std::uint64_t a, std::uint64_t b) {
  const std::array<std::uint64_t, 2> both{a, b};
  return hash_bytes(both.data(), sizeof both);
}

}  // namespace

Names numbered(std::int64_t n, std::int64_t zero) {
  Names names;
  for (std::int64_t i = 0; i < n; ++i) names.push_back(static_cast<std::uint64_t>(i - zero));
  return names;
}

Names centred(std::int64_t kernel) { return numbered(kernel, kernel / 2); }

Names named(const std::vector<std::string>& texts) {
  Names names;
  for (const std::string& text : texts) names.push_back(hash_bytes(text.data(), text.size()));
  return names;
}

Names paired(const Names& outer, const Names& inner) {
  Names names;
  names.reserve(outer.size() * inner.size());
  for (const std::uint64_t a : outer)
    for (const std::uint64_t b : inner) names.push_back(pair_name(a, b));
  return names;
}

Names joined(const std::vector<Names>& parts) {
  Names names;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const std::uint64_t name : parts[i]) names.push_back(pair_name(i, name));
  return names;
}

ValueNames made_names(const genome::LayerShape& shape) {
  return {numbered(shape.positions, shape.positions - 1), numbered(shape.rows()),
          numbered(shape.channels)};
}

ValueNames flat_names(Names values) { return {{0}, {0}, std::move(values)}; }

ValueNames as_image(const ValueNames& names, const genome::LayerShape& shape) {
  if (shape.height > 0) return names;
  return {names.positions, names.channels, {0}};
}

}  // namespace evofactor::net
