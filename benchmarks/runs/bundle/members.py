"""What a bundle holds: the committed code, wheels, and the files of the datasets."""

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.bundle.parts import Member
from benchmarks.runs.plan import Choice, Plan
from benchmarks.runs.workspace import Workspace


def code_members() -> list[Member]:
    """The files of the last commit, tests and reports aside. Raises InputError outside a checkout."""
    root = Path(__file__).parents[3]
    done = subprocess.run(["git", "-C", str(root), "archive", "HEAD"], capture_output=True, check=False)
    if done.returncode != 0:
        raise InputError(f"{root}: not a git checkout; a bundle carries the committed code")
    revision = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        skip = ("reports/", "tests/")
        members: list[Member] = [
            (f"code/{m.name}", archive.extractfile(m).read())  # type: ignore[union-attr]
            for m in files
            if not m.name.startswith(skip)
        ]
    return [*members, ("code/REVISION", revision.stdout.strip().encode())]


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
        shutil.rmtree(out, ignore_errors=True)
        raise InputError(f"no wheels of {', '.join(names)} for Python {python} on {platform}; see `pip download`")
    members: list[Member] = [(f"wheels/{path.name}", path.read_bytes()) for path in sorted(folder.iterdir())]
    shutil.rmtree(folder)
    return members


def clip_members(plan: Plan, choice: Choice, workspace: Workspace) -> list[Member]:
    """The files of every dataset that the missing runs need, under the layout they have here."""
    members: dict[str, Path] = {}
    for run in {(p.run.paper, p.run.dataset): p.run for p in plan.missing}.values():
        dataset = workspace.dataset_of(run)
        base = "data" if choice.corpus == "real" else f"cache/{choice.corpus}"
        for path in dataset.files():
            members[f"{base}/{dataset.name}/{path.relative_to(dataset.root)}"] = path
    return list(members.items())
