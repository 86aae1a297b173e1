"""Feature extractors: from the samples of a clip to an array, each a frozen dataclass that can be called."""

import importlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from datasets.features.named import extractors
from datasets.features.signatures.trial import trial_sound

__all__ = ["Extractor", "extractor_class", "extractors", "make_extractor"]


class Extractor(Protocol):
    """What an extractor is; each inherits from this, and is a frozen dataclass whose fields are its parameters."""

    name: ClassVar[str]
    #: Raised when its numbers change.
    version: ClassVar[int]
    #: What it returns.
    dtype: ClassVar[str] = "float32"
    #: Whether a clip has several rows: segments, whose length and distance are its parameters `frames` and `step`, or
    #: its frames, as many as they are (datasets.features.maestro).
    segmented: ClassVar[bool] = False
    #: Whether all channels are standardised by the scale of the first.
    shared_scale: ClassVar[bool] = False
    #: What the second channel, a delta with the scale of the first, is in the first frames of a constant of 1.
    delta_of_one: ClassVar[tuple[float, ...]] = ()
    #: Whether it takes what `read` makes of a clip's file rather than a dataset's samples.
    takes_files: ClassVar[bool] = False

    @property
    def rate(self) -> int:
        """Of the samples that it takes, Hz."""

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""

    def params(self) -> dict[str, Any]:
        """All parameters, for cache keys and provenance."""
        return asdict(self)  # type: ignore[call-overload]

    def check_rate(self, rate: int) -> None:
        """Raise ValueError for another rate than the extractor's."""
        if rate != self.rate:
            raise ValueError(f"{self.name} needs {self.rate} Hz, not {rate} Hz")

    def read(self, path: Path) -> NDArray[np.float32]:
        """The samples (n,) of a clip's file. Raises TypeError for an extractor that takes none (`takes_files`)."""
        raise TypeError(f"{self.name} takes a dataset's samples, no files")

    def example(self) -> NDArray[np.float32]:
        """The fixed samples that it is tried on, to tell its code from other code (datasets.features.signatures)."""
        return trial_sound(self.rate)

    @classmethod
    def each(cls, extractors: Sequence[Self], samples: NDArray[np.float32], rate: int) -> list[NDArray[np.float32]]:
        """What each of several extractors of this class makes of the same samples, to the bit as it does alone.

        A class whose extractors have a part of their work in common does it once.
        """
        return [one(samples, rate) for one in extractors]

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Features of the samples (n,) of one clip at `rate` Hz. Raises ValueError for samples that it cannot use."""


def extractor_class(name: str) -> Any:
    """The class of the extractor called `name`, or with that import path. Raises ValueError for an unknown name."""
    module, _, attribute = extractors().get(name, name).rpartition(".")
    try:
        found = vars(importlib.import_module(module)).get(attribute) if module else None
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):  # what the module itself imports
            raise
        found = None
    if not isinstance(found, type) or Extractor not in found.__mro__:
        raise ValueError(f"unknown feature extractor {name!r}; known: {', '.join(sorted(extractors()))}")
    return found


def make_extractor(name: str, **params: Any) -> Extractor:
    """The extractor called `name`, or with that import path. Raises ValueError for an unknown name."""
    made: Extractor = extractor_class(name)(**params)
    return made
