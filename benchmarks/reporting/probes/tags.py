"""What runs of clip tagging show of their test clips, and which of a column's runs figures compare."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from benchmarks.judge.table import CellResult
from benchmarks.reporting.probes.conditioning import Conditioning
from benchmarks.runs.files import file_sha256
from benchmarks.runs.ledger import Finished

#: What runs keep: the input of the first clip, the output of their self-attention for it, its frames mixed by the
#: weights of that, the probability of each class in its frames; and of all clips the states of some frames.
INPUT, ATTENDED, MIXED = "input_map", "bottleneck", "attended_input"
PROBABILITY, STATES = "frame_probability", "frame_states"


@dataclass(frozen=True, eq=False)
class Shown:
    """A run that keeps arrays for figures, and the cell that it stands for."""

    one: CellResult
    run: Finished

    @property
    def path(self) -> Path:
        """The file of the arrays."""
        return self.run.folder / "probes.npz"

    @cached_property
    def names(self) -> frozenset[str]:
        """The arrays that there are."""
        with np.load(self.path, allow_pickle=False) as file:
            return frozenset(file.files)

    @cached_property
    def digest(self) -> str:
        """The checksum of the file."""
        return file_sha256(self.path)

    @cached_property
    def item(self) -> str:
        """The clip that is shown."""
        with np.load(self.path, allow_pickle=False) as file:
            return str(file["items"][0])

    @cached_property
    def conditioning(self) -> Conditioning | None:
        """What the run's input was conditioned with."""
        return Conditioning.of(self.run)

    @property
    def praise(self) -> float:
        """The published value of the row, none for rows of ours."""
        return self.one.cell.published or 0.0

    def array(self, name: str) -> np.ndarray:
        """One of the arrays, float32."""
        with np.load(self.path, allow_pickle=False) as file:
            return file[name].astype(np.float32)


@dataclass(frozen=True, eq=False)
class Cast:
    """The runs of a column that figures show, as far as there are such."""

    runs: Sequence[Shown]

    @cached_property
    def plain(self) -> Shown | None:
        """A run whose input nothing has conditioned; one without self-attention, if possible."""
        return _first(self.runs, lambda one: one.conditioning is None and ATTENDED not in one.names) or _first(
            self.runs, lambda one: one.conditioning is None
        )

    @cached_property
    def attending(self) -> Shown | None:
        """A run with self-attention."""
        return _first(self.runs, lambda one: ATTENDED in one.names)

    @cached_property
    def conditioned(self) -> Shown | None:
        """Of the runs conditioned as released, that of the row which the paper praises most."""
        found = [one for one in self.runs if one.conditioning and one.conditioning.alpha and not one.conditioning.kind]
        return max(found, key=lambda one: one.praise, default=None)

    @cached_property
    def otherwise(self) -> list[Shown]:
        """A run of each other kind of conditioning, with the same alpha if possible."""
        alpha = self.conditioned.conditioning.alpha if self.conditioned and self.conditioned.conditioning else None
        kinds: dict[str, list[Shown]] = {}
        for one in self.runs:
            if one.conditioning and one.conditioning.kind:
                kinds.setdefault(one.conditioning.kind, []).append(one)
        same = partial(_has_alpha, alpha=alpha)
        return [next(filter(same, of_kind), of_kind[0]) for of_kind in kinds.values()]

    @property
    def richness(self) -> int:
        """How much there is to compare."""
        return sum(one is not None for one in (self.plain, self.attending, self.conditioned)) + len(self.otherwise)


def shown_runs(results: Sequence[CellResult]) -> list[Shown]:
    """The runs behind cells that keep arrays for figures, one per setting, all of the clip that most of them show."""
    found: dict[str, Shown] = {}
    for one in results:
        for scored in one.evidence.scored if one.evidence else ():
            if (scored.finished.folder / "probes.npz").exists():
                found.setdefault(scored.finished.run.setting, Shown(one, scored.finished))
    if not found:
        return []
    item, _ = Counter(one.item for one in found.values()).most_common(1)[0]
    return [one for one in found.values() if one.item == item]


def _first(runs: Sequence[Shown], holds: Callable[[Shown], bool]) -> Shown | None:
    return next(filter(holds, runs), None)


def _has_alpha(one: Shown, alpha: float | None) -> bool:
    return one.conditioning is not None and one.conditioning.alpha == alpha
