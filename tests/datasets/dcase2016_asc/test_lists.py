"""Lists that are bad, or that disagree: each is one line that names file, line and item."""

import re

import pytest

from datasets.dcase2016_asc.layout import EVALUATE, EVALUATION, TEST, Layout
from datasets.dcase2016_asc.listing import location_of, read_flaws, read_items, read_scenes
from datasets.dcase2016_asc.lists import Development, Evaluation
from datasets.errors import DataError

A, B = "a001_0_30.wav", "b002_30_60.wav"


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def refused(read, *given):
    """The message of an error in one line."""
    with pytest.raises(DataError) as caught:
        read(*given)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"audio/{A}\tBeach"], rf":1: {A}: unknown scene 'Beach'; known: beach, bus, cafe/restaurant, .*, tram;"),
        ([f"audio/{A}\tbeach", "", f"audio/{A}\tbeach"], rf":3: {A} stands twice, in line 1 too;"),
        ([f"audio/{A} beach"], rf":1: 'audio/{A} beach' instead of a file and its scene with a tab between them;"),
        ([f"audio/{A}\tbeach\ta001\tmore"], ":1: .* instead of a file and its scene"),
        ([f"{A}\tbeach"], rf":1: '{A}' is no path like audio/a001_0_30.wav;"),
        (["audio/../a001_0_30.wav\tbeach"], ":1: .* is no path like"),
        (["audio/c001_0_30.wav\tbeach"], ":1: .* is no path like"),
        (["audio/1.wav\tbeach"], ":1: .* is no path like audio/a001_0_30.wav"),
        ([f"audio/{A}\tbeach\tb001"], rf":1: {A} is of location a001, not b001;"),
        ([f"audio/{A}\tbeach\taudio/b001_0_30.wav"], rf":1: {A} is of location a001, not b001;"),
        ([f"audio/{A}\tbeach\tsomewhere"], ":1: 'somewhere' is no path like"),
        (["", " "], ":1: no line names a file;"),
    ],
)
def test_a_bad_line_is_told_with_file_line_and_item(tmp_path, lines, reason):
    path = written(tmp_path / "meta.txt", *lines)
    message = refused(read_scenes, path)
    assert re.match(re.escape(str(path)) + reason, message) and message.endswith("put the official list there")


def test_blank_lines_marks_and_ends_of_windows_are_fine(tmp_path):
    path = tmp_path / "meta.txt"
    path.write_bytes(f"\ufeffaudio/{A}\tcafe/restaurant\r\n\r\n \t \r\naudio/{B}\ttram".encode())
    assert [tuple(row) for row in read_scenes(path).rows] == [
        (1, A, "cafe/restaurant", "a001"),
        (4, B, "tram", "b002"),
    ]


def test_a_third_column_tells_the_location_of_an_evaluation_item(tmp_path):
    lines = ("audio/7.wav\tbeach\taudio/a042_53_83.wav", "audio/8.wav\tbeach\ta043", "audio/9.wav\tbus")
    rows = read_scenes(written(tmp_path / EVALUATE, *lines), is_evaluation=True).rows
    assert [(row.item, row.location) for row in rows] == [("7.wav", "a042"), ("8.wav", "a043"), ("9.wav", "")]


def test_a_list_of_items_has_no_scenes(tmp_path):
    message = refused(read_items, written(tmp_path / "fold1_test.txt", f"audio/{A}\tbeach"))
    assert re.search(r"fold1_test.txt:1: .* instead of a file alone", message)


def test_lists_that_are_no_text_or_absent(tmp_path):
    (tmp_path / "meta.txt").write_bytes(b"audio/\xff\xfe\n")
    assert "meta.txt: cannot be read (not UTF-8 text)" in refused(read_scenes, tmp_path / "meta.txt")
    assert "absent.txt: no such list" in refused(read_scenes, tmp_path / "absent.txt")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"audio/{A}\t1.0\t2.0", "instead of file, onset, offset and label with tabs"),
        (f"audio/{A}\t2.0\t1.0\tmobile", rf":1: {A}: no times in seconds: '2.0' to '1.0'"),
        (f"audio/{A}\tnan\t1.0\tmobile", "no times in seconds"),
        (f"audio/{A}\t-1\t1.0\tmobile", "no times in seconds"),
        (f"audio/{A}\tx\t1.0\tmobile", "no times in seconds: 'x'"),
        ("audio/1.wav\t0\t1.0\tmobile", "no path like"),
    ],
)
def test_bad_flaws_are_told(tmp_path, line, reason):
    assert re.search(reason, refused(read_flaws, written(tmp_path / "error.txt", line)))


