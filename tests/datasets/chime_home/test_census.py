import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from datasets.chime_home import CHiMEHome
from datasets.chime_home.census import take_census
from datasets.chime_home.layout import CROSSVALIDATION, DEVELOPMENT_RAW, EVALUATION, LISTS, PARTS
from datasets.chime_home.official import ANNOTATIONS_MD5, digest_of_annotations


def sound(frames=16000, channels=1):
    return 0.1 * np.random.default_rng(1).standard_normal((frames, channels))


@pytest.fixture
def dataset(copy):
    return CHiMEHome(copy)


def rewrite(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_miniature_is_complete_counted_by_part_and_checked_once(miniature_chime, tmp_path):
    told = []
    dataset = CHiMEHome(miniature_chime, cache=tmp_path)
    census = take_census(dataset, progress=lambda *pair: told.append(pair))
    assert census.complete and census.expected == census.found == 40 + 28 and told[-1] == (68, 68)
    train, validation = dataset.listed("train"), dataset.listed("validation")
    parts = f"training {train} of {train}, validation {validation} of {validation}, evaluation 28 of 28"
    assert census.summary() == f"68 of 68 chunks (miniature): all usable; {parts}"
    assert parts in census.to_markdown() and json.loads(json.dumps(census.to_dict()))["parts"]["evaluation"] == [28, 28]
    told.clear()
    again = take_census(CHiMEHome(miniature_chime, cache=tmp_path), progress=lambda *pair: told.append(pair))
    assert again == census and not told


def test_segments_on_both_sides_are_told(miniature_chime):
    census = take_census(CHiMEHome(miniature_chime))
    (first, second) = sorted(census.known_leaks)
    assert census.known_leaks[first] == {"training": ["3 chunks"], "validation": ["1 chunk"]}
    assert f"known leak: source {second} lies in folds training (" in census.to_markdown()


def test_every_fault_is_found_with_its_name(dataset):
    chunks = list(dataset.lists.part("train"))
    audio = {
        "rate": lambda path: soundfile.write(path, sound(), 48000),
        "channels": lambda path: soundfile.write(path, sound(channels=2), 16000),
        "length": lambda path: soundfile.write(path, sound(15000), 16000),
        "silent": lambda path: soundfile.write(path, 0 * sound(), 16000),
        "nan": lambda path: soundfile.write(path, np.nan * sound(), 16000, subtype="FLOAT"),
        "truncated": lambda path: path.write_bytes(path.read_bytes()[:5000]),
        "empty": lambda path: path.write_bytes(b""),
        "unreadable": lambda path: path.write_bytes(b"?" * 1000),
    }
    for chunk, break_file in zip(chunks, audio.values(), strict=False):
        break_file(dataset.layout.mono(chunk))
    unreadable, outvoted, disputed = chunks[-3:]
    rewrite(dataset.layout.annotation(unreadable), "session_a2", "session_b2")
    rewrite(dataset.layout.annotation(outvoted), "majorityvote,", "majorityvote,S")
    path = dataset.layout.annotation(disputed)
    rewrite(path, "session_a1,1.0", "session_a1,1.0")
    lines = path.read_text().splitlines()
    lines[3] = f"annotation_a1,{''.join(sorted(set('cmfvpbo')))}"
    path.write_text("\n".join(lines) + "\n")
    census = take_census(CHiMEHome(dataset.root))
    assert not census.complete and census.found == census.expected
    found = {kind: list(names) for kind, names in census.faults.items()}
    assert found == {kind: [chunk] for kind, chunk in zip(audio, chunks, strict=False)} | {
        "annotation": [unreadable],
        "vote": [outvoted, disputed],
    }
    assert f"{unreadable}.csv:7: unknown key 'session_b2'" in census.faults["annotation"][unreadable]
    assert "majorityvote 'S" in census.faults["vote"][outvoted]
    assert "annotators 'bcfmopv', " in census.faults["vote"][disputed] and "1 nan" in census.summary()
    assert all("\n" not in reason for names in census.faults.values() for reason in names.values())


def test_missing_and_extra_files_are_named(dataset):
    chunks = dataset.lists.part("test")
    dataset.layout.mono(chunks[0]).unlink()
    dataset.layout.annotation(chunks[1]).unlink()
    for chunk in chunks[2:3]:
        dataset.layout.mono(chunk).unlink()
        dataset.layout.annotation(chunk).unlink()
    (dataset.layout.chunks / "notes.txt").write_text("?")
    (dataset.layout.chunks / ".hidden").write_text("?")
    census = take_census(CHiMEHome(dataset.root))
    assert set(census.missing) == set(chunks[:3]) and set(census.extra) == {"notes.txt"}
    assert f"listed in evaluation, but {chunks[0]}.16kHz.wav not in" in census.missing[chunks[0]]
    assert f"{chunks[2]}.16kHz.wav and {chunks[2]}.csv not in" in census.missing[chunks[2]]
    assert census.expected - census.found == 3 and census.parts["evaluation"] == (25, 28)
    assert "3 missing" in census.summary() and "evaluation 25 of 28" in census.summary()


def test_copy_from_before_the_evaluation_release(dataset):
    for chunk in dataset.lists.part("test"):
        dataset.layout.annotation(chunk).unlink()
    census = take_census(CHiMEHome(dataset.root))
    assert list(census.missing) == ["evaluation annotations"]
    assert "not one of the 28 files is in" in census.missing["evaluation annotations"]
    assert "copies from before the evaluation release lack this" in census.missing["evaluation annotations"]
    assert census.parts["evaluation"] == (0, 28)
    for chunk in dataset.lists.part("test"):
        dataset.layout.mono(chunk).unlink()
    census = take_census(CHiMEHome(dataset.root))
    assert list(census.missing) == ["evaluation chunks"] and "not one of the 28" in census.missing["evaluation chunks"]


def test_absent_and_short_lists(dataset):
    (dataset.root / DEVELOPMENT_RAW).unlink()
    (dataset.root / EVALUATION).unlink()
    (dataset.layout.chunks / "notes.txt").write_text("?")
    census = take_census(CHiMEHome(dataset.root))
    assert set(census.missing) == {DEVELOPMENT_RAW, EVALUATION} and not census.complete
    assert "copies from before the evaluation release lack this" in census.missing[EVALUATION]
    assert not census.extra and census.parts["evaluation"] == (0, 28)  # nobody knows what is extra
    (dataset.root / CROSSVALIDATION).unlink()
    census = take_census(CHiMEHome(dataset.root))
    assert census.found == 0 and not census.known_leaks and "data fetch" in census.missing[CROSSVALIDATION]


def test_without_a_declaration_the_official_counts_hold(dataset):
    (dataset.root / "miniature.json").unlink()
    census = take_census(CHiMEHome(dataset.root))
    assert census.expected == 1563 + 383 + 816 and "(as published)" in census.summary()
    assert census.missing["evaluation list"] == "788 of 816 chunks lacking in the list"
    assert set(census.faults) == {"length", "altered"}  # 1 s instead of 4 s, and of other chunks
    assert set(census.faults["altered"]) == set(LISTS)


@pytest.mark.real
def test_lists_and_annotations_that_were_altered_are_found(real_root, tmp_path):
    """One chunk in another set, in a list of the same size, or one letter that all have heard."""
    root = shutil.copytree(real_root, tmp_path / "chime_home")
    for line, other in ((b",1\n", b",2\n"), (b"\r\n", b"\n")):  # line ends are not what a list says
        (root / CROSSVALIDATION).write_bytes((root / CROSSVALIDATION).read_bytes().replace(line, other, 1))
    dataset = CHiMEHome(root)
    assert list(take_census(dataset).faults["altered"]) == [CROSSVALIDATION]
    heard = [dataset.annotation(chunk) for part in PARTS for chunk in dataset.lists.part(part)]
    assert digest_of_annotations(heard) == ANNOTATIONS_MD5
    heard[7] = replace(heard[7], majority="o")
    assert digest_of_annotations(heard) != ANNOTATIONS_MD5


@pytest.mark.real
def test_official_lists_without_audio_take_a_few_lines(real_root):
    census = take_census(CHiMEHome(real_root))
    assert set(census.missing) == {"training audio", "validation audio", "evaluation audio"} and not census.extra
    assert not census.faults
    assert "training 0 of 1563, validation 0 of 383, evaluation 0 of 816" in census.summary()
    assert census.known_leaks == {
        "CR_lounge_200110_1711.s0": {"training": ["31 chunks"], "validation": ["1 chunk"]},
        "CR_lounge_230110_1036.s2700": {"training": ["6 chunks"], "validation": ["40 chunks"]},
    }
