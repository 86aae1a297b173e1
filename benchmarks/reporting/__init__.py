"""From the ledger to markdown, figures, exports and a site; reads stored runs and paper files, never trains."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.acquire.telling import count_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.reporting.kept import Keep, Made
    from benchmarks.reporting.render.blocks import Page
    from benchmarks.runs.plan import Choice
    from benchmarks.runs.workspace import Workspace


def write_reports(
    workspace: "Workspace", target: str | None, out: Path, keeps: bool = False, jobs: int | None = 1
) -> list[Path]:
    """Write the pages of `target` (a paper or a table; None: all) to `out`; returns the files written.

    The front page and report.json cover every table that has its page in `out`. keeps: for commands; what was made last
    is written again where all that it stands on is the same (reporting.kept), and what makes it is not even imported.
    jobs: how many processes compute what is not kept (None: one per core; reporting.together).
    """
    from benchmarks.reporting.kept import each_time, kept_files
    from benchmarks.reporting.together import helped
    from benchmarks.reporting.written import check_report_folder, tables_in, write_report

    check_report_folder(out)
    there = tables_in(out) if target else []

    def make(keep: "Keep") -> "Made":
        from benchmarks.reporting.site import report_files

        with helped(workspace, "report", target, there, jobs):
            return report_files(workspace, target, there, keep=keep)

    made = kept_files(workspace, ["report", target, there], make) if keeps else make(each_time)
    return write_report(*made, target, out)


def write_in_places(
    workspace: "Workspace", target: str | None, only: Path | None = None, keeps: bool = False, jobs: int | None = 1
) -> dict[Path, list[Path]]:
    """The same, with the pages of papers that are kept elsewhere beside these; the files written, by their place.

    only: the one place to write to. keeps, jobs: see write_reports; with papers kept elsewhere nothing is kept.
    """
    if not workspace.places_of_reports():
        place = only or workspace.reports
        return {place: write_reports(workspace, target, place, keeps, jobs)}
    from benchmarks.reporting.site import write_sites
    from benchmarks.reporting.together import helped

    with helped(workspace, "report", target, [], jobs):
        return write_sites(workspace, target, only)


def print_tables(workspace: "Workspace", target: str, choice: "Choice", jobs: int | None = 1) -> None:
    """Print the tables of `target` under `choice` as markdown, and write their pages to `<runs>/report/`.

    jobs: see write_reports.
    """
    from benchmarks.reporting.site import print_choice
    from benchmarks.reporting.together import helped

    with helped(workspace, "report", target, [], jobs):
        print_choice(workspace, target, choice)


def write_pages(
    workspace: "Workspace", target: str | None, out: Path, with_audio: bool = False, reference: "Sequence[Page]" = (),
    keeps: bool = False, jobs: int | None = 1,
) -> tuple[int, Path]:  # fmt: skip
    """Write the site of `target` (a paper or a table; None: all) to `out`: how many pages, and the one to open.

    with_audio: clips that were wrong can be played from where they lie on this machine. reference: further pages for
    the guide, of what this package does not know. keeps, jobs: see write_reports.
    """
    from benchmarks.reporting.kept import each_time, kept_files
    from benchmarks.reporting.together import helped
    from benchmarks.reporting.written import check_folder, write_pages

    def make(_: "Keep") -> "Made":
        from benchmarks.reporting.web.build import site_files

        with helped(workspace, "site", target, [], jobs):
            return site_files(workspace, target, out if with_audio else None, reference)

    check_folder(out)
    made = kept_files(workspace, ["site", target], make) if keeps and not with_audio else make(each_time)
    return write_pages(*made, target, out)


def export_tables(workspace: "Workspace", target: str | None, form: str) -> str:
    """What `target` (None: all) names, as `latex`, `csv` or `json`; a warning tells of runs that cannot be scored."""
    from benchmarks.judge.results import Results
    from benchmarks.launch.display import naming
    from benchmarks.reporting.exports import exported_target
    from benchmarks.reporting.site import table_ids

    results, ids = Results(workspace), table_ids(target)
    with naming("reading", ids) as named:
        tables = [results.table(name) for name in named(ids)]
        text = exported_target(tables, target, form)
    for one in tables:
        if one.unscored:
            reasons = "; ".join(dict.fromkeys(one.unscored.values()))
            left_out = f"{count_of(len(one.unscored), 'stored run')} cannot be scored here, left out"
            warnings.warn(f"{one.id}: {left_out}: {reasons}", stacklevel=2)
    return text
