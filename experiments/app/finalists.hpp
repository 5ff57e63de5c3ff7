#pragma once
#include <atomic>
#include <filesystem>
#include <vector>

#include "engine/evolve/scheduler.hpp"
#include "engine/evolve/search.hpp"
#include "experiments/app/finalise.hpp"
#include "training/evaluate.hpp"

namespace evofactor::app {

using NetworkPool = std::vector<evolve::PoolMember<genome::NetGenome>>;

/// What is needed to train networks of a finished search again. What is pointed to outlives it.
struct FinalistContext {
  std::filesystem::path folder;  ///< of the search
  const training::NetworkSettings& settings;
  training::NetworkFold fold;  ///< of the search: without test days
  std::vector<Lane> lanes;
  EnterLane enter_lane;
  const std::atomic<bool>* stop = nullptr;  ///< no further training is started once it is set
};

/// The pool's networks as the search trained them, in its order.
[[nodiscard]] std::vector<FoundFactor> found_networks(const NetworkPool& pool);

/// Trains every network of the pool `settings.replicates` times from fresh starts and puts what
/// they give in its place: median fitness and metrics, the factor of the replicates, best median
/// first. A member none of whose replicates succeeds keeps the network of the search. Does not
/// depend on the number of lanes, nor on interruptions: trainings that have finished are kept in
/// replicates/ until forget_replicates. Nothing is said of `found` if the work was stopped.
/// @param found found_networks(pool) @throws StoreError
void replicate(std::vector<FoundFactor>& found, const NetworkPool& pool,
               const FinalistSettings& settings, const FinalistContext& context);

/// Removes replicates/, once the files that are made of it are written.
void forget_replicates(const std::filesystem::path& folder);

/// Writes stages.json: the first `n` members' training as the search did it, stage by stage
/// (training/stages.hpp), signed. Leaves a file that tells of the same networks; removes it if
/// there is nothing to tell or the work was stopped. @throws StoreError
void write_stages(const NetworkPool& pool, int n, const FinalistContext& context);

}  // namespace evofactor::app
