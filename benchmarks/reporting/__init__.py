"""From the ledger to markdown, figures, exports and a site; reads stored runs and paper files, never trains."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.reporting.render.blocks import Page
    from benchmarks.runs.plan import Choice
    from benchmarks.runs.workspace import Workspace


def write_reports(workspace: "Workspace", target: str | None, out: Path) -> list[Path]:
    """Write the pages of `target` (a paper or a table; None: all) to `out`; returns the files written.

    The front page and report.json cover every table that has its page in `out`.
    """
    from benchmarks.reporting.site import write_site

    return write_site(workspace, target, out)


def print_tables(workspace: "Workspace", target: str, choice: "Choice") -> None:
    """Print the tables of `target` under `choice` as markdown, and write their pages to `<runs>/report/`."""
    from benchmarks.reporting.site import print_choice

    print_choice(workspace, target, choice)


def write_pages(
    workspace: "Workspace", target: str | None, out: Path, with_audio: bool = False, reference: "Sequence[Page]" = ()
) -> tuple[int, Path]:
    """Write the site of `target` (a paper or a table; None: all) to `out`: how many pages, and the one to open.

    with_audio: clips that were wrong can be played from where they lie on this machine. reference: further pages for
    the guide, of what this package does not know.
    """
    from benchmarks.reporting.web.build import build

    return build(workspace, target, out, with_audio, reference)


def export_tables(workspace: "Workspace", target: str | None, form: str) -> str:
    """The tables of `target` (None: all) as `latex`, `csv` or `json`."""
    from benchmarks.judge.results import Results
    from benchmarks.reporting.exports import exported
    from benchmarks.reporting.site import table_ids

    results = Results(workspace)
    return exported((results.table(name) for name in table_ids(target)), form)
