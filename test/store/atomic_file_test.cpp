#include "engine/store/atomic_file.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <stdexcept>

#include "engine/core/error.hpp"
#include "test/support/temporary_folder.hpp"

using namespace evofactor;
using test::contains;
using test::TemporaryFolder;

namespace {
std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}
}  // namespace

BOOST_AUTO_TEST_CASE(text_written_is_read_back_and_replaces_what_was_there) {
  const TemporaryFolder folder;
  const auto file = folder / "a/b/note.json";
  write_text(file, "first");
  write_text(file, std::string("sec\0nd", 6));
  BOOST_TEST(read_text(file) == std::string("sec\0nd", 6));
  BOOST_TEST(files_in(file.parent_path()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_writer_that_throws_leaves_the_old_file_and_no_remains) {
  const TemporaryFolder folder;
  const auto file = folder.write("state", "old");
  const auto half_way = [](const std::filesystem::path& temporary) {
    std::ofstream(temporary) << "ne";
    throw std::runtime_error("disk full");
  };
  BOOST_CHECK_THROW(replace_file(file, half_way), std::runtime_error);
  BOOST_TEST(read_text(file) == "old");
  BOOST_TEST(files_in(folder.path()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_writer_that_writes_nothing_is_an_error_and_leaves_the_old_file) {
  const TemporaryFolder folder;
  const auto file = folder.write("state", "old");
  BOOST_CHECK_THROW(replace_file(file, [](const std::filesystem::path&) {}), StoreError);
  BOOST_TEST(read_text(file) == "old");
}

BOOST_AUTO_TEST_CASE(a_process_killed_while_writing_leaves_the_old_file) {
  const TemporaryFolder folder;
  const auto file = folder.write("state", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    replace_file(file, [](const std::filesystem::path& temporary) {
      std::ofstream(temporary) << "torn";
      ::raise(SIGKILL);
    });
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(read_text(file) == "old");
  write_text(file, "new");
  BOOST_TEST(read_text(file) == "new");
}

BOOST_AUTO_TEST_CASE(a_folder_in_the_way_is_named) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "taken/inside");
  BOOST_CHECK_EXCEPTION(write_text(folder / "taken", "x"), StoreError, [](const StoreError& error) {
    return contains(error.what(), "taken: cannot be replaced");
  });
  BOOST_CHECK_EXCEPTION(read_text(folder / "taken"), StoreError, [](const StoreError& error) {
    return contains(error.what(), "is a folder");
  });
  BOOST_CHECK_EXCEPTION(read_text(folder / "none"), StoreError, [](const StoreError& error) {
    return contains(error.what(), "none: cannot be read: No such file");
  });
}
