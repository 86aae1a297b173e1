"""Helpers of a report: processes that compute what is not kept yet, each from another end, while the report is made.

The report itself is made as ever, from its first table to its last; what a helper has computed it finds in the cache,
and what one is computing it waits for (runs.memo.sharing). So a report has the same bytes without helpers, with any
number of them, and when they die.
"""

import json
import sys
import tempfile
import warnings
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from benchmarks.errors import InputError, told
from benchmarks.launch.memory import free_mib
from benchmarks.runs.memo import sharing
from benchmarks.runs.workspace import Workspace
from datasets.processes import Child, available_cores

#: Seconds that a report computes alone before it takes helpers, each of which has to import and read what it does.
SECONDS_WORTH_HELP = 1.0
#: What one helper holds, MiB (measured over all papers, with a margin), and what is left to everything else.
HELPER_MIB, RESERVE_MIB = 1000.0, 512.0


@contextmanager
def helped(
    workspace: Workspace, form: str, target: str | None, there: Collection[str], jobs: int | None
) -> Iterator[None]:
    """Makes a report in the block with up to `jobs` processes, this one counted (None: one per core that may be used).

    form: "report" or "site". target, there: see reporting.site.report_files. Helpers are started once there has been
    more than a second to compute; where one dies, a line on stderr says so.
    """
    most = min(jobs or available_cores(), available_cores()) - 1
    if most < 1:
        yield
        return
    asked = {"form": form, "target": target, "there": list(there), "workspace": workspace.to_dict()}
    with ExitStack() as at_end:
        folder = at_end.enter_context(tempfile.TemporaryDirectory(prefix="resound-", ignore_cleanup_errors=True))
        shared = at_end.enter_context(sharing(Path(folder)))
        helpers: list[Child] = []
        at_end.callback(_end, helpers)

        def start() -> None:
            if helpers or shared.spent < SECONDS_WORTH_HELP:
                return
            number = _fitting(most)
            shared.after = lambda: None
            for place in range(number):
                with suppress(OSError):  # no process more can be had
                    helpers.append(Child(__name__))
                    helpers[-1].send({**asked, "folder": folder, "begins": (place + 1) / number})

        shared.after = start
        yield


def _fitting(most: int) -> int:
    """How many helpers fit in the memory that is free."""
    free = free_mib()
    return most if free is None else max(0, min(most, int((free - RESERVE_MIB) / HELPER_MIB)))


def _end(helpers: list[Child]) -> None:
    """End helpers, which have nothing more to do, and say which have died before."""
    for one in helpers:
        code = one.ended()
        one.kill()
        one.close()
        answer = next(one.answers(), {})
        one.wait()
        if why := answer.get("failed") or (f"its process ended with code {code}" if code else ""):
            print(
                f"resound: a helper of the report failed ({told(why)}); the report is made without it", file=sys.stderr
            )


def _help() -> None:
    """The process: computes all that the tables of a report keep, beginning in the middle of them or at their end."""
    from datasets.processes import answering

    answer = answering()
    asked = json.loads(sys.stdin.readline())
    warnings.simplefilter("ignore")  # the report tells
    try:
        with sharing(Path(asked["folder"])):
            _fill(Workspace.from_dict(asked["workspace"]), asked)
    except Exception as error:
        answer({"failed": f"{type(error).__name__}: {error}"})


def _fill(workspace: Workspace, asked: dict) -> None:
    from benchmarks.judge.results import Results
    from benchmarks.reporting.site import asked_ids, pages_of
    from benchmarks.reporting.web.build import tables_files
    from benchmarks.spec import mistakes, paper_ids

    odd = mistakes()
    ids = asked_ids(asked["target"], asked["there"], [paper for paper in paper_ids() if paper not in odd])
    results, first = Results(workspace), round(asked["begins"] * len(ids))
    for name in (*ids[first - 1 :: -1], *ids[: first - 1 : -1]) if first else ids[::-1]:
        with suppress(InputError):  # the report tells
            report, pages = pages_of([name], results, workspace, dict(odd))
            if asked["form"] == "site":
                list(tables_files(report, pages, workspace))


if __name__ == "__main__":
    _help()
