"""A simulated market every peer values its formulas on: the same numbers on every machine."""

from __future__ import annotations

import numpy as np

from unit import DAYS, FIELDS, HORIZON, LOOKBACK, STOCKS


def simulate(seed: int = 1) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The fields, each LOOKBACK + DAYS days x STOCKS float32, and the label of the last DAYS days.

    Prices are geometric random walks that share a market return; volume is lognormal; about 1 % of
    the stock-days are suspended, where every field is NaN. The label is the return over the next
    HORIZON days.
    """
    rng = np.random.default_rng(seed)
    days = LOOKBACK + DAYS + HORIZON
    market = rng.normal(0.0, 0.01, (days, 1))
    beta = rng.uniform(0.5, 1.5, STOCKS)
    own = rng.normal(0.0, 0.02, (days, STOCKS))
    close = rng.lognormal(2.5, 0.7, STOCKS) * np.exp(np.cumsum(beta * market + own, axis=0))
    previous = np.vstack([close[:1], close[:-1]])
    open_ = previous * np.exp(rng.normal(0.0, 0.006, close.shape))
    high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.008, close.shape)))
    low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.008, close.shape)))
    vwap = low + (high - low) * rng.beta(4.0, 4.0, close.shape)
    level = rng.normal(14.0, 1.2, STOCKS)
    volume = np.exp(level + rng.normal(0.0, 0.5, close.shape) + 10.0 * np.abs(own))

    suspended = rng.random(close.shape) < 0.01
    fields = dict(zip(FIELDS, (open_, high, low, close, vwap, volume), strict=True))
    for values in fields.values():
        values[suspended] = np.nan
    label = close[LOOKBACK + HORIZON :] / close[LOOKBACK:-HORIZON] - 1.0
    panel = {
        name: np.ascontiguousarray(values[:-HORIZON], np.float32) for name, values in fields.items()
    }
    return panel, np.ascontiguousarray(label, np.float32)
