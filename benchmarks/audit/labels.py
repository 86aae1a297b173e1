"""How often each class of a dataset with soft labels is heard, counted on its files and recorded in a paper's folder.

    python -m benchmarks.audit.labels PAPER FOLDER

counts the labels of all recordings of a dataset in FOLDER, which needs no audio, and writes `labels.json`: counts by
class, none of the labels themselves.
"""

import argparse
import hashlib
import sys
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
    sha256: of all soft labels that were counted, so that one can tell whether others are the same.
    """

    recordings: int
    seconds: int
    hard: dict[str, int]
    soft: dict[str, float]
    sha256: str


def count(dataset: Any) -> LabelCounts:
    """The counts of a dataset with soft labels (datasets.maestro_real). Raises DataError for labels that are bad."""
    columns = [dataset.classes.index(label) for label in dataset.scored]
    items = sorted(dataset.lists.durations)
    soft = [dataset.soft(item)[:, columns] for item in items]
    hard = [dataset.hard(item)[:, columns] for item in items]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(one, dtype="<f4").tobytes() for one in soft)).hexdigest()
    heard, sums = (np.concatenate(some).sum(axis=0, dtype=np.float64) for some in (hard, soft))
    return LabelCounts(
        len(items), sum(map(len, soft)),
        {label: int(value) for label, value in zip(dataset.scored, heard, strict=True)},
        {label: round(float(value), 3) for label, value in zip(dataset.scored, sums, strict=True)},
        digest,
    )  # fmt: skip


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
        found = {name: vars(count(_dataset(paper, name, given.folder))) for name in paper.datasets}
        write_json(paper_folder(paper.id) / FILE, found)
    except USER_ERRORS as error:
        print(f"labels: {error}", file=sys.stderr)
        return 2
    for name, one in found.items():
        print(f"{paper_folder(paper.id) / FILE}: {name}, {one['recordings']} recordings, {one['seconds']} seconds")
    return 0


def _dataset(paper: Paper, name: str, folder: Path) -> Any:
    """The dataset in a folder. Raises InputError for one without soft labels."""
    made = import_class(paper.datasets[name].class_path)
    if not hasattr(made, "soft"):
        raise InputError(f"{paper.id}: {name} has no soft labels; name a paper on a dataset that has them")
    return made(root=folder, **paper.datasets[name].args)


if __name__ == "__main__":
    sys.exit(main())
