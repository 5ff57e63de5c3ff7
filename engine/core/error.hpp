#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace evofactor {

/// Root of everything this program throws on purpose. What ends a run is thrown; what ends one
/// candidate is a `Failure`.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Wrong arguments or experiment file. Exit status 2.
class ConfigError : public Error {
 public:
  using Error::Error;
};

/// Wrong or damaged data (prices, panel). Exit status 2.
class DataError : public Error {
 public:
  using Error::Error;
};

/// A file could not be written or read back, or holds something else than expected. Exit status 2.
class StoreError : public Error {
 public:
  using Error::Error;
};

/// An invariant of ours does not hold: a defect. Exit status 1.
class BrokenInvariant : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Collects problems so that all of them are reported in one go.
class Problems {
 public:
  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  /// One problem per line; at most `limit` of them, then how many more there are.
  [[nodiscard]] std::string text(std::size_t limit = 40) const;
  /// @throws E with text() if there is any problem.
  template <class E>
  void throw_if_any() const {
    if (!empty()) throw E(text());
  }

 private:
  std::vector<std::string> lines_;
};

[[noreturn]] void broken_invariant(const char* condition, const char* file, int line,
                                   const std::string& message);

}  // namespace evofactor

/// Checks an invariant of ours, in release builds too; never for user input.
#define EVOFACTOR_CHECK(condition, ...)                                                        \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::evofactor::broken_invariant(#condition, __FILE__, __LINE__, fmt::format(__VA_ARGS__)); \
  } while (false)
