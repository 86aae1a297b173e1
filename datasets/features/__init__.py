"""Feature extractors: from the samples of a clip to an array, each a frozen dataclass that can be called.

An extractor has `name`, `version` (raised when its numbers change), `rate` (Hz), `params()`, and returns float32, or
what its `dtype` says. One that cuts segments says `segmented` and takes `frames` and `step`, their length and distance;
one that takes files rather than a dataset's samples has `read(path)`.
"""

import importlib
from typing import Any, Protocol

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
    """What the cache needs of an extractor."""

    name: str
    version: int
    rate: int

    def params(self) -> dict[str, Any]:
        """All parameters."""

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Features of the samples (n,) of one clip at `rate` Hz."""


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
