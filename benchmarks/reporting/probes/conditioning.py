"""What changed the input of a network before it saw it, as its run tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import e, floor, log
from typing import Any

from benchmarks.judge.table import CellResult
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Finished

#: The share of a decay curve down to which frames are counted as reached (EDC, table 1: the one value that gives it).
LEVEL = 0.02
#: What switches are called, where they are not as released; the order is that of figures.
SWITCHES = {
    ("renormalise_decay", True): "decay renormalised",
    ("similarity_input", "raw"): "similarity of raw frames",
    ("rounding", "round"): "ranges rounded",
    ("rounding", "none"): "ranges not rounded",
    ("decay", "exp(-alpha*d)"): "decay as printed",
}


@dataclass(frozen=True, eq=False)
class Conditioning:
    """A transform of features: its class and its parameters; how far it looks in frames, where that was measured."""

    class_path: str
    params: Mapping[str, Any]
    #: past_mean, future_mean, past_max, future_max over the frames of some training clips, or nothing
    ranges: Mapping[str, float]
    #: how many clips these were
    measured_on: int

    @classmethod
    def of(cls, run: Finished) -> "Conditioning | None":
        """What a run was conditioned with; None where nothing was."""
        told = run.result["data"].get("conditioner")
        if not told:
            return None
        return cls(told["class_path"], told["params"], told.get("ranges") or {}, told.get("ranges_of") or 0)

    @property
    def alpha(self) -> float | None:
        """How slowly the decay falls, in frames; None where there is no decay."""
        return self.params.get("alpha")

    @property
    def family(self) -> str:
        """The same for conditionings that differ in alpha alone."""
        return canonical_hash([self.class_path, {**self.params, "alpha": None}])

    @property
    def kind(self) -> str:
        """What is not as released, in words; nothing where everything is."""
        return ", ".join(word for (name, value), word in SWITCHES.items() if self.params.get(name) == value)

    @property
    def name(self) -> str:
        """Alpha and the kind, for titles."""
        return ", ".join(part for part in (f"α = {self.alpha:g}" if self.alpha else "", self.kind) if part)


def conditioning(one: CellResult) -> Conditioning | None:
    """What the runs behind a cell were conditioned with; all of them alike, as they share their recipe."""
    return Conditioning.of(one.evidence.scored[0].finished) if one.evidence and one.evidence.scored else None


def support(alpha: float) -> int:
    """Frames per side at which exp(-d / alpha) is at least `LEVEL`: half of the column "frames" of EDC, table 1."""
    return floor(alpha * log(1 / LEVEL))


def bound(alpha: float) -> float:
    """Frames per side that no expected distance exceeds, as d exp(-d / alpha) is never larger: alpha / e.

    It holds where the decay is not renormalised, since the shares then add up to at most one (EDC, equation 7).
    """
    return alpha / e
