"""The result of a table in a few sentences: what came out in full, what the shorter runs say, what the audit finds."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.audit.checks import printed
from benchmarks.audit.printed import counted as checks_counted
from benchmarks.judge.claims import NO_POWER
from benchmarks.judge.table import FITTED, CellResult, ClaimTest, TableResult, Variant
from benchmarks.reporting import wording
from benchmarks.reporting.opening.layout import own_cells
from benchmarks.reporting.opening.whose import is_network
from benchmarks.runs.stored.finished import Finished
from datasets.acquire.telling import count_of, enumerated

#: So many answered claims are told with their numbers, first those of the paper.
TOLD = 2
#: Tests that would find a difference of one margin more seldom see too little to speak of "undecided" alone.
LITTLE_POWER = 0.2
#: A run that is at its best in one of so many last epochs had not finished learning.
LAST_EPOCHS = 2
#: What a variant's files are, for whoever reads of them first.
FILES = {
    "real": "the real files", "miniature": "generated sounds",
    "standin": "stand-in files (other sounds in this layout)",
}  # fmt: skip
AUDITED = {"holds": "holds", "fails": "fails", "not audited": "not computed"}
#: Answers in the order in which they are counted, and what is not said by the word alone.
ANSWERS = {
    "holds": "", "fails": "", "seen": "", "not seen": "the opposite came out", "undecided": "",
}  # fmt: skip
OTHERWISE = "what is published was made otherwise, or by a recipe that could not be read"
#: What decides about two trained networks and no method.
OF_TWO = " in the two models at hand"
BY_CHANCE = "other seeds may turn it"


def result_sentences(result: TableResult) -> list[str]:
    """What is known of the table: in full first, then of every other variant but tier smoke, then of the audit."""
    claimed = _claims(result, result.claims, "Of the paper's claims")
    apart = (_apart(result, variant) for variant in result.others if variant.tier != "smoke")
    return [*filter(None, (" ".join((*_full(result), claimed)).strip(), *apart, _checks(result)))]


def source_sentence(result: TableResult) -> str:
    """Which table of which paper it is, and what the paper claims of it first, in our words."""
    paper = result.paper
    told = (
        f"Table {result.table_id.removeprefix('t')} of *{paper.title}* ({paper.authors}, {paper.year}; "
        f"{paper.reference})."
    )
    claims = [one for one in result.claims if not one.claim.ours and _is_printed(result, one)]
    if not claims:
        return told
    first = claims[0].claim
    more = f"; {len(claims) - 1} more under Claims" if len(claims) > 1 else ""
    return f"{told} What the paper claims of it, in our words: {first.text} ({first.where}){more}.{_in_print(claims)}"


def _is_printed(result: TableResult, one: ClaimTest) -> bool:
    """Whether the column that a claim is about is one of the paper's own."""
    return one.claim.column is None or result.table.columns[one.claim.column].added is None


def _in_print(claims: Sequence[ClaimTest]) -> str:
    """How many of the paper's claims agree with its own numbers; nothing where all do."""
    counts = Counter(str(one.in_print.outcome) for one in claims)
    if not counts["fails"] and not counts["tie"]:
        return ""
    told = [wording.said(counts[word], word) for word in ("holds", "fails") if counts[word]]
    told += [f"{counts['tie']} {'is a tie' if counts['tie'] == 1 else 'are ties'}"] if counts["tie"] else []
    return f" By the printed numbers themselves {' and '.join(filter(None, (', '.join(told[:-1]), told[-1])))}."


def spoken(variant: Variant) -> str:
    """A variant for the beginning of a sentence: "Reduced, on the real files"."""
    tier = "In full" if variant.tier == "full" else variant.tier.capitalize()
    return f"{tier}, on {FILES[variant.corpus]}" + ("" if variant.numerics == "float32" else f", in {variant.numerics}")


def _full(result: TableResult) -> Iterator[str]:
    """How many published cells ran in full, with which verdicts, and what became of the others."""
    cells = [one for one in result.main if one.cell.published is not None]
    by_recipe = {name: [one for one in cells if one.cell.recipe == name] for name in ("audit", "train", "quoted")}
    if audited := by_recipe["audit"]:
        yield _audited(audited)
    if trained := by_recipe["train"]:
        yield _trained(result, trained)
    if quoted := by_recipe["quoted"]:
        yield f"{count_of(len(quoted), 'cell')} {'is' if len(quoted) == 1 else 'are'} only quoted from others."
    yield from _controls(result)


