"""Values against a number that the transforms of inputs differ in, and how far those look around a frame."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.judge.table import CellResult
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.lines.sweeps import Axis, Range, SweepLine, draw_sweeps
from benchmarks.reporting.figures import Asked, Figure, FigureKind, Words
from benchmarks.reporting.probes.conditioner import Conditioner, Over, conditioner_of
from benchmarks.reporting.told import CheckName
from benchmarks.spec.bricks import Strict

#: A column is a sweep from so many numbers on.
FEWEST = 3

#: The cells of a column by the number.
ByNumber = dict[float, CellResult]


class Beside(Strict):
    """What the table's audit computes for each of its rows, drawn beside the measured ranges."""

    check: CheckName
    times: float = 1.0
    #: in the legend, and in the caption
    label: str
    told: str


class SweepWords(Words):
    """What the values are, the unit of the number, and what a transform does to the frames that it looks at."""

    values: str = "value"
    unit: str = ""
    ranges: str = "how many frames per side a transform looks at"


class Sweep(FigureKind):
    """Values above and ranges below, a panel per dataset; a line per column whose rows differ in the number alone."""

    words: SweepWords = SweepWords()
    over: Over
    beside: tuple[Beside, ...] = ()

    def figures(self, asked: Asked) -> Iterator[Figure]:
        """One, where any column is a sweep."""
        swept = self._columns(asked)
        if not swept:
            return
        result, variant, around = asked.result, asked.variant, (*asked.cells, *asked.controls)
        paper = wording.published_label(variant)
        above: dict[str, list[SweepLine]] = {}
        below: dict[str, list[Range]] = {}
        reference = ""
        for column, cells in swept.items():
            described = result.table.columns[column]
            dataset = next(iter(cells.values())).cell.dataset
            title = result.paper.datasets[str(dataset)].title
            plain = next((one for one in around if one.cell.column == column and conditioner_of(one) is None), None)
            reference = plain.cell.label if plain else reference
            above.setdefault(title, []).append(_line(described.label, cells, plain, bool(paper)))
            below.setdefault(title, self._ranges([one for one in around if one.cell.dataset == dataset]))
        rows = {number: one.cell.row for cells in swept.values() for number, one in sorted(cells.items())}
        facts = self._facts(asked, dict(sorted(rows.items())))
        measured = [how for one in around if (how := conditioner_of(one)) and how.ranges]
        unit = next(iter(next(iter(swept.values())).values())).cell.unit
        axis = self._axis(unit)
        plain_data = [{title: [vars(one) for one in lines] for title, lines in part.items()} for part in (above, below)]
        caption = self._caption(above, measured[0].measured_on if measured else 0, facts, reference)
        yield Figure(
            f"sweep_{result.table_id}_{variant.name}",
            f"{caption}; {wording.conditions(variant)}",
            [vars(axis), paper, reference, facts, *plain_data],
            lambda: draw_sweeps(above, below, facts, axis, paper, reference),
        )

    def _columns(self, asked: Asked) -> dict[str, ByNumber]:
        """The cells of each column whose transforms differ in the number alone, by it; columns with enough of them."""
        known = [
            (one, how, number) for one in asked.cells
            if not one.cell.parts and (how := conditioner_of(one)) and (number := self.over.value(how))
        ]  # fmt: skip
        families = Counter(self.over.family(how) for _, how, _ in known)
        if not families:
            return {}
        family, _ = families.most_common(1)[0]
        columns: dict[str, ByNumber] = {column: {} for column in asked.result.table.columns}
        for one, how, number in known:
            if self.over.family(how) == family:
                columns[one.cell.column].setdefault(number, one)
        return {column: dict(sorted(cells.items())) for column, cells in columns.items() if len(cells) >= FEWEST}

    def _ranges(self, results: Sequence[CellResult]) -> list[Range]:
        """The measured ranges of each kind of transform that has several numbers on a dataset, the plain one first."""
        kinds: dict[str, dict[float, Conditioner]] = {}
        for one in results:
            how = conditioner_of(one)
            if how and how.ranges and (number := self.over.value(how)):
                kinds.setdefault(self.over.kind(how), {}).setdefault(number, how)
        found = []
        for kind, by_number in sorted(kinds.items()):
            if len(by_number) > 1:
                ordered = sorted(by_number.items())
                sides = ({number: how.ranges[f"{side}_mean"] for number, how in ordered} for side in ("past", "future"))
                found.append(Range(kind, *sides))
        return found

    def _facts(self, asked: Asked, rows: Mapping[float, str]) -> dict[str, list[tuple[float, float]]]:
        """What the audit computes of the rows that are drawn, by the number; nothing where it has not been made."""
        computed = {check["id"]: check["computed"] for check in asked.result.checks}
        found = {}
        for one in self.beside:
            ids = {number: f"{asked.result.id}.{row}.{one.check}" for number, row in rows.items()}
            points = [(at, round(one.times * computed[name], 6)) for at, name in ids.items() if name in computed]
            if points:
                found[one.label] = points
        return found

    def _axis(self, unit: str) -> Axis:
        parameter = f"{self.over.symbol} ({self.words.unit})" if self.words.unit else self.over.symbol
        return Axis(parameter, f"{self.words.values} ({unit})" if unit else self.words.values, "frames per side")

    def _caption(
        self, above: Mapping[str, Sequence[SweepLine]], clips: int, facts: Mapping[str, object], reference: str
    ) -> str:
        """What is shown, without its conditions; `clips` are those that ranges were measured on."""
        most = max(len(seeds) for lines in above.values() for line in lines for seeds in line.values.values())
        seeds = "mean and range over seeds" if most > 1 else "seed 0"
        text = f"{wording.capital(self.words.values)} against {self.over.symbol}, {seeds}"
        text += f"; dashed: {reference}" if reference else ""
        if clips:
            text += f". Below: {self.words.ranges}, measured on {clips} training clips"
            told = " and ".join(one.told for one in self.beside if one.label in facts)
            text += f", beside {told}" if told else ""
        return text


def _line(label: str, cells: ByNumber, plain: CellResult | None, with_published: bool) -> SweepLine:
    """The line of a column."""
    values = {number: list(one.evidence.seed_values.values()) for number, one in cells.items() if one.evidence}
    published = {number: one.cell.target for number, one in cells.items() if one.cell.target is not None}
    return SweepLine(label, values, published if with_published else {}, plain.mean if plain else None)
