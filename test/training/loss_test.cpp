#include "training/loss.hpp"

#include <ATen/ATen.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "engine/core/rng.hpp"
#include "fitness/ranks.hpp"
#include "training/batches.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::Loss;

namespace {

constexpr std::int64_t kStocks = 60;
constexpr std::array<Loss, 5> kLosses{Loss::kPaper, Loss::kSharp, Loss::kIc, Loss::kMse,
                                      Loss::kCrossEntropy};

struct Day {
  std::vector<float> prediction, label;
  std::vector<std::uint8_t> scored;
};

Day random_day(std::uint64_t seed, double signal) {
  Rng rng(Seed{seed});
  Day day;
  for (std::int64_t i = 0; i < kStocks; ++i) {
    const double x = rng.student_t(4);
    day.prediction.push_back(static_cast<float>(x));
    day.label.push_back(static_cast<float>(0.02 * (signal * x + rng.student_t(4))));
    day.scored.push_back(rng.chance(0.85) ? 1 : 0);
  }
  return day;
}

at::Tensor row(const std::vector<float>& values) {
  return at::tensor(values, at::kFloat).view({1, static_cast<std::int64_t>(values.size())});
}

at::Tensor scored_row(const Day& day) {
  return row(std::vector<float>(day.scored.begin(), day.scored.end()));
}

LossValue loss_of(const Day& day, Loss kind) {
  const int stocks = static_cast<int>(kStocks);
  return loss(row(day.prediction), row(loss_target(kind, day.label, day.scored))[0],
              scored_row(day)[0], std::span(&stocks, 1), kind);
}

double exact_rank_ic(const Day& day) {
  std::vector<float> x(day.label.size()), y(day.label.size());
  fitness::RankScratch scratch;
  fitness::average_ranks(day.prediction, day.scored, x, scratch);
  fitness::average_ranks(day.label, day.scored, y, scratch);
  double n = 0, mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (day.scored[i] != 0) n += 1, mx += x[i], my += y[i];
  mx /= n;
  my /= n;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (day.scored[i] != 0) {
      xx += (x[i] - mx) * (x[i] - mx);
      yy += (y[i] - my) * (y[i] - my);
      xy += (x[i] - mx) * (y[i] - my);
    }
  return xy / std::sqrt(xx * yy);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_gradient_matches_finite_differences) {
  for (const Loss kernel : kLosses) {
    const Day day = random_day(3, 0.3);
    const at::Tensor gradient = loss_of(day, kernel).gradient[0];
    for (std::size_t i = 0; i < 12; ++i) {
      constexpr float kStep = 0.02F;
      Day up = day, down = day;
      up.prediction[i] += kStep;
      down.prediction[i] -= kStep;
      const double slope = -(loss_of(up, kernel).objective.item<double>() -
                             loss_of(down, kernel).objective.item<double>()) /
                           (2 * kStep);
      BOOST_TEST(std::abs(slope - gradient[static_cast<std::int64_t>(i)].item<double>()) < 2e-5);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_soft_loss_agrees_with_exact_rank_ic_in_sign_and_closely_in_size) {
  double worst_sharp = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Day day = random_day(seed, seed % 2 == 0 ? 0.7 : -0.7);
    const double exact = exact_rank_ic(day);
    const double sharp = loss_of(day, Loss::kSharp).objective.item<double>();
    const double paper = loss_of(day, Loss::kPaper).objective.item<double>();
    worst_sharp = std::max(worst_sharp, std::abs(sharp - exact));
    if (std::abs(exact) < 0.2) continue;
    BOOST_TEST(sharp * exact > 0);
    BOOST_TEST(paper * exact > 0);
  }
  BOOST_TEST(worst_sharp < 0.05);
}

BOOST_AUTO_TEST_CASE(the_paper_kernel_is_its_formula) {
  const Day day = random_day(5, 0.5);
  const auto kernel_values = [&](const std::vector<float>& x) {
    double n = 0, mean = 0, variance = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (day.scored[i] != 0) n += 1, mean += x[i];
    mean /= n;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (day.scored[i] != 0) variance += (x[i] - mean) * (x[i] - mean) / n;
    std::vector<double> g;
    for (std::size_t i = 0; i < x.size(); ++i)
      if (day.scored[i] != 0)
        g.push_back(1 / (1 + std::exp(-1.83 * (x[i] - mean) / (2 * std::sqrt(variance)))));
    return at::tensor(g, at::kDouble);
  };
  const at::Tensor pair = at::stack({kernel_values(day.prediction), kernel_values(day.label)});
  const double expected = at::corrcoef(pair)[0][1].item<double>();
  BOOST_TEST(std::abs(loss_of(day, Loss::kPaper).objective.item<double>() - expected) < 1e-6);
}

BOOST_AUTO_TEST_CASE(a_constant_prediction_has_no_correlation_and_no_gradient) {
  Day day = random_day(1, 0);
  std::ranges::fill(day.prediction, 0.25F);
  const LossValue loss = loss_of(day, Loss::kSharp);
  BOOST_TEST(loss.objective.item<double>() == 0);
  BOOST_TEST(loss.gradient.abs().max().item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(stocks_outside_the_mask_do_not_count) {
  Day day = random_day(2, 0.4), other = day;
  for (std::size_t i = 0; i < day.scored.size(); ++i)
    if (day.scored[i] == 0) other.prediction[i] = 1e6F, other.label[i] = 9;
  const LossValue a = loss_of(day, Loss::kSharp), b = loss_of(other, Loss::kSharp);
  BOOST_TEST(at::equal(a.objective, b.objective));
  BOOST_TEST(at::equal(a.gradient, b.gradient));
}

BOOST_AUTO_TEST_CASE(a_diverged_prediction_stays_visible) {
  Day day = random_day(2, 0.4);
  day.prediction[3] = std::numeric_limits<float>::quiet_NaN();
  day.scored[3] = 1;
  BOOST_TEST(!std::isfinite(loss_of(day, Loss::kSharp).objective.item<double>()));
}

BOOST_AUTO_TEST_CASE(the_form_for_other_devices_gives_the_same_loss) {
  // Days of different length, one of them constant.
  for (const Loss kind : kLosses) {
    std::vector<float> y, t, w;
    std::vector<int> stocks;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      Day day = random_day(seed, 0.3);
      if (seed == 3) std::ranges::fill(day.prediction, 1.0F);
      const std::size_t n = 60 - 7 * seed;
      day.prediction.resize(n);
      day.label.resize(n);
      day.scored.resize(n);
      const std::vector<float> target = loss_target(kind, day.label, day.scored);
      y.insert(y.end(), day.prediction.begin(), day.prediction.end());
      t.insert(t.end(), target.begin(), target.end());
      w.insert(w.end(), day.scored.begin(), day.scored.end());
      stocks.push_back(static_cast<int>(n));
    }
    const at::Tensor prediction = row(y).repeat({2, 1});
    prediction[1].mul_(-2);
    const LossValue host = loss(prediction, row(t)[0], row(w)[0], stocks, kind);
    // Rows beyond the last stock, and one that is not scored, hold anything.
    constexpr std::int64_t kBeyond = 5;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto extended = [&](const at::Tensor& x, double with) {
      return at::constant_pad_nd(x, {0, kBeyond}, with);
    };
    std::vector<std::int64_t> day;
    for (std::size_t d = 0; d < stocks.size(); ++d)
      day.insert(day.end(), static_cast<std::size_t>(stocks[d]), static_cast<std::int64_t>(d));
    const auto idle = std::ranges::find(w, 0.0F);
    BOOST_REQUIRE((idle != w.end()));
    at::Tensor given = extended(prediction, nan);
    given.select(1, idle - w.begin()).fill_(nan);
    const LossValue other =
        loss_by_operations(given, extended(row(t)[0], 0), extended(row(w)[0], 0),
                           extended(at::tensor(day), 0), std::ssize(stocks), kind);
    const at::Tensor gradient = other.gradient.narrow(1, 0, prediction.size(1));
    BOOST_TEST((host.objective - other.objective).abs().max().item<double>() < 1e-5);
    BOOST_TEST((host.gradient - gradient).abs().max().item<double>() < 1e-6);
    BOOST_TEST(other.gradient.narrow(1, prediction.size(1), kBeyond).abs().max().item<double>() ==
               0);
  }
}

BOOST_AUTO_TEST_CASE(losses_of_values_and_directions_are_their_formulas) {
  const Day day = random_day(8, 0.5);
  double n = 0, mean = 0, variance = 0;
  for (std::size_t i = 0; i < day.label.size(); ++i)
    if (day.scored[i] != 0) n += 1, mean += day.label[i];
  mean /= n;
  for (std::size_t i = 0; i < day.label.size(); ++i)
    if (day.scored[i] != 0) variance += (day.label[i] - mean) * (day.label[i] - mean) / n;
  double squares = 0, likelihood = 0;
  for (std::size_t i = 0; i < day.label.size(); ++i) {
    if (day.scored[i] == 0) continue;
    const double z = (day.label[i] - mean) / std::sqrt(variance), y = day.prediction[i];
    squares += (y - z) * (y - z) / n;
    const double up = 1 / (1 + std::exp(-y));
    likelihood += std::log(day.label[i] > mean ? up : 1 - up) / n;
  }
  BOOST_TEST(std::abs(loss_of(day, Loss::kMse).objective.item<double>() + squares) < 1e-5);
  BOOST_TEST(std::abs(loss_of(day, Loss::kCrossEntropy).objective.item<double>() - likelihood) <
             1e-5);
}

BOOST_AUTO_TEST_CASE(a_batch_holds_different_days_and_is_drawn_anew_each_step) {
  std::vector<int> days(50);
  for (int i = 0; i < 50; ++i) days[static_cast<std::size_t>(i)] = 100 + i;
  const std::vector<int> first = batch_days(Seed{1}, "train_days", 1, 20, days);
  BOOST_TEST(first.size() == 20U);
  BOOST_TEST(std::set<int>(first.begin(), first.end()).size() == 20U);
  BOOST_TEST((first == batch_days(Seed{1}, "train_days", 1, 20, days)));
  BOOST_TEST((first != batch_days(Seed{1}, "train_days", 2, 20, days)));
  BOOST_TEST((first != batch_days(Seed{2}, "train_days", 1, 20, days)));
  BOOST_TEST(batch_days(Seed{1}, "train_days", 1, 80, days).size() == 50U);
  std::set<int> seen;
  for (int step = 1; step < 30; ++step)
    for (const int day : batch_days(Seed{1}, "train_days", step, 20, days)) seen.insert(day);
  BOOST_TEST(seen.size() == 50U);
}
