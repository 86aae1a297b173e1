"""The typed form of a paper's folder: what was claimed, by which recipe, under which protocol.

A folder holds `paper.yaml` (settings, protocols, errata, claims, margins, the origin of every hyper-parameter) and
one csv per table with the published values as printed. Every mistake in them is an InputError with file and line.
"""

import csv
import difflib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from benchmarks.audit_form import AuditPlan
from benchmarks.errors import InputError
from benchmarks.extends import with_extends
from benchmarks.forms import STRICT, Arguments, ImportPath, Name
from benchmarks.located_yaml import LocatedYaml, Place

#: The folder of the papers; RESOUND_PAPERS names another one, for papers kept outside the harness.
PAPERS = Path(os.environ.get("RESOUND_PAPERS") or Path(__file__).parent / "papers")

Tier = Literal["full", "reduced", "smoke"]
Corpus = Literal["real", "miniature", "standin"]
Numerics = Literal["float32", "tf32", "bf16"]
Status = Literal["stated", "inferred", "unknown"]

TIERS: tuple[Tier, ...] = ("full", "reduced", "smoke")
CORPORA: tuple[Corpus, ...] = ("real", "miniature", "standin")
NUMERICS: tuple[Numerics, ...] = ("float32", "tf32", "bf16")


class Strict(BaseModel):
    """A part of a paper file: unknown fields are mistakes."""

    model_config = STRICT


class Part(Strict):
    """A class by import path, with the arguments of its constructor."""

    class_path: ImportPath
    args: Arguments = {}


class Protocol(Strict):
    """One field of a protocol: what is done, and how sure the paper makes us of it."""

    value: str
    status: Status
    where: str | None = None
    #: What ours does where the paper's way is known to be another; such a cell gets no verdict.
    ours: str | None = None


class TierChanges(Strict):
    """What a tier changes in a setting."""

    data: Arguments = {}
    model: Arguments = {}
    trainer: Arguments = {}
    seeds: int | None = Field(default=None, ge=1)
    folds: list[int] | None = None


class Setting(Strict):
    """One trainable configuration of the paper, named once and shared by every cell it feeds."""

    title: str
    data: Part
    model: Part
    trainer: Arguments = {}
    #: What differs from the training protocol of the paper's own networks.
    protocol: dict[Name, Protocol] = {}
    seeds: int = Field(default=1, ge=1)
    #: One seed is all there is: every fit on the same clips ends the same, so the spread over seeds is zero.
    deterministic: bool = False
    tiers: dict[Tier, TierChanges] = {}
    #: Expected minutes of one run: tier -> device kind (cpu, cuda) -> dataset; measured ones win over them.
    minutes: dict[Tier, dict[Literal["cpu", "cuda"], dict[Name, float]]] = {}
    probes: list[Name] = []

    def arguments(self, part: Literal["data", "model", "trainer"], tier: Tier) -> Arguments:
        """The arguments of one part as a tier has them."""
        own = self.trainer if part == "trainer" else getattr(self, part).args
        changes = self.tiers.get(tier)
        return {**own, **(getattr(changes, part) if changes else {})}

    def resolved(self, tier: Tier) -> dict[str, Any]:
        """The setting as plain values: {"data" | "model": {"class_path", "init_args"}, "trainer": {...}}."""
        plain = {
            part: {name: item.value for name, item in sorted(self.arguments(part, tier).items())}
            for part in ("data", "model", "trainer")
        }
        return {
            "data": {"class_path": self.data.class_path, "init_args": plain["data"]},
            "model": {"class_path": self.model.class_path, "init_args": plain["model"]},
            "trainer": plain["trainer"],
        }


class DatasetUse(Strict):
    """A dataset as the paper uses it."""

    title: str
    class_path: ImportPath
    args: dict[str, Any] = {}
    folds: list[int]
    bootstrap_unit: str


class Column(Strict):
    """A column of a table: for trained tables a dataset and a metric, for audited ones a quantity."""

    label: str
    unit: str
    decimals: int = 1
    metric: str | None = None
    dataset: Name | None = None
    margin: float | None = None


class Row(Strict):
    """A row: the setting that feeds it (one, or one per column), or the reason why it is only quoted."""

    setting: Name | dict[Name, Name] | None = None
    quoted: str | None = None
    metric: str | None = None
    protocol: dict[Name, Protocol] = {}

    @model_validator(mode="after")
    def _one_source(self) -> "Row":
        if self.setting is not None and self.quoted is not None:
            raise ValueError("a row has a setting or is quoted, not both")
        return self

    def setting_for(self, column: str) -> str | None:
        """The setting that feeds this row's cell in `column`."""
        return self.setting.get(column) if isinstance(self.setting, dict) else self.setting


