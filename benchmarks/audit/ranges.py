"""How far a conditioning looks, measured on features that a paper's authors released and recorded in its folder.

    python -m benchmarks.audit.ranges PAPER FOLDER

measures on all feature files below FOLDER (.cpickle, read without executing anything, or .npy) and writes
`ranges.json`, which the audit reads: statistics of the features, none of the features themselves.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.build import import_class, instantiate
from benchmarks.runs.files import write_json
from benchmarks.spec import Paper, load_paper, paper_folder
from benchmarks.spec.audit import Recorded

#: The file of a paper's folder that holds what was measured.
FILE = "ranges.json"
SUFFIXES = (".cpickle", ".npy")


def measure(paper: Paper, folder: Path) -> dict[str, Any]:
    """For each row of the recorded entries the mean and largest frames looked at, past and future, over all frames.

    Frames of padding behind the end of a clip count, as the transform sees them. Raises InputError without features.
    """
    paths = sorted((path for path in folder.rglob("*") if path.suffix in SUFFIXES), key=lambda path: path.name)
    if not paths:
        raise InputError(
            f"{folder}: no feature file ({', '.join(SUFFIXES)}) in it; name the folder of released features"
        )
    arrays = [np.ascontiguousarray(_read(path), dtype=np.float32) for path in paths]
    frames = np.stack(arrays)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    rows = {
        row: {name: round(value, 4) for name, value in _conditioner(paper, setting).ranges(frames).items()}
        for row, setting in _rows(paper)
    }
    return {"measured_on": {"files": len(paths), "sha256": digest, "shape": list(frames.shape[1:])}, "rows": rows}


def recorded(paper: Paper) -> dict[str, Any]:
    """What was measured for a paper. Raises InputError where nothing is recorded."""
    from benchmarks.runs.files import read_json

    path = paper_folder(paper.id) / FILE
    if not path.exists():
        raise InputError(f"{path}: nothing measured; run `python -m benchmarks.audit.ranges {paper.id} FOLDER`")
    return dict(read_json(path))


def _rows(paper: Paper) -> Iterator[tuple[str, str]]:
    """The rows that the audit has recorded entries for, and the setting of each."""
    entries = {entry.table for entry in paper.audit.checks if isinstance(entry, Recorded)}
    for table in sorted(entries):
        for row_id, row in paper.tables[table].rows.items():
            column, described = next(
                (name, one) for name, one in paper.tables[table].columns.items() if not one.audited
            )
            setting = row.setting_for(column, described.dataset)
            if setting is not None:
                yield row_id, setting


def _conditioner(paper: Paper, setting: str) -> Any:
    given = paper.settings[setting].resolved("full")["data"]["init_args"].get("conditioner")
    if given is None or not hasattr(import_class(given["class_path"]), "ranges"):
        raise InputError(f"{paper.id}: setting {setting} conditions nothing whose range could be measured")
    return instantiate(given["class_path"], given["init_args"])


def _read(path: Path) -> np.ndarray:
    from datasets.acquire.pickled_arrays import read_array

    return read_array(path) if path.suffix == ".cpickle" else np.load(path, allow_pickle=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit.ranges", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("paper")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args(arguments)
    try:
        paper = load_paper(given.paper)
        found = measure(paper, given.folder)
        write_json(paper_folder(paper.id) / FILE, found)
    except USER_ERRORS as error:
        print(f"ranges: {error}", file=sys.stderr)
        return 2
    print(
        f"{paper_folder(paper.id) / FILE}: {len(found['rows'])} rows, measured on {found['measured_on']['files']} files"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
