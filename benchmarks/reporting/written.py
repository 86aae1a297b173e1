"""Where the files of a report and of a site go, and what goes from there; imports nothing that makes them."""

import json
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.files import write_file

#: What a report says of cells, by their ids and conditions.
Cells = dict[tuple[str, ...], Any]
#: What a site is known by, and what of it was written: a folder without it is not ours to tidy up.
LISTING = "site-files.txt"
#: What the front page of a report is called.
TITLE = "Published numbers, run again"
#: What a page of a table is called by its folder and name.
_TABLE = re.compile(r"\w+\.t\d+")
#: What may lie in a folder before there is a report in it: landed runs.
_BESIDE = ("results",)


def tables_in(out: Path) -> list[str]:
    """The tables that a folder may have a page of, by their ids."""
    return sorted(f"{path.parent.name}.{path.stem}" for path in out.glob("*/*.md"))


def cells_in(out: Path) -> Cells:
    """What the report in a folder says of every cell, by its id and conditions; nothing where there is no report."""
    try:
        data = json.loads((out / "report.json").read_bytes())
        return {
            tuple(str(one[name]) for name in ("id", "tier", "corpus", "numerics")): one
            for kind in ("cells", "controls", "own") for one in data[kind]
        }  # fmt: skip
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def write_report(files: Mapping[str, bytes], odd: dict[str, str], target: str | None, out: Path) -> list[Path]:
    """Write the files of a report by their paths in `out`; what was written. Drawings of earlier runs go.

    odd: see tell_odd.
    """
    written = [write_file(out / path, content) for path, content in files.items()]
    for folder in {path.parent / "figures" for path in written if path.suffix == ".md"}:
        for stale in set(folder.glob("*.svg")) - set(written):  # of runs that feed no cell any more
            stale.unlink(missing_ok=True)  # another report may have
    tell_odd(target, odd)
    return written


def write_pages(files: Mapping[str, bytes], odd: dict[str, str], target: str | None, out: Path) -> tuple[int, Path]:
    """Write the files of a site by their paths in `out`: how many pages, and the front page.

    What an earlier call has written and this one has not is removed. odd: see tell_odd.
    """
    before = _listed(out)
    write_file(out / LISTING, "".join(f"{path}\n" for path in sorted({*files, *before})).encode())
    for path, content in files.items():
        write_file(out / path, content)
    for path in before - set(files):
        (out / path).unlink(missing_ok=True)
    write_file(out / LISTING, "".join(f"{path}\n" for path in sorted(files)).encode())
    tell_odd(target, odd)
    return sum(path.endswith(".html") for path in files), out / "index.html"


def check_report_folder(out: Path) -> None:
    """Raise InputError where `out` has files and no report of ours among them: pages would take their place."""
    inside = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    others = [name for name in inside if name not in _BESIDE and not name.startswith(".")]
    is_ours = _begins_with(out / "README.md", TITLE) or cells_in(out) or any(map(_TABLE.fullmatch, tables_in(out)))
    if others and not is_ours:
        raise InputError(f"{out}: has files that are no report of ours, as {others[0]!r}; name an empty folder")


def _begins_with(path: Path, title: str) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline().strip() == f"# {title}"
    except (OSError, ValueError):
        return False


def check_folder(out: Path) -> None:
    """Raise InputError where `out` has other files than those of a site."""
    if out.is_dir() and any(out.iterdir()) and not (out / LISTING).is_file():
        raise InputError(f"{out}: has files that are no site of ours; name an empty folder with --out")


def _listed(out: Path) -> set[str]:
    """The files that an earlier call has written, none of them outside the folder."""
    try:
        listed = (out / LISTING).read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {path for path in listed if path and not path.startswith(("/", "\\")) and ".." not in Path(path).parts}


def tell_odd(target: str | None, odd: dict[str, str]) -> None:
    """Warn of papers that are left out, when the others are written. Raises InputError where all were asked for."""
    for paper, mistake in odd.items():
        warnings.warn(f"{paper} is left out of the report: {mistake}", stacklevel=3)
    if odd and target is None:
        raise InputError(f"{', '.join(odd)}: left out of the report, in which the other papers are; mend the files")
