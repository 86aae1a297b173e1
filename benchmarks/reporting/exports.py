"""Tables as other programs take them: LaTeX to paste into a text, CSV and JSON to read."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.errors import InputError
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.layout import grids, own_cells
from benchmarks.reporting.opening.marks import FURTHER
from benchmarks.reporting.opening.own_table import shortening
from benchmarks.reporting.render.inline import one_line
from benchmarks.reporting.render.json_data import printed_beside, ran_otherwise
from benchmarks.reporting.render.latex import HIGH, floating
from benchmarks.spec import select
from datasets.acquire.telling import enumerated

#: Letters beside our values, which any font has, and what they say.
LETTERS = {
    "reproduced": "R", "deviates": "D", "undecided": "U", "not comparable": "N", "flawed files": "N",
    "not judged": "N", "holds": "H", "fails": "F",
}  # fmt: skip
MEANT = {
    "R": "reproduced", "D": "deviates", "U": "undecided", "N": "no verdict", "H": "holds in the audit",
    "F": "fails in the audit", "m": "the mean alone, single folds differ",
    "f": "a reading fitted to the published values", "o": "our reading of an open protocol",
    "b": "not computed in float32 but in what a study lets stand for it",
    "s": "the mean of a shorter schedule, no verdict", "q": "quoted, not run here",
    "c": "the published value is corrected, as it cannot be right",
}  # fmt: skip
#: The letters of the marks that stand beside a verdict on the pages.
BESIDE = {"ᵐ": "m", "ᶠ": "f", "ʳ": "o", "ᵇ": "b"}
#: What a dash behind a stroke says.
NOT_RUN = "–: not run"


def exported(tables: Iterable[TableResult], form: str) -> str:
    """The tables in one of the `FORMATS`, ended by a line break."""
    return FORMATS[form](list(tables))


def exported_target(tables: Iterable[TableResult], target: str | None, form: str) -> str:
    """The same of what a target (None: all) names of them. Raises InputError where LaTeX would have no row."""
    found = [part_of(table, target) if target else table for table in tables]
    if form == "latex" and not all(table.main for table in found):
        raise InputError(f"{target}: names no row of the paper's table; --format csv or json tell what ran beside it")
    return exported(found, form)


def part_of(table: TableResult, target: str) -> TableResult:
    """What a target names of a table: all of it, or the cells of a row or a column, that with rows of one's own."""
    if target.count(".") < 2:
        return table
    chosen = select(target)
    ids, columns = {cell.id for cell in chosen}, {cell.column for cell in chosen}
    is_column = f"{table.id}.{chosen[0].column}" == target

    def of(results: Iterable[CellResult]) -> tuple[CellResult, ...]:
        return tuple(one for one in results if one.cell.id in ids)

    own = {
        variant: tuple(row for row in rows if row.result.cell.column in columns)
        for variant, rows in table.own.items() if is_column
    }  # fmt: skip
    return replace(
        table,
        main=of(table.main),
        others={variant: of(results) for variant, results in table.others.items()},
        controls={variant: of(results) for variant, results in table.controls.items()},
        own={variant: rows for variant, rows in own.items() if rows},
    )


def latex(tables: Iterable[TableResult]) -> str:
    """Tables for booktabs, as the paper prints them: published, and ours with its interval and a letter for it.

    Behind each stand the rows that are not the paper's, if there are any, by the conditions of their runs.
    """
    written = [text for table in tables for text in (_table(table), *_own_tables(table))]
    return "% \\usepackage{booktabs}\n" + "\n".join(written)


