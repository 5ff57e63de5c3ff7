#pragma once
#include <filesystem>

#include "genome/genome.hpp"
#include "genome/net/net_state.hpp"

namespace evofactor::net {

/// Saves a trained network as TorchScript: forward(x [n, features, window]) -> factor [n],
/// standardisation included.
/// @throws StoreError if the state does not belong to the genome or the file cannot be written
void save_torchscript(const std::filesystem::path& file, const genome::NetGenome& genome,
                      const NetState& state);

}  // namespace evofactor::net
