#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace evofactor::evolve {

/// A text file of whole lines that grows at its end. Every line reaches the kernel when it is
/// written, so that it outlives this process, and the disk when `sync` is called.
class AppendFile {
 public:
  /// Opens or makes it and, with `exclusive`, holds its lock until destroyed. @throws StoreError,
  /// also if another process holds the lock
  AppendFile(std::filesystem::path file, bool exclusive);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// All of it. @throws StoreError
  [[nodiscard]] std::string read() const;
  /// Writes `line` and a line feed at the end. If that fails the file is left as it was. @throws
  /// StoreError
  void append_line(std::string_view line);
  /// Drops everything from byte `size` on. @throws StoreError
  void truncate(std::uint64_t size);
  /// @throws StoreError
  void sync();
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::filesystem::path& path() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

/// The lines of `text` that end with a line feed, without it.
[[nodiscard]] std::vector<std::string_view> whole_lines(std::string_view text);

}  // namespace evofactor::evolve