def table_csv(tables: Iterable[TableResult]) -> str:
    """A line for each cell and each of the conditions under which it ran, the paper's own first."""
    rows = [_as_printed(entry) for table in tables for entry in entries(table)]
    text = io.StringIO()
    writer = csv.DictWriter(text, HEAD, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _as_printed(entry: dict[str, Any]) -> dict[str, Any]:
    """With all decimals that the paper prints, which numbers do not keep."""
    values = {name: entry[name] for name in PRINTED if entry[name] is not None}
    return {**entry, **{name: f"{value:.{entry['decimals']}f}" for name, value in values.items()}}


def table_json(tables: Iterable[TableResult]) -> str:
    """The same lines, with what the tables and their columns are."""
    found = [
        {**_described(table), "ran_otherwise": ran_otherwise(table), "cells": list(entries(table))} for table in tables
    ]
    return json.dumps({"tables": found}, indent=1, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Iterable[TableResult]], str]] = {"latex": latex, "csv": table_csv, "json": table_json}
#: What is told of a cell.
HEAD = (
    "cell", "row", "column", "unit", "published", "corrected", "ours", "low", "high", "state", "protocol",
    "seeds_folds", "tier", "corpus", "numerics", "mean", "whose", "brought", "partial", "flaw", "mean_alone",
    "decimals",
)  # fmt: skip
#: Of these the values with the decimals of the published one.
PRINTED = ("published", "corrected", "ours", "low", "high")


def entries(table: TableResult) -> Iterator[dict[str, Any]]:
    """The cells of a table: `ours` as the paper would print it, `mean` as it is; `low` to `high` for one more run.

    What ran on other files than the paper's has nothing `published` beside it.
    Conditions that are not the paper's have no state of their own but "no verdict". `whose` row it is, the paper's, a
    control of ours, or one of the user's own; how ours was `brought` to the printed decimals; of which folds alone it
    is, if it is `partial`; the `flaw` of files that are not all the official ones; whether it is reproduced in the mean
    alone; the `decimals` of the published value.
    """
    shown = [one for one in table.main if one.cell.published is not None or one.n_runs]
    apart = (one for results in table.others.values() for one in results if one.n_runs)
    controls = (one for results in table.controls.values() for one in results if one.n_runs)
    own = (row.result for rows in table.own.values() for row in rows)
    yield from (_entry(table, one, "paper") for one in (*shown, *apart))
    yield from (_entry(table, one, "control") for one in controls)
    yield from (_entry(table, one, "own") for one in own)


def _entry(table: TableResult, one: CellResult, whose: str) -> dict[str, Any]:
    cell, mean = one.cell, _finite(one.mean)
    low, high = one.interval or (None, None)
    protocol = one.protocol if cell.recipe == "train" and whose == "paper" else None
    return {
        "cell": cell.id, "row": one_line(cell.label), "column": one_line(table.table.columns[cell.column].label),
        "unit": cell.unit, **printed_beside(one),
        "ours": None if mean is None else float(wording.digits(one)),
        "low": _rounded(low, cell.decimals), "high": _rounded(high, cell.decimals), "state": one.counted,
        "protocol": protocol, "seeds_folds": wording.runs(one) if one.n_runs else None,
        "tier": one.variant.tier, "corpus": one.variant.corpus, "numerics": one.made_in, "mean": mean,
        "whose": whose, "brought": None if mean is None else "cut" if cell.truncates else "rounded",
        "partial": one.partial, "flaw": one.flaw, "mean_alone": one.mean_alone is not None,
        "decimals": cell.decimals,
    }  # fmt: skip


def _rounded(value: float | None, decimals: int) -> float | None:
    """As it stands on the pages."""
    return None if _finite(value) is None else float(f"{value:.{decimals}f}")


def _finite(value: float | None) -> float | None:
    """JSON has neither infinity nor what is no number."""
    return value if value is not None and math.isfinite(value) else None


def _described(table: TableResult) -> dict[str, Any]:
    paper = table.paper
    columns = {
        name: {"label": column.label, "unit": column.unit, "margin": column.margin, "added": column.added}
        for name, column in table.table.columns.items()
    }
    return {
        "id": table.id, "title": table.table.title, "paper": paper.title, "reference": paper.reference,
        "columns": columns,
    }  # fmt: skip


