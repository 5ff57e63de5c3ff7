#include "engine/evolve/island.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/evolve/fronts.hpp"

namespace evofactor::evolve {
namespace {

std::vector<std::size_t> front_order(std::span<const Member* const> members,
                                     std::span<const Objective> objectives) {
  std::vector<std::vector<double>> values;
  for (const Member* member : members) {
    auto& row = values.emplace_back();
    if (const auto* evaluation = std::get_if<Evaluation>(&member->outcome))
      for (const Objective objective : objectives) row.push_back(value_of(*evaluation, objective));
  }
  return by_fronts(values);
}

}  // namespace

std::vector<const Member*> best_of(std::span<const Member* const> members, std::size_t count) {
  std::vector<Standing> standings;
  for (const Member* member : members) standings.push_back(standing_of(*member));
  std::vector<const Member*> best;
  for (const std::size_t i : best_first(standings)) {
    if (best.size() == count || !standings[i].fitness) break;
    best.push_back(members[i]);
  }
  return best;
}

Island::Island(std::vector<const Member*> members, std::span<const Member* const> guests, int size,
               int elites, const SearchSettings& settings)
    : settings_(settings), size_(static_cast<std::size_t>(size)) {
  choose_survivors(members, elites);
  const bool fronts = settings.selection == Selection::kNsga2;
  parents_ = fronts ? survivors_ : std::move(members);
  parents_.insert(parents_.end(), guests.begin(), guests.end());
  for (const Member* member : parents_)
    standings_.push_back(standing_of(*member, settings.parents_by));
  if (fronts) {
    const std::vector<std::size_t> order = front_order(parents_, settings.objectives);
    for (std::size_t place = 0; place < order.size(); ++place)
      standings_[order[place]].fitness = -static_cast<double>(place);
  }
  if (settings.selection == Selection::kLexicase && !parents_.empty())
    lexicase_.emplace(standings_);
}

void Island::choose_survivors(const std::vector<const Member*>& members, int elites) {
  switch (settings_.selection) {
    case Selection::kTournament:
    case Selection::kLexicase:
      survivors_ = best_of(members, static_cast<std::size_t>(elites));
      break;
    case Selection::kNsga2:
      for (const std::size_t i : front_order(members, settings_.objectives))
        if (survivors_.size() < size_ && fitness_of(members[i]->outcome))
          survivors_.push_back(members[i]);
      break;
    case Selection::kAging: {
      for (const Member* member : members)
        if (fitness_of(member->outcome)) survivors_.push_back(member);
      std::ranges::sort(survivors_, [](const Member* a, const Member* b) { return a->id < b->id; });
      const auto replaced = static_cast<std::size_t>(
          std::max(1LL, std::llround(settings_.replaced * static_cast<double>(size_))));
      const std::size_t stay = size_ - std::min(replaced, size_);
      if (survivors_.size() > stay)
        survivors_.erase(survivors_.begin(), survivors_.end() - static_cast<std::ptrdiff_t>(stay));
      break;
    }
  }
}

std::size_t Island::n_slots() const {
  return settings_.selection == Selection::kNsga2 ? size_ : size_ - survivors_.size();
}

const Member& Island::parent(Rng& rng, std::vector<std::size_t>& chosen) const {
  chosen.push_back(lexicase_ ? lexicase_->pick(rng, chosen)
                             : tournament(rng, standings_, settings_.tournament, chosen));
  return *parents_[chosen.back()];
}

}  // namespace evofactor::evolve
