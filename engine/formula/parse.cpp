#include "engine/formula/parse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/core/error.hpp"
#include "engine/formula/aliases.hpp"
#include "engine/formula/expression.hpp"
#include "engine/formula/rpn.hpp"
#include "engine/formula/suggest.hpp"

namespace evofactor::formula {
namespace {

/// Deeper or longer formulas are refused: no one means them, and the parser recurses.
constexpr int kMaxDepth = 200;
constexpr std::size_t kMaxTokens = 20000;

/// alphagen writes windows as 10d, or gives itself away by a name that qlib has not.
Dialect dialect_of(std::span<const Lexeme> lexemes) {
  const bool alphagen = std::ranges::any_of(lexemes, [](const Lexeme& lexeme) {
    return lexeme.days ||
           (lexeme.kind == LexemeKind::kName && find_alias(Dialect::kAlphagen, lexeme.text) &&
            !find_alias(Dialect::kQlib, lexeme.text));
  });
  return alphagen ? Dialect::kAlphagen : Dialect::kQlib;
}

/// Recursive descent over calls and infix:
///   comparison := sum [("<" | ">" | "<=" | ">=") sum]
///   sum        := product {("+" | "-") product}
///   product    := factor {("*" | "/") factor}
///   factor     := ("-" | "+") factor | primary
///   primary    := number | name | name "(" [comparison {"," comparison}] ")" | "(" comparison ")"
class InfixParser {
 public:
  explicit InfixParser(std::string_view text)
      : lexemes_(lex(text)), dialect_(dialect_of(lexemes_)) {}

  Expression parse() {
    Expression result = comparison();
    if (next().kind == LexemeKind::kEnd) return result;
    if (is(")")) throw Mistake{next().position, "a \")\" without its \"(\""};
    throw Mistake{
        next().position,
        fmt::format("expected an operator or the end of the formula, got \"{}\"", next().text)};
  }

 private:
  const Lexeme& next() const { return lexemes_[at_]; }
  bool is(std::string_view symbol) const {
    return next().kind == LexemeKind::kSymbol && next().text == symbol;
  }
  bool take(std::string_view symbol) {
    if (!is(symbol)) return false;
    ++at_;
    return true;
  }
  void expect(std::string_view symbol, std::string_view where) {
    if (take(symbol)) return;
    throw Mistake{next().position,
                  fmt::format("expected \"{}\" {}, got {}", symbol, where, described())};
  }
  std::string described() const {
    return next().kind == LexemeKind::kEnd ? "the end of the formula"
                                           : fmt::format("\"{}\"", next().text);
  }

  Expression comparison() {
    constexpr std::array<std::pair<std::string_view, Fn>, 4> kComparisons{
        {{">", Fn::kGt}, {"<", Fn::kLt}, {">=", Fn::kGe}, {"<=", Fn::kLe}}};
    Expression left = sum();
    const std::size_t position = next().position;
    for (const auto& [symbol, fn] : kComparisons)
      if (take(symbol)) return binary(fn, std::move(left), sum(), position);
    return left;
  }

  Expression sum() {
    Expression left = product();
    while (true) {
      const std::size_t position = next().position;
      if (take("+"))
        left = binary(Fn::kAdd, std::move(left), product(), position);
      else if (take("-"))
        left = binary(Fn::kSub, std::move(left), product(), position);
      else
        return left;
    }
  }

  Expression product() {
    Expression left = factor();
    while (true) {
      const std::size_t position = next().position;
      if (take("*"))
        left = binary(Fn::kMul, std::move(left), factor(), position);
      else if (take("/"))
        left = binary(Fn::kDiv, std::move(left), factor(), position);
      else
        return left;
    }
  }

  Expression factor() {
    const Nesting nesting(*this);
    const std::size_t position = next().position;
    if (take("+")) return factor();
    if (!take("-")) return primary();
    const bool number = next().kind == LexemeKind::kNumber;
    Expression operand = factor();
    if (!number) return apply(info(Fn::kNeg), std::span(&operand, 1), position);
    operand.tokens.front().value *= -1;
    operand.position = position;
    return operand;
  }

