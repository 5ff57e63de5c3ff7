#include "engine/evolve/checkpoint.hpp"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>

#include "engine/store/h5.hpp"
#include "test/evolve/files.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

Checkpoint sample(int generation) {
  Checkpoint checkpoint;
  checkpoint.identity = {"toy", Seed{5}, 0xabc, Json{{"search", {{"population", 4}}}}};
  for (int g = 0; g <= generation; ++g) {
    GenerationRecord record;
    record.generation = g;
    record.best = g == 0 ? std::nan("") : 0.1 * g;
    record.failures = {{"degenerate", 2}, {"error", 1}};
    checkpoint.history.push_back(record);
  }
  Evaluation evaluation;
  evaluation.fitness = 0.1;
  evaluation.metrics = {{"coverage", 0.9}};
  checkpoint.population.push_back({CandidateId{3}, ContentHash{30}, Json{{"a", 1}},
                                   Lineage{{CandidateId{1}}, "step", 2, 1}, evaluation, 0});
  checkpoint.population.push_back({CandidateId{4}, ContentHash{40}, Json{{"a", 2}},
                                   Lineage{{}, "create", 0},
                                   Failure{FailureKind::kStepBudget, "train", "späť"}, 0});
  evaluation.weights = std::make_shared<const std::vector<std::byte>>(20, std::byte{9});
  checkpoint.pool.push_back({CandidateId{3}, ContentHash{30}, Json{{"a", 1}},
                             Lineage{{CandidateId{1}, CandidateId{2}}, "cross", 2}, evaluation,
                             77});
  checkpoint.journal = {5, 1000, 0xfff};
  checkpoint.cut = true;
  checkpoint.ended = StopReason::kEvaluations;
  const StoredMember child{CandidateId{5}, ContentHash{50},
                           Json{{"a", 3}}, Lineage{{CandidateId{3}}, "step", 2},
                           Failure{},      0};
  checkpoint.flight.push_back({child, -0.5, {CandidateId{3}, CandidateId{2}}});
  checkpoint.flight.push_back({child, 0.5, {}});
  evaluation.weights = std::make_shared<const std::vector<std::byte>>(7, std::byte{4});
  checkpoint.former.push_back(
      {CandidateId{2}, ContentHash{20}, Json{{"a", 4}}, Lineage{{}, "create", 1}, evaluation, 78});
  return checkpoint;
}

