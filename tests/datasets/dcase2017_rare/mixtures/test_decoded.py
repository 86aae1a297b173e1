import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import soundfile

from datasets.dcase2017_rare.mixtures import decoded
from datasets.dcase2017_rare.mixtures.decoded import SourceAudio
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import RATE, write_corpus

NAME = "audio/a001_0_30.wav"


@pytest.fixture
def sources(tmp_path):
    return Sources.read(write_corpus(tmp_path / "source_data"), "devtest")


@pytest.fixture
def counted(monkeypatch):
    """The files that are decoded."""
    found, real = [], decoded.read_any
    monkeypatch.setattr(decoded, "read_any", lambda path, whole: found.append(path.name) or real(path, whole))
    return found


def test_a_background_is_the_exact_mean_of_its_channels(sources):
    stereo = soundfile.read(sources.background_path(NAME), dtype="int32")[0] >> 8
    background = SourceAudio(sources).background(NAME)
    assert background.dtype == np.float32
    np.testing.assert_array_equal(background.astype(float) * 2**24, stereo.astype(float).sum(axis=1))


def test_an_event_is_cut_at_samples_rounded_down(sources):
    whole = soundfile.read(sources.event_path("babycry/10.wav"), dtype="float64")[0]
    cut = SourceAudio(sources).event("babycry/10.wav", (0.10001, 0.4))
    np.testing.assert_array_equal(cut, whole[4410:17640])


def test_an_event_of_another_rate_is_resampled_before_it_is_cut(sources):
    time = np.arange(48000) / 48000
    soundfile.write(sources.event_path("babycry/11.wav"), 0.5 * np.sin(2 * np.pi * 440 * time), 48000, subtype="DOUBLE")
    cut = SourceAudio(sources).event("babycry/11.wav", (0.2, 0.75))
    np.testing.assert_allclose(cut, 0.5 * np.sin(2 * np.pi * 440 * np.arange(8820, 33075) / RATE), atol=1e-6)


@pytest.mark.parametrize(("end", "frames"), [(1.0, 22050), (1.05, 22050), (1.09, 22050)])
def test_a_segment_may_end_a_step_of_annotation_after_its_file(sources, end, frames):
    assert len(SourceAudio(sources).event("gunshot/30.wav", (0.5, end))) == frames


@pytest.mark.parametrize("segment", [(0.5, 1.11), (1.0, 1.05), (2.0, 3.0)])
def test_a_segment_outside_its_file_is_refused(sources, segment):
    with pytest.raises(DataError, match=r"^30\.wav: the segment from .* (outside|no sample)"):
        SourceAudio(sources).event("gunshot/30.wav", segment)


def test_each_file_is_decoded_once(sources, counted):
    audio = SourceAudio(sources)
    for _ in range(3):
        audio.background(NAME)
        audio.event("gunshot/30.wav", (0.25, 0.5))
    assert counted == ["a001_0_30.wav", "30.wav"]


def test_memory_is_bounded(sources, counted, monkeypatch):
    monkeypatch.setattr(decoded, "MEMORY", 2 * 2 * RATE * 4)  # two backgrounds
    audio = SourceAudio(sources)
    names = [one.filepath for one in sources.backgrounds]
    for name in (names[0], names[1], names[0], names[2], names[0], names[1]):
        audio.background(name)
    assert counted == [f"a00{number}_0_30.wav" for number in (0, 1, 2, 1)]


def test_the_cache_serves_other_processes_and_follows_the_files(sources, counted, tmp_path):
    first = SourceAudio(sources, tmp_path / "cache").background(NAME)
    again = SourceAudio(sources, tmp_path / "cache").background(NAME)
    assert counted == ["a001_0_30.wav"] and isinstance(again, np.memmap) and not again.flags.writeable
    np.testing.assert_array_equal(first, again)
    path = sources.background_path(NAME)
    before = path.stat()
    soundfile.write(path, np.full((2 * RATE, 2), 0.25), RATE, subtype="PCM_24")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert SourceAudio(sources, tmp_path / "cache").background(NAME)[7] == 0.25


