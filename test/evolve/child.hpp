#pragma once
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "engine/store/atomic_file.hpp"

namespace evofactor::evolve::toy {

/// A search_child at work.
class Child {
 public:
  Child(const std::filesystem::path& folder, int lanes, int pause,
        const std::string& loop = "generations", long long limit = 0)
      : folder_(folder), log_(folder.string() + ".log") {
    std::vector<std::string> arguments{EVOFACTOR_SEARCH_CHILD, folder.string(),
                                       std::to_string(lanes), std::to_string(pause), loop};
    if (limit > 0) arguments.push_back(std::to_string(limit));
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_.c_str(), flags, 0644);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (log_ + ".out").c_str(), flags,
                                       0644);
    const int error =
        ::posix_spawn(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    BOOST_REQUIRE_EQUAL(error, 0);
  }
  void kill_after(std::chrono::microseconds pause, int signal) const {
    std::this_thread::sleep_for(pause);
    ::kill(pid_, signal);
  }
  /// Waits until the search has journalled a candidate, when it also heeds signals.
  void signal_at_work(int signal) const {
    const std::filesystem::path journal = folder_ / "evaluations.ndjson";
    std::error_code missing;
    while (std::filesystem::file_size(journal, missing) == 0 || missing)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ::kill(pid_, signal);
  }
  /// Exit status; -1 if it was killed.
  [[nodiscard]] int wait() const {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string errors() const { return read_text(log_); }
  [[nodiscard]] int evaluated() const { return std::stoi(read_text(log_ + ".out")); }

 private:
  std::filesystem::path folder_;
  std::string log_;
  pid_t pid_ = 0;
};

}  // namespace evofactor::evolve::toy
