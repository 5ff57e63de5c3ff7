#include "engine/core/settings.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace evofactor {
namespace {

std::string number(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{}", value);
}

std::string expected_number(std::string_view what, Bounds bounds) {
  if (std::isinf(bounds.low) && std::isinf(bounds.high)) return std::string(what);
  if (std::isinf(bounds.high)) return fmt::format("{} of at least {}", what, number(bounds.low));
  if (std::isinf(bounds.low)) return fmt::format("{} of at most {}", what, number(bounds.high));
  return fmt::format("{} in [{}, {}]", what, number(bounds.low), number(bounds.high));
}

std::string quoted_list(std::span<const std::string_view> names) {
  std::string text;
  for (const auto name : names) text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", name);
  return text;
}

/// What came, short enough for a message.
std::string excerpt(const Json& value) {
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "…";
  return text;
}

std::string escaped(std::string_view key) {
  std::string text;
  for (const char c : key) {
    if (c == '~')
      text += "~0";
    else if (c == '/')
      text += "~1";
    else
      text += c;
  }
  return text;
}

class Reader final : public FieldVisitor {
 public:
  Reader(const Json& node, std::string_view file, std::string pointer, Problems& problems)
      : node_(node), file_(file), pointer_(std::move(pointer)), problems_(problems) {
    if (!node_.is_object())
      problems_.add("{}:{}: expected an object, got {}", file_, pointer_.empty() ? "/" : pointer_,
                    excerpt(node_));
  }

  void field(std::string_view key, bool& value, std::string_view) override {
    read(key, "true or false", [&](const Json& node) {
      if (!node.is_boolean()) return false;
      value = node.get<bool>();
      return true;
    });
  }
  void field(std::string_view key, std::string& value, std::string_view) override {
    read(key, "a string", [&](const Json& node) {
      if (!node.is_string()) return false;
      value = node.get<std::string>();
      return true;
    });
  }
  void field(std::string_view key, double& value, Bounds bounds, std::string_view) override {
    read(key, expected_number("a number", bounds),
         [&](const Json& node) { return take(node, bounds, value); });
  }
  void field(std::string_view key, std::int64_t& value, Bounds bounds, std::string_view) override {
    read(key, expected_number("an integer", bounds),
         [&](const Json& node) { return take(node, bounds, value); });
  }
  void field(std::string_view key, std::vector<std::string>& value, std::string_view) override {
    read(key, "a list of strings", [&](const Json& node) {
      if (!node.is_array()) return false;
      std::vector<std::string> read_values;
      for (const Json& element : node) {
        if (!element.is_string()) return false;
        read_values.push_back(element.get<std::string>());
      }
      value = std::move(read_values);
      return true;
    });
  }
  void field(std::string_view key, std::vector<double>& value, Bounds bounds,
             std::string_view) override {
    numbers(key, value, bounds, "a list of numbers");
  }
  void field(std::string_view key, std::vector<std::int64_t>& value, Bounds bounds,
             std::string_view) override {
    numbers(key, value, bounds, "a list of integers");
  }
  void field(std::string_view key, std::optional<double>& value, Bounds bounds,
             std::string_view) override {
    optional(key, value, bounds, "a number");
  }
  void field(std::string_view key, std::optional<std::int64_t>& value, Bounds bounds,
             std::string_view) override {
    optional(key, value, bounds, "an integer");
  }
  void field(std::string_view key, std::optional<std::string>& value, std::string_view) override {
    read(key, "a string or null", [&](const Json& node) {
      if (node.is_null())
        value.reset();
      else if (node.is_string())
        value = node.get<std::string>();
      else
        return false;
      return true;
    });
  }
  void field(std::string_view key, std::vector<std::pair<std::string, double>>& value,
             std::span<const std::string_view> names, Bounds bounds, std::string_view) override {
    const Json* node = find(key);
    if (node == nullptr) return;
    if (!node->is_object()) return problem(key, "an object of name: number", *node);
    std::vector<std::pair<std::string, double>> read_values = value;
    for (const auto& [name, element] : node->items()) {
      const std::string at = fmt::format("{}/{}", escaped(key), escaped(name));
      if (!names.empty() && std::ranges::find(names, name) == names.end()) {
        unknown(at, name, names);
        continue;
      }
      double number_value = 0;
      if (!take(element, bounds, number_value)) {
        problem(at, expected_number("a number", bounds), element);
        continue;
      }
      const auto known =
          std::ranges::find_if(read_values, [&](auto& p) { return p.first == name; });
      if (known != read_values.end())
        known->second = number_value;
      else
        read_values.emplace_back(name, number_value);
    }
    value = std::move(read_values);
  }
  void raw(std::string_view key, Json& value, std::string_view) override {
    if (const Json* node = find(key)) value = *node;
  }
  void choice(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
              std::string_view) override {
    read(key, "one of " + quoted_list(names), [&](const Json& node) {
      if (!node.is_string()) return false;
      const auto it = std::ranges::find(names, node.get<std::string>());
      if (it == names.end()) return false;
      index = static_cast<std::size_t>(it - names.begin());
      return true;
    });
  }
  void group(std::string_view key, const std::function<void(FieldVisitor&)>& describe,
             std::string_view) override {
    static const Json kEmpty = Json::object();
    const Json* node = find(key);
    Reader inner(node != nullptr ? *node : kEmpty, file_, at(key), problems_);
    describe(inner);
    inner.finish();
  }
  void list(std::string_view key, std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(FieldVisitor&, std::size_t)>& describe,
            std::string_view) override {
    const Json* node = find(key);
    if (node == nullptr) return;
    if (!node->is_array()) return problem(key, "a list of objects", *node);
    resize(node->size());
    for (std::size_t i = 0; i < node->size(); ++i) {
      Reader inner((*node)[i], file_, fmt::format("{}/{}", at(key), i), problems_);
      describe(inner, i);
      inner.finish();
    }
  }
  void require(bool holds, std::string_view key, std::string_view message) override {
    if (!holds) problems_.add("{}:{}: {}", file_, at(key), message);
  }

