#pragma once
#include <optional>
#include <span>
#include <string_view>

#include "engine/formula/expression.hpp"

namespace evofactor::formula {

/// Languages whose function names we read beside our own.
enum class Dialect { kQlib, kAlphagen };
[[nodiscard]] std::string_view name_of(Dialect dialect);

/// A function of another language, read as what has the same meaning in ours, or refused.
struct Alias {
  std::string_view name;
  std::string_view signature;  ///< "Rank(x, d)"
  std::size_t n_arguments = 0;
  std::optional<Fn> same;  ///< the function that has the same meaning and arguments
  /// Writes the meaning with several of our functions; given where no single function has it.
  Expression (*expand)(std::span<const Expression> arguments, std::size_t position) = nullptr;
  std::string_view refusal{};  ///< why it cannot be read; neither `same` nor `expand` then
};

/// All functions known of a dialect.
[[nodiscard]] std::span<const Alias> aliases(Dialect dialect);
/// By exact name; nullptr if there is none.
[[nodiscard]] const Alias* find_alias(Dialect dialect, std::string_view name);
/// @throws Mistake if the alias is refused or its arguments are wrong
[[nodiscard]] Expression apply(const Alias& alias, std::span<const Expression> arguments,
                               std::size_t position);

}  // namespace evofactor::formula