std::vector<std::string> names(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> result;
  for (const auto& file : files) result.push_back(file.filename().string());
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(checkpoint)

BOOST_AUTO_TEST_CASE(everything_reads_back) {
  const Folder folder;
  const Checkpoint written = sample(2);
  write_checkpoint(folder / "a.h5", written);
  const Checkpoint read = read_checkpoint(folder / "a.h5");
  BOOST_TEST((read.identity == written.identity));
  BOOST_TEST((read.journal == written.journal));
  BOOST_TEST(read.cut);
  BOOST_TEST((read.ended == StopReason::kEvaluations));
  BOOST_REQUIRE(read.history.size() == 3);
  BOOST_TEST(std::isnan(read.history[0].best));
  BOOST_TEST(read.history[2].best == 0.2);
  BOOST_TEST((read.history[1].failures == written.history[1].failures));
  BOOST_REQUIRE(read.population.size() == 2);
  BOOST_TEST((read.population[0].lineage == written.population[0].lineage));
  BOOST_TEST(std::get<Evaluation>(read.population[0].outcome).metric("coverage") == 0.9);
  BOOST_TEST((std::get<Failure>(read.population[1].outcome) ==
              std::get<Failure>(written.population[1].outcome)));
  BOOST_TEST(read.population[1].genome == (Json{{"a", 2}}));
  BOOST_REQUIRE(read.pool.size() == 1);
  BOOST_TEST((*std::get<Evaluation>(read.pool[0].outcome).weights ==
              *std::get<Evaluation>(written.pool[0].outcome).weights));
  BOOST_TEST(read.pool[0].values_hash == 77);
  BOOST_REQUIRE(read.flight.size() == 2);
  BOOST_TEST((read.flight[0].member.lineage == written.flight[0].member.lineage));
  BOOST_TEST(read.flight[0].elite == -0.5);
  BOOST_TEST((read.flight[0].pool == written.flight[0].pool));
  BOOST_TEST(read.flight[1].pool.empty());
  BOOST_REQUIRE(read.former.size() == 1);
  BOOST_TEST(std::get<Evaluation>(read.former[0].outcome).weights->size() == 7);
}

// With EVOFACTOR_REGENERATE_GOLDEN set the newest sample is written anew.
BOOST_AUTO_TEST_CASE(stored_samples_of_every_version_load) {
  for (const int version : {1, 2, 3}) {
    const std::filesystem::path file =
        fmt::format("{}/test/golden/checkpoint_v{}.h5", EVOFACTOR_SOURCE_DIR, version);
    if (version == 3 && std::getenv("EVOFACTOR_REGENERATE_GOLDEN") != nullptr)
      write_checkpoint(file, sample(2));
    const Checkpoint read = read_checkpoint(file);
    BOOST_TEST(read.history.size() == 3);
    BOOST_TEST((read.identity == sample(2).identity));
    Lineage expected = sample(2).population[0].lineage;
    if (version == 1) expected.island = 0;  // there were none
    BOOST_TEST((read.population[0].lineage == expected));
    BOOST_TEST(std::get<Evaluation>(read.pool[0].outcome).weights->size() == 20);
    BOOST_TEST(read.flight.size() == (version < 3 ? 0 : 2));
  }
}

BOOST_AUTO_TEST_CASE(an_empty_pool_and_population_read_back) {
  const Folder folder;
  Checkpoint empty = sample(0);
  empty.population.clear();
  empty.pool.clear();
  write_checkpoint(folder / "a.h5", empty);
  BOOST_TEST(read_checkpoint(folder / "a.h5").pool.empty());
}

BOOST_AUTO_TEST_CASE(any_damage_is_found) {
  const Folder folder;
  const auto file = folder / "a.h5";
  write_checkpoint(file, sample(2));
  const std::string good = read_text(file);
  const std::string expected = datasets(file);
  int found = 0, harmless = 0;
  for (std::size_t at = 0; at < good.size(); at += 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x5a);
    std::ofstream(file, std::ios::binary) << bad;
    try {
      (void)read_checkpoint(file);
      ++harmless;  // bytes between objects
      BOOST_TEST(first_difference(expected, datasets(file)) == "");
    } catch (const StoreError& error) {
      ++found;
      BOOST_TEST(contains(error.what(), file.string()));
    }
  }
  BOOST_TEST_MESSAGE(found << " found, " << harmless << " without effect");
  BOOST_TEST(found > 50);
  for (const std::size_t size : {std::size_t{0}, good.size() / 2, good.size() - 1}) {
    std::ofstream(file, std::ios::binary) << good.substr(0, size);
    BOOST_CHECK_THROW((void)read_checkpoint(file), StoreError);
  }
}

BOOST_AUTO_TEST_CASE(another_format_or_a_newer_version_is_refused_by_name) {
  const Folder folder;
  auto write = [&](const char* name, const char* format, std::int64_t version) {
    auto file = h5::File::create(folder / name);
    file.set_attribute("format", format);
    file.set_attribute("version", version);
    file.close();
  };
  write("panel.h5", "evofactor.panel", 1);
  write("newer.h5", "evofactor.checkpoint", 4);
  auto says = [](const char* text) {
    return [text](const StoreError& error) { return contains(error.what(), text); };
  };
  BOOST_CHECK_EXCEPTION((void)read_checkpoint(folder / "panel.h5"), StoreError,
                        says("format \"evofactor.panel\", expected \"evofactor.checkpoint\""));
  BOOST_CHECK_EXCEPTION((void)read_checkpoint(folder / "newer.h5"), StoreError,
                        says("version 4, this program reads versions 1 to 3"));
  BOOST_CHECK_THROW((void)read_checkpoint(folder / "none.h5"), StoreError);
}

BOOST_AUTO_TEST_CASE(the_last_three_and_every_tenth_are_kept) {
  const Folder folder;
  CheckpointFolder checkpoints(folder.path());
  for (int generation = 0; generation <= 13; ++generation) checkpoints.save(sample(generation));
  const std::vector<std::string> expected{"ckpt_000013.h5", "ckpt_000012.h5", "ckpt_000011.h5",
                                          "ckpt_000010.h5", "ckpt_000000.h5"};
  BOOST_TEST(names(checkpoints.candidates()) == expected, boost::test_tools::per_element());
  BOOST_TEST(read_text(folder / "checkpoint/latest") == "ckpt_000013.h5\n");
  write_text(folder / "checkpoint/latest", "ckpt_000011.h5\n");
  BOOST_TEST(names(checkpoints.candidates()).front() == "ckpt_000011.h5");
}

BOOST_AUTO_TEST_SUITE_END()
