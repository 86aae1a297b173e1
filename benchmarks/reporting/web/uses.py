"""Which cells a setting feeds, and which of its runs are stored, by the conditions of those."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.runs.ledger import Finished
from benchmarks.spec import Cell, Paper


@dataclass
class Use:
    """A setting with the cells that it feeds."""

    paper: Paper
    setting: str
    #: the cells under the paper's conditions, also those of controls, with their tables
    cells: dict[str, tuple[TableResult, CellResult]] = field(default_factory=dict)
    #: the cells of which there are runs, by the conditions of those, the paper's own first
    ran: dict[Variant, list[tuple[TableResult, CellResult]]] = field(default_factory=dict)

    @property
    def datasets(self) -> list[str]:
        """The datasets that it is trained on, as the paper names them."""
        cells = (one.cell for _, one in self.cells.values())
        return list(dict.fromkeys(str(source.dataset) for cell in cells for source in self.sources(cell)))

    def sources(self, cell: Cell) -> Iterator[Cell]:
        """Those of the sources of a cell that the setting feeds."""
        yield from (source for source in cell.sources if source.setting == self.setting and source.dataset)

    def runs(self, variant: Variant) -> list[Finished]:
        """Its stored runs under some conditions, by dataset, seed and fold."""
        found = {
            scored.finished.run.id: scored.finished
            for _, one in self.ran.get(variant, ()) if one.evidence
            for scored in one.evidence.scored if scored.finished.run.setting == self.setting
        }  # fmt: skip
        return sorted(found.values(), key=lambda one: (one.run.dataset, one.run.seed, one.run.fold))


def uses_of(tables: Iterable[TableResult]) -> dict[tuple[str, str], Use]:
    """Every setting of these tables, controls with theirs, by paper and name."""
    found: dict[tuple[str, str], Use] = {}
    for table in tables:
        for one in (*table.main, *_empty_controls(table), *_with_runs(table)):
            for setting in settings_of(one.cell):
                use = found.setdefault((table.paper.id, setting), Use(table.paper, setting))
                if one.variant.earns_verdict and (one.cell.id not in use.cells or one.n_runs):
                    use.cells[one.cell.id] = (table, one)
                if one.n_runs:
                    use.ran.setdefault(one.variant, []).append((table, one))
    for use in found.values():
        use.ran = {variant: use.ran[variant] for variant in sorted(use.ran, key=lambda variant: variant.rank)}
    return found


def settings_of(cell: Cell) -> list[str]:
    """The settings that feed a cell."""
    return list(dict.fromkeys(source.setting for source in cell.sources if source.setting and source.dataset))


def elsewhere(table: TableResult) -> dict[str, list[CellResult]]:
    """What ran under other conditions than the paper's, by cell."""
    found: dict[str, list[CellResult]] = {}
    for one in _with_runs(table):
        if not one.variant.earns_verdict:
            found.setdefault(one.cell.id, []).append(one)
    return found


def in_words(results: Sequence[CellResult]) -> str:
    """Under which other conditions a cell ran: "reduced (1 × 5); reduced-standin (2 × 1)"."""
    return "; ".join(f"{one.variant.name} ({wording.runs(one)})" for one in results)


def _empty_controls(table: TableResult) -> Iterator[CellResult]:
    yield from (CellResult(cell, Variant()) for cell in table.paper.control_cells(table.table_id))


def _with_runs(table: TableResult) -> Iterator[CellResult]:
    for results in (*table.others.values(), *table.controls.values()):
        yield from (one for one in results if one.n_runs)
