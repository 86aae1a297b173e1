"""The typed form of the `audit` section of a paper file: what can be checked without training, as data only."""

from typing import Annotated, Any, Literal

from pydantic import Field

from benchmarks.spec.bricks import Arguments, ColumnName, Decimals, Finite, ImportPath, Name, Strict

Kind = Literal["cell", "column", "row", "network"]


class Network(Strict):
    """A network to count: the one that a setting trains, with other arguments where the paper counted another."""

    setting: Name
    args: Arguments = {}


class Entry(Strict):
    """What every entry has: its id inside a table, where the paper says it, and how the paper shortens numbers."""

    id: Name
    table: Name
    where: str
    note: str | None = None
    #: Whether the number was cut instead of rounded; by default as the paper does.
    truncates: bool | None = None
    #: what of the computation was chosen because with it the printed numbers come out
    fitted: str | None = None
    #: which reading of ours it tries, where the paper does not say what is checked: a misfit is then none of the paper
    tries: str | None = None

    def names(self) -> list[tuple[Kind, str]]:
        """The names that the entry uses and that must be known: (what it names, the name)."""
        return []

    def tables(self) -> set[str]:
        """The tables that the entry says something about."""
        return {self.table, *(name.split(".")[1] for kind, name in self.names() if kind == "cell")}


class Calls(Entry):
    """What calls a function, named by its import path."""

    of: ImportPath


class Count(Calls):
    """What counts networks: `of`, a function of the network, times a factor per network (1 where none is given)."""

    args: dict[str, Any] = {}
    times: dict[Name, Finite] = {}

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("network", name) for name in self.times]


class Quantity(Count):
    """A property of networks beside the values of a column, one per row.

    Where the entry `feeds` the column, what it computes is the reproduction of the published cells. Where it does not
    `compare`, it is another quantity than the printed one and stands beside it.
    """

    kind: Literal["quantity"]
    column: ColumnName
    feeds: bool = False
    compares: bool = True
    unit: Finite = Field(default=1.0, gt=0)

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [*super().names(), ("column", self.column)]


class Computed(Calls):
    """What `of` gives for the arguments of each row, beside the values of a column.

    Where the entry `feeds` the column, what it computes is the reproduction of the published cells. Where it does not
    `compare`, it stands beside them as a fact of its own.
    """

    kind: Literal["computed"]
    column: ColumnName
    rows: dict[Name, dict[str, Any]]
    feeds: bool = False
    compares: bool = True

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("column", self.column), *(("row", row) for row in self.rows)]


class Recorded(Entry):
    """What was measured on released features for each row of a table and is kept in the paper's folder.

    `benchmarks.audit.ranges` measures; `value` is the name of what it records.
    """

    kind: Literal["recorded"]
    value: str


class Ratio(Count):
    """One network is said to need less than another: holds if the count of `network` is below that of `than`."""

    kind: Literal["ratio"]
    network: Name
    than: Name

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [*super().names(), ("network", self.network), ("network", self.than)]


class Same(Entry):
    """Cells that stand for one experiment and must agree with the first of them."""

    kind: Literal["same"]
    cells: list[str] = Field(min_length=2)

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("cell", cell) for cell in self.cells]


class Share(Entry):
    """A percentage printed together with its count: 21 of 40 are 52.5 %."""

    kind: Literal["share"]
    count: int
    total: int = Field(gt=0)
    printed: Finite
    decimals: Decimals = 1


class Attainable(Entry):
    """A column of accuracies, each of which must be some number of right decisions out of `decisions`."""

    kind: Literal["attainable"]
    column: ColumnName
    decisions: int = Field(gt=0)
    #: The rows that this holds for; by default all.
    rows: list[Name] | None = None

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("column", self.column), *(("row", row) for row in self.rows or [])]


class Mean(Entry):
    """Cells against the mean of the values they were made from, each of them right decisions out of `decisions`."""

    kind: Literal["mean"]
    values: dict[str, list[Finite]]
    decisions: int | None = Field(default=None, gt=0)
    #: where these are not the values behind what is printed, whose they are: "a rerun of the notebook"
    rerun: str | None = None

    def ends(self, cell: str) -> list[tuple[float, float]]:
        """Where each value lies: a share of decisions exactly, else what its one decimal was cut or rounded from."""
        if self.decisions is None:
            return [(value - 0.05, value + 0.1) for value in self.values[cell]]
        exact = [100 * round(value * self.decisions / 100) / self.decisions for value in self.values[cell]]
        return [(value, value) for value in exact]

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("cell", cell) for cell in self.values]


