#include "genome/genome.hpp"

namespace evofactor::genome {
namespace {

void add_input(Hasher& hasher, const InputGene& input) {
  hasher.add(input.features.size());
  for (const std::string& feature : input.features) hasher.add(std::string_view(feature));
  hasher.add(input.window).add(input.scale == InputScale::kRatio);
  if (input.missing == Missing::kMiddle) hasher.add(std::string_view("middle"));
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
  if (train.inherit) hasher.add(std::string_view("inherit"));
  if (genome.start) hasher.add(genome.start->parent.value).add(genome.start->steps);
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
  text += fmt::format(", {} loss", name_of(genome.train.loss));
  if (genome.start)
    text += fmt::format(", from {} after {} steps", to_hex(genome.start->parent.value).substr(0, 8),
                        genome.start->steps);
  return text;
}

NetGenome without_start(NetGenome genome) {
  genome.start.reset();
  return genome;
}

int pretrain_steps(const NetGenome& genome) {
  return genome.start ? 0 : genome.prior.pretrain_steps;
}

}  // namespace evofactor::genome
