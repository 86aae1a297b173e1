"""The parameters of a set of mixtures, and the official names of classes and subsets."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.acquire.safe_yaml import Located
from datasets.dcase2017_rare.mixtures import yaml_style
from datasets.errors import DataError

#: In this order one stream of random numbers serves them.
CLASSES = ("babycry", "glassbreak", "gunshot")
SUBSETS = ("devtrain", "devtest", "evaltest")
#: Event-to-background ratios beyond this are taken for a mistake (assumed), dB.
MAX_EBR = 120
MAX_MIXTURES = 100_000


@dataclass(frozen=True)
class MixingParams:
    """How many mixtures of a class, which share of them with an event, at which ratios (dB), from which seed.

    The defaults are the official ones of both development subsets; the evaluation set has seed 13 (measured, from its
    folder's name). Numbers keep the type they were written with, because the official names depend on it. Raises
    DataError for values out of range.
    """

    mixtures_per_class: int = 500
    event_presence_prob: float = 0.5
    ebrs: tuple[float, ...] = (-6, 0, 6)
    seed: int = 42

    def __post_init__(self) -> None:
        for name, problem in _problems(self):
            raise DataError(f"mixing parameters: {name} {problem}")

    @property
    def hash(self) -> str:
        """The md5 that names the folder of these mixtures, 32 hexadecimal digits."""
        return yaml_style.digest({**vars(self), "ebrs": list(self.ebrs)})

    @property
    def events_per_class(self) -> int:
        """How many mixtures of a class have an event."""
        return round(self.mixtures_per_class * self.event_presence_prob)

    @classmethod
    def read(cls, path: Path) -> "MixingParams":
        """The parameters of an official `mixing_params*.yaml`. Raises DataError with file and line."""
        found = yaml_style.read(path)
        names = list(cls.__dataclass_fields__)
        if not isinstance(found, Located):
            raise DataError(
                f"{path}: no mapping of {', '.join(names)}; compare it with the official mixing_params.yaml"
            )
        for name in names:
            if name not in found:
                raise DataError(f"{path}:{found.line}: {name} is missing; compare it with the official file")
        for name in found:
            if name not in names:
                raise DataError(
                    f"{path}:{found.lines[name]}: {name} is not a mixing parameter; known: {', '.join(names)}"
                )
        ebrs = found["ebrs"]
        values = {**found, "ebrs": tuple(ebrs) if isinstance(ebrs, list) else ebrs}
        unchecked = object.__new__(cls)
        for name in names:
            object.__setattr__(unchecked, name, values[name])
        for name, problem in _problems(unchecked):
            raise DataError(f"{path}:{found.lines[name]}: {name} {problem}")
        return unchecked


def _problems(params: MixingParams) -> list[tuple[str, str]]:
    """What is wrong with the values: (name, reason)."""
    count, prob, ebrs, seed = params.mixtures_per_class, params.event_presence_prob, params.ebrs, params.seed
    found = []
    if type(count) is not int or not 1 <= count <= MAX_MIXTURES:
        found.append(("mixtures_per_class", f"is {count!r}, not a whole number from 1 to {MAX_MIXTURES}"))
    if not _is_number(prob) or not 0 <= prob <= 1:
        found.append(("event_presence_prob", f"is {prob!r}, not a number from 0 to 1"))
    if not isinstance(ebrs, tuple) or not ebrs or not all(_is_number(ebr) and abs(ebr) <= MAX_EBR for ebr in ebrs):
        shown = list(ebrs) if isinstance(ebrs, tuple) else ebrs
        found.append(("ebrs", f"is {shown!r}, not a list of ratios from -{MAX_EBR} to {MAX_EBR} dB"))
    if type(seed) is not int or not 0 <= seed < 2**32:
        found.append(("seed", f"is {seed!r}, not a whole number from 0 to 2**32 - 1"))
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
