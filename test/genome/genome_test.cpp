#include "genome/genome.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "engine/core/error.hpp"
#include "genome/genome_json.hpp"
#include "genome/presets.hpp"
#include "genome/search_space.hpp"
#include "genome/shape.hpp"
#include "genome/validate.hpp"

using namespace evofactor;
using namespace evofactor::genome;

namespace {

bool mentions(const Problems& problems, std::string_view what) {
  return problems.text().find(what) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(hashes_are_the_same_in_every_run_and_on_every_platform) {
  NetGenome genome;
  genome.prior = {"div(ts_mean(close, 20), close)", 40};
  BOOST_TEST(to_hex(content_hash(genome).value) == "ba144d8c30b66697");
  BOOST_TEST(to_hex(shape_key(genome).value) == "0fc318e82274b2e1");
}

BOOST_AUTO_TEST_CASE(every_gene_changes_the_content_hash) {
  const NetGenome base;
  std::vector<NetGenome> others(16, base);
  others[0].input.features.pop_back();
  others[1].input.window = 20;
  others[2].layers.emplace_back(DenseSpec{});
  std::get<DenseSpec>(others[3].layers[0]).units = 32;
  std::get<DenseSpec>(others[4].layers[0]).activation = Activation::kGelu;
  std::get<DenseSpec>(others[5].layers[0]).batch_norm = true;
  std::get<DenseSpec>(others[6].layers[0]).dropout = 0.1;
  others[7].prior = {"ts_return(close, 5)", 20};
  others[8].prune_rate = 0.3;
  others[9].train.loss = Loss::kPaper;
  others[10].train.learning_rate = 2e-3;
  others[11].train.weight_decay = 1e-4;
  others[12].train.days_per_batch = 10;
  others[13].train.steps = 80;
  others[14].train.inherit = true;
  others[15].start = Start{ContentHash{7}, 80, nullptr};
  for (std::size_t i = 0; i < others.size(); ++i) {
    BOOST_TEST_CONTEXT("gene " << i) {
      BOOST_TEST(!(content_hash(others[i]) == content_hash(base)));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_varies_within_a_stack_leaves_the_shape_key) {
  const NetGenome base;
  NetGenome other = base;
  std::get<DenseSpec>(other.layers[0]).activation = Activation::kRelu;
  other.prior = {"ts_return(close, 5)", 20};
  other.prune_rate = 0.3;
  other.train.learning_rate = 5e-3;
  other.train.weight_decay = 1e-3;
  other.train.steps = 320;
  BOOST_TEST((shape_key(other) == shape_key(base)));
  std::get<DenseSpec>(other.layers[0]).dropout = 0.1;
  BOOST_TEST(!(shape_key(other) == shape_key(base)));
  NetGenome batch = base;
  batch.train.days_per_batch = 5;
  BOOST_TEST(!(shape_key(batch) == shape_key(base)));
}

BOOST_AUTO_TEST_CASE(json_gives_back_an_equal_genome) {
  NetGenome genome = preset("fcn_paper");
  genome.train.learning_rate = 0.1 + 0.2;  // no short decimal
  std::get<DenseSpec>(genome.layers[1]).batch_norm = true;
  std::get<DenseSpec>(genome.layers[2]).dropout = 0.3;
  const Json json = Json::parse(to_json(genome).dump());
  BOOST_TEST((from_json(json) == genome));
  BOOST_TEST((content_hash(from_json(json)) == content_hash(genome)));
}

BOOST_AUTO_TEST_CASE(what_is_not_inherited_leaves_no_trace_in_json) {
  const NetGenome genome = preset("fcn_paper");
  const Json json = to_json(genome);
  BOOST_TEST(!json.contains("start"));
  BOOST_TEST(!json.at("train").contains("inherit"));
  BOOST_TEST((content_hash(from_json(json)) == content_hash(genome)));
  NetGenome heir = genome;
  heir.train.inherit = true;
  heir.start = Start{ContentHash{0xab12}, 480, std::make_shared<const TrainedNet>()};
  const Json with = Json::parse(to_json(heir).dump());
  BOOST_TEST((with.at("start") == Json{{"parent", "000000000000ab12"}, {"steps", 480}}));
  BOOST_TEST(with.at("train").at("inherit") == true);
  BOOST_TEST((from_json(with) == heir));
  BOOST_TEST((content_hash(from_json(with)) == content_hash(heir)));
  BOOST_TEST((shape_key(heir) == shape_key(genome)));
  BOOST_TEST((without_start(heir) == from_json([&] {
                Json anew = with;
                anew.erase("start");
                return anew;
              }())));
  BOOST_TEST(text_of(heir).ends_with(", from 00000000 after 480 steps"));
}

BOOST_AUTO_TEST_CASE(damaged_json_is_refused_with_every_place) {
  Json json = to_json(NetGenome{});
  json["layers"][0]["kind"] = "lstn";
  json["train"]["steps"] = "many";
  json["start"] = {{"parent", "the other one"}, {"steps", 10}};
  BOOST_CHECK_EXCEPTION(from_json(json), StoreError, [](const StoreError& e) {
    const std::string text = e.what();
    return text.find("/layers/0/kind") != std::string::npos &&
           text.find("/train/steps") != std::string::npos &&
           text.find("/start/parent") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(shape_inference_counts_parameters_and_operations_by_hand) {
  NetGenome genome;
  genome.input = {{"close", "volume"}, 10};
  genome.layers = {DenseSpec{.units = 8, .batch_norm = true}, DenseSpec{.units = 16}};
  const NetShape shape = shape_of(genome);
  BOOST_TEST(shape.input.size() == 20);
  BOOST_TEST(shape.hidden.size() == 2U);
  BOOST_TEST(shape.hidden[1].size() == 16);
  BOOST_TEST(shape.parameters == (20 * 8 + 8 + 16) + (8 * 16 + 16) + (16 + 1));
  BOOST_TEST(shape.forward_flops == 2.0 * (20 * 8 + 8 * 16 + 16));
  NetGenome longer = genome;
  longer.train.steps *= 2;
  BOOST_TEST(training_flops(longer) > training_flops(genome));
}

BOOST_AUTO_TEST_CASE(validation_reports_every_violation) {
  const SearchSpace space;
  NetGenome genome;
  BOOST_TEST(validate(genome, space).empty());
  genome.input = {{"close", "close", "moon"}, 7};
  std::get<DenseSpec>(genome.layers[0]).units = 63;
  genome.prior = {"ts_mean(moon, 3)", 21};
  genome.prune_rate = 0.9;
  genome.train.learning_rate = 1;
  genome.train.steps = 1;
  const Problems problems = validate(genome, space);
  for (const char* expected : {"twice", "moon", "window 7", "63 units", "prior", "21", "prune rate",
                               "learning rate", "training length 1"})
    BOOST_TEST(mentions(problems, expected), expected);
}

BOOST_AUTO_TEST_CASE(a_pretraining_length_without_a_prior_is_invalid) {
  NetGenome genome;
  genome.prior.pretrain_steps = 20;
  BOOST_TEST(mentions(validate(genome, SearchSpace{}), "without a prior"));
}

BOOST_AUTO_TEST_CASE(the_paper_network_has_the_published_shape_and_lies_in_the_default_space) {
  const NetGenome genome = preset("fcn_paper");
  BOOST_TEST(genome.input.features.size() == 5U);
  BOOST_TEST(genome.input.window == 30);
  BOOST_TEST(genome.layers.size() >= 3U);
  BOOST_TEST(genome.layers.size() <= 5U);
  BOOST_TEST(genome.prune_rate == 0.3);
  BOOST_TEST(genome.train.days_per_batch == 20);
  BOOST_TEST((genome.train.loss == Loss::kPaper));
  SearchSpace space;
  space.losses = {Loss::kPaper, Loss::kSharp};
  BOOST_TEST(validate(genome, space).text() == "");
  BOOST_CHECK_EXCEPTION(preset("fcn"), ConfigError, [](const ConfigError& e) {
    return std::string(e.what()).find("fcn_paper") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(fitting_to_a_narrow_space_gives_a_valid_genome) {
  SearchSpace space;
  space.min_layers = space.max_layers = 2;
  space.inputs = {"close", "vwap"};
  space.windows = {10, 15};
  space.priors = {"ts_return(close, 5)"};
  space.layers.values[0][0] = {8, 16};  // dense units, activation
  space.layers.values[0][1] = {static_cast<double>(Activation::kRelu)};
  space.min_prune_rate = 0.4;
  space.min_learning_rate = space.max_learning_rate = 0.005;
  space.days_per_batch = {5};
  space.steps = {10};
  const NetGenome fitted = fit_to_space(preset("fcn_paper"), space);
  BOOST_TEST(validate(fitted, space).text() == "");
  BOOST_TEST(fitted.input.window == 15);
  BOOST_TEST(fitted.input.features == std::vector<std::string>{"close"});
}

BOOST_AUTO_TEST_CASE(search_space_settings_round_trip_and_name_what_is_wrong) {
  SearchSpace space;
  space.layers.kinds = {"gru", "dense"};
  space.layers.values[0][1] = {static_cast<double>(Activation::kGelu)};
  space.max_parameters = 1000;
  space.losses = {Loss::kPaper};
  const Json json = write_settings(space);
  SearchSpace read;
  Problems problems;
  read_settings(json, "x.json", "/search/space", read, problems);
  BOOST_TEST(problems.text() == "");
  BOOST_TEST((read == space));
  read_settings(
      Json::parse(
          R"({"windows": [20, 10], "dense": {"activation": ["swish"]}, "kinds": ["grus"]})"),
      "x.json", "/search/space", read, problems);
  BOOST_TEST(mentions(problems, "x.json:/search/space/windows"));
  BOOST_TEST(mentions(problems, "\"grus\" is no layer kind"));
  BOOST_TEST(mentions(problems, "x.json:/search/space/dense/activation"));
}

BOOST_AUTO_TEST_CASE(default_priors_parse_and_price_levels_are_refused_as_inputs) {
  SearchSpace space;
  BOOST_TEST(!space.priors.empty());
  Problems none;
  check_formulas(space, "space", none);
  BOOST_TEST(none.text() == "");
  space.inputs = {"close", "ts_mean(close, 5)", "raw_close", "ts_mean(close"};
  space.optional_inputs = {"div(ts_mean(close, 5), close)"};
  Problems problems;
  check_formulas(space, "space", problems);
  BOOST_TEST(problems.lines().size() == 3U);
  BOOST_TEST(mentions(problems, "adjustment base"));
  BOOST_TEST(mentions(problems, "use close"));
}

BOOST_AUTO_TEST_CASE(published_networks_have_their_published_sizes) {
  const auto parameters = [](const char* name) { return shape_of(preset(name)).parameters; };
  BOOST_TEST(parameters("alphanet_v1") == 21141);
  // 64 7 x 7 filters of one channel, 16 bottlenecks, one output: 23.5 million without the 1,000
  // classes and two of the three colours.
  BOOST_TEST(parameters("resnet50") == 25557032 - 2048 * 1000 - 1000 - 2 * 49 * 64 + 2048 + 1 + 64);
  BOOST_TEST(parameters("lstm") == 4 * 64 * (5 + 64 + 1) + 65);
  BOOST_TEST(parameters("lenet") == 6 * 26 + 16 * 151 + (16 * 5 * 8 + 1) * 120 + 121 * 84 + 85);
  int depth = 2;  // the stem and the output
  for (const LayerSpec& layer : preset("resnet50").layers)
    if (std::holds_alternative<ResidualSpec>(layer)) depth += 3;
  BOOST_TEST(depth == 50);
}

BOOST_AUTO_TEST_CASE(files_of_published_networks_hold_them) {
  for (const Preset& p : presets()) {
    const auto file = std::filesystem::path(EVOFACTOR_SOURCE_DIR) / "experiments/networks" /
                      (std::string(p.name) + ".json");
    std::ifstream in(file);
    BOOST_REQUIRE_MESSAGE(
        in.good(), file.string() + ": evofactor networks " + std::string(p.name) + " writes it");
    BOOST_TEST((from_json(Json::parse(in)) == p.make()), p.name);
  }
}

BOOST_AUTO_TEST_CASE(an_architecture_fixes_the_layers_and_gives_the_inputs) {
  SearchSpace space;
  Problems problems;
  read_settings(Json::parse(R"({"architecture": "alphanet_v3", "windows": [20]})"), "x.json",
                "/space", space, problems);
  BOOST_TEST(problems.text() == "");
  BOOST_TEST((space.fixed_layers == preset("alphanet_v3").layers));
  BOOST_TEST(space.inputs.size() == 9U);
  BOOST_TEST(space.windows == std::vector<std::int64_t>{20}, boost::test_tools::per_element());
  BOOST_TEST((space.scales == std::vector<InputScale>{InputScale::kRatio}));
  SearchSpace again;
  read_settings(write_settings(space), "x.json", "/space", again, problems);
  BOOST_TEST(problems.text() == "");
  BOOST_TEST((again == space));
  const NetGenome fitted = fit_to_space(preset("fcn_paper"), space);
  BOOST_TEST((fitted.layers == space.fixed_layers));
  BOOST_TEST(validate(fitted, space).text() == "");
  NetGenome other = fitted;
  other.layers.pop_back();
  other.layers.emplace_back(DenseSpec{});
  BOOST_TEST(mentions(validate(other, space), "the search space fixes"));
  read_settings(Json::parse(R"({"architecture": "alexnet"})"), "x.json", "/space", again, problems);
  BOOST_TEST(mentions(problems, "\"alexnet\" is no preset"));
}
