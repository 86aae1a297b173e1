"""One clip from its file: decoding, and the checks that every clip has to pass.

Two forms of release are read. A 16-bit WAV that already has the clip's rate and length is taken bit for bit. A
release of raw recordings (any rate, one or two channels, any length) goes the way that leads from the 2015 OGG files
of ESC-50 to its 2017 WAV files: sum the channels, resample, cut or zero-pad, round to 16 bit, saturating each time.
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from datasets.errors import DataError

if TYPE_CHECKING:
    import soundfile
    from numpy.typing import NDArray

#: What can be wrong with a clip, in the order in which it is looked for.
FaultKind = Literal["empty", "truncated", "unreadable", "rate", "channels", "length", "format", "nan", "silent"]
FULL_SCALE = 32768.0
_OGG_PAGE_HEADER = 27
#: Sizes in WAV headers from which on the writer did not know: ffmpeg's and sox's, into a pipe.
_UNKNOWN_SIZE = 0x7FFFF000
#: How a file begins that stands where a sound would which lies elsewhere (datasets.acquire.hashes).
POINTER = b"resound pointer: the sound lies elsewhere; md5 "
#: How many samples are read at a time.
_BLOCK = 1 << 22


class ClipFault(DataError):
    """A clip that cannot be used; `kind` says what is wrong with it, `reason` in what way."""

    def __init__(self, message: str, kind: FaultKind = "unreadable", reason: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.reason = reason or message


def clip_fault(path: Path, kind: FaultKind, reason: str) -> ClipFault:
    """What is wrong with a clip's file, in one line."""
    name = kind if kind != "nan" else "NaN"
    return ClipFault(
        f"{path.name}: {name}: {reason}; put the official file into {path.parent}, or take this one away", kind, reason
    )


def read_exact(path: Path, rate: int, frames: int) -> "NDArray[np.float32]":
    """The samples of a 16-bit mono WAV of `rate` Hz and `frames` frames: float32 (frames,) in [-1, 1).

    Raises ClipFault where the file is anything else, or cannot be used.
    """
    samples, found_rate, subtype = _decode(path)
    if found_rate != rate:
        raise clip_fault(path, "rate", f"{found_rate} Hz instead of {rate} Hz")
    if samples.shape[1] != 1:
        raise clip_fault(path, "channels", f"{samples.shape[1]} channels instead of 1")
    if len(samples) != frames:
        raise clip_fault(path, "length", f"{len(samples)} frames instead of {frames}")
    _check_samples(path, samples)
    if subtype != "PCM_16":
        raise clip_fault(path, "format", f"sample format {subtype} instead of PCM_16")
    return samples[:, 0]


def read_raw(path: Path, rate: int, frames: int, rates: tuple[int, ...] = (44100, 48000)) -> "NDArray[np.float32]":
    """The samples of a raw recording, brought to `rate` Hz, mono, `frames` frames and 16 bit: float32 (frames,).

    Channels are summed, not averaged (measured on official ESC-50 files). `rates` are those a release may have.
    Raises ClipFault where the file cannot be used.
    """
    samples, found_rate, _ = _decode(path)
    if found_rate not in rates:
        raise clip_fault(path, "rate", f"{found_rate} Hz instead of {' or '.join(map(str, rates))} Hz")
    if samples.shape[1] > 2:
        raise clip_fault(path, "channels", f"{samples.shape[1]} channels instead of 1 or 2")
    _check_samples(path, samples)
    mono = _saturate(samples.sum(axis=1, dtype=np.float32))
    if found_rate != rate:
        import soxr

        mono = soxr.resample(mono, found_rate, rate)
    fitted = np.zeros(frames, dtype=np.float32)
    fitted[: len(mono)] = mono[:frames]
    return _saturate(np.rint(fitted * FULL_SCALE) / FULL_SCALE)


def read_any(path: Path, whole: bool = True) -> tuple["NDArray[np.float64]", int]:
    """All samples of a file of any rate, format and number of channels: float64 (frames, channels), and Hz.

    whole: refuse a file that ends before its header says. Raises ClipFault where it cannot be used.
    """
    samples, rate, _ = _decode(path, "float64", whole)
    _check_samples(path, samples)
    return samples, rate