  /// Reports keys that nobody asked for.
  void finish() {
    if (!node_.is_object()) return;
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    for (const auto& [key, value] : node_.items())
      if (!known_.contains(key)) unknown(escaped(key), key, known);
  }

 private:
  [[nodiscard]] std::string at(std::string_view key) const {
    return fmt::format("{}/{}", pointer_, key);
  }
  const Json* find(std::string_view key) {
    known_.emplace(key);
    if (!node_.is_object()) return nullptr;
    const auto it = node_.find(std::string(key));
    return it == node_.end() ? nullptr : &*it;
  }
  void problem(std::string_view key, std::string_view expected, const Json& got) {
    problems_.add("{}:{}: expected {}, got {}", file_, at(key), expected, excerpt(got));
  }
  void unknown(std::string_view path, std::string_view key,
               std::span<const std::string_view> known) {
    const std::string_view close = nearest(key, known);
    problems_.add("{}:{}: unknown key; {}", file_, at(path),
                  close.empty() ? "known here: " + quoted_list(known)
                                : fmt::format("did you mean \"{}\"?", close));
  }
  template <class Take>
  void read(std::string_view key, std::string_view expected, Take take_value) {
    const Json* node = find(key);
    if (node != nullptr && !take_value(*node)) problem(key, expected, *node);
  }
  static bool take(const Json& node, Bounds bounds, double& value) {
    if (!node.is_number()) return false;
    const double x = node.get<double>();
    if (!(x >= bounds.low && x <= bounds.high)) return false;
    value = x;
    return true;
  }
  static bool take(const Json& node, Bounds bounds, std::int64_t& value) {
    double x = 0;
    if (!take(node, bounds, x) || x != std::floor(x) || std::abs(x) > 0x1p62) return false;
    value = node.is_number_integer() ? node.get<std::int64_t>() : static_cast<std::int64_t>(x);
    return true;
  }
  template <class T>
  void numbers(std::string_view key, std::vector<T>& value, Bounds bounds, std::string_view what) {
    read(key, expected_number(what, bounds), [&](const Json& node) {
      if (!node.is_array()) return false;
      std::vector<T> read_values;
      for (const Json& element : node) {
        T x{};
        if (!take(element, bounds, x)) return false;
        read_values.push_back(x);
      }
      value = std::move(read_values);
      return true;
    });
  }
  template <class T>
  void optional(std::string_view key, std::optional<T>& value, Bounds bounds,
                std::string_view what) {
    read(key, expected_number(what, bounds) + " or null", [&](const Json& node) {
      T x{};
      if (node.is_null())
        value.reset();
      else if (take(node, bounds, x))
        value = x;
      else
        return false;
      return true;
    });
  }

