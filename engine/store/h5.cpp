#include "engine/store/h5.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/error.hpp"

namespace evofactor::h5 {

/// Owns one identifier. `path` is absolute, for messages.
struct detail::Object {
  hid_t id;
  herr_t (*close)(hid_t);
  std::string file;
  std::string path;
  std::shared_ptr<const Object> parent;  ///< keeps the file open

  Object(hid_t id_, herr_t (*close_)(hid_t), std::string file_, std::string path_,
         std::shared_ptr<const Object> parent_)
      : id(id_),
        close(close_),
        file(std::move(file_)),
        path(std::move(path_)),
        parent(std::move(parent_)) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() {
    // A group that outlives File::close was closed by it; its identifier is then no longer valid.
    if (H5Iis_valid(id) > 0) close(id);
    H5Eclear2(H5E_DEFAULT);
  }
  [[nodiscard]] std::string join(const std::string& name) const {
    if (name.starts_with('/')) return name;
    return path == "/" ? "/" + name : path + "/" + name;
  }
};

namespace {
using detail::Object;
using detail::Type;
using ObjectPtr = std::shared_ptr<const Object>;

constexpr std::size_t kChunkBytes = std::size_t{1} << 19;
constexpr unsigned kDeflateLevel = 1;
constexpr std::size_t kMostFixedTextBytes = std::size_t{1} << 24;

/// Turns HDF5's printing off, which is a setting of each thread in its thread-safe build, and its
/// work at exit: there it would crash over a file it could not close, e.g. because the disk is
/// full.
void silence() {
  static const bool once = H5dont_atexit() >= 0;
  static_cast<void>(once);
  thread_local const bool done = [] {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(done);
}

/// Innermost reason on HDF5's error stack, which is emptied.
std::string reason() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_DOWNWARD,
      [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
        if (error->desc != nullptr && *error->desc != '\0')
          *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &text);
  H5Eclear2(H5E_DEFAULT);
  return text.empty() ? "no reason given" : text;
}

[[noreturn]] void fail(const std::string& file, const std::string& path, std::string_view what) {
  const std::string why = reason();
  throw StoreError(fmt::format("{}{}: {} ({})", file, path == "/" ? "" : ":" + path, what, why));
}
/// What a call returned, or a StoreError if that was negative.
template <class R>
R check(R result, const std::string& file, const std::string& path, std::string_view what) {
  if (result < 0) fail(file, path, what);
  return result;
}
template <class R>
R check(R result, const Object& object, std::string_view what) {
  return check(result, object.file, object.path, what);
}

/// Types, spaces and property lists, which live for one call.
class Scoped {
 public:
  Scoped(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Scoped(const Scoped&) = delete;
  Scoped& operator=(const Scoped&) = delete;
  ~Scoped() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT(google-explicit-constructor): passed to C calls

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t native(Type type) {
  switch (type) {
    case Type::kU8:
      return H5T_NATIVE_UINT8;
    case Type::kI16:
      return H5T_NATIVE_INT16;
    case Type::kI32:
      return H5T_NATIVE_INT32;
    case Type::kU32:
      return H5T_NATIVE_UINT32;
    case Type::kI64:
      return H5T_NATIVE_INT64;
    case Type::kU64:
      return H5T_NATIVE_UINT64;
    case Type::kF32:
      return H5T_NATIVE_FLOAT;
    case Type::kF64:
      return H5T_NATIVE_DOUBLE;
  }
  return -1;
}
std::string_view name_of(Type type) {
  constexpr std::array<std::string_view, 8> kNames{"u8",  "i16", "i32", "u32",
                                                   "i64", "u64", "f32", "f64"};
  return kNames[static_cast<std::size_t>(type)];
}

std::vector<hsize_t> dimensions(std::span<const std::size_t> shape) {
  return {shape.begin(), shape.end()};
}
Scoped simple_space(std::span<const std::size_t> shape, const std::string& file,
                    const std::string& path) {
  const auto dims = dimensions(shape);
  return {check(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr), file, path,
                "its shape cannot be set"),
          H5Sclose};
}
std::size_t product(std::span<const std::size_t> shape) {
  std::size_t n = 1;
  for (const std::size_t extent : shape) n *= extent;
  return n;
}

std::vector<std::size_t> shape_of(const Object& dataset) {
  const Scoped space(check(H5Dget_space(dataset.id), dataset, "its shape cannot be read"),
                     H5Sclose);
  const int rank = check(H5Sget_simple_extent_ndims(space), dataset, "its shape cannot be read");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space, dims.data(), nullptr), dataset,
        "its shape cannot be read");
  return {dims.begin(), dims.end()};
}

/// Chunked with the standard filters; nothing of that where there are no values or no chunk is
/// given.
void set_filters(hid_t list, std::span<const std::size_t> shape, std::span<const std::size_t> chunk,
                 const std::string& file, const std::string& path) {
  if (chunk.empty() || product(shape) == 0) return;
  constexpr std::string_view kWhat = "its storage cannot be set";
  const auto dims = dimensions(chunk);
  check(H5Pset_chunk(list, static_cast<int>(dims.size()), dims.data()), file, path, kWhat);
  check(H5Pset_shuffle(list), file, path, kWhat);
  check(H5Pset_deflate(list, kDeflateLevel), file, path, kWhat);
  check(H5Pset_fletcher32(list), file, path, kWhat);
}

/// Whole rows, about kChunkBytes of them.
std::vector<std::size_t> default_chunk(std::span<const std::size_t> shape,
                                       std::size_t element_bytes) {
  std::vector<std::size_t> chunk(shape.begin(), shape.end());
  if (product(shape) == 0) return chunk;
  const std::size_t row_bytes = std::max<std::size_t>(1, product(shape.subspan(1))) * element_bytes;
  chunk[0] = std::clamp<std::size_t>(kChunkBytes / row_bytes, 1, shape[0]);
  return chunk;
}

ObjectPtr create_dataset(const ObjectPtr& parent, const std::string& path, hid_t type,
                         std::span<const std::size_t> shape, std::span<const std::size_t> chunk) {
  silence();
  const std::string whole = parent->join(path);
  const Scoped space = simple_space(shape, parent->file, whole);
  const Scoped links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  check(H5Pset_create_intermediate_group(links, 1), *parent, "groups cannot be made");
  const Scoped storage(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  set_filters(storage, shape, chunk, parent->file, whole);
  const hid_t id =
      check(H5Dcreate2(parent->id, path.c_str(), type, space, links, storage, H5P_DEFAULT),
            parent->file, whole, "the dataset cannot be made");
  return std::make_shared<Object>(id, H5Dclose, parent->file, whole, parent);
}

bool type_fits(const Object& dataset, Type type) {
  const Scoped stored(check(H5Dget_type(dataset.id), dataset, "its type cannot be read"), H5Tclose);
  const hid_t wanted = native(type);
  const H5T_class_t kind = H5Tget_class(stored);
  if (kind != H5Tget_class(wanted) || H5Tget_size(stored) != H5Tget_size(wanted)) return false;
  return kind != H5T_INTEGER || H5Tget_sign(stored) == H5Tget_sign(wanted);
}
void require_type(const Object& dataset, Type type) {
  if (!type_fits(dataset, type))
    throw StoreError(fmt::format("{}:{}: values of type {} are expected, others are stored",
                                 dataset.file, dataset.path, name_of(type)));
}

}  // namespace

std::vector<std::size_t> Dataset::shape() const {
  silence();
  return shape_of(*object_);
}

std::vector<std::size_t> Dataset::chunk_shape() const {
  silence();
  const Scoped list(check(H5Dget_create_plist(object_->id), *object_, "cannot be read"), H5Pclose);
  if (H5Pget_layout(list) != H5D_CHUNKED) return {};
  std::vector<hsize_t> dims(shape().size());
  check(H5Pget_chunk(list, static_cast<int>(dims.size()), dims.data()), *object_,
        "its chunks cannot be read");
  return {dims.begin(), dims.end()};
}

bool Dataset::holds_type(Type type) const {
  silence();
  return type_fits(*object_, type);
}

void Dataset::read_part(Type type, DayRange rows, void* out, std::size_t columns,
                        std::size_t stride) const {
  silence();
  require_type(*object_, type);
  const auto n_rows = static_cast<std::size_t>(rows.size());
  if (n_rows == 0 || columns == 0) return;
  const Scoped source(check(H5Dget_space(object_->id), *object_, "its shape cannot be read"),
                      H5Sclose);
  const std::array<hsize_t, 2> start{static_cast<hsize_t>(rows.first), 0};
  const std::array<hsize_t, 2> count{n_rows, columns};
  check(H5Sselect_hyperslab(source, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
        *object_, "rows cannot be selected");
  const std::array<std::size_t, 2> memory_shape{n_rows, stride};
  const Scoped memory = simple_space(memory_shape, object_->file, object_->path);
  const std::array<hsize_t, 2> origin{0, 0};
  check(H5Sselect_hyperslab(memory, H5S_SELECT_SET, origin.data(), nullptr, count.data(), nullptr),
        *object_, "rows cannot be selected");
  check(H5Dread(object_->id, native(type), memory, source, H5P_DEFAULT, out), *object_,
        "cannot be read: the file is damaged or torn");
}

void Dataset::write_filtered_chunk(std::span<const std::size_t> offset,
                                   std::span<const std::byte> bytes) {
  silence();
  const auto position = dimensions(offset);
  check(H5Dwrite_chunk(object_->id, H5P_DEFAULT, 0, position.data(), bytes.size(), bytes.data()),
        *object_, "a chunk cannot be written");
}

std::vector<std::byte> Dataset::read_filtered_chunk(std::span<const std::size_t> offset) const {
  silence();
  const auto position = dimensions(offset);
  hsize_t size = 0;
  check(H5Dget_chunk_storage_size(object_->id, position.data(), &size), *object_,
        "a chunk cannot be read: the file is damaged or torn");
  std::vector<std::byte> bytes(size);
  std::uint32_t skipped_filters = 0;
  check(H5Dread_chunk(object_->id, H5P_DEFAULT, position.data(), &skipped_filters, bytes.data()),
        *object_, "a chunk cannot be read: the file is damaged or torn");
  if (skipped_filters != 0)
    throw StoreError(fmt::format("{}:{}: the chunk at {} lacks a filter; write the file again",
                                 object_->file, object_->path, fmt::join(offset, ", ")));
  return bytes;
}

bool Dataset::has_standard_filters() const {
  silence();
  const Scoped list(check(H5Dget_create_plist(object_->id), *object_, "cannot be read"), H5Pclose);
  constexpr std::array<H5Z_filter_t, 3> kStandard{H5Z_FILTER_SHUFFLE, H5Z_FILTER_DEFLATE,
                                                  H5Z_FILTER_FLETCHER32};
  if (H5Pget_layout(list) != H5D_CHUNKED ||
      H5Pget_nfilters(list) != static_cast<int>(kStandard.size()))
    return false;
  for (unsigned i = 0; i < kStandard.size(); ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    if (H5Pget_filter2(list, i, &flags, &values, nullptr, 0, nullptr, nullptr) != kStandard[i])
      return false;
  }
  return true;
}

bool Group::has(const std::string& path) const {
  silence();
  // H5Lexists fails where a group on the way is missing, so each step is asked for.
  const std::string whole = object_->join(path);
  std::size_t end = 0;
  while (end != std::string::npos) {
    end = whole.find('/', end + 1);
    const std::string step = whole.substr(0, end);
    if (step == "/") return true;
    if (H5Lexists(object_->id, step.c_str(), H5P_DEFAULT) <= 0) {
      H5Eclear2(H5E_DEFAULT);
      return false;
    }
  }
  return true;
}

std::vector<std::string> Group::children() const {
  silence();
  std::vector<std::string> names;
  check(H5Literate(
            object_->id, H5_INDEX_NAME, H5_ITER_INC, nullptr,
            [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
              static_cast<std::vector<std::string>*>(out)->emplace_back(name);
              return 0;
            },
            &names),
        *object_, "its members cannot be listed");
  std::ranges::sort(names);
  return names;
}

Group Group::group(const std::string& path) const {
  silence();
  const std::string whole = object_->join(path);
  const hid_t id = check(H5Gopen2(object_->id, path.c_str(), H5P_DEFAULT), object_->file, whole,
                         "there is no such group");
  return Group(std::make_shared<Object>(id, H5Gclose, object_->file, whole, object_));
}

Group Group::make_group(const std::string& path) {
  silence();
  const std::string whole = object_->join(path);
  const Scoped links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  check(H5Pset_create_intermediate_group(links, 1), *object_, "groups cannot be made");
  const hid_t id = check(H5Gcreate2(object_->id, path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT),
                         object_->file, whole, "the group cannot be made");
  return Group(std::make_shared<Object>(id, H5Gclose, object_->file, whole, object_));
}

Dataset Group::dataset(const std::string& path) const {
  silence();
  const std::string whole = object_->join(path);
  const hid_t id = check(H5Dopen2(object_->id, path.c_str(), H5P_DEFAULT), object_->file, whole,
                         "there is no such dataset");
  return Dataset(std::make_shared<Object>(id, H5Dclose, object_->file, whole, object_));
}

Group::Rows Group::row_range(const Dataset& source, const std::string& path,
                             std::optional<DayRange> rows) {
  const auto shape = source.shape();
  if (shape.size() != 2)
    throw StoreError(fmt::format("{}:{}: two dimensions are expected, it has {}",
                                 source.object_->file, source.object_->path, shape.size()));
  const DayRange range = rows.value_or(DayRange{0, static_cast<int>(shape[0])});
  if (range.first < 0 || range.last < range.first ||
      static_cast<std::size_t>(range.last) > shape[0])
    throw StoreError(fmt::format("{}:{}: rows [{}, {}) are asked for, it has {}",
                                 source.object_->file, path, range.first, range.last, shape[0]));
  return {range.first, range.last, shape[1]};
}

std::size_t Group::count(const std::string& path) const { return product(shape(path)); }

Dataset Group::make_empty(const std::string& path, Type type, std::vector<std::size_t> shape,
                          std::vector<std::size_t> chunk) {
  return Dataset(create_dataset(object_, path, native(type), shape, chunk));
}

void Group::write_numbers(const std::string& path, Type type, std::vector<std::size_t> shape,
                          const void* data, std::size_t stride) {
  silence();
  const auto dataset = create_dataset(object_, path, native(type), shape,
                                      default_chunk(shape, H5Tget_size(native(type))));
  if (product(shape) == 0) return;
  std::vector<std::size_t> memory_shape = shape;
  memory_shape.back() = stride;
  const Scoped memory = simple_space(memory_shape, dataset->file, dataset->path);
  const std::vector<hsize_t> origin(shape.size(), 0);
  const auto counts = dimensions(shape);
  check(H5Sselect_hyperslab(memory, H5S_SELECT_SET, origin.data(), nullptr, counts.data(), nullptr),
        *dataset, "cannot be written");
  check(H5Dwrite(dataset->id, native(type), memory, H5S_ALL, H5P_DEFAULT, data), *dataset,
        "cannot be written");
}

void Group::read_numbers(const std::string& path, Type type, void* out) const {
  const Dataset source = dataset(path);
  require_type(*source.object_, type);
  if (product(source.shape()) == 0) return;
  check(H5Dread(source.object_->id, native(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, out),
        *source.object_, "cannot be read: the file is damaged or torn");
}

namespace {
/// A string type: of `size` bytes, padded with zeros, or of variable length.
Scoped text_type(std::size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_cset(type, H5T_CSET_UTF8);
  H5Tset_strpad(type, H5T_STR_NULLPAD);
  return {type, H5Tclose};
}
}  // namespace

void Group::write_texts(const std::string& path, const std::vector<std::string>& texts) {
  silence();
  std::size_t longest = 1, total = 0;
  for (const std::string& text : texts) {
    longest = std::max(longest, text.size());
    total += text.size();
  }
  const std::array<std::size_t, 1> shape{texts.size()};
  const bool fixed = longest * texts.size() <= std::max(kMostFixedTextBytes, 4 * total);
  const Scoped type = text_type(fixed ? longest : H5T_VARIABLE);
  // HDF5 applies no filter to variable-length values.
  const auto chunk = fixed ? default_chunk(shape, longest) : std::vector<std::size_t>{};
  const auto dataset = create_dataset(object_, path, type, shape, chunk);
  if (texts.empty()) return;
  herr_t status = 0;
  if (fixed) {
    std::vector<char> padded(longest * texts.size(), '\0');
    for (std::size_t i = 0; i < texts.size(); ++i)
      std::ranges::copy(texts[i], padded.begin() + static_cast<std::ptrdiff_t>(i * longest));
    status = H5Dwrite(dataset->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data());
  } else {
    std::vector<const char*> pointers;
    pointers.reserve(texts.size());
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    status = H5Dwrite(dataset->id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data());
  }
  check(status, *dataset, "cannot be written");
}

std::vector<std::string> Group::read_texts(const std::string& path) const {
  constexpr std::string_view kWhat = "cannot be read: the file is damaged or torn";
  const Dataset source = dataset(path);
  const Object& object = *source.object_;
  const Scoped stored(check(H5Dget_type(object.id), object, kWhat), H5Tclose);
  if (H5Tget_class(stored) != H5T_STRING)
    throw StoreError(
        fmt::format("{}:{}: texts are expected, numbers are stored", object.file, object.path));
  std::vector<std::string> texts(product(source.shape()));
  if (texts.empty()) return texts;
  if (H5Tis_variable_str(stored) > 0) {
    std::vector<char*> pointers(texts.size(), nullptr);
    const Scoped space(check(H5Dget_space(object.id), object, kWhat), H5Sclose);
    // Memory keeps the stored character set: HDF5 does not convert between them.
    check(H5Dread(object.id, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), object,
          kWhat);
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (pointers[i] != nullptr) texts[i] = pointers[i];
    H5Dvlen_reclaim(stored, space, H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t size = H5Tget_size(stored);
  std::vector<char> padded(size * texts.size());
  check(H5Dread(object.id, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), object, kWhat);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view text(padded.data() + i * size, size);
    texts[i] = text.substr(0, text.find('\0'));
  }
  return texts;
}

void Group::write_bytes(const std::string& path, std::span<const std::byte> bytes) {
  write_numbers(path, Type::kU8, {bytes.size()}, bytes.data(), bytes.size());
}

std::vector<std::byte> Group::read_bytes(const std::string& path) const {
  std::vector<std::byte> bytes(count(path));
  read_numbers(path, Type::kU8, bytes.data());
  return bytes;
}

namespace {
void write_attribute(const Object& object, const std::string& name, hid_t type, const void* value) {
  silence();
  const std::string where = object.path + "@" + name;
  if (H5Aexists(object.id, name.c_str()) > 0) H5Adelete(object.id, name.c_str());
  const Scoped space(H5Screate(H5S_SCALAR), H5Sclose);
  const Scoped attribute(
      check(H5Acreate2(object.id, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), object.file,
            where, "the attribute cannot be made"),
      H5Aclose);
  check(H5Awrite(attribute, type, value), object.file, where, "the attribute cannot be written");
}
void read_attribute(const Object& object, const std::string& name, H5T_class_t kind, hid_t type,
                    void* value) {
  silence();
  const std::string where = object.path + "@" + name;
  const Scoped attribute(check(H5Aopen(object.id, name.c_str(), H5P_DEFAULT), object.file, where,
                               "there is no such attribute"),
                         H5Aclose);
  const Scoped stored(
      check(H5Aget_type(attribute), object.file, where, "the attribute cannot be read"), H5Tclose);
  if (H5Tget_class(stored) != kind)
    throw StoreError(
        fmt::format("{}:{}: the attribute is of another type than expected", object.file, where));
  check(H5Aread(attribute, type, value), object.file, where, "the attribute cannot be read");
}
}  // namespace

void Group::set_attribute(const std::string& name, std::string_view value) {
  const Scoped type = text_type(std::max<std::size_t>(1, value.size()));
  const std::string padded = value.empty() ? std::string(1, '\0') : std::string(value);
  write_attribute(*object_, name, type, padded.data());
}
void Group::set_attribute(const std::string& name, std::int64_t value) {
  write_attribute(*object_, name, H5T_NATIVE_INT64, &value);
}
void Group::set_attribute(const std::string& name, double value) {
  write_attribute(*object_, name, H5T_NATIVE_DOUBLE, &value);
}

bool Group::has_attribute(const std::string& name) const {
  silence();
  return H5Aexists(object_->id, name.c_str()) > 0;
}

std::string Group::text_attribute(const std::string& name) const {
  silence();
  const std::string where = object_->path + "@" + name;
  const Scoped attribute(check(H5Aopen(object_->id, name.c_str(), H5P_DEFAULT), object_->file,
                               where, "there is no such attribute"),
                         H5Aclose);
  const Scoped stored(
      check(H5Aget_type(attribute), object_->file, where, "the attribute cannot be read"),
      H5Tclose);
  if (H5Tget_class(stored) != H5T_STRING)
    throw StoreError(
        fmt::format("{}:{}: the attribute is no text as expected", object_->file, where));
  if (H5Tis_variable_str(stored) > 0) {
    char* text = nullptr;
    check(H5Aread(attribute, stored, &text), object_->file, where, "the attribute cannot be read");
    std::string value = text == nullptr ? "" : text;
    H5free_memory(text);
    return value;
  }
  std::string value(H5Tget_size(stored), '\0');
  check(H5Aread(attribute, stored, value.data()), object_->file, where,
        "the attribute cannot be read");
  value.resize(std::min(value.find('\0'), value.size()));
  return value;
}
std::int64_t Group::integer_attribute(const std::string& name) const {
  std::int64_t value = 0;
  read_attribute(*object_, name, H5T_INTEGER, H5T_NATIVE_INT64, &value);
  return value;
}
double Group::real_attribute(const std::string& name) const {
  double value = 0;
  read_attribute(*object_, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, &value);
  return value;
}

namespace {
/// Access without file locks: readers take none of each other, writers write to files of their own,
/// and locks fail on some network file systems. Closing the file closes all that was opened from
/// it.
Scoped file_access() {
  const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
  H5Pset_file_locking(list, 0, 1);
  return {list, H5Pclose};
}
}  // namespace

File File::create(const std::filesystem::path& file) {
  silence();
  const Scoped access = file_access();
  const hid_t id = check(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), file.string(),
                         "/", "the file cannot be made");
  return File(std::make_shared<Object>(id, H5Fclose, file.string(), "/", nullptr));
}

File File::open(const std::filesystem::path& file) {
  silence();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    throw StoreError(fmt::format("{}: there is no such file", file.string()));
  const Scoped access = file_access();
  const hid_t id = check(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access), file.string(), "/",
                         "no HDF5 file, or a damaged or torn one");
  return File(std::make_shared<Object>(id, H5Fclose, file.string(), "/", nullptr));
}

void File::close() {
  silence();
  check(H5Fflush(object_->id, H5F_SCOPE_LOCAL), *object_, "cannot be written to its end");
  check(H5Fclose(object_->id), *object_, "cannot be closed");
}

}  // namespace evofactor::h5
