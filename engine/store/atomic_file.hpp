#pragma once
#include <filesystem>
#include <functional>
#include <string_view>

namespace evofactor {

/// Replaces `file` by what `write` puts into the temporary path it is given (beside the target,
/// unique): write, fsync, rename, fsync folder. After a crash the old file or the new one is there,
/// never a torn one. Folders are made. @throws StoreError
void replace_file(const std::filesystem::path& file,
                  const std::function<void(const std::filesystem::path& temporary)>& write);
/// replace_file with the text.
void write_text(const std::filesystem::path& file, std::string_view text);
/// @throws StoreError if it cannot be read
[[nodiscard]] std::string read_text(const std::filesystem::path& file);

}  // namespace evofactor
