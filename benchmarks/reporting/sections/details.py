"""What stands below a table: folds, claims, figures, checks, data, provenance."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.judge.evidence import Part
from benchmarks.judge.table import CellResult, ClaimTest, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.drawing.figure import Figure
from benchmarks.reporting.figures.clips import confusion, headline
from benchmarks.reporting.render.blocks import Block, Bullets, Folded, Footnotes, Grid, Heading, Picture, Text
from benchmarks.spec.audit import Computed, Quantity, Recorded


def fold_blocks(result: TableResult, results: Sequence[CellResult]) -> Iterator[Block]:
    """The value of each fold, mean over seeds, and of each complete seed, mean over folds; columns like folds."""
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if one.n_runs and one.evidence]
        if not ran:
            continue
        folds = sorted({fold for one in ran if one.evidence for fold in one.evidence.folds})
        described = result.table.columns[column]
        shown = folds if len(folds) > 1 else []
        rows = []
        for one in ran:
            assert one.evidence is not None
            values = one.evidence.fold_values
            seeds = ", ".join(f"{value:.{described.decimals + 1}f}" for value in one.evidence.seed_values.values())
            rows.append((one.cell.label, *(_number(values.get(fold), described.decimals + 1) for fold in shown), seeds))
        what = ("Columns" if described.mean_of else "Folds") if shown else "Seeds"
        title = f"{what} of {described.label}, {wording.conditions(ran[0].variant)}"
        head = ("row", *(_part(result, fold) for fold in shown), "each seed")
        yield Folded(title, [Grid(head, rows)])


def claim_blocks(claims: Sequence[ClaimTest], level: int = 2) -> list[Block]:
    """What the paper says about the table, in its own numbers and in ours."""
    if not claims:
        return []
    paper = [one for one in claims if not one.claim.ours]
    ours = [one for one in claims if one.claim.ours]
    about = (
        "A claim is about the method where both sides have three seeds (or are deterministic), else about these two "
        "models. It holds only if every link of it holds; p is corrected over all links of the table (Holm). "
        "Differences are in favour of the row named first: of error rates, how much lower it is."
    )
    asked = "Not claims of the paper: what we ask to understand its numbers; p is corrected among these questions."
    blocks: list[Block] = [Heading("Claims", level), Text(about), _claim_grid(paper)] if paper else []
    if ours:
        blocks += [Heading("Questions of ours", level), Text(asked), _claim_grid(ours)]
    return blocks


def _claim_grid(claims: Sequence[ClaimTest]) -> Grid:
    rows = []
    for test in claims:
        claim, found = test.claim, test.ours
        in_print = {None: wording.NOTHING, True: "holds", False: "fails"}[test.in_print.holds]
        difference = wording.NOTHING if found.difference is None else f"{found.difference:+.2f}"
        low_high = None if found.low is None or found.high is None else (found.low, found.high)
        rows.append(
            (
                f"{claim.text} ({claim.where})",
                in_print,
                f"**{found.status}**" if found.status in ("holds", "fails") else found.status,
                found.kind or wording.NOTHING,
                difference,
                wording.span(low_high, 2),
                wording.NOTHING if found.p_holm is None else f"{found.p_holm:.3g}",
                found.note,
            )
        )
    head = ("claim", "as printed", "ours", "about", "difference", "95 % interval", "p (Holm)", "note")
    return Grid(head, rows, left=(0, 1, 2, 3, 7))


def figure_blocks(
    result: TableResult, figures: Sequence[Figure], results: Sequence[CellResult], cache: Path
) -> Iterator[Block]:
    """The figures, and in words the recall of each class and the most frequent confusions."""
    for figure in figures:
        yield Picture(f"figures/{figure.name}.svg", figure.caption)
    for column, of_column in result.columns(tuple(results)).items():
        done = [one for one in of_column if one.mean is not None]
        if figures and (best := headline(done)):
            found = confusion(result, best, cache)
            label = result.table.columns[column].label
            recalls = sorted(zip(found.recall, found.classes, strict=True), reverse=True)
            listed = ", ".join(f"{_plain(name)} {100 * recall:g}" for recall, name in recalls)
            worst = [
                f"{_plain(true)} called {_plain(decided)}: {count} of {total}"
                for count, true, decided, total in found.worst()
            ]
            title = f"{label}, {best.cell.label}: recall per class and frequent confusions"
            yield Folded(title, [Text(f"Recall in %: {listed}."), Bullets(worst)])


def quantity_blocks(result: TableResult, notes: Footnotes) -> list[Block]:
    """What a table could have printed beside its audited columns: other quantities of the same rows."""
    entries = [
        entry for entry in result.paper.audit.checks
        if isinstance(entry, Quantity | Computed | Recorded) and entry.table == result.table_id
        and not getattr(entry, "feeds", False)
    ]  # fmt: skip
    computed = {check["id"]: check["computed"] for check in result.checks}
    head = [
        _plain(entry.id.removesuffix("_M"))
        + (" (M)" if entry.id.endswith("_M") else "")
        + (notes.mark(wording.sentence(entry.note)) if entry.note else "")
        for entry in entries
    ]
    labels = {one.cell.row: one.cell.label for one in result.main}
    rows = [
        (label, *(_number(computed.get(f"{result.id}.{row}.{entry.id}"), 2) for entry in entries))
        for row, label in labels.items()
    ]
    return [Heading("What the table does not print"), Grid(("row", *head), rows)] if entries else []


def check_blocks(result: TableResult) -> list[Block]:
    """The checks that need no training; what they find about audited cells stands in the table already."""
    rows = []
    for check in result.checks:
        word = {True: "holds", False: "**fails**", None: ""}[check["holds"]]
        printed = wording.NOTHING if check["published"] is None else f"{check['published']:g}"
        note = wording.sentence(check["note"]) if check["note"] else ""
        rows.append((f"`{check['id']}`", printed, f"{check['computed']:.6g}", word, note))
    if not rows:
        return []
    grid = Grid(("check", "published", "computed", "audit", "note"), rows, left=(0, 3, 4))
    failing = sum(row[3] == "**fails**" for row in rows)
    return [Heading("Audit"), Folded(f"{len(rows)} checks without training, {failing} of them fail", [grid])]


def data_blocks(result: TableResult, results: Sequence[CellResult]) -> Iterator[Block]:
    """Clips used and expected per dataset, and sources that lie in several folds where there are several."""
    for dataset in dict.fromkeys(one.cell.dataset for one in results if one.n_runs and one.cell.dataset):
        of_dataset = [one for one in results if one.cell.dataset == dataset and one.evidence]
        lines = sorted({_counts(one) for one in of_dataset if one.n_runs})
        if len(result.paper.datasets[dataset].folds) > 1:
            lines += _leaks(result, dataset, of_dataset)
        yield Heading(f"Data: {result.paper.datasets[dataset].title}", 3)
        yield Bullets(lines)


def _counts(one: CellResult) -> str:
    """Clips per split over the runs of a cell; a range where folds differ."""
    by_split: dict[str, set[str]] = {}
    for scored in one.evidence.scored if one.evidence else ():
        for split, count in scored.finished.result["data"].get("items", {}).items():
            if isinstance(count, dict):
                expected = "" if count["expected"] is None else f" of {count['expected']}"
                count = f"{count['used']}{expected}"
            by_split.setdefault(split, set()).add(str(count))
    return "; ".join(f"{split}: {' or '.join(sorted(counts))} clips" for split, counts in by_split.items())


def _leaks(result: TableResult, dataset: str, results: Sequence[CellResult]) -> list[str]:
    import pandas as pd

    truths = {id(scored.truth): scored.truth for one in results if one.evidence for scored in one.evidence.scored}
    folds = pd.concat(list(truths.values())).groupby("unit")["fold"].unique()
    unit = result.paper.datasets[dataset].bootstrap_unit
    crossing = [f"{name} ({', '.join(map(str, sorted(at)))})" for name, at in folds.items() if len(at) > 1]
    found = f"known leak: {unit} in several folds: {', '.join(crossing)}" if crossing else f"no {unit} crosses folds"
    return [found]


def _part(result: TableResult, fold: Part) -> str:
    """What a mean is over, by name: a fold, or the label of a column."""
    column = result.table.columns.get(str(fold))
    return column.label if column else f"fold {fold}"


def _number(value: float | None, decimals: int) -> str:
    return wording.NOTHING if value is None or np.isnan(value) else f"{value:.{decimals}f}"


def _plain(name: str) -> str:
    return name.replace("_", " ")
