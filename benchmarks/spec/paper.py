"""The typed form of a paper file: settings, protocols, datasets, tables, errata, claims, and the cells they make."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from benchmarks.spec.audit import AuditPlan
from benchmarks.spec.bricks import (
    Arguments,
    ClassNotes,
    ColumnName,
    Decimals,
    Finite,
    ImportPath,
    Name,
    Protocol,
    Strict,
    TrainerArguments,
)
from benchmarks.spec.cells import Cell, Published
from benchmarks.spec.equivalence import Equivalence, Other
from benchmarks.spec.words import Tier

#: How near a reproduced value has to come, in the unit of the column.
Margin = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Minutes = Annotated[float, Field(ge=0, allow_inf_nan=False)]
#: How many seeds, at most as many as --seeds takes.
Seeds = Annotated[int, Field(ge=1, le=10_000)]


class Part(Strict):
    """A class by import path, with the arguments of its constructor."""

    class_path: ImportPath
    args: Arguments = {}


class DataPart(Strict):
    """A data module with its arguments; without a class path it is the one of the dataset in use."""

    class_path: ImportPath | None = None
    args: Arguments = {}


class TierChanges(Strict):
    """What a tier changes in a setting."""

    data: Arguments = {}
    model: Arguments = {}
    trainer: TrainerArguments = {}
    seeds: Seeds | None = None
    folds: list[StrictInt] | None = Field(default=None, min_length=1)


class Setting(Strict):
    """One trainable configuration of the paper, named once and shared by every cell it feeds."""

    title: str
    data: DataPart
    model: Part
    trainer: TrainerArguments = {}
    #: What differs from the training protocol of the paper's own networks.
    protocol: dict[Name, Protocol] = {}
    seeds: Seeds = 1
    tiers: dict[Tier, TierChanges] = {}
    #: Expected minutes of one run: tier -> device kind (cpu, cuda) -> dataset; measured ones win over them.
    minutes: dict[Tier, dict[Literal["cpu", "cuda"], dict[Name, Minutes]]] = {}
    probes: list[Name] = []

    def arguments(self, part: Literal["data", "model", "trainer"], tier: Tier) -> Arguments:
        """The arguments of one part as a tier has them."""
        own = self.trainer if part == "trainer" else getattr(self, part).args
        changes = self.tiers.get(tier)
        return {**own, **(getattr(changes, part) if changes else {})}

    def resolved(self, tier: Tier, use: "DatasetUse | None" = None) -> dict[str, Any]:
        """The setting as plain values: {"data" | "model": {"class_path", "init_args"}, "trainer": {...}}.

        use: the dataset, whose data module is taken where the setting names none.
        """
        plain = {
            part: {name: item.value for name, item in sorted(self.arguments(part, tier).items())}
            for part in ("data", "model", "trainer")
        }
        return {
            "data": {"class_path": self.data.class_path or (use and use.data_module), "init_args": plain["data"]},
            "model": {"class_path": self.model.class_path, "init_args": plain["model"]},
            "trainer": plain["trainer"],
        }


class DatasetUse(Strict):
    """A dataset as the paper uses it."""

    title: str
    class_path: ImportPath
    args: dict[str, Any] = {}
    #: for settings that serve several datasets and so name no data module
    data_module: ImportPath | None = None
    folds: list[StrictInt] = Field(min_length=1)
    bootstrap_unit: str


class Column(Strict):
    """A column of a table: for trained tables a dataset and a metric, for audited ones a quantity.

    A column may also be the plain mean of other columns of its table (`mean_of`), all of the same metric.
    """

    label: str
    unit: str
    decimals: Decimals = 1
    metric: str | None = None
    #: what turns scores into decisions, the last part of the metric's id; a row may have its own
    decision: str | None = None
    dataset: Name | None = None
    #: the one fold that its cells are about, in tables whose columns are folds
    fold: StrictInt | None = None
    #: which of the run's test sets is scored
    test_set: Name = "test"
    #: the column of the reference that says which of its items are on the test list; "all" takes every one
    items: Name = "all"
    mean_of: list[ColumnName] = []
    margin: Margin | None = None
    #: whether the audit computes the column, although the table is trained
    audited: bool = False
    #: what of the protocol is the column's own
    protocol: dict[Name, Protocol] = {}
    #: why the column is here, if the paper's table does not have it
    added: str | None = None


class Row(Strict):
    """A row: the setting that feeds it (one, or one per column or dataset), or the reason why it is only quoted."""

    setting: Name | dict[ColumnName, Name] | None = None
    quoted: str | None = None
    #: what the row has instead of its columns: the dataset, the fold, how it is scored, margin, printed decimals
    dataset: Name | None = None
    fold: StrictInt | None = None
    metric: str | None = None
    decision: str | None = None
    test_set: Name | None = None
    items: Name | None = None
    margin: Margin | None = None
    decimals: Decimals | None = None
    protocol: dict[Name, Protocol] = {}
    #: where the row's values come from, if the paper's table does not have it
    added: str | None = None
    #: columns in which the row's values are rounded by their source, although the paper cuts its own
    rounds_in: list[ColumnName] = []

    @model_validator(mode="after")
    def _one_source(self) -> "Row":
        if self.setting is not None and self.quoted is not None:
            raise ValueError("a row has a setting or is quoted, not both")
        return self

    def dataset_in(self, column: Column) -> str | None:
        """The dataset of this row's cell in a column."""
        return self.dataset or column.dataset

    def fold_in(self, column: Column) -> int | None:
        """The one fold of this row's cell in a column; None for all of them."""
        return column.fold if self.fold is None else self.fold

    def setting_for(self, column: str, dataset: str | None) -> str | None:
        """The setting that feeds this row's cell in `column`, whose dataset is `dataset` (unless the row names one)."""
        if not isinstance(self.setting, dict):
            return self.setting
        return self.setting.get(column) or self.setting.get(self.dataset or dataset or "")


