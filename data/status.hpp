#pragma once
#include <string>
#include <vector>

#include "data/panel.hpp"

namespace evofactor {

struct NameChange {
  int stock = 0;  ///< index into Panel::stocks
  Date start = 0;
  std::string name;
};

/// What a stock's status is derived from, beside its prices.
struct StatusSources {
  std::vector<NameChange> names;  ///< any order; empty: nobody is ST
  std::vector<Date> list_dates;   ///< [N] 0 = unknown; empty: all unknown
};

/// True for names beginning ST, *ST, SST, S*ST (a bare S is not).
[[nodiscard]] bool is_special_treatment(std::string_view name);

/// Fills st, listed_days, limit_up and limit_down of every day from raw prices, adj_factor, names
/// and listing dates, by the rules of the exchanges (docs/data.md, "Status").
void fill_status(Panel& panel, const StatusSources& sources);

}  // namespace evofactor
