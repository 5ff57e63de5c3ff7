#include "experiments/app/finalists.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "engine/device/lane.hpp"
#include "engine/store/atomic_file.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/training/planted.hpp"

using namespace evofactor;
using namespace evofactor::app;
using genome::NetGenome;

namespace {

namespace fs = std::filesystem;

/// A pool of three networks, and a count of the trainings begun.
struct Pool {
  Pool() {
    for (int i = 0; i < 3; ++i) {
      NetGenome genome = planted.genome();
      genome.train.learning_rate = 1e-3 * (i + 1);
      genome.train.steps = 40;
      const auto problem = make_network_problem(planted.settings, planted.fold);
      const Candidate<NetGenome> one{CandidateId{static_cast<std::uint64_t>(10 + i)}, genome, {}};
      auto outcome = problem.evaluate(std::span(&one, 1), {}, {}).front();
      members.push_back({one, std::get<Evaluation>(std::move(outcome)), {}});
    }
    planted.settings.on_stage = [this](std::string_view stage, std::span<const NetGenome>) {
      if (stage == "train" && ++n_trained == stop_at) stop = true;
    };
  }

  /// The pool trained again, twice each, or as far as it came before it was stopped.
  std::vector<FoundFactor> replicated(const fs::path& folder, int at = -1) {
    stop = false;
    n_trained = 0;
    stop_at = at;
    FinalistSettings settings;
    settings.replicates = 2;
    const FinalistContext context{folder,
                                  planted.settings,
                                  planted.fold,
                                  device::make_lanes("cpu", 1),
                                  device::make_enter_lane(),
                                  &stop};
    std::vector<FoundFactor> found = found_networks(members);
    replicate(found, members, settings, context);
    return found;
  }

  test::Planted planted;
  NetworkPool members;
  std::atomic<bool> stop = false;
  int n_trained = 0, stop_at = -1;
};

std::string told(const std::vector<FoundFactor>& found) {
  std::string text;
  for (const FoundFactor& factor : found) {
    text += fmt::format("{} {:a}", factor.id.value, factor.evaluation.fitness);
    for (const double fitness : factor.replicates->fitness) text += fmt::format(" {:a}", fitness);
    for (const auto& [name, value] : factor.evaluation.metrics)
      text += fmt::format(" {}={:a}", name, value);
    for (const FoundModel& model : factor.models)
      text += " " + to_hex(hash_bytes(model.weights->data(), model.weights->size()));
    text += "\n";
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(interrupted_fresh_trainings_go_on_where_they_stopped) {
  Pool pool;
  const test::TemporaryFolder folder;
  const std::string expected = told(pool.replicated(folder.path() / "whole"));
  BOOST_TEST(pool.n_trained == 6);

  const fs::path parts = folder.path() / "parts";
  (void)pool.replicated(parts, 2);
  BOOST_TEST(pool.n_trained == 2);
  (void)pool.replicated(parts, 1);
  BOOST_TEST(pool.n_trained == 1);
  // What a kill leaves: a line that has only begun.
  std::ofstream(parts / "replicates" / "evaluations.ndjson", std::ios::app) << R"({"candidate":3,)";
  BOOST_TEST(told(pool.replicated(parts)) == expected);
  BOOST_TEST(pool.n_trained == 3);

  forget_replicates(parts);
  BOOST_TEST(!fs::exists(parts / "replicates"));
}

BOOST_AUTO_TEST_CASE(fresh_trainings_of_another_pool_are_not_taken) {
  Pool pool;
  const test::TemporaryFolder folder;
  (void)pool.replicated(folder.path());
  std::swap(pool.members[0], pool.members[2]);
  pool.members[1].evaluation.sign = -pool.members[1].evaluation.sign;
  const std::string expected = told(pool.replicated(folder.path() / "elsewhere"));
  BOOST_TEST(told(pool.replicated(folder.path())) == expected);
  BOOST_TEST(pool.n_trained == 6);
  BOOST_TEST(told(pool.replicated(folder.path())) == expected);
  BOOST_TEST(pool.n_trained == 0);
}

BOOST_AUTO_TEST_CASE(stages_that_were_told_are_not_told_again) {
  Pool pool;
  const test::TemporaryFolder folder;
  const FinalistContext context{folder.path(),
                                pool.planted.settings,
                                pool.planted.fold,
                                device::make_lanes("cpu", 1),
                                device::make_enter_lane(),
                                &pool.stop};
  const fs::path file = folder.path() / "stages.json";
  write_stages(pool.members, 2, context);
  BOOST_TEST(pool.n_trained == 2);
  const std::string first = read_text(file);
  write_stages(pool.members, 2, context);
  BOOST_TEST(pool.n_trained == 2);
  BOOST_TEST(read_text(file) == first);
  write_stages(pool.members, 3, context);
  BOOST_TEST(pool.n_trained == 5);
  write_stages(pool.members, 0, context);
  BOOST_TEST(!fs::exists(file));
}
