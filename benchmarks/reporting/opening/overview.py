"""All cells of all tables at a glance: a square each, in words beside it; which methods ran; which runs are new."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from benchmarks.judge.table import FITTED, CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.whose import Whose, is_network, whose, whose_rows
from benchmarks.reporting.render.blocks import Block, Bullets, Grid, Heading, Text
from datasets.acquire.telling import count_of

#: The square of a cell by its state, in the order in which they are explained; circles stand for fitted readings.
SQUARES = {
    "reproduced": "🟩", f"reproduced{FITTED}": "🟢",
    "deviates": "🟥", f"deviates{FITTED}": "🔴",
    "undecided": "🟨", f"undecided{FITTED}": "🟡",
    "holds": "🟦", f"holds{FITTED}": "🔵",
    "fails": "🟪", f"fails{FITTED}": "🟣",
    "no verdict": "🔲", "reduced only": "🟧", "stand-in only": "🟫", "not yet run": "⬜", "quoted": "⬛",
}  # fmt: skip
#: What is meant where published numbers had a say in what is computed.
CHOSEN = (
    "computed without training, in part by what the printed numbers chose: the page of the table tells what, and for "
    "how many numbers"
)
MEANT = {
    "holds": "holds (computed without training)", f"holds{FITTED}": f"holds{FITTED} ({CHOSEN})",
    "fails": "fails (computed without training)", f"fails{FITTED}": f"fails{FITTED} ({CHOSEN})",
    "no verdict": "ran in full or in part without a verdict: the page of the table tells why",
    "reduced only": "not run in full, but on a shorter schedule on the real files",
    "stand-in only": "not run in full, but on stand-in files: other sounds in the layout of the dataset",
    "not yet run": "not run yet", "quoted": "quoted by the paper from others, not run here",
}  # fmt: skip
#: How states are told after a number, where that is not as other words are.
TOLD = {
    "no verdict": "run without a verdict", "reduced only": "run on a shorter schedule only",
    "stand-in only": "run on stand-in files only", "not yet run": "not run",
}  # fmt: skip
#: The runs of so many days are told as new.
DAYS = 3


def overview_row(table: TableResult) -> tuple[str, str, str, str]:
    """The line of a table: its link, its title, a square per published number, row by row, and that in words."""
    states = [(one.cell.row, state) for one in table.main if (state := state_of(table, one))]
    squares = " ".join(
        "".join(SQUARES[state] for _, state in of_row) for _, of_row in groupby(states, lambda one: one[0])
    )
    link = f"[{table.id}]({table.paper.id}/{table.table_id}.md)"
    return link, table.table.title, squares, in_words(table)


def overview_blocks(rows: Sequence[Sequence[str]], used: Collection[str]) -> Iterator[Block]:
    """The lines of tables (`overview_row`), and what the squares mean; used: the states of all their cells."""
    yield Grid(("table", "of", "its published numbers, row by row", "in words"), rows, left=(0, 1, 2, 3))
    yield Text(
        "; ".join(f"{square} {MEANT.get(state, state)}" for state, square in SQUARES.items() if state in used) + "."
    )


def states_of(table: TableResult) -> Counter[str]:
    """How many published numbers of a table are in which state."""
    return Counter(state for one in table.main if (state := state_of(table, one)))


def beside(tables: Sequence[TableResult]) -> int:
    """How many of the published numbers do not stand in the papers' own tables, but are added beside them."""
    return sum(
        bool(one.cell.added or table.table.columns[one.cell.column].added)
        for table in tables for one in table.main if one.cell.published is not None
    )  # fmt: skip


def incomparable(tables: Sequence[TableResult]) -> int:
    """How many published numbers that have not run would earn no verdict if they did."""
    return sum(
        bool(one.differing_fields) and one.cell.published is not None and not one.n_runs
        for table in tables for one in table.main if one.cell.recipe == "train"
    )  # fmt: skip


def alone_of(table: TableResult) -> Counter[str]:
    """How many published numbers of a table are in which state on the mean alone."""
    found = ((state_of(table, one), one.mean_alone) for one in table.main)
    return Counter(state for state, mean_alone in found if state and mean_alone is not None)


