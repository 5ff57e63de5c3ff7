#pragma once
#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/panel.hpp"

namespace evofactor {

/// Told of each cell that cannot be converted: its row in the array and its text.
using BadCell = std::function<void(std::size_t row, std::string_view text)>;

/// Numbers of any numeric or text array as f64; missing and unfit cells NaN.
/// @throws DataError if the column cannot hold numbers at all
void decode_numbers(const arrow::Array& array, std::vector<double>& out, const BadCell& bad);
/// Texts of any text or integer array. @throws DataError if the column cannot hold texts
void decode_texts(const arrow::Array& array, std::vector<std::string>& out);

/// Turns cells into dates (0 where unfit); remembers what each text means.
class DateDecoder {
 public:
  void decode(const arrow::Array& array, std::vector<Date>& out, const BadCell& bad);

 private:
  Date date_of(std::string_view text);
  std::unordered_map<std::string, Date> known_;
};

/// Numbers the normal codes of a file as they come; -1 where a cell is empty.
class CodeDecoder {
 public:
  void decode(const arrow::Array& array, std::vector<std::int32_t>& out, const BadCell& bad);
  [[nodiscard]] std::vector<std::string>& codes() { return codes_; }

 private:
  std::int32_t number_of(std::string_view text);
  std::unordered_map<std::string, std::int32_t> number_of_text_, number_of_code_;
  std::vector<std::string> codes_;
};

}  // namespace evofactor
