"""Lists that are bad, or that disagree: each is one line that names file, line and item."""

import re

import pytest

from datasets.errors import DataError
from datasets.maestro_real.lists import Lists, read_durations, read_items
from tests.datasets.maestro_real.conftest import item_of

A = "cafe_restaurant_00"


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
    ("lines", "reason"),
    [
        ([f"cafe_restaurant/{A}"], f":1: 'cafe_restaurant/{A}' instead of the header 'filename'"),
        (["filename", A], f":2: '{A}' is no path like cafe_restaurant/cafe_restaurant_07"),
        (["filename", f"city_center/{A}"], f":2: 'city_center/{A}' is no path like"),
        (["filename", f"cafe_restaurant/{A}.wav"], ":2: .* is no path like"),
        (["filename", "harbour/harbour_00"], ":2: 'harbour/harbour_00' is no path like"),
        (["filename", f"cafe_restaurant/{A}", "", f"cafe_restaurant/{A}"], f":4: {A} stands twice, in line 2 too"),
        (["filename", f"cafe_restaurant/{A}\tmore"], ":2: .* instead of filename with tabs between them"),
        (["filename", ""], ":1: no line names a recording"),
    ],
)
def test_a_bad_line_of_a_fold_is_told(tmp_path, lines, reason):
    path = written(tmp_path / "fold1_train.csv", *lines)
    message = refused(read_items, path)
    assert re.match(re.escape(str(path)) + reason, message) and message.endswith("put the official file there")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cafe_restaurant_7\t200.5", "'cafe_restaurant_7' is no name like cafe_restaurant_07"),
        (f"{A}.wav\t200.5", f"'{A}.wav' is no name like"),
        (f"{A}\tlong", f"{A} has the duration long, which is no number of seconds from 1 on"),
        (f"{A}\t0.5", f"{A} has the duration 0.5, which is no number"),
        (f"{A}\tinf", f"{A} has the duration inf, which is no number"),
        (f"{A}\t-3", f"{A} has the duration -3, which is no number"),
        (f"{A}", "instead of filename, duration with tabs between them"),
        ("city_center_02\t200", "city_center_02 stands twice, in line 2 too"),
    ],
)
def test_a_bad_duration_is_told(tmp_path, line, reason):
    path = written(tmp_path / "development_metadata.csv", "filename\tduration", "city_center_02\t200.5", line)
    message = refused(read_durations, path)
    assert message.startswith(f"{path}:3: ") and reason in message


class Damage:
    """What is done to a list of fold 1 or 2, and what is then said."""

    def __init__(self, lists):
        self.lists, self.layout = lists, lists.layout
        self.train, self.val, self.test = (lists.layout.fold_list(1, kind) for kind in ("train", "val", "test"))
        self.first = self.test.read_text().splitlines()[1]
        self.item = item_of(self.first)

    def append(self, path, *lines):
        self.lists.change(path, lambda old: [*old, *lines])
        return len(path.read_text().splitlines())

    def remove(self, path, line):
        self.lists.change(path, lambda old: [one for one in old if one != line])

    def trained_and_tested(self):
        self.append(self.train, self.first)
        return rf"fold1_test.csv:2: {self.item} is in fold1_train.csv too \(line 17\)"

    def validating_and_tested(self):
        line = self.append(self.val, self.first)
        return rf"fold1_test.csv:2: {self.item} is in fold1_val.csv too \(line {line}\)"

    def lacking_in_a_fold(self):
        self.remove(self.test, self.first)
        return rf"development_metadata.csv:\d+: {self.item} is in no list of fold 1"

    def not_a_recording(self):
        line = self.append(self.train, "city_center/city_center_99")
        return rf"fold1_train.csv:{line}: city_center_99 is not in development_metadata.csv"

    def tested_twice(self):
        """A recording that fold 1 tests is tested by fold 2, too, and not trained on there."""
        for kind in ("train", "val"):
            self.remove(self.layout.fold_list(2, kind), self.first)
        line = self.append(self.layout.fold_list(2, "test"), self.first)
        return rf"fold2_test.csv:{line}: {self.item} is in fold1_test.csv too"

    def never_tested(self):
        self.remove(self.test, self.first)
        self.append(self.train, self.first)
        return rf"development_metadata.csv:\d+: {self.item} is in no fold's test list"


@pytest.mark.parametrize(
    "damage", [name for name in vars(Damage) if name[0] != "_" and name not in ("append", "remove")]
)
def test_lists_that_disagree_are_told_with_file_line_and_item(lists, damage):
    expected = getattr(Damage(lists), damage)()
    message = refused(Lists.read, lists.layout)
    assert re.search(expected, message) and message.endswith("put the official file there")


def test_lists_that_agree_are_read(lists):
    found = Lists.read(lists.layout)
    sizes = [[len(one.lines) for one in (fold.train, fold.validation, fold.test)] for fold in found.folds.values()]
    assert sizes == [[15, 5, 5]] * 5 and len(found.durations) == len(found.tested_in) == 25 and not found.absent


@pytest.mark.parametrize("name", ["fold3_val.csv", "development_metadata.csv"])
def test_a_list_that_is_absent_is_named_with_the_next_step(lists, name):
    next(lists.root.rglob(name)).unlink()
    found = Lists.read(lists.layout)
    assert [path.name for path in found.absent] == [name] and len(found.found) == (4 if "fold" in name else 5)
    assert re.search(rf"{name}: no such list; .* fetch maestro_real`$", refused(lambda: found.folds))
