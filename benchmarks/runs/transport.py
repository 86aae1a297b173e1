"""Runs that travel: landing them in the repository, bundling work for a machine without internet, merging it back."""

import io
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.files import file_sha256, storage_error, write_json
from benchmarks.runs.ledger import ANNOTATIONS, FORMAT, Finished, Ledger, load_finished
from benchmarks.runs.plan import Choice, Plan, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select

#: The largest run that may be landed.
LANDED_MIB = 2.0
MIB = 2**20


def land(target: str, choice: Choice, workspace: Workspace) -> list[str]:
    """Copy the finished runs that `target` needs into reports/results; returns their ids.

    Raises InputError for a damaged run, one above 2 MiB, or a target none of whose runs is finished.
    """
    plan = make_plan(select(target), choice, workspace)
    results = workspace.reports / "results"
    landed = []
    for planned in plan.runs.values():
        folder = workspace.runs / planned.run.id
        if not (folder / "result.json").exists():
            continue
        finished = load_finished(folder)
        finished.verify()
        size = sum(path.stat().st_size for path in folder.iterdir()) / MIB
        if size > LANDED_MIB:
            raise InputError(f"{folder}: {size:.1f} MiB; a landed run has at most {LANDED_MIB:g} MiB")
        # Annotations of real files are not ours to publish; those of generated ones are needed to score again.
        _copy(finished, results, [f"{ANNOTATIONS}*"] if choice.corpus == "real" else [])
        landed.append(planned.run.id)
    if not landed:
        raise InputError(
            f"{target}: no finished run of tier {choice.tier} to land; `python -m benchmarks run {target}`"
        )
    return landed


def merge(folder: Path, workspace: Workspace) -> tuple[list[str], list[str]]:
    """Copy the finished runs below `folder` into the store; returns the new ids and those known already.

    Every run is checked against its checksums and its own identity first. Raises InputError for the first that fails;
    what was merged before stays, and the same call continues.
    """
    stores = [folder, folder / "runs"]
    found = [path.parent for store in stores for path in sorted(store.glob("[!.]*/result.json"))]
    if not found:
        raise InputError(f"{folder}: holds no finished run; give the folder that the other machine used as --runs")
    Ledger(folder)  # refuses a store of a newer format
    merged: list[str] = []
    known: list[str] = []
    for path in found:
        finished = load_finished(path)
        finished.verify()
        if finished.run.id != path.name or finished.result["id"] != path.name:
            raise InputError(f"{path}: its run.json describes {finished.run.id}, not this run")
        (merged if _copy(finished, workspace.runs) else known).append(path.name)
    return merged, known


def _copy(finished: Finished, store: Path, without: Sequence[str] = ()) -> bool:
    """Publish a copy of a run in `store`, except for files of some patterns; False if it is there already."""
    target = store / finished.run.id
    if target.exists():
        return False
    temporary = store / f".copy-{uuid.uuid4().hex}"
    try:
        store.mkdir(parents=True, exist_ok=True)
        if not (store / "ledger.json").exists():
            write_json(store / "ledger.json", {"format": FORMAT})
        shutil.copytree(finished.folder, temporary, ignore=shutil.ignore_patterns(*without))
        temporary.rename(target)
    except OSError as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise storage_error(target, error) from error
    return True


# -- bundles -----------------------------------------------------------------------------------------------------------


