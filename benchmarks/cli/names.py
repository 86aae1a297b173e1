"""The names in paper files that only the rooms behind know: metrics and figures, checked before anything is trained."""

from collections.abc import Sequence

from benchmarks.errors import InputError
from benchmarks.metrics import metric_named
from benchmarks.reporting.figures import named
from benchmarks.spec import Cell, load_paper, paper_folder
from benchmarks.spec.located_yaml import LocatedYaml


def check_names(cells: Sequence[Cell]) -> None:
    """Raises InputError, with file and line, for a metric or a figure of the cells' tables that is not there."""
    for paper, table in dict.fromkeys(tuple(cell.id.split(".")[:2]) for cell in cells):
        named(load_paper(paper), table)
    trained = [source for cell in cells if cell.recipe == "train" for source in cell.sources if source.metric]
    for metric, cell in {cell.metric: cell for cell in reversed(trained)}.items():
        try:
            metric_named(str(metric))
        except InputError as error:
            raise _in_paper_file(cell, str(error)) from None


def _in_paper_file(cell: Cell, message: str) -> InputError:
    """The mistake at the row's metric where it has one of its own, else at the column's."""
    paper = cell.id.split(".")[0]
    row = load_paper(paper).tables[cell.table].rows.get(cell.row)
    own = row is not None and (row.metric or row.decision)
    place = ("rows", cell.row) if own else ("columns", cell.column)
    document = LocatedYaml(paper_folder(paper) / "paper.yaml")
    return document.error(("tables", cell.table, *place, "metric"), message)
