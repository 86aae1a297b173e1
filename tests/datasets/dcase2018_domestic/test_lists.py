from collections import Counter

import pytest

from datasets.dcase2018_domestic.layout import CLEAN, EVALUATION, ORIGINAL, REMOVED, WEAK
from datasets.dcase2018_domestic.lists import CLASSES, is_official, read_names, read_strong, read_weak, youtube_id
from datasets.errors import DataError

A, B, C = "Y-6p32k2WUCs_0.000_10.000.wav", "YU0Cg_t_3TdI_30.000_40.000.wav", "Y_URfKwl2kYU_130.000_140.000.wav"


def written(tmp_path, *rows, header="filename\tonset\toffset\tevent_label"):
    path = tmp_path / "list.csv"
    path.write_bytes(("\n".join((header, *rows)) + "\n").encode())
    return path


def weak(tmp_path, *rows):
    return written(tmp_path, *rows, header="filename\tevent_labels")


def test_names_hold_underscores_and_dashes():
    assert [youtube_id(item) for item in (A, B, C)] == ["-6p32k2WUCs", "U0Cg_t_3TdI", "_URfKwl2kYU"]
    for name in ("1-100032-A-0.wav", A[1:], A.replace(".wav", ".mp3"), A.replace("0.000_", ""), A + "\n", "Y" + A):
        assert not is_official(name)
        with pytest.raises(DataError, match="not an official name"):
            youtube_id(name)


@pytest.mark.parametrize("joint", [",", ";", ", "])
def test_weak_labels_are_joined_by_comma_or_semicolon(tmp_path, joint):
    found = read_weak(weak(tmp_path, f"{B}\tSpeech{joint}Dog", f"{A}\tCat"))
    assert found == {B: {"Speech", "Dog"}, A: {"Cat"}} and list(found) == [B, A]


def test_a_label_named_twice_counts_once(tmp_path):
    assert read_weak(weak(tmp_path, f"{A}\tDishes,Running_water,Running_water"))[A] == {"Dishes", "Running_water"}


def test_events_are_united_and_empty_rows_are_clips_without(tmp_path):
    rows = (f"{A}\t0.000\t9.971\tDog", f"{B}\t\t\t", f"{A}\t1.5\t1.5\tCat", f"{A}\t3\t4\tDog", f"{C}")
    assert read_strong(written(tmp_path, *rows)) == {A: {"Dog", "Cat"}, B: set(), C: set()}


@pytest.mark.parametrize("change", [lambda text: text.replace(b"\n", b"\r\n"), lambda text: b"\xef\xbb\xbf" + text])
def test_line_ends_and_byte_order_marks(tmp_path, change):
    path = weak(tmp_path, f"{A}\tCat")
    path.write_bytes(change(path.read_bytes()))
    assert read_weak(path) == {A: {"Cat"}}


def test_columns_are_found_by_name(tmp_path):
    path = written(tmp_path, f"Cat\t{A}\t1", header="event_labels\tfilename\tmore")
    assert read_weak(path) == {A: {"Cat"}} and read_names(path) == (A,)


BAD_WEAK = {
    r"list\.csv:2: .*unknown label 'Bird'": f"{A}\tDog,Bird",
    r"list\.csv:2: .*unknown label ''": f"{A}\tDog,",
    r"list\.csv:2: .*has no label": f"{A}\t",
    r"list\.csv:3: .*listed twice": f"{A}\tDog\n{A}\tCat",
    r"list\.csv:2: 'dog\.wav' is no official name": "dog.wav\tDog",
    r"list\.csv:2: '' is no official name": "\tDog",
    r"list\.csv:2: more than the 2 fields": f"{A}\tDog\tCat",
}


@pytest.mark.parametrize("message", BAD_WEAK)
def test_bad_weak_list_is_one_line_with_its_place(tmp_path, message):
    with pytest.raises(DataError, match=message) as caught:
        read_weak(weak(tmp_path, BAD_WEAK[message]))
    assert "\n" not in str(caught.value) and str(tmp_path) in str(caught.value)