class Control(Row):
    """A row that is not the paper's: what the harness runs beside it to explain a published one."""

    label: str
    note: str
    #: the paper's row of which this is another reading: what was tried beside it
    reading_of: Name | None = None

    def concerns(self, name: str, columns: Mapping[str, Column]) -> bool:
        """Whether the row has a cell in a column: in a mean of columns where it has one in each of those."""
        column = columns[name]
        if column.mean_of:
            return all(self.concerns(part, columns) for part in column.mean_of)
        return not column.audited and self.setting_for(name, column.dataset) is not None


class Derived(Strict):
    """A line below a table: in each of its columns the best of some rows, which may be those of another table."""

    label: str
    best_of: list[Name] = Field(min_length=2)
    table: Name
    note: str


class FigureWanted(BaseModel):
    """A figure below a table: the name of its file in benchmarks/reporting/figures/, and what that figure is told.

    Its own words stand in `words`; what else it can be told is up to the figure. A name alone tells it nothing.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    figure: Name
    words: dict[Name, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {"figure": given} if isinstance(given, str) else given

    @property
    def told(self) -> dict[str, Any]:
        """All that the figure is told."""
        return {**(self.model_extra or {}), **({"words": self.words} if self.words else {})}


class Table(Strict):
    """A results table of the paper."""

    title: str
    kind: Literal["train", "audit"]
    columns: dict[ColumnName, Column]
    rows: dict[Name, Row]
    controls: dict[Name, Control] = {}
    protocol: dict[Name, Protocol] = {}
    #: Whether numbers are cut instead of rounded here; by default as in the rest of the paper.
    truncates: bool | None = None
    note: str | None = None
    derived: dict[Name, Derived] = {}
    #: what its rows are, for the head of their column
    row_head: str = "row"
    #: what is drawn of the table, in order; by default what is natural for its kind of task
    figures: list[FigureWanted] | None = None


class Erratum(Strict):
    """A published value that is wrong or contradicts another, or one of which a reader should know something."""

    id: Name
    #: no error of the paper
    remark: bool = False
    cells: dict[str, Finite | None] = {}
    reason: str
    where: str


class Claim(Strict):
    """A sentence of the paper about the rows of one column, or the columns of one row, in testable form.

    benchmarks.judge.claims reads `test`, which names those rows or columns.
    """

    id: Name
    text: str
    where: str
    table: Name
    column: ColumnName | None = None
    row: Name | None = None
    #: the one class whose items it is about; by default all
    of_class: str | None = Field(default=None, min_length=1)
    test: dict[str, Any]
    #: whether the paper says it, or we ask it; both may be about controls
    ours: bool = False

    @model_validator(mode="after")
    def _one_line(self) -> "Claim":
        if (self.column is None) == (self.row is None):
            raise ValueError("a claim is about one column or about one row")
        return self

    @property
    def line(self) -> str:
        """The column or the row that it is about."""
        return str(self.column or self.row)

    def place(self, name: str) -> tuple[str, str]:
        """Column and row of the cell that its test calls `name`."""
        return (name, self.row) if self.column is None and self.row is not None else (str(self.column), name)


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
    #: what classes that settings name do besides; what stands under a base class holds for all derived from it
    classes: dict[ImportPath, ClassNotes] = {}
    tables: dict[Name, Table]
    errata: list[Erratum] = []
    claims: list[Claim] = []
    audit: AuditPlan = AuditPlan()
    #: what other numerics have to show before they feed verdicts
    equivalence: dict[Other, Equivalence] = {}
    notes: list[str] = []
    #: words of the paper that its tables use, explained
    words: dict[str, str] = {}
    published: dict[str, Published] = {}

    def cells(self) -> Iterator[Cell]:
        """Every cell, in the order of the tables as printed."""
        for table_id in self.tables:
            yield from self.table_cells(table_id)

    def training_protocol(self, setting: str | None) -> dict[str, Protocol]:
        """The training protocol of a setting: the paper's, with what the setting does otherwise."""
        return {**self.training, **(self.settings[setting].protocol if setting else {})}

    def table_cells(self, table_id: str) -> Iterator[Cell]:
        """The cells of one table, row by row."""
        return self._cells_of(table_id, self.tables[table_id].rows)

    def control_cells(self, table_id: str) -> Iterator[Cell]:
        """The cells of a table's controls, which have no published value."""
        return self._cells_of(table_id, self.tables[table_id].controls)

    def _cells_of(self, table_id: str, rows: Mapping[str, Row]) -> Iterator[Cell]:
        corrected = {cell: (value, item.reason) for item in self.errata for cell, value in item.cells.items()}
        for row_id, row in rows.items():
            for column_id in self.tables[table_id].columns:
                if isinstance(row, Control) and not row.concerns(column_id, self.tables[table_id].columns):
                    continue
                cell = self._cell(table_id, row_id, row, column_id)
                value, erratum = corrected.get(cell.id, (None, None))
                yield cell.model_copy(update={"corrected": value, "erratum": erratum})

    def _cell(self, table_id: str, row_id: str, row: Row, column_id: str) -> Cell:
        table = self.tables[table_id]
        column = table.columns[column_id]
        parts = [self._cell(table_id, row_id, row, part) for part in column.mean_of]
        settings = [row.setting_for(name, table.columns[name].dataset) for name in column.mean_of or [column_id]]
        cell_id = f"{self.id}.{table_id}.{row_id}.{column_id}"
        printed = Published(label=row.label, value=None) if isinstance(row, Control) else self.published[cell_id]
        metric, decision = row.metric or column.metric, row.decision or column.decision
        datasets = {row.dataset_in(table.columns[name]) for name in column.mean_of or [column_id]}
        scoring = {**table.protocol, **column.protocol, **row.protocol}
        return Cell(
            id=cell_id, table=table_id, row=row_id, column=column_id,
            label=printed.label, published=printed.value,
            corrected=None, unit=column.unit, decimals=column.decimals if row.decimals is None else row.decimals,
            metric=f"{metric}_{decision}" if decision else metric,
            dataset=None if parts else row.dataset_in(column), fold=None if parts else row.fold_in(column),
            test_set=row.test_set or column.test_set, items=row.items or column.items,
            parts=tuple(parts), added=row.added, margin=row.margin or column.margin, setting=settings[0],
            quoted=row.quoted or _empty(row, column, printed, settings, table),
            kind="audit" if column.audited else table.kind,
            erratum=None,
            truncates=(self.truncates if table.truncates is None else table.truncates)
            and column_id not in row.rounds_in,
            protocol=_concerning(datasets, {**self.training_protocol(settings[0]), **scoring}),
        )  # fmt: skip


def _empty(row: Row, column: Column, printed: Published, settings: Sequence[str | None], table: Table) -> str | None:
    """Why a cell that nobody trains is there: a table has a place for every row and column, and it is empty."""
    is_empty = printed.value is None and settings[0] is None and not isinstance(row, Control)
    return "the table has no value here" if is_empty and table.kind == "train" and not column.audited else None


def _concerning(datasets: Collection[str | None], protocol: dict[str, Protocol]) -> dict[str, Protocol]:
    """The fields of a protocol that make a difference on one of these datasets."""
    return {name: item for name, item in protocol.items() if not item.concerns or {*item.concerns} & {*datasets}}