@pytest.mark.parametrize("content", [b"", b"no array", None])
def test_a_damaged_cache_is_made_again(sources, tmp_path, content):
    expected = np.array(SourceAudio(sources, tmp_path / "cache").background(NAME))
    (kept,) = (tmp_path / "cache" / "sources").iterdir()
    kept.write_bytes(kept.read_bytes()[:-100] if content is None else content)
    np.testing.assert_array_equal(SourceAudio(sources, tmp_path / "cache").background(NAME), expected)


def test_a_bit_that_is_another_and_a_sound_in_the_place_of_another_are_noticed(sources, tmp_path):
    names = [one.filepath for one in sources.backgrounds][:2]
    expected = [np.array(SourceAudio(sources, tmp_path / "cache").background(name)) for name in names]
    first, second = (tmp_path / "cache" / "sources").iterdir()
    content = bytearray(first.read_bytes())
    first.write_bytes(second.read_bytes())
    content[-1000] ^= 1
    second.write_bytes(content)
    for name, sound in zip(names, expected, strict=True):
        np.testing.assert_array_equal(SourceAudio(sources, tmp_path / "cache").background(name), sound)


def test_many_may_fill_one_cache_at_once(sources, tmp_path):
    names = [one.filepath for one in sources.backgrounds]
    expected = {name: SourceAudio(sources).background(name) for name in names}

    def read_all(_):
        audio = SourceAudio(sources, tmp_path / "cache")
        return {name: audio.background(name) for name in names}

    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(read_all, range(4)):
            for name in names:
                np.testing.assert_array_equal(found[name], expected[name])
    assert len(list((tmp_path / "cache" / "sources").iterdir())) == len(names)  # and nothing temporary


def test_a_disk_that_refuses_costs_time_only(sources, tmp_path, caplog):
    (tmp_path / "cache").write_text("a file where the folder should be")
    audio = SourceAudio(sources, tmp_path / "cache")
    np.testing.assert_array_equal(audio.background(NAME), SourceAudio(sources).background(NAME))
    assert "cannot be kept" in caplog.text


def test_a_pickle_carries_no_sound(sources):
    audio = SourceAudio(sources)
    expected = audio.background(NAME)
    text = pickle.dumps(audio)
    assert len(text) < 5000
    np.testing.assert_array_equal(pickle.loads(text).background(NAME), expected)


def test_a_bad_background_is_one_line(sources):
    path = sources.background_path(NAME)
    whole = path.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"no sound at all" * 10):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"^a001_0_30\.wav: (empty|truncated|unreadable): [^\n]+$"):
            SourceAudio(sources).background(NAME)
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        SourceAudio(sources).background(NAME)


def test_an_original_with_an_odd_header_is_read(sources):
    path = sources.event_path("gunshot/30.wav")
    content = bytearray(path.read_bytes())
    content[4:8] = b"\xff\xff\xff\xff"  # as recorders leave it that were switched off
    path.write_bytes(bytes(content))
    assert len(SourceAudio(sources).event("gunshot/30.wav", (0.25, 0.5))) == 11025


def test_few_maps_are_open_and_each_is_checked_once(sources, tmp_path, monkeypatch):
    """A map is a file that is open, of which systems allow a process a few hundred."""
    read, real = [], decoded._checksum
    monkeypatch.setattr(decoded, "MAPS", 2)
    monkeypatch.setattr(decoded, "_checksum", lambda content, path: read.append(path) or real(content, path))
    audio = SourceAudio(sources, tmp_path / "cache")
    parts = [("gunshot/30.wav", (0.0, end)) for end in (0.1, 0.2, 0.3, 0.4)]
    first = [audio.event(*part) for part in parts]
    assert len(audio._kept) == 2 and all(isinstance(one, np.memmap) for one in first)
    read.clear()
    for part, one in zip(parts, first, strict=True):
        np.testing.assert_array_equal(audio.event(*part), one)
    assert len(audio._kept) == 2 and read == []
