"""Label files: each bad line is one message that names file and line."""

import re

import numpy as np
import pytest

from datasets.errors import DataError
from datasets.maestro_real.annotations.labels import check_hard, read_hard, read_soft
from datasets.maestro_real.layout import CLASSES, SCORED
from datasets.maestro_real.writing import write_soft

GOOD = "0.0\t1.0\tcar\t0.25"


def refused(read, *given):
    """The message of an error in one line."""
    with pytest.raises(DataError) as caught:
        read(*given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0.0\t1.0\tfootsteps\t-0.1", "footsteps has the value -0.1, which is none from 0 to 1"),
        ("0.0\t1.0\tfootsteps\t1.0011", "footsteps has the value 1.0011, which is none"),
        ("0.0\t1.0\tfootsteps\tnan", "footsteps has the value nan, which is none"),
        ("0.0\t1.0\tfootsteps\tmuch", "footsteps has the value much, which is none"),
        (
            "0.0\t1.0\tpeople_talking\t0.5",
            "unknown class 'people_talking'; known: birds_singing, car, people talking, ",
        ),
        ("0.5\t1.5\tfootsteps\t0.5", "0.5 to 1.5 is no whole second"),
        ("0.0\t2.0\tfootsteps\t0.5", "0.0 to 2.0 is no whole second"),
        ("-1.0\t0.0\tfootsteps\t0.5", "-1.0 to 0.0 is no whole second"),
        ("inf\tinf\tfootsteps\t0.5", "inf to inf is no whole second"),
        ("start\tend\tfootsteps\t0.5", "start to end is no whole second"),
        ("1e9\t1000000001\tfootsteps\t0.5", "second 1e9, where no recording lasts an hour"),
        ("2.0\t3.0\tfootsteps\t0.5", "second 2 of a recording that has 2 complete ones"),
        (GOOD, "car in second 0 stands twice, in line 1 too"),
        ("0.0 1.0 footsteps 0.5", "'0.0 1.0 footsteps 0.5' instead of onset, offset, class and value with tabs"),
        ("0.0\t1.0\tfootsteps", "instead of onset, offset, class and value"),
    ],
)
def test_a_bad_line_is_told_with_file_and_line(tmp_path, line, reason):
    path = written(tmp_path / "city_center_02.txt", GOOD, "", line)
    message = refused(read_soft, path, 2)
    assert message.startswith(f"{path}:3: ") and reason in message
    assert message.endswith("put the official file there")


def test_gaps_are_zero_and_a_little_more_than_one_is_one(tmp_path):
    path = tmp_path / "city_center_02.txt"
    lines = ["2.0\t3.0\tcar\t1.000000031316843", "", "0.0\t1.0\tdoor opens/closes\t0.25", "0\t1\tcar\t0.5"]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    soft = read_soft(path, 4)
    assert soft.shape == (4, 17) and soft.sum() == 1.75 and soft[2, 1] == 1
    assert (soft[0, CLASSES.index("door opens/closes")], soft[0, 1]) == (0.25, 0.5)
    assert read_soft(path, None).shape == (3, 17)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\n \n", "txt:1: no line has a label"), (b"0.0\t1.0\t\xff\xfe", "cannot be read (not UTF-8 text)")],
)
def test_files_without_labels(tmp_path, content, reason):
    (tmp_path / "a.txt").write_bytes(content)
    assert reason in refused(read_soft, tmp_path / "a.txt", 3)
    assert "b.txt: no such file" in refused(read_soft, tmp_path / "b.txt", 3)


def test_what_is_written_is_read_again(tmp_path):
    soft = np.random.default_rng(0).integers(0, 6, (7, 17)) / 5
    write_soft(tmp_path / "a.txt", soft)
    assert np.array_equal(read_soft(tmp_path / "a.txt", 7), soft)
    assert "\t1.0000000313\n" in (tmp_path / "a.txt").read_text()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("city_center_02\t0.0\t1.0\tcar", "'city_center_02' is no name like cafe_restaurant_07.wav"),
        ("city_centre_02.wav\t0.0\t1.0\tcar", "'city_centre_02.wav' is no name like"),
        ("city_center_02.wav\t0.0\t1.0\tannouncement", "'announcement' is none of the scored classes birds_singing, "),
        ("city_center_02.wav\t0.0\t0.5\tcar", "0.0 to 0.5 is no whole second"),
        ("city_center_02.wav\t0.0\tcar", "instead of filename, onset, offset, event_label with tabs between them"),
    ],
)
def test_a_bad_hard_label_is_told(tmp_path, line, reason):
    path = written(tmp_path / "gt_dev.csv", "filename\tonset\toffset\tevent_label", line)
    message = refused(read_hard, path)
    assert re.match(re.escape(f"{path}:2: "), message) and reason in message


def test_hard_labels_have_a_header(tmp_path):
    path = written(tmp_path / "gt_dev.csv", "city_center_02.wav\t0.0\t1.0\tcar")
    assert "gt_dev.csv:1: 'city_center_02.wav\\t0.0\\t1.0\\tcar' instead of the header" in refused(read_hard, path)


def test_hard_labels_that_differ_are_told_by_second_and_class(tmp_path):
    hard = np.zeros((4, len(SCORED)), dtype=bool)
    hard[1, 1] = hard[2, 3] = True
    check_hard("city_center_02", hard, hard[:3], tmp_path)
    message = refused(check_hard, "city_center_02", hard, hard[:2], tmp_path)
    assert "lacks footsteps in second 2 of city_center_02" in message and "(1 such differences)" in message
    message = refused(check_hard, "city_center_02", hard & False, hard, tmp_path)
    assert "has car in second 1 of city_center_02" in message and "(2 such differences)" in message
    assert "has footsteps in second 2" in refused(check_hard, "city_center_02", hard[:2], hard, tmp_path)
