"""Work for a machine without internet: all that it needs to run a target, in parts of bounded size."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import join, quote

from benchmarks.errors import InputError
from benchmarks.runs.bundle.members import Taken, clip_members, code_members, run_members, wheel_members
from benchmarks.runs.bundle.own import module_members, paper_members, setting_members
from benchmarks.runs.bundle.parts import MIB, write_parts
from benchmarks.runs.files import write_json, writing
from benchmarks.runs.own.place import Asked
from benchmarks.runs.plan import Choice, Plan, make_plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select
from datasets.acquire.telling import count_of
from datasets.acquire.whole import filled


def bundle(
    target: str,
    choice: Choice,
    workspace: Workspace,
    out: Path,
    python: str,
    platform: str,
    wheels: Sequence[str],
    max_mib: int,
    features: bool = False,
    asked: Asked | None = None,
) -> Iterator[str]:
    """Write what another machine needs to run `target` as parts of at most `max_mib` MiB; yields lines to print.

    asked: rows that are not the paper's, in place of the target's cells.

    The clips travel, or with `features` what was extracted from them instead, and the runs that are stored, so that
    the missing ones alone are trained there. What is taken of the user's own, and what stays here, is said.
    `unbundle.py`, which needs nothing but Python, puts the parts together. Raises InputError for what cannot be
    carried.
    """
    from benchmarks.runs.bundle.features import feature_members  # it starts a module of this package as a program

    if not re.fullmatch(r"3\.\d{1,2}", python):
        raise InputError(f"--python {python}: must be a version like 3.12")
    cells = asked.cells if asked else select(target)
    wanted = make_plan(cells, choice, workspace, asked.paper_of if asked else load_paper)
    plan = _possible(wanted)
    if not plan.missing:
        raise InputError(f"{target}: nothing is missing in tier {choice.tier}; there is nothing to bundle")
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: not empty; choose a new folder for the bundle")
    runs = [planned.run for planned in plan.missing]
    settings, values = setting_members(runs)
    takings = [
        code_members(),
        paper_members(target.partition(".")[0]),
        module_members(runs, cells, wheels),
        settings,
        run_members(plan, workspace),
        feature_members(plan, workspace) if features else clip_members(plan, workspace),
    ]
    words, has_papers = asked.words if asked else ("run", target), bool(takings[1].members)
    takings.append(Taken([("run.sh", _run_script(words, choice, values, has_papers).encode())], []))
    with writing(out), filled(out):
        takings.append(Taken(wheel_members(wheels, python, platform, out), []))
        members = [member for taken in takings for member in taken.members]
        parts, cut = write_parts(members, out, max_mib * MIB)
        shutil.copyfile(Path(__file__).with_name("unbundle.py"), out / "unbundle.py")
        index = {"target": target, "runs": [run.id for run in runs], "parts": parts, "cut": cut}
        write_json(out / "bundle.json", index)
    yield from (line for taken in takings for line in taken.said)
    yield from (f"left here: {count_of(len(some), 'run')}: {reason}" for reason, some in wanted.lacking.items())
    total = sum(part["bytes"] for part in parts.values()) / MIB
    yield f"{count_of(len(parts), 'part')} in {out}, {total:.0f} MiB, {count_of(len(runs), 'run')}"
    yield f"there: python {out.name}/unbundle.py {out.name} WORK && sh WORK/run.sh [--minutes M]"
    yield "back here: python -m benchmarks merge WORK/runs"


def _possible(plan: Plan) -> Plan:
    """The plan without what cannot run for want of something that is not here either. Raises InputError for nothing."""
    lacking = {run.id for runs in plan.lacking.values() for run in runs}
    left = replace(plan, runs={run_id: planned for run_id, planned in plan.runs.items() if run_id not in lacking})
    if lacking and not left.missing:
        raise InputError(next(iter(plan.lacking)))
    return left


def _run_script(words: Sequence[str], choice: Choice, values: Mapping[str, str], has_papers: bool) -> str:
    settings = [f"{name}={_quoted(value)}" for name, value in values.items()]
    settings += ['RESOUND_PAPERS="$here/papers"'] if has_papers else []
    return (
        "#!/bin/sh\n# Runs what the bundle was made for; arguments are passed on (--minutes, --jobs, --device).\n"
        'here=$(cd "$(dirname "$0")" && pwd)\n'
        'export PYTHONPATH="$here/code:$here/own:$here/site"\n'
        + "".join(f"export {setting}\n" for setting in settings)
        + f"exec python3 -m benchmarks {join(words)} {choice.options} --yes \\\n"
        '    --data-root "$here/data" --cache "$here/cache" --runs "$here/runs" --reports "$here/reports" "$@"\n'
    )


def _quoted(value: str) -> str:
    """A value for the shell; what lies in the bundle is found where the bundle lies."""
    return f'"$here"/{quote(value.removeprefix("$here/"))}' if value.startswith("$here/") else quote(value)
