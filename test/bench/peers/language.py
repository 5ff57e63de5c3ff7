"""Reads formulas in evofactor's call form, `ts_corr(close, delay(volume, 1), 10)`, into trees."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")
_PAIRS = {"add", "sub", "mul", "div", "min", "max", "gt", "lt", "ge", "le"}
_PAIRS |= {"ts_cov", "ts_corr", "ts_beta", "ts_alpha", "cs_neutralize"}
_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")


@dataclass(frozen=True)
class Node:
    """A call with its operands; a field has a name and no operands; a number has only `number`."""

    name: str
    operands: tuple[Node, ...] = ()
    number: float | None = None

    def names(self) -> set[str]:
        """The names of the functions that the tree calls and of the fields that it reads."""
        own = {self.name} if self.name else set()
        return own.union(*(operand.names() for operand in self.operands))


def parse(text: str) -> Node:
    """The tree of one formula; ValueError where it is not in call form."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"not in call form at column {at + 1}: {text}")
        tokens.append(match.group(1))
        at = match.end()
    tokens.reverse()
    node = _expression(tokens, text)
    if tokens:
        raise ValueError(f"text after the formula: {text}")
    return node


def _expression(tokens: list[str], text: str) -> Node:
    """Takes one expression off the end of the reversed tokens."""

    def take(wanted: str = "") -> str:
        if not tokens or (wanted and tokens[-1] != wanted):
            raise ValueError(f"expected {wanted or 'an operand'}: {text}")
        return tokens.pop()

    word = take()
    if word in "(),":
        raise ValueError(f"expected an operand, not {word}: {text}")
    if not (word[0].isalpha() or word[0] == "_"):
        return Node("", number=float(word))
    if not tokens or tokens[-1] != "(":
        return Node(word)
    take("(")
    operands = [_expression(tokens, text)]
    while tokens and tokens[-1] == ",":
        take(",")
        operands.append(_expression(tokens, text))
    take(")")
    return Node(word, tuple(operands))


def load(path: str | Path, limit: int = 0) -> list[Node]:
    """The formulas of a text file, the first `limit` of them if that is not 0.

    One formula a line, or `name<TAB>formula`; empty lines and lines that begin with # are skipped.
    """
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    texts = [line.split("\t")[-1] for line in lines if line and not line.startswith("#")]
    return [parse(text) for text in (texts[:limit] if limit else texts)]


def value_operands(name: str) -> int:
    """How many of a function's first operands are values; the rest are windows and parameters."""
    return 3 if name == "if_else" else 2 if name in _PAIRS else 1


def fold(
    node: Node,
    field: Callable[[str], Value],
    number: Callable[[float], Value],
    call: Callable[[str, Sequence[Value], Sequence[float]], Value],
) -> Value:
    """Builds a tree's value from its leaves up; `call` gets a function's values and parameters.

    Whole parameters, as windows are, reach `call` as int.
    """
    if node.number is not None:
        return number(node.number)
    if not node.operands:
        return field(node.name)
    split = value_operands(node.name)
    values = [fold(operand, field, number, call) for operand in node.operands[:split]]
    written = [operand.number for operand in node.operands[split:] if operand.number is not None]
    if len(values) + len(written) < len(node.operands):
        raise ValueError(f"{node.name}: windows and parameters are numbers written out")
    return call(node.name, values, [int(p) if p == int(p) else p for p in written])
