from collections import Counter

import pytest

from datasets.chime_home.annotations import CLASSES, is_refined, majority_vote, read_annotation, refine
from datasets.chime_home.layout import DEVELOPMENT, DEVELOPMENT_RAW, EVALUATION, EVALUATION_RAW
from datasets.chime_home.lists import ChunkLists
from datasets.errors import DataError

CHUNK = "CR_lounge_010120_0900.s300_chunk2"
LINES = (
    "segmentname,CR_lounge_010120_0900.s300",
    "chunknumber,2",
    "framestart,384000",
    "annotation_a1,bcv",
    "session_a1,1.0",
    "annotation_a2,bcvv",
    "session_a2,2.0",
    "annotation_a3,Uc",
    "session_a3,3.0",
    "majorityvote,cbv",
    f"chunkname,{CHUNK}",
)


def written(folder, lines=LINES, name=CHUNK):
    path = folder / f"{name}.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def changed(line, text):
    """The lines with one of them, counted from 1, replaced; None removes it."""
    return [
        text if number == line else one for number, one in enumerate(LINES, start=1) if (number, text) != (line, None)
    ]


def test_reads_a_chunk_with_the_quirks_of_the_real_set(tmp_path):
    annotation = read_annotation(written(tmp_path))
    assert annotation.chunk == CHUNK
    assert annotation.annotators == ("bcv", "bcvv", "Uc") and annotation.majority == "cbv"
    assert annotation.labels == ("child_speech", "video_game_tv", "broadband_noise")
    silent = read_annotation(written(tmp_path, changed(10, "majorityvote,S")))
    assert silent.labels == read_annotation(written(tmp_path, changed(10, "majorityvote,"))).labels == ()


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (changed(4, None), "4: key 'annotation_a1' is missing"),
        (changed(11, None), "11: key 'chunkname' is missing"),
        ([], "1: key 'segmentname' is missing"),
        (changed(5, "session_b1,1.0"), "5: unknown key 'session_b1'"),
        ([*LINES, "note,x"], "12: unknown key 'note'"),
        ([*LINES, LINES[3]], "12: key 'annotation_a1' stands twice"),
        ([LINES[1], LINES[0], *LINES[2:]], "1: key 'chunknumber' in the place of 'segmentname'"),
        (changed(6, "annotation_a2"), "6: 'annotation_a2' is no key and value"),
        (changed(4, "annotation_a1,cx"), "4: unknown letter 'x'; known: SUbcfmopv"),
        (changed(10, "majorityvote,c,v"), "10: unknown letter ','"),
        (changed(8, "annotation_a3,cU"), "8: letters 'cU' are not sorted"),
        (changed(10, "majorityvote,cc"), "10: letters 'cc' repeat one"),
        (changed(3, "framestart,-1"), "3: framestart '-1' is no number of samples"),
        (changed(2, "chunknumber,3"), "2: chunknumber '3' instead of '2'"),
        (changed(11, "chunkname,other"), f"11: chunkname 'other' instead of '{CHUNK}'"),
        (changed(1, "segmentname,other"), "1: segmentname 'other' instead of 'CR_lounge_010120_0900.s300'"),
    ],
)
def test_a_fault_is_one_line_with_file_and_line(tmp_path, lines, reason):
    path = written(tmp_path, lines)
    with pytest.raises(DataError) as caught:
        read_annotation(path)
    assert str(caught.value).startswith(f"{path}:{reason}") and "\n" not in str(caught.value)


def test_files_of_other_names_and_kinds(tmp_path):
    with pytest.raises(DataError, match="is no name like"):
        read_annotation(written(tmp_path, name="notes"))
    with pytest.raises(DataError, match="cannot be read"):
        read_annotation(tmp_path / "absent.csv")
    written(tmp_path).write_bytes(b"\xff\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        read_annotation(tmp_path / f"{CHUNK}.csv")


@pytest.mark.parametrize(
    ("annotators", "vote", "refined"),
    [
        (("cv", "cv", "cv"), "cv", True),
        (("cv", "cv", "c"), "cv", True),
        (("cv", "c", "c"), "c", False),
        (("c", "m", "f"), "", False),
        (("S", "S", "S"), "S", True),
        (("cp", "cp", "U"), "cp", True),
        (("Uc", "Uc", "c"), "Uc", True),
        (("cc", "v", "v"), "v", False),  # one who writes a letter twice is one
        (("U", "U", "U"), "U", False),
        (("", "", ""), "", False),
    ],
)
def test_majority_and_refined_rule(annotators, vote, refined):
    assert majority_vote(annotators) == set(vote) and is_refined(annotators) is refined


@pytest.fixture(scope="module")
def real(real_root):
    """All official annotations by chunk."""
    paths = sorted((real_root / "chunks").iterdir())
    return {path.stem: read_annotation(path) for path in paths}


@pytest.mark.real
def test_every_official_vote_is_that_of_the_annotators(real):
    assert len(real) == 6137
    assert all(majority_vote(one.annotators) == set(one.majority) for one in real.values())
    assert sum(list(one.majority) != sorted(one.majority) for one in real.values()) == 24
    assert sum(len(set(letters)) < len(letters) for one in real.values() for letters in one.annotators) == 26


@pytest.mark.real
def test_the_rule_rebuilds_both_official_refined_lists(real, real_root):
    lists = ChunkLists.read(real_root).chunks
    assert tuple(refine(lists[DEVELOPMENT_RAW], real)) == lists[DEVELOPMENT]
    assert tuple(refine(lists[EVALUATION_RAW], real)) == lists[EVALUATION]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        (DEVELOPMENT_RAW, (2590, 486, 802, 2159, 1647, 37, 762, 77)),
        (DEVELOPMENT, (1214, 174, 409, 1181, 765, 19, 361, 27)),
        (EVALUATION_RAW, (721, 197, 294, 1105, 523, 55, 259, 44)),
        (EVALUATION, (328, 79, 140, 590, 269, 31, 125, 15)),
    ],
)
def test_official_label_counts(real, real_root, name, counts):
    votes = [real[chunk].majority for chunk in ChunkLists.read(real_root).chunks[name]]
    found = Counter(letter for vote in votes for letter in vote)
    assert tuple(found[letter] for letter in (*CLASSES, "S")) == counts and found["U"] == 0
    assert votes.count("") == {DEVELOPMENT_RAW: 90, EVALUATION_RAW: 27}.get(name, 0)


@pytest.mark.real
def test_labels_are_those_of_the_official_baseline(real, data_root):
    rows = (data_root / "chime_home" / "pafoster_fold1_evaluate.csv").read_text().splitlines()
    official = {name.removesuffix(".16kHz.wav"): letters for name, letters in (row.split(",") for row in rows)}
    assert len(official) == 1946
    assert {chunk: set(real[chunk].majority) for chunk in official} == {c: set(some) for c, some in official.items()}


@pytest.mark.real
def test_official_frames_start_at_48_khz(real_root):
    for path in (real_root / "chunks").iterdir():
        values = dict(line.split(",") for line in path.read_text().splitlines())
        assert int(values["framestart"]) == int(values["chunknumber"]) * 4 * 48000
