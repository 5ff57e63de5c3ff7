#include "genome/prior_windows.hpp"

#include <boost/test/unit_test.hpp>

#include "engine/formula/parse.hpp"
#include "engine/formula/program.hpp"
#include "genome/validate.hpp"

using namespace evofactor;
using namespace evofactor::genome;

namespace {

const std::string kBand = "div(sub(ts_mean(close, 20), ts_std(close, 20)), close)";

bool valid(const std::string& prior, const SearchSpace& space) {
  NetGenome genome;
  genome.prior = {prior, 20};
  return validate(genome, space).empty();
}

SearchSpace space_of(std::vector<std::string> priors) {
  SearchSpace space;
  space.priors = std::move(priors);
  space.prior_windows = {5, 10, 40};
  return space;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(prior_windows)

BOOST_AUTO_TEST_CASE(a_prior_is_valid_with_allowed_windows_and_with_its_own) {
  const SearchSpace space = space_of({kBand});
  BOOST_TEST(valid(kBand, space));
  BOOST_TEST(valid("div(sub(ts_mean(close, 40), ts_std(close, 40)), close)", space));
  BOOST_TEST(!valid("div(sub(ts_mean(close, 30), ts_std(close, 30)), close)", space));
  BOOST_TEST(!valid("div(sub(ts_mean(close, 40), ts_std(close, 10)), close)", space));
  BOOST_TEST(!valid("div(sub(ts_mean(open, 40), ts_std(close, 40)), close)", space));
  BOOST_TEST(!valid("div(sub(ts_mean(close, 40)", space));
}

BOOST_AUTO_TEST_CASE(windows_that_differ_keep_their_order) {
  const SearchSpace space = space_of({"sub(ema(close, 12), ema(close, 26))"});
  BOOST_TEST(valid("sub(ema(close, 10), ema(close, 40))", space));
  BOOST_TEST(!valid("sub(ema(close, 40), ema(close, 10))", space));
  BOOST_TEST(!valid("sub(ema(close, 10), ema(close, 10))", space));
}

BOOST_AUTO_TEST_CASE(without_the_list_only_listed_priors_are_valid) {
  SearchSpace space = space_of({kBand});
  space.prior_windows.clear();
  BOOST_TEST(valid(kBand, space));
  BOOST_TEST(!valid("div(sub(ts_mean(close, 40), ts_std(close, 40)), close)", space));
  BOOST_TEST(neighbouring_priors(kBand, space).empty());
}

BOOST_AUTO_TEST_CASE(a_genome_that_is_fitted_keeps_a_prior_with_allowed_windows) {
  const SearchSpace space = space_of({kBand});
  NetGenome genome;
  genome.prior = {"div(sub(ts_mean(close, 5), ts_std(close, 5)), close)", 20};
  BOOST_TEST((fit_to_space(genome, space).prior == genome.prior));
  genome.prior.formula = "div(sub(ts_mean(close, 6), ts_std(close, 6)), close)";
  BOOST_TEST(fit_to_space(genome, space).prior.formula.empty());
}

BOOST_AUTO_TEST_CASE(every_indicator_stays_a_formula_within_the_longest_look_back) {
  SearchSpace space;
  space.prior_windows = {5, 10, 20, 40, 60};
  const int longest = longest_prior_look_back(space);
  for (const std::string& prior : space.priors) {
    const auto neighbours = neighbouring_priors(prior, space);
    BOOST_TEST(!neighbours.empty(), prior);
    for (const std::string& neighbour : neighbours) {
      BOOST_TEST(is_prior(neighbour, space), neighbour);
      BOOST_TEST(formula::look_back(formula::parse_or_throw(neighbour)) <= longest);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
