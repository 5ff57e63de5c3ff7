"""KunQuant: formulas compiled to SIMD code, valued on one thread, then scored.

CHUNK formulas make a module, so that KunQuant can share what they have in common. The modules are
compiled for this machine's widest vectors (16 floats with AVX-512, else 8) with the number of
stocks known to be a multiple of them, and read their inputs in blocks of that many stocks (layout
STs), which its documentation calls the fastest; outputs are [days, stocks] (TS), which its rank IC
helper takes at either width. Statistics are the exact ones, KunQuant's default for float.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from KunQuant import ops
from KunQuant.Driver import KunCompilerConfig
from KunQuant.jit import cfake
from KunQuant.Op import Builder, ConstantOp, Input, OpBase, Output, Rank, Scale
from KunQuant.runner import KunRunner
from KunQuant.Stage import Function
from scipy.stats import rankdata

import report
from language import Node, fold, load
from market import simulate
from score import RankIc
from unit import DAYS, FIELDS, LOOKBACK

CHUNK = 50


def _compare(kind: type[OpBase]) -> Callable[[OpBase, OpBase], OpBase]:
    return lambda x, y: ops.Select(kind(x, y), ConstantOp(1), ConstantOp(0))


def _beta(x: OpBase, y: OpBase, d: int) -> OpBase:
    return ops.WindowedCovariance(x, d, y) / ops.WindowedVar(y, d)


# Our functions in KunQuant's stages: operands first, then windows and parameters. ema and wilder
# are recursive in KunQuant, over all history.
STAGES: dict[str, Callable[..., OpBase]] = {
    "add": ops.Add,
    "sub": ops.Sub,
    "mul": ops.Mul,
    "div": ops.Div,
    "neg": lambda x: 0 - x,
    "abs": ops.Abs,
    "log": ops.Log,
    "sqrt": ops.Sqrt,
    "sign": ops.Sign,
    "inv": lambda x: 1 / x,
    "exp": ops.Exp,
    "tanh": lambda x: 1 - 2 / (ops.Exp(2 * x) + 1),
    "sigmoid": lambda x: 1 / (ops.Exp(0 - x) + 1),
    "spow": lambda x, a: ops.Sign(x) * ops.Pow(ops.Abs(x), ConstantOp(a)),
    "min": ops.Min,
    "max": ops.Max,
    "if_else": lambda x, y, z: ops.Select(x > 0, y, z),
    "gt": _compare(ops.GreaterThan),
    "lt": _compare(ops.LessThan),
    "ge": _compare(ops.GreaterEqual),
    "le": _compare(ops.LessEqual),
    "delay": ops.BackRef,
    "delta": lambda x, d: x - ops.BackRef(x, d),
    "ts_return": lambda x, d: x / ops.BackRef(x, d) - 1,
    "ts_sum": ops.WindowedSum,
    "ts_mean": ops.WindowedAvg,
    "ts_var": ops.WindowedVar,
    "ts_std": ops.WindowedStddev,
    "ts_skew": ops.WindowedSkew,
    "ts_kurt": ops.WindowedKurt,
    "ts_meanstd": lambda x, d: ops.WindowedAvg(x, d) / ops.WindowedStddev(x, d),
    "ts_zscore": lambda x, d: (x - ops.WindowedAvg(x, d)) / ops.WindowedStddev(x, d),
    "ts_product": ops.WindowedProduct,
    "ts_max": ops.WindowedMax,
    "ts_min": ops.WindowedMin,
    "ts_median": lambda x, d: ops.WindowedQuantile(x, d, 0.5),
    "ts_quantile": ops.WindowedQuantile,
    "ts_argmax": lambda x, d: d - ops.TsArgMax(x, d),
    "ts_argmin": lambda x, d: d - ops.TsArgMin(x, d),
    "ts_rank": lambda x, d: ops.TsRank(x, d) / d,
    "decay_linear": ops.DecayLinear,
    "ema": ops.ExpMovingAvg,
    "ewm": ops.ExpMovingAvg,
    "wilder": lambda x, d: ops.ExpMovingAvg(x, 2 * d - 1),
    "ewm_wilder": lambda x, d: ops.ExpMovingAvg(x, 2 * d - 1),
    "ts_cov": lambda x, y, d: ops.WindowedCovariance(x, d, y),
    "ts_corr": lambda x, y, d: ops.WindowedCorrelation(x, d, y),
    "ts_slope": ops.WindowedLinearRegressionSlope,
    "ts_resid": ops.WindowedLinearRegressionResi,
    "ts_rsquare": ops.WindowedLinearRegressionRSqaure,
    "ts_beta": _beta,
    "ts_alpha": lambda x, y, d: ops.WindowedAvg(x, d) - _beta(x, y, d) * ops.WindowedAvg(y, d),
    "cs_rank": Rank,
    "cs_scale": Scale,
}


def build(formulas: Sequence[Node]) -> Function:
    """One KunQuant function with an output for each formula."""
    builder = Builder()
    with builder:
        inputs = {name: Input(name) for name in FIELDS}

        def call(name: str, values: Sequence[OpBase], parameters: Sequence[float]) -> OpBase:
            return STAGES[name](*values, *parameters)

        for index, formula in enumerate(formulas):
            Output(fold(formula, inputs.__getitem__, ConstantOp, call), f"f{index}")
    return Function(builder.ops)


def lanes() -> int:
    """Floats in one of this machine's vectors that KunQuant can use."""
    flags = Path("/proc/cpuinfo").read_text().split()
    return 16 if {"avx512f", "avx512dq", "avx512vl"} <= set(flags) else 8


