"""The typed form of a paper's folder: what was claimed, by which recipe, under which protocol.

A folder holds `paper.yaml` (settings, protocols, errata, claims, margins, the origin of every hyper-parameter) and
one csv per table with the published values as printed. Every mistake in them is an InputError with file and line.
"""

import csv
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from benchmarks.errors import InputError, InputErrors
from benchmarks.spec import folders
from benchmarks.spec.bricks import Origin
from benchmarks.spec.cells import Cell, Published
from benchmarks.spec.extends import with_extends
from benchmarks.spec.located_yaml import LocatedYaml, Place, control_in
from benchmarks.spec.paper import Paper, Table
from benchmarks.spec.references import wrong_references
from benchmarks.spec.words import nearest

#: The folder of the built-in papers.
PAPERS = folders.built_in()

#: What stands in reports beside the papers, and in the folder of a paper beside its tables: no name for one of these.
TAKEN_BY_REPORTS, TAKEN_BY_PAPERS = ("assets", "guide", "results"), ("index", "numerics", "own", "values")

#: Names all controls of a table at once, in the place of a row.
CONTROLS = "controls"


def paper_ids() -> list[str]:
    """The papers that have a folder, built-in ones and those kept elsewhere. Raises InputError where there are none."""
    found = {path.parent.name for path in PAPERS.glob("*/paper.yaml")} | outside_papers().keys()
    if not found:
        raise InputError(f"{PAPERS}: holds no paper (PAPER/paper.yaml); RESOUND_PAPERS names folders of papers")
    return sorted(found)


def outside_papers() -> dict[str, Path]:
    """The folders of the papers that are kept elsewhere, by id. Raises InputError (spec.folders)."""
    return folders.outside(PAPERS)


def faults() -> dict[str, InputError]:
    """The papers whose files cannot be loaded, with the mistakes of each."""
    found = {}
    for paper_id in paper_ids():
        try:
            load_paper(paper_id)
        except InputError as error:
            found[paper_id] = error
    return found


def mistakes() -> dict[str, str]:
    """The same with the first mistake of each: a line with file and line number."""
    return {paper_id: str(error) for paper_id, error in faults().items()}


def paper_folder(paper_id: str) -> Path:
    """Where a paper's files lie."""
    own = PAPERS / paper_id
    return own if (own / "paper.yaml").is_file() else outside_papers().get(paper_id, own)


def load_paper(paper_id: str, papers: Path | None = None) -> Paper:
    """Read and check a paper's folder, once per process. Raises InputError with file and line."""
    folder = papers / paper_id if papers else paper_folder(paper_id)
    if papers is None and folder.parent != PAPERS:
        folders.search(folder)
    return _load(folder)


@cache
def _load(folder: Path) -> Paper:
    paper_id = folder.name
    document = LocatedYaml(folder / "paper.yaml")
    data = with_extends(document)
    if not isinstance(data, dict) or not data:
        raise document.error((), "is no paper file: it has no fields; `python -m benchmarks new-paper` writes one")
    is_other = data.get("id") not in (None, paper_id)
    odd = [document.error(("id",), f"must be {paper_id}, the name of the folder")] if is_other else []
    odd += _taken(document, paper_id, data.get("tables"))
    if "published" in data:  # filled from the csv files alone
        odd.append(document.error(("published",), "is not a field of a paper file here"))
    try:
        paper = Paper.model_validate({name: part for name, part in data.items() if name != "published"})
    except ValidationError as error:
        _raise_all(document, [*odd, *_explained(error, document)])
    published = {}
    for table_id, table in paper.tables.items():
        try:
            published.update(_read_table(folder / f"{table_id}.csv", paper_id, table_id, table))
        except InputError as error:
            odd.append(error)
    _raise_all(document, odd)  # cells without published values would be mistakes of no file
    paper = paper.model_copy(update={"published": published})
    _raise_all(document, list(wrong_references(paper, document)))
    return paper


def _taken(document: LocatedYaml, paper_id: str, tables: object) -> list[InputError]:
    """The names of a paper and of its tables whose pages would lie where others do."""
    names = [name for name in TAKEN_BY_PAPERS if isinstance(tables, dict) and name in tables]
    places: list[tuple[Place, str]] = [(("tables", name), name) for name in names]
    places += [(("id",), paper_id)] if paper_id in TAKEN_BY_REPORTS else []
    return [
        document.error(place, f"cannot be {name}, which other pages are called; rename it") for place, name in places
    ]


def _raise_all(document: LocatedYaml, odd: Sequence[InputError]) -> None:
    """Raises InputErrors where there are any, by the lines of the file."""
    if odd:
        raise InputErrors(odd, str(document.path))


def _explained(error: ValidationError, document: LocatedYaml) -> list[InputError]:
    """The mistakes that pydantic found, in the order of the file. Of a choice of types the first one is enough, and of
    what settings inherit that of the setting in which it stands.
    """
    found: dict[Place, str] = {}
    for one in error.errors():
        found.setdefault(_place(one["loc"]), _explain(one))
    own = [place for place, why in found.items() if found.get(_inherited_from(place, document)) != why]
    return [document.error(place, found[place]) for place in sorted(own, key=document.line)]


