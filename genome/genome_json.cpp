#include "genome/genome_json.hpp"

namespace evofactor::genome {

namespace {

void describe_layers(FieldVisitor& v, Chain& layers) {
  v.list(
      "layers", layers.size(), [&](std::size_t n) { layers.resize(n); },
      [&](FieldVisitor& g, std::size_t i) { describe(g, layers[i]); },
      "hidden layers, input first");
}

}  // namespace

void describe(FieldVisitor& v, NetGenome& genome) {
  v.group(
      "input",
      [&](FieldVisitor& g) {
        g.field("features", genome.input.features, "fields or formulas the network sees");
        g.field("window", genome.input.window, {1, 1000}, "trading days the network sees");
        g.choice("scale", genome.input.scale, kInputScaleNames, "how inputs are scaled");
      },
      "what the network sees of a stock");
  describe_layers(v, genome.layers);
  v.group(
      "prior",
      [&](FieldVisitor& g) {
        g.field("formula", genome.prior.formula, "pre-trained on this formula; empty: none");
        g.field("pretrain_steps", genome.prior.pretrain_steps, {0, 100000},
                "length of pre-training in steps");
      },
      "prior knowledge");
  v.field("prune_rate", genome.prune_rate, {0, 0.95}, "share of first weights fixed at zero");
  v.group(
      "train",
      [&](FieldVisitor& g) {
        TrainGenes& t = genome.train;
        g.choice("loss", t.loss, kLossNames, "what training minimises");
        g.field("learning_rate", t.learning_rate, {0, 1}, "of Adam");
        g.field("weight_decay", t.weight_decay, {0, 1}, "decoupled");
        g.field("days_per_batch", t.days_per_batch, {1, 1000}, "trading days in a step");
        g.field("steps", t.steps, {1, 1000000}, "most training steps");
      },
      "how the network is trained");
}

Json to_json(const NetGenome& genome) { return write_settings(genome); }

NetGenome from_json(const Json& node) {
  NetGenome genome;
  Problems problems;
  read_settings(node, "genome", "", genome, problems);
  problems.throw_if_any<StoreError>();
  return genome;
}

Json to_json(const Chain& layers) {
  Chain copy = layers;
  return write_settings([&](FieldVisitor& v) { describe_layers(v, copy); })["layers"];
}

Chain layers_from_json(const Json& list, Problems& problems) {
  Chain layers;
  read_settings(
      Json{{"layers", list}}, "", "", [&](FieldVisitor& v) { describe_layers(v, layers); },
      problems);
  return layers;
}

}  // namespace evofactor::genome
