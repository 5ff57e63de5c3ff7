#include "engine/formula/graph.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <string>

#include "engine/core/error.hpp"
#include "engine/core/hash.hpp"

namespace evofactor::formula {
namespace {

/// What makes two nodes the same value.
struct Key {
  std::uint64_t what = 0;   ///< kind, function and window
  std::uint64_t value = 0;  ///< bits of the number, or address of the field
  std::array<int, 3> operands{};
  bool operator==(const Key&) const = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const {
    std::uint64_t h = key.what * 0x9e3779b97f4a7c15U ^ key.value;
    for (const int operand : key.operands)
      h = (h ^ (h >> 29U)) * 0xbf58476d1ce4e5b9U + static_cast<std::uint64_t>(operand + 1);
    return h ^ (h >> 32U);
  }
};

Key key_of(const Node& node) {
  Key key;
  key.what = static_cast<std::uint64_t>(node.kind) << 56U |
             static_cast<std::uint64_t>(node.fn) << 32U |
             static_cast<std::uint64_t>(static_cast<std::uint32_t>(node.window));
  key.value = node.field != nullptr
                  ? static_cast<std::uint64_t>(std::bit_cast<std::uintptr_t>(node.field))
                  : std::bit_cast<std::uint32_t>(node.number);
  key.operands = node.operands;
  return key;
}

const Grid<float>& field_of(const Market& market, const std::string& name, const Program& program) {
  const auto found = market.fields.find(name);
  if (found != market.fields.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [known_name, grid] : market.fields) known.push_back(known_name);
  throw ConfigError(fmt::format(
      "field \"{}\" of formula {} is not in this panel, which gives {}; import data that holds it, "
      "or leave it out of the formula",
      name, to_string(program), fmt::join(known, ", ")));
}

Node node_of(const Token& token, const Program& program, const Market& market) {
  Node node;
  node.kind = token.kind;
  switch (token.kind) {
    case TokenKind::kField:
      node.field = &field_of(market, token.name, program);
      break;
    case TokenKind::kConstant:
      node.number = token.value;
      break;
    case TokenKind::kGroup:
      if (market.industry.size() != market.stocks.size())
        throw ConfigError(fmt::format(
            "formula {} compares stocks within their industry, which this panel does not give; "
            "import industry.csv with the prices",
            to_string(program)));
      break;
    case TokenKind::kFunction: {
      const FunctionInfo& row = info(token);
      node.fn = row.fn;
      node.group = row.group;
      node.n_operands = row.arity;
      node.window = token.window;
      node.number = token.value;
      if (token.window > market.n_days())
        throw ConfigError(fmt::format(
            "window {} of {} in formula {} is longer than the panel of {} days; use a shorter "
            "window or a longer panel",
            token.window, row.name, to_string(program), market.n_days()));
      break;
    }
  }
  return node;
}

/// Functions at least this dear are worth the memory of their values and the time to store them.
constexpr double kWorthKeeping = 4;
/// Kept values begin on every kStep-th day before those asked for, so that a subtree found a few
/// days further down another formula is still the same.
constexpr int kStep = 20;

std::uint64_t hash_of(const Node& node, const std::string& field, std::span<const Node> nodes) {
  Hasher hasher;
  hasher.add(node.kind).add(node.fn).add(node.window).add(node.number).add(field);
  std::array<std::uint64_t, 3> operands{};
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (node.operands[i] >= 0) operands[i] = nodes[static_cast<std::size_t>(node.operands[i])].hash;
  if (node.is_function() && info(node.fn).commutative)
    std::sort(operands.begin(), operands.begin() + 2);
  for (const std::uint64_t operand : operands) hasher.add(operand);
  return hasher.value();
}

bool is_recursive(const Node& node) { return node.fn == Fn::kEwm || node.fn == Fn::kEwmWilder; }

/// Days before t that the node's value at t reads of its operands.
int reach(const Node& node) {
  if (node.window == 0) return 0;
  return node.group == FnGroup::kLookBack ? node.window : node.window - 1;
}

}  // namespace

Graph::Graph(std::span<const Program> programs, const Market& market, DayRange days,
             ValueArena* arena) {
  std::unordered_map<Key, int, KeyHash> known;
  std::vector<int> stack;
  for (std::size_t p = 0; p < programs.size(); ++p) {
    first_node.push_back(static_cast<int>(nodes.size()));
    stack.clear();
    for (const Token& token : programs[p].tokens) {
      Node node = node_of(token, programs[p], market);
      node.owner = static_cast<int>(p);
      if (node.is_function()) ++n_functions;
      const auto n_operands = static_cast<std::size_t>(node.n_operands);
      EVOFACTOR_CHECK(stack.size() >= n_operands, "malformed program");
      std::copy(stack.end() - node.n_operands, stack.end(), node.operands.begin());
      stack.resize(stack.size() - n_operands);
      if (node.is_function() && info(node.fn).commutative && node.operands[0] > node.operands[1])
        std::swap(node.operands[0], node.operands[1]);
      const auto [entry, is_new] = known.try_emplace(key_of(node), static_cast<int>(nodes.size()));
      stack.push_back(entry->second);
      if (!is_new) continue;
      for (std::size_t i = 0; i < n_operands; ++i)
        node.stage = std::max(node.stage, nodes[static_cast<std::size_t>(node.operands[i])].stage);
      if (node.is_cross_section()) ++node.stage;
      if (arena != nullptr) {
        node.hash = hash_of(node, token.name, nodes);
        node.work = work(token);
      }
      node.first_day = days.last;
      node.last_program = static_cast<int>(p);
      nodes.push_back(node);
    }
    EVOFACTOR_CHECK(stack.size() == 1, "program leaves {} values", stack.size());
    roots.push_back(stack.back());
  }
  first_node.push_back(static_cast<int>(nodes.size()));

  // A result is read when its program is done, after every stage.
  for (std::size_t p = 0; p < programs.size(); ++p) {
    Node& root = nodes[static_cast<std::size_t>(roots[p])];
    root.needed = true;
    root.whole_rows = true;
    root.first_day = days.first;
    root.last_program = static_cast<int>(p);
    root.last_stage = static_cast<int>(nodes.size());
  }
  find_what_is_needed(days, arena);
}

void Graph::find_what_is_needed(DayRange days, ValueArena* arena) {
  for (std::size_t n = nodes.size(); n-- > 0;) {
    Node& node = nodes[n];
    if (!node.needed) continue;
    if (is_recursive(node)) node.first_day = 0;
    if (node.is_function() && arena != nullptr) {
      node.given = arena->find(node.hash, node.first_day);
      if (node.given != nullptr) continue;
      if (node.work >= kWorthKeeping) {
        node.keep = true;
        node.whole_rows = true;
        const int earlier = (days.first - node.first_day + kStep - 1) / kStep * kStep;
        node.first_day = std::min(node.first_day, std::max(0, days.first - earlier));
      }
    }
    if (node.is_cross_section()) node.whole_rows = true;
    for (int i = 0; i < node.n_operands; ++i) {
      Node& operand = nodes[static_cast<std::size_t>(node.operands[static_cast<std::size_t>(i)])];
      operand.needed = true;
      operand.first_day = std::min(operand.first_day, std::max(0, node.first_day - reach(node)));
      if (node.is_cross_section() || node.stage != operand.stage || node.owner != operand.owner)
        operand.whole_rows = true;
      if (node.owner > operand.last_program) {
        operand.last_program = node.owner;
        operand.last_stage = node.stage;
      } else if (node.owner == operand.last_program) {
        operand.last_stage = std::max(operand.last_stage, node.stage);
      }
    }
  }
}

}  // namespace evofactor::formula
