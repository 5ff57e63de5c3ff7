#include "engine/evolve/append_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "engine/core/error.hpp"

namespace evofactor::evolve {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* what, int error) {
  throw StoreError(fmt::format("{}: {}: {}", file.string(), what, std::strerror(error)));
}

}  // namespace

AppendFile::AppendFile(std::filesystem::path file, bool exclusive) : file_(std::move(file)) {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error)
    throw StoreError(fmt::format("{}: the folder cannot be made: {}", file_.parent_path().string(),
                                 error.message()));
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail(file_, "cannot be opened", errno);
  struct stat status {};
  const bool locked = !exclusive || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  if (!locked || ::fstat(descriptor_, &status) != 0) {
    const int code = errno;
    ::close(descriptor_);
    if (!locked && code == EWOULDBLOCK)
      throw StoreError(fmt::format(
          "{}: another process is running this search; wait for it or stop it", file_.string()));
    fail(file_, locked ? "cannot be examined" : "cannot be locked", code);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

AppendFile::~AppendFile() { ::close(descriptor_); }

std::string AppendFile::read() const {
  std::string text(size_, '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n =
        ::pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(file_, "cannot be read", errno);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

void AppendFile::append_line(std::string_view line) {
  std::string bytes;
  bytes.reserve(line.size() + 1);
  bytes.append(line).push_back('\n');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int code = n < 0 ? errno : ENOSPC;
      // Should this fail too, a torn last line stays, which reading drops.
      if (done > 0 && ::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) done = 0;
      fail(file_, "cannot be written; free space and resume", code);
    }
    done += static_cast<std::size_t>(n);
  }
  size_ += bytes.size();
}

void AppendFile::truncate(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
    fail(file_, "cannot be shortened", errno);
  size_ = size;
}

void AppendFile::sync() {
  if (::fdatasync(descriptor_) != 0) fail(file_, "cannot be synced", errno);
}

std::vector<std::string_view> whole_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t first = 0;
  while (true) {
    const std::size_t end = text.find('\n', first);
    if (end == std::string_view::npos) return lines;
    lines.push_back(text.substr(first, end - first));
    first = end + 1;
  }
}

}  // namespace evofactor::evolve
