"""Scores in tables of text: read as they were meant, or refused in one line that says what to change."""

import numpy as np
import pytest

from benchmarks.errors import InputError
from benchmarks.judge.elsewhere.tables import read_scores
from benchmarks.runs.scores import Scores


def written(tmp_path, content, name="theirs.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("item,dog,rain\r\na.wav,0.9,0.1\r\nb.wav,0.25,0.75\r\n", "theirs.csv"),
        ("\ufeffItem,dog,rain\na.wav,0.9,0.1\n\nb.wav,0.25,0.75\n,,\n", "theirs.csv"),
        ("item;dog;rain\na.wav;0,9;0,1\nb.wav;0,25;0,75\n", "theirs.CSV"),
        ("item\tdog\train\na.wav\t0.9\t0.1\nb.wav\t0.25\t0.75\n", "theirs.tsv"),
        ('item, dog ,"rain"\n"a.wav", 0.9,1e-1\nb.wav,.25,.75', "theirs.csv"),
    ],
)
def test_probabilities_are_read_however_the_table_is_written(tmp_path, content, name):
    scores = read_scores([written(tmp_path, content, name)])
    assert (scores.items, scores.classes, scores.kind) == (("a.wav", "b.wav"), ("dog", "rain"), "probability")
    np.testing.assert_array_equal(scores.probabilities(), [[0.9, 0.1], [0.25, 0.75]])


def test_labels_are_decisions(tmp_path):
    scores = read_scores([written(tmp_path, "item,label\na.wav,rain\nb.wav,dog\nc.wav,rain\n")])
    assert (scores.classes, scores.kind) == (("dog", "rain"), "decision")
    assert [scores.classes[place] for place in scores.values.argmax(axis=1)] == ["rain", "dog", "rain"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the first line must be item,<class>,<class>,... or item,label"),
        ("name,dog\na,1\n", "the first line must be item,<class>,<class>,... or item,label, and is name,dog"),
        ("item\na\n", "the first line must be"),
        ("item,dog,rain\na,1\n", "line 2 has 2 of 3 columns"),
        ("item,dog,rain\na,1,high\n", "line 2: 'high' is not a number"),
        ("item,dog,rain\na,0_9,0\n", "line 2: '0_9' is not a number"),
        ("item,dog,rain\na,1,\n", "line 2: '' is not a number"),
        ("item,dog,rain\na,1,0\na,1,0\n", "item a stands twice"),
        ("item,label\na,dog\na,dog\n", "item a stands twice"),
        ("item,dog,dog\na,1,0\n", "class 'dog' stands twice"),
        ("item,dog,rain\na,nan,0\n", "NaN or infinite for item a"),
        ("item,dog,rain\na,0,inf\n", "NaN or infinite for item a"),
        ("item,dog,rain\na,7,-2\n", "probabilities from -2 to 7; take the softmax"),
        ("item,dog,rain\n", "no scores in it"),
        ("item,label\n", "no scores in it"),
        ("item,label\na,dog\nb,\n", "line 3 has no label"),
        (b"item,dog\na\xff\xfe,1\n", "whose text is UTF-8; save it as CSV UTF-8"),
        ("item,dog\na,0.5\n".encode("utf-16"), "whose text is UTF-8; save it as CSV UTF-8"),
    ],
)  # fmt: skip
def test_a_defect_is_one_line(tmp_path, content, problem):
    path = written(tmp_path, content)
    with pytest.raises(InputError) as error:
        read_scores([path])
    line = str(error.value)
    assert line.startswith(f"{path}: ") and problem in line and "\n" not in line


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such scores file"):
        read_scores([str(tmp_path / "none.csv")])
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"folder\.csv: not a readable csv file"):
        read_scores([str(tmp_path / "folder.csv")])


def test_several_files_are_one_whatever_the_order_and_spelling_of_their_classes(tmp_path):
    first = written(tmp_path, "item,dog,door knock\na,0.9,0.1\n", "1.csv")
    second = written(tmp_path, "item,Door_Knock,DOG\nb,0.2,0.8\n", "2.csv")
    scores = read_scores([first, second])
    assert (scores.items, scores.classes) == (("a", "b"), ("dog", "door knock"))
    assert scores.values.tolist() == [[0.9, 0.1], [0.8, 0.2]]
    labels = [written(tmp_path, f"item,label\n{item},{label}\n", f"{item}.csv") for item, label in ("cx", "dy")]
    assert read_scores(labels).classes == ("x", "y")


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ("item,dog,rain\na,0.5,0.5\n", r"2.csv: a is in .*1.csv, too; give each item in one file alone"),
        ("item,dog\nb,0.5\n", r"2.csv: has no class 'rain'; give all files the same classes"),
        ("item,dog,rain,Dog\nb,0.5,0.5,0\n", r"2.csv: the classes 'dog' and 'Dog' are both dog"),
        (
            "item,label\nb,dog\n",
            r"2.csv: has decision scores .*1.csv probability scores.*; write all files in one form",
        ),
    ],
)
def test_files_that_do_not_belong_together_are_one_line(tmp_path, second, problem):
    first = written(tmp_path, "item,dog,rain\na,0.9,0.1\n", "1.csv")
    with pytest.raises(InputError, match=problem):
        read_scores([first, written(tmp_path, second, "2.csv")])


def test_tables_and_stored_scores_may_be_one(tmp_path):
    Scores(("b",), ("dog", "rain"), np.array([[0.5, 0.5]]), "probability").save(tmp_path / "b.npz")
    first = written(tmp_path, "item,rain,dog\na,0.9,0.1\n", "1.csv")
    assert read_scores([first, str(tmp_path / "b.npz")]).values.tolist() == [[0.9, 0.1], [0.5, 0.5]]


def test_tables_that_would_fill_the_memory_are_refused_at_once(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="20000 different labels; a label is the name of a class"):
        read_scores([written(tmp_path, "item,label\n" + "".join(f"{one}.wav,{one}\n" for one in range(20_000)))])
    monkeypatch.setattr("benchmarks.judge.elsewhere.tables.MOST_BYTES", 10)
    with pytest.raises(InputError, match=r"theirs\.csv: has 0 MB, and a table has 0 at most"):
        read_scores([written(tmp_path, "item,label\na.wav,rain\n")])


def test_many_items_take_no_time_of_their_square(tmp_path):
    lines = [f"{one}.wav,dog\n" for one in range(300_000)]  # squared, they would take minutes
    with pytest.raises(InputError, match=r"item 299999\.wav stands twice"):
        read_scores([written(tmp_path, "".join(["item,label\n", *lines, lines[-1]]))])
