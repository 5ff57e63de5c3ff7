#include "data/synthetic_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/core/rng.hpp"

namespace evofactor {
namespace {

/// First code, suffix and share of the stocks of each board.
struct BoardShare {
  int first_code;
  const char* suffix;
  double share;
};
constexpr BoardShare kBoards[] = {
    {1, ".SZ", 0.30}, {300001, ".SZ", 0.20}, {600000, ".SH", 0.45}, {688001, ".SH", 0.05}};

constexpr double kNewListings = 0.05;  // share of the stocks that are listed during the simulation
constexpr double kDelistings = 0.02;
constexpr double kTreated =
    0.03;  // share of the stocks that come under special treatment and recover
constexpr int kTreatedBeforeDelisting = 120;

bool is_holiday(int month, int day) {
  return (month == 1 && day <= 3) || (month == 2 && day >= 8 && day <= 14) ||
         (month == 4 && day == 5) || (month == 5 && day <= 3) || (month == 10 && day <= 7);
}

Date to_date(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return static_cast<int>(date.year()) * 10000 +
         static_cast<int>(static_cast<unsigned>(date.month()) * 100 +
                          static_cast<unsigned>(date.day()));
}

std::vector<std::string> make_codes(int stocks) {
  std::vector<std::string> codes;
  double cumulative = 0;
  int made = 0;
  for (const auto& board : kBoards) {
    cumulative += board.share;
    const int until = static_cast<int>(std::lround(cumulative * stocks));
    for (int code = board.first_code; made < until; ++made, ++code)
      codes.push_back(fmt::format("{:06}{}", code, board.suffix));
  }
  return codes;
}

/// Listings, delistings and special treatment hit stocks drawn without replacement.
void plan_events(std::vector<StockPlan>& plans, const SimulationSettings& settings,
                 const Calendar& calendar) {
  Rng rng(derive(settings.seed, "market/events"));
  std::vector<std::size_t> order(plans.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  rng.shuffle(order);
  const int spare = settings.stocks - settings.universe;
  const auto count = [&](double share, double of_spare) {
    return static_cast<int>(std::min(std::ceil(share * settings.stocks), of_spare * spare));
  };
  auto next = order.begin();
  for (int i = count(kNewListings, 0.5); i > 0; --i) {
    StockPlan& plan = plans[*next++];
    plan.first_day = rng.between(settings.days / 20, settings.days - 1 - settings.days / 10);
    plan.list_date = calendar[plan.first_day];
  }
  for (int i = count(kDelistings, 0.2); i > 0; --i) {
    StockPlan& plan = plans[*next++];
    plan.last_day = rng.between(settings.days / 4, settings.days - 2);
    plan.st_first = std::max(1, plan.last_day - kTreatedBeforeDelisting);
    plan.st_last = settings.days;
  }
  for (int i = static_cast<int>(std::ceil(kTreated * settings.stocks)); i > 0; --i) {
    StockPlan& plan = plans[*next++];
    plan.st_first = rng.between(1, settings.days - 1);
    plan.st_last = plan.st_first + rng.between(120, 400);
  }
}

}  // namespace

Calendar simulated_calendar(int days) {
  using namespace std::chrono;
  std::vector<Date> dates;
  for (sys_days day = year{2015} / January / 5; static_cast<int>(dates.size()) < days;
       day += std::chrono::days{1}) {
    const weekday of_week(day);
    const year_month_day date(day);
    if (of_week == Saturday || of_week == Sunday) continue;
    if (is_holiday(static_cast<int>(static_cast<unsigned>(date.month())),
                   static_cast<int>(static_cast<unsigned>(date.day()))))
      continue;
    dates.push_back(to_date(day));
  }
  return Calendar(std::move(dates));
}

const std::vector<std::string>& simulated_industries() {
  static const std::vector<std::string> names{
      "agriculture", "appliances", "autos",     "banks",     "brokerage", "building",
      "chemicals",   "coal",       "commerce",  "computing", "defence",   "electrics",
      "electronics", "food",       "insurance", "leisure",   "machinery", "media",
      "metals",      "oil",        "paper",     "pharma",    "property",  "steel",
      "telecoms",    "textiles",   "transport", "utilities"};
  return names;
}

std::vector<StockPlan> plan_stocks(const SimulationSettings& settings, const Calendar& calendar) {
  using namespace std::chrono;
  const auto codes = make_codes(settings.stocks);
  std::vector<StockPlan> plans(codes.size());
  for (std::size_t i = 0; i < plans.size(); ++i) {
    Rng rng(derive(settings.seed, "market/stock", i));
    StockPlan& plan = plans[i];
    plan.code = codes[i];
    plan.name = fmt::format("Firm{}", codes[i].substr(0, 6));
    plan.industry = static_cast<int>(rng.below(kIndustries));
    plan.list_date =
        to_date(sys_days{year{1994} / January / 1} + std::chrono::days{rng.between(0, 7400)});
    plan.size = rng.normal();
    plan.beta = 1.0 + 0.25 * rng.normal();
    plan.volatility = 0.018 * std::exp(0.25 * rng.normal() - 0.08 * plan.size);
    plan.first_price = std::exp(rng.uniform(std::log(6.0), std::log(60.0)));
    plan.float_shares = std::round(6e9 * std::exp(1.0 * plan.size) / plan.first_price / 100) * 100;
    plan.total_shares = std::round(plan.float_shares * rng.uniform(1.1, 2.5) / 100) * 100;
    plan.turnover = 0.012 * std::exp(0.5 * rng.normal() - 0.35 * plan.size);
    plan.dividend_offset = rng.between(60, 160);
  }
  plan_events(plans, settings, calendar);
  return plans;
}

}  // namespace evofactor
