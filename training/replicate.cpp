#include "training/replicate.hpp"

#include <exception>
#include <new>

#include "engine/core/error.hpp"
#include "training/thread_set_up.hpp"

namespace evofactor::training {

Outcome train_replicate(const NetworkSettings& settings, const NetworkFold& fold, InputStore& store,
                        const genome::NetGenome& genome, int sign, int replicate,
                        const Lane& lane) {
  EVOFACTOR_CHECK(replicate >= 1, "replicate {}", replicate);
  const ThreadSetUp guard;
  try {
    const auto inputs = store.get(genome.input);
    Developed developed = develop(std::span(&genome, 1), replicate, c10::Device(lane.device),
                                  *inputs, settings, fold);
    return std::move(outcomes_of(developed, *inputs, fold, sign).front());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return Failure{FailureKind::kError, "replicate", error.what()};
  }
}

}  // namespace evofactor::training