def write_as_wav(path: Path, target: Path) -> None:
    """Write the samples of a FLAC file, or of another format, as WAV: PCM keeps its width, what is lossy gets 24 bit.

    Raises ClipFault where the file cannot be used.
    """
    samples, rate, subtype = _decode(path, "float64")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_wav(target, samples, rate, "PCM_16" if subtype == "PCM_16" else "PCM_24")


def write_wav(path: Path, samples: "NDArray[Any]", rate: int, subtype: str) -> None:
    """Write samples (frames,) or (frames, channels) as WAV of that sample format.

    Raises OSError with the file and the system's reason, of which libsndfile would tell neither.
    """
    import soundfile

    content = io.BytesIO()
    soundfile.write(content, samples, rate, subtype=subtype, format="WAV")
    try:
        path.write_bytes(content.getbuffer())
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def undecodable(path: Path, error: Exception) -> ClipFault:
    """The fault of a clip that libsndfile or the system cannot read."""
    reason = " ".join(str(getattr(error, "error_string", getattr(error, "strerror", None) or error)).split())
    return clip_fault(path, "unreadable", f"not decodable ({reason})")


def _saturate(samples: "NDArray[np.float32]") -> "NDArray[np.float32]":
    return np.clip(samples, -1.0, (FULL_SCALE - 1) / FULL_SCALE, dtype=np.float32)


def _decode(path: Path, dtype: str = "float32", whole: bool = True) -> tuple["NDArray[Any]", int, str]:
    """All frames of a file (frames, channels), its rate in Hz and its sample format."""
    import soundfile

    try:
        size = path.stat().st_size
        if size == 0:
            raise clip_fault(path, "empty", "a file of 0 bytes")
        if whole:
            _check_end(path, size)
        with soundfile.SoundFile(os.fsencode(path)) as file:  # a folder's name need not be UTF-8
            announced, rate, subtype = file.frames, file.samplerate, file.subtype
            samples = _read(file, dtype)
    except FileNotFoundError:
        raise clip_fault(path, "unreadable", "no such file") from None
    except (OSError, soundfile.LibsndfileError) as error:
        if _is_pointer(path):
            raise clip_fault(path, "unreadable", "its features were carried here without the sound") from None
        raise undecodable(path, error) from error
    if len(samples) == 0:
        raise clip_fault(path, "empty", "a file of 0 frames")
    if len(samples) != announced:
        raise clip_fault(path, "truncated", f"{len(samples)} of {announced} frames can be decoded")
    return samples, rate, subtype


def _is_pointer(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(POINTER)) == POINTER
    except OSError:
        return False


def _read(file: "soundfile.SoundFile", dtype: str) -> "NDArray[Any]":
    """All frames that a file has, however many its header announces, so that no header can ask for all memory."""
    frames = max(1, _BLOCK // file.channels)
    blocks = [file.read(frames, dtype=dtype, always_2d=True)]
    while len(blocks[-1]) == frames:
        blocks.append(file.read(frames, dtype=dtype, always_2d=True))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _check_end(path: Path, size: int) -> None:
    """Raise where a WAV ends before its header says, or an OGG without its last page."""
    with path.open("rb") as file:
        head = file.read(12)
        told = int.from_bytes(head[4:8], "little")
        if head[:4] == b"RIFF" and size < 8 + told and told < _UNKNOWN_SIZE:
            raise clip_fault(path, "truncated", f"{size} bytes of {8 + told}")
        if head[:4] != b"OggS":
            return
        file.seek(max(0, size - 0x20000))  # longer than any page
        tail = file.read()
    page = tail.rfind(b"OggS")
    lacing = tail[page + _OGG_PAGE_HEADER - 1] if len(tail) - page >= _OGG_PAGE_HEADER else 256
    body = page + _OGG_PAGE_HEADER + lacing
    is_last = bool(tail[page + 5] & 4) if lacing < 256 else False
    if not is_last or body + sum(tail[page + _OGG_PAGE_HEADER : body]) > len(tail):
        raise clip_fault(path, "truncated", "the stream's last page is missing")


def _check_samples(path: Path, samples: "NDArray[np.float32]") -> None:
    if not np.isfinite(samples).all():
        raise clip_fault(path, "nan", "samples that are NaN or infinite")
    if not samples.any():
        raise clip_fault(path, "silent", "every sample is zero")
