"""The stored numbers, and the throw-away store that fresh runs go to."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.runs.files import read_json, write_json
from benchmarks.runs.provenance import package_versions
from benchmarks.runs.workspace import Workspace

#: Where the stored numbers lie.
VALUES = Path(__file__).parent
GOLDEN, BANDS = "golden.json", "bands.json"


def read(path: Path) -> dict[str, Any]:
    """Stored numbers by paper; none where the file is not there yet."""
    return read_json(path) if path.exists() else {}


def write(path: Path, numbers: dict[str, Any]) -> None:
    """Store numbers, with the packages that they were made with."""
    write_json(path, {**numbers, "made_with": package_versions()})


@contextmanager
def fresh_store(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace with an empty store of runs: what older code has trained must not count."""
    with tempfile.TemporaryDirectory(prefix="resound-regression-") as folder:
        yield replace(workspace, runs=Path(folder) / "runs", reports=Path(folder) / "reports")
