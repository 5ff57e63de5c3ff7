"""Gradient-boosted trees and ridge regression on a library of formulas: what a run must beat.

    evofactor eval --panel csi800.h5 --formulas experiments/formulas/alpha158.txt \
      --label close_to_close --values alpha158.parquet --with-label
    trees.py alpha158.parquet --starts 2011-01-04,2012-11-01 --csv trees.csv \
      --against RUN/tables/daily.csv

In each block of 250 training, 30 validation and 90 test days every formula and the label are ranked
within the day among the stocks that are scored, missing formulas in the middle; days whose label
reaches beyond their part are left out. Validation days say when to stop growing trees; ridge
regression is fitted on both parts. Writes the daily rank IC of the test days and prints how far
others of the same blocks, a run's arms or an earlier table of this program, differ from it. Where
blocks have formulas of their own, {fold} in the name of the file stands for 0, 1, 2 and so on.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pyarrow.parquet as parquet

TRAIN, VALIDATE, TEST, HORIZON = 250, 30, 90, 5
STOCKS = 30  # days with fewer are left out
TREES = {
    "objective": "regression",
    "learning_rate": 0.02,
    "num_leaves": 31,
    "min_data_in_leaf": 500,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "verbosity": -1,
}
ROUNDS, PATIENCE, SEEDS = 1000, 50, 3
RIDGE = 0.1  # of the features' variance, all of them together
RESAMPLES, MEAN_BLOCK = 2000, 20

Daily = dict[tuple[int, str], float]


def ranks(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column's ranks within the day, from -.5 to .5; missing ones 0."""
    share = frame.groupby(level="date").rank(pct=True)
    return (share - 0.5).astype(np.float32).fillna(0.0)


def rank_ic(values: np.ndarray, label: pd.Series) -> pd.Series:
    """Spearman correlation of the values with the label, day by day, where it is defined."""
    both = pd.DataFrame({"value": values, "label": label}).groupby(level="date").rank()
    days = both.groupby(level="date")
    return days.apply(lambda day: day["value"].corr(day["label"], min_periods=STOCKS)).dropna()


def ridge(features: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Weights of the features."""
    gram = features.T @ features
    gram += RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram), dtype=gram.dtype)
    return np.linalg.solve(gram, features.T @ label)


def days_of(file: str) -> list[pd.Timestamp]:
    """All days of a file of features, in order."""
    dates = parquet.read_table(file, columns=["date"])["date"].unique()
    return sorted(pd.to_datetime(dates.to_pandas()))


class Block:
    """One block of the table: its parts, ranked."""

    def __init__(self, file: str, start: str) -> None:
        days = days_of(file)
        first = int(np.searchsorted(days, pd.Timestamp(start)))
        edges = np.cumsum([first, TRAIN, VALIDATE, TEST])
        if edges[3] > len(days):
            sys.exit(f"{file}: ends on {days[-1].date()}, before the block of {start} does")
        span = [("date", ">=", days[edges[0]].date()), ("date", "<=", days[edges[3] - 1].date())]
        table = pd.read_parquet(file, filters=span).dropna(subset="label")
        table["date"] = pd.to_datetime(table["date"])
        table = table.set_index(["date", "code"])
        self._label = table.pop("label")
        self._features = ranks(table)
        self._target = ranks(self._label.to_frame())["label"]
        self._parts = [
            self._label.index.get_level_values("date").isin(days[begin : end - HORIZON])
            for begin, end in zip(edges[:-1], edges[1:], strict=True)
        ]

    def _of(self, *parts: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = np.logical_or.reduce([self._parts[part] for part in parts])
        return self._features[chosen].to_numpy(), self._target[chosen].to_numpy()

    def trees(self) -> np.ndarray:
        """Values of the test days: the mean of SEEDS models."""
        train, validate = (lightgbm.Dataset(*self._of(part)) for part in (0, 1))
        models = [
            lightgbm.train(
                TREES | {"seed": seed},
                train,
                ROUNDS,
                valid_sets=[validate],
                callbacks=[lightgbm.early_stopping(PATIENCE, verbose=False)],
            )
            for seed in range(SEEDS)
        ]
        features, _ = self._of(2)
        return np.mean([model.predict(features) for model in models], axis=0)

    def ridge(self) -> np.ndarray:
        """Values of the test days."""
        return self._of(2)[0] @ ridge(*self._of(0, 1))

    def rank_ic(self, values: np.ndarray) -> pd.Series:
        """Of the test days."""
        return rank_ic(values, self._label[self._parts[2]])


def schemes_of(table: Path) -> dict[str, Daily]:
    """Daily rank IC of every scheme on its test days, by fold and date."""
    schemes: dict[str, Daily] = {}
    with table.open() as file:
        for row in csv.DictReader(file):
            if row.get("part", "test") == "test" and row["rank_ic"]:
                days = schemes.setdefault(row["scheme"], {})
                days[int(row["fold"]), row["date"]] = float(row["rank_ic"])
    return schemes


def difference(one: Daily, other: Daily) -> str:
    """Mean of one minus the other on shared days; its 95 % interval by stationary bootstrap."""
    shared = sorted(one.keys() & other.keys())
    differences = np.array([one[day] - other[day] for day in shared])
    n = len(differences)
    random = np.random.default_rng(1)
    means = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        starts = random.random(n) < 1 / MEAN_BLOCK
        starts[0] = True
        begin, block = np.flatnonzero(starts), np.cumsum(starts) - 1
        since = np.arange(n) - begin[block]
        places = random.integers(n, size=len(begin))[block] + since
        means[i] = differences[places % n].mean()
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{differences.mean():+.3f} ({low:.3f} to {high:.3f}) on {n} days"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("features", help="what evofactor eval --values --with-label wrote")
    parser.add_argument("--starts", required=True, help="first training days, comma between")
    parser.add_argument("--csv", required=True, help="daily rank IC to write")
    parser.add_argument("--against", type=Path, nargs="+", default=[], help="tables of others")
    arguments = parser.parse_args()

    daily: dict[str, Daily] = {"trees": {}, "ridge": {}}
    for fold, start in enumerate(arguments.starts.split(",")):
        block = Block(arguments.features.replace("{fold}", str(fold)), start)
        for name, series in daily.items():
            scores = block.rank_ic(getattr(block, name)())
            series.update({(fold, str(day.date())): ic for day, ic in scores.items()})
            print(f"{start} {name}: {scores.mean():.4f}", flush=True)
    for name, series in daily.items():
        print(f"{name}: {pd.Series(series).groupby(level=0).mean().mean():.4f}")

    with open(arguments.csv, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["scheme", "fold", "date", "rank_ic"])
        writer.writerows(
            [name, *day, ic] for name, series in daily.items() for day, ic in series.items()
        )
    for table in arguments.against:
        for scheme, series in schemes_of(table).items():
            for name in daily:
                print(f"{table}: {scheme} minus {name}: {difference(series, daily[name])}")


if __name__ == "__main__":
    main()
