"""Ratios of interleaved measurements, and how they are written down."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Measure:
    """One number of the bench: the median over rounds with the smallest and the largest, beside its target."""

    name: str
    median: float
    low: float
    high: float
    unit: str
    target: float | None = None
    better: Literal["above", "below"] = "above"
    note: str = ""

    @classmethod
    def of(
        cls, name: str, values: Sequence[float], unit: str, target: float | None = None,
        better: Literal["above", "below"] = "above", note: str = "",
    ) -> "Measure":  # fmt: skip
        """The measure of the values of several rounds."""
        return cls(name, statistics.median(values), min(values), max(values), unit, target, better, note)

    @property
    def verdict(self) -> str:
        """Whether the median reaches the target."""
        if self.target is None:
            return ""
        reached = self.median >= self.target if self.better == "above" else self.median <= self.target
        return "reached" if reached else "missed"

    def cells(self) -> list[str]:
        """The row of the table."""
        sign = {"above": "≥", "below": "≤"}[self.better]
        target = "" if self.target is None else f"{sign} {self.target:g} {self.unit}"
        spread = f"{self.low:.3g} to {self.high:.3g}"
        return [self.name, f"{self.median:.3g} {self.unit}", spread, target, self.verdict, self.note]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {**asdict(self), "verdict": self.verdict}


def seconds(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alternate(ours: Callable[[], object], plain: Callable[[], object], rounds: int) -> list[tuple[float, float]]:
    """Wall seconds of both, in turn, so that a change of the machine's load meets both; each once unmeasured before."""
    ours()
    plain()
    return [(seconds(ours), seconds(plain)) for _ in range(rounds)]


def times_as_fast(pairs: Sequence[tuple[float, float]]) -> list[float]:
    """How many times as fast ours is, round by round."""
    return [plain / ours for ours, plain in pairs]


def table(measures: Sequence[Measure]) -> str:
    """All measures as a markdown table."""
    from tabulate import tabulate

    headers = ["what", "median", "range", "target", "", "note"]
    return tabulate([one.cells() for one in measures], headers=headers, tablefmt="github", disable_numparse=True)
