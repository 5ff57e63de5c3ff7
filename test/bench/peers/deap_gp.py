"""DEAP: typed primitives over pandas frames [days x stocks], as home-made factor miners write them.

The formulas become DEAP primitive trees, are compiled by gp.compile as in an evolution, and valued.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

import numpy as np
import pandas
from deap import gp
from pandas import DataFrame as Frame

import report
from language import Node, load, value_operands
from market import simulate
from score import RankIc
from unit import FIELDS, LOOKBACK

SAMPLE = 30


def _finite(frame: Frame) -> Frame:
    """Values that are not finite are missing."""
    return frame.where(np.isfinite(frame))


def _decay_linear(x: Frame, d: int) -> Frame:
    """Weighted sum of shifted frames, as pandas has no weighted rolling mean."""
    weights = np.arange(1, d + 1) / (d * (d + 1) / 2)
    return sum(x.shift(d - 1 - age) * weight for age, weight in enumerate(weights))


def _ema(x: Frame, d: int) -> Frame:
    return x.ewm(span=d, min_periods=d, adjust=True).mean()


def _wilder(x: Frame, d: int) -> Frame:
    return x.ewm(alpha=1 / d, min_periods=d, adjust=True).mean()


def _beta(x: Frame, y: Frame, d: int) -> Frame:
    return _finite(x.rolling(d).cov(y) / y.rolling(d).var())


# Our functions in pandas: operands first, then windows and parameters.
FUNCTIONS: dict[str, Callable[..., Frame]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: _finite(x / y),
    "neg": lambda x: -x,
    "abs": lambda x: x.abs(),
    "log": lambda x: _finite(np.log(x)),
    "sqrt": lambda x: np.sqrt(x),
    "sign": lambda x: np.sign(x),
    "inv": lambda x: _finite(1 / x),
    "exp": lambda x: _finite(np.exp(x)),
    "tanh": lambda x: np.tanh(x),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "spow": lambda x, a: _finite(np.sign(x) * x.abs() ** a),
    "min": lambda x, y: np.minimum(x, y),
    "max": lambda x, y: np.maximum(x, y),
    "if_else": lambda x, y, z: ((x > 0) * y + (x <= 0) * z).where(x.notna()),
    "gt": lambda x, y: (x > y) * 1.0,
    "lt": lambda x, y: (x < y) * 1.0,
    "ge": lambda x, y: (x >= y) * 1.0,
    "le": lambda x, y: (x <= y) * 1.0,
    "delay": lambda x, d: x.shift(d),
    "delta": lambda x, d: x - x.shift(d),
    "ts_return": lambda x, d: _finite(x / x.shift(d) - 1),
    "ts_sum": lambda x, d: x.rolling(d).sum(),
    "ts_mean": lambda x, d: x.rolling(d).mean(),
    "ts_var": lambda x, d: x.rolling(d).var(),
    "ts_std": lambda x, d: x.rolling(d).std(),
    "ts_skew": lambda x, d: x.rolling(d).skew(),
    "ts_kurt": lambda x, d: x.rolling(d).kurt(),
    "ts_zscore": lambda x, d: _finite((x - x.rolling(d).mean()) / x.rolling(d).std()),
    "ts_meanstd": lambda x, d: _finite(x.rolling(d).mean() / x.rolling(d).std()),
    "ts_max": lambda x, d: x.rolling(d).max(),
    "ts_min": lambda x, d: x.rolling(d).min(),
    "ts_median": lambda x, d: x.rolling(d).median(),
    "ts_quantile": lambda x, d, q: x.rolling(d).quantile(q),
    "ts_product": lambda x, d: x.rolling(d).apply(np.prod, raw=True),
    "ts_mad": lambda x, d: x.rolling(d).apply(lambda w: np.abs(w - w.mean()).mean(), raw=True),
    "ts_argmax": lambda x, d: x.rolling(d).apply(lambda w: w[::-1].argmax(), raw=True),
    "ts_argmin": lambda x, d: x.rolling(d).apply(lambda w: w[::-1].argmin(), raw=True),
    "ts_rank": lambda x, d: x.rolling(d).rank(pct=True),
    "decay_linear": _decay_linear,
    "ema": _ema,
    "wilder": _wilder,
    "ewm": lambda x, d: x.ewm(span=d, adjust=False).mean(),
    "ewm_wilder": lambda x, d: x.ewm(alpha=1 / d, adjust=False).mean(),
    "ts_cov": lambda x, y, d: x.rolling(d).cov(y),
    "ts_corr": lambda x, y, d: _finite(x.rolling(d).corr(y)),
    "ts_beta": _beta,
    "ts_alpha": lambda x, y, d: x.rolling(d).mean() - _beta(x, y, d) * y.rolling(d).mean(),
    "cs_rank": lambda x: x.rank(axis=1, pct=True),
    "cs_zscore": lambda x: x.sub(x.mean(axis=1), axis=0).div(x.std(axis=1), axis=0),
    "cs_scale": lambda x: x.div(x.abs().sum(axis=1), axis=0),
    "cs_demean": lambda x: x.sub(x.mean(axis=1), axis=0),
}


def primitives() -> gp.PrimitiveSetTyped:
    """The functions as typed primitives over the fields; windows and parameters are floats."""
    pset = gp.PrimitiveSetTyped("factor", [Frame] * len(FIELDS), Frame)
    pset.renameArguments(**{f"ARG{at}": name for at, name in enumerate(FIELDS)})
    for name, function in FUNCTIONS.items():
        values = value_operands(name)
        parameters = len(signature(function).parameters) - values
        kinds = [Frame] * values + [float] * parameters
        pset.addPrimitive(function, kinds, Frame, name=name)
    return pset


def tree(formula: Node, pset: gp.PrimitiveSetTyped) -> gp.PrimitiveTree:
    """A formula as DEAP's tree: its nodes in prefix order."""
    nodes: list[gp.Primitive | gp.Terminal] = []

    def add(node: Node, kind: type) -> None:
        if node.number is not None:
            whole = node.number == int(node.number)
            nodes.append(gp.Terminal(int(node.number) if whole else node.number, False, kind))
            return
        nodes.append(pset.mapping[node.name])
        for at, operand in enumerate(node.operands):
            add(operand, Frame if at < value_operands(node.name) else float)

    add(formula, Frame)
    return gp.PrimitiveTree(nodes)


