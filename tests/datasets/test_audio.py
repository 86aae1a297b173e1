import pickle
import resource
import struct
from typing import get_args

import numpy as np
import pytest
import soundfile

from datasets.audio import ClipFault, FaultKind, read_exact, read_raw, write_wav
from tests import ROOT

RATE, FRAMES = 44100, 2205


def tone(frames=FRAMES, rate=RATE, channels=1, level=0.5, pitch=440.0):
    samples = level * np.sin(2 * np.pi * pitch * np.arange(frames) / rate)
    return np.repeat(samples[:, None], channels, axis=1)


def write(path, samples, rate=RATE, **form):
    soundfile.write(path, samples, rate, **form)
    return path


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def test_exact_wav_is_bit_for_bit(tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, FRAMES).astype(np.int16)
    read = read_exact(write(tmp_path / "a.wav", samples), RATE, FRAMES)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read * 32768, samples)


def test_raw_sums_channels_and_saturates(tmp_path):
    stereo = np.array([[1000, 2000], [30000, 10000], [-30000, -10000], [-5, 5], [32767, 1]], dtype=np.int16)
    read = read_raw(write(tmp_path / "a.flac", stereo), RATE, 5)
    np.testing.assert_array_equal(read * 32768, [3000, 32767, -32768, 0, 32767])


@pytest.mark.parametrize("frames", [FRAMES - 700, FRAMES, FRAMES + 700])
def test_raw_cuts_or_pads_at_the_end(tmp_path, frames):
    samples = np.random.default_rng(1).integers(-20000, 20000, frames).astype(np.int16)
    read = read_raw(write(tmp_path / "a.flac", samples), RATE, FRAMES) * 32768
    expected = np.concatenate([samples, np.zeros(FRAMES)])[:FRAMES]
    np.testing.assert_array_equal(read, expected)


def test_raw_rounds_to_sixteen_bit(tmp_path):
    fine = np.array([0.4, 0.6, -0.4, -0.6, 1.4, 5000.9]) / 32768
    read = read_raw(write(tmp_path / "a.flac", fine, subtype="PCM_24"), RATE, 6)
    np.testing.assert_array_equal(read * 32768, [0, 1, 0, -1, 1, 5001])


def test_raw_resamples_to_the_same_tone(tmp_path):
    path = write(tmp_path / "a.flac", tone(48000, rate=48000, level=0.5), rate=48000, subtype="PCM_24")
    read = read_raw(path, RATE, RATE)
    inside = slice(2000, RATE - 2000)
    np.testing.assert_allclose(read[inside], tone(RATE)[inside, 0], atol=1e-4)


def test_raw_of_an_ogg_is_its_decoded_samples_on_the_grid_of_sixteen_bit(tmp_path):
    path = write(tmp_path / "a.ogg", tone(), format="OGG", subtype="VORBIS")
    decoded = soundfile.read(path, dtype="float64")[0]
    read = read_raw(path, RATE, FRAMES)
    np.testing.assert_array_equal(read * 32768, np.rint(decoded * 32768))


BAD_WAV = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: cut(write(path, tone()), 0.5),
    "unreadable": lambda path: path.write_bytes(b"no sound at all" * 100),
    "rate": lambda path: write(path, tone(), rate=22050),
    "channels": lambda path: write(path, tone(channels=2)),
    "length": lambda path: write(path, tone(FRAMES - 1)),
    "format": lambda path: write(path, tone(), subtype="PCM_24"),
    "nan": lambda path: write(path, np.where(np.arange(FRAMES) == 7, np.nan, 0.1), subtype="FLOAT"),
    "silent": lambda path: write(path, np.zeros(FRAMES)),
}


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_every_fault_of_a_wav_is_named_in_one_line(tmp_path, kind):
    path = tmp_path / "1-2-A-3.wav"
    BAD_WAV[kind](path)
    with pytest.raises(ClipFault, match=r"1-2-A-3\.wav: ") as caught:
        read_exact(path, RATE, FRAMES)
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


