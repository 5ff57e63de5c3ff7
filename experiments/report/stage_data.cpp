#include "experiments/report/stage_data.hpp"

namespace evofactor::report {
namespace {

StagePoint point_from(const Json& node) {
  StagePoint point{.stage = text(node, "stage"),
                   .step = static_cast<int>(integer(node, "step")),
                   .train_rank_ic = number(node, "train_rank_ic"),
                   .validate_rank_ic = number(node, "validate_rank_ic"),
                   .prior_mse = number(node, "prior_mse"),
                   .prior_distance = number(node, "prior_distance"),
                   .saliency = {}};
  if (at(node, "saliency").is_array())
    for (const Json& row : at(node, "saliency")) point.saliency.push_back(numbers(row));
  return point;
}

}  // namespace

std::vector<StageHistory> read_stages(const std::filesystem::path& file) {
  std::vector<StageHistory> histories;
  const Json json = read_json(file).value_or(Json());
  if (!at(json, "members").is_array()) return histories;
  for (const Json& node : at(json, "members")) {
    StageHistory& history = histories.emplace_back();
    history.id = integer(node, "id");
    history.prior = text(node, "prior");
    history.equal = flag(node, "equal");
    if (at(node, "features").is_array())
      for (const Json& feature : at(node, "features"))
        history.features.push_back(feature.is_string() ? feature.get<std::string>() : "");
    if (at(node, "stages").is_array())
      for (const Json& stage : at(node, "stages")) history.points.push_back(point_from(stage));
  }
  return histories;
}

}  // namespace evofactor::report
