// A search in a process of its own, for tests that kill it. Prints how many candidates it
// evaluated. search_child FOLDER LANES PAUSE_MICROSECONDS LOOP [FILE_SIZE_LIMIT]
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "test/evolve/toy.hpp"

namespace {
std::atomic<bool> stop{false};
}

int main(int argc, char** argv) {
  using namespace evofactor;
  using namespace evofactor::evolve;
  using namespace evofactor::evolve::toy;
  if (argc < 5) return 1;
  std::signal(SIGTERM, [](int) { stop = true; });
  if (argc > 5) {
    const auto limit = static_cast<rlim_t>(std::atoll(argv[5]));
    const rlimit limits{limit, limit};
    std::signal(SIGXFSZ, SIG_IGN);
    if (::setrlimit(RLIMIT_FSIZE, &limits) != 0) return 1;
  }
  SearchContext context = context_in(argv[1], std::atoi(argv[2]));
  context.stop = &stop;
  context.on_note = [](std::string_view note) {
    std::fprintf(stderr, "note: %.*s\n", static_cast<int>(note.size()), note.data());
  };
  ToyOptions options = child_options();
  options.pause = std::chrono::microseconds(std::atoll(argv[3]));
  int status = 0;
  try {
    const bool steady = std::string_view(argv[4]) == "steady_state";
    const auto found = run_small(context, options, steady ? steady_settings() : small_settings());
    status = found.reason == StopReason::kSignal ? 3 : 0;
  } catch (const StoreError& error) {
    std::fprintf(stderr, "StoreError: %s\n", error.what());
    status = 2;
  }
  std::printf("%lld\n", static_cast<long long>(n_evaluated));
  return status;
}
