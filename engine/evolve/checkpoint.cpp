#include "engine/evolve/checkpoint.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"
#include "engine/evolve/events.hpp"
#include "engine/store/atomic_file.hpp"
#include "engine/store/h5.hpp"

namespace evofactor::evolve {
namespace {

constexpr std::string_view kFormat = "evofactor.checkpoint";
/// 2: islands; 3: candidates in flight, effort.
constexpr std::int64_t kVersion = 3;

/// Column "status": 0 exact, 1 failed, 2 screened, 3 checked.
constexpr std::uint8_t kFailed = 1;
std::uint8_t status_of(Scoring scoring) {
  return scoring == Scoring::kExact ? 0 : static_cast<std::uint8_t>(scoring) + kFailed;
}
Scoring scoring_of(std::uint8_t status) {
  if (status == 0) return Scoring::kExact;
  const int scoring = status - kFailed;
  if (scoring > static_cast<int>(Scoring::kChecked))
    throw StoreError(fmt::format("status {}, expected 0 to 3", status));
  return static_cast<Scoring>(scoring);
}

/// A table as columns: what is added to one is in row order of all.
struct MemberColumns {
  std::vector<std::uint64_t> id, hash, parents, values_hash;
  std::vector<std::int32_t> generation, island, n_parents, sign;
  std::vector<std::int64_t> train_steps;
  std::vector<std::uint8_t> status;
  std::vector<double> fitness, seconds;
  std::vector<std::string> genome, op, failure_kind, failure_stage, failure_text, metrics;

  void add(const StoredMember& member) {
    id.push_back(member.id.value);
    hash.push_back(member.hash.value);
    values_hash.push_back(member.values_hash);
    genome.push_back(member.genome.dump());
    op.push_back(member.lineage.op);
    generation.push_back(member.lineage.generation);
    island.push_back(member.lineage.island);
    n_parents.push_back(static_cast<std::int32_t>(member.lineage.parents.size()));
    for (const CandidateId parent : member.lineage.parents) parents.push_back(parent.value);
    const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
    const auto* failure = std::get_if<Failure>(&member.outcome);
    status.push_back(failure != nullptr ? kFailed : status_of(evaluation->scoring));
    fitness.push_back(evaluation != nullptr ? evaluation->fitness
                                            : std::numeric_limits<double>::quiet_NaN());
    sign.push_back(evaluation != nullptr ? evaluation->sign : 0);
    metrics.push_back(evaluation != nullptr ? metrics_to_json(*evaluation).dump() : "");
    train_steps.push_back(evaluation != nullptr ? evaluation->train_steps : 0);
    seconds.push_back(evaluation != nullptr ? evaluation->seconds : 0);
    failure_kind.emplace_back(failure != nullptr ? name_of(failure->kind) : "");
    failure_stage.push_back(failure != nullptr ? failure->stage : "");
    failure_text.push_back(failure != nullptr ? failure->message : "");
  }

  /// Calls visit(name, column) for each that files of the version have.
  template <class Self, class Visit>
  static void each(Self& self, std::int64_t version, Visit visit) {
    visit("id", self.id);
    visit("genome_hash", self.hash);
    visit("genome_json", self.genome);
    visit("operator", self.op);
    visit("generation", self.generation);
    if (version >= 2) visit("island", self.island);
    visit("n_parents", self.n_parents);
    visit("parents", self.parents);
    visit("status", self.status);
    visit("fitness", self.fitness);
    visit("sign", self.sign);
    visit("metrics_json", self.metrics);
    visit("train_steps", self.train_steps);
    visit("seconds", self.seconds);
    visit("failure_kind", self.failure_kind);
    visit("failure_stage", self.failure_stage);
    visit("failure_text", self.failure_text);
    visit("values_hash", self.values_hash);
  }

