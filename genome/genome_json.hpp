#pragma once
#include "engine/core/json.hpp"
#include "engine/core/settings.hpp"
#include "genome/genome.hpp"

namespace evofactor::genome {

/// Names every gene once; JSON out, JSON in and the schema follow from it.
void describe(FieldVisitor& v, NetGenome& genome);
/// Equal genomes give equal text; from_json(to_json(g)) == g to the bit.
[[nodiscard]] Json to_json(const NetGenome& genome);
/// A gene that is not given has its default. @throws StoreError listing everything that is not as
/// expected
[[nodiscard]] NetGenome from_json(const Json& node);

/// A list of layers, as under "layers" of a genome, and back.
[[nodiscard]] Json to_json(const Chain& layers);
[[nodiscard]] Chain layers_from_json(const Json& list, Problems& problems);

}  // namespace evofactor::genome