class Table(Strict):
    """A results table of the paper."""

    title: str
    kind: Literal["train", "audit"]
    columns: dict[Name, Column]
    rows: dict[Name, Row]
    protocol: dict[Name, Protocol] = {}
    #: Whether numbers are cut instead of rounded here; by default as in the rest of the paper.
    truncates: bool | None = None
    note: str | None = None


class Erratum(Strict):
    """A wrong or contradictory published value."""

    id: Name
    cells: dict[str, float | None] = {}
    reason: str
    where: str


class Claim(Strict):
    """A sentence of the paper in testable form; `test` is read by benchmarks.claims."""

    id: Name
    text: str
    where: str
    table: Name
    dataset: Name
    test: dict[str, Any]


class Paper(Strict):
    """A paper: its data as a file, plus the published tables."""

    id: Name
    title: str
    authors: str
    reference: str
    year: int
    truncates: bool = False
    datasets: dict[Name, DatasetUse]
    training: dict[Name, Protocol]
    settings: dict[Name, Setting]
    tables: dict[Name, Table]
    errata: list[Erratum] = []
    claims: list[Claim] = []
    audit: AuditPlan = AuditPlan()
    notes: list[str] = []
    published: dict[str, "Published"] = {}

    def cells(self) -> Iterator["Cell"]:
        """Every cell, in the order of the tables as printed."""
        for table_id in self.tables:
            yield from self.table_cells(table_id)

    def training_protocol(self, setting: str | None) -> dict[str, Protocol]:
        """The training protocol of a setting: the paper's, with what the setting does otherwise."""
        return {**self.training, **(self.settings[setting].protocol if setting else {})}

    def table_cells(self, table_id: str) -> Iterator["Cell"]:
        """The cells of one table, row by row."""
        table = self.tables[table_id]
        corrected = {cell: (value, item) for item in self.errata for cell, value in item.cells.items()}
        for row_id, row in table.rows.items():
            for column_id, column in table.columns.items():
                cell_id = f"{self.id}.{table_id}.{row_id}.{column_id}"
                value, erratum = corrected.get(cell_id, (None, None))
                yield Cell(
                    id=cell_id, table=table_id, row=row_id, column=column_id,
                    label=self.published[cell_id].label, published=self.published[cell_id].value,
                    corrected=value, unit=column.unit, decimals=column.decimals,
                    metric=row.metric or column.metric, dataset=column.dataset, margin=column.margin,
                    setting=row.setting_for(column_id), quoted=row.quoted,
                    kind=table.kind, erratum=erratum.reason if erratum else None,
                    truncates=self.truncates if table.truncates is None else table.truncates,
                    protocol={**self.training_protocol(row.setting_for(column_id)), **table.protocol, **row.protocol},
                )  # fmt: skip


class Published(Strict):
    """A value as printed."""

    label: str
    value: float | None


class Cell(Strict):
    """One cell of a published table, with what is needed to reproduce it."""

    id: str
    table: str
    row: str
    column: str
    label: str
    published: float | None
    corrected: float | None
    unit: str
    decimals: int
    metric: str | None
    dataset: str | None
    margin: float | None
    setting: str | None
    quoted: str | None
    kind: Literal["train", "audit"]
    erratum: str | None
    truncates: bool = False
    protocol: dict[str, Protocol]

    @property
    def recipe(self) -> Literal["train", "audit", "quoted"]:
        """How the cell is checked: by training, by audit, or not at all (`quoted`, with the reason)."""
        if self.quoted is not None:
            return "quoted"
        return self.kind

    @property
    def target(self) -> float | None:
        """The value to compare with: the corrected one where an erratum gives it, else the published one."""
        return self.published if self.corrected is None else self.corrected


def paper_ids() -> list[str]:
    """The papers that have a folder."""
    return sorted(path.parent.name for path in PAPERS.glob("*/paper.yaml"))


@cache
def load_paper(paper_id: str, papers: Path | None = None) -> Paper:
    """Read and check a paper's folder. Raises InputError with file and line."""
    folder = (papers or PAPERS) / paper_id
    document = LocatedYaml(folder / "paper.yaml")
    data = with_extends(document)
    if not isinstance(data, dict) or data.get("id") != paper_id:
        raise document.error(("id",), f"must be {paper_id}, the name of the folder")
    try:
        paper = Paper.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise document.error(_place(first["loc"]), _explain(first)) from None
    published = {}
    for table_id, table in paper.tables.items():
        published.update(_read_table(folder / f"{table_id}.csv", paper_id, table_id, table))
    paper = paper.model_copy(update={"published": published})
    _check_references(paper, document)
    return paper


