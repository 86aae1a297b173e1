"""The stored numbers, and the throw-away store and cache that fresh runs go to."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.runs.files import read_json, write_json
from benchmarks.runs.provenance import package_versions
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import outside_papers
from benchmarks.spec.words import CORPORA

#: Where the stored numbers lie.
VALUES = Path(__file__).parent
GOLDEN, BANDS = "golden.json", "bands.json"
#: The corpora that lie in a cache.
GENERATED = tuple(corpus for corpus in CORPORA if corpus != "real")


def home_of(paper_id: str, values: Path = VALUES) -> Path:
    """Where the numbers of a paper lie: in `values`; of one that is kept elsewhere, beside it."""
    return outside_papers().get(paper_id, values)


def read(path: Path) -> dict[str, Any]:
    """Stored numbers by paper; none where the file is not there yet."""
    return read_json(path) if path.exists() else {}


def write(path: Path, numbers: dict[str, Any]) -> None:
    """Store numbers, with the packages that they were made with."""
    write_json(path, {**numbers, "made_with": package_versions()})


@contextmanager
def fresh_store(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace with an empty store of runs and a cold cache: what older code has made must not count.

    Only the generated corpora are those of the workspace, whose declarations say what they hold.
    """
    with tempfile.TemporaryDirectory(prefix="resound-regression-") as name:
        folder = Path(name)
        (folder / "cache").mkdir()
        for corpus in GENERATED:
            corpora = workspace.cache / corpus
            corpora.mkdir(parents=True, exist_ok=True)
            (folder / "cache" / corpus).symlink_to(corpora.resolve(), target_is_directory=True)
        runs, cache, reports = (folder / name for name in ("runs", "cache", "reports"))
        yield Workspace(workspace.data, runs, cache, reports, apart=False)