BAD_RAW = {
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: cut(write(path, tone(44100), format="OGG", subtype="VORBIS"), 0.8),
    "unreadable": lambda path: path.write_bytes(b"no sound at all" * 100),
    "rate": lambda path: write(path, tone(), rate=22050, format="OGG"),
    "channels": lambda path: write(path, tone(channels=3), format="OGG"),
    "silent": lambda path: write(path, np.zeros(FRAMES), format="OGG"),
}


@pytest.mark.parametrize("kind", BAD_RAW)
def test_every_fault_of_a_raw_recording_is_named_in_one_line(tmp_path, kind):
    path = tmp_path / "1-2-A-3.ogg"
    BAD_RAW[kind](path)
    with pytest.raises(ClipFault, match=r"1-2-A-3\.ogg: ") as caught:
        read_raw(path, RATE, FRAMES)
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
def test_cut_anywhere_is_a_fault(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    read = read_exact if suffix == "wav" else read_raw
    write(path, np.random.default_rng(2).uniform(-0.5, 0.5, FRAMES))
    content = path.read_bytes()
    for length in [*range(60), *range(60, len(content), 97), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ClipFault):
            read(path, RATE, FRAMES)


def test_missing_file(tmp_path):
    with pytest.raises(ClipFault, match="no such file"):
        read_exact(tmp_path / "a.wav", RATE, FRAMES)


def test_fault_crosses_processes():
    fault = pickle.loads(pickle.dumps(ClipFault("a.wav: silent", "silent")))
    assert (str(fault), fault.kind) == ("a.wav: silent", "silent")


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF024])  # ffmpeg, others, sox
@pytest.mark.parametrize("extra", [b"", b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf58.29.100\0"])
def test_wav_that_came_through_a_pipe_and_does_not_know_its_length(tmp_path, size, extra):
    samples = np.arange(-500, 500, dtype="<i2")
    form = struct.pack("<IHHIIHH", 16, 1, 1, 44100, 88200, 2, 16)
    told = struct.pack("<I", size), struct.pack("<I", size - 0x24 if size == 0x7FFFF024 else size)
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + told[0] + b"WAVEfmt " + form + extra + b"data" + told[1] + samples.tobytes())
    np.testing.assert_array_equal(read_exact(path, 44100, 1000) * 32768, samples)


def lying_flac(path):
    """A header that announces 2**36 - 1 samples, 275 GB."""
    soundfile.write(path, np.full(1000, 0.1), 44100, format="FLAC")
    content = bytearray(path.read_bytes())
    content[21:26] = bytes([content[21] | 0x0F, 255, 255, 255, 255])
    path.write_bytes(content)


def many_channels(path):
    soundfile.write(path, np.full((220, 1000), 0.1), 44100, format="WAV")


def gsm(path):
    """A coding in which libsndfile cannot go to a place."""
    soundfile.write(path, np.full(1000, 0.1), 8000, format="WAV", subtype="GSM610")


@pytest.mark.parametrize("write", [lying_flac, many_channels, gsm])
def test_headers_that_ask_for_too_much_are_faults_of_the_clip(tmp_path, write):
    write(tmp_path / "a.wav")
    with pytest.raises(ClipFault):
        read_exact(tmp_path / "a.wav", 44100, 1000)


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "ULAW"])
@pytest.mark.parametrize("shape", [(1000,), (1000, 2)])
def test_a_file_has_the_bytes_that_the_library_writes(tmp_path, subtype, shape):
    samples = np.random.default_rng(0).uniform(-1, 1, shape)
    write_wav(tmp_path / "ours.wav", samples, 44100, subtype)
    soundfile.write(tmp_path / "theirs.wav", samples, 44100, subtype=subtype)
    assert (tmp_path / "ours.wav").read_bytes() == (tmp_path / "theirs.wav").read_bytes()


def test_where_there_is_no_room_the_file_and_the_reason_are_told(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            write_wav(tmp_path / "a.wav", np.zeros(10_000), 44100, "PCM_16")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.filename == str(tmp_path / "a.wav")


def test_no_module_writes_sounds_past_it():
    """Whatever libsndfile writes to a full disk ends in an error that names nothing."""
    past = [path for path in (ROOT / "datasets").rglob("*.py") if "soundfile.write(" in path.read_text()]
    assert past == [ROOT / "datasets" / "audio.py"]
