#include "training/replicate.hpp"

#include <exception>
#include <new>

#include "engine/core/error.hpp"
#include "engine/device/host_memory.hpp"
#include "genome/genome.hpp"
#include "training/out_of_memory.hpp"
#include "training/thread_set_up.hpp"

namespace evofactor::training {

namespace {

/// The same network, trained by itself for as long as its whole line was.
genome::NetGenome by_itself(const genome::NetGenome& found) {
  genome::NetGenome genome = without_start(found);
  if (found.start) genome.train.steps += static_cast<int>(found.start->steps);
  return genome;
}

}  // namespace

Outcome train_replicate(const NetworkSettings& settings, const NetworkFold& fold, InputStore& store,
                        const genome::NetGenome& found, int sign, int replicate, const Lane& lane) {
  EVOFACTOR_CHECK(replicate >= 1, "replicate {}", replicate);
  const ThreadSetUp guard;
  try {
    const genome::NetGenome genome = by_itself(found);
    const auto inputs = store.get(genome.input);
    return device::within_host_memory([&] {
      Developed developed = develop(std::span(&genome, 1), replicate, c10::Device(lane.device),
                                    *inputs, settings, fold);
      const auto values = fitted_values(developed, *inputs, fold);
      return std::move(outcomes_of(developed, values, *inputs, fold, sign).front());
    });
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const c10::Error& error) {
    if (is_out_of_memory(error)) return does_not_fit(error, "replicate", lane.device);
    return Failure{FailureKind::kError, "replicate", error.what_without_backtrace()};
  } catch (const std::exception& error) {
    return Failure{FailureKind::kError, "replicate", error.what()};
  }
}

}  // namespace evofactor::training
