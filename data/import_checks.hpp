#pragma once
#include "data/import.hpp"
#include "data/panel.hpp"

namespace evofactor {

/// Fills what a report says of the finished panel: size, gaps of members, suspected errors and what
/// follows from them.
void describe_panel(const Panel& panel, ImportReport& report);

}  // namespace evofactor
