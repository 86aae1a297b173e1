"""Scores with ties are worth the same in whatever order their columns stand, with the dataset at hand and without."""

import csv
import itertools

import numpy as np
import pytest

from benchmarks.judge.compare import compare
from benchmarks.reporting.sections.comparison import comparison_markdown
from datasets.esc50.dataset import ESC50
from datasets.esc50.layout import CATEGORIES, ESC10_TARGETS, parse_item
from tests.benchmarks.fabricated_runs import fabricate, items_of, workspace_in

FOLDS = (1, 2, 3, 4, 5)
TIED = 16  # in each fold: half of them lost by official order, wherever the right column stands


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A store with a row of ESC-10, and no dataset on disk."""
    workspace = workspace_in(tmp_path_factory.mktemp("store"))
    fabricate(workspace, "knn", "esc10", wrong=27, kind="decision")
    return workspace


def write(path, classes, items):
    """Right scores, but that of the first items of each fold the class before or behind has as much."""
    official = ESC50.label_order(subset="esc10")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", *classes])
        for fold in FOLDS:
            for number, item in enumerate(items(fold)):
                right = official.index(CATEGORIES[parse_item(item).target])
                other = official[right + (-1 if number % 2 and right else 1) if right < 9 else 8]
                values = np.zeros(len(classes))
                values[classes.index(official[right])] = 0.5
                if number < TIED:
                    values[classes.index(other)] = 0.5
                writer.writerow([item, *values])
    return str(path)


def test_the_order_of_columns_moves_nothing(workspace, tmp_path):
    official = list(ESC50.label_order(subset="esc10"))
    orders = {"official": official, "sorted": sorted(official), "backward": official[::-1]}
    found = {
        name: compare(
            write(tmp_path / f"{name}.csv", order, lambda fold: items_of("esc10", fold)), "acrnn.t1", workspace, "x"
        )
        for name, order in orders.items()
    }
    contents = [{**one.to_dict(), "source": None} for one in found.values()]
    assert all(one == other for one, other in itertools.pairwise(contents))
    first = found["official"].to_dict()
    assert first["counts"] == {"ties": TIED * len(FOLDS)}
    # items 0 to 7 are dogs, the first class of all; of items 8 to 15, roosters, the odd ones lose to the class before
    assert first["value"] == 100 * (80 - 4) / 80
    assert "Of 80 items several classes share the highest score" in comparison_markdown(found["official"])


def test_the_files_tell_the_official_order_where_no_run_is_stored(miniature_esc50, tmp_path):
    workspace = workspace_in(tmp_path)
    workspace.data.mkdir()
    (workspace.data / "esc50").symlink_to(miniature_esc50)
    clips = [path.name for path in sorted((miniature_esc50 / "audio").iterdir())]

    def items(fold):
        return [
            name for target in ESC10_TARGETS for name in clips
            if parse_item(name).fold == fold and parse_item(name).target == target
        ]  # fmt: skip

    official = list(ESC50.label_order(subset="esc10"))
    values = [
        compare(write(tmp_path / f"{number}.csv", order, items), "acrnn.t1.knn.esc10", workspace, "x").value
        for number, order in enumerate((official, official[::-1], sorted(official)))
    ]
    assert len(set(values)) == 1 and values[0] < 100