  const Json& node_;
  std::string_view file_;
  std::string pointer_;
  Problems& problems_;
  std::set<std::string, std::less<>> known_;
};

class Writer final : public FieldVisitor {
 public:
  void field(std::string_view key, bool& value, std::string_view) override { put(key, value); }
  void field(std::string_view key, std::string& value, std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, double& value, Bounds, std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, std::int64_t& value, Bounds, std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, std::vector<std::string>& value, std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, std::vector<double>& value, Bounds, std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, std::vector<std::int64_t>& value, Bounds,
             std::string_view) override {
    put(key, value);
  }
  void field(std::string_view key, std::optional<double>& value, Bounds,
             std::string_view) override {
    put(key, value ? Json(*value) : Json());
  }
  void field(std::string_view key, std::optional<std::int64_t>& value, Bounds,
             std::string_view) override {
    put(key, value ? Json(*value) : Json());
  }
  void field(std::string_view key, std::optional<std::string>& value, std::string_view) override {
    put(key, value ? Json(*value) : Json());
  }
  void field(std::string_view key, std::vector<std::pair<std::string, double>>& value,
             std::span<const std::string_view>, Bounds, std::string_view) override {
    Json named = Json::object();
    for (const auto& [name, x] : value) named[name] = x;
    put(key, named);
  }
  void raw(std::string_view key, Json& value, std::string_view) override { put(key, value); }
  void choice(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
              std::string_view) override {
    put(key, std::string(names[index]));
  }
  void group(std::string_view key, const std::function<void(FieldVisitor&)>& describe,
             std::string_view) override {
    put(key, write_settings(describe));
  }
  void list(std::string_view key, std::size_t size, const std::function<void(std::size_t)>&,
            const std::function<void(FieldVisitor&, std::size_t)>& describe,
            std::string_view) override {
    Json elements = Json::array();
    for (std::size_t i = 0; i < size; ++i)
      elements.push_back(write_settings([&](FieldVisitor& v) { describe(v, i); }));
    put(key, elements);
  }
  void require(bool, std::string_view, std::string_view) override {}

  Json object = Json::object();