def compile_all(chunks: Sequence[Sequence[Node]], width: int) -> list[KunRunner.Module]:
    """A module for each chunk, generated and compiled on one thread."""
    config = KunCompilerConfig(
        dtype="float",
        blocking_len=width,
        input_layout="STs",
        output_layout="TS",
        allow_unaligned=False,
    )
    named = [(f"chunk{index}", build(chunk), config) for index, chunk in enumerate(chunks)]
    compiler = cfake.CppCompilerConfig(
        machine=cfake.NativeCPUFlags(), for_each=cfake.single_thread_compile
    )
    library = cfake.compileit(named, "peers", compiler)
    return [library.getModule(name) for name, _, _ in named]


def blocks(values: np.ndarray, width: int) -> np.ndarray:
    """[days, stocks] as KunQuant's STs layout, [stocks / width, days, width]."""
    return np.ascontiguousarray(values.reshape(len(values), -1, width).transpose(1, 0, 2))


def label_ranks(label: np.ndarray) -> np.ndarray:
    """The label's centred ranks as KunQuant's rank IC helper needs them, 0 where it is missing."""
    ranks = rankdata(label, axis=1, nan_policy="omit")
    return np.nan_to_num(ranks - np.nanmean(ranks, axis=1, keepdims=True)).astype(np.float32)


def main() -> None:
    arguments = report.arguments(__doc__)
    formulas = load(arguments.formulas, arguments.limit)
    known = STAGES.keys() | set(FIELDS)
    missing = sorted(set().union(*(formula.names() for formula in formulas)) - known)
    chosen = [formula for formula in formulas if formula.names() <= known]
    coverage = f"{len(chosen)} of {len(formulas)} formulas"
    if missing:
        coverage += "; no stage for " + ", ".join(missing)
    if not chosen:
        raise SystemExit(coverage)

    def result(measured: str, ms: float, note: str) -> None:
        report.Result(
            "KunQuant", report.version("KunQuant"), measured, len(chosen), ms, note
        ).print()

    width = lanes()
    chunks = [chosen[at : at + CHUNK] for at in range(0, len(chosen), CHUNK)]
    start = time.perf_counter()
    modules = compile_all(chunks, width)
    seconds = time.perf_counter() - start
    result("compile", seconds * 1e3 / len(chosen), f"{coverage}; {CHUNK} a module, one thread")

    panel, label = simulate()
    inputs = {name: blocks(values, width) for name, values in panel.items()}
    days = len(panel[FIELDS[0]])
    executor = KunRunner.createSingleThreadExecutor()
    outputs = [KunRunner.runGraph(executor, module, inputs, 0, days) for module in modules]
    ranks = label_ranks(label)
    score = RankIc(label)

    def value() -> None:
        for module, output in zip(modules, outputs, strict=True):
            KunRunner.runGraph(executor, module, inputs, 0, days, output)

    def value_and_correlate() -> None:
        for module, output in zip(modules, outputs, strict=True):
            KunRunner.runGraph(executor, module, inputs, 0, days, output)
            scored = [values[LOOKBACK:] for values in output.values()]
            ics = [np.empty(DAYS, np.float32) for _ in scored]
            KunRunner.corrWith(executor, scored, ranks, ics, layout="TS", rank_inputs=True)

    def value_and_score() -> None:
        for module, output in zip(modules, outputs, strict=True):
            KunRunner.runGraph(executor, module, inputs, 0, days, output)
            for values in output.values():
                score(values[LOOKBACK:])

    share = f"f32 x {width}, {CHUNK} formulas a module"
    result("valuation", report.median_ms(value, len(chosen)), share)
    result(
        "valuation + its rank IC",
        report.median_ms(value_and_correlate, len(chosen)),
        "its corrWith leaves no missing stock out: right only on complete days",
    )
    result(
        "valuation + rank IC",
        report.median_ms(value_and_score, len(chosen)),
        "score in numpy, missing stocks left out",
    )


if __name__ == "__main__":
    main()
