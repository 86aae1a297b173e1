"""The sound of backgrounds and events: mono, 44.1 kHz, decoded once and kept.

Channels are averaged. A file of another rate is resampled by soxr (VHQ); the official synthesizer took librosa 0.5's
`kaiser_best`, so such a source differs from the official one by resampling only.
"""

import hashlib
import logging
import os
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from datasets.acquire.hashes import stamp
from datasets.acquire.whole import whole
from datasets.audio import read_any
from datasets.dcase2017_rare.mixtures.mixing import RATE
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError

log = logging.getLogger(__name__)

#: Raised when what is kept on disk changes.
FORMAT = 1
#: Segments were annotated in steps of 100 ms and may end so much after their file; they are cut there, as officially.
SEGMENT_TOLERANCE = 0.1
#: Memory for decoded sources where no cache folder is given, bytes (assumed).
MEMORY = 512 << 20
#: How many sounds are kept open: a map costs no memory, and one of the files that a process may have open.
MAPS = 64
CHECKSUM_BYTES = 4


class SourceAudio:
    """The decoded sources of a subset. Threads and processes may share `cache`; a pickle carries no sound.

    cache: a folder for decoded sources, opened as memory maps (4.5 GB for the 844 backgrounds of devtrain), of which
    the MAPS used last stay open. Without one, or where the disk refuses, the sources used last stay in memory, up to
    MEMORY.
    """

    def __init__(self, sources: Sources, cache: Path | None = None) -> None:
        self.sources = sources
        self.folder = Path(cache) / "sources" if cache is not None else None
        self._empty()

    def _empty(self) -> None:
        self._kept: OrderedDict[str, NDArray[Any]] = OrderedDict()
        self._checked: set[tuple[object, ...]] = set()
        self._bytes = 0
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"sources": self.sources, "folder": self.folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.sources, self.folder = state["sources"], state["folder"]
        self._empty()

    def background(self, filepath: str) -> NDArray[np.float32]:
        """The samples of a background (frames,): exact, because the mean of two 24-bit channels fits float32.

        Raises DataError if it cannot be used.
        """
        path = self.sources.background_path(filepath)
        return self._get(path, "background", lambda: decode(path).astype(np.float32))

    def event(self, event_path: str, segment: tuple[float, float]) -> NDArray[np.float64]:
        """The samples of an event (frames,), cut out of its original. Raises DataError if it cannot be used."""
        path = self.sources.event_path(event_path)
        return self._get(path, f"{float(segment[0])!r} {float(segment[1])!r}", lambda: cut(path, segment))

    def _get(self, path: Path, part: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        name = f"{path} {part}"
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
        sound = self._from_disk(path, part, make) if self.folder is not None else make()
        with self._lock:
            if name not in self._kept:
                self._keep(name, sound)
        return sound

    def _keep(self, name: str, sound: NDArray[Any]) -> None:
        self._kept[name] = sound
        self._bytes += _weight(sound)
        while len(self._kept) > 1 and (self._bytes > MEMORY or self._opens_too_many()):
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _weight(oldest)

    def _opens_too_many(self) -> bool:
        return self.folder is not None and len(self._kept) > MAPS

    def _from_disk(self, path: Path, part: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        assert self.folder is not None
        try:
            text = f"{FORMAT} {path.resolve()} {stamp(path)} {part}"
        except OSError:
            return make()  # which says what is wrong
        target = self.folder / f"{hashlib.sha256(os.fsencode(text)).hexdigest()[:32]}.npy"
        kept = self._mapped(target)
        if kept is None:
            sound = make()
            try:
                _store(target, sound)
            except OSError as error:  # a full or read-only disk costs time, not the result
                log.warning("%s: decoded sources cannot be kept (%s)", self.folder, error.strerror)
                self.folder = None
                return sound
            kept = self._mapped(target)
            return sound if kept is None else kept
        return kept

    def _mapped(self, path: Path) -> NDArray[Any] | None:
        """A kept sound; None where it is absent, damaged, another one in its place or none at all.

        Its checksum is read once, as long as nobody writes the file.
        """
        try:
            if (state := (path, stamp(path))) not in self._checked:
                content: NDArray[np.uint8] = np.memmap(path, np.uint8, "r")
                if content[-CHECKSUM_BYTES:].tobytes() != _checksum(content[:-CHECKSUM_BYTES], path):
                    return None
            sound: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        self._checked.add(state)
        return sound if sound.ndim == 1 and sound.dtype in (np.float32, np.float64) and len(sound) else None


def decode(path: Path, whole: bool = True) -> NDArray[np.float64]:
    """All samples of a file as the mixer wants them: mean of the channels, 44.1 kHz, float64 (frames,).

    whole: refuse a WAV file that ends before its header says. Raises DataError if the file cannot be used.
    """
    samples, rate = read_any(path, whole)
    # For two channels the same numbers, in a tenth of the time.
    mono = samples @ np.full(2, 0.5) if samples.shape[1] == 2 else samples.mean(axis=1)
    if rate != RATE:
        import soxr

        mono = soxr.resample(mono, rate, RATE, quality="VHQ")
    return mono


def cut(path: Path, segment: tuple[float, float]) -> NDArray[np.float64]:
    """The samples from segment[0] to segment[1] seconds of a file, each time rounded down to a sample."""
    # Recorders leave odd headers behind in Freesound originals; what matters is that the segment is there.
    samples = decode(path, whole=False)
    if segment[1] * RATE > len(samples) + SEGMENT_TOLERANCE * RATE:
        raise DataError(
            f"{path.name}: the segment from {segment[0]} s to {segment[1]} s lies outside the file of "
            f"{len(samples) / RATE:.3f} s; put the official file into {path.parent}"
        )
    part = samples[int(segment[0] * RATE) : int(segment[1] * RATE)]
    if len(part) == 0:
        raise DataError(
            f"{path.name}: the segment from {segment[0]} s to {segment[1]} s holds no sample; check its times"
        )
    return part.copy()


def _weight(sound: NDArray[Any]) -> int:
    """The memory that a kept sound holds; a map holds none."""
    return 0 if isinstance(sound, np.memmap) else sound.nbytes


def _store(target: Path, sound: NDArray[Any]) -> None:
    with whole(target) as temporary, temporary.open("wb") as file:
        np.save(file, sound, allow_pickle=False)
        file.flush()
        file.write(_checksum(np.memmap(temporary, np.uint8, "r"), target))


def _checksum(content: NDArray[np.uint8], path: Path) -> bytes:
    """CRC-32 of a kept sound and of its name, which stands behind it."""
    return zlib.crc32(content.data, zlib.crc32(path.name.encode())).to_bytes(CHECKSUM_BYTES, "big")