def _table(table: TableResult) -> str:
    """One table, of as many tabulars as the paper's columns need."""
    letters: dict[str, None] = {}
    apart = _nearest(table)
    results = own_cells(table, table.main)
    is_measured = any(one.mean is not None or one.cell.id in apart for one in results)
    write = partial(_cell, apart=apart if is_measured else None, letters=letters)
    made = list(grids(table, results, write))
    entries = [entry for grid in made for row in grid.rows for entry in row[1:]]
    said = "Published / ours" if is_measured else "Published values"
    said += _unit(table, results)
    said += (
        ", with the 90 % interval of one more run" if is_measured and any(" [" in entry for entry in entries) else ""
    )
    legend = [f"{letter}: {MEANT[letter]}" for letter in MEANT if letter in letters]
    legend += [NOT_RUN] if any(entry.partition(HIGH)[0].endswith(f"/ {wording.NOTHING}") for entry in entries) else []
    told = [said, shortening(table, [*results, *apart.values()]).rstrip(".")]
    caption = f"{table.table.title} ({table.paper.title}). {'. '.join(filter(None, told))}."
    return floating(caption, f"tab:{table.id}", made, f"{'; '.join(legend)}." if legend else "")


def _unit(table: TableResult, results: Iterable[CellResult]) -> str:
    """The unit, where all columns have one that no label tells."""
    columns = [table.table.columns[name] for name in dict.fromkeys(one.cell.column for one in results)]
    units = {column.unit for column in columns}
    is_told = any(f"({column.unit})" in column.label or column.label == column.unit for column in columns)
    return f", in {units.pop()}" if len(units) == 1 and units != {""} and not is_told else ""


def _own_tables(table: TableResult) -> Iterator[str]:
    """The rows that are not the paper's, first, then those of the paper that ran under the same conditions."""
    for variant, rows in table.own.items():
        beside = {rival.result.cell.id: rival.result for row in rows for rival in row.rivals}
        results = [*(row.result for row in rows), *beside.values()]
        names = dict.fromkeys(row.result.cell.label for row in rows)
        caption = (
            f"{table.table.title} ({table.paper.title}): rows that are not the paper's ({enumerated(names)}), beside "
            f"its own; {wording.conditions(variant)}. Means{_unit(table, results)}, with the standard deviation over "
            "seeds, no verdicts."
        )
        yield floating(caption, f"tab:{table.id}.own.{variant.name}", list(grids(table, results, wording.so_far)))


def _nearest(table: TableResult) -> dict[str, CellResult]:
    """Of each cell that did not run in full what ran on the real files on a shorter schedule."""
    found: dict[str, CellResult] = {}
    for variant, results in table.others.items():
        if variant.corpus == "real" and variant.tier != "smoke":
            for one in results:
                if one.mean is not None and not one.flaw:
                    found.setdefault(one.cell.id, one)
    return found


def _cell(one: CellResult, apart: Mapping[str, CellResult] | None, letters: dict[str, None]) -> str:
    """Published, ours, interval and letters; these stand behind a mark that is set high in the end.

    apart: what ran otherwise, by cell; None where the table is of published values alone.
    """
    text, marks = wording.published(one), []
    if one.cell.recipe == "quoted":
        marks = ["q"] if one.cell.published is not None else []
    elif apart is not None and one.mean is not None:
        marks = [LETTERS.get(one.status, "N"), *(BESIDE[mark] for mark, is_so in FURTHER.items() if is_so(one))]
        span = f" [{wording.span(one.interval, one.cell.decimals)}]" if one.interval else ""
        text += f" / {wording.as_printed(one)}{span}"
    elif apart is not None and one.cell.id in apart:
        marks = ["s"]
        text += f" / {wording.as_printed(apart[one.cell.id])}"
    elif apart is not None:
        text += f" / {wording.NOTHING}"
    marks += ["c"] if one.cell.corrected is not None else []
    letters |= dict.fromkeys(marks)
    return f"{text}{HIGH}{','.join(marks)}" if marks else text