def in_words(table: TableResult) -> str:
    """How many published numbers of a table are in which state."""
    return counted(states_of(table), alone_of(table))


def counted(counts: Mapping[str, int], alone: Mapping[str, int]) -> str:
    """How many cells are in which state, and how many of these on the mean alone."""
    return ", ".join(
        f"{counts[state]} {told(counts[state], state, alone.get(state, 0))}" for state in SQUARES if counts[state]
    )


def told(number: int, state: str, alone: int = 0) -> str:
    """What is said of so many cells in a state, so many of them on the mean alone, after their number."""
    return TOLD.get(state) or wording.told(number, state, alone).removeprefix(f"{number} ")


def state_of(table: TableResult, one: CellResult) -> str | None:
    """What is known of a published number at most: its verdict, else where it ran; None of a cell without one."""
    if one.cell.published is None:
        return None
    if one.counted in SQUARES and one.counted != "not yet run":
        return one.counted
    if one.status == "not audited":
        return "not yet run"
    if one.n_runs or one.status == "not scored here":
        return "no verdict"
    ran = {
        (variant.corpus, variant.tier)
        for variant, results in table.others.items()
        if variant.tier != "smoke" and any(other.cell.id == one.cell.id and other.mean is not None for other in results)
    }
    if ("real", "full") in ran:
        return "no verdict"
    corpora = {corpus for corpus, _ in ran}
    return "reduced only" if "real" in corpora else "stand-in only" if "standin" in corpora else "not yet run"


def methods_of(tables: Sequence[TableResult]) -> list[tuple[bool, str | None, Whose, bool]]:
    """Of every published cell that is trained whether that takes a network, what became of it, and whose row it is of.

    What became of it is None where it did not run in full. Last whether a verdict is one on the mean alone.
    """
    trained = [(table, one) for table in tables for one in table.main if one.cell.recipe == "train"]
    return [
        (
            is_network(table, one), None if one.mean is None else one.counted, whose(table, one),
            one.mean_alone is not None,
        )
        for table, one in trained if one.cell.published is not None
    ]  # fmt: skip


def method_sentences(published: Sequence[tuple[bool, str | None, Whose, bool]]) -> Iterator[str]:
    """How many cells that train a network ran in full, and how many that fit a classical method, and whose they are."""
    for wanted, called in ((True, "Networks, which are trained"), (False, "Classical methods, which are fitted")):
        cells = [(became, Whose(*row), alone) for is_network, became, row, alone in published if is_network is wanted]
        ran = [(became, row, alone) for became, row, alone in cells if became is not None]
        alone = Counter(became for became, _, is_alone in ran if is_alone)
        verdicts = wording.counted(Counter(became for became, *_ in ran), alone)
        told = f": {verdicts}; {whose_rows([row for _, row, _ in ran])}" if ran else ""
        if cells:
            yield f"{called}: {len(ran) or 'none'} of {len(cells)} cells ran in full on the real files{told}."


def ended_of(tables: Sequence[TableResult]) -> dict[str, tuple[str, str]]:
    """On which day the runs behind tables ended, "" where results do not tell, and of what they are, by their ids."""
    found: dict[str, tuple[str, str]] = {}
    for table in tables:
        for one in (
            *table.main,
            *(one for of in (table.others, table.controls) for some in of.values() for one in some),
        ):
            for scored in one.evidence.scored if one.evidence else ():
                where = f"{table.paper.id}, {wording.conditions(one.variant)}"
                found[scored.finished.run.id] = (str(scored.finished.result.get("ended") or "")[:10], where)
    return found


def newest_blocks(found: Mapping[str, tuple[str, str]]) -> list[Block]:
    """The runs of the last days on which any ended (`ended_of`)."""
    days = sorted({day for day, _ in found.values() if day}, reverse=True)[:DAYS]
    lines = []
    for day in days:
        counts = Counter(where for at, where in found.values() if at == day)
        told = "; ".join(f"{count} of {where}" for where, count in sorted(counts.items()))
        lines.append(f"{day}: {count_of(sum(counts.values()), 'run')}: {told}")
    if undated := sum(not day for day, _ in found.values()):
        lines.append(f"without a day: {count_of(undated, 'run')} from before results told when they ended")
    return [Heading("The newest runs"), Bullets(lines)] if days else []
