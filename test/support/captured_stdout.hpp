#pragma once
#include <unistd.h>

#include <cstdio>
#include <string>

namespace evofactor::test {

/// Standard output of the process goes to a temporary file while this lives.
class CapturedStdout {
 public:
  CapturedStdout() : file_(std::tmpfile()) {
    std::fflush(stdout);
    saved_ = ::dup(STDOUT_FILENO);
    ::dup2(::fileno(file_), STDOUT_FILENO);
  }
  CapturedStdout(const CapturedStdout&) = delete;
  CapturedStdout& operator=(const CapturedStdout&) = delete;
  ~CapturedStdout() {
    std::fflush(stdout);
    ::dup2(saved_, STDOUT_FILENO);
    ::close(saved_);
    std::fclose(file_);
  }
  /// What was written so far.
  [[nodiscard]] std::string text() const {
    std::fflush(stdout);
    std::rewind(file_);
    std::string result;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_))
      result.push_back(static_cast<char>(c));
    std::fseek(file_, 0, SEEK_END);
    return result;
  }

 private:
  std::FILE* file_;
  int saved_ = -1;
};

}  // namespace evofactor::test
