#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "engine/core/grid.hpp"
#include "engine/core/hash.hpp"
#include "engine/core/outcome.hpp"
#include "engine/core/rng.hpp"

using namespace evofactor;

BOOST_AUTO_TEST_CASE(hashes_and_derived_seeds_are_the_same_on_every_platform) {
  BOOST_TEST(to_hex(hash_bytes("factor", 6)) == "d9c01da826ffaa7d");
  BOOST_TEST(derive(Seed{1}, "vary", 2, 3).value == derive(Seed{1}, "vary", 2, 3).value);
  BOOST_TEST(derive(Seed{1}, "vary", 2, 3).value != derive(Seed{1}, "vary", 3, 2).value);
  BOOST_TEST(derive(Seed{1}, "vary").value != derive(Seed{2}, "vary").value);
  BOOST_TEST(derive(Seed{1}, "train").value != derive(Seed{1}, "vary").value);
  BOOST_TEST(to_hex(derive(Seed{1}, "market").value) == "da5d9d7f0a212a9c");
  Rng rng(Seed{42});
  BOOST_TEST(to_hex(rng()) == "15780b2e0c2ec716");
}

BOOST_AUTO_TEST_CASE(length_prefixes_tell_strings_apart) {
  BOOST_TEST(Hasher().add("ab").add("c").value() != Hasher().add("a").add("bc").value());
}

BOOST_AUTO_TEST_CASE(hexadecimal_text_reads_back_and_other_text_is_refused) {
  BOOST_TEST(from_hex(to_hex(0x90af)) == 0x90afu);
  BOOST_CHECK_THROW((void)from_hex("xyz"), StoreError);
  BOOST_CHECK_THROW((void)from_hex(""), StoreError);
}

BOOST_AUTO_TEST_CASE(distributions_have_their_moments) {
  Rng rng(Seed{7});
  double sum = 0, squares = 0, t_squares = 0;
  std::map<std::uint64_t, int> counts;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) {
    const double z = rng.normal();
    sum += z;
    squares += z * z;
    const double t = rng.student_t(6);
    t_squares += t * t;
    ++counts[rng.below(3)];
  }
  BOOST_TEST(std::abs(sum / kDraws) < 0.015);
  BOOST_TEST(std::abs(squares / kDraws - 1) < 0.02);
  BOOST_TEST(std::abs(t_squares / kDraws - 1) < 0.05);
  BOOST_TEST(counts.size() == 3u);
  for (const auto& [value, count] : counts) BOOST_TEST(std::abs(count - kDraws / 3) < 700);
}

BOOST_AUTO_TEST_CASE(weighted_choice_never_takes_a_weight_of_zero) {
  Rng rng(Seed{7});
  const std::vector<double> weights{0, 3, 0, 1};
  int first = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::size_t k = rng.weighted(weights);
    BOOST_REQUIRE((k == 1 || k == 3));
    first += k == 1;
  }
  BOOST_TEST(std::abs(first - 3000) < 150);
}

BOOST_AUTO_TEST_CASE(grid_rows_are_aligned_and_padding_does_not_count) {
  Grid<float> a(3, 5, 1.0F);
  Grid<float> b = a;
  BOOST_TEST(a.stride() == 16u);
  for (std::size_t r = 0; r < 3; ++r)
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(a.row(r).data()) % 64 == 0u);
  a.data()[7] = 9;
  BOOST_TEST((a == b));
  a(2, 4) = 2;
  BOOST_TEST(!(a == b));
}

BOOST_AUTO_TEST_CASE(every_failure_kind_has_a_name_that_reads_back) {
  for (const auto kind :
       {FailureKind::kInvalidGenome, FailureKind::kNonFinite, FailureKind::kDegenerate,
        FailureKind::kOutOfMemory, FailureKind::kStepBudget, FailureKind::kError})
    BOOST_TEST((failure_kind(name_of(kind)) == kind));
  BOOST_CHECK_THROW((void)failure_kind("tired"), StoreError);
}
