"""Under which conditions runs were made: what a tier changes of the paper's schedule, what a corpus is made of."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from benchmarks.audit.origins import keys_of
from benchmarks.judge.table import CellResult, TableResult, Variant
from benchmarks.reporting.sections.data import clips_used
from benchmarks.reporting.terms import meant, term
from benchmarks.runs.build import import_class
from benchmarks.spec import Paper, Setting, Tier
from benchmarks.spec.bricks import Sourced
from datasets import registry
from datasets.acquire.telling import count_of

PARTS: tuple[Literal["trainer", "data", "model"], ...] = ("trainer", "data", "model")
#: What makes a training shorter or a network smaller; where more than a few values change, the others are counted.
SIZES = frozenset({"max_epochs", "width_divisor", "channels", "units", "mixtures", "limit", "n_mels"})
FEW = 7
#: So many paragraphs of what a stand-in says of itself are told.
PARAGRAPHS = 2
MINIATURE = "Parametric sounds in the official layout: whether a network learns at all, and nothing about real sounds."
SMOKE = (
    "Parametric sounds in the official layout, a few steps each: values at chance are usual, it proves the path alone."
)


def condition_sentences(
    result: TableResult, variant: Variant, results: Sequence[CellResult], is_whole: bool = False
) -> list[str]:
    """What is otherwise than in the paper's experiment: schedule, files, precision.

    is_whole: all that a tier changes, however much that is; else what makes a training shorter or a network smaller,
    and how much more there is.
    """
    settings = {source.setting for one in results if one.n_runs for source in one.cell.sources if source.setting}
    told = []
    if variant.tier != "full" and settings:
        changes = tier_changes(result.paper, sorted(settings), variant.tier, results, is_whole)  # type: ignore[arg-type]
        told.append(f"*{variant.tier.capitalize()}*: {'; '.join(changes) or 'as in full'}.")
    if variant.corpus != "real":
        told += list(_corpus(result, variant, results))
    if variant.numerics != "float32":
        link = " ([numerics](numerics.md))" if variant.numerics in result.paper.equivalence else ""
        told.append(f"Computed in {variant.numerics} instead of float32{link}.")
    return told


def tier_changes(
    paper: Paper, settings: Sequence[str], tier: Tier, results: Sequence[CellResult] = (), is_whole: bool = True
) -> Iterator[str]:
    """What a tier changes of these settings, value by value: "60 of 300 epochs"; several where settings differ.

    results: what ran, which says on how many seeds and folds; where nothing did, the tier does. is_whole: see
    condition_sentences.
    """
    found: dict[tuple[str, str], dict[tuple[str, str], dict[str, None]]] = {}
    for setting in (paper.settings[name] for name in settings if tier in paper.settings[name].tiers):
        for part in PARTS:
            for name, sourced in getattr(setting.tiers[tier], part).items():
                before = _in_full(paper, setting, part, name)
                values = (meant(name, sourced.value), meant(name, before.value) if before else "")
                if values[0] != values[1]:
                    found.setdefault((part, name), {}).setdefault(values, {})[sourced.note or ""] = None
    told: dict[str, str] = {}  # a number that data and network share is told once
    for argument, by_values in found.items():
        told.setdefault(_change(*argument, by_values), argument[1])
    shown = [one for one, name in told.items() if is_whole or name in SIZES or len(told) <= FEW]
    yield from shown
    yield from _other_numbers(paper, settings, tier, results)
    if left := len(told) - len(shown):
        yield f"and {count_of(left, 'other value')} ([values](values.md))"


def _change(part: str, name: str, by_values: Mapping[tuple[str, str], Iterable[str]]) -> str:
    """What becomes of an argument: each new value with the one that it takes the place of, and why."""
    if name == "max_epochs":
        of: dict[str, list[str]] = {}
        for new, old in by_values:
            of.setdefault(old, []).append(new)
        return f"{_either([f'{_either(news)} of {old}' for old, news in of.items()])} epochs"
    replaced: dict[tuple[str, str], list[str]] = {}  # by the new value and why it is so
    for (new, old), notes in by_values.items():
        replaced.setdefault((new, "; ".join(note for note in notes if note)), []).append(old)
    instead: dict[tuple[str, str], list[str]] = {}  # by what is replaced and why
    for (new, why), before in replaced.items():
        instead.setdefault((_either([old for old in before if old] or [""]), why), []).append(new)
    values = [
        f"{_either(news)}{f' instead of {olds}' if olds else ''}{f' ({why})' if why else ''}"
        for (olds, why), news in instead.items()
    ]
    return f"{term(name, part)}{':' if any(olds for olds, _ in instead) else ''} {_either(values)}"


def _either(several: Sequence[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    return " or ".join(filter(None, (", ".join(several[:-1]), several[-1])))


def _other_numbers(paper: Paper, settings: Iterable[str], tier: Tier, results: Sequence[CellResult]) -> Iterator[str]:
    """On how many seeds and folds settings were trained, where those are other than in full."""
    used = {name: paper.settings[name] for name in settings if tier in paper.settings[name].tiers}
    runs = [one.finished.run for cell in results if cell.evidence for one in cell.evidence.scored]
    seeds: dict[int, set[int]] = {}
    folds: set[int] = set()
    every = max(len(use.folds) for use in paper.datasets.values())
    for name, setting in used.items():
        ran = [run for run in runs if run.setting == name]
        of_tier = setting.tiers[tier]
        seeds.setdefault(setting.seeds, set()).add(len({run.seed for run in ran}) or of_tier.seeds or setting.seeds)
        folds.add(len({run.fold for run in ran}) or len(of_tier.folds or ()) or every)
    for full, ours in sorted(seeds.items()):
        if ours != {full}:
            yield f"{_either(list(map(str, sorted(ours))))} {'seed' if ours == {1} else 'seeds'} instead of {full}"
    yield from (f"{ours} of {count_of(every, 'fold')}" for ours in sorted(folds - {every}))


def _in_full(paper: Paper, setting: Setting, part: Literal["trainer", "data", "model"], name: str) -> Sourced | None:
    """The value of an argument in tier full: the setting's own, else the default of its class."""
    own = setting.arguments(part, "full").get(name)
    if own is not None or part == "trainer":
        return own
    paths = [setting.model.class_path] if part == "model" else _data_modules(paper, setting)
    for key in (key for path in paths for key in keys_of(paper, path)):
        if name in paper.classes[key].defaults:
            return paper.classes[key].defaults[name]
    return None


