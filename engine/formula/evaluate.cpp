#include "engine/formula/evaluate.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/error.hpp"
#include "engine/formula/graph.hpp"
#include "engine/formula/kernels/cross_section.hpp"
#include "engine/formula/kernels/elementwise.hpp"
#include "engine/formula/kernels/look_back.hpp"
#include "engine/formula/kernels/moments.hpp"
#include "engine/formula/kernels/order.hpp"
#include "engine/formula/kernels/pairs.hpp"
#include "engine/formula/kernels/view.hpp"
#include "engine/formula/kernels/weighted.hpp"
#include "engine/formula/workspace.hpp"

namespace evofactor::formula {
namespace {

using kernels::ConstView;
using kernels::kColumnGroup;
using kernels::View;

/// Size of one value over the stocks of a block: a handful of them stays in a core's second-level
/// cache.
constexpr std::size_t kBlockBytes = std::size_t{64} << 10U;

/// Stocks that are computed together: an odd number of column groups, so that the days of a column
/// fall into different cache sets.
std::size_t block_width(int n_days, std::size_t n_columns) {
  const std::size_t per_column = static_cast<std::size_t>(std::max(n_days, 1)) * sizeof(float);
  const std::size_t groups = std::max<std::size_t>(kBlockBytes / per_column / kColumnGroup, 1);
  return std::min((groups - (groups % 2 == 0 ? 1 : 0)) * kColumnGroup, n_columns);
}

void apply(const Node& node, const std::array<ConstView, 3>& x, View out, DayRange days,
           std::size_t width) {
  switch (node.group) {
    case FnGroup::kElementwise:
      return kernels::elementwise(node.fn, node.number, x, out, days, width);
    case FnGroup::kLookBack:
      return kernels::look_back(node.fn, x[0], out, days, node.window, width);
    case FnGroup::kMoments:
      return kernels::moments(node.fn, x[0], out, days, node.window, width);
    case FnGroup::kOrder:
      return kernels::order(node.fn, node.number, x[0], out, days, node.window, width);
    case FnGroup::kWeighted:
      return kernels::weighted(node.fn, x[0], out, days, node.window, width);
    case FnGroup::kPairs:
      return kernels::pairs(node.fn, x[0], x[1], out, days, node.window, width);
    case FnGroup::kCrossSection:
      break;
  }
  EVOFACTOR_CHECK(false, "cross-sectional functions take whole rows");
}

/// Computes the programs of a graph one after the other. Within a stage of a program, all functions
/// but the cross-sectional ones run over a block of stocks before the next block is begun; values
/// that nothing outside the stage reads exist only for the block.
class Evaluation {
 public:
  Evaluation(std::span<const Program> programs, const Market& market, DayRange days,
             ValueArena* arena)
      : graph_(programs, market, days, arena),
        market_(market),
        days_(days),
        arena_(arena),
        width_((static_cast<std::size_t>(market.n_stocks()) + kColumnGroup - 1) / kColumnGroup *
               kColumnGroup),
        values_(graph_.nodes.size()) {}

  void run(const UseValues& use) {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) place_given(n);
    for (std::size_t p = 0; p < graph_.roots.size(); ++p) run_program(p, use);
    for (Value& value : values_)
      if (value.buffer.data() != nullptr) workspace_.give_back(std::move(value.buffer));
    workspace_.trim();
    if (arena_ != nullptr) count();
  }

 private:
  /// Where a node's values are. Those of a block are at `view` for the block being computed.
  struct Value {
    Buffer buffer;
    View view;
    bool in_block = false;
  };

  void count() const {
    std::int64_t computed = 0;
    for (const Node& node : graph_.nodes) computed += node.is_computed() ? 1 : 0;
    arena_->count(graph_.n_functions, computed);
  }

  [[nodiscard]] const Node& node(int n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }
  [[nodiscard]] DayRange days_of(const Node& node) const { return {node.first_day, days_.last}; }

