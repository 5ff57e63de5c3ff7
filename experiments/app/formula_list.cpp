#include "experiments/app/formula_list.hpp"

#include <map>
#include <sstream>

#include "engine/formula/parse.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor::app {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

class Lister {
 public:
  explicit Lister(Problems& problems) : problems_(problems) {}

  void add(std::string place, std::string name, std::string text) {
    if (!name.empty()) {
      const auto [other, is_new] = places_.emplace(name, place);
      if (!is_new)
        problems_.add("{}: the name \"{}\" is already used by {}", place, name, other->second);
    }
    auto program = formula::parse(text);
    if (!program) {
      problems_.add("{}: {}", place, program.error().pretty());
      return;
    }
    formulas_.push_back({.place = std::move(place),
                         .name = std::move(name),
                         .text = std::move(text),
                         .program = std::move(*program)});
  }
  [[nodiscard]] std::vector<ListedFormula> take() { return std::move(formulas_); }

 private:
  Problems& problems_;
  std::map<std::string, std::string> places_;  ///< by name
  std::vector<ListedFormula> formulas_;
};

}  // namespace

std::vector<ListedFormula> list_formulas(const std::vector<std::string>& texts,
                                         const std::optional<std::filesystem::path>& file,
                                         Problems& problems) {
  Lister lister(problems);
  for (std::size_t i = 0; i < texts.size(); ++i)
    lister.add(fmt::format("--formula {}", i + 1), {}, trimmed(texts[i]));
  if (file) {
    std::istringstream lines(read_text(*file));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
      line = trimmed(line);
      if (line.empty() || line.front() == '#') continue;
      const auto tab = line.find('\t');
      const bool named = tab != std::string::npos;
      lister.add(fmt::format("{}:{}", file->string(), number),
                 named ? trimmed(line.substr(0, tab)) : std::string(),
                 trimmed(named ? line.substr(tab + 1) : line));
    }
  }
  return lister.take();
}

std::vector<std::string> headings(const std::vector<ListedFormula>& formulas) {
  std::map<std::string, int> uses;
  std::vector<std::string> result;
  for (const ListedFormula& formula : formulas) {
    const std::string heading =
        formula.name.empty() ? formula::to_string(formula.program) : formula.name;
    const int use = ++uses[heading];
    result.push_back(use == 1 ? heading : fmt::format("{} ({})", heading, use));
  }
  return result;
}

}  // namespace evofactor::app
