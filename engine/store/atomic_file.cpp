#include "engine/store/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/core/error.hpp"

namespace evofactor {
namespace {

/// Forces what the kernel holds of a file or folder to the disk.
void sync_to_disk(const std::filesystem::path& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  if (descriptor < 0)
    throw StoreError(
        fmt::format("{}: cannot be opened to sync: {}", path.string(), std::strerror(errno)));
  const int status = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  // Some network file systems cannot sync a folder and say EINVAL; the rename itself is done by
  // then.
  if (status != 0 && error != EINVAL)
    throw StoreError(fmt::format("{}: cannot be synced: {}", path.string(), std::strerror(error)));
}

/// A name beside the target that no other thread or process uses.
std::filesystem::path temporary_beside(const std::filesystem::path& file) {
  static std::atomic<unsigned> counter{0};
  std::filesystem::path temporary = file;
  // The extension stays last: writers that go by it see the one they expect.
  temporary.replace_filename(fmt::format(".{}.{}.{}.tmp{}", file.stem().string(), ::getpid(),
                                         counter.fetch_add(1), file.extension().string()));
  return temporary;
}

}  // namespace

void replace_file(const std::filesystem::path& file,
                  const std::function<void(const std::filesystem::path& temporary)>& write) {
  if (file.filename().empty())
    throw StoreError(fmt::format("{}: a file name is expected", file.string()));
  const std::filesystem::path folder =
      file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    throw StoreError(
        fmt::format("{}: the folder cannot be made: {}", folder.string(), error.message()));
  const std::filesystem::path temporary = temporary_beside(file);
  try {
    write(temporary);
    sync_to_disk(temporary, O_RDONLY);
    std::filesystem::rename(temporary, file, error);
    if (error)
      throw StoreError(fmt::format("{}: cannot be replaced: {}", file.string(), error.message()));
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
  sync_to_disk(folder, O_RDONLY | O_DIRECTORY);
}

void write_text(const std::filesystem::path& file, std::string_view text) {
  replace_file(file, [&](const std::filesystem::path& temporary) {
    std::ofstream out(temporary, std::ios::binary);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    out.close();
    if (!out)
      throw StoreError(
          fmt::format("{}: cannot be written: {}", file.string(), std::strerror(errno)));
  });
}

std::string read_text(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw StoreError(fmt::format("{}: is a folder, a file is expected", file.string()));
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw StoreError(fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno)));
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) throw StoreError(fmt::format("{}: cannot be read to its end", file.string()));
  return std::move(text).str();
}

}  // namespace evofactor
