#include "engine/evolve/state.hpp"

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
  for (const PoolEntry& entry : state.pool.entries()) {
    checkpoint.pool.push_back(stored(entry.member, problem));
    checkpoint.pool.back().values_hash = hash_of_values(entry.values);
  }
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