  Expression primary() {
    const Lexeme lexeme = next();
    if (lexeme.kind == LexemeKind::kNumber) {
      ++at_;
      Expression number = literal(lexeme.number, lexeme.position);
      number.whole = lexeme.whole;
      number.days = lexeme.days;
      return number;
    }
    if (lexeme.kind == LexemeKind::kName) {
      ++at_;
      if (!lexeme.dollar && is("(")) return call(lexeme);
      if (!lexeme.dollar && find_alias(dialect_, lexeme.text))
        throw Mistake{lexeme.position,
                      fmt::format("\"{}\" is a function and needs its operands", lexeme.text)};
      return name_leaf(lexeme.text, lexeme.position);
    }
    if (take("(")) {
      Expression inner = comparison();
      expect(")", "after the expression in parentheses");
      return inner;
    }
    throw Mistake{lexeme.position,
                  fmt::format("expected a field, a number or a function, got {}", described())};
  }

  Expression call(const Lexeme& name) {
    expect("(", "after the function's name");
    std::vector<Expression> arguments;
    if (!is(")")) {
      do arguments.push_back(comparison());
      while (take(","));
    }
    expect(")", fmt::format("or \",\" in the arguments of {}", name.text));
    if (const FunctionInfo* row = find_function(name.text))
      return apply(*row, arguments, name.position);
    if (const Alias* alias = find_alias(dialect_, name.text))
      return apply(*alias, arguments, name.position);
    throw Mistake{name.position, unknown_function(name.text)};
  }

  std::string unknown_function(std::string_view name) const {
    const auto known_fields_list = known_fields();
    if (std::ranges::find(known_fields_list, name) != known_fields_list.end())
      return fmt::format("\"{}\" is a field, not a function", name);
    std::vector<std::string_view> known;
    for (const FunctionInfo& row : functions()) known.push_back(row.name);
    for (const Alias& alias : aliases(dialect_)) known.push_back(alias.name);
    known.insert(known.end(), known_fields_list.begin(), known_fields_list.end());
    std::string near = suggestion(name, known);
    if (near.empty()) near = "; docs/formula-language.md lists those there are";
    return fmt::format("unknown function \"{}\"{}", name, near);
  }

  static Expression binary(Fn fn, Expression left, Expression right, std::size_t position) {
    const std::array<Expression, 2> operands{std::move(left), std::move(right)};
    Expression result = apply(info(fn), operands, position);
    result.position = operands[0].position;
    return result;
  }

  /// Counts how deep the recursion is.
  class Nesting {
   public:
    explicit Nesting(InfixParser& parser) : depth_(parser.depth_) {
      if (++depth_ > kMaxDepth)
        throw Mistake{parser.next().position,
                      fmt::format("the formula nests more than {} deep", kMaxDepth)};
    }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --depth_; }

   private:
    int& depth_;
  };

  std::vector<Lexeme> lexemes_;
  Dialect dialect_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Program checked(Expression expression) {
  Program program{std::move(expression.tokens)};
  if (program.tokens.size() > kMaxTokens || depth(program) > kMaxDepth)
    throw Mistake{0, fmt::format("the formula is longer than {} tokens or nests more than {} deep",
                                 kMaxTokens, kMaxDepth)};
  if (program.tokens.back().kind == TokenKind::kGroup)
    throw Mistake{expression.position,
                  fmt::format("\"{0}\" is a group of stocks, not a value; only "
                              "cs_neutralize(x, {0}) takes it",
                              program.tokens.back().name)};
  if (fields_of(program).empty())
    throw Mistake{expression.position, fmt::format("the formula reads no field; the fields are {}",
                                                   fmt::join(known_fields(), ", "))};
  const auto problem = violation(program);
  EVOFACTOR_CHECK(!problem, "the parser let pass: {}", *problem);
  return program;
}

}  // namespace

std::string FormulaError::pretty() const {
  std::string line = text;
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  // The caret counts characters, not the bytes that UTF-8 needs for them.
  const auto column = std::count_if(
      line.begin(), line.begin() + static_cast<std::ptrdiff_t>(std::min(position, line.size())),
      [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return fmt::format("{}\n  {}\n  {}^", message, line,
                     std::string(static_cast<std::size_t>(column), ' '));
}

tl::expected<Program, FormulaError> parse(std::string_view text) {
  try {
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
      throw Mistake{0, "the formula is empty"};
    return checked(looks_like_rpn(text) ? parse_rpn(text) : InfixParser(text).parse());
  } catch (const Mistake& mistake) {
    return tl::unexpected(FormulaError{mistake.position, mistake.message, std::string(text)});
  }
}

Program parse_or_throw(std::string_view text) {
  auto program = parse(text);
  if (!program) throw ConfigError(program.error().pretty());
  return *std::move(program);
}

}  // namespace evofactor::formula