  /// Places constants, and what the arena has.
  void place_given(std::size_t n) {
    const Node& node = graph_.nodes[n];
    if (node.given != nullptr)
      values_[n].view = {node.given->buffer.data(), node.given->stride, node.given->first_day};
    if (node.kind != TokenKind::kConstant) return;
    values_[n].buffer = workspace_.take(width_);
    std::fill_n(values_[n].buffer.data(), width_, node.number);
    values_[n].view = {values_[n].buffer.data(), 0, 0};
  }

  /// Values of node n from column c on.
  [[nodiscard]] ConstView read(int n, std::size_t c) const {
    if (const Grid<float>* field = node(n).field) return {field->data() + c, field->stride(), 0};
    const Value& value = values_[static_cast<std::size_t>(n)];
    ConstView view = value.view;
    if (!value.in_block) view.data += c;
    return view;
  }

  void run_program(std::size_t p, const UseValues& use) {
    int last_stage = -1;
    for (int n = graph_.first_node[p]; n < graph_.first_node[p + 1]; ++n)
      if (node(n).is_computed()) last_stage = std::max(last_stage, node(n).stage);
    for (int stage = 0; stage <= last_stage; ++stage) {
      run_stage(p, stage);
      release(p, stage);
    }
    const ConstView root = read(graph_.roots[p], 0);
    use(p,
        {days_, root.row(days_.first), root.stride, static_cast<std::size_t>(market_.n_stocks())});
    release(p, static_cast<int>(graph_.nodes.size()));
  }

  void run_stage(std::size_t p, int stage) {
    std::vector<int>& in_blocks = in_blocks_;
    in_blocks.clear();
    for (int n = graph_.first_node[p]; n < graph_.first_node[p + 1]; ++n) {
      if (!node(n).is_computed() || node(n).stage != stage) continue;
      if (node(n).whole_rows) place_rows(n);
      if (node(n).is_cross_section()) {
        run_cross_section(n);
      } else {
        in_blocks.push_back(n);
      }
    }
    if (!in_blocks.empty()) run_blocks(in_blocks);
  }

  void place_rows(int n) {
    Value& value = values_[static_cast<std::size_t>(n)];
    if (value.view.data != nullptr) return;
    const auto rows = static_cast<std::size_t>(days_of(node(n)).size());
    value.buffer = node(n).keep ? arena_->take(rows * width_) : workspace_.take(rows * width_);
    value.view = {value.buffer.data(), width_, node(n).first_day};
  }

  void run_cross_section(int n) {
    const Node& function = node(n);
    ConstView regressor;
    const bool fits =
        function.n_operands == 2 && node(function.operands[1]).kind != TokenKind::kGroup;
    if (fits) regressor = read(function.operands[1], 0);
    kernels::cross_section(function.fn, function.number, read(function.operands[0], 0),
                           fits ? &regressor : nullptr, values_[static_cast<std::size_t>(n)].view,
                           days_of(function), {market_.cross_section, market_.industry});
  }

  void run_blocks(const std::vector<int>& functions) {
    int first_day = days_.last;
    for (const int n : functions) first_day = std::min(first_day, node(n).first_day);
    const int n_days = days_.last - first_day;
    const std::size_t width = block_width(n_days, width_);
    const std::size_t size = static_cast<std::size_t>(n_days) * width;
    const std::size_t n_slots = assign_slots(functions);
    float* memory = workspace_.block(n_slots * size);
    for (const int n : functions) {
      Value& value = values_[static_cast<std::size_t>(n)];
      if (value.in_block)
        value.view = {memory + slots_[static_cast<std::size_t>(n)] * size, width,
                      node(n).first_day};
    }
    for (std::size_t c = 0; c < width_; c += width) {
      const std::size_t columns = std::min(width, width_ - c);
      for (const int n : functions) {
        const Node& function = node(n);
        const Value& value = values_[static_cast<std::size_t>(n)];
        std::array<ConstView, 3> x;
        for (std::size_t i = 0; i < static_cast<std::size_t>(function.n_operands); ++i)
          x[i] = read(function.operands[i], c);
        View out = value.view;
        if (!value.in_block) out.data += c;
        apply(function, x, out, days_of(function), columns);
      }
    }
  }

