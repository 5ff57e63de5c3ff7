#pragma once
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data/import.hpp"

namespace evofactor {

inline constexpr std::size_t kIssueKinds = 7;

/// Problems found while importing: the first ones in words, all of them counted, by kind. Each
/// reading thread fills one of its own; they are merged in the order of the files.
class Issues {
 public:
  explicit Issues(std::set<IssueKind> lenient) : lenient_(std::move(lenient)) {}

  /// @returns true if the kind is lenient, so that the caller makes the value missing and goes on
  template <class... Args>
  bool add(IssueKind kind, fmt::format_string<Args...> format, Args&&... args) {
    const auto k = static_cast<std::size_t>(kind);
    const bool lenient = lenient_.contains(kind);
    Finding& finding = found_[k];
    ++finding.count;
    auto& lines = lenient ? finding.examples : refused_;
    if (lines.size() < (lenient ? kExamples : kLines))
      lines.push_back(fmt::format(format, std::forward<Args>(args)...));
    return lenient;
  }
  /// A file that cannot be used at all; never lenient.
  void refuse_file(std::string why) {
    ++unusable_files_;
    if (refused_.size() < kLines) refused_.push_back(std::move(why));
  }
  void merge(const Issues& other);
  /// @throws DataError if anything was found that is not lenient
  void throw_if_any() const;
  /// What was made missing, by name of the kind.
  [[nodiscard]] std::map<std::string, Finding> made_missing() const;

  static constexpr std::size_t kLines = 40;
  static constexpr std::size_t kExamples = 5;

 private:
  std::set<IssueKind> lenient_;
  std::array<Finding, kIssueKinds> found_;
  std::int64_t unusable_files_ = 0;
  std::vector<std::string> refused_;
};

}  // namespace evofactor
