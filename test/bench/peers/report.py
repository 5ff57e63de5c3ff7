"""What every peer script shares: its arguments, its stopwatch, its result lines and their table."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata

from unit import DAYS, STOCKS

REPEATS = 3


@dataclass(frozen=True)
class Result:
    """One line of the table. `ms_per_factor` is None where the peer could not be measured."""

    peer: str
    version: str
    measured: str
    factors: int = 0
    ms_per_factor: float | None = None
    note: str = ""

    def print(self) -> None:
        """Writes the line as JSON, with the rates that follow from it."""
        line = asdict(self)
        if self.ms_per_factor:
            line["factors_per_s"] = 1e3 / self.ms_per_factor
            line["cells_per_s"] = DAYS * STOCKS * 1e3 / self.ms_per_factor
        print(json.dumps(line), flush=True)


def arguments(description: str | None) -> argparse.Namespace:
    """The arguments that `run` gives every peer."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("formulas", help="text file of formulas in call form, one a line")
    parser.add_argument("--limit", type=int, default=0, help="only the first N; 0: all")
    return parser.parse_args()


def version(package: str) -> str:
    """The installed version of a package."""
    return metadata.version(package)


def median_ms(work: Callable[[], object], factors: int) -> float:
    """Milliseconds per factor of `work`, which values all of them: the median of REPEATS runs."""
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3 / factors


def _cells(line: dict[str, object]) -> list[str]:
    """One JSON line as the words of a table row."""
    ms, rate, cells = (line.get(key) for key in ("ms_per_factor", "factors_per_s", "cells_per_s"))
    numbers = [f"{ms:.3g}", f"{rate:.3g}", f"{cells:.2e}"] if ms else ["-"] * 3
    words = [str(line[key]) for key in ("peer", "version", "measured", "factors")]
    return [*words, *numbers, str(line["note"])]


def table(lines: Iterable[str]) -> str:
    """JSON lines as a Markdown table."""
    head = ["peer", "version", "measured", "factors", "ms/factor", "factors/s", "cells/s", "note"]
    rows = [head, *(_cells(json.loads(line)) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    text = [
        " | ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        for row in rows
    ]
    text.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {row} |" for row in text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Prints result lines read from stdin as a table.")
    parser.add_argument("--failure", nargs=2, metavar=("PEER", "WHY"), help="print such a line")
    failure = parser.parse_args().failure
    if failure:
        Result(failure[0], "-", "failed", note=failure[1]).print()
    else:
        print(table(sys.stdin))


if __name__ == "__main__":
    main()
