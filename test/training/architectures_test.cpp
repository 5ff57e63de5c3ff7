// Every published architecture learns, and a search leaves no memory behind.
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "genome/presets.hpp"
#include "operators/creation.hpp"
#include "test/training/planted.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;

namespace {

Outcome outcome_of(const evolve::Problem<NetGenome>& problem, const NetGenome& genome) {
  const Candidate<NetGenome> one{CandidateId{0}, genome, {}};
  return problem.evaluate(std::span(&one, 1), Lane{}, {}).front();
}

/// Validation rank IC of the layers after a short training; labels in their order, or shuffled.
double learnt(const genome::Chain& layers, bool shuffled) {
  test::Planted planted(shuffled);
  planted.settings.space.fixed_layers = layers;
  NetGenome genome = planted.genome();
  genome.layers = layers;
  const auto problem = make_network_problem(planted.settings, planted.fold);
  const Outcome outcome = outcome_of(problem, genome);
  BOOST_REQUIRE(std::holds_alternative<Evaluation>(outcome));
  return std::get<Evaluation>(outcome).fitness;
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_published_architecture_finds_a_planted_signal_and_none_in_noise,
                     *boost::unit_test::label("slow")) {
  for (const genome::Preset& preset : genome::presets()) {
    if (preset.name == "resnet50") continue;  // minutes; its blocks are in the layers' tests
    const genome::Chain layers = preset.make().layers;
    const double signal = learnt(layers, false), noise = learnt(layers, true);
    BOOST_TEST(signal > 0.2, preset.name << ": " << signal);
    BOOST_TEST(signal > noise + 0.1, preset.name << ": " << signal << " against " << noise);
  }
}

BOOST_AUTO_TEST_CASE(memory_stays_flat_over_hundreds_of_candidates,
                     *boost::unit_test::label("slow")) {
  test::Planted planted;
  genome::SearchSpace& space = planted.settings.space;
  space.layers.kinds = {"dense", "conv1d", "tcn", "gru", "lstm", "attention", "pool", "norm"};
  space.max_layers = 3;
  space.max_flops = 1e5;
  space.steps = {2};
  space.pretrain_steps = {1};
  space.days_per_batch = {2};
  const auto problem = make_network_problem(planted.settings, planted.fold);
  Rng rng(Seed{1});
  double after_warm_up = 0;
  for (int i = 0; i < 500; ++i) {
    (void)outcome_of(problem, operators::random_genome(rng, space));
    if (i == 150) after_warm_up = resident_mib();
  }
  BOOST_TEST(resident_mib() - after_warm_up < 40, resident_mib() << " MiB after " << after_warm_up);
}
