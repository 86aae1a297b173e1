"""Feature extractors: from the samples of a clip to an array, each a frozen dataclass that can be called."""

import importlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

#: Import path of every extractor by name. The modules are imported when one is made, not before.
EXTRACTORS: dict[str, str] = {
    "log_gammatone_delta": "datasets.features.log_gammatone.LogGammatone",
    "log_mel_baseline": "datasets.features.log_mel_rare.LogMelBaseline",
    "log_mel_cakir": "datasets.features.log_mel_rare.LogMelCakir",
    "log_mel_delta_piczak": "datasets.features.log_mel.LogMelDelta",
    "log_mel_edc": "datasets.features.log_mel_edc.LogMelEdc",
    "log_mel_mtfa": "datasets.features.log_mel_rare.LogMelMtfa",
    "mfcc_zcr": "datasets.features.mfcc_zcr.MfccZcr",
    "mfcc_zcr_interleaved": "datasets.features.mfcc_zcr.MfccZcrInterleaved",
    "released_log_mel": "datasets.features.released.ReleasedLogMel",
}


class Extractor(Protocol):
    """What an extractor is; each inherits from this, and is a frozen dataclass whose fields are its parameters."""

    name: ClassVar[str]
    #: Raised when its numbers change.
    version: ClassVar[int]
    #: What it returns.
    dtype: ClassVar[str] = "float32"
    #: Whether it cuts segments, whose length and distance are its parameters `frames` and `step`.
    segmented: ClassVar[bool] = False
    #: Whether all channels are standardised by the scale of the first.
    shared_scale: ClassVar[bool] = False
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
        """The samples (n,) of a clip's file, for one that takes files."""
        raise NotImplementedError

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Features of the samples (n,) of one clip at `rate` Hz. Raises ValueError for samples that it cannot use."""


def extractor_class(name: str) -> Any:
    """The class of the extractor called `name`, or with that import path. Raises ValueError for an unknown name."""
    path = EXTRACTORS.get(name, name)
    if path not in EXTRACTORS.values():
        raise ValueError(f"unknown feature extractor {name!r}; known: {', '.join(sorted(EXTRACTORS))}")
    module, _, cls = path.rpartition(".")
    return getattr(importlib.import_module(module), cls)


def make_extractor(name: str, **params: Any) -> Extractor:
    """The extractor called `name`, or with that import path. Raises ValueError for an unknown name."""
    return extractor_class(name)(**params)
