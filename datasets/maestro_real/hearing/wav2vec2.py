"""What wav2vec2's base model makes of every second: the frozen query of a network of `maestro` (Fig. 3)."""

import hashlib
import os
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from datasets.errors import DataError
from datasets.features import Extractor

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Names the file of weights where no argument does.
WEIGHTS = "RESOUND_WAV2VEC2"
#: Where the weights are to be had: torchaudio's bundle WAV2VEC2_BASE.
BUNDLE = "wav2vec2_fairseq_base_ls960.pth"
#: Seconds that are heard at once.
TOGETHER = 8


@dataclass(frozen=True)
class Wav2Vec2Mean(Extractor):
    """The mean over time of the last layer's output, 768 values for every complete second by itself.

    weights: a file with the state of torchaudio's wav2vec2_base; nothing is downloaded, and nothing in it but tensors
    is read. Everything is frozen (assumed, for the cost: in the code only the convolutions are). Raises DataError for a
    file that is not there, cannot be read or has other weights. Assumed: resampling by soxr.
    """

    name: ClassVar[str] = "wav2vec2_mean"
    version: ClassVar[int] = 1
    segmented: ClassVar[bool] = True

    weights: str
    rate: int = 44100
    analysis_rate: int = 16000

    def __post_init__(self) -> None:
        if not Path(self.weights).is_file():
            raise DataError(
                f"{self.weights or 'weights of wav2vec2'}: no such file; put torchaudio's {BUNDLE} somewhere and set "
                f"{WEIGHTS} to its path"
            )

    @property
    def hop(self) -> int:
        """Samples from row to row: a second."""
        return self.rate

    def params(self) -> dict[str, Any]:
        """What decides: the content of the weights, wherever they lie."""
        return {"weights": _digest(self.weights), "rate": self.rate, "analysis_rate": self.analysis_rate}

    def __call__(self, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Means (seconds, 768) of samples (n,) at `rate` Hz. Raises ValueError for less than a second."""
        self.check_rate(rate)
        if (seconds := len(samples) // rate) == 0:
            raise ValueError(f"{len(samples)} samples are less than a second")
        import soxr
        import torch

        model: Any = _model(self.weights)
        heard = soxr.resample(samples[: seconds * rate], rate, self.analysis_rate)[: seconds * self.analysis_rate]
        heard = np.pad(heard, (0, seconds * self.analysis_rate - len(heard))).reshape(seconds, -1)
        with torch.inference_mode():
            found = [model.extract_features(block)[0][-1].mean(1) for block in torch.from_numpy(heard).split(TOGETHER)]
        return torch.cat(found).numpy()


def weights_file(given: str | None) -> str:
    """The file of weights: the one that is given, or else that of RESOUND_WAV2VEC2; empty where none is named."""
    return given or os.environ.get(WEIGHTS, "")


def check_weights(path: str) -> None:
    """Raises DataError for a file that is not there, cannot be read or has weights of other shapes; reads little."""
    import torch
    from torchaudio.models import wav2vec2_base

    Wav2Vec2Mean(path)
    with torch.device("meta"):
        model = wav2vec2_base()
    _weights(path, model, "meta")


@lru_cache(maxsize=2)
def _digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=1)
def _model(path: str) -> "nn.Module":
    """The model with these weights, to predict. Raises DataError where they do not fit."""
    from torchaudio.models import wav2vec2_base

    model = wav2vec2_base()
    weights = _weights(path, model, "cpu")
    if odd := [name for name, one in weights.items() if not one.isfinite().all()]:
        raise DataError(f"{path}: {odd[0]} is not finite; get torchaudio's {BUNDLE} again")
    model.load_state_dict(weights)
    return model.eval()


def _weights(path: str, model: "nn.Module", device: str) -> "dict[str, Tensor]":
    """The weights of a file that a model wants, on a device; "meta" tells shapes alone, and reads nothing more."""
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of old formats; a file that is none is told below
            found = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # of a dozen kinds, on damaged bytes
        raise DataError(f"{path}: cannot be read as weights; get torchaudio's {BUNDLE} again") from error
    wanted = model.state_dict()
    for name, own in wanted.items():
        there = found.get(name) if isinstance(found, dict) else None
        if getattr(there, "shape", None) != own.shape:
            given = "is not there" if there is None else f"has the shape {tuple(getattr(there, 'shape', ()))}"
            raise DataError(
                f"{path}: {name} {given}, not {tuple(own.shape)}; these are no weights of wav2vec2's base model, get "
                f"torchaudio's {BUNDLE}"
            )
    return {name: found[name] for name in wanted}
