"""What a number was made with: the code's revision, packages, the processor, and which of the official files."""

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace
from datasets import registry

PACKAGES = (
    "torch",
    "torchaudio",
    "pytorch-lightning",
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "soundfile",
    "soxr",
)

#: Censuses of this process, by the folder of the files and what the run says of them.
_TAKEN: dict[tuple[Path, str], Any] = {}


@cache
def code_revision() -> dict[str, Any]:
    """The git revision of the harness and whether the tree differs from it; "unknown" outside a checkout."""
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        return {"revision": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.CalledProcessError):
        marker = root / "REVISION"  # written where code travels without .git
        known, _, state = (marker.read_text() if marker.exists() else "unknown").strip().partition(" ")
        return {"revision": known, "dirty": state == "dirty"}


@cache
def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages that can move numbers; a package that is absent is left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def cpu_name() -> str:
    """What this machine's processor is called."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def census_of(run: Run, workspace: Workspace) -> dict[str, Any] | None:
    """{"release", "complete", "summary", "faults": {kind: {part: number of items}}} of the files that a run is made on.

    None for a dataset that has no census. No names: what is landed holds nobody's lists. What is missing in each part
    stands beside it, as `items`.
    """
    if not registry.has(import_class(run.resolved["dataset"]["class_path"]), "census"):
        return None
    dataset, census = workspace.dataset_of(run), _taken(run, workspace)
    parts = dataset.parts(run.fold).named
    faults = {
        kind: {name: int(part.index.isin(list(found)).sum()) for name, part in parts.items()}
        for kind, found in census.faults.items()
        if found
    }
    return {
        "release": census.release, "complete": census.complete, "summary": census.summary(), "faults": faults,
    }  # fmt: skip


def _taken(run: Run, workspace: Workspace) -> Any:
    """The census of a run's dataset, taken once per process and state of the files."""
    cls = import_class(run.resolved["dataset"]["class_path"])
    key = (workspace.dataset_root(cls.name, run.corpus), canonical_hash([run.resolved["dataset"], run.fingerprint]))
    if key not in _TAKEN:
        _TAKEN[key] = registry.part(cls, "census").take_census(workspace.dataset_of(run))
    return _TAKEN[key]
