import csv
import json
import shutil

import numpy as np
import pytest
import soundfile

from datasets.acquire.checksums import official_tokens
from datasets.esc50 import ESC50
from datasets.esc50.census import CHECKSUMS, take_census
from tests.datasets.esc50.esc50_releases import write_v1, write_v2

pytestmark = pytest.mark.filterwarnings("ignore:.* clips of esc")


@pytest.fixture
def broken(miniature_esc50, tmp_path):
    """A miniature in which one clip of fold 1 has each fault: its root, and what was done to which clip."""
    root = tmp_path / "esc50"
    shutil.copytree(miniature_esc50, root)
    clips = sorted((root / "audio").glob("1-*.wav"))
    samples, rate = soundfile.read(clips[0], dtype="float32")
    faults = {
        "missing": lambda path: path.unlink(),
        "empty": lambda path: path.write_bytes(b""),
        "truncated": lambda path: path.write_bytes(path.read_bytes()[:5000]),
        "unreadable": lambda path: path.write_bytes(b"?" * 1000),
        "rate": lambda path: soundfile.write(path, samples, 22050),
        "channels": lambda path: soundfile.write(path, np.stack([samples, samples], axis=1), rate),
        "length": lambda path: soundfile.write(path, samples[:-1], rate),
        "format": lambda path: soundfile.write(path, samples, rate, subtype="PCM_24"),
        "nan": lambda path: soundfile.write(path, samples * np.nan, rate, subtype="FLOAT"),
        "silent": lambda path: soundfile.write(path, samples * 0, rate),
    }
    done = {}
    for path, (kind, fault) in zip(clips, faults.items(), strict=False):
        fault(path)
        done[kind] = path.name
    (root / "audio" / "holiday.wav").write_bytes(b"")
    return root, done


def test_miniature_is_complete(miniature_esc50, tmp_path):
    told = []
    census = take_census(
        ESC50(miniature_esc50, cache=tmp_path), progress=lambda done, total: told.append((done, total))
    )
    assert census.complete and (census.expected, census.found) == (250, 250)
    assert census.summary() == "250 of 250 clips (miniature): all usable"
    assert told == [(number, 250) for number in range(1, 251)]
    assert not census.known_leaks


def test_every_fault_is_found_with_its_name(broken):
    root, done = broken
    census = take_census(ESC50(root))
    assert not census.complete
    assert (census.expected, census.found) == (250, 249)
    assert set(census.missing) == {done.pop("missing")}
    assert {kind: list(names) for kind, names in census.faults.items()} == {kind: [n] for kind, n in done.items()}
    assert list(census.extra) == ["holiday.wav"]
    for kind, name in done.items():
        assert f"- {kind}: {name}: " in census.to_markdown()
        assert f"1 {kind}" in census.summary()
    assert json.loads(json.dumps(census.to_dict()))["complete"] is False


def test_result_is_remembered_and_follows_the_files(broken, tmp_path):
    root, done = broken
    cache = tmp_path / "cache"
    first = take_census(ESC50(root, cache=cache))
    told = []
    assert take_census(ESC50(root, cache=cache), progress=lambda *pair: told.append(pair)) == first
    assert not told
    for memory in (cache / "census").iterdir():
        memory.write_text(memory.read_text()[:20])  # cut short: made again
    assert take_census(ESC50(root, cache=cache)) == first
    (root / "audio" / done["silent"]).unlink()
    changed = take_census(ESC50(root, cache=cache))
    assert "silent" not in changed.faults and done["silent"] in changed.missing


def test_lists_that_lack_clips_are_incomplete(miniature_esc50, tmp_path):
    root = tmp_path / "esc50"
    shutil.copytree(miniature_esc50, root)
    lines = (root / "meta" / "esc50.csv").read_text().splitlines()
    (root / "meta" / "esc50.csv").write_text("\n".join(lines[:-1]) + "\n")
    row = next(csv.DictReader([lines[0], lines[-1]]))
    census = take_census(ESC50(root))
    assert census.missing == {f"fold {row['fold']}, {row['category']}": "1 of 1 clips lacking"}
    assert list(census.extra) == [row["filename"]] and not census.complete


def test_release_without_a_list_names_class_and_fold(tmp_path):
    write_v1(tmp_path)
    census = take_census(ESC50(tmp_path, subset="esc10"))
    assert (census.expected, census.found) == (400, 3 + 2)
    assert census.missing["fold 2, dog"] == "6 of 8 clips lacking"
    assert census.missing["fold 5, rain"] == "8 of 8 clips lacking"


def test_sources_across_folds_are_told(tmp_path):
    write_v2(tmp_path)
    census = take_census(ESC50(tmp_path))
    assert census.known_leaks == {"106": {"2": ["hen"], "3": ["rooster"]}}
    assert "known leak: source 106 lies in folds 2 (hen), 3 (rooster)" in census.to_markdown()


def test_files_that_are_not_the_official_ones_are_altered(tmp_path):
    write_v2(tmp_path)
    census = take_census(ESC50(tmp_path))
    assert len(census.faults["altered"]) == census.found


@pytest.mark.parametrize("path", CHECKSUMS.values(), ids=CHECKSUMS)
def test_official_lists_have_one_token_per_clip(path):
    tokens = official_tokens(path)
    assert len(tokens) == 2000 and all(len(one) == 16 for one in tokens)


@pytest.mark.real
def test_real_clips_have_no_faults(data_root, tmp_path):
    source = ESC50(data_root / "esc50")
    (tmp_path / "audio").mkdir()
    shutil.copy(data_root / "esc50" / "esc50.csv", tmp_path / "esc50.csv")
    for path in list(source.paths().values())[::40]:
        (tmp_path / "audio" / path.name).symlink_to(path)
    census = take_census(ESC50(tmp_path))
    assert (census.expected, census.found, len(census.missing)) == (2000, 50, 1950)
    assert census.release == "v1 OGG" and not census.faults and not census.extra


@pytest.mark.real
def test_real_leaks_are_the_known_four(data_root):
    from datasets.esc50.census import sources_across_folds

    assert sources_across_folds(ESC50(data_root / "esc50")) == {
        "131943": {"2": ["clock_tick"], "3": ["clock_alarm"]},
        "134049": {"2": ["hen"], "3": ["rooster"]},
        "209698": {"4": ["clock_alarm"], "5": ["clock_tick"]},
        "234879": {"4": ["hen"], "5": ["rooster"]},
    }
