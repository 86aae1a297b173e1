"""Signatures: what code makes of fixed inputs, kept with features, so that other code never takes them for its own.

A signature is a few numbers: shape, root mean square and projections of the outcome on fixed signs, so that a change
of any value shows in all of them. They are compared within a tolerance and are no hash: two machines differ in the last
digits of float32, and whatever way of rounding is chosen, some value lies on its edge.
"""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.audio import read_any, read_raw, write_wav
from datasets.errors import DataError
from datasets.features import Extractor
from datasets.features.copies import Copy
from datasets.features.signatures.marks import Mark
from datasets.features.signatures.trial import trial_sound

PROJECTIONS = 8
DIGITS = 8
#: Seconds of the trial sound that copies are made of; a phase vocoder takes its time.
COPIED = 0.25
#: Rate and channels of the file that readers of clips get, and extractors which take files.
FILE_RATE, FILE_CHANNELS = 48000, 2
#: The rate that this file is brought to by the readers of clips, Hz.
READ_RATE = 44100

#: What this process has tried already.
_KNOWN: dict[tuple[Any, ...], Mark] = {}
_TRYING = threading.Lock()


def mark_of(values: NDArray[Any]) -> Mark:
    """The mark of an outcome, an array of any shape."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    draw = np.random.default_rng(0)
    projections = [flat @ (2.0 * draw.integers(0, 2, flat.size) - 1.0) for _ in range(PROJECTIONS)]
    scale = np.sqrt(max(1, flat.size))
    numbers = [_rounded(one / scale) for one in projections]
    rms = _rounded(float(np.linalg.norm(flat) / scale))
    return {"shape": list(np.shape(values)), "rms": rms, "projections": numbers}


def of_readers() -> Mark:
    """The mark of the readers of clips (datasets.audio), which get a file of two channels and another rate."""
    return _once(("readers",), lambda: mark_of(_as_read()))


def of_clip(load: Callable[[str], NDArray[Any]], files: Sequence[str], item: str) -> Mark:
    """The mark of one clip as a dataset gives it: whatever it does beyond reading.

    files: name and fingerprint of the dataset, which say that the clip's file is the same. Raises DataError.
    """
    return _once(("clip", *files, item), lambda: mark_of(load(item)))


def of_extractor(extractor: Extractor) -> Mark:
    """The mark of an extractor. Raises DataError for one that cannot use the trial sound."""
    key = (type(extractor), json.dumps(extractor.params(), sort_keys=True, default=str))

    def tried() -> Mark:
        samples = _as_file(extractor) if extractor.takes_files else extractor.example()
        try:
            return mark_of(extractor(samples, extractor.rate))
        except ValueError as error:
            raise DataError(
                f"extractor {extractor.name}: cannot be tried on the fixed sound ({error}); give it an `example` of "
                "its own"
            ) from error

    return _once(key, tried)


def of_copy(copy: Copy, rate: int) -> Mark:
    """The mark of a kind of copy of clips at `rate` Hz: of what it makes for each class, and of how it is seeded."""
    samples = trial_sound(rate)[: round(COPIED * rate)]

    def tried() -> Mark:
        made = [copy.make(samples, rate, label, np.random.default_rng(0)) for label in copy.labels]
        return mark_of(np.concatenate(made))

    mark = _once((copy.make, copy.labels, rate), tried)
    return {**mark, "projections": [*mark["projections"], _rounded(copy.draws("trial").random())]}


def of_transform(path: str, params: Mapping[str, Any], make: Callable[[], NDArray[Any]], shape: Sequence[int]) -> Mark:
    """The mark of a conditioner: of what it makes of trial frames of that shape."""
    return _once((path, json.dumps(params, sort_keys=True, default=str), *shape), lambda: mark_of(make()))


def _once(key: tuple[Any, ...], tried: Callable[[], Mark]) -> Mark:
    with _TRYING:
        if key not in _KNOWN:
            _KNOWN[key] = tried()
        return _KNOWN[key]


def _as_file(extractor: Extractor) -> NDArray[np.float32]:
    """What an extractor reads of the trial file."""
    with _trial_file() as path:
        return extractor.read(path)


def _as_read() -> NDArray[np.float64]:
    """What the readers of clips make of the trial file, all in one row."""
    with _trial_file() as path:
        samples, _ = read_any(path)
        frames = round(len(samples) * READ_RATE / FILE_RATE) - 100  # cut short
        return np.concatenate([samples.ravel(), read_raw(path, READ_RATE, frames)])


@contextmanager
def _trial_file() -> Iterator[Path]:
    """A file with the trial sound, whose channels differ."""
    samples = trial_sound(FILE_RATE)
    channels = np.stack([samples * (1 - 0.5 * number) for number in range(FILE_CHANNELS)], axis=1)
    with ExitStack() as at_end:
        try:
            folder = at_end.enter_context(tempfile.TemporaryDirectory(prefix="resound-trial-"))
            write_wav(path := Path(folder) / "trial.wav", channels, FILE_RATE, "PCM_16")
        except OSError as error:
            place = error.filename or tempfile.gettempdir()
            raise DataError(
                f"{place}: a trial sound cannot be written ({error.strerror or error}); make room there, or name "
                "another folder in TMPDIR"
            ) from error
        yield path


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