def test_flaws_have_times_and_labels(tmp_path):
    path = written(tmp_path / "error.txt", f"audio/{A}\t1.5\t2.25\tmobile phone")
    assert read_flaws(path) == [(A, 1.5, 2.25, "mobile phone")]


def test_names_tell_the_location():
    assert (location_of(A), location_of("b113_240_270.wav")) == ("a001", "b113")
    assert "no name like a001_0_30.wav" in refused(location_of, "208.wav")


def item_of(line):
    return line.split("\t")[0].removeprefix("audio/")


class Damage:
    """What is done to one list or two, and what is then said: by fold 1's lists unless another is named."""

    def __init__(self, lists):
        self.lists, self.layout = lists, lists.layout
        self.train, self.test, self.evaluate = (
            lists.layout.fold_list(1, kind) for kind in ("train", "test", "evaluate")
        )
        self.tested, self.trained = self.lines(self.evaluate), self.lines(self.train)

    def lines(self, path):
        return path.read_text().splitlines()

    def overlap(self):
        self.lists.change(self.train, lambda lines: [*lines, self.tested[0]])
        return (
            rf"fold1_train.txt:{len(self.trained) + 1}: {item_of(self.tested[0])} is in fold1_test.txt too \(line \d+\)"
        )

    def location_on_both_sides(self):
        line, item = self.tested[0], item_of(self.tested[0])
        self.lists.change(self.train, lambda lines: [*lines, line])
        self.lists.change(self.evaluate, lambda lines: [one for one in lines if item not in one])
        self.lists.change(self.test, lambda lines: [one for one in lines if item not in one])
        place = location_of(item)
        other = rf"fold1_test.txt tests \(line \d+: {place}_\d+_\d+.wav\)"
        return rf"fold1_train.txt:{len(self.trained) + 1}: {item} is of location {place}, which {other}"

    def missing(self):
        self.lists.change(self.train, lambda lines: lines[1:])
        return rf"meta.txt:\d+: {item_of(self.trained[0])} is in neither fold1_train.txt nor fold1_test.txt"

    def not_in_meta(self):
        self.lists.change(self.train, lambda lines: ["audio/b999_0_30.wav\tbeach", *lines])
        return r"fold1_train.txt:1: b999_0_30.wav is not in meta.txt"

    def another_scene(self):
        self.lists.change(self.train, lambda lines: [lines[0].replace("beach", "tram"), *lines[1:]])
        return rf"fold1_train.txt:1: {item_of(self.trained[0])} is tram here, but beach in meta.txt"

    def another_scene_tested(self):
        self.lists.change(self.evaluate, lambda lines: [lines[0].replace("beach", "tram"), *lines[1:]])
        return rf"fold1_evaluate.txt:1: {item_of(self.tested[0])} is tram here, but beach in meta.txt"

    def unlike_lists_of_a_fold(self):
        self.lists.change(self.evaluate, lambda lines: lines[1:])
        return rf"fold1_test.txt:\d+: {item_of(self.tested[0])} is not in fold1_evaluate.txt"

    def tested_twice(self):
        """All items of a location are tested by folds 1 and 2."""
        place = location_of(item_of(self.tested[0]))
        moved = [line for line in self.tested if line.startswith(f"audio/{place}")]
        train, test, evaluate = (self.layout.fold_list(2, kind) for kind in ("train", "test", "evaluate"))
        self.lists.change(train, lambda lines: [line for line in lines if line not in moved])
        self.lists.change(evaluate, lambda lines: [*lines, *moved])
        self.lists.change(test, lambda lines: [*lines, *(line.split("\t")[0] for line in moved)])
        return rf"fold2_test.txt:\d+: {place}_\d+_\d+.wav is in fold1_test.txt too"

    def never_tested(self):
        """All items of a location are trained on by every fold."""
        place = location_of(item_of(self.tested[0]))
        moved = [line for line in self.tested if line.startswith(f"audio/{place}")]
        self.lists.change(self.train, lambda lines: [*lines, *moved])
        for path in (self.test, self.evaluate):
            self.lists.change(path, lambda lines: [line for line in lines if not line.startswith(f"audio/{place}")])
        return rf"meta.txt:\d+: {place}_\d+_\d+.wav is in no fold's test list"

    def location_of_two_scenes(self):
        lines = self.lines(self.layout.meta())
        second = next(line for line in lines if line.split("\t")[0].endswith("_30_60.wav"))
        item, scene = item_of(second), second.split("\t")[1]
        other = "tram" if scene != "tram" else "bus"
        self.lists.change(
            self.layout.meta(), lambda lines: [line.replace(scene, other) if item in line else line for line in lines]
        )
        place = location_of(item)
        return (
            rf"meta.txt:\d+: {item} makes location {place} {other}, which is {scene} in line \d+ \({place}_0_30.wav\)"
        )

    def unknown_scene_of_evaluation(self):
        self.lists.change(self.layout.meta(EVALUATION), lambda lines: [f"{lines[0]}s", *lines[1:]])
        return r"evaluation/meta.txt:1: \d+.wav: unknown scene '\w+s'"

    def evaluation_lists_that_disagree(self):
        path = self.layout.evaluation_list(EVALUATE)
        self.lists.change(path, lambda lines: [lines[0].replace("beach", "tram"), *lines[1:]])
        return r"evaluate.txt:1: \d+.wav is tram here, but beach in meta.txt"

    def evaluation_item_without_truth(self):
        self.lists.change(self.layout.evaluation_list(TEST), lambda lines: [*lines, "audio/999.wav"])
        return r"test.txt:\d+: 999.wav is not in evaluate.txt"

    def evaluation_item_that_is_not_tested(self):
        self.lists.change(self.layout.evaluation_list(TEST), lambda lines: lines[1:])
        return r"evaluate.txt:\d+: \d+.wav is not in test.txt"

    def location_of_both_sets(self):
        place = location_of(item_of(self.tested[0]))
        path = self.layout.evaluation_list(EVALUATE)
        self.lists.change(path, lambda lines: [re.sub(r"audio/[ab]\d{3}", f"audio/{place}", lines[0]), *lines[1:]])
        return rf"evaluate.txt:1: \d+.wav is of location {place}, which the development set has too"


