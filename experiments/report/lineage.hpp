#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace evofactor::report {

/// A candidate of a search that others were bred from.
struct Ancestor {
  std::string text;  ///< the formula
  std::string op;    ///< operator that made it
  int generation = 0;
  double fitness = 0;                 ///< NaN if it failed
  std::vector<std::int64_t> parents;  ///< none if it was created
};

/// How far ancestors are told: this many steps from child to parent, this many candidates.
inline constexpr int kParentSteps = 5;
inline constexpr std::size_t kMostAncestors = 31;

/// A search's evaluations.ndjson, read where it is asked.
class Lineage {
 public:
  /// A file that is not there has no candidates; torn lines are left out.
  explicit Lineage(const std::filesystem::path& evaluations);

  /// Ids of the ancestors of a candidate bred from `parents`, nearest first, each once; those that
  /// the file lacks are left out.
  [[nodiscard]] std::vector<std::int64_t> ancestors_of(const std::vector<std::int64_t>& parents);
  /// Everyone that ancestors_of has named so far.
  [[nodiscard]] const std::map<std::int64_t, Ancestor>& found() const { return found_; }

 private:
  const Ancestor* find(std::int64_t id);

  std::ifstream file_;
  std::unordered_map<std::int64_t, std::streamoff> lines_;  ///< where each candidate's line begins
  std::map<std::int64_t, Ancestor> found_;
};

}  // namespace evofactor::report
