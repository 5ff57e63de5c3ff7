#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "experiments/app/commands.hpp"

int main() { return 0; }