class Parts(Entry):
    """The values that cells are the mean of, fold by fold for instance, each said to be of `decisions` test items."""

    values: dict[str, Annotated[list[Finite], Field(min_length=2)]]
    decisions: int = Field(gt=0)

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("cell", cell) for cell in self.values]


class AttainableParts(Parts):
    """Each of the values must be some number of right decisions, as printed (in percent, cut or rounded)."""

    kind: Literal["attainable_parts"]


class Spread(Parts):
    """The values must lie as far apart as chance alone has them: items drawn anew for each, of one true accuracy."""

    kind: Literal["spread"]


class Difference(Entry):
    """A gain in the text against the cells it speaks of."""

    kind: Literal["difference"]
    printed: Finite
    of: str
    minus: str
    decimals: Decimals = 1

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("cell", self.of), ("cell", self.minus)]


class Scaled(Entry):
    """A number of the text that is a cell in another unit: 54 frames are 1.08 s."""

    kind: Literal["scaled"]
    cell: str
    times: Finite
    printed: Finite
    decimals: Decimals = 1

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("cell", self.cell)]


class Average(Entry):
    """Columns that are said to be the mean of others: what they print against the mean of what those print."""

    kind: Literal["average"]
    #: By default every column of the table that is a mean of others.
    columns: list[ColumnName] = []

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("column", column) for column in self.columns]


class AverageOfRows(Entry):
    """A row that is said to be the mean of others, column by column: its values against the means of theirs."""

    kind: Literal["average_of_rows"]
    row: Name
    of: list[Name] = Field(min_length=2)

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("row", self.row), *(("row", row) for row in self.of)]


class AttainableEvents(Entry):
    """An error rate and the F1 beside it, which whole numbers of events found, missed and invented must give."""

    kind: Literal["attainable_events"]
    error_rate: ColumnName
    f1: ColumnName
    #: how many events the reference holds, or how many it may hold
    events: Annotated[int, Field(gt=0)] | Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)]
    #: The rows that this holds for; by default all.
    rows: list[Name] | None = None

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [("column", self.error_rate), ("column", self.f1), *(("row", row) for row in self.rows or [])]


class BestPrinted(Entry):
    """The cells that the paper prints in bold must be the best row of their columns, and there all of `columns`.

    The first column decides, and the further ones where it leaves a tie. Rows that were added do not compete.
    """

    kind: Literal["best_printed"]
    columns: list[ColumnName] = Field(min_length=1)
    bold: list[str] = Field(min_length=1)

    def names(self) -> list[tuple[Kind, str]]:
        """The names that must be known."""
        return [*(("column", column) for column in self.columns), *(("cell", cell) for cell in self.bold)]


class Labels(Entry):
    """What the labels of a dataset say, counted on its files and kept in the paper's folder (benchmarks.audit.labels).

    fact: seconds by class that count as heard ("hard"), sums of soft labels by class ("soft"), the mean over classes of
    the F1 of saying that all is active ("all_active", %), minutes of a recording in the mean ("minutes"), or the share
    of a class that is trained on, validation included or not ("learnt", "trained", %, mean over classes).
    """

    kind: Literal["labels"]
    dataset: Name
    fact: Literal["hard", "soft", "all_active", "minutes", "learnt", "trained"]
    printed: Finite | None = None
    decimals: Decimals = 0


Check = Annotated[
    Quantity
    | Computed
    | Recorded
    | Ratio
    | Same
    | Share
    | Attainable
    | Mean
    | AttainableParts
    | Spread
    | Difference
    | Scaled
    | Average
    | AverageOfRows
    | AttainableEvents
    | BestPrinted
    | Labels,
    Field(discriminator="kind"),
]


class AuditPlan(Strict):
    """The networks that are counted, by the row of the table they stand in, and the checks."""

    networks: dict[Name, Network] = {}
    checks: list[Check] = []

    def folds_of(self, cell: str) -> "Mean | None":
        """The check that knows the values of the folds that a cell is the mean of; None where none does."""
        return next((check for check in self.checks if isinstance(check, Mean) and cell in check.values), None)

    def fitted(self, table: str, column: str) -> str | None:
        """What the printed numbers had a say in, where they are computed for a column; None where nothing is."""
        feeding = (check for check in self.checks if isinstance(check, Quantity | Computed) and check.feeds)
        return next((one.fitted for one in feeding if (one.table, one.column) == (table, column)), None)