  [[nodiscard]] std::vector<StoredMember> members(const std::string& where) const {
    const std::size_t n = id.size();
    each(*this, kVersion, [&](const char* name, const auto& column) {
      if (column.size() != n && std::string_view(name) != "parents")
        throw StoreError(fmt::format("{}/{}: {} rows, expected {}", where, name, column.size(), n));
    });
    std::vector<StoredMember> result;
    std::size_t parent = 0;
    for (std::size_t i = 0; i < n; ++i) {
      StoredMember member{CandidateId{id[i]},
                          ContentHash{hash[i]},
                          Json::parse(genome[i]),
                          Lineage{{}, op[i], generation[i], island[i]},
                          Failure{},
                          values_hash[i]};
      for (std::int32_t p = 0; p < n_parents[i]; ++p) {
        if (parent >= parents.size())
          throw StoreError(fmt::format("{}/parents: too few rows", where));
        member.lineage.parents.push_back(CandidateId{parents[parent++]});
      }
      if (status[i] != kFailed) {
        Evaluation evaluation;
        evaluation.scoring = scoring_of(status[i]);
        evaluation.fitness = fitness[i];
        evaluation.sign = sign[i];
        evaluation.metrics = metrics_from_json(Json::parse(metrics[i]));
        evaluation.train_steps = train_steps[i];
        evaluation.seconds = seconds[i];
        member.outcome = std::move(evaluation);
      } else {
        member.outcome =
            Failure{evofactor::failure_kind(failure_kind[i]), failure_stage[i], failure_text[i]};
      }
      result.push_back(std::move(member));
    }
    return result;
  }
};

/// What a candidate in flight has beside a member.
struct HurdleColumns {
  std::vector<double> elite;
  std::vector<std::int32_t> n_pool;
  std::vector<std::uint64_t> pool;

  void add(const StoredInFlight& one) {
    elite.push_back(one.elite);
    n_pool.push_back(static_cast<std::int32_t>(one.pool.size()));
    for (const CandidateId id : one.pool) pool.push_back(id.value);
  }

  template <class Self, class Visit>
  static void each(Self& self, Visit visit) {
    visit("elite", self.elite);
    visit("n_pool", self.n_pool);
    visit("pool", self.pool);
  }

  [[nodiscard]] std::vector<StoredInFlight> with(std::vector<StoredMember> members) const {
    const std::size_t n = members.size();
    std::size_t named = 0;
    for (const std::int32_t count : n_pool) named += static_cast<std::size_t>(count);
    if (elite.size() != n || n_pool.size() != n || pool.size() != named)
      throw StoreError("hurdles: their columns do not fit");
    std::vector<StoredInFlight> result;
    auto next = pool.begin();
    for (std::size_t i = 0; i < n; ++i) {
      StoredInFlight& one = result.emplace_back();
      one.member = std::move(members[i]);
      one.elite = elite[i];
      for (std::int32_t k = 0; k < n_pool[i]; ++k) one.pool.push_back(CandidateId{*next++});
    }
    return result;
  }
};

struct HistoryColumns {
  std::vector<std::int32_t> generation, generations, pool;
  std::vector<double> best, median, mean, pool_best, pool_mean, effort, seconds;
  std::vector<std::int64_t> created, cached, duplicates, failed, evaluations;
  std::vector<std::string> failures;

  void add(const GenerationRecord& r) {
    generation.push_back(r.generation);
    generations.push_back(r.generations);
    pool.push_back(r.pool_size);
    best.push_back(r.best);
    median.push_back(r.median);
    mean.push_back(r.mean);
    pool_best.push_back(r.pool_best);
    pool_mean.push_back(r.pool_mean);
    seconds.push_back(r.seconds);
    created.push_back(r.created);
    cached.push_back(r.cached);
    duplicates.push_back(r.duplicates);
    failed.push_back(r.failed);
    evaluations.push_back(r.evaluations);
    effort.push_back(r.effort);
    Json by_kind = Json::object();
    for (const auto& [kind, count] : r.failures) by_kind[kind] = count;
    failures.push_back(by_kind.dump());
  }

