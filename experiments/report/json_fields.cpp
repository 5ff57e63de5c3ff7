#include "experiments/report/json_fields.hpp"

#include <fmt/format.h>

#include "engine/core/error.hpp"
#include "engine/store/atomic_file.hpp"

namespace evofactor::report {

std::optional<Json> read_json(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  const std::string content = read_text(file);
  try {
    return Json::parse(content);
  } catch (const Json::parse_error& error) {
    throw StoreError(fmt::format("{}: is no complete JSON (byte {}); it was torn or edited by hand",
                                 file.string(), error.byte));
  }
}

}  // namespace evofactor::report
