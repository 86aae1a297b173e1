from collections import Counter

import pytest

from datasets.chime_home.layout import CROSSVALIDATION, DEVELOPMENT, DEVELOPMENT_RAW, EVALUATION, EVALUATION_RAW, LISTS
from datasets.chime_home.lists import ChunkLists, read_list, segment_of
from datasets.errors import DataError

A, B = "CR_lounge_010120_0900.s0_chunk7", "CR_lounge_010120_0900.s300_chunk0"


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_lines_are_id_chunk_and_set(tmp_path):
    path = written(tmp_path / "list.csv", f"0,{A},3", f"1,{B},0")
    assert read_list(path, with_sets=True) == {A: 3, B: 0}
    assert list(read_list(written(path, f"0,{B}", f"1,{A}"))) == [B, A]
    assert segment_of(B) == "CR_lounge_010120_0900.s300"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"0,{A},1"], f"1: '0,{A},1' instead of id,chunk"),
        ([f"0,{A}", "", "1"], "3: '1' instead of id,chunk"),
        ([f"1,{A}"], "1: id '1' instead of 0"),
        (["id,chunk", f"0,{A}"], "1: id 'id' instead of 0"),
        ([f"0,{A}", f"1,{A}"], f"2: {A} stands twice"),
        ([f"0,{A}.16kHz.wav"], "is no name like CR_lounge_200110_1601.s0_chunk0"),
        (["0,../../etc/passwd"], "is no name"),
        ([f"0,{A}\N{SUPERSCRIPT TWO}"], "is no name"),
    ],
)
def test_a_bad_line_is_told_with_file_and_line(tmp_path, lines, reason):
    path = written(tmp_path / "list.csv", *lines)
    with pytest.raises(DataError) as caught:
        read_list(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:") and reason in message and "\n" not in message
    assert message.endswith("put the official list there")


@pytest.mark.parametrize("one", ["5", "-1", "", "x"])
def test_sets_are_0_to_4(tmp_path, one):
    with pytest.raises(DataError, match=f":1: .*set '{one}'; known: 0 to 4"):
        read_list(written(tmp_path / "list.csv", f"0,{A},{one}"), with_sets=True)


def test_unreadable_lists(tmp_path):
    (tmp_path / "list.csv").write_bytes(b"0,\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8 text"):
        read_list(tmp_path / "list.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_list(tmp_path / "absent.csv")


def test_parts_keep_the_order_of_their_list(miniature_chime):
    lists = ChunkLists.read(miniature_chime)
    sets = read_list(miniature_chime / CROSSVALIDATION, with_sets=True)
    assert lists.part("train") == tuple(chunk for chunk in sets if sets[chunk] != 0)
    assert lists.part("validation") == tuple(chunk for chunk in sets if sets[chunk] == 0)
    assert lists.part("test") == tuple(read_list(miniature_chime / EVALUATION))
    with pytest.raises(DataError, match="unknown part 'dev' of chime_home; known: train, validation, test"):
        lists.part("dev")


def edit(path, change):
    written(path, *change(path.read_text().splitlines()))


def drop_last(lines):
    return lines[:-1]


@pytest.mark.parametrize(
    ("shortened", "accused", "whole"),
    [
        (DEVELOPMENT_RAW, DEVELOPMENT, DEVELOPMENT_RAW),
        (DEVELOPMENT, CROSSVALIDATION, DEVELOPMENT),
        (CROSSVALIDATION, DEVELOPMENT, CROSSVALIDATION),
        (EVALUATION_RAW, EVALUATION, EVALUATION_RAW),
    ],
)
def test_lists_that_clash(copy, shortened, accused, whole):
    raw = shortened in (DEVELOPMENT_RAW, EVALUATION_RAW)
    edit(copy / shortened, (lambda lines: []) if raw else drop_last)
    with pytest.raises(DataError, match=rf"{accused}:\d+: CR_lounge\S+ is not in {whole}"):
        ChunkLists.read(copy)


def test_evaluation_shares_no_segment_with_development(copy):
    chunk = ChunkLists.read(copy).part("train")[0]
    for name in (EVALUATION_RAW, EVALUATION):
        edit(copy / name, lambda lines: [*lines, f"{len(lines)},{segment_of(chunk)}_chunk99"])
    with pytest.raises(DataError, match=rf"{EVALUATION_RAW}:\d+: \S+_chunk99 is of a segment that development"):
        ChunkLists.read(copy)


def test_absent_lists_are_told_when_they_are_needed(copy):
    (copy / EVALUATION).unlink()
    lists = ChunkLists.read(copy)
    assert lists.part("train")
    with pytest.raises(DataError, match="no such list; copies from before the evaluation release lack this"):
        lists.part("test")
    (copy / CROSSVALIDATION).unlink()
    with pytest.raises(DataError, match="no such list; put the official file there, or run"):
        ChunkLists.read(copy).part("validation")


@pytest.mark.real
def test_official_lists_have_their_published_sizes(real_root):
    lists = ChunkLists.read(real_root)
    assert [len(lists.chunks[name]) for name in LISTS] == [4378, 1946, 1946, 1759, 816]
    assert Counter(lists.sets.values()) == {0: 383, 1: 442, 2: 463, 3: 271, 4: 387}
    assert [len(lists.part(part)) for part in ("train", "validation", "test")] == [1563, 383, 816]
    segments = {name: {segment_of(chunk) for chunk in lists.chunks[name]} for name in LISTS}
    assert [len(segments[name]) for name in (DEVELOPMENT_RAW, DEVELOPMENT, EVALUATION_RAW)] == [59, 58, 25]
    assert not segments[DEVELOPMENT_RAW] & segments[EVALUATION_RAW]
    assert len(lists.known()) == 6137 and len({segment.split(".")[0] for segment in segments[DEVELOPMENT_RAW]}) == 7


@pytest.mark.real
def test_official_segments_that_straddle_sets(real_root):
    lists = ChunkLists.read(real_root)
    homes: dict[str, set[int]] = {}
    for chunk, one in lists.sets.items():
        homes.setdefault(segment_of(chunk), set()).add(one)
    assert {segment for segment, sets in homes.items() if len(sets) > 1} == {
        "CR_lounge_230110_1036.s2700",
        "CR_lounge_210110_0739.s600",
        "CR_lounge_200110_1711.s0",
    }
    assert lists.straddling() == {"CR_lounge_200110_1711.s0": (31, 1), "CR_lounge_230110_1036.s2700": (6, 40)}
