#include "engine/evolve/journal.hpp"

#include <charconv>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor::evolve {
namespace {

constexpr std::chrono::seconds kSyncInterval{1};

Journal::Mark mark_past(const Journal::Mark& mark, std::string_view line) {
  return {mark.lines + 1, mark.bytes + line.size() + 1,
          hash_bytes(line.data(), line.size(), mark.chain)};
}

}  // namespace

Journal::Journal(std::filesystem::path folder)
    : folder_(std::move(folder)),
      file_(folder_ / "evaluations.ndjson", true),
      pending_file_(folder_ / "evaluations.pending.ndjson", false),
      synced_(std::chrono::steady_clock::now()) {
  read_entries();
  read_pending();
}

Journal::~Journal() {
  std::error_code ignored;
  if (pending_file_.size() == 0) std::filesystem::remove(pending_file_.path(), ignored);
}

void Journal::read_entries() {
  const std::string text = file_.read();
  marks_.push_back({});
  std::string problem;
  for (const std::string_view line : whole_lines(text)) {
    try {
      JournalEntry entry = parse_journal_line(line);
      if (entry.id.value != entries_.size())
        throw StoreError(fmt::format("candidate {}, expected {}", entry.id.value, entries_.size()));
      entry.text = line;
      entries_.push_back(std::move(entry));
    } catch (const StoreError& error) {
      problem = error.what();
      break;
    }
    marks_.push_back(mark_past(marks_.back(), line));
  }
  const std::uint64_t good = marks_.back().bytes;
  if (good < text.size()) {
    notes_.push_back(problem.empty()
                         ? fmt::format("{}: line {} is torn and was dropped", file_.path().string(),
                                       entries_.size() + 1)
                         : fmt::format("{}:{}: {}; this line and all after it were dropped",
                                       file_.path().string(), entries_.size() + 1, problem));
    file_.truncate(good);
  }
  kept_ = entries_.size();
}

void Journal::read_pending() {
  const std::string text = pending_file_.read();
  std::uint64_t good = 0;
  for (const std::string_view line : whole_lines(text)) {
    try {
      pending_.push_back(parse_journal_line(line));
      pending_.back().text = line;
    } catch (const StoreError&) {
      break;
    }
    good += line.size() + 1;
    in_pending_file_.insert(pending_.back().id);
  }
  if (good < text.size()) pending_file_.truncate(good);
}

std::optional<Journal::Mark> Journal::mark_after(std::uint64_t lines) const {
  const std::lock_guard lock(mutex_);
  if (lines >= marks_.size()) return std::nullopt;
  return marks_[lines];
}

void Journal::clear() {
  file_.truncate(0);
  pending_file_.truncate(0);
  entries_.clear();
  pending_.clear();
  in_pending_file_.clear();
  marks_.assign(1, {});
  kept_ = 0;
  mark_ = {};
  drop_weights();
}

void Journal::start_at(const Mark& mark) {
  mark_ = mark;
  for (std::uint64_t i = 0; i < mark.lines; ++i) entries_[i].text = {};
}

void Journal::finish(const Member& member, const Json& genome) {
  if (const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
      evaluation != nullptr && evaluation->weights) {
    const std::vector<std::byte>& bytes = *evaluation->weights;
    write_text(weights_file(member.id),
               {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  enqueue(member.id, {member.hash, member.climb, journal_line(member, genome)});
}

void Journal::replay(const JournalEntry& entry) {
  enqueue(entry.id, {entry.hash, entry.climb, entry.text});
}

void Journal::enqueue(CandidateId id, Waiting finished) {
  const std::lock_guard lock(mutex_);
  EVOFACTOR_CHECK(id.value >= mark_.lines && !waiting_.contains(id), "candidate {} finished twice",
                  id.value);
  const bool in_file = id.value < kept_ || in_pending_file_.contains(id);
  if (id.value != mark_.lines && !in_file) {
    pending_file_.append_line(finished.line);
    in_pending_file_.insert(id);
  }
  waiting_.emplace(id, std::move(finished));
  for (auto it = waiting_.find(CandidateId{mark_.lines}); it != waiting_.end();
       it = waiting_.find(CandidateId{mark_.lines})) {
    accept(it->second);
    waiting_.erase(it);
  }
  if (std::chrono::steady_clock::now() - synced_ >= kSyncInterval) sync_now();
}

void Journal::accept(const Waiting& finished) {
  if (mark_.lines < kept_) {
    const JournalEntry& there = entries_[mark_.lines];
    if (there.hash == finished.hash && there.climb == finished.climb) {
      mark_ = marks_[mark_.lines + 1];
      return;
    }
    notes_.push_back(
        fmt::format("{}:{}: holds something else than this search makes; this line and all "
                    "after it were dropped",
                    file_.path().string(), mark_.lines + 1));
    file_.truncate(mark_.bytes);
    kept_ = mark_.lines;
    marks_.resize(kept_ + 1);
  }
  file_.append_line(finished.line);
  mark_ = mark_past(mark_, finished.line);
  marks_.push_back(mark_);
}

void Journal::end_generation(CandidateId end) {
  const std::lock_guard lock(mutex_);
  EVOFACTOR_CHECK(mark_.lines >= end.value, "candidate {} never finished", mark_.lines);
  sync_now();
  if (in_pending_file_.empty()) return;
  pending_file_.truncate(0);
  in_pending_file_.clear();
  for (const auto& [id, finished] : waiting_) {
    if (id.value < kept_) continue;
    pending_file_.append_line(finished.line);
    in_pending_file_.insert(id);
  }
}

void Journal::sync() {
  const std::lock_guard lock(mutex_);
  sync_now();
}

void Journal::sync_now() {
  file_.sync();
  if (!in_pending_file_.empty()) pending_file_.sync();
  synced_ = std::chrono::steady_clock::now();
}

std::filesystem::path Journal::weights_file(CandidateId id) const {
  return folder_ / "weights" / fmt::format("{}.bin", id.value);
}

std::shared_ptr<const std::vector<std::byte>> Journal::weights(CandidateId id,
                                                               std::uint64_t hash) const {
  std::ifstream in(weights_file(id), std::ios::binary | std::ios::ate);
  if (!in) return nullptr;
  const std::streamoff size = in.tellg();
  auto bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(size));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(bytes->data()), size);
  if (!in || hash_of_weights(*bytes) != hash) return nullptr;
  return bytes;
}

void Journal::drop_weights(CandidateId end) {
  // As below.
  std::error_code ignored;
  std::vector<std::filesystem::path> dropped;
  for (const auto& item : std::filesystem::directory_iterator(folder_ / "weights", ignored)) {
    const std::string name = item.path().stem().string();
    std::uint64_t id = 0;
    const auto [last, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error == std::errc() && last == name.data() + name.size() && id < end.value)
      dropped.push_back(item.path());
  }
  for (const std::filesystem::path& file : dropped) std::filesystem::remove(file, ignored);
}

void Journal::drop_weights() {
  // A file that cannot be removed only takes room.
  std::error_code ignored;
  std::filesystem::remove_all(folder_ / "weights", ignored);
}

std::vector<std::string> Journal::take_notes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notes_, {});
}

}  // namespace evofactor::evolve