def _inherited_from(place: Place, document: LocatedYaml) -> Place:
    """The same place in the setting that the one it is in extends; no place where it extends none."""
    setting = document.data.get("settings", {}).get(place[1]) if place[0] == "settings" and len(place) > 1 else None
    base = setting.get("extends") if isinstance(setting, dict) else None
    return () if base is None else ("settings", base, *place[2:])


def _place(location: tuple[int | str, ...]) -> Place:
    # pydantic adds the branch of a union ("dict[...]", "[key]") to the location; the file knows nothing of those.
    return tuple(key for key in location if not (isinstance(key, str) and any(c in key for c in "[](),")))


def _explain(error: Any) -> str:
    if error["type"] == "missing" and error["loc"][-1] == "origin":
        return f"has no origin ({', '.join(get_args(Origin))})"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not a field of a paper file here"
    if error["input"] is None:
        return "is empty; fill it in, or take the line away where it may be left out"
    return str(error["msg"]).removeprefix("Value error, ")


def _read_table(path: Path, paper_id: str, table_id: str, table: Table) -> dict[str, Published]:
    """The published values of one table: csv with columns row, label and one per column of the table."""
    if not path.is_file():
        raise InputError(f"{path}: the published table {paper_id}.{table_id} is missing")
    values: dict[str, Published] = {}
    header, records = _read_csv(path)
    printed = [name for name, column in table.columns.items() if column.added is None]
    expected = ["row", "label", *printed]
    if header != expected:
        found = ",".join(header or ["nothing"])
        raise InputError(f"{path}:1: the columns must be {','.join(expected)}, parted by commas; there is {found}")
    rows = []
    for line, record in records:
        where = f"{path}:{line}"
        if record["row"] in rows:
            raise InputError(f"{where}: row {record['row']} stands twice")
        if None in record:
            raise InputError(f"{where}: has more fields than the {len(expected)} columns")
        rows.append(record["row"])
        for column in table.columns:
            text = record.get(column, "")
            try:
                value = float(text) if text not in ("", "n/a") else None
            except (TypeError, ValueError):
                value = math.nan
            if value is not None and not math.isfinite(value):
                raise InputError(f"{where}: {column} is {text!r}, not a number")
            values[f"{paper_id}.{table_id}.{record['row']}.{column}"] = Published(label=record["label"], value=value)
    if rows != list(table.rows):
        odd = sorted(set(rows) ^ set(table.rows)) or rows
        raise InputError(f"{path}: its rows are not those of tables.{table_id}.rows in paper.yaml: {', '.join(odd)}")
    return values


def _read_csv(path: Path) -> tuple[list[str], list[tuple[int, dict[str, Any]]]]:
    """The names of the columns of a csv file, and its records with the line on which each ends. Raises InputError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no UTF-8 text ({error.reason} at byte {error.start}); write it again") from None
    for number, line in enumerate(text.split("\n"), 1):
        if problem := control_in(line):
            raise InputError(f"{path}:{number}: {problem}")
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        try:
            return list(reader.fieldnames or []), [(reader.line_num, record) for record in reader]
        except csv.Error as error:
            raise InputError(f"{path}:{reader.reader.line_num}: cannot be read ({error}); correct the line") from None


def unknown_paper(paper_id: str) -> InputError:
    """The error about an id that no paper has: with the nearest ids, and how papers that lie elsewhere get known."""
    return InputError(
        f"unknown paper {paper_id!r}{nearest(paper_id, paper_ids())}; see `python -m benchmarks list`, and name the "
        f"folder of one of yours by --papers or {folders.PAPERS}"
    )


def select(target: str) -> list[Cell]:
    """The cells of a paper, a table, a row, a column or a single cell id. Raises InputError with the nearest names.

    A row stands before a column of the same name ("t3.base", "t3.esc10"). Controls are no part of a paper, a table or a
    column: they are selected by row or cell, or all of a table by "t1.controls".
    """
    parts = target.split(".")
    if parts[0] not in paper_ids():
        raise unknown_paper(parts[0])
    paper = load_paper(parts[0])
    cells = list(paper.cells())
    if len(parts) > 2 and parts[1] in paper.tables:
        controls = list(paper.control_cells(parts[1]))
        if parts[2:] == [CONTROLS] and controls:
            return controls
        cells += controls
    chosen = [cell for cell in cells if cell.id.split(".")[: len(parts)] == parts]
    columns = list(paper.tables[parts[1]].columns) if len(parts) > 2 and parts[1] in paper.tables else []
    if not chosen and (column := ".".join(parts[2:])) in columns:
        return [cell for cell in paper.table_cells(parts[1]) if cell.column == column]
    if not chosen:
        ids = sorted({".".join(cell.id.split(".")[: len(parts)]) for cell in cells})
        ids += [f"{parts[0]}.{parts[1]}.{column}" for column in columns]
        if len(parts) == 3 and parts[1] in paper.tables and paper.tables[parts[1]].controls:
            ids.append(f"{parts[0]}.{parts[1]}.{CONTROLS}")
        raise InputError(f"unknown target {target!r}{nearest(target, ids)}; see `python -m benchmarks list`")
    return chosen
