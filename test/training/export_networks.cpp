// usage: evofactor_export_networks FOLDER
// Writes trained networks as TorchScript, with a day's prepared inputs and the values that
// evofactor gives them: FOLDER/models.json, and for each model <name>.pt, <name>.x, <name>.y
// (32-bit floats; x is [stocks, features, window]). Read by exported_networks.py.
#include <cstdio>
#include <fstream>
#include <span>

#include "engine/device/runtime.hpp"
#include "engine/store/atomic_file.hpp"
#include "genome/presets.hpp"
#include "test/training/planted.hpp"
#include "training/develop.hpp"

using namespace evofactor;
using namespace evofactor::training;
using genome::NetGenome;

namespace {

namespace fs = std::filesystem;

constexpr int kDay = 255;

/// What the presets leave out: batch norm, branches with a frequency of their own, formulas.
NetGenome branching() {
  using genome::Activation;
  NetGenome g;
  g.input = {{"close", "volume", "ts_zscore(close, 5)", "ts_corr(close, volume, 10)"}, 12};
  genome::Branch daily, weekly;
  daily.window = 6;
  daily.layers = {genome::Conv1dSpec{.channels = 8, .batch_norm = true, .dropout = 0.2}};
  weekly.every = 3;
  weekly.layers = {genome::GruSpec{.units = 8}};
  g.layers = {genome::BranchesSpec{{daily, weekly}}, genome::NormSpec{},
              genome::DenseSpec{16, Activation::kGelu, true, 0.1}};
  g.train.learning_rate = 1e-2;
  return g;
}

void write_floats(const fs::path& file, std::span<const float> values) {
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size_bytes()));
}

/// Inputs as the exported module takes them, before anything is standardised.
std::vector<float> prepared(const InputSet& inputs, const genome::InputGene& gene) {
  DayScratch scratch;
  const DayInputs day = inputs.day(kDay, scratch);
  const auto window = static_cast<std::size_t>(gene.window), features = gene.features.size();
  std::vector<float> x;
  for (std::size_t row = 0; row < day.stocks.size(); ++row)
    for (std::size_t f = 0; f < features; ++f)
      for (std::size_t lag = 0; lag < window; ++lag)
        x.push_back(day.x[(lag * features + f) * static_cast<std::size_t>(day.stride) + row]);
  return x;
}

Json write_model(const fs::path& folder, const std::string& name, NetGenome genome,
                 const test::Planted& planted) {
  genome.prior = {};
  genome.train.steps = 3;
  genome.train.days_per_batch = 3;
  NetworkSettings settings;
  InputStore store = input_store(settings, planted.fold);
  const auto inputs = store.get(genome.input);
  const Developed developed =
      develop(std::span(&genome, 1), 0, c10::Device("cpu"), *inputs, settings, planted.fold);
  const std::vector<std::byte> weights = weights_of(developed, 0, inputs->normalisation());
  write_torchscript(folder / (name + ".pt"), genome, weights);

  const Market& market = planted.small.market;
  const DayRange day{kDay, kDay + 1};
  const auto columns = genome.input.features.size() * static_cast<std::size_t>(genome.input.window);
  const Normalisation none{std::vector<float>(columns, 0.0F), std::vector<float>(columns, 1.0F)};
  const InputSet plain = make_inputs(market, genome.input, day, none);
  write_floats(folder / (name + ".x"), prepared(plain, genome.input));
  const FactorValues values = network_values(genome, weights, market, day);
  std::vector<float> y;
  for (const int stock : plain.stocks(kDay))
    y.push_back(values.values(0, static_cast<std::size_t>(stock)));
  write_floats(folder / (name + ".y"), y);
  return {{"name", name},
          {"stocks", y.size()},
          {"features", genome.input.features.size()},
          {"window", genome.input.window}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: evofactor_export_networks FOLDER\n", stderr);
    return 2;
  }
  device::set_up();
  device::set_up_thread();
  const fs::path folder = argv[1];
  test::Planted planted;
  planted.fold.split =
      make_splits(planted.small.market.calendar, {.train = 60, .validate = 20, .test = 40}, {})
          .front();
  Json models = Json::array();
  for (const genome::Preset& preset : genome::presets())
    if (preset.name != "resnet50")  // 25 million weights; its blocks are in the layers' tests
      models.push_back(write_model(folder, std::string(preset.name), preset.make(), planted));
  models.push_back(write_model(folder, "branching", branching(), planted));
  write_text(folder / "models.json", models.dump());
  return 0;
}
