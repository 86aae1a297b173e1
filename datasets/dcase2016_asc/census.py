"""What of TUT Acoustic Scenes 2016 is here and usable, set by set, compared with the official counts and the lists."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datasets.acquire.census import Faults, NotedCensus, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.telling import Progress
from datasets.dcase2016_asc.layout import AUDIO, CLASSES, DEVELOPMENT, EVALUATION, GET_AGAIN, RECORDS
from datasets.dcase2016_asc.reading import read_scene

if TYPE_CHECKING:
    from datasets.dcase2016_asc.dataset import DCASE2016ASC

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 1
#: What the census calls the records.
TITLES = {DEVELOPMENT: "development", EVALUATION: "evaluation"}
#: What the census calls the list that tells the scenes of a set.
TRUTH = "truth"
#: What is said and does no harm.
MONO, TWICE = "mono", "duplicate"
NOTES = {
    MONO: "one channel instead of two, taken as it is",
    TWICE: "has the same content as",
}


@dataclass(frozen=True)
class ScenesCensus(NotedCensus):
    """A census that also counts set by set, and notes what does no harm.

    parts: development and evaluation -> (here, expected). notes: mono and duplicate -> {name: what is said}.
    """

    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def summary(self) -> str:
        """One line, with the counts of each set, the lists that are not here, and the counts of the notes."""
        counts = ", ".join(f"{part} {found} of {expected}" for part, (found, expected) in self.parts.items())
        lists = [name for name in self.missing if name.endswith((".txt", f" {TRUTH}"))]
        more = f" and {len(lists) - 2} more" if len(lists) > 2 else ""
        lacking = f"not here: {', '.join(lists[:2])}{more}" if lists else ""
        return "; ".join(filter(None, (super().summary(), counts, lacking, self.noted)))


def take_census(dataset: "DCASE2016ASC", progress: Progress | None = None, contents: bool = True) -> ScenesCensus:
    """Compare with the lists and check every listed file of both sets.

    contents: also decode; without, only what is there is counted. Raises DataError for a list that is bad.
    """
    layout = dataset.layout
    missing: dict[str, str] = {}
    extra: dict[str, str] = {}
    unusable: dict[str, str] = {}
    parts: dict[str, tuple[int, int]] = {}
    readable: list[str] = []
    for record, title in TITLES.items():
        listed, bad, names = dataset.items_of(record), layout.unusable(record), layout.names(record)
        here = [item for item in listed if item in names or item in bad]
        parts[title] = (len(here), max(len(CLASSES) * layout.per_class[record], len(listed)))
        missing |= dict(_missing(dataset, record, {*names, *bad}))
        extra |= dict(_extra(dataset, record, names | bad.keys()))
        unusable |= {item: f"{layout.audio(item)}: {bad[item]}" for item in here if item in bad}
        readable += [item for item in here if item in names]
    found = _found(dataset, readable, progress) if contents else {}
    return ScenesCensus(
        dataset=dataset.title,
        release={"real": "as published"}.get(layout.corpus, layout.corpus),
        expected=sum(expected for _, expected in parts.values()),
        found=sum(here for here, _ in parts.values()),
        missing=missing,
        extra=extra,
        faults=with_unusable({kind: names for kind, names in found.items() if kind not in NOTES}, unusable),
        what="recordings",
        parts=parts,
        notes={kind: names for kind, names in found.items() if kind in NOTES},
    )


def _missing(dataset: "DCASE2016ASC", record: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """What of a set is not here: its lists, its truth, its audio in one line, or single files."""
    layout, title, listed = dataset.layout, TITLES[record], dataset.items_of(record)
    if not listed:
        yield f"{title} lists", f"not in {layout.folder(record)}; {GET_AGAIN}"
        return
    scenes = dataset.scenes_of(record)
    for path in dataset.development.absent if record == DEVELOPMENT else ():
        yield path.name, f"not in {path.parent}; {GET_AGAIN}"
    if not scenes:
        yield f"{title} {TRUTH}", dataset.evaluation.missing_truth(layout)
    for scene in CLASSES if scenes else ():
        wanted, found = layout.per_class[record], sum(one == scene for one in scenes.values())
        if found < wanted:
            yield f"{title} {scene}", f"{wanted - found} of {wanted} lacking in the list"
    absent = [item for item in listed if item not in names]
    if len(absent) == len(listed):
        yield f"{title} audio", f"not one of the {len(listed)} files is in {layout.folder(record) / AUDIO}; {GET_AGAIN}"
        return
    for item in absent:
        yield item, f"listed in {title}, but not in {layout.folder(record) / AUDIO}"


def _extra(dataset: "DCASE2016ASC", record: str, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Files that no list of a set names; they cannot be told where there is no list."""
    listed = dataset.items_of(record)
    for name in sorted(set(names) - set(listed)) if listed else ():
        if not name.startswith("."):
            yield name, f"in no list, in {dataset.layout.folder(record) / AUDIO}"


def _found(dataset: "DCASE2016ASC", items: list[str], progress: Progress | None) -> Faults:
    """Faults and notes of the files' contents, remembered under the dataset's fingerprint."""
    mono: dict[str, str] = {}

    def load(item: str) -> None:
        _, channels = read_scene(dataset.layout.audio(item), dataset.clip_seconds)
        if channels == 1:
            mono[item] = NOTES[MONO]

    def check() -> Faults:
        faults = by_kind(decoding_faults(items, load, progress))
        twice = _twice(dataset)
        return {**faults, **({MONO: mono} if mono else {}), **({TWICE: twice} if twice else {})}

    name = f"{dataset.name}-{dataset.fingerprint()}-{dataset.clip_seconds:g}s-v{VERSION}"
    return remembered(dataset.cache, name, check)


def _twice(dataset: "DCASE2016ASC") -> dict[str, str]:
    """The recordings whose file is, byte by byte, that of another one: evaluation in development above all."""
    first: dict[str, str] = {}
    twice = {}
    for path, md5 in dataset.hashes().items():
        record, _, name = path.partition(f"/{AUDIO}/")
        if record in RECORDS and name and first.setdefault(md5, name) != name:
            twice[name] = f"{NOTES[TWICE]} {first[md5]}"
    return twice
