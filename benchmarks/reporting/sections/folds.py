"""The values of each fold and each seed behind the cells of a table."""

from collections.abc import Iterator, Sequence

from benchmarks.judge.evidence import Part
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.render.blocks import Block, Folded, Grid


def fold_blocks(result: TableResult, results: Sequence[CellResult]) -> Iterator[Block]:
    """The value of each fold, mean over complete seeds, and of each such seed, mean over folds; columns like folds.

    Of a seed that lacks folds is told which ran.
    """
    for column, of_column in result.columns(tuple(results)).items():
        ran = [one for one in of_column if one.n_runs and one.evidence]
        if not ran:
            continue
        by_fold = [one.evidence for one in ran if one.evidence and one.evidence.fold_values]
        folds = sorted({fold for evidence in by_fold for fold in evidence.folds})
        described = result.table.columns[column]
        shown = folds if len(folds) > 1 else []
        rows = []
        for one in ran:
            assert one.evidence is not None
            values = one.evidence.fold_values
            whole = ", ".join(f"{value:.{described.decimals + 1}f}" for value in one.evidence.seed_values.values())
            begun = (
                f"of seed {seed} alone {', '.join(_part(result, fold) for fold in parts)}"
                for seed, parts in one.evidence.begun.items()
            )
            seeds = "; ".join(filter(None, (whole, *begun)))
            of_folds = (wording.number(values.get(fold), described.decimals + 1) for fold in shown)
            rows.append((one.cell.label, *of_folds, seeds))
            if shown and one.published_folds:
                known = one.published_folds
                published = (wording.number(value, 1) for value in known.values[one.cell.id])
                whose = "published" if one.folds_are_its_own else "published, but of another run than the value"
                whose = f"of {known.rerun}" if known.rerun else whose
                rows.append((f"{one.cell.label}, {whose}", *published, known.where))
        what = ("Columns" if described.mean_of else "Folds") if shown else "Seeds"
        title = f"{what} of {described.label}, {wording.conditions(ran[0].variant, ran)}"
        head = ("row", *(_part(result, fold) for fold in shown), "each seed")
        yield Folded(title, [Grid(head, rows)])


def _part(result: TableResult, fold: Part) -> str:
    """What a mean is over, by name: a fold, or the label of a column."""
    column = result.table.columns.get(str(fold))
    return column.label if column else f"fold {fold}"
