#pragma once
#include <string_view>

namespace evofactor::report {

/// Style of the page: one palette for light, dark and print, as CSS variables that the figures use
/// too.
[[nodiscard]] std::string_view page_style();
/// Draws the figures one after the other, puts in the theme's colours, follows theme changes
/// and printing.
[[nodiscard]] std::string_view page_script();

}  // namespace evofactor::report
