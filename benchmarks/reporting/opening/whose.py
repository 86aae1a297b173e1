"""Whose rows cells are: networks or classical methods, the paper's own or those of others that it cites."""

import re
from collections.abc import Sequence

from benchmarks.judge.table import CellResult, TableResult
from datasets.acquire.telling import enumerated

#: What a label ends with that cites somebody: "KNN [21]".
_CITED = re.compile(r"\[\d+\]")


def is_network(table: TableResult, one: CellResult) -> bool:
    """Whether a network is trained for the cell, with epochs; else a classical method is fitted."""
    return any(source.setting and table.paper.settings[source.setting].trainer for source in one.cell.sources)


def whose_rows(found: Sequence[tuple[TableResult, CellResult]]) -> str:
    """Of whom the rows of these cells are, by name: "all are rows of methods that acrnn cites: KNN [21], SVM [21]"."""
    cited = [one for one in found if _is_others(one[1])]
    own = [one for one in found if not _is_others(one[1])]
    if cited and own:
        return f"the papers' own are {_names(own)}; others' are {_names(cited)}"
    if cited:
        return f"all are methods of others that {_papers(cited)} compares with: {_names(cited)}"
    return f"all are the paper's own rows: {_names(own)}" if own else ""


def _is_others(one: CellResult) -> bool:
    return one.cell.added is not None or _CITED.search(one.cell.label) is not None


def _papers(found: Sequence[tuple[TableResult, CellResult]]) -> str:
    return " or ".join(dict.fromkeys(table.paper.id for table, _ in found))


def _names(found: Sequence[tuple[TableResult, CellResult]]) -> str:
    return enumerated(dict.fromkeys(one.cell.label for _, one in found))