@pytest.mark.parametrize("damage", [name for name in vars(Damage) if not name.startswith("_") and name != "lines"])
def test_lists_that_disagree_are_told_with_file_line_and_item(lists, damage):
    expected = getattr(Damage(lists), damage)()
    message = refused(lambda layout: Evaluation.read(layout, Development.read(layout)), lists.layout)
    assert re.search(expected, message) and message.endswith("put the official list there")


def test_lists_that_agree_are_read(all_lists):
    development = Development.read(Layout(all_lists))
    assert len(development.scenes) == 240 and not development.absent
    assert [(len(fold.train.rows), len(fold.test.rows)) for fold in development.folds.values()] == [(180, 60)] * 4
    evaluation = Evaluation.read(Layout(all_lists), development)
    assert len(evaluation.scenes) == len(evaluation.items) == 30 and len(set(evaluation.units.values())) == 15


def test_one_list_of_what_a_fold_tests_will_do(lists):
    lists.layout.fold_list(2, "test").unlink()
    lists.layout.fold_list(3, "evaluate").unlink()
    development = Development.read(lists.layout)
    assert [len(fold.test.rows) for fold in development.folds.values()] == [60] * 4
    assert [path.name for path in development.absent] == ["fold2_test.txt", "fold3_evaluate.txt"]


def test_without_a_fold_the_items_are_known_and_the_list_is_named(lists):
    lists.layout.fold_list(3, "train").unlink()
    development = Development.read(lists.layout)
    assert len(development.scenes) == 240 and set(development.found) == {1, 2, 4}
    assert re.search(r"fold3_train.txt: no such list; .* fetch dcase2016_asc`$", refused(lambda: development.folds))


def test_without_meta_nothing_is_known(lists):
    lists.layout.meta().unlink()
    assert re.search(
        r"meta.txt: no such list; .*`python -m benchmarks data fetch", refused(Development.read, lists.layout)
    )