def _controls(result: TableResult) -> Iterator[str]:
    """Rows of ours that ran in full on the real files, the first of them with their values."""
    yield from _other_readings(result)
    told = {other.cell.row for _, other in _held(result)}
    ran = [
        one for variant, rows in result.controls.items() if variant.earns_verdict
        for one in rows if _has_value(one) and one.cell.row not in told
    ]  # fmt: skip
    labels = list(dict.fromkeys(one.cell.label for one in ran))
    if not labels:
        return
    values = [
        f"{wording.as_printed(one)} ({result.table.columns[one.cell.column].label})"
        for one in ran if one.cell.label == labels[0]
    ]  # fmt: skip
    more = f", and {count_of(len(labels) - 1, 'other')}" if len(labels) > 1 else ""
    yield f"Our control “{labels[0]}” has run in full, too: {enumerated(values)}{more}."


def _held(result: TableResult) -> list[tuple[CellResult, CellResult]]:
    """Cells with what came out for them under another reading, where that can be held against the published value."""
    known = [one for one in result.main if one.cell.target is not None and one.cell.margin is not None]
    return [(one, other) for one in known for other in one.readings if _has_value(other)]


def _has_value(one: CellResult) -> bool:
    return one.mean is not None and not math.isnan(one.mean)


def _other_readings(result: TableResult) -> Iterator[str]:
    """Of the values of the same cells under another reading, how many would lie outside the margin, and which."""
    held = _held(result)
    if not held:
        return
    labels = list(dict.fromkeys(other.cell.label for _, other in held))
    more = f" and {count_of(len(labels) - 1, 'other')}" if len(labels) > 1 else ""
    off = [(one, other) for one, other in held if _is_outside(one, other)]
    values = [
        f"{wording.as_printed(other)} instead of {one.cell.target:.{one.cell.decimals}f} "
        f"({one.cell.label} on {result.table.columns[one.cell.column].label})"
        for one, other in off
    ]
    which = f" the margin, which is no verdict: {enumerated(values)}" if off else " the margin"
    would = f"{len(off) or 'none'} of {count_of(len(held), 'value')} would lie further from what is published than"
    yield f"Under another reading, which ran in full (“{labels[0]}”{more}), {would}{which}."


def _is_outside(one: CellResult, other: CellResult) -> bool:
    """Whether a value, shortened as the paper does, is further than the margin from the published one of `one`."""
    assert one.cell.target is not None and one.cell.margin is not None and other.mean is not None
    shown = printed(other.mean, one.cell.decimals, one.cell.truncates)
    return round(abs(shown - one.cell.target), 9) > one.cell.margin


def _trained(result: TableResult, trained: Sequence[CellResult]) -> str:
    ran = [one for one in trained if one.mean is not None]
    if not ran:
        return _untrained(result, trained)
    alone = Counter(one.counted for one in ran if one.mean_alone is not None)
    told = wording.counted(Counter(one.counted for one in ran), alone)
    rest = len(trained) - len(ran)
    more = f"; {rest} {'has' if rest == 1 else 'have'} not" if rest else ""
    without = sum(bool(one.differing_fields) for one in trained if one.mean is None)
    more += f", of which {without} would earn no verdict ({OTHERWISE})" if without else ""
    networks = any(is_network(result, one) for one in ran)
    fitted = " What ran are classical methods, which are fitted; no network has run in full."
    have = "has" if len(ran) == 1 else "have"
    return (
        f"**{len(ran)} of {count_of(len(trained), 'cell')} {have} run in full on the real files: {told}**{more}."
        f"{'' if networks else fitted}"
    )


def _untrained(result: TableResult, trained: Sequence[CellResult]) -> str:
    """That nothing is decided, and of which cells nothing would be if they ran."""
    begun = sum(bool(one.n_runs) for one in trained)
    some = f" ({count_of(begun, 'cell')} in part)" if begun else ""
    none = "The one cell that can be trained has not" if len(trained) == 1 else f"None of {len(trained)} cells has"
    told = f"**{none} run in full on the real files{some}**, so nothing is decided about the published numbers."
    differs = [one for one in trained if one.differing_fields]
    if not differs:
        return told
    which = "All" if len(differs) == len(trained) else f"{len(differs)} of them{_all_in(result, differs, trained)}"
    return f"{told} {which} would earn no verdict: {OTHERWISE}."


def _all_in(result: TableResult, some: Sequence[CellResult], of: Sequence[CellResult]) -> str:
    """Which whole rows, or else whole columns, these cells are, as an aside; nothing where they are neither."""
    rows, columns = ({getattr(one.cell, side) for one in some} for side in ("row", "column"))
    if sum(one.cell.row in rows for one in of) == len(some):
        return f" ({enumerated(dict.fromkeys(one.cell.label for one in some))})"
    if sum(one.cell.column in columns for one in of) == len(some):
        labels = [column.label for name, column in result.table.columns.items() if name in columns]
        return f" ({enumerated(labels)})"
    return ""


