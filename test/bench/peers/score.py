"""Mean daily rank IC in numpy, shared by the peers that have no usable score of their own."""

from __future__ import annotations

import numpy as np


def _tie_bounds(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For rows in ascending order: the first place of the same value, and one past its last."""
    days, stocks = ordered.shape
    places = np.broadcast_to(np.arange(stocks), ordered.shape)
    edge = np.ones((days, stocks + 1), bool)
    edge[:, 1:-1] = ordered[:, 1:] != ordered[:, :-1]
    first = np.maximum.accumulate(np.where(edge[:, :-1], places, 0), axis=1)
    end = np.where(edge[:, 1:], places + 1, stocks)
    return first, np.minimum.accumulate(end[:, ::-1], axis=1)[:, ::-1]


class RankIc:
    """Spearman correlation of a factor with one label, day by day, averaged over the days.

    Ranks are average ranks among the stocks of the day where both are finite. The label is sorted
    once; each factor then costs one argsort of a day's stocks.
    """

    def __init__(self, label: np.ndarray) -> None:
        self._known = np.isfinite(label)
        self._order = np.argsort(label, axis=1)
        self._place = np.argsort(self._order, axis=1)
        ordered = np.take_along_axis(label, self._order, axis=1)
        self._first, self._end = _tie_bounds(ordered)

    def _label_ranks(self, seen: np.ndarray) -> np.ndarray:
        """Average ranks of the label among the `seen` stocks, stocks in the panel's order."""
        counts = np.zeros((seen.shape[0], seen.shape[1] + 1), np.int32)
        np.cumsum(np.take_along_axis(seen, self._order, axis=1), axis=1, out=counts[:, 1:])
        below = np.take_along_axis(counts, self._first, axis=1)
        upto = np.take_along_axis(counts, self._end, axis=1)
        return np.take_along_axis((below + upto + 1) * 0.5, self._place, axis=1)

    def __call__(self, factor: np.ndarray) -> float:
        """The mean over the days that have a correlation; NaN if none has."""
        seen = np.isfinite(factor) & self._known
        values = np.where(seen, factor, np.nan)
        order = np.argsort(values, axis=1)
        ordered = np.take_along_axis(values, order, axis=1)
        present = np.take_along_axis(seen, order, axis=1)
        first, end = _tie_bounds(ordered)
        x = np.where(present, (first + end + 1) * 0.5, 0.0)
        y = np.take_along_axis(self._label_ranks(seen), order, axis=1) * present

        count = seen.sum(axis=1)
        mean_product = count * ((count + 1) * 0.5) ** 2
        covariance = np.einsum("ds,ds->d", x, y) - mean_product
        variance_x = np.einsum("ds,ds->d", x, x) - mean_product
        variance_y = np.einsum("ds,ds->d", y, y) - mean_product
        usable = (variance_x > 1e-9) & (variance_y > 1e-9)
        if not usable.any():
            return float("nan")
        return float(np.mean(covariance[usable] / np.sqrt(variance_x[usable] * variance_y[usable])))
