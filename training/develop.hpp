#pragma once
#include <c10/core/Device.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "genome/net/net_state.hpp"
#include "genome/net/stacked_net.hpp"
#include "training/evaluate.hpp"
#include "training/inputs.hpp"
#include "training/train.hpp"

namespace evofactor::training {

/// Where a network stands on its way from a genome to a factor. An epoch is a look of training at
/// the validation days.
enum class Stage { kInitial, kPretrained, kPruned, kEpoch, kTrained };
inline constexpr std::array<std::pair<std::string_view, Stage>, 5> kStageNames{
    {{"initial", Stage::kInitial},
     {"pretrained", Stage::kPretrained},
     {"pruned", Stage::kPruned},
     {"epoch", Stage::kEpoch},
     {"trained", Stage::kTrained}}};
[[nodiscard]] std::string_view name_of(Stage stage);

/// Sees a stack when it reaches a stage; may compute with it, but must leave its numbers as they
/// are. @param step of training: 0 before it, at the end the best one of the first candidate
using StageWatch = std::function<void(Stage stage, std::int64_t step, net::StackedNet& net)>;

/// A stack that went through all stages.
struct Developed {
  net::StackedNet net;
  std::vector<net::NetState> starts;  ///< what was inherited; no array where nothing was
  std::vector<double> pretrain_mse;   ///< NaN without pre-training
  std::vector<TrainReport> reports;
};

/// Initialises, pre-trains, prunes and trains a stack: the one way from genomes to trained
/// networks. A pure function of everything but `device`, and of a genome alone (not its neighbours)
/// in a stack of one. Stages that no genome asks for are passed over and not watched. A network
/// that starts from a parent has the parent's weights (net::transplant) in place of pre-training.
/// @param genomes of equal shape key; one that starts from a parent has it at hand
/// @param replicate 0: the training that a search scores, whose weights and dropout masks come from
/// derive(fold.root, "train", content_hash); 1, 2, ...: a fresh start of the same genome, from
/// derive(fold.root, "train", content_hash, replicate), on batches of days of its own
/// Source of the stages: Fang et al. 2020, sections 3.2-4.1.
[[nodiscard]] Developed develop(std::span<const genome::NetGenome> genomes, int replicate,
                                const c10::Device& device, const InputSet& inputs,
                                const NetworkSettings& settings, const NetworkFold& fold,
                                const StageWatch& watch = {});

/// What the networks of a stack give on fitted_days.
[[nodiscard]] std::vector<FactorValues> fitted_values(Developed& developed, const InputSet& inputs,
                                                      const NetworkFold& fold);

/// Fitness, metrics and weights of what was trained, in the order of the stack.
/// @param values fitted_values of the stack
/// @param sign of factors whose direction is settled; 0: that of the mean rank IC of the fitness
/// days
/// @param hurdle of the pool that novelty and contribution are held against; null: without them
[[nodiscard]] std::vector<Outcome> outcomes_of(const Developed& developed,
                                               std::span<const FactorValues> values,
                                               const InputSet& inputs, const NetworkFold& fold,
                                               int sign = 0,
                                               const evolve::Hurdle* hurdle = nullptr);

/// What is stored of a trained candidate: network, mask, the normalisation of its inputs and, as
/// "start.<name>", the weights it inherited.
[[nodiscard]] std::vector<std::byte> weights_of(const Developed& developed, int slice,
                                                const Normalisation& normalisation);
/// The network as it was at the start of a training that inherited weights, in the form of a parent
/// whose weights an equal network takes over one by one. @param weights what is stored of it
/// @throws StoreError if the bytes are no weights
[[nodiscard]] std::shared_ptr<const genome::TrainedNet> start_of(
    const genome::NetGenome& genome, const std::vector<std::byte>& weights);

/// First training to last validation day.
[[nodiscard]] DayRange fitted_days(const NetworkFold& fold);
/// Inputs of the fold's training and validation days, for any genome.
[[nodiscard]] InputStore input_store(const NetworkSettings& settings, const NetworkFold& fold);

}  // namespace evofactor::training
