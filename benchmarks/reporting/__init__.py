"""From the ledger to markdown, figures, JSON and one HTML page; reads stored runs and paper files, never trains."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.runs.plan import Choice
    from benchmarks.runs.workspace import Workspace


def write_reports(workspace: "Workspace", target: str | None, out: Path) -> list[Path]:
    """Write the pages of `target` (a paper or a table; None: all) to `out`; returns the files written.

    The front page, report.json and index.html cover every table that has its page in `out`.
    """
    from benchmarks.reporting.site import write_site

    return write_site(workspace, target, out)


def print_tables(workspace: "Workspace", target: str, choice: "Choice") -> None:
    """Print the tables of `target` under `choice` as markdown, and write their pages to `<runs>/report/`."""
    from benchmarks.reporting.site import print_choice

    print_choice(workspace, target, choice)
