"""The clips behind the cells of a table."""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.judge.states import State
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting.render.blocks import Block, Bullets, Heading
from benchmarks.reporting.wording import plain


def data_blocks(result: TableResult, results: Sequence[CellResult]) -> Iterator[Block]:
    """Clips used and expected per dataset, and sources that lie in several folds where there are several."""
    for dataset in dict.fromkeys(one.cell.dataset for one in results if one.n_runs and one.cell.dataset):
        of_dataset = [one for one in results if one.cell.dataset == dataset and one.evidence]
        lines = clips_used(of_dataset)
        state = result.states.get(of_dataset[0].variant, {}).get(dataset)
        lines += [_released(result, dataset, state), _files(state)] if state else []
        if len(result.paper.datasets[dataset].folds) > 1:
            lines += _leaks(result, dataset, of_dataset)
        yield Heading(result.paper.datasets[dataset].title, 4)
        yield Bullets(lines)


def clips_used(results: Iterable[CellResult]) -> list[str]:
    """Clips per split over the runs of cells, each combination once; not what another one says as well, and more."""
    told = dict.fromkeys(items for one in results if one.n_runs and (items := items_of(one)))
    parts = {items: set(items.split("; ")) for items in told}
    return sorted(items for items in told if not any(parts[items] < others for others in parts.values()))


def items_of(one: CellResult) -> str:
    """Clips per split over the runs of a cell; a range where folds differ."""
    by_split: dict[str, set[str]] = {}
    for scored in one.evidence.scored if one.evidence else ():
        for split, count in scored.finished.result["data"].get("items", {}).items():
            if isinstance(count, dict):
                expected = "" if count["expected"] is None else f" of {count['expected']}"
                count = f"{count['used']}{expected}"
            by_split.setdefault(split, set()).add(str(count))
    return "; ".join(f"{plain(split)}: {' or '.join(sorted(counts))} clips" for split, counts in by_split.items())


def _released(result: TableResult, dataset: str, state: State) -> str:
    """Which release the files are and in what state, as the newest run that counted these very files found them."""
    known = [state.census, *(one.census for of in result.states.values()
                             for name, one in of.items() if name == dataset and one.shown == state.shown)]  # fmt: skip
    counted = next(filter(None, known), None)
    return f"release and state: {counted or 'not kept with these runs, which are older than the count of files'}"


def _files(state: State) -> str:
    """Which files the runs were made with, whether they are here, and on which others there are runs.

    Where there are runs on these alone, a page is the same wherever it is written: with these files, or without any.
    """
    text = f"files: `{state.shown}`"
    if not state.others and (state.is_here or state.here is None):
        text += ", the only state that runs are stored of"
    elif state.is_here:
        text += ", those of the machine that wrote this page"
    elif state.here is None:
        text += ", the newest state that runs are stored of; the machine that wrote this page has none that can be read"
    else:
        text += f", **not those of the machine that wrote this page** (`{state.here}`), on which nothing has run"
    others = [f"{count} on `{files}`" for files, count in state.others.items()]
    return f"{text}; **runs on other files are left aside**: {', '.join(others)}" if others else text


def _leaks(result: TableResult, dataset: str, results: Sequence[CellResult]) -> list[str]:
    import pandas as pd

    truths = {id(scored.truth): scored.truth for one in results if one.evidence for scored in one.evidence.scored}
    folds = pd.concat(list(truths.values())).groupby("unit")["fold"].unique()
    unit = result.paper.datasets[dataset].bootstrap_unit
    crossing = [f"{name} ({', '.join(map(str, sorted(at)))})" for name, at in folds.items() if len(at) > 1]
    found = f"known leak: {unit} in several folds: {', '.join(crossing)}" if crossing else f"no {unit} crosses folds"
    return [found]