def _data_modules(paper: Paper, setting: Setting) -> list[str]:
    if setting.data.class_path:
        return [setting.data.class_path]
    return [use.data_module for use in paper.datasets.values() if use.data_module]


def _corpus(result: TableResult, variant: Variant, results: Sequence[CellResult]) -> Iterator[str]:
    """What the files are, dataset by dataset, in the words of what wrote them, and how many items there are."""
    if variant.corpus == "miniature":
        yield SMOKE if variant.tier == "smoke" else MINIATURE
        return
    ran = [one for one in results if one.n_runs]
    counted: dict[str, list[CellResult]] = {}
    for name in dict.fromkeys(source.dataset for one in ran for source in one.cell.sources if source.dataset):
        dataset: Any = import_class(result.paper.datasets[name].class_path)
        if registry.has(dataset, "standin"):
            about = _paragraphs(inspect.getdoc(registry.part(dataset, "standin")) or "")
            counted.setdefault(about, []).extend(one for one in ran if one.cell.dataset == name)
    for about, cells in counted.items():
        here = f" Here: {', or '.join(clips_used(cells))}." if cells else ""
        yield f"*Stand-in*: {about[:1].lower()}{about[1:]}{here}"


def _paragraphs(text: str) -> str:
    """The first paragraphs of a docstring in one line."""
    return " ".join(" ".join(one.split()) for one in islice(text.split("\n\n"), PARAGRAPHS))
