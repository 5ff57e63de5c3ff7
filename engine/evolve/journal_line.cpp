#include "engine/evolve/journal_line.hpp"

#include <limits>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"

namespace evofactor::evolve {

Json metrics_to_json(const Evaluation& evaluation) {
  Json json = Json::object();
  for (const auto& [name, value] : evaluation.metrics) json[name] = value;
  return json;
}

std::vector<std::pair<std::string, double>> metrics_from_json(const Json& json) {
  std::vector<std::pair<std::string, double>> metrics;
  for (const auto& [name, value] : json.items())
    metrics.emplace_back(
        name, value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  return metrics;
}

std::uint64_t hash_of_weights(const std::vector<std::byte>& weights) {
  return hash_bytes(weights.data(), weights.size());
}

std::string journal_line(const Member& member, const Json& genome) {
  Json json;
  json["candidate"] = member.id.value;
  json["generation"] = member.lineage.generation;
  if (member.lineage.island != 0) json["island"] = member.lineage.island;
  json["hash"] = to_hex(member.hash.value);
  json["operator"] = member.lineage.op;
  json["parents"] = Json::array();
  for (const CandidateId parent : member.lineage.parents) json["parents"].push_back(parent.value);
  json["genome"] = genome;
  if (member.climb) {
    json["rung"] = member.climb->rung;
    json["among"] = member.climb->among;
  }
  if (const auto* evaluation = std::get_if<Evaluation>(&member.outcome)) {
    json["status"] = "ok";
    json["fitness"] = evaluation->fitness;
    if (evaluation->scoring != Scoring::kExact)
      json["scoring"] = evaluation->scoring == Scoring::kScreened ? "screened" : "checked";
    json["sign"] = evaluation->sign;
    json["metrics"] = metrics_to_json(*evaluation);
    json["train_steps"] = evaluation->train_steps;
    json["seconds"] = evaluation->seconds;
    if (evaluation->weights) json["weights"] = to_hex(hash_of_weights(*evaluation->weights));
  } else {
    const auto& failure = std::get<Failure>(member.outcome);
    json["status"] = "failed";
    json["failure"] = {
        {"kind", name_of(failure.kind)}, {"stage", failure.stage}, {"message", failure.message}};
  }
  // A message may hold bytes that are not UTF-8; they must not cost the candidate its line.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

JournalEntry parse_journal_line(std::string_view line) {
  try {
    const Json json = Json::parse(line);
    JournalEntry entry;
    entry.id = CandidateId{json.at("candidate").get<std::uint64_t>()};
    entry.hash = ContentHash{from_hex(json.at("hash").get<std::string>())};
    entry.lineage.op = json.at("operator").get<std::string>();
    entry.lineage.generation = json.at("generation").get<int>();
    entry.lineage.island = json.value("island", 0);
    for (const Json& parent : json.at("parents"))
      entry.lineage.parents.push_back(CandidateId{parent.get<std::uint64_t>()});
    if (json.contains("rung"))
      entry.climb = Climb{json.at("rung").get<int>(), json.at("among").get<std::int64_t>()};
    const auto status = json.at("status").get<std::string>();
    if (status == "ok") {
      Evaluation evaluation;
      evaluation.fitness = json.at("fitness").get<double>();
      if (json.contains("scoring"))
        evaluation.scoring = json["scoring"] == "screened" ? Scoring::kScreened : Scoring::kChecked;
      evaluation.sign = json.at("sign").get<int>();
      evaluation.metrics = metrics_from_json(json.at("metrics"));
      evaluation.train_steps = json.at("train_steps").get<std::int64_t>();
      evaluation.seconds = json.at("seconds").get<double>();
      if (json.contains("weights"))
        entry.weights_hash = from_hex(json.at("weights").get<std::string>());
      entry.outcome = std::move(evaluation);
    } else if (status == "failed") {
      const Json& failure = json.at("failure");
      entry.outcome =
          Failure{failure_kind(failure.at("kind").get<std::string>()),
                  failure.at("stage").get<std::string>(), failure.at("message").get<std::string>()};
    } else {
      throw StoreError(fmt::format("status \"{}\", expected ok or failed", status));
    }
    return entry;
  } catch (const Json::exception& error) {
    throw StoreError(fmt::format("not a line of a journal: {}", error.what()));
  }
}

}  // namespace evofactor::evolve