  /// Calls visit(name, column) for each that files of the version have.
  template <class Self, class Visit>
  static void each(Self& self, std::int64_t version, Visit visit) {
    visit("generation", self.generation);
    visit("generations", self.generations);
    visit("best", self.best);
    visit("median", self.median);
    visit("mean", self.mean);
    visit("new", self.created);
    visit("cached", self.cached);
    visit("duplicates", self.duplicates);
    visit("failed", self.failed);
    visit("failures_json", self.failures);
    visit("pool", self.pool);
    visit("pool_best", self.pool_best);
    visit("pool_mean", self.pool_mean);
    visit("evaluations", self.evaluations);
    if (version >= 3) visit("effort", self.effort);
    visit("seconds", self.seconds);
  }

  [[nodiscard]] std::vector<GenerationRecord> records() const {
    const std::size_t n = generation.size();
    each(*this, kVersion, [&](const char* name, const auto& column) {
      if (column.size() != n)
        throw StoreError(fmt::format("history/{}: {} rows, expected {}", name, column.size(), n));
    });
    std::vector<GenerationRecord> result;
    for (std::size_t i = 0; i < n; ++i) {
      GenerationRecord r;
      r.generation = generation[i];
      r.generations = generations[i];
      r.best = best[i];
      r.median = median[i];
      r.mean = mean[i];
      r.created = created[i];
      r.cached = cached[i];
      r.duplicates = duplicates[i];
      r.failed = failed[i];
      const Json by_kind = Json::parse(failures[i]);
      for (const auto& [kind, count] : by_kind.items())
        r.failures.emplace_back(kind, count.get<std::int64_t>());
      r.pool_size = pool[i];
      r.pool_best = pool_best[i];
      r.pool_mean = pool_mean[i];
      r.evaluations = evaluations[i];
      r.effort = effort[i];
      r.seconds = seconds[i];
      result.push_back(std::move(r));
    }
    return result;
  }
};

template <class T>
void write_column(h5::Group& group, const std::string& name, const std::vector<T>& column) {
  group.write(name, column);
}
void write_column(h5::Group& group, const std::string& name,
                  const std::vector<std::string>& column) {
  group.write_texts(name, column);
}
template <class T>
void read_column(const h5::Group& group, const std::string& name, std::vector<T>& column) {
  column = group.read<T>(name);
}
void read_column(const h5::Group& group, const std::string& name,
                 std::vector<std::string>& column) {
  column = group.read_texts(name);
}
template <class T>
void hash_column(Hasher& hasher, const std::vector<T>& column) {
  hasher.add(std::span<const T>(column));
}
void hash_column(Hasher& hasher, const std::vector<std::string>& column) {
  hasher.add(column.size());
  for (const std::string& text : column) hasher.add(std::string_view(text));
}

using Weights = std::shared_ptr<const std::vector<std::byte>>;

/// A checkpoint as tables, which is how it is written, read and hashed.
struct Tables {
  HistoryColumns history;
  MemberColumns population, pool, flight, former, origins;
  HurdleColumns hurdles;
  /// Members of the population that have weights, which only those need that others start from.
  std::vector<std::uint64_t> heritable;
  /// Per member of the pool, former one, origin, and heritable one; null: none.
  std::vector<Weights> weights;

  void add(MemberColumns& columns, const StoredMember& member) {
    columns.add(member);
    weights.push_back(weights_of(member));
  }

  static Weights weights_of(const StoredMember& member) {
    const auto* evaluation = std::get_if<Evaluation>(&member.outcome);
    return evaluation != nullptr ? evaluation->weights : nullptr;
  }

  /// Whose weights the rows of `weights` are.
  [[nodiscard]] std::vector<std::uint64_t> owners() const {
    std::vector<std::uint64_t> ids;
    for (const auto* some : {&pool.id, &former.id, &origins.id, &heritable})
      ids.insert(ids.end(), some->begin(), some->end());
    return ids;
  }

  struct Parts {
    bool flight = false, origins = false;
  };
  [[nodiscard]] Parts parts() const { return {!flight.id.empty(), !origins.id.empty()}; }

