"""Any sound file as one channel at the rate that an extractor takes, and what had to be done for that."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from datasets.audio import ClipFault, read_any
from datasets.errors import DataError

#: Longer files, in seconds, and those of more values are to be cut first: they would fill the memory.
LONGEST, MOST_VALUES = 3600.0, 1 << 29


@dataclass(frozen=True)
class Sound:
    """Samples (n,) float32 at `rate` Hz; seconds: how long the file is; notes: what differs from the file."""

    path: Path
    samples: NDArray[np.float32]
    rate: int
    seconds: float
    notes: tuple[str, ...] = ()

    def at_least(self, samples: int, what: str) -> "Sound":
        """The same with silence behind it, where it has fewer samples than `what` needs."""
        missing = samples - len(self.samples)
        if missing <= 0:
            return self
        note = f"{self.seconds:.2f} s are less than {what} ({samples / self.rate:.2f} s): silence is put behind them"
        return replace(self, samples=np.pad(self.samples, (0, missing)), notes=(*self.notes, note))


def read_sound(path: str | Path, rate: int) -> Sound:
    """The sound of a file: several channels become their mean, another rate is resampled (soxr).

    Raises DataError, one line, for what is no sound file, cannot be decoded, is empty, silent or longer than an hour.
    """
    path = Path(path)
    _check_length(path)
    try:
        values, found = read_any(path)
    except ClipFault as fault:
        raise _unusable(path, f"{fault.kind}: {fault.reason}") from None
    with np.errstate(over="ignore"):  # what is too loud for features is told by them
        samples, notes = values.mean(axis=1).astype(np.float32), []
    if values.shape[1] > 1:
        notes.append(f"{values.shape[1]} channels: their mean is heard")
    if found != rate:
        import soxr

        samples = soxr.resample(samples, found, rate)
        lost = f", so that it has nothing above {found / 2:g} Hz" if found < rate else ""
        notes.append(f"{found} Hz: resampled to {rate} Hz{lost}")
    if not samples.any():
        raise _unusable(path, "silent: nothing is left of its channels together, or at this rate")
    return Sound(path, samples, rate, len(values) / found, tuple(notes))


def _check_length(path: Path) -> None:
    import os

    import soundfile

    if not path.is_file():
        raise DataError(f"{path}: {'is no file' if path.exists() else 'no such file'}; give a sound file")
    try:
        facts = soundfile.info(os.fsencode(path))
    except (OSError, soundfile.LibsndfileError):
        return  # what is wrong with it is told when it is read
    if facts.frames / facts.samplerate > LONGEST or facts.frames * facts.channels > MOST_VALUES:
        raise _unusable(path, f"{facts.frames / facts.samplerate:.0f} s of {facts.channels} channels are too long")


def _unusable(path: Path, why: str) -> DataError:
    return DataError(f"{path}: {why}; give a sound of at most an hour that can be decoded, such as WAV, FLAC or OGG")