def _audited(audited: Sequence[CellResult]) -> str:
    counts = Counter(one.status for one in audited)
    told = ", ".join(wording.said(counts[word], shown) for word, shown in AUDITED.items() if counts[word])
    fitted = sum(one.counted.endswith(FITTED) for one in audited)
    which = "all" if fitted == len(audited) else f"{fitted} of them"
    under = f" ({which} under a reading fitted to the printed numbers)" if fitted else ""
    is_are = "is" if len(audited) == 1 else "are"
    return f"**{count_of(len(audited), 'cell')} {is_are} computed without training: {told}**{under}."


def _checks(result: TableResult) -> str:
    """How many checks of the audit hold and fail; apart from them how many readings of ours fit."""
    told = checks_counted(result.checks)
    return f"Checked without training (printed averages, sizes): {told} (see Audit)." if told else ""


def _apart(result: TableResult, variant: Variant) -> str:
    """What other conditions say: how much ran, its first values, and the questions that are answered there."""
    ran = [one for one in result.others[variant] if one.n_runs]
    controls = [one for one in result.controls.get(variant, ()) if one.n_runs]
    claims = _claims(result, result.claims_apart.get(variant, ()), "Of the paper's claims, asked of these runs,")
    begin = f"{spoken(variant)}, without a verdict: {wording.ran(ran, controls)} ran"
    told = (f"{begin}{_values(result, ran or controls)}.", _still_learning([*ran, *controls]), claims)
    return " ".join(filter(None, told))


def _still_learning(ran: Sequence[CellResult]) -> str:
    """That most runs were at their best when they ended, where validation watched them: they had not learnt enough."""
    runs = {one.finished.run.id: one.finished for cell in ran if cell.evidence for one in cell.evidence.scored}
    ends = [end for one in runs.values() if (end := _is_best_at_the_end(one)) is not None]
    late = sum(ends)
    if not late or 2 * late < len(ends):
        return ""
    which = "all were at their" if late == len(ends) else f"{late} {'was at its' if late == 1 else 'were at their'}"
    told = "The one run was at its" if len(ends) == 1 else f"Of {len(ends)} runs {which}"
    late_ones = "best, by validation, in one of the last two epochs"
    return f"{told} {late_ones}, so what is compared is how networks begin to learn."


def _is_best_at_the_end(finished: Finished) -> bool | None:
    """Whether validation liked one of the last two epochs of a schedule most; None where nothing validated."""
    selection, epochs = finished.result.get("selection"), finished.run.resolved["trainer"].get("max_epochs")
    if not selection or not epochs:
        return None
    return int(selection["best_epoch"]) >= int(epochs) - LAST_EPOCHS


def _values(result: TableResult, ran: Sequence[CellResult]) -> str:
    """The lowest and the highest value of a column: "; ESC-10 (%): from 73.5 with ... to ...".

    It is the first that is a mean of others, lest one of these flatter; where none is, or has all its parts, the first
    that has any value. Where that column has the same value everywhere, those of its first row in the paper's columns
    of that unit.
    """
    measured = [one for one in ran if one.mean is not None and not math.isnan(one.mean)]
    if not measured:
        return "".join(f"; {wording.so_far(one)} with {_row(result, one)}" for one in ran[:1] if not one.cell.parts)
    means = [one for one in measured if one.cell.parts and one.partial is None]
    column = (means or measured)[0].cell.column
    of_column = sorted((one for one in measured if one.cell.column == column), key=lambda one: one.mean or 0.0)
    described = result.table.columns[column]
    unit = f" ({described.unit})" if described.unit else ""
    ends = [f"{_of_seeds_told(one)} with {_row(result, one)}" for one in (of_column[0], of_column[-1])]
    if of_column[0].mean != of_column[-1].mean:
        return f"; {described.label}{unit}: from {' to '.join(ends)}"
    alike = [
        one for one in own_cells(result, measured)
        if one.cell.row == measured[0].cell.row and result.table.columns[one.cell.column].unit == described.unit
    ]  # fmt: skip
    if len({one.mean for one in alike}) < 2:
        return f"; {described.label}{unit}: {ends[0]}"
    of_row = sorted(alike, key=lambda one: one.mean or 0.0)
    ends = [
        f"{wording.as_printed(one)} with {result.table.columns[one.cell.column].label}"
        for one in (of_row[0], of_row[-1])
    ]
    return f"; {_row(result, measured[0])}{unit}: from {' to '.join(ends)}"


def _of_seeds_told(one: CellResult) -> str:
    """A value as it is printed, and whether one seed alone is behind it."""
    seeds = len(one.evidence.complete_seeds) if one.evidence else 0
    return wording.as_printed(one) + (" (one seed)" if seeds == 1 else "")


