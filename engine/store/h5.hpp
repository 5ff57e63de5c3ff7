#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/core/grid.hpp"

/// A thin layer over the HDF5 C API: handles close themselves, every failing call throws a
/// StoreError that names file, object and HDF5's innermost reason, nothing is printed. Files use
/// the 1.10 format, whose metadata carries checksums; data is chunked, shuffled, deflated and
/// checksummed (Fletcher 32), so damage is found when it is read. Calls belong to one thread at a
/// time.
namespace evofactor::h5 {

namespace detail {
enum class Type { kU8, kI16, kI32, kU32, kI64, kU64, kF32, kF64 };
template <class T>
constexpr bool kAlwaysFalse = false;
template <class T>
consteval Type type_of() {
  if constexpr (std::same_as<T, std::uint8_t>)
    return Type::kU8;
  else if constexpr (std::same_as<T, std::int16_t>)
    return Type::kI16;
  else if constexpr (std::same_as<T, std::int32_t>)
    return Type::kI32;
  else if constexpr (std::same_as<T, std::uint32_t>)
    return Type::kU32;
  else if constexpr (std::same_as<T, std::int64_t>)
    return Type::kI64;
  else if constexpr (std::same_as<T, std::uint64_t>)
    return Type::kU64;
  else if constexpr (std::same_as<T, float>)
    return Type::kF32;
  else if constexpr (std::same_as<T, double>)
    return Type::kF64;
  else
    static_assert(kAlwaysFalse<T>, "no HDF5 type for this");
}
struct Object;  // an open file, group or dataset
}  // namespace detail

/// Numbers in memory: `rows` x `columns` of them, `stride` elements from row to row.
template <class T>
struct Block {
  T* data = nullptr;
  std::size_t rows = 0, columns = 0, stride = 0;
};

/// An open dataset, for use by parts.
class Dataset {
 public:
  [[nodiscard]] std::vector<std::size_t> shape() const;
  /// Shape of a chunk; empty if the dataset is not chunked.
  [[nodiscard]] std::vector<std::size_t> chunk_shape() const;
  /// True if the values are of type T, in whatever byte order.
  template <class T>
  [[nodiscard]] bool holds() const {
    return holds_type(detail::type_of<std::remove_cv_t<T>>());
  }
  /// Reads rows [rows.first, rows.last) of a 2-D dataset into `out`, which has as many; touches
  /// only their chunks.
  template <class T>
  void read_rows(DayRange rows, Block<T> out) const {
    read_part(detail::type_of<T>(), rows, out.data, out.columns, out.stride);
  }
  /// Stores a chunk that has been through the standard filters (shuffle, deflate, Fletcher 32)
  /// already. It reads back once the file has been closed: HDF5 1.10 does not know of it before.
  void write_filtered_chunk(std::span<const std::size_t> offset, std::span<const std::byte> bytes);
  /// A chunk as it lies in the file. @throws StoreError if it lacks any of the filters of
  /// `write_filtered_chunk`
  [[nodiscard]] std::vector<std::byte> read_filtered_chunk(
      std::span<const std::size_t> offset) const;
  /// True if its filters are those that `make_dataset` sets, so that chunks may be taken apart by
  /// hand.
  [[nodiscard]] bool has_standard_filters() const;

 private:
  friend class Group;
  explicit Dataset(std::shared_ptr<const detail::Object> object) : object_(std::move(object)) {}
  bool holds_type(detail::Type type) const;
  void read_part(detail::Type type, DayRange rows, void* out, std::size_t columns,
                 std::size_t stride) const;
  std::shared_ptr<const detail::Object> object_;
};

/// A group of an open file. Paths are relative to it ("population/id") or absolute; groups on the
/// way are made when writing. Copies name the same group.
class Group {
 public:
  [[nodiscard]] bool has(const std::string& path) const;
  /// Names of the groups and datasets directly in it, ascending.
  [[nodiscard]] std::vector<std::string> children() const;
  /// @throws StoreError if there is no such group
  [[nodiscard]] Group group(const std::string& path) const;
  Group make_group(const std::string& path);
  [[nodiscard]] Dataset dataset(const std::string& path) const;
  [[nodiscard]] std::vector<std::size_t> shape(const std::string& path) const {
    return dataset(path).shape();
  }