  /// Calls visit(group, columns) for each table of members that a file has.
  template <class Self, class Visit>
  static void each_of_members(Self& self, Parts parts, Visit visit) {
    visit("population", self.population);
    visit("pool", self.pool);
    if (parts.flight) {
      visit("flight", self.flight);
      visit("former", self.former);
    }
    if (parts.origins) visit("origins", self.origins);
  }
};

Tables tables_of(const Checkpoint& checkpoint) {
  Tables tables;
  for (const GenerationRecord& record : checkpoint.history) tables.history.add(record);
  for (const StoredMember& member : checkpoint.population) tables.population.add(member);
  for (const StoredMember& member : checkpoint.pool) tables.add(tables.pool, member);
  for (const StoredMember& member : checkpoint.former) tables.add(tables.former, member);
  for (const StoredMember& member : checkpoint.origins) tables.add(tables.origins, member);
  for (const StoredMember& member : checkpoint.population)
    if (Weights weights = Tables::weights_of(member)) {
      tables.heritable.push_back(member.id.value);
      tables.weights.push_back(std::move(weights));
    }
  for (const StoredInFlight& one : checkpoint.flight) {
    tables.flight.add(one.member);
    tables.hurdles.add(one);
  }
  return tables;
}

std::string ended_text(const Checkpoint& checkpoint) {
  return checkpoint.ended ? std::string(name_of(*checkpoint.ended)) : std::string();
}

std::optional<StopReason> ended_reason(const std::string& text) {
  if (text.empty()) return std::nullopt;
  for (const StopReason reason :
       {StopReason::kGenerations, StopReason::kEvaluations, StopReason::kSeconds,
        StopReason::kSignal, StopReason::kTooManyFailures})
    if (name_of(reason) == text) return reason;
  throw StoreError(fmt::format("run/ended: unknown reason \"{}\"", text));
}

/// Over everything but the attributes of /.
std::uint64_t payload_hash(const Checkpoint& checkpoint, const Tables& tables,
                           std::int64_t version) {
  Hasher hasher;
  const Identity& identity = checkpoint.identity;
  hasher.add(std::string_view(identity.kind))
      .add(identity.root.value)
      .add(identity.data_fingerprint);
  hasher.add(std::string_view(identity.settings.dump()));
  hasher.add(checkpoint.journal.lines).add(checkpoint.journal.bytes).add(checkpoint.journal.chain);
  hasher.add(checkpoint.cut).add(std::string_view(ended_text(checkpoint)));
  auto add = [&](const char*, const auto& column) { hash_column(hasher, column); };
  HistoryColumns::each(tables.history, version, add);
  const Tables::Parts parts = tables.parts();
  Tables::each_of_members(tables, parts, [&](const char*, const MemberColumns& columns) {
    MemberColumns::each(columns, version, add);
  });
  if (parts.flight) HurdleColumns::each(tables.hurdles, add);
  if (!tables.heritable.empty()) hash_column(hasher, tables.heritable);
  const std::vector<std::byte> none;
  for (const Weights& weights : tables.weights) {
    const std::vector<std::byte>& bytes = weights ? *weights : none;
    hasher.add(hash_of_weights(bytes)).add(bytes.size());
  }
  return hasher.value();
}

void write_file(const std::filesystem::path& file, const Checkpoint& checkpoint) {
  const Tables tables = tables_of(checkpoint);
  h5::File h5 = h5::File::create(file);
  h5.set_attribute("format", kFormat);
  h5.set_attribute("version", kVersion);
  {
    h5::Group run = h5.make_group("run");
    const Identity& identity = checkpoint.identity;
    run.write_texts("identity_json", {identity.settings.dump()});
    run.set_attribute("kind", identity.kind);
    run.set_attribute("root_seed", to_hex(identity.root.value));
    run.set_attribute("data_fingerprint", to_hex(identity.data_fingerprint));
    run.set_attribute("generation", std::int64_t{checkpoint.history.back().generation});
    run.set_attribute("journal_lines", static_cast<std::int64_t>(checkpoint.journal.lines));
    run.set_attribute("journal_bytes", static_cast<std::int64_t>(checkpoint.journal.bytes));
    run.set_attribute("journal_chain", to_hex(checkpoint.journal.chain));
    run.set_attribute("cut", std::int64_t{checkpoint.cut});
    run.set_attribute("ended", ended_text(checkpoint));
    auto write_into = [](h5::Group group) {
      return [group](const char* name, const auto& column) mutable {
        write_column(group, name, column);
      };
    };
    HistoryColumns::each(tables.history, kVersion, write_into(h5.make_group("history")));
    const Tables::Parts parts = tables.parts();
    Tables::each_of_members(tables, parts, [&](const char* name, const MemberColumns& columns) {
      MemberColumns::each(columns, kVersion, write_into(h5.make_group(name)));
    });
    if (parts.flight) HurdleColumns::each(tables.hurdles, write_into(h5.make_group("hurdles")));
    if (!tables.heritable.empty()) h5.write("heritable", tables.heritable);
    h5::Group weights = h5.make_group("weights");
    const std::vector<std::uint64_t> owners = tables.owners();
    for (std::size_t i = 0; i < owners.size(); ++i) {
      const std::string name = fmt::format("{}", owners[i]);
      if (tables.weights[i] && !tables.weights[i]->empty() && !weights.has(name))
        weights.write_bytes(name, *tables.weights[i]);
    }
  }
  h5.set_attribute("payload_hash", to_hex(payload_hash(checkpoint, tables, kVersion)));
  h5.set_attribute("complete", std::int64_t{1});
  h5.close();
}

Checkpoint read_file(const std::filesystem::path& file) {
  const h5::File h5 = h5::File::open(file);
  const std::string format = h5.text_attribute("format");
  if (format != kFormat)
    throw StoreError(fmt::format("format \"{}\", expected \"{}\"", format, kFormat));
  const std::int64_t version = h5.integer_attribute("version");
  if (version < 1 || version > kVersion)
    throw StoreError(
        fmt::format("version {}, this program reads versions 1 to {}", version, kVersion));
  if (!h5.has_attribute("complete")) throw StoreError("was not written to its end");
  Checkpoint checkpoint;
  const h5::Group run = h5.group("run");
  const std::vector<std::string> identity = run.read_texts("identity_json");
  if (identity.size() != 1) throw StoreError("run/identity_json: expected one text");
  checkpoint.identity = {
      run.text_attribute("kind"), Seed{from_hex(run.text_attribute("root_seed"))},
      from_hex(run.text_attribute("data_fingerprint")), Json::parse(identity.front())};
  checkpoint.journal = {static_cast<std::uint64_t>(run.integer_attribute("journal_lines")),
                        static_cast<std::uint64_t>(run.integer_attribute("journal_bytes")),
                        from_hex(run.text_attribute("journal_chain"))};
  checkpoint.cut = run.integer_attribute("cut") != 0;
  checkpoint.ended = ended_reason(run.text_attribute("ended"));
  Tables tables;
  auto read_from = [](h5::Group group) {
    return [group](const char* name, auto& column) { read_column(group, name, column); };
  };
  HistoryColumns::each(tables.history, version, read_from(h5.group("history")));
  if (version < 3)
    tables.history.effort.assign(tables.history.evaluations.begin(),
                                 tables.history.evaluations.end());
  const Tables::Parts parts{h5.has("flight"), h5.has("origins")};
  Tables::each_of_members(tables, parts, [&](const char* name, MemberColumns& columns) {
    MemberColumns::each(columns, version, read_from(h5.group(name)));
    columns.island.resize(columns.id.size());
  });
  if (parts.flight) HurdleColumns::each(tables.hurdles, read_from(h5.group("hurdles")));
  if (h5.has("heritable")) tables.heritable = h5.read<std::uint64_t>("heritable");
  const h5::Group weights = h5.group("weights");
  std::map<std::uint64_t, Weights> read;
  for (const std::uint64_t id : tables.owners()) {
    const std::string name = fmt::format("{}", id);
    if (weights.has(name) && !read.contains(id))
      read[id] = std::make_shared<const std::vector<std::byte>>(weights.read_bytes(name));
    tables.weights.push_back(read[id]);
  }
  const std::uint64_t expected = from_hex(h5.text_attribute("payload_hash"));
  if (payload_hash(checkpoint, tables, version) != expected)
    throw StoreError("its content does not match its payload_hash");
  checkpoint.history = tables.history.records();
  if (checkpoint.history.empty()) throw StoreError("history: no generation");
  checkpoint.population = tables.population.members("population");
  checkpoint.pool = tables.pool.members("pool");
  checkpoint.former = tables.former.members("former");
  checkpoint.origins = tables.origins.members("origins");
  checkpoint.flight = tables.hurdles.with(tables.flight.members("flight"));
  for (auto* members : {&checkpoint.pool, &checkpoint.former, &checkpoint.origins})
    for (StoredMember& member : *members) {
      auto* evaluation = std::get_if<Evaluation>(&member.outcome);
      if (evaluation == nullptr) throw StoreError("pool: holds a failure");
      evaluation->weights = read[member.id.value];
    }
  const std::set<std::uint64_t> heritable(tables.heritable.begin(), tables.heritable.end());
  for (StoredMember& member : checkpoint.population)
    if (auto* evaluation = std::get_if<Evaluation>(&member.outcome);
        evaluation != nullptr && heritable.contains(member.id.value))
      evaluation->weights = read[member.id.value];
  return checkpoint;
}

std::string file_name(int generation) { return fmt::format("ckpt_{:06d}.h5", generation); }

/// Generation of a checkpoint's file name; nothing for other files.
std::optional<int> generation_of(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (!name.starts_with("ckpt_") || !name.ends_with(".h5")) return std::nullopt;
  const std::string digits = name.substr(5, name.size() - 8);
  if (digits.empty() || digits.size() > 9 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoi(digits);
}

std::vector<std::pair<int, std::filesystem::path>> files_in(const std::filesystem::path& folder) {
  std::vector<std::pair<int, std::filesystem::path>> files;
  std::error_code error;
  for (const auto& item : std::filesystem::directory_iterator(folder, error))
    if (const auto generation = generation_of(item.path()))
      files.emplace_back(*generation, item.path());
  std::sort(files.rbegin(), files.rend());
  return files;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint) {
  EVOFACTOR_CHECK(!checkpoint.history.empty(), "a checkpoint needs a finished generation");
  replace_file(file, [&](const std::filesystem::path& temporary) {
    write_file(temporary, checkpoint);
    (void)read_checkpoint(temporary);
  });
}

Checkpoint read_checkpoint(const std::filesystem::path& file) {
  try {
    return read_file(file);
  } catch (const StoreError& error) {
    throw StoreError(fmt::format("{}: {}", file.string(), error.what()));
  } catch (const Json::exception& error) {
    throw StoreError(fmt::format("{}: {}", file.string(), error.what()));
  }
}

void CheckpointFolder::save(const Checkpoint& checkpoint) {
  const int generation = checkpoint.history.back().generation;
  write_checkpoint(folder_ / file_name(generation), checkpoint);
  write_text(folder_ / "latest", file_name(generation) + "\n");
  for (const auto& [older, file] : files_in(folder_)) {
    // One from a continuation that was given up has nothing to do with this one.
    const bool keep =
        (older > generation - 3 && older <= generation) || (older % 10 == 0 && older < generation);
    std::error_code ignored;
    if (!keep) std::filesystem::remove(file, ignored);
  }
}

std::vector<std::filesystem::path> CheckpointFolder::candidates() const {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (std::filesystem::exists(folder_ / "latest", error)) {
    try {
      std::string name = read_text(folder_ / "latest");
      while (!name.empty() && name.back() == '\n') name.pop_back();
      if (generation_of(name) && std::filesystem::exists(folder_ / name, error))
        files.push_back(folder_ / name);
    } catch (const StoreError&) {
      // It only says which to try first.
    }
  }
  for (const auto& [generation, file] : files_in(folder_))
    if (files.empty() || file != files.front()) files.push_back(file);
  return files;
}

void CheckpointFolder::remove_temporaries() const {
  std::error_code error;
  std::vector<std::filesystem::path> stale;
  for (const auto& item : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = item.path().filename().string();
    if (name.starts_with('.') && name.find(".tmp") != std::string::npos)
      stale.push_back(item.path());
  }
  for (const auto& file : stale) std::filesystem::remove(file, error);
}

}  // namespace evofactor::evolve
