"""Whose rows cells are: networks or classical methods, the paper's own or those of others that it cites."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.judge.table import CellResult, TableResult
from datasets.acquire.telling import enumerated

#: What a label ends with that cites somebody: "KNN [21]".
_CITED = re.compile(r"\[\d+\]")


def is_network(table: TableResult, one: CellResult) -> bool:
    """Whether a network is trained for the cell, with epochs; else a classical method is fitted."""
    return any(source.setting and table.paper.settings[source.setting].trainer for source in one.cell.sources)


class Whose(NamedTuple):
    """Whose row a cell is of, as plain data: whether of others than the paper's authors, the paper, the row's label."""

    of_others: bool
    paper: str
    label: str


def whose(table: TableResult, one: CellResult) -> Whose:
    """That of a cell."""
    of_others = one.cell.added is not None or _CITED.search(one.cell.label) is not None
    return Whose(of_others, table.paper.id, one.cell.label)


def whose_rows(found: Sequence[Whose]) -> str:
    """Of whom the rows of cells are, by name: "all are rows of methods that acrnn cites: KNN [21], SVM [21]"."""
    cited = [one for one in found if one.of_others]
    own = [one for one in found if not one.of_others]
    if cited and own:
        return f"of the papers' own: {_papers(own)}'s {_names(own)}; of others: {_names(cited)}"
    if cited:
        return f"all are methods of others that {_papers(cited)} compares with: {_names(cited)}"
    return f"all are the paper's own rows: {_names(own)}" if own else ""


def _papers(found: Sequence[Whose]) -> str:
    return " or ".join(dict.fromkeys(one.paper for one in found))


def _names(found: Sequence[Whose]) -> str:
    return enumerated(dict.fromkeys(one.label for one in found))
