#include "genome/genome.hpp"

namespace evofactor::genome {
namespace {

void add_input(Hasher& hasher, const InputGene& input) {
  hasher.add(input.features.size());
  for (const std::string& feature : input.features) hasher.add(std::string_view(feature));
  hasher.add(input.window).add(input.scale == InputScale::kRatio);
}

}  // namespace

std::string_view name_of(Loss loss) {
  for (const auto& [name, value] : kLossNames)
    if (value == loss) return name;
  EVOFACTOR_CHECK(false, "loss {} has no name", static_cast<int>(loss));
}

ContentHash content_hash(const NetGenome& genome) {
  Hasher hasher;
  hasher.add(std::string_view("net2"));
  add_input(hasher, genome.input);
  hasher.add(genome.layers.size());
  for (const LayerSpec& layer : genome.layers) add_content(hasher, layer);
  hasher.add(std::string_view(genome.prior.formula)).add(genome.prior.pretrain_steps);
  hasher.add(genome.prune_rate);
  const TrainGenes& train = genome.train;
  hasher.add(name_of(train.loss))
      .add(train.learning_rate)
      .add(train.weight_decay)
      .add(train.days_per_batch)
      .add(train.steps);
  return ContentHash{hasher.value()};
}

ShapeKey shape_key(const NetGenome& genome) {
  Hasher hasher;
  hasher.add(std::string_view("net2"));
  add_input(hasher, genome.input);
  hasher.add(genome.layers.size());
  for (const LayerSpec& layer : genome.layers) add_shape(hasher, layer);
  hasher.add(name_of(genome.train.loss)).add(genome.train.days_per_batch);
  return ShapeKey{hasher.value()};
}

std::string text_of(const NetGenome& genome) {
  std::string text = fmt::format("{}x{}", genome.input.features.size(), genome.input.window);
  if (!genome.layers.empty()) text += " -> " + text_of(genome.layers);
  text += " -> 1";
  if (!genome.prior.formula.empty()) text += fmt::format(", prior {}", genome.prior.formula);
  if (genome.prune_rate > 0) text += fmt::format(", prune {}", genome.prune_rate);
  return fmt::format("{}, {} loss", text, name_of(genome.train.loss));
}

}  // namespace evofactor::genome
