"""Where what stands: the pages of tables, settings and claims, the places of cells on them, and the ways between."""

from posixpath import relpath

from benchmarks.spec import Cell

FRONT = "index"


def page_place(place: str) -> str:
    """The place of a page of the report on the site: what is called README there is the index of its folder."""
    folder, _, name = place.rpartition("/")
    return f"{folder}/{FRONT if name == 'README' else name}".lstrip("/")


def table_place(table_id: str) -> str:
    """The page of a table, like `acrnn.t3`."""
    return table_id.replace(".", "/")


def setting_place(paper: str, setting: str) -> str:
    """The page of a setting."""
    return f"{paper}/settings/{setting}"


def claim_place(paper: str, claim: str) -> str:
    """The page of a claim."""
    return f"{paper}/claims/{claim}"


def anchor(cell: Cell) -> str:
    """The place of a cell on the page of its table."""
    return f"c-{cell.row}.{cell.column}"


def command_anchor(cell: Cell) -> str:
    """The place of a cell's commands on the page of its setting, which may feed cells of several tables."""
    return f"run-{cell.table}.{cell.row}.{cell.column}"


def way(here: str, there: str, place: str = "") -> str:
    """The relative link from one page to another, and to a place on it."""
    path = "" if here == there else relpath(f"{there}.html", here.rpartition("/")[0] or ".")
    return path + (f"#{place}" if place else "")
