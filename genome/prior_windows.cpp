#include "genome/prior_windows.hpp"

#include <algorithm>
#include <optional>

#include "engine/formula/parse.hpp"
#include "engine/formula/program.hpp"

namespace evofactor::genome {
namespace {

using formula::Program;

/// A prior of the space and the numbers that a formula has for its parameters.
struct Form {
  Program listed;
  std::string text;          ///< as listed
  std::vector<int> numbers;  ///< of the listed one's parameters, ascending, no two alike
  std::vector<int> values;   ///< in their place

  /// The formula with these values; the text of the list for the listed one.
  [[nodiscard]] std::string with(const std::vector<int>& other) const {
    if (other == numbers) return text;
    Program program = listed;
    for (formula::Token& token : program.tokens)
      if (token.window > 1) token.window = other[parameter_of(token.window)];
    return formula::to_string(program);
  }
  [[nodiscard]] std::size_t parameter_of(int number) const {
    return static_cast<std::size_t>(std::ranges::lower_bound(numbers, number) - numbers.begin());
  }
  /// Numbers that a parameter may have, ascending.
  [[nodiscard]] std::vector<int> allowed(std::size_t parameter, const SearchSpace& space) const {
    std::vector<int> all(space.prior_windows.begin(), space.prior_windows.end());
    const auto place = std::ranges::lower_bound(all, numbers[parameter]);
    if (place == all.end() || *place != numbers[parameter]) all.insert(place, numbers[parameter]);
    return all;
  }
};

Program without_windows(Program program) {
  for (formula::Token& token : program.tokens)
    if (token.window > 1) token.window = 2;
  return program;
}

Form form_of(const std::string& text) {
  Form form{.listed = formula::parse_or_throw(text), .text = text, .numbers = {}, .values = {}};
  for (const formula::Token& token : form.listed.tokens)
    if (token.window > 1) form.numbers.push_back(token.window);
  std::ranges::sort(form.numbers);
  const auto repeated = std::ranges::unique(form.numbers);
  form.numbers.erase(repeated.begin(), repeated.end());
  form.values = form.numbers;
  return form;
}

/// The program as a form of the prior listed as `text`; nothing if it is none.
std::optional<Form> as_form(const Program& program, const std::string& text,
                            const SearchSpace& space) {
  Form form = form_of(text);
  if (without_windows(program) != without_windows(form.listed)) return std::nullopt;
  for (std::size_t i = 0; i < program.tokens.size(); ++i)
    if (const int number = form.listed.tokens[i].window; number > 1)
      form.values[form.parameter_of(number)] = program.tokens[i].window;
  // Places of one number must agree, and so must the order of the numbers.
  for (std::size_t i = 0; i < program.tokens.size(); ++i)
    if (const int number = form.listed.tokens[i].window; number > 1)
      if (form.values[form.parameter_of(number)] != program.tokens[i].window) return std::nullopt;
  for (std::size_t p = 0; p < form.values.size(); ++p) {
    if (p > 0 && form.values[p] <= form.values[p - 1]) return std::nullopt;
    if (!std::ranges::binary_search(form.allowed(p, space), form.values[p])) return std::nullopt;
  }
  return form;
}

/// By the first prior of the list that it is a form of.
std::optional<Form> find_form(const std::string& formula, const SearchSpace& space) {
  const auto program = formula::parse(formula);
  if (!program) return std::nullopt;
  const auto listed = std::ranges::find(space.priors, formula);
  if (listed != space.priors.end()) return as_form(*program, *listed, space);
  for (const std::string& text : space.priors)
    if (auto form = as_form(*program, text, space)) return form;
  return std::nullopt;
}

}  // namespace

bool is_prior(const std::string& formula, const SearchSpace& space) {
  if (std::ranges::find(space.priors, formula) != space.priors.end()) return true;
  return !space.prior_windows.empty() && find_form(formula, space).has_value();
}

std::vector<std::string> neighbouring_priors(const std::string& formula, const SearchSpace& space) {
  std::vector<std::string> neighbours;
  if (space.prior_windows.empty()) return neighbours;
  const std::optional<Form> form = find_form(formula, space);
  if (!form) return neighbours;
  for (std::size_t p = 0; p < form->values.size(); ++p) {
    const std::vector<int> allowed = form->allowed(p, space);
    const auto now = std::ranges::lower_bound(allowed, form->values[p]);
    const auto add = [&](int value) {
      std::vector<int> values = form->values;
      values[p] = value;
      std::string text = form->with(values);
      if (formula::parse(text) && is_prior(text, space)) neighbours.push_back(std::move(text));
    };
    if (now != allowed.begin()) add(*(now - 1));
    if (now + 1 != allowed.end()) add(*(now + 1));
  }
  return neighbours;
}

int longest_prior_look_back(const SearchSpace& space) {
  int longest = 0;
  for (const std::string& text : space.priors) {
    Program program = formula::parse_or_throw(text);
    longest = std::max(longest, formula::look_back(program));
    if (space.prior_windows.empty()) continue;
    for (formula::Token& token : program.tokens)
      if (token.window > 1)
        token.window = std::max(token.window, static_cast<int>(space.prior_windows.back()));
    longest = std::max(longest, formula::look_back(program));
  }
  return longest;
}

}  // namespace evofactor::genome
