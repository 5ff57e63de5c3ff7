"""pyoperon: its own random trees, which are elementwise, on the flat panel in one thread."""

from __future__ import annotations

import numpy as np
import pyoperon

import report
from market import simulate
from unit import FIELDS, LOOKBACK

NODES = 17
TREES = 100
SYMBOLS = ("Add", "Sub", "Mul", "Div", "Log", "Abs", "Sqrt", "Fmin", "Fmax", "Constant", "Variable")


def problem_of(dataset: pyoperon.Dataset) -> pyoperon.Problem:
    """All rows to be valued; the last column is the target, the others are inputs."""
    problem = pyoperon.Problem(dataset)
    *inputs, target = dataset.Variables
    problem.Target = target
    problem.InputHashes = [variable.Hash for variable in inputs]
    problem.TrainingRange = pyoperon.Range(0, dataset.Rows)
    problem.TestRange = pyoperon.Range(dataset.Rows - 1, dataset.Rows)
    problem.ConfigurePrimitiveSet(sum(int(getattr(pyoperon.NodeType, name)) for name in SYMBOLS))
    return problem


def individual(tree: pyoperon.Tree) -> pyoperon.Individual:
    """A tree in the form that Operon's evaluators take."""
    one = pyoperon.Individual(1)
    one.Genotype = tree
    return one


def main() -> None:
    arguments = report.arguments(__doc__)
    panel, label = simulate()
    columns = [panel[name][LOOKBACK:].ravel() for name in FIELDS] + [label.ravel()]
    dataset = pyoperon.Dataset(np.asfortranarray(np.nan_to_num(np.stack(columns, axis=1))))
    problem = problem_of(dataset)
    # Operon's objects refer to these without owning them.
    symbols, dispatch, metric = problem.PrimitiveSet, pyoperon.DispatchTable(), pyoperon.R2()
    creator = pyoperon.BalancedTreeCreator(symbols, problem.InputHashes, 0.0)
    random = pyoperon.RandomGenerator(1)
    trees = [creator(random, NODES, 1, 10) for _ in range(arguments.limit or TREES)]
    nodes = sum(tree.Length for tree in trees)
    individuals = [individual(tree) for tree in trees]
    evaluator = pyoperon.Evaluator(problem, dispatch, metric, True)
    rows = pyoperon.Range(0, dataset.Rows)
    values = np.zeros(len(trees) * dataset.Rows, np.float32)

    def value() -> None:
        pyoperon.EvaluateTrees(trees, dataset, rows, values, 1)

    def value_and_fit() -> None:
        for one in individuals:
            evaluator(random, one)

    for measured, work in (("valuation", value), ("valuation + its R2, no rank IC", value_and_fit)):
        ms = report.median_ms(work, len(trees))
        rate = nodes / len(trees) * dataset.Rows / ms * 1e3
        note = f"{rate:.2e} node-rows/s; random trees of {nodes / len(trees):g} nodes, no windows"
        version = report.version("pyoperon")
        report.Result("Operon", version, measured, len(trees), ms, note).print()


if __name__ == "__main__":
    main()
