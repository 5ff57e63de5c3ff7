#include "engine/evolve/events.hpp"

#include <limits>
#include <string_view>
#include <vector>

#include "engine/store/atomic_file.hpp"

namespace evofactor::evolve {
namespace {

double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json stop_event(StopReason reason) {
  Json event;
  event["event"] = "stop";
  event["reason"] = name_of(reason);
  return event;
}

}  // namespace

Json to_json(const GenerationRecord& record) {
  Json json;
  json["event"] = "generation";
  json["generation"] = record.generation;
  json["generations"] = record.generations;
  json["best"] = record.best;
  json["median"] = record.median;
  json["mean"] = record.mean;
  json["new"] = record.created;
  json["cached"] = record.cached;
  json["duplicates"] = record.duplicates;
  json["failed"] = record.failed;
  json["failures"] = Json::object();
  for (const auto& [kind, count] : record.failures) json["failures"][kind] = count;
  json["pool"] = record.pool_size;
  json["pool_best"] = record.pool_best;
  json["pool_mean"] = record.pool_mean;
  json["evaluations"] = record.evaluations;
  json["effort"] = record.effort;
  json["seconds"] = record.seconds;
  json["screened"] = record.screened;
  json["checked"] = record.checked;
  json["missed"] = record.missed;
  json["probes"] = Json::object();
  for (const auto& [name, value] : record.probes) json["probes"][name] = value;
  return json;
}

GenerationRecord record_from_json(const Json& json) {
  GenerationRecord record;
  record.generation = json.at("generation").get<int>();
  record.generations = json.at("generations").get<int>();
  record.best = number(json.at("best"));
  record.median = number(json.at("median"));
  record.mean = number(json.at("mean"));
  record.created = json.at("new").get<std::int64_t>();
  record.cached = json.at("cached").get<std::int64_t>();
  record.duplicates = json.at("duplicates").get<std::int64_t>();
  record.failed = json.at("failed").get<std::int64_t>();
  for (const auto& [kind, count] : json.at("failures").items())
    record.failures.emplace_back(kind, count.get<std::int64_t>());
  record.pool_size = json.at("pool").get<int>();
  record.pool_best = number(json.at("pool_best"));
  record.pool_mean = number(json.at("pool_mean"));
  record.evaluations = json.at("evaluations").get<std::int64_t>();
  record.effort = json.value("effort", static_cast<double>(record.evaluations));
  record.seconds = number(json.at("seconds"));
  record.screened = json.value("screened", std::int64_t{0});
  record.checked = json.value("checked", std::int64_t{0});
  record.missed = json.value("missed", std::int64_t{0});
  const Json probes = json.value("probes", Json::object());
  for (const auto& [name, value] : probes.items()) record.probes.emplace_back(name, number(value));
  return record;
}

EventLog::EventLog(const std::filesystem::path& folder) {
  file_.emplace(folder / "events.ndjson", false);
}

void EventLog::append(const Json& event) {
  // Not synced: a generation that is lost here is put back from a checkpoint.
  file_->append_line(event.dump());
}

bool EventLog::ended_with(StopReason reason) const {
  const std::string text = file_->read();
  const std::vector<std::string_view> lines = whole_lines(text);
  return !lines.empty() && lines.back() == stop_event(reason).dump();
}

void EventLog::generation(const GenerationRecord& record) { append(to_json(record)); }

void EventLog::resume(std::span<const GenerationRecord> history,
                      const std::optional<std::string>& from, std::uint64_t journal_lines) {
  // A run can end between a checkpoint and its event, or be continued from an older checkpoint than
  // its last one.
  const std::string text = file_->read();
  std::string kept;
  std::size_t standing = 0;
  for (const std::string_view line : whole_lines(text)) {
    const Json event = Json::parse(line, nullptr, false);
    if (!event.is_object() || !event.contains("event")) continue;
    if (event["event"] == "generation") {
      const bool stands = standing < history.size() && event.contains("generation") &&
                          event["generation"] == history[standing].generation;
      if (!stands) continue;
      ++standing;
    }
    kept.append(line).push_back('\n');
  }
  for (; standing < history.size(); ++standing)
    kept.append(to_json(history[standing]).dump()).push_back('\n');
  const std::filesystem::path file = file_->path();
  write_text(file, kept);
  file_.emplace(file, false);
  Json event;
  event["event"] = "resume";
  event["generation"] = history.empty() ? Json(nullptr) : Json(history.back().generation);
  event["from"] = from ? Json(*from) : Json(nullptr);
  event["journal_lines"] = journal_lines;
  append(event);
}

void EventLog::stop(StopReason reason) { append(stop_event(reason)); }

}  // namespace evofactor::evolve