def _place(location: tuple[int | str, ...]) -> Place:
    # pydantic adds the branch of a union ("dict[...]", "[key]") to the location; the file knows nothing of those.
    return tuple(key for key in location if not (isinstance(key, str) and any(c in key for c in "[](),")))


def _explain(error: Any) -> str:
    if error["type"] == "missing" and error["loc"][-1] == "origin":
        return "has no origin (paper, code, inferred or assumed)"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not a field of a paper file here"
    return str(error["msg"]).removeprefix("Value error, ")


def _read_table(path: Path, paper_id: str, table_id: str, table: Table) -> dict[str, Published]:
    """The published values of one table: csv with columns row, label and one per column of the table."""
    if not path.is_file():
        raise InputError(f"{path}: the published table {paper_id}.{table_id} is missing")
    values: dict[str, Published] = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        expected = ["row", "label", *table.columns]
        if reader.fieldnames != expected:
            raise InputError(f"{path}:1: the columns must be {','.join(expected)}")
        rows = []
        for record in reader:
            where = f"{path}:{reader.line_num}"
            if record["row"] in rows:
                raise InputError(f"{where}: row {record['row']} stands twice")
            rows.append(record["row"])
            for column in table.columns:
                try:
                    value = float(record[column]) if record[column] not in ("", "n/a") else None
                except (TypeError, ValueError):
                    raise InputError(f"{where}: {column} is {record[column]!r}, not a number") from None
                values[f"{paper_id}.{table_id}.{record['row']}.{column}"] = Published(
                    label=record["label"], value=value
                )
    if rows != list(table.rows):
        odd = sorted(set(rows) ^ set(table.rows)) or rows
        raise InputError(f"{path}: its rows are not those of tables.{table_id}.rows in paper.yaml: {', '.join(odd)}")
    return values


def _check_references(paper: Paper, document: LocatedYaml) -> None:
    """Every name that one part of the file uses must be defined in another."""

    def must_know(name: str, known: Any, place: Place) -> None:
        if name not in known:
            raise document.error(place, f"unknown name {name!r}{nearest(name, known)}")

    for table_id, table in paper.tables.items():
        for column_id, column in table.columns.items():
            if column.dataset is not None:
                must_know(column.dataset, paper.datasets, ("tables", table_id, "columns", column_id, "dataset"))
        for row_id, row in table.rows.items():
            for column_id in table.columns:
                setting = row.setting_for(column_id)
                if setting is not None:
                    must_know(setting, paper.settings, ("tables", table_id, "rows", row_id, "setting"))
                elif table.kind == "train" and row.quoted is None:
                    raise document.error(("tables", table_id, "rows", row_id), "needs a setting or a quoted reason")
    cells = set(paper.published)
    seen: set[str] = set()
    for position, erratum in enumerate(paper.errata):
        for cell in erratum.cells:
            must_know(cell, cells, ("errata", position, "cells", cell))
    for kind, ids in (("errata", [item.id for item in paper.errata]), ("claims", [item.id for item in paper.claims])):
        for position, name in enumerate(ids):
            if name in seen:
                raise document.error((kind, position, "id"), f"the id {name} stands twice")
            seen.add(name)
    for name, network in paper.audit.networks.items():
        must_know(network.setting, paper.settings, ("audit", "networks", name, "setting"))
    for position, check in enumerate(paper.audit.checks):
        place = ("audit", "checks", position)
        must_know(check.table, paper.tables, (*place, "table"))
        table = paper.tables[check.table]
        known = {"cell": cells, "column": table.columns, "row": table.rows, "network": paper.audit.networks}
        for kind, name in check.names():
            must_know(name, known[kind], place)
    for position, claim in enumerate(paper.claims):
        must_know(claim.table, paper.tables, ("claims", position, "table"))
        must_know(claim.dataset, paper.datasets, ("claims", position, "dataset"))


def nearest(name: str, known: Any) -> str:
    """A hint with the nearest known names, or nothing: "; did you mean a, b?"."""
    close = difflib.get_close_matches(name, [str(item) for item in known], n=3, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else ""


def select(target: str) -> list[Cell]:
    """The cells of a paper, a table, a row or a single cell id. Raises InputError with the nearest names."""
    parts = target.split(".")
    if parts[0] not in paper_ids():
        raise InputError(f"unknown paper {parts[0]!r}{nearest(parts[0], paper_ids())}; see `python -m benchmarks list`")
    cells = list(load_paper(parts[0]).cells())
    chosen = [cell for cell in cells if cell.id.split(".")[: len(parts)] == parts]
    if not chosen:
        ids = sorted({".".join(cell.id.split(".")[: len(parts)]) for cell in cells})
        raise InputError(f"unknown target {target!r}{nearest(target, ids)}; see `python -m benchmarks list`")
    return chosen
