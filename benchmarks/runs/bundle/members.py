"""What a bundle holds: the code as it lies here, wheels, and the files of the datasets."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.errors import InputError
from benchmarks.runs.build import PROJECT
from benchmarks.runs.bundle.parts import Member
from benchmarks.runs.ledger import Run
from benchmarks.runs.plan import Plan
from benchmarks.runs.stored.finished import WEIGHTS
from benchmarks.runs.transport import files_of
from benchmarks.runs.workspace import Workspace

#: The root of the checkout.
ROOT = Path(__file__).parents[3]
#: What no run needs.
LEFT = ("reports/", "tests/")


class Taken(NamedTuple):
    """Members of a bundle, and what is to be said of them and of what stays here, a line each."""

    members: list[Member]
    said: list[str]


def named(names: Sequence[str], most: int = 4) -> str:
    """Some names, the first of them by name: "a, b and 3 more"."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def code_members() -> Taken:
    """The files of the checkout as they are, committed or not; without tests, reports, and what git does not know.

    `code/REVISION` says which commit they are of, and whether they differ from it. Raises InputError outside a
    checkout.
    """
    revision = _git("rev-parse", "HEAD")[0]
    tracked, strange = _git("ls-files", "-z"), _git("ls-files", "-z", "--others", "--exclude-standard")
    new = [name for name in strange if name.startswith(tuple(f"{package}/" for package in PROJECT))]
    names = [name for name in [*tracked, *new] if not name.startswith(LEFT) and (ROOT / name).is_file()]
    changed = sorted(name for name in [*_git("diff", "-z", "--name-only", "HEAD"), *new] if not name.startswith(LEFT))
    said = [f"code: commit {revision[:12]}"]
    if changed:
        said = [f"{said[0]} with {len(changed)} changes that are not committed, as results will say: {named(changed)}"]
    outside = [name for name in strange if name not in new and not name.startswith(LEFT)]
    also = f", and untracked files outside the packages: {named(outside)}" if outside else ""
    members: list[Member] = [(f"code/{name}", (ROOT / name).read_bytes()) for name in names]
    members.append(("code/REVISION", f"{revision}{' dirty' if changed else ''}\n".encode()))
    return Taken(members, [*said, f"left here: {' and '.join(LEFT)} of the code{also}"])


def _git(*arguments: str) -> list[str]:
    """What git lists, its names apart by lines or zeros. Raises InputError outside a checkout."""
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"{ROOT}: not a git checkout; a bundle says which commit its code is of")
    return [name for name in done.stdout.replace("\0", "\n").splitlines() if name]


def wheel_members(names: Sequence[str], python: str, platform: str, out: Path) -> list[Member]:
    """Wheels of some packages for another machine, downloaded to `out` on the way. Raises InputError for none such."""
    if not names:
        return []
    folder = out / "wheels"
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder),
        "--python-version", python, "--implementation", "cp", "--platform", platform, *names,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"no wheels of {', '.join(names)} for Python {python} on {platform}; see `pip download`")
    members: list[Member] = [(f"wheels/{path.name}", path.read_bytes()) for path in sorted(folder.iterdir())]
    shutil.rmtree(folder)
    return members


def dataset_files(runs: Sequence[Run], workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """The files of every dataset that runs need, each under the layout that it has here."""
    seen: set[str] = set()
    for run in {(run.paper, run.dataset): run for run in runs}.values():
        dataset: Any = workspace.dataset_of(run)
        base = "data" if run.corpus == "real" else f"cache/{run.corpus}"
        for path in dataset.files():
            name = f"{base}/{dataset.name}/{path.relative_to(dataset.root)}"
            if name not in seen:
                seen.add(name)
                yield name, path


def clip_members(plan: Plan, workspace: Workspace) -> Taken:
    """The files of every dataset that the missing runs need, sounds included."""
    runs = [planned.run for planned in plan.missing]
    return Taken(list(dataset_files(runs, workspace)), [])


def run_members(plan: Plan, workspace: Workspace) -> Taken:
    """The runs of a plan that are stored, without weights, as `runs/`: what is there is not trained again there.

    Where the files of a dataset are absent, a run is done whatever files it was trained on, and goes with all of them.
    """
    by_slot = workspace.ledger.by_slot
    found = {
        one.run.id: one
        for planned in plan.runs.values() if planned.done
        for one in by_slot[planned.run.slot] if planned.run.fingerprint == "absent" or one.run.id == planned.run.id
    }  # fmt: skip
    members: list[Member] = [
        (f"runs/{run_id}/{name}", path)
        for run_id, finished in found.items()
        for name, path in files_of(finished, [WEIGHTS]).items()
    ]
    return Taken(members, [f"stored runs, which are not trained again there: {len(found)}"] if found else [])
