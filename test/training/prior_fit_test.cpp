#include "training/prior_fit.hpp"

#include <tbb/global_control.h>

#include <boost/test/unit_test.hpp>

#include "engine/core/error.hpp"
#include "engine/formula/indicators.hpp"
#include "engine/formula/parse.hpp"
#include "test/support/small_market.hpp"

using namespace evofactor;
using namespace evofactor::training;

namespace {

constexpr DayRange kTrain{100, 220}, kTest{220, 280};

struct Fixture {
  Market market = test::small_market(100, 280).market;
  [[nodiscard]] PriorFit fit(const PriorTask& task, int steps) const {
    return fit_priors({&task, 1}, market, kTrain, kTest, {.steps = steps}).front();
  }
};

void check_equal(const PriorFitPart& a, const PriorFitPart& b) {
  BOOST_TEST(a.mse == b.mse);
  BOOST_TEST(a.accuracy == b.accuracy);
  BOOST_TEST(a.majority == b.majority);
  BOOST_TEST(a.stock_days == b.stock_days);
  BOOST_TEST(a.outliers == b.outliers);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(prior_fit, Fixture)

BOOST_AUTO_TEST_CASE(a_moving_average_is_learnt) {
  const PriorFit result = fit(indicator_tasks(std::vector<std::string>{"MA"}).front(), 200);
  for (const PriorFitPart& part : {result.train, result.test}) {
    BOOST_TEST(part.mse < 0.1);
    BOOST_TEST(part.accuracy > 0.9);
    BOOST_TEST(part.accuracy > part.majority + 0.2);
    BOOST_TEST(part.outliers > 0);
    BOOST_TEST(part.outliers < part.stock_days / 20);
  }
  BOOST_TEST(result.train.stock_days > 100 * 60);
  BOOST_TEST(result.test.stock_days < result.train.stock_days);
}

BOOST_AUTO_TEST_CASE(what_compares_stocks_is_learnt_by_the_network_that_sees_them) {
  PriorTask task{.name = "return among the day's",
                 .program = formula::parse_or_throw("cs_zscore(ts_return(close, 5))")};
  const PriorFit alone = fit(task, 200);
  task.cross_sectional = true;
  const PriorFit together = fit(task, 200);
  BOOST_TEST(together.train.mse < 0.8 * alone.train.mse);
  BOOST_TEST(together.test.mse < 0.8 * alone.test.mse);
  BOOST_TEST(together.test.accuracy > alone.test.accuracy);
}

BOOST_AUTO_TEST_CASE(one_thread_and_two_give_the_same) {
  const auto tasks = indicator_tasks(std::vector<std::string>{"MACD", "TOP10", "ROC"});
  const auto fit_on = [&](std::size_t threads) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    return fit_priors(tasks, market, kTrain, kTest, {.steps = 10});
  };
  const auto one = fit_on(1), two = fit_on(2);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    check_equal(one[i].train, two[i].train);
    check_equal(one[i].test, two[i].test);
  }
}

BOOST_AUTO_TEST_CASE(test_days_never_reach_the_training) {
  for (const char* name : {"MA", "TOP10"}) {
    BOOST_TEST_CONTEXT(name) {
      const PriorTask task = indicator_tasks(std::vector<std::string>{name}).front();
      const PriorFit before = fit(task, 10);
      const Market unchanged = market;
      for (auto& [field, values] : market.fields)
        for (int day = kTest.first; day < kTest.last; ++day)
          for (std::size_t s = 0; s < market.stocks.size(); ++s)
            values(static_cast<std::size_t>(day), s) *= 1 + static_cast<float>((day + s) % 3);
      const PriorFit after = fit(task, 10);
      market = unchanged;
      check_equal(before.train, after.train);
      BOOST_TEST(before.test.mse != after.test.mse);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_network_sees_all_that_its_prior_reads) {
  const auto network = [](const char* name) {
    return prior_network(indicator_tasks(std::vector<std::string>{name}).front(), 10);
  };
  BOOST_TEST(network("MA").input.window == 30);
  BOOST_TEST(network("PVT").input.window == 61);
  BOOST_TEST(network("MA").input.features.size() == 5U);
  BOOST_TEST(network("TOP10").input.features.back() == "log(raw_close)");
}

BOOST_AUTO_TEST_CASE(an_unknown_indicator_is_refused_with_those_there_are) {
  BOOST_TEST(indicator_tasks({}).size() == formula::indicators().size());
  BOOST_CHECK_EXCEPTION((void)indicator_tasks(std::vector<std::string>{"MA", "ma", "KDJ"}),
                        ConfigError, [](const ConfigError& error) {
                          const std::string text = error.what();
                          return text.find("\"ma\"; there are MA, EMA,") != std::string::npos &&
                                 text.find("\"KDJ\"; there are MA, EMA,") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_SUITE_END()
