#pragma once
#include <optional>
#include <string>
#include <vector>

#include "data/import_issues.hpp"
#include "data/import_rows.hpp"
#include "data/panel.hpp"

namespace evofactor {

/// Days that rows may lie on, and where they are from; none: the days of the rows are the calendar.
struct GivenCalendar {
  std::vector<Date> days;  ///< ascending
  std::string source;
};

/// Calendar, stocks and fields of a panel from checked rows, which are consumed. The given calendar
/// is cut to the days from the first row to the last. Rows of one stock and day, and rows on no day
/// of the calendar, are issues.
[[nodiscard]] Panel assemble(std::vector<RowBlock>& blocks,
                             const std::optional<GivenCalendar>& calendar, Issues& issues,
                             std::vector<std::string>& warnings);

}  // namespace evofactor