def main() -> None:
    arguments = report.arguments(__doc__)
    formulas = load(arguments.formulas, arguments.limit)
    note = ""
    if not arguments.limit and len(formulas) > SAMPLE:
        formulas = formulas[:: len(formulas) // SAMPLE][:SAMPLE]
        note = f"a sample of {SAMPLE} formulas; "
    known = FUNCTIONS.keys() | set(FIELDS)
    chosen = [formula for formula in formulas if formula.names() <= known]
    note += f"{len(chosen)} of {len(formulas)} can be written; pandas {pandas.__version__}"
    if not chosen:
        raise SystemExit(note)

    pset = primitives()
    panel, label = simulate()
    frames = [Frame(panel[name]) for name in FIELDS]
    score = RankIc(label)
    trees = [tree(formula, pset) for formula in chosen]

    def value() -> None:
        for individual in trees:
            gp.compile(individual, pset)(*frames)

    def value_and_score() -> None:
        for individual in trees:
            score(gp.compile(individual, pset)(*frames).to_numpy()[LOOKBACK:])

    with np.errstate(all="ignore"):
        for measured, work in (("valuation", value), ("valuation + rank IC", value_and_score)):
            ms = report.median_ms(work, len(trees))
            report.Result("DEAP", report.version("deap"), measured, len(trees), ms, note).print()


if __name__ == "__main__":
    main()