def bundle(
    target: str,
    choice: Choice,
    workspace: Workspace,
    out: Path,
    python: str,
    platform: str,
    wheels: Sequence[str],
    max_mib: int,
) -> Iterator[str]:
    """Write what another machine needs to run `target` as parts of at most `max_mib` MiB; yields lines to print.

    The clips travel rather than their features: they are several times smaller, extraction takes a minute, and the
    census can be taken there too. `unbundle.py`, which needs nothing but Python, puts the parts together.
    """
    plan = make_plan(select(target), choice, workspace)
    if not plan.missing:
        raise InputError(f"{target}: nothing is missing in tier {choice.tier}; there is nothing to bundle")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: not empty; choose a new folder for the bundle")
    out.mkdir(parents=True, exist_ok=True)
    members = [
        *_code_members(),
        *_wheel_members(wheels, python, platform, out),
        *_clip_members(plan, choice, workspace),
    ]
    members.append(("run.sh", _run_script(target, choice).encode()))
    parts = _write_parts(members, out, max_mib * MIB)
    shutil.copyfile(Path(__file__).with_name("unbundle.py"), out / "unbundle.py")
    write_json(out / "bundle.json", {"target": target, "runs": [p.run.id for p in plan.missing], "parts": parts})
    total = sum(part["bytes"] for part in parts.values()) / MIB
    yield f"{len(parts)} parts in {out}, {total:.0f} MiB, {len(plan.missing)} runs"
    yield f"there: python unbundle.py {out.name} WORK && sh WORK/run.sh [--minutes M]"
    yield "back here: python -m benchmarks merge WORK/runs"


Member = tuple[str, bytes | Path]


def _code_members() -> list[Member]:
    root = Path(__file__).parents[2]
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


def _wheel_members(names: Sequence[str], python: str, platform: str, out: Path) -> list[Member]:
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


def _clip_members(plan: Plan, choice: Choice, workspace: Workspace) -> list[Member]:
    """The files of every dataset that the missing runs need, under the layout they have here."""
    members: dict[str, Path] = {}
    for paper_id, name in sorted({(p.run.paper, p.run.dataset) for p in plan.missing}):
        dataset = workspace.dataset(load_paper(paper_id).datasets[name], choice.corpus)
        base = "data" if choice.corpus == "real" else f"cache/{choice.corpus}"
        for path in dataset.files():
            members[f"{base}/{dataset.name}/{path.relative_to(dataset.root)}"] = path
    return list(members.items())


def _run_script(target: str, choice: Choice) -> str:
    options = [f"--tier {choice.tier}", f"--corpus {choice.corpus}", f"--numerics {choice.numerics}"]
    options += [f"--seeds {choice.seeds}"] if choice.seeds else []
    options += [f"--folds {','.join(map(str, choice.folds))}"] if choice.folds else []
    return (
        "#!/bin/sh\n# Runs what the bundle was made for; arguments are passed on (--minutes, --jobs, --device).\n"
        'here=$(cd "$(dirname "$0")" && pwd)\n'
        'export PYTHONPATH="$here/code:$here/site"\n'
        f"exec python3 -m benchmarks run {target} {' '.join(options)} --yes \\\n"
        '    --data-root "$here/data" --cache "$here/cache" --runs "$here/runs" "$@"\n'
    )


def _write_parts(members: Sequence[Member], out: Path, limit: int) -> dict[str, dict]:
    """Tar the members into parts of at most `limit` bytes; a member larger than a part is cut into pieces."""
    parts: dict[str, dict] = {}
    pieces = _pieces(members, limit // 2)
    batch: list[tuple[str, bytes]] = []
    size = 0

    def flush() -> None:
        nonlocal batch, size
        if not batch:
            return
        path = out / f"part-{len(parts) + 1:03d}.tar"
        with tarfile.open(path, "w") as archive:
            for name, content in batch:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        parts[path.name] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        batch, size = [], 0

    for name, content in pieces:
        room = 512 + -(-len(content) // 512) * 512  # a tar header, and content in blocks
        if size + room > limit - 10240:
            flush()
        batch.append((name, content))
        size += room
    flush()
    return parts


def _pieces(members: Sequence[Member], limit: int) -> Iterator[tuple[str, bytes]]:
    for name, source in members:
        content = source.read_bytes() if isinstance(source, Path) else source
        if len(content) <= limit:
            yield name, content
            continue
        for number, start in enumerate(range(0, len(content), limit)):
            yield f"{name}.piece-{number:04d}", content[start : start + limit]
