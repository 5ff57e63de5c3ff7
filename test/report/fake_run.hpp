#pragma once
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/json.hpp"

namespace evofactor::test {

/// Describes a made-up run. Every value is a simple function of method, seed, fold and day, so
/// tests can work them out.
struct FakeRun {
  std::string name = "fake";
  std::vector<std::string> arms{"gp", "nnafc"};
  std::vector<std::string> random_arms{"random_formula"};
  std::vector<int> seeds{1, 2};
  int folds = 2;
  int validate_days = 30, test_days = 60;
  int members = 3;
  std::string fingerprint = "00000000000000aa";
  std::string label = "vwap_to_vwap";
  std::string formula = "ts_corr(close, delay(volume, 1), 10)";
  /// Daily rank IC of a method (arm or baseline); seed 0 for baselines. day counts from 0 within
  /// the part.
  std::function<double(const std::string& method, int seed, int fold, bool test, int day)> rank_ic;
};

/// Day `day` of a calendar without gaps in a fold's year: 2010 + 2 fold, 28 days a month.
inline std::string fake_date(int fold, int day) {
  return fmt::format("{}-{:02}-{:02}", 2010 + 2 * fold, 1 + day / 28, 1 + day % 28);
}

namespace detail {

inline void save(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

inline Json ic_json(double mean) {
  return {{"mean", mean}, {"std", 0.1}, {"icir", mean / 0.1}, {"t", 2.0}, {"positive", 0.6}};
}

inline Json score_json(double mean) {
  return {{"rank_ic", ic_json(mean)}, {"ic", ic_json(mean / 2)}, {"days", 60},
          {"skipped_days", 0},        {"coverage", 0.95},        {"mean_stocks", 700.0},
          {"turnover", 0.25}};
}

inline Json split_json(const FakeRun& run, int fold) {
  const int validate = run.validate_days, test = run.test_days;
  return {{"train", {fake_date(fold, 0), fake_date(fold, 99)}},
          {"validate", {fake_date(fold, 100), fake_date(fold, 99 + validate)}},
          {"test", {fake_date(fold, 100 + validate), fake_date(fold, 99 + validate + test)}}};
}

/// Scores and daily values of a method on one fold. Neutralised values are a third of the plain
/// ones.
inline Json method_json(const FakeRun& run, const std::string& method, int seed, int fold) {
  Json daily = Json::array();
  const auto part = [&](bool test, int days, int first) {
    double sum = 0;
    for (int day = 0; day < days; ++day) {
      const double value = run.rank_ic(method, seed, fold, test, day);
      sum += value;
      daily.push_back({{"date", fake_date(fold, first + day)},
                       {"part", test ? "test" : "validate"},
                       {"rank_ic", value},
                       {"neutral_rank_ic", value / 3}});
    }
    return sum / days;
  };
  const double validate = part(false, run.validate_days, 100);
  const double test = part(true, run.test_days, 100 + run.validate_days);
  return {{"train", score_json(validate + 0.01)},
          {"validate", score_json(validate)},
          {"test", score_json(test)},
          {"neutral_test", score_json(test / 3)},
          {"daily", daily}};
}

/// What is told of a formula beside its scores.
inline Json profile_json(int fold, double worth) {
  const int year = 2010 + 2 * fold;
  const auto likeness = [](const char* name, double correlation) {
    return Json{{"name", name}, {"correlation", correlation}};
  };
  const auto scored = [&](const char* part, int days, double rank_ic) {
    return Json{{"year", year}, {"part", part}, {"days", days}, {"rank_ic", rank_ic}};
  };
  const auto over = [](int horizon, int days, const Json& rank_ic) {
    return Json{{"horizon", horizon}, {"days", days}, {"rank_ic", rank_ic}};
  };
  return {
      {"neutral_validate", score_json(worth / 3)},
      {"known", Json::array({likeness("vol60", -0.4), likeness("ret5", 0.1)})},
      {"styles", Json::array({likeness("size", 0.2)})},
      {"years", Json::array({scored("train", 100, worth), scored("validate", 30, worth),
                             scored("test", 60, worth / 2)})},
      {"decay", Json::array({over(1, 130, worth / 2), over(5, 130, worth), over(60, 0, nullptr)})}};
}

/// Candidates 0 and 1 are created, each later one is bred from the two before it.
inline std::string evaluations(const std::string& formula, int n) {
  std::string lines;
  for (int i = 0; i < n; ++i)
    lines += Json({{"candidate", i},
                   {"generation", i / 2},
                   {"operator", i < 2 ? "create" : "crossover"},
                   {"parents", i < 2 ? Json::array() : Json({i - 1, i - 2})},
                   {"genome", {{"formula", formula}}},
                   {"status", "ok"},
                   {"fitness", 0.01 * i}})
                 .dump() +
             "\n";
  return lines;
}

inline Json network_genome(int layers) {
  Json list = Json::array();
  for (int i = 0; i < layers; ++i)
    list.push_back({{"kind", "dense"},
                    {"units", 64 >> (i % 3)},
                    {"activation", i % 2 == 0 ? "relu" : "tanh"},
                    {"batch_norm", i % 2 == 0},
                    {"dropout", 0.1 * (i % 3)}});
  return {{"input", {{"fields", {"open", "high", "low", "close", "volume"}}, {"window", 30}}},
          {"layers", list},
          {"prior", "ts_mean(close, 5)"},
          {"prune_rate", 0.3},
          {"train", {{"learning_rate", 0.001}, {"epochs", 20}}}};
}

/// How much the factors of a pool differ: with each fold more, with each seed less.
inline Json diversity_json(int seed, int fold, int days) {
  return {{"value", 0.6 + 0.1 * fold - 0.02 * (seed - 1)},
          {"k", 3},
          {"days", days},
          {"mean_correlation", 0.3}};
}

/// Arms side by side on a line, each arm's members one above the other; the last of the last arm is
/// not placed.
inline Json map_json(const FakeRun& run, const std::vector<std::string>& names, int seed,
                     int fold) {
  Json arms = Json::array(), factors = Json::array(), clusters = Json::array();
  for (std::size_t a = 0; a < names.size(); ++a) {
    const bool last = a + 1 == names.size();
    arms.push_back({{"arm", names[a]},
                    {"factors", run.members - (last ? 1 : 0)},
                    {"spread", 0.25},
                    {"overlap", last ? Json() : Json(0.5 * fold)}});
    for (int i = 0; i < run.members; ++i) {
      const bool placed = !last || i + 1 < run.members;
      factors.push_back({{"arm", names[a]},
                         {"id", i},
                         {"cluster", placed ? Json(a) : Json()},
                         {"place", placed ? Json({1.0 * static_cast<double>(a), 0.25 * i})
                                          : Json({nullptr, nullptr})}});
    }
    clusters.push_back({{"factors", run.members},
                        {"place", {static_cast<double>(a), 0.25}},
                        {"spread", 0.25},
                        {"distances", Json::array({0, 1, 2})}});
  }
  return {{"seed", seed}, {"fold", fold},      {"days", run.test_days},
          {"k", 3},       {"value", 4.0 / 3},  {"clusters", clusters},
          {"arms", arms}, {"factors", factors}};
}

}  // namespace detail

inline void write_search(const FakeRun& run, const std::filesystem::path& folder,
                         const std::string& arm, int seed, int fold, bool random) {
  using namespace detail;
  const std::filesystem::path place =
      folder / arm / fmt::format("seed-{}", seed) / fmt::format("fold-{}", fold);
  const bool network = arm.find("nn") != std::string::npos;
  Json combined = method_json(run, arm, seed, fold);
  Json cumulative = Json::array(), mean_excess = Json::array(), dates = Json::array();
  for (int q = 0; q < 10; ++q) {
    mean_excess.push_back((q - 4.5) / 1000);
    Json row = Json::array();
    for (int day = 0; day < run.test_days; ++day) row.push_back((q - 4.5) / 1000 / 5 * (day + 1));
    cumulative.push_back(row);
  }
  for (int day = 0; day < run.test_days; ++day)
    dates.push_back(fake_date(fold, 100 + run.validate_days + day));
  combined["quantiles"] = {{"n", 10},
                           {"part", "test"},
                           {"mean_excess", mean_excess},
                           {"dates", dates},
                           {"cumulative", cumulative}};
  Json members = Json::array(), pool = Json::array(), correlation = Json::array();
  for (int i = 0; i < run.members; ++i) {
    const double worth = 0.05 - 0.0005 * i;
    const std::string text =
        network ? fmt::format("dense 64 relu, dense 32 tanh ({} of {})", i, run.members)
                : run.formula;
    members.push_back({{"id", i},
                       {"text", text},
                       {"sign", i % 2 == 0 ? 1 : -1},
                       {"weight", 1.0},
                       {"fitness", worth},
                       {"base_dependent", i == 1},
                       {"nearest_known", {{"name", "vol60"}, {"correlation", -0.4 - 0.01 * i}}},
                       {"train", score_json(worth)},
                       {"validate", score_json(worth)},
                       {"test", score_json(worth / 2)},
                       {"neutral_test", score_json(worth / 4)}});
    if (!network) members.back().update(profile_json(fold, worth));
    pool.push_back(
        {{"id", i},
         {"text", text},
         {"genome", network ? network_genome(2 + i % 4) : Json(text)},
         {"lineage", {{"parents", {1, 2}}, {"operator", "crossover"}, {"generation", i}}}});
    Json row = Json::array();
    for (int j = 0; j < run.members; ++j)
      row.push_back(i == j ? 1.0 : 0.7 * std::cos(0.9 * i - 0.7 * j));
    correlation.push_back(row);
  }
  const Json results = {{"arm", arm},
                        {"seed", seed},
                        {"fold", fold},
                        {"kind", network ? "network" : "formula"},
                        {"random", random},
                        {"split", split_json(run, fold)},
                        {"evaluations", 1000},
                        {"cached", 12},
                        {"duplicates", 7},
                        {"failed", 30},
                        {"generations", 20},
                        {"seconds", network ? 300.0 : 40.0},
                        {"stop", "evaluations"},
                        {"members", members},
                        {"correlation", correlation},
                        {"diversity",
                         {{"validate", diversity_json(seed, fold + 1, run.validate_days)},
                          {"test", diversity_json(seed, fold, run.test_days)}}},
                        {"combined", combined},
                        {"combinations",
                         {{"equal", method_json(run, arm, seed, fold)},
                          {"ridge",
                           {{"train", score_json(0.09)},
                            {"validate", score_json(0.08)},
                            {"test", score_json(0.07)},
                            {"neutral_test", score_json(0.06)}}}}}};
  save(place / "results.json", results.dump());
  save(place / "pool.json", Json({{"format", "evofactor.pool"},
                                  {"version", 1},
                                  {"kind", "formula"},
                                  {"combine", "equal"},
                                  {"universe", "csi800"},
                                  {"panel_fingerprint", run.fingerprint},
                                  {"members", pool}})
                                .dump());
  std::string events;
  for (int g = 0; g < 20; ++g)
    events += Json({{"event", "generation"},
                    {"generation", g},
                    {"generations", 20},
                    {"best", 0.06 - 0.04 / (1 + g)},
                    {"median", 0.02 - 0.02 / (1 + g)},
                    {"mean", 0.01},
                    {"pool", g},
                    {"evaluations", 50 * (g + 1)},
                    {"seconds", 2.0 * g}})
                  .dump() +
              "\n";
  // Written as the search does, the candidate first.
  if (!network) save(place / "evaluations.ndjson", evaluations(run.formula, 4));
  save(place / "events.ndjson", events + R"({"event":"stop","reason":"evaluations"})" + "\n");
}

/// Writes the whole folder: config, environment, every search, maps of the arms, baselines
/// composite20, vol60 and ret5.
inline void write_run(const FakeRun& run, const std::filesystem::path& folder) {
  using namespace detail;
  Json arms = Json::array();
  for (const std::string& arm : run.arms) arms.push_back({{"name", arm}});
  for (const std::string& arm : run.random_arms)
    arms.push_back({{"name", arm}, {"search", {{"random", true}}}});
  Json starts = Json::array();
  for (int fold = 0; fold < run.folds; ++fold) starts.push_back(fake_date(fold, 0));
  save(folder / "config.json",
       Json({{"name", run.name},
             {"data", {{"panel", "csi800.h5"}, {"universe", ""}, {"suspended", "carry"}}},
             {"label", {{"kind", run.label}, {"horizon", 5}}},
             {"mask", {{"kind", "tradable"}}},
             {"split",
              {{"train", 100},
               {"validate", run.validate_days},
               {"test", run.test_days},
               {"starts", starts}}},
             {"arms", arms},
             {"seeds", run.seeds}})
           .dump(2));
  save(folder / "environment.json", Json({{"revision", "0123abc"},
                                          {"libtorch", "2.11.0"},
                                          {"instruction_set", "AVX2"},
                                          {"hardware_threads", 2}})
                                        .dump(2));
  for (int fold = 0; fold < run.folds; ++fold) {
    Json methods = Json::array();
    const auto add = [&](Json about, const std::string& name) {
      about.update(method_json(run, name, 0, fold));
      methods.push_back(about);
    };
    add({{"name", "composite20"},
         {"label", "Equal-weight composite of 20 classic factors"},
         {"kind", "composite"}},
        "composite20");
    add({{"name", "ret5"},
         {"label", "ret5"},
         {"kind", "classic"},
         {"formula", "div(delay(close, 5), close)"},
         {"sign", fold == 0 ? 1 : -1}},
        "ret5");
    add({{"name", "vol60"},
         {"label", "vol60"},
         {"kind", "classic"},
         {"formula", "ts_std(ts_return(close, 1), 60)"},
         {"sign", -1}},
        "vol60");
    save(folder / "baselines" / fmt::format("fold-{}.json", fold),
         Json({{"fold", fold}, {"split", split_json(run, fold)}, {"methods", methods}}).dump());
  }
  std::vector<std::string> names = run.arms;
  names.insert(names.end(), run.random_arms.begin(), run.random_arms.end());
  Json maps = Json::array();
  for (const int seed : run.seeds)
    for (int fold = 0; fold < run.folds; ++fold) {
      maps.push_back(map_json(run, names, seed, fold));
      for (const std::string& arm : run.arms) write_search(run, folder, arm, seed, fold, false);
      for (const std::string& arm : run.random_arms)
        write_search(run, folder, arm, seed, fold, true);
    }
  save(folder / "diversity.json",
       Json({{"format", "evofactor.diversity"}, {"version", 1}, {"maps", maps}}).dump());
}

}  // namespace evofactor::test
