"""What of TUT Rare Sound Events 2017 is here and usable, compared with the counts of its READMEs and its own lists."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.acquire.census import Census, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.importing import no_file
from datasets.acquire.records import read_manifest
from datasets.acquire.telling import Progress
from datasets.audio import clip_fault, read_any
from datasets.dcase2017_rare.layout import OFFICIAL, OFFICIAL_PARAMS, Expected, Layout
from datasets.dcase2017_rare.mixtures.decoded import SEGMENT_TOLERANCE
from datasets.dcase2017_rare.mixtures.event_lists import OLD, flagged_by, read_event_list, withdrawn_names
from datasets.dcase2017_rare.mixtures.mixing import RATE
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.sources import Sources, screening_name

if TYPE_CHECKING:
    from datasets.dcase2017_rare.dataset import DCASE2017Rare

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 1
#: How much a background may differ from its length, seconds.
TOLERANCE = 0.5

Check = Callable[[Path], None]


@dataclass
class _Findings:
    """What is counted and noted on the way; `checks` has the files to decode, by name."""

    expected: int = 0
    found: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    checks: dict[str, tuple[Path, Check]] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)

    def look_for(self, name: str, path: Path, check: Check) -> None:
        """Note whether a listed file is there."""
        if path.is_file():
            self.found += 1
            self.checks[name] = (path, check)
        elif path.is_dir() or path.is_symlink():
            self.found += 1
            self.unusable[name] = f"{path}: {no_file(path)}"
        else:
            self.missing[name] = f"listed, but not in {path.parent}"


def take_census(dataset: "DCASE2017Rare", progress: Progress | None = None, contents: bool = True) -> Census:
    """Compare a dataset with what it should have and decode every file. Raises DataError for a list that is bad.

    contents: also decode; without, only what is there is counted.
    """
    layout = dataset.layout
    findings = _Findings()
    sources: dict[str, Sources] = {}
    for subset in SUBSETS:
        if dataset.has_lists(subset):
            sources[subset] = dataset.sources(subset)
            _count_sources(findings, sources[subset], layout.expected)
        elif subset not in layout.expected.optional:
            _note_absent_lists(findings, layout, subset)
    for subset in SUBSETS:
        recipes = {label: dataset.published(subset, label) for label in CLASSES}
        if subset in layout.expected.mixtures or any(recipes.values()):
            _count_mixtures(findings, layout, subset, recipes, sources.get(subset))
    _note_extra_sources(findings, sources.values())
    return Census(
        dataset=dataset.title,
        release={"real": "as published"}.get(layout.corpus, layout.corpus),
        expected=findings.expected,
        found=findings.found,
        missing=findings.missing,
        extra=findings.extra,
        faults=with_unusable(_faults(dataset, findings, progress) if contents else {}, findings.unusable),
        what="sources and mixtures",
    )


def _count_sources(findings: _Findings, sources: Sources, expected: Expected) -> None:
    subset, seconds = sources.subset, expected.background_seconds
    official = expected.backgrounds.get(subset, len(sources.backgrounds))
    _note_short_list(findings, f"{subset} backgrounds", len(sources.backgrounds), official)
    whole = partial(check_background, seconds=seconds)
    for background in sources.backgrounds:
        path = sources.background_path(background.filepath)
        findings.look_for(f"bgs/{background.filepath}", path, whole)
    for label, events in sources.events.items():
        _note_short_list(findings, f"{subset} {label} events", len(events), expected.events[subset][label])
        ends: dict[str, float] = {}
        for event in events:
            ends[event.path] = max(float(event.segment[1]), ends.get(event.path, 0.0))
        for event in events:
            check = partial(check_original, end=ends[event.path])
            findings.look_for(f"events/{event.path}", sources.event_path(event.path), check)


def _note_short_list(findings: _Findings, what: str, listed: int, official: int) -> None:
    findings.expected += max(official, listed)
    if listed < official:
        findings.missing[what] = f"{official - listed} of {official} lacking in the list"


def _note_absent_lists(findings: _Findings, layout: Layout, subset: str) -> None:
    for path in layout.lists(subset):
        if not path.is_file():
            findings.missing[f"cv_setup/{path.name}"] = f"not in {path.parent}; nothing can be mixed without it"
    expected = layout.expected
    findings.expected += expected.backgrounds.get(subset, 0) + sum(expected.events[subset].values())


def _count_mixtures(
    findings: _Findings,
    layout: Layout,
    subset: str,
    recipes: dict[str, tuple[Recipe, ...] | None],
    sources: Sources | None,
) -> None:
    """The recipes and event lists of each class, and the audio of those that are published ready-made."""
    audio = {path.name.removesuffix(OLD): path for path in layout.ready_audio(subset)}
    is_ready_made = layout.expected.mixtures.get(subset, 0) > 0
    seconds = layout.expected.background_seconds
    listed: dict[str, Recipe] = {}
    for label, some in recipes.items():
        wanted = layout.params(subset).mixtures_per_class
        if some is None:
            findings.missing[f"{subset} {label} recipes"] = f"not in {layout.recipes(subset, label).parent}"
            continue
        if len(some) < wanted:
            findings.missing[f"{subset} {label} recipes"] = f"{wanted - len(some)} of {wanted} lacking"
        listed |= {recipe.name: recipe for recipe in some}
        _check_event_list(findings, layout.event_list(subset, label), some, sources)
    findings.expected += layout.expected.mixtures.get(subset, 0)
    if is_ready_made and not listed:
        findings.missing[f"{subset} mixtures"] = "without recipes nobody knows which"
    for name, recipe in listed.items():
        if name in audio:
            findings.found += is_ready_made
            findings.checks[name] = (audio[name], partial(check_mixture, seconds=seconds))
        elif is_ready_made:
            findings.missing[name] = f"has a recipe, but is not in {layout.mixtures(subset) / 'audio'}"
        elif not _can_be_mixed(recipe, sources):
            findings.missing[name] = f"its recipe takes {recipe.bg_path} or {recipe.event_path}, which no list has"
    for name in sorted(set(audio) - set(listed)):
        findings.extra[name] = f"no mixture of the recipes, in {audio[name].parent}"


def _check_event_list(findings: _Findings, path: Path, recipes: tuple[Recipe, ...], sources: Sources | None) -> None:
    if not path.is_file():
        findings.missing[path.name] = f"not in {path.parent}"
        return
    lines = read_event_list(path)
    if sources is None:  # of ready-made mixtures alone: what is withdrawn, their list tells
        flagged = flagged_by(recipes, lines)
        withdrawn = frozenset(one.name for one in recipes if screening_name(one.bg_path) in flagged)
    else:
        withdrawn = withdrawn_names(recipes, sources)
    lacking = {recipe.name for recipe in recipes} - withdrawn - {line.name for line in lines}
    if lacking:
        findings.missing[path.name] = f"{len(lacking)} of {len(recipes)} mixtures lacking, {min(lacking)} for one"


def _can_be_mixed(recipe: Recipe, sources: Sources | None) -> bool:
    if sources is None:
        return False
    has_background = sources.background_path(recipe.bg_path).is_file()
    return has_background and (recipe.event_path is None or sources.event_path(recipe.event_path).is_file())


def _note_extra_sources(findings: _Findings, sources: Iterable[Sources]) -> None:
    known = {*findings.checks, *findings.unusable}
    for folder in sorted({one.folder for one in sources}):
        for path in sorted([*folder.glob("bgs/audio/*.*"), *folder.glob("events/*/*.*")]):
            name = path.relative_to(folder).as_posix()
            if name not in known and path.suffix != ".yaml" and not path.name.startswith("."):
                findings.extra[name] = f"in no list, in {path.parent}"


def _faults(dataset: "DCASE2017Rare", findings: _Findings, progress: Progress | None) -> dict[str, dict[str, str]]:
    """The faults of the files' contents, remembered under the dataset's fingerprint, and what was altered."""

    def load(name: str) -> None:
        path, check = findings.checks[name]
        check(path)

    def check() -> dict[str, dict[str, str]]:
        return by_kind(decoding_faults(list(findings.checks), load, progress))

    seconds = dataset.layout.expected.background_seconds
    faults = remembered(dataset.cache, f"{dataset.name}-{dataset.fingerprint()}-{seconds:g}s-v{VERSION}", check)
    altered = _altered(dataset)
    return {**faults, "altered": altered} if altered else faults


def _altered(dataset: "DCASE2017Rare") -> dict[str, str]:
    """The data files that are not as their archive brought them, where `fetch` or `import` unpacked it.

    Of the official record also parameters with which other mixtures would be made, wherever they came from.
    """
    official = dataset.layout.expected is OFFICIAL
    tuned = {
        str(dataset.layout.params_file(subset).relative_to(dataset.root)): "not the official parameters of its mixtures"
        for subset in SUBSETS if official and dataset.params(subset) != OFFICIAL_PARAMS[subset]
    }  # fmt: skip
    came = {name: md5 for files in read_manifest(dataset.root).values() for name, md5 in files.items()}
    if not came:
        return tuned
    reason = "not as it came out of its archive"
    return {**{name: reason for name, md5 in dataset.hashes().items() if came.get(name, md5) != md5}, **tuned}


def check_background(path: Path, seconds: float) -> None:
    """Raise ClipFault unless a background is 44.1 kHz, `seconds` long and usable."""
    frames, rate = _decoded(path)
    if rate != RATE:
        raise clip_fault(path, "rate", f"{rate} Hz instead of {RATE} Hz")
    _check_length(path, frames / rate, seconds)


def check_original(path: Path, end: float) -> None:
    """Raise ClipFault unless an event's original has 44.1 kHz or more and lasts to `end` seconds."""
    seconds = original_seconds(path)
    if seconds < end - SEGMENT_TOLERANCE:
        raise clip_fault(path, "length", f"{seconds:.2f} s, but an event lasts to {end} s")


def original_seconds(path: Path) -> float:
    """The length of an event's original in seconds. Raises ClipFault where it cannot be used, or is below 44.1 kHz."""
    frames, rate = _decoded(path, whole=False)
    if rate < RATE:
        raise clip_fault(path, "rate", f"{rate} Hz, less than {RATE} Hz")
    return frames / rate


def check_mixture(path: Path, seconds: float) -> None:
    """Raise ClipFault unless a ready-made mixture is 44.1 kHz, mono, `seconds` long and usable."""
    samples, rate = read_any(path)
    if rate != RATE:
        raise clip_fault(path, "rate", f"{rate} Hz instead of {RATE} Hz")
    if samples.shape[1] != 1:
        raise clip_fault(path, "channels", f"{samples.shape[1]} channels instead of 1")
    _check_length(path, len(samples) / rate, seconds)


def _decoded(path: Path, whole: bool = True) -> tuple[int, int]:
    """How many frames a file has, and its rate in Hz."""
    samples, rate = read_any(path, whole)
    return len(samples), rate


def _check_length(path: Path, found: float, seconds: float) -> None:
    if abs(found - seconds) > TOLERANCE:
        raise clip_fault(path, "length", f"{found:.2f} s instead of {seconds:g} s")
