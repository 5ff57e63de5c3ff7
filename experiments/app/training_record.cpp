#include "experiments/app/training_record.hpp"

#include <utility>

namespace evofactor::app {

TrainingRecord::TrainingRecord(const std::filesystem::path& folder) : journal_(folder) {
  for (const auto* entries : {&journal_.entries(), &journal_.pending()})
    for (const evolve::JournalEntry& entry : *entries) found_.try_emplace(entry.id, &entry);
}

Outcome TrainingRecord::outcome(evolve::Member of, const Json& genome,
                                const std::function<Outcome()>& train) {
  const auto it = found_.find(of.id);
  if (it != found_.end() && it->second->hash == of.hash) {
    const evolve::JournalEntry& entry = *it->second;
    Outcome outcome = entry.outcome;
    auto* evaluation = std::get_if<Evaluation>(&outcome);
    if (evaluation != nullptr && entry.weights_hash)
      evaluation->weights = journal_.weights(of.id, *entry.weights_hash);
    if (evaluation == nullptr || evaluation->weights != nullptr) {
      journal_.replay(entry);
      return outcome;
    }
  }
  of.outcome = train();
  journal_.finish(of, genome);
  return std::move(of.outcome);
}

}  // namespace evofactor::app