BAD_STRONG = {
    r"list\.csv:3: .*from 2\.5 s to 2\.4 s ends before": f"{B}\t\t\t\n{A}\t2.5\t2.4\tDog",
    r"list\.csv:2: .*from -1 s": f"{A}\t-1\t2.4\tDog",
    r"list\.csv:2: .*from nan s": f"{A}\tnan\t2.4\tDog",
    r"list\.csv:2: .*to inf s": f"{A}\t0\tinf\tDog",
    r"list\.csv:2: .*unknown label 'dog'": f"{A}\t0\t1\tdog",
    r"list\.csv:2: .*from 0 s to 1 s without a label": f"{A}\t0\t1\t",
    r"list\.csv:2: .*from \? s to 1 s without a label": f"{A}\t\t1\t",
    r"list\.csv:2: .*onset '' or offset '' is no number": f"{A}\t\t\tDog",
    r"list\.csv:2: .*onset 'zero'": f"{A}\tzero\t1\tDog",
}


@pytest.mark.parametrize("message", BAD_STRONG)
def test_bad_list_of_events_is_one_line_with_its_place(tmp_path, message):
    with pytest.raises(DataError, match=message) as caught:
        read_strong(written(tmp_path, BAD_STRONG[message]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("header", ["filename,onset,offset,event_label", "filename\tonset\toffset", ""])
def test_missing_column(tmp_path, header):
    with pytest.raises(DataError, match=r"list\.csv:1: the column '\w+' is missing"):
        read_strong(written(tmp_path, header=header))


def test_absent_and_unreadable_lists(tmp_path):
    with pytest.raises(DataError, match=r"no such list; run .*data fetch dcase2018_domestic"):
        read_weak(tmp_path / "weak.csv")
    (tmp_path / "weak.csv").write_bytes(b"filename\tevent_labels\n\xff\xfe\n")
    with pytest.raises(DataError, match="not UTF-8"):
        read_weak(tmp_path / "weak.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        read_weak(tmp_path / "folder.csv")


def positives(labels):
    return Counter(label for some in labels.values() for label in some)


@pytest.fixture
def official(data_root):
    root = data_root / "dcase2018_domestic"
    if not (root / WEAK).is_file():
        pytest.skip(f"no lists in {root}")
    return root


@pytest.mark.real
def test_real_weak_list(official):
    """The published counts are those of names in the list, three of which stand twice in a row: 206 and 345."""
    labels = read_weak(official / WEAK)
    counts = (205, 134, 173, 184, 214, 103, 171, 343, 550, 167)
    assert len(labels) == 1578 and positives(labels) == dict(zip(CLASSES, counts, strict=True))
    assert Counter(map(len, labels.values())) == {1: 986, 2: 518, 3: 74}
    rows = (official / WEAK).read_text().splitlines()[1:]
    named = Counter(label for row in rows for label in row.split("\t")[1].split(","))
    assert named - positives(labels) == {"Running_water": 2, "Alarm_bell_ringing": 1}


@pytest.mark.real
def test_real_test_lists(official):
    original, clean = read_strong(official / ORIGINAL), read_strong(official / CLEAN)
    assert (len(original), len(clean), len({**original, **clean})) == (288, 288, 334)
    assert set(read_names(official / REMOVED)) == set(original) - set(clean)
    assert len(read_names(official / REMOVED)) == 46
    counts = dict(zip(CLASSES, (45, 30, 32, 35, 29, 25, 24, 63, 105, 35), strict=True))
    assert positives(original) == counts and positives(clean) == counts | {"Speech": 102}
    assert all(original[item] == clean[item] for item in set(original) & set(clean))


@pytest.mark.real
def test_real_leaks(official):
    original, labels = read_strong(official / ORIGINAL), read_weak(official / WEAK)
    leaking = {item: some for item, some in original.items() if item in labels}
    assert set(leaking) == set(read_names(official / REMOVED))
    assert positives(leaking) == {"Dog": 28, "Cat": 18, "Speech": 6}
    assert not set(labels) & set(read_strong(official / CLEAN))


@pytest.mark.real
def test_real_evaluation_list(official):
    labels = read_strong(official / EVALUATION)
    assert len(labels) == 880 and sum(not some for some in labels.values()) == 15
    videos = {youtube_id(item) for item in {**labels, **read_weak(official / WEAK), **read_strong(official / CLEAN)}}
    assert len(videos) == 880 + 1578 + 288
