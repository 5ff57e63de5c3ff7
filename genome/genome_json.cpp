#include "genome/genome_json.hpp"

namespace evofactor::genome {

namespace {

void describe_layers(FieldVisitor& v, Chain& layers) {
  v.list(
      "layers", layers.size(), [&](std::size_t n) { layers.resize(n); },
      [&](FieldVisitor& g, std::size_t i) { describe(g, layers[i]); },
      "hidden layers, input first");
}

void describe_start(FieldVisitor& v, std::optional<Start>& start) {
  std::string parent = start ? to_hex(start->parent.value) : "";
  std::int64_t steps = start ? start->steps : 0;
  v.group(
      "start",
      [&](FieldVisitor& g) {
        g.field("parent", parent, "content hash of the network its weights come from; empty: none");
        g.field("steps", steps, {0, 1e15}, "trained in its line before");
        const bool is_hash = parent.size() <= 16 &&
                             parent.find_first_not_of("0123456789abcdef") == std::string::npos;
        g.require(is_hash, "parent", "expected 16 hexadecimal digits");
        if (!is_hash) parent.clear();
      },
      "parent that the weights were inherited from");
  if (parent.empty())
    start.reset();
  else if (!start || to_hex(start->parent.value) != parent || start->steps != steps)
    start = Start{ContentHash{from_hex(parent)}, steps, nullptr};
}

}  // namespace

void describe(FieldVisitor& v, NetGenome& genome) {
  v.group(
      "input",
      [&](FieldVisitor& g) {
        g.field("features", genome.input.features, "fields or formulas the network sees");
        g.field("window", genome.input.window, {1, 1000}, "trading days the network sees");
        g.choice("scale", genome.input.scale, kInputScaleNames, "how inputs are scaled");
        g.choice("missing", genome.input.missing, kMissingNames,
                 "what becomes of a stock that lacks formula inputs");
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
        g.field("inherit", t.inherit, "start from the first parent's weights");
      },
      "how the network is trained");
  describe_start(v, genome.start);
}

/// What is not inherited leaves no trace.
Json to_json(const NetGenome& genome) {
  Json json = write_settings(genome);
  if (!genome.train.inherit) json["train"].erase("inherit");
  if (!genome.start) json.erase("start");
  return json;
}

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
