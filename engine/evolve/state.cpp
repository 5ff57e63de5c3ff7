#include "engine/evolve/state.hpp"

#include <map>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"

namespace evofactor::evolve {
namespace {

StoredMember stored(const Member& member, const AnyProblem& problem) {
  return {member.id,      member.hash,    problem.to_json(member.genome),
          member.lineage, member.outcome, 0};
}

}  // namespace

std::uint64_t hash_of_values(const Grid<float>& values) {
  std::uint64_t hash = hash_bytes(nullptr, 0, values.columns());
  for (std::size_t r = 0; r < values.rows(); ++r)
    hash = hash_bytes(values.row(r).data(), values.row(r).size_bytes(), hash);
  return hash;
}

Checkpoint to_checkpoint(const SearchState& state, const AnyProblem& problem,
                         const Identity& identity, const Journal::Mark& journal) {
  Checkpoint checkpoint{identity, state.history, {}, {}, journal, state.cut, state.ended};
  for (const Member& member : state.population)
    checkpoint.population.push_back(stored(member, problem));
  auto add_entry = [&](std::vector<StoredMember>& members, const PoolEntry& entry) {
    members.push_back(stored(entry.member, problem));
    members.back().values_hash = hash_of_values(*entry.values);
  };
  for (const PoolEntry& entry : state.pool.entries()) add_entry(checkpoint.pool, entry);
  std::map<CandidateId, const PoolEntry*> former;
  std::map<CandidateId, const Member*> origins;
  for (const InFlight& one : state.flight) {
    StoredInFlight& kept = checkpoint.flight.emplace_back();
    kept.member = stored(one.member, problem);
    kept.elite = one.elite;
    if (one.origin) origins.emplace(one.origin->id, &*one.origin);
    for (const PoolEntry& entry : one.view->pool().entries()) {
      kept.pool.push_back(entry.member.id);
      if (!state.pool.contains(entry.member.id)) former.emplace(entry.member.id, &entry);
    }
  }
  for (const auto& [id, entry] : former) add_entry(checkpoint.former, *entry);
  for (const auto& [id, member] : origins) checkpoint.origins.push_back(stored(*member, problem));
  return checkpoint;
}

std::vector<Member> to_members(const std::vector<StoredMember>& stored, const AnyProblem& problem) {
  std::vector<Member> members;
  for (const StoredMember& one : stored) {
    AnyGenome genome = problem.from_json(one.genome);
    if (const ContentHash hash = problem.hash(genome); hash != one.hash)
      throw StoreError(
          fmt::format("candidate {}: its genome has the content hash {}, stored was {}; another "
                      "version of this program wrote it",
                      one.id.value, to_hex(hash.value), to_hex(one.hash.value)));
    members.push_back({one.id, one.hash, std::move(genome), one.lineage, one.outcome});
  }
  return members;
}

}  // namespace evofactor::evolve
