#include "engine/evolve/journal.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>

#include "test/evolve/files.hpp"

using namespace evofactor;
using namespace evofactor::evolve;
using namespace evofactor::evolve::toy;

namespace {

Member success(std::uint64_t id) {
  Evaluation evaluation;
  evaluation.fitness = 1.0 / 3.0;
  evaluation.sign = -1;
  evaluation.metrics = {{"train_rank_ic", 0.1}, {"coverage", std::nan("")}};
  evaluation.train_steps = 120;
  evaluation.seconds = 2.3;
  Member member;
  member.id = CandidateId{id};
  member.hash = ContentHash{0x90af + id};
  member.lineage = Lineage{{CandidateId{3}, CandidateId{7}}, "crossover", 1};
  member.outcome = evaluation;
  return member;
}

std::string file_text(const Folder& folder, const char* name) { return read_text(folder / name); }

std::size_t count_lines(const std::string& text) { return whole_lines(text).size(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE(a_line_has_the_documented_form) {
  Member member = success(12);
  BOOST_TEST(
      journal_line(member, Json{{"text", "close"}}) ==
      R"({"candidate":12,"generation":1,"hash":"00000000000090bb","operator":"crossover",)"
      R"("parents":[3,7],"genome":{"text":"close"},"status":"ok","fitness":0.3333333333333333,)"
      R"("sign":-1,"metrics":{"train_rank_ic":0.1,"coverage":null},"train_steps":120,"seconds":2.3})");
  member.outcome = Failure{FailureKind::kDegenerate, "score", "constant"};
  BOOST_TEST(journal_line(member, Json{}) ==
             R"({"candidate":12,"generation":1,"hash":"00000000000090bb","operator":"crossover",)"
             R"("parents":[3,7],"genome":null,"status":"failed",)"
             R"("failure":{"kind":"degenerate","stage":"score","message":"constant"}})");
}

BOOST_AUTO_TEST_CASE(a_line_reads_back_to_the_bit) {
  const Member member = success(12);
  const JournalEntry entry = parse_journal_line(journal_line(member, Json{}));
  BOOST_TEST(entry.id.value == 12);
  BOOST_TEST((entry.hash == member.hash));
  BOOST_TEST((entry.lineage == member.lineage));
  const auto& evaluation = std::get<Evaluation>(entry.outcome);
  BOOST_TEST(evaluation.fitness == 1.0 / 3.0);
  BOOST_TEST(evaluation.metrics[0].second == 0.1);
  BOOST_TEST(std::isnan(evaluation.metrics[1].second));
  BOOST_CHECK_THROW((void)parse_journal_line("{\"candidate\":1}"), StoreError);
  BOOST_CHECK_THROW((void)parse_journal_line("[1,2"), StoreError);
}

BOOST_AUTO_TEST_CASE(lines_come_in_candidate_order_and_early_ones_wait_aside) {
  const Folder folder;
  {
    Journal journal(folder.path());
    journal.start_at({});
    for (const std::uint64_t id : {2, 0, 3}) journal.finish(success(id), Json{});
    BOOST_TEST(count_lines(file_text(folder, "evaluations.ndjson")) == 1);
    BOOST_TEST(count_lines(file_text(folder, "evaluations.pending.ndjson")) == 2);
    journal.finish(success(1), Json{});
    BOOST_TEST(count_lines(file_text(folder, "evaluations.ndjson")) == 4);
    journal.end_generation(CandidateId{4});
    BOOST_TEST(file_text(folder, "evaluations.pending.ndjson").empty());
    BOOST_TEST(journal.mark_after(4)->bytes == file_text(folder, "evaluations.ndjson").size());
    BOOST_TEST(!journal.mark_after(5));
  }
  BOOST_TEST(!std::filesystem::exists(folder / "evaluations.pending.ndjson"));
  const Journal again(folder.path());
  BOOST_TEST(again.entries().size() == 4);
  BOOST_TEST(again.mark_after(4).has_value());
  BOOST_TEST(!again.mark_after(5).has_value());
}

BOOST_AUTO_TEST_CASE(lines_that_wait_survive_with_the_process) {
  const Folder folder;
  {
    Journal journal(folder.path());
    journal.start_at({});
    journal.finish(success(1), Json{});
  }
  Journal journal(folder.path());
  BOOST_REQUIRE(journal.pending().size() == 1);
  journal.start_at({});
  const std::string before = file_text(folder, "evaluations.pending.ndjson");
  journal.replay(journal.pending()[0]);
  BOOST_TEST(file_text(folder, "evaluations.pending.ndjson") == before);
  journal.finish(success(0), Json{});
  BOOST_TEST(count_lines(file_text(folder, "evaluations.ndjson")) == 2);
}

BOOST_AUTO_TEST_CASE(lines_of_other_candidates_are_replaced_and_those_before_stay) {
  const Folder folder;
  {
    Journal journal(folder.path());
    journal.start_at({});
    for (std::uint64_t id = 0; id < 4; ++id) journal.finish(success(id), Json{});
  }
  Journal journal(folder.path());
  journal.start_at(*journal.mark_after(1));
  journal.replay(journal.entries()[1]);
  Member other = success(2);
  other.hash = ContentHash{1};
  journal.finish(other, Json{});
  const auto lines = read_ndjson(folder / "evaluations.ndjson");
  BOOST_REQUIRE(lines.size() == 3);
  BOOST_TEST(lines[2].at("hash") == "0000000000000001");
  BOOST_TEST(contains(journal.take_notes().at(0), "holds something else than this search makes"));
}

BOOST_AUTO_TEST_CASE(weights_are_given_back_only_whole) {
  const Folder folder;
  Member member = success(0);
  const auto bytes = std::make_shared<const std::vector<std::byte>>(50, std::byte{7});
  std::get<Evaluation>(member.outcome).weights = bytes;
  {
    Journal journal(folder.path());
    journal.start_at({});
    journal.finish(member, Json{});
  }
  Journal journal(folder.path());
  const std::uint64_t hash = *journal.entries()[0].weights_hash;
  BOOST_REQUIRE(journal.weights(CandidateId{0}, hash) != nullptr);
  BOOST_TEST((*journal.weights(CandidateId{0}, hash) == *bytes));
  BOOST_TEST((journal.weights(CandidateId{1}, hash) == nullptr));
  std::filesystem::resize_file(folder / "weights/0.bin", 49);
  BOOST_TEST((journal.weights(CandidateId{0}, hash) == nullptr));
  journal.drop_weights();
  BOOST_TEST(!std::filesystem::exists(folder / "weights"));
}

BOOST_AUTO_TEST_SUITE_END()