def _row(result: TableResult, one: CellResult) -> str:
    """The label of a row, with what it is where it is a number alone: "mel bands 128"."""
    return f"{result.table.row_head} {one.cell.label}" if one.cell.label.isdigit() else f"“{one.cell.label}”"


def _claims(result: TableResult, claims: Sequence[ClaimTest], begin: str) -> str:
    """How many claims of the paper have which answer, and the first that are decided in numbers; else the first."""
    measured = [one for one in claims if one.ours.status != "not measured" and not one.claim.ours]
    asked = [one for one in measured if one.ours.can_decide]
    mute = len(measured) - len(asked)
    little = "so few independent test items that nothing can be shown"
    if not asked:
        return f"{begin} {mute} {'has' if mute == 1 else 'have'} {little}." if mute else ""
    more = f" {mute} {'has' if mute == 1 else 'have'} {little}." if mute else ""
    counts = Counter(_answer(one) for one in asked)
    meanings = ANSWERS | {f"{word}{OF_TWO}": BY_CHANCE for word in ANSWERS}
    told = ", ".join(
        wording.said("all" if counts[word] == len(asked) else counts[word], word) + (f" ({meant})" if meant else "")
        for word, meant in meanings.items() if counts[word]
    )  # fmt: skip
    if len(asked) == 1:
        told = _in_numbers(result, asked[0], meanings[_answer(asked[0])])
        return f"{begin} one could be tested: {told}.{_power(asked)}{more}"
    # What two models alone decide is counted, and not told as an example.
    decided = [one for one in asked if one.answer != "undecided" and one.ours.kind == "method"][:TOLD]
    examples = decided or [one for one in asked if one.answer == "undecided"][:1]
    which = "for example" if len(examples) < len(asked) else "namely"
    shown = "; ".join(_in_numbers(result, one) for one in examples)
    return f"{begin} {len(asked)} could be tested: {told}{f'; {which} {shown}' if shown else ''}.{_power(asked)}{more}"


def _answer(one: ClaimTest) -> str:
    """The answer, with what it is about where that is no method."""
    is_of_two = one.ours.kind != "method" and one.answer != "undecided"
    return one.answer + (OF_TWO if is_of_two else "")


def _power(asked: Sequence[ClaimTest]) -> str:
    """How seldom tests that decided nothing would find a difference of one margin, where that is seldom."""
    powers = [one.ours.power for one in asked if one.answer == "undecided" and one.ours.power is not None]
    weak = [power for power in powers if power < LITTLE_POWER]
    if not weak:
        return ""
    some = "All" if len(weak) == len(asked) else str(len(weak))
    which = "That test" if len(asked) == 1 else f"{some} of these tests"
    found = "a true difference of one margin, or of what the claim allows for"
    if max(weak) < NO_POWER:
        return f" {which} would hardly ever find {found}."
    rates = " to ".join(dict.fromkeys(f"{100 * power:.0f}" for power in (min(weak), max(weak))))
    return f" {which} would find {found}, in {rates} of 100 cases."


def _in_numbers(result: TableResult, one: ClaimTest, meant: str = "") -> str:
    """A claim with its answer and what is behind it: "it helps": **not seen** (advantage of ... -4.00 points)."""
    found = one.ours
    # Above zero is better, also where lower values are: a plain difference would have the other sign there.
    ahead = f"advantage of {found.between[0]} over {found.between[1]} " if found.between else ""
    told = [] if found.difference is None else [f"{ahead}{found.difference:+.2f}{_unit_of(result, one)}"]
    if found.low is not None and found.high is not None and all(map(math.isfinite, (found.low, found.high))):
        told.append(f"95 % interval {found.low:.2f} … {found.high:.2f}")
    told += [_of_seeds(found.seeds[0])] if found.kind != "method" and found.seeds else []
    bold = f"**{one.answer}**{_answer(one).removeprefix(one.answer)}"
    answer = f"{bold}, {meant}" if meant else bold
    return f"“{one.claim.text}”: {answer}" + (f" ({', '.join(told)})" if told else "")


def _of_seeds(shared: int) -> str:
    """By which seeds two models are told apart; values of a table may be means over more."""
    return "by the first seed of each" if shared == 1 else f"by the {shared} seeds that both have"


def _unit_of(result: TableResult, one: ClaimTest) -> str:
    """In what a difference is: points of percent, else the measure, where the claim is about a column."""
    columns = result.table.columns
    asked = [columns[one.claim.column]] if one.claim.column else [one for one in columns.values() if not one.audited]
    if {column.unit for column in asked} == {"%"}:
        return " points"
    return f" in {asked[0].label}" if one.claim.column else ""