  /// Writes a new 1-D dataset. T: u8 i16 i32 u32 i64 u64 f32 f64.
  template <class T>
  void write(const std::string& path, std::span<const T> values) {
    write_numbers(path, detail::type_of<T>(), {values.size()}, values.data(), values.size());
  }
  template <class T>
  void write(const std::string& path, const std::vector<T>& values) {
    write(path, std::span<const T>(values));
  }
  /// Writes a new 2-D dataset of rows x columns values that lie one row after the other.
  template <class T>
  void write(const std::string& path, std::span<const T> values, std::size_t rows,
             std::size_t columns) {
    EVOFACTOR_CHECK(values.size() == rows * columns, "{}: {} values for {} x {}", path,
                    values.size(), rows, columns);
    write_numbers(path, detail::type_of<T>(), {rows, columns}, values.data(), columns);
  }
  /// Writes a new 2-D dataset.
  template <class T>
  void write(const std::string& path, const Grid<T>& grid) {
    write_numbers(path, detail::type_of<T>(), {grid.rows(), grid.columns()}, grid.data(),
                  grid.stride());
  }
  /// Makes a dataset of one type and two dimensions, with the standard filters and the given
  /// chunks, to be filled.
  template <class T>
  Dataset make_dataset(const std::string& path, std::size_t rows, std::size_t columns,
                       std::size_t chunk_rows, std::size_t chunk_columns) {
    return make_empty(path, detail::type_of<T>(), {rows, columns}, {chunk_rows, chunk_columns});
  }

  /// All values of a dataset of any rank, row after row. @throws StoreError if its type is another
  template <class T>
  [[nodiscard]] std::vector<T> read(const std::string& path) const {
    std::vector<T> values(count(path));
    read_numbers(path, detail::type_of<T>(), values.data());
    return values;
  }
  /// A 2-D dataset, or some of its rows. @throws StoreError also if it has not two dimensions or
  /// not these rows
  template <class T>
  [[nodiscard]] Grid<T> read_grid(const std::string& path,
                                  std::optional<DayRange> rows = std::nullopt) const {
    const Dataset source = dataset(path);
    const auto [first, last, columns] = row_range(source, path, rows);
    Grid<T> grid(static_cast<std::size_t>(last - first), columns);
    source.read_rows(DayRange{first, last},
                     Block<T>{grid.data(), grid.rows(), columns, grid.stride()});
    return grid;
  }

  /// UTF-8 texts: fixed-length (which carries the checksum) unless their lengths are so uneven that
  /// variable-length strings take far less room.
  void write_texts(const std::string& path, const std::vector<std::string>& texts);
  [[nodiscard]] std::vector<std::string> read_texts(const std::string& path) const;
  /// Opaque bytes, as a 1-D u8 dataset.
  void write_bytes(const std::string& path, std::span<const std::byte> bytes);
  [[nodiscard]] std::vector<std::byte> read_bytes(const std::string& path) const;

  /// Attributes of this group; setting one again replaces it.
  void set_attribute(const std::string& name, std::string_view value);
  void set_attribute(const std::string& name, const char* value) {
    set_attribute(name, std::string_view(value));
  }
  void set_attribute(const std::string& name, std::int64_t value);
  void set_attribute(const std::string& name, double value);
  [[nodiscard]] bool has_attribute(const std::string& name) const;
  /// @throws StoreError if it is missing or of another kind
  [[nodiscard]] std::string text_attribute(const std::string& name) const;
  [[nodiscard]] std::int64_t integer_attribute(const std::string& name) const;
  [[nodiscard]] double real_attribute(const std::string& name) const;

 protected:
  explicit Group(std::shared_ptr<const detail::Object> object) : object_(std::move(object)) {}
  std::shared_ptr<const detail::Object> object_;

 private:
  struct Rows {
    int first, last;
    std::size_t columns;
  };
  static Rows row_range(const Dataset& source, const std::string& path,
                        std::optional<DayRange> rows);
  std::size_t count(const std::string& path) const;
  Dataset make_empty(const std::string& path, detail::Type type, std::vector<std::size_t> shape,
                     std::vector<std::size_t> chunk);
  void write_numbers(const std::string& path, detail::Type type, std::vector<std::size_t> shape,
                     const void* data, std::size_t stride);
  void read_numbers(const std::string& path, detail::Type type, void* out) const;
};

/// An open file, and its root group. Everything opened from it must go before `close`, or is closed
/// by it.
class File : public Group {
 public:
  /// Makes the file or empties it. Write into a temporary file (`replace_file`) and rename.
  [[nodiscard]] static File create(const std::filesystem::path& file);
  /// Opens for reading. @throws StoreError if it is missing, torn or no HDF5 file
  [[nodiscard]] static File open(const std::filesystem::path& file);
  /// Flushes and closes, so that a full disk is reported; the destructor closes silently.
  void close();

 private:
  using Group::Group;
};

}  // namespace evofactor::h5
