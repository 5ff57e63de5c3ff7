#include "data/import_issues.hpp"

#include <algorithm>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {
constexpr std::array<std::string_view, kIssueKinds> kNames{
    "cell", "duplicate", "high_low", "price", "volume", "date", "column"};
}  // namespace

std::string_view name_of(IssueKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

IssueKind issue_kind(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  if (found == kNames.end())
    throw ConfigError(
        fmt::format("\"{}\" is no kind of problem; expected {}", name, fmt::join(kNames, ", ")));
  return static_cast<IssueKind>(found - kNames.begin());
}

void Issues::merge(const Issues& other) {
  const auto append = [](std::vector<std::string>& lines, const std::vector<std::string>& more,
                         std::size_t limit) {
    for (const auto& line : more)
      if (lines.size() < limit) lines.push_back(line);
  };
  for (std::size_t k = 0; k < kIssueKinds; ++k) {
    found_[k].count += other.found_[k].count;
    append(found_[k].examples, other.found_[k].examples, kExamples);
  }
  unusable_files_ += other.unusable_files_;
  append(refused_, other.refused_, kLines);
}

void Issues::throw_if_any() const {
  if (refused_.empty()) return;
  std::int64_t total = unusable_files_;
  std::string kinds = unusable_files_ > 0 ? fmt::format("file {}", unusable_files_) : "";
  for (std::size_t k = 0; k < kIssueKinds; ++k) {
    if (found_[k].count == 0 || lenient_.contains(static_cast<IssueKind>(k))) continue;
    total += found_[k].count;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", kNames[k], found_[k].count);
  }
  std::string text;
  for (const auto& line : refused_) text += line + '\n';
  const auto more = total - static_cast<std::int64_t>(refused_.size());
  if (more > 0) text += fmt::format("… and {} more\n", more);
  throw DataError(
      fmt::format("{}{} problem{} in all ({}); mend the data, or turn kinds of them into missing "
                  "values with --lenient",
                  text, total, total == 1 ? "" : "s", kinds));
}

std::map<std::string, Finding> Issues::made_missing() const {
  std::map<std::string, Finding> found;
  for (std::size_t k = 0; k < kIssueKinds; ++k)
    if (found_[k].count > 0 && lenient_.contains(static_cast<IssueKind>(k)))
      found[std::string(kNames[k])] = found_[k];
  return found;
}

}  // namespace evofactor