  /// Gives each value of the block a slot that no value still to be read holds. @returns the number
  /// of slots
  std::size_t assign_slots(const std::vector<int>& functions) {
    slots_.resize(graph_.nodes.size());
    last_reader_.assign(graph_.nodes.size(), -1);
    for (const int n : functions)
      for (const int operand : node(n).operands)
        if (operand >= 0) last_reader_[static_cast<std::size_t>(operand)] = n;
    free_slots_.clear();
    std::size_t n_slots = 0;
    for (const int n : functions) {
      Value& value = values_[static_cast<std::size_t>(n)];
      value.in_block = !node(n).whole_rows;
      if (value.in_block) {
        if (free_slots_.empty()) free_slots_.push_back(n_slots++);
        slots_[static_cast<std::size_t>(n)] = free_slots_.back();
        free_slots_.pop_back();
      }
      for (std::size_t i = 0; i < 3; ++i) {
        const int operand = node(n).operands[i];
        if (operand < 0 || last_reader_[static_cast<std::size_t>(operand)] != n) continue;
        last_reader_[static_cast<std::size_t>(operand)] = -1;
        if (values_[static_cast<std::size_t>(operand)].in_block)
          free_slots_.push_back(slots_[static_cast<std::size_t>(operand)]);
      }
    }
    return n_slots;
  }

  /// Takes back whole-row values that nothing after this stage of this program reads.
  void release(std::size_t p, int stage) {
    for (std::size_t n = 0; n < values_.size(); ++n) {
      const Node& owner = graph_.nodes[n];
      if (values_[n].buffer.data() == nullptr || !owner.is_function()) continue;
      if (owner.last_program != static_cast<int>(p) || owner.last_stage > stage) continue;
      if (owner.keep) {
        arena_->keep(owner.hash, {std::move(values_[n].buffer), width_, owner.first_day},
                     owner.work);
      } else {
        workspace_.give_back(std::move(values_[n].buffer));
      }
    }
  }

  Graph graph_;
  const Market& market_;
  DayRange days_;
  ValueArena* arena_;
  std::size_t width_;  ///< stocks, padded
  std::vector<Value> values_;
  Workspace& workspace_ = Workspace::of_thread();
  std::vector<int> in_blocks_, last_reader_;
  std::vector<std::size_t> slots_, free_slots_;
};

}  // namespace

FactorValues evaluate(const Program& program, const Market& market, DayRange days) {
  return std::move(evaluate(std::span<const Program>(&program, 1), market, days).front());
}

void evaluate(std::span<const Program> programs, const Market& market, DayRange days,
              ValueArena* arena, const UseValues& use) {
  EVOFACTOR_CHECK(days.first >= 0 && days.first <= days.last && days.last <= market.n_days(),
                  "days [{}, {}) of a market of {} days", days.first, days.last, market.n_days());
  Evaluation(programs, market, days, arena).run(use);
}

std::vector<FactorValues> evaluate(std::span<const Program> programs, const Market& market,
                                   DayRange days) {
  std::vector<FactorValues> results(programs.size());
  evaluate(programs, market, days, nullptr, [&](std::size_t p, const FactorView& values) {
    results[p] = {days, Grid<float>(static_cast<std::size_t>(days.size()), values.columns)};
    for (int t = days.first; t < days.last; ++t)
      std::ranges::copy(values.day(t),
                        results[p].values.row(static_cast<std::size_t>(t - days.first)).begin());
  });
  return results;
}

}  // namespace evofactor::formula