 private:
  template <class T>
  void put(std::string_view key, const T& value) {
    object[std::string(key)] = value;
  }
};

class SchemaWriter final : public FieldVisitor {
 public:
  void field(std::string_view key, bool& value, std::string_view doc) override {
    put(key, {{"type", "boolean"}}, value, doc);
  }
  void field(std::string_view key, std::string& value, std::string_view doc) override {
    put(key, {{"type", "string"}}, value, doc);
  }
  void field(std::string_view key, double& value, Bounds bounds, std::string_view doc) override {
    put(key, bounded("number", bounds), value, doc);
  }
  void field(std::string_view key, std::int64_t& value, Bounds bounds,
             std::string_view doc) override {
    put(key, bounded("integer", bounds), value, doc);
  }
  void field(std::string_view key, std::vector<std::string>& value, std::string_view doc) override {
    put(key, {{"type", "array"}, {"items", {{"type", "string"}}}}, value, doc);
  }
  void field(std::string_view key, std::vector<double>& value, Bounds bounds,
             std::string_view doc) override {
    put(key, {{"type", "array"}, {"items", bounded("number", bounds)}}, value, doc);
  }
  void field(std::string_view key, std::vector<std::int64_t>& value, Bounds bounds,
             std::string_view doc) override {
    put(key, {{"type", "array"}, {"items", bounded("integer", bounds)}}, value, doc);
  }
  void field(std::string_view key, std::optional<double>& value, Bounds bounds,
             std::string_view doc) override {
    put(key, bounded(Json::array({"number", "null"}), bounds), value ? Json(*value) : Json(), doc);
  }
  void field(std::string_view key, std::optional<std::int64_t>& value, Bounds bounds,
             std::string_view doc) override {
    put(key, bounded(Json::array({"integer", "null"}), bounds), value ? Json(*value) : Json(), doc);
  }
  void field(std::string_view key, std::optional<std::string>& value,
             std::string_view doc) override {
    put(key, {{"type", Json::array({"string", "null"})}}, value ? Json(*value) : Json(), doc);
  }
  void field(std::string_view key, std::vector<std::pair<std::string, double>>& value,
             std::span<const std::string_view> names, Bounds bounds,
             std::string_view doc) override {
    Json node = {{"type", "object"}};
    Json defaults = Json::object();
    for (const auto& [name, x] : value) defaults[name] = x;
    if (names.empty()) {
      node["additionalProperties"] = bounded("number", bounds);
    } else {
      for (const auto name : names)
        node["properties"][std::string(name)] = bounded("number", bounds);
      node["additionalProperties"] = false;
    }
    put(key, node, defaults, doc);
  }
  void raw(std::string_view key, Json&, std::string_view doc) override {
    properties[std::string(key)] = {{"description", std::string(doc)}};
  }
  void choice(std::string_view key, std::size_t& index, std::span<const std::string_view> names,
              std::string_view doc) override {
    Json values = Json::array();
    for (const auto name : names) values.push_back(std::string(name));
    put(key, {{"enum", values}}, std::string(names[index]), doc);
  }
  void group(std::string_view key, const std::function<void(FieldVisitor&)>& describe,
             std::string_view doc) override {
    Json node = schema_of_settings(describe);
    node["description"] = std::string(doc);
    properties[std::string(key)] = node;
  }
  void list(std::string_view key, std::size_t, const std::function<void(std::size_t)>& resize,
            const std::function<void(FieldVisitor&, std::size_t)>& describe,
            std::string_view doc) override {
    resize(1);
    properties[std::string(key)] = {
        {"type", "array"},
        {"items", schema_of_settings([&](FieldVisitor& v) { describe(v, 0); })},
        {"description", std::string(doc)}};
  }
  void require(bool, std::string_view, std::string_view) override {}

  Json properties = Json::object();

 private:
  static Json bounded(const Json& type, Bounds bounds) {
    Json node = {{"type", type}};
    if (!std::isinf(bounds.low)) node["minimum"] = bounds.low;
    if (!std::isinf(bounds.high)) node["maximum"] = bounds.high;
    return node;
  }
  template <class T>
  void put(std::string_view key, Json node, const T& value, std::string_view doc) {
    node["default"] = value;
    node["description"] = std::string(doc);
    properties[std::string(key)] = std::move(node);
  }
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

void read_settings(const Json& node, std::string_view file, std::string_view pointer,
                   const std::function<void(FieldVisitor&)>& describe, Problems& problems) {
  Reader reader(node, file, std::string(pointer), problems);
  describe(reader);
  reader.finish();
}

Json write_settings(const std::function<void(FieldVisitor&)>& describe) {
  Writer writer;
  describe(writer);
  return writer.object;
}

Json schema_of_settings(const std::function<void(FieldVisitor&)>& describe) {
  SchemaWriter writer;
  describe(writer);
  return {{"type", "object"}, {"properties", writer.properties}, {"additionalProperties", false}};
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 2;
  for (const auto candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace evofactor
