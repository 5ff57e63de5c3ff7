#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/evolve/member.hpp"

namespace evofactor::evolve {

/// One line of evaluations.ndjson without what only its problem could read (the genome).
struct JournalEntry {
  CandidateId id;
  ContentHash hash;
  Lineage lineage;
  Outcome outcome;  ///< without weights
  std::optional<Climb> climb;
  std::optional<std::uint64_t> weights_hash;  ///< of the bytes of weights/<id>.bin
  std::string text;                           ///< the line, where it may have to be written again
};

/// {"candidate", "generation", "hash", "operator", "parents", "genome", "status", ...} as
/// docs/run-folder.md has it. A number that is not finite is null. No line feed.
[[nodiscard]] std::string journal_line(const Member& member, const Json& genome);

/// @throws StoreError if it is not such a line
[[nodiscard]] JournalEntry parse_journal_line(std::string_view line);

/// An outcome's part of the line, and back: also how a checkpoint keeps metrics.
[[nodiscard]] Json metrics_to_json(const Evaluation& evaluation);
[[nodiscard]] std::vector<std::pair<std::string, double>> metrics_from_json(const Json& json);

[[nodiscard]] std::uint64_t hash_of_weights(const std::vector<std::byte>& weights);

}  // namespace evofactor::evolve
