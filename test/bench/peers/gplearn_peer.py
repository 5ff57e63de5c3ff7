"""gplearn: its own random programs, elementwise as it has no windows, on the flat panel."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from gplearn._program import _Program
from gplearn.fitness import _fitness_map
from gplearn.functions import _function_map

import report
from market import simulate
from score import RankIc
from unit import DAYS, FIELDS, LOOKBACK, STOCKS

NODES = 17
PROGRAMS = 100
FUNCTIONS = ("add", "sub", "mul", "div", "sqrt", "log", "abs", "neg", "inv", "max", "min")


def programs(count: int, seed: int = 1) -> list[_Program]:
    """Random programs of NODES nodes, grown as gplearn grows its first population."""
    functions = [_function_map[name] for name in FUNCTIONS]
    arities = defaultdict(list)
    for function in functions:
        arities[function.arity].append(function)
    state = np.random.RandomState(seed)
    found: list[_Program] = []
    while len(found) < count:
        program = _Program(
            function_set=functions,
            arities=dict(arities),
            init_depth=(2, 6),
            init_method="half and half",
            n_features=len(FIELDS),
            const_range=(-1.0, 1.0),
            metric=_fitness_map["spearman"],
            p_point_replace=0.05,
            parsimony_coefficient=0.001,
            random_state=state,
        )
        if program.length_ == NODES:
            found.append(program)
    return found


def main() -> None:
    arguments = report.arguments(__doc__)
    population = programs(arguments.limit or PROGRAMS)
    panel, label = simulate()
    flat = np.stack([panel[name][LOOKBACK:].ravel() for name in FIELDS], axis=1)
    features = np.asfortranarray(flat)
    score = RankIc(label)

    def value() -> None:
        for program in population:
            program.execute(features)

    def value_and_score() -> None:
        for program in population:
            score(program.execute(features).reshape(DAYS, STOCKS))

    note = f"random programs of {NODES} nodes, no windows, no cross-section"
    with np.errstate(all="ignore"):
        for measured, work in (("valuation", value), ("valuation + rank IC", value_and_score)):
            ms = report.median_ms(work, len(population))
            version = report.version("gplearn")
            report.Result("gplearn", version, measured, len(population), ms, note).print()


if __name__ == "__main__":
    main()
