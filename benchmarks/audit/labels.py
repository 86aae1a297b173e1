"""How often each class of a dataset with soft labels is heard, counted on its files and recorded in a paper's folder.

    python -m benchmarks.audit.labels PAPER FOLDER

counts the labels of all recordings of a dataset in FOLDER, which needs no audio, and writes `labels.json`: counts by
class, none of the labels themselves. FOLDER has the official layout, or the lists and the table of soft labels that the
authors of `maestro` keep beside their code (soft_gt_dev_11classes.csv).
"""

import argparse
import hashlib
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.files import read_json, write_json
from benchmarks.spec import Paper, load_paper, paper_folder

#: The file of a paper's folder that holds what was counted.
FILE = "labels.json"


@dataclass(frozen=True)
class LabelCounts:
    """Counts over the complete seconds of all recordings.

    hard: by scored class, the seconds in which it counts as heard; soft: the sum of its soft labels, in seconds.
    segments: seconds as they are scored, the last one of a recording begun; lasting: seconds of all recordings.
    learnt, trained: by scored class, the share in % of its heard seconds that a fold does not test on, and that it
    trains on (the others validate); means over the folds.
    sha256: of all soft labels that were counted, so that one can tell whether others are the same.
    """

    recordings: int
    seconds: int
    hard: dict[str, int]
    soft: dict[str, float]
    segments: int
    lasting: float
    learnt: dict[str, float]
    trained: dict[str, float]
    sha256: str

    def all_active(self) -> float:
        """The mean over the classes of the F1 in % of saying that every segment is active."""
        return float(np.mean([200 * heard / (heard + self.segments) for heard in self.hard.values()]))


def count(dataset: Any) -> LabelCounts:
    """The counts of a dataset with soft labels (datasets.maestro_real). Raises DataError for labels that are bad."""
    columns = [dataset.classes.index(label) for label in dataset.scored]
    items = sorted(dataset.lists.durations)
    soft = [dataset.soft(item)[:, columns] for item in items]
    hard = [dataset.hard(item)[:, columns] for item in items]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(one, dtype="<f4").tobytes() for one in soft)).hexdigest()
    heard, sums = (np.concatenate(some).sum(axis=0, dtype=np.float64) for some in (hard, soft))
    by_item = {item: one.sum(axis=0) for item, one in zip(items, hard, strict=True)}
    parts = [dataset.parts(fold) for fold in dataset.folds]
    trained = [sum(by_item[item] for item in one.train.index) for one in parts]
    learnt = [sum(by_item[item] for item in (*one.train.index, *one.validation.index)) for one in parts]

    def by_class(values: Any, digits: int = 3) -> dict[str, float]:
        return {label: round(float(value), digits) for label, value in zip(dataset.scored, values, strict=True)}

    lasting = [dataset.seconds(item) for item in items]
    return LabelCounts(
        recordings=len(items),
        seconds=sum(map(len, soft)),
        hard={label: int(value) for label, value in by_class(heard).items()},
        soft=by_class(sums),
        segments=sum(map(math.ceil, lasting)),
        lasting=round(sum(lasting), 3),
        learnt=by_class(100 * np.mean(learnt, axis=0) / np.maximum(heard, 1)),
        trained=by_class(100 * np.mean(trained, axis=0) / np.maximum(heard, 1)),
        sha256=digest,
    )


def recorded(paper: Paper, dataset: str) -> LabelCounts:
    """What was counted for a dataset of a paper. Raises InputError where nothing is recorded."""
    path = paper_folder(paper.id) / FILE
    found = read_json(path) if path.exists() else {}
    if dataset not in found:
        raise InputError(
            f"{path}: no labels of {dataset} counted; run `python -m benchmarks.audit.labels {paper.id} FOLDER`"
        )
    return LabelCounts(**found[dataset])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit.labels", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("paper")
    parser.add_argument("folder", type=Path, help="the folder of the dataset, in its official layout")
    given = parser.parse_args(arguments)
    try:
        paper = load_paper(given.paper)
        with tempfile.TemporaryDirectory() as folder:
            root = _laid_out(given.folder, Path(folder))
            found = {name: vars(count(_dataset(paper, name, root))) for name in paper.datasets}
        write_json(paper_folder(paper.id) / FILE, found)
    except USER_ERRORS as error:
        print(f"labels: {error}", file=sys.stderr)
        return 2
    for name, one in found.items():
        print(f"{paper_folder(paper.id) / FILE}: {name}, {one['recordings']} recordings, {one['seconds']} seconds")
    return 0


def _laid_out(folder: Path, root: Path) -> Path:
    """The folder, or a copy of it below `root` in the official layout where it holds the authors' table."""
    from datasets.maestro_real.annotations.authors_table import has_table, write_layout

    if not has_table(folder):
        return folder
    write_layout(folder, root)
    return root


def _dataset(paper: Paper, name: str, folder: Path) -> Any:
    """The dataset in a folder. Raises InputError for one without soft labels."""
    made = import_class(paper.datasets[name].class_path)
    if not hasattr(made, "soft"):
        raise InputError(f"{paper.id}: {name} has no soft labels; name a paper on a dataset that has them")
    return made(root=folder, **paper.datasets[name].args)


if __name__ == "__main__":
    sys.exit(main())
