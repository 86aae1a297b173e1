"""How numbers, runs and verdicts are written."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.audit.checks import printed
from benchmarks.judge.evidence import Part
from benchmarks.judge.table import FITTED, CellResult, Variant
from benchmarks.metrics import metric_of
from benchmarks.reporting.render.blocks import Footnotes
from datasets.acquire.telling import count_of, enumerated

NOTHING = "–"
#: The word that a text begins with.
_FIRST = re.compile(r"[^\W_]+")
#: Words of cells in the order in which they are counted.
DECIDED = ("reproduced", "deviates", "undecided")
COUNTED = (
    *DECIDED, *(f"{word}{FITTED}" for word in DECIDED), "not comparable", "flawed files", "not judged", "incomplete",
    "not scored here", "not yet run", "quoted", "holds", "fails", f"holds{FITTED}", f"fails{FITTED}", "not audited",
)  # fmt: skip
#: Verbs among them, and what is said of cells beyond the verb.
_VERBS = {"deviates": "", "holds": " in the audit", "fails": " in the audit"}


def published(result: CellResult, notes: Footnotes | None = None) -> str:
    """The value as printed, the corrected one beside it where there is one, and with `notes` the reason."""
    cell = result.cell
    text = NOTHING if cell.published is None else f"{cell.published:.{cell.decimals}f}"
    if cell.corrected is not None:
        text += f", corrected {cell.corrected:.{cell.decimals}f}"
    return text + (notes.mark(sentence(cell.erratum)) if notes and cell.erratum else "")


def label(result: CellResult, notes: Footnotes) -> str:
    """The row's label; where its values are not those of the paper's table, whence they come."""
    added = result.cell.added
    return result.cell.label + (notes.mark(sentence(f"Added from the {added}")) if added else "")


def reproduced(result: CellResult) -> str:
    """The mean over seeds, with its standard deviation from two seeds on; what is missing where there is none.

    A value of some folds alone or on other than the official files says so wherever it stands.
    """
    if result.mean is None:
        return _of_what(result) if result.n_runs else NOTHING
    decimals = _decimals(result)
    text = f"{result.mean:.{decimals}f}"
    if result.seed_sd and not result.draws_nothing:  # seeds that agree by chance tell no spread
        text += f" ± {result.seed_sd:.{decimals}f}"
    zero, values = zero_by_zero(result)
    if zero:
        text = "0/0" if zero == values else f"{text}, 0/0 in {zero} of {values}"
    told = _of_what(result)
    return f"{text} ({told})" if told else text


def _of_what(result: CellResult) -> str:
    """What a value is of, where that is less than all folds or other than the official files; else nothing."""
    folds = result.partial if result.mean is not None else incomplete(result)
    return "; ".join(filter(None, (folds, result.flaw)))


def so_far(result: CellResult) -> str:
    """The same, and of a cell of which one fold alone has run the value of that fold: "72.50 (1 of 5 folds)"."""
    folds = list(result.evidence.fold_values.values()) if result.evidence and not result.cell.parts else []
    if result.mean is not None or len(folds) != 1:
        return reproduced(result)
    return f"{folds[0]:.{_decimals(result)}f} ({_of_what(result)})"


def _decimals(result: CellResult) -> int:
    """One more than are published; not more than three digits of the deviation over seeds, where that is known.

    What is not held against the paper and has no deviation gets two in percent: so many are sure of no single run.
    """
    most = result.cell.decimals + 1
    if result.seed_sd and not result.draws_nothing:
        return min(most, max(0, 2 - math.floor(math.log10(result.seed_sd))))
    return most if result.variant.earns_verdict or result.cell.unit != "%" else min(most, 2)


def zero_by_zero(result: CellResult) -> tuple[int, int]:
    """How many of the values behind a cell are quotients of zeros, which count by a rule of the metric, and of all."""
    metric = metric_of(result.cell)
    values = [one.value for one in result.evidence.complete] if result.evidence else []
    if metric is None or metric.zero_by_zero is None:
        return 0, len(values)
    return sum(map(metric.zero_by_zero.is_met, values)), len(values)


def as_printed(result: CellResult) -> str:
    """The reproduced value as the paper would print it, cut or rounded to its decimals; of which folds alone it is."""
    return digits(result) + (f" ({result.partial})" if result.partial else "")


def digits(result: CellResult) -> str:
    """The same number alone, for where `reproduced` stands beside it."""
    if result.mean is None:
        return NOTHING
    return f"{printed(result.mean, result.cell.decimals, result.cell.truncates):.{result.cell.decimals}f}"


def fraction(result: CellResult) -> str:
    """The exact value as right decisions of all, and how many were tied; of events the found, missed and invented."""
    if "tp" in result.counts:
        return "{tp} found, {fn} missed, {fp} false".format(**result.counts)
    if result.correct is None:
        return NOTHING
    return "{}/{}".format(*result.correct) + (f", {result.ties} tied" if result.ties else "")


def incomplete(result: CellResult) -> str:
    """How much of the best seed is there: "3 of 5 folds", "2 of 3 columns"."""
    evidence = result.evidence
    assert evidence is not None
    there = max(len(folds) for folds in folds_by_seed(result).values())
    return f"{there} of {len(evidence.folds)} {'columns' if result.cell.parts else 'folds'}"


def runs(result: CellResult) -> str:
    """Seeds × folds of what is stored."""
    if not result.n_runs:
        return NOTHING
    assert result.evidence is not None
    seeds = folds_by_seed(result)
    full = [seed for seed, folds in seeds.items() if len(folds) == len(result.evidence.folds)]
    if len(full) == len(seeds):
        count, parts = len(result.evidence.folds), result.cell.parts
        are_columns = len(parts) == count and all(part.fold is None for part in parts)
        return f"{len(seeds)} × {count}{' columns' if are_columns else ''}"
    return f"{result.n_runs} of {len(seeds) * len(result.evidence.folds)}"


def folds_by_seed(result: CellResult) -> dict[int, set[Part]]:
    """The folds that are stored of each seed."""
    seeds: dict[int, set[Part]] = {}
    for one in result.evidence.scored if result.evidence else ():
        seeds.setdefault(one.seed, set()).add(one.fold)
    return seeds


def span(low_high: tuple[float, float] | None, decimals: int) -> str:
    """An interval."""
    if low_high is None:
        return NOTHING
    return f"{low_high[0]:.{decimals}f} … {low_high[1]:.{decimals}f}"


def interval(result: CellResult, notes: Footnotes) -> str:
    """Where one more run is expected, with the spread behind it and its degrees of freedom; what is known of folds."""
    if result.draws_nothing:
        return "deterministic" + notes.mark(_known_of_a_fit(result))
    given, text = result.verdict, span(result.interval, result.cell.decimals)
    if given is None or given.sd is None or not given.dof:
        return text
    text += f" (s {given.sd:.{result.cell.decimals + 1}f}, {given.dof:.0f} df)"
    return text + (notes.mark(sentence(_folds_off(result))) if result.folds_off else "")


def _known_of_a_fit(result: CellResult) -> str:
    """How far a fit without draws is from the published value, and from the values of its folds."""
    seeds = len(result.evidence.complete_seeds) if result.evidence else 0
    text = f"{seeds} seeds gave the same scores, so a further run with these versions would, too"
    if result.verdict is not None and result.verdict.difference is not None:
        text += f"; ours lies {result.verdict.difference:+.2f} from the middle of what the published value stands for"
    if result.folds_off is not None:
        text += f"; {_folds_off(result)}"
    return sentence(text)


def _folds_off(result: CellResult) -> str:
    """On how many folds the published value is none that ours would give, how far, and whose values of folds these are.

    Of a fit that draws nothing, which comes out the same, every other value is off, be it by a single clip.
    """
    assert result.folds_off is not None and result.published_folds is not None
    off, folds = result.folds_off
    known = result.published_folds
    whose = f" (folds: {'; '.join(filter(None, (known.where, known.note)))})"
    of = f"{off} of {folds} folds"
    if result.draws_nothing:
        differs = f"the published value differs from ours on {of}, by {most_off(result)} at most"
        text = differs if off else "ours is the published value on every fold"
    else:
        reach = _far(result, result.fold_reach or 0.0)
        every = f"of every fold lies within {reach} of ours, where"
        some = f"of a fold lies {most_off(result)} from ours at most, and on {of} further than {reach}, within which"
        lies = some if off else every
        text = f"the published value {lies} one more run of ours is expected, 90 % for all folds together"
    return f"{text}{whose}" + (": the mean agrees, the recipe is not shown to be the same" if off else "")


def most_off(result: CellResult) -> str:
    """How far a published fold lies from ours at most, of those that are off: "0.25 points (1 of 400 clips)".

    A published share of a known number of clips is taken for what it is cut or rounded from; nothing where none is off.
    """
    beside, known = result.folds_beside or [], result.published_folds
    clips = known.decisions if known is not None else None
    exact = [
        (100 * round(value * clips / 100) / clips if clips else value, ours) for value, ours, near in beside if not near
    ]
    if not exact:
        return ""
    most = max(abs(value - ours) for value, ours in exact)
    counted = f" ({round(most * clips / 100)} of {clips} clips)" if clips and result.draws_nothing else ""
    return f"{_far(result, most)}{counted}"


def _far(result: CellResult, distance: float) -> str:
    """A distance in the unit of a cell; below one point with two digits, so that a single clip is not rounded away."""
    if result.cell.unit != "%":
        return f"{distance:.3g}"
    return f"{distance:.1f} points" if distance >= 1 else f"{distance:.2g} points"


def verdict(result: CellResult, notes: Footnotes) -> str:
    """The verdict in words; how many seeds would decide, or why there is none; what a fitted reading was chosen by."""
    return _verdict(result, notes) + (notes.mark(_fitted(result)) if result.counted != result.status else "")


def _verdict(result: CellResult, notes: Footnotes) -> str:
    cell, status = result.cell, result.status
    if status == "quoted":
        return "quoted" + notes.mark(sentence(f"quoted, not run here: {cell.quoted}"))
    if status == "not comparable":
        return status + notes.mark(_no_verdict(result))
    if status == "flawed files":
        return f"no verdict: {result.flaw}"
    if result.verdict is None:
        return status
    if status == "undecided" and result.verdict.seeds_needed is not None:
        return f"undecided, {result.verdict.seeds_needed} seeds would decide"
    if status in ("undecided", "not judged"):
        message = result.verdict.message.partition(": ")[2]
        return status + notes.mark(sentence(message.rpartition("; ")[2] if result.verdict.low is not None else message))
    off = result.mean_alone
    alone = f", the mean alone: off on {off[0]} of {off[1]} folds, {most_off(result)} at most" if off else ""
    return f"**{status}**{alone}"


def _fitted(result: CellResult) -> str:
    """That the reading was chosen by the published values, and what the others gave."""
    fields = result.cell.protocol
    shown = "; ".join(f"{plain(name)}: {fields[name].value}" for name in result.fitted_fields)
    chosen = [fields[name].value for name in result.fitted_fields]
    readings = [
        ([one.cell.protocol[name].value for name in result.fitted_fields], one)
        for one in result.readings if one.mean is not None
    ]  # fmt: skip
    tried = [f"{'; '.join(values)} gives {reproduced(one)}" for values, one in readings if values != chosen]
    others = f" Tried as well: {'; '.join(tried)}." if tried else ""
    return f"{sentence(f'{result.status} under a reading fitted to the published values ({shown})')}{others}"


def decided(result: CellResult) -> str:
    """The word for the cell, in bold where something is decided."""
    word = result.status
    bold = f"**{word}**" if word in ("reproduced", "deviates", "holds", "fails") else word
    return bold + result.counted.removeprefix(word)


def unscored(runs: Mapping[str, str]) -> str:
    """How many stored runs cannot be scored on this machine, and what is needed for it."""
    several, reasons = len(runs) > 1, "; ".join(dict.fromkeys(runs.values()))
    count = f"**{len(runs)} stored run{'s' if several else ''} cannot be scored here**"
    counts = (
        "count for nothing where what is true of their" if several else "counts for nothing where what is true of its"
    )
    return f"{count} and {counts} items is not known: {reasons}."


def protocol(result: CellResult, notes: Footnotes) -> str:
    """Whether the paper states its protocol; what is read into it, as a footnote."""
    if result.protocol == "differs" and result.cell.recipe != "quoted":
        return result.protocol + notes.mark(_no_verdict(result))
    if result.cell.recipe == "quoted" or not result.open_fields:
        return NOTHING if result.cell.recipe == "quoted" else result.protocol
    return result.protocol + notes.mark(_open_fields(result))


def at_other_margins(result: CellResult) -> str:
    """The verdict at half and at double margin, where there is one at all."""
    given = result.verdict
    if given is None or result.status != given.kind or given.kind == "not judged":
        return NOTHING
    return f"{given.verdict_at_half} / {given.verdict_at_double}"


def conditions(variant: Variant, cells: Iterable[CellResult] = ()) -> str:
    """A variant in words, and which of these cells have runs in other numerics that may stand for float32."""
    by_numerics: dict[str, dict[str, None]] = {}
    for one in cells:
        if one.numerics != "float32":
            by_numerics.setdefault(one.numerics, {})[one.cell.label] = None
    return variant.in_words + "".join(f"; in {name}: {enumerated(labels)}" for name, labels in by_numerics.items())


def published_label(variant: Variant) -> str:
    """What published values are called beside those of a variant; nothing where they are not to be shown."""
    return "published" if variant.earns_verdict else ""


def counted(counts: Mapping[str, int], alone: Mapping[str, int]) -> str:
    """How many cells have which status, and how many of these on the mean alone."""
    return ", ".join(told(counts[word], word, alone.get(word, 0)) for word in COUNTED if counts[word])


def told(number: int, word: str, alone: int = 0) -> str:
    """A word of cells after their number: "1 deviates", "2 deviate", "2 hold in the audit", "3 reproduced".

    alone: how many of them are so on the mean alone.
    """
    verb, fitted, _ = word.partition(FITTED)
    mean = "" if not alone else " on the mean alone" if alone == number else f" ({alone} of them on the mean alone)"
    return f"{said(number, verb)}{_VERBS.get(verb, '')}{fitted}{mean}"


def said(number: int | str, word: str) -> str:
    """The same of claims: "1 holds", "2 hold", "all hold", "3 not seen"."""
    return f"{number} {word[:-1] if word in _VERBS and number != 1 else word}"


def ran(results: Iterable[CellResult], controls: Iterable[CellResult]) -> str:
    """How many cells ran, and how many of those in part alone: "8 cells (4 in part) and 9 of controls"."""
    cells, beside = ([one for one in of if one.n_runs] for of in (results, controls))

    def some(count: str, of: Sequence[CellResult]) -> str:
        part = sum(one.mean is None or one.partial is not None for one in of)
        how_many = f"{part} " if part < len(of) else "all " if part > 1 else ""
        return f"{count} ({how_many}in part)" if part else count

    told = some(count_of(len(cells), "cell"), cells)
    return f"{told} and {some(f'{len(beside)} of controls', beside)}" if beside else told


def number(value: float | None, decimals: int) -> str:
    """A value with so many decimals, a dash without one."""
    return NOTHING if value is None or math.isnan(value) else f"{value:.{decimals}f}"


def value(stated: Any) -> str:
    """A value of a setting: plain, listed, or a class with its arguments."""
    if isinstance(stated, Mapping) and "class_path" in stated:
        arguments = (f"{name} = {value(one)}" for name, one in (stated.get("init_args") or {}).items())
        return f"{stated['class_path'].rpartition('.')[2]}({', '.join(arguments)})"
    if isinstance(stated, Mapping):
        return ", ".join(f"{name}: {value(one)}" for name, one in stated.items())
    if isinstance(stated, list | tuple):
        return f"[{', '.join(map(value, stated))}]"
    if stated is None:
        return "none"
    if isinstance(stated, bool):
        return "yes" if stated else "no"
    return str(stated)


def plain(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """With a capital, but where the text begins with a symbol or a name: γ, k-NN, bf16."""
    first = _FIRST.match(text)
    is_symbol = first and (any(map(str.isdigit, first[0])) or (len(first[0]) == 1 and first[0] != "a"))
    return text if is_symbol else text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """With a capital, a full stop and no line breaks."""
    text = capital(" ".join(text.split()))
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _open_fields(result: CellResult) -> str:
    fields = result.cell.protocol
    parts = [f"{plain(name)} ({fields[name].status}): {fields[name].value}" for name in result.open_fields]
    return f"Our reading of what the paper does not state: {'; '.join(parts)}."


def _no_verdict(result: CellResult) -> str:
    """In what that which is published was made otherwise than ours, and how that is known."""
    fields = result.cell.protocol
    differences = "; ".join(
        f"{plain(name)}: published with {fields[name].value}, ours with {fields[name].ours} "
        f"({fields[name].status}: {fields[name].where})"
        for name in result.differing_fields
    )
    held = result.verdict
    alone = ""
    if held is not None and held.low is not None and held.high is not None:
        alone = (
            f". Held against each other all the same, they would be {held.kind} ({held.low:+.1f} … {held.high:+.1f})"
        )
    return f"No verdict: {differences}{alone}."
