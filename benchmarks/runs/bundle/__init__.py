"""Work for a machine without internet: all that it needs to run a target, in parts of bounded size."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.bundle.members import clip_members, code_members, wheel_members
from benchmarks.runs.bundle.parts import MIB, write_parts
from benchmarks.runs.files import write_json
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select


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
        *code_members(),
        *wheel_members(wheels, python, platform, out),
        *clip_members(plan, choice, workspace),
    ]
    members.append(("run.sh", _run_script(target, choice).encode()))
    parts = write_parts(members, out, max_mib * MIB)
    shutil.copyfile(Path(__file__).with_name("unbundle.py"), out / "unbundle.py")
    write_json(out / "bundle.json", {"target": target, "runs": [p.run.id for p in plan.missing], "parts": parts})
    total = sum(part["bytes"] for part in parts.values()) / MIB
    yield f"{len(parts)} parts in {out}, {total:.0f} MiB, {len(plan.missing)} runs"
    yield f"there: python unbundle.py {out.name} WORK && sh WORK/run.sh [--minutes M]"
    yield "back here: python -m benchmarks merge WORK/runs"


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
