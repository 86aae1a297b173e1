"""What of MAESTRO Real is here and usable, scene by scene, compared with the lists and the official md5."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datasets.acquire.census import Faults, NotedCensus, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.telling import Progress
from datasets.errors import DataError
from datasets.maestro_real.archives import is_official
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, EVALUATION, GET_AGAIN, SCENES, scene_of
from datasets.maestro_real.reading import read_recording

if TYPE_CHECKING:
    from datasets.maestro_real.dataset import MaestroReal

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 2
#: What is said and does no harm.
MONO, OF_EVALUATION = "mono", "evaluation"
NOTES = (MONO, OF_EVALUATION)


@dataclass(frozen=True)
class RecordingsCensus(NotedCensus):
    """A census that also counts scene by scene, and notes what does no harm.

    scenes: scene -> (here, expected). evaluation: recordings of the evaluation set (here, expected), which is not
    needed. notes: mono and evaluation -> {name: what is said}.
    """

    scenes: dict[str, tuple[int, int]] = field(default_factory=dict)
    evaluation: tuple[int, int] = (0, 0)

    def summary(self) -> str:
        """One line, with the counts of each scene, of the evaluation set and of the notes."""
        counts = [f"{scene} {found} of {expected}" for scene, (found, expected) in self.scenes.items()]
        found, expected = self.evaluation
        evaluation = f"evaluation {found} of {expected}, which is not needed"
        return "; ".join(filter(None, (super().summary(), ", ".join(counts), evaluation, self.noted)))


def take_census(dataset: "MaestroReal", progress: Progress | None = None, contents: bool = True) -> RecordingsCensus:
    """Compare with the lists and check every recording and its labels.

    contents: also look into the files; without, only what is there is counted. Raises DataError for a bad list.
    """
    layout = dataset.layout
    entries, bad = layout.entries(DEVELOPMENT), layout.unusable(DEVELOPMENT)
    expected = layout.expected(DEVELOPMENT)
    listed = dataset.lists.durations
    here = [item for item in (listed or sorted(entries)) if item in entries]
    scenes = {scene: (sum(scene_of(item) == scene for item in here), expected[scene]) for scene in SCENES}
    faults = _faults(dataset, progress) if contents else {}
    unusable = {item: f"{entries[item]}: {bad[item]}" for item in here if item in bad}
    labels = layout.unusable(ANNOTATION)
    unusable |= {f"{item} labels": f"{layout.labels(item)}: {why}" for item, why in labels.items() if item in here}
    return RecordingsCensus(
        dataset=dataset.title,
        release={"real": "as published"}.get(layout.corpus, layout.corpus),
        expected=max(sum(expected.values()), len(listed)),
        found=len(here),
        missing=dict(_missing(dataset, entries.keys())),
        extra=dict(_extra(dataset)),
        faults=with_unusable({kind: names for kind, names in faults.items() if kind not in NOTES}, unusable),
        what="recordings",
        scenes=scenes,
        evaluation=(len(layout.entries(EVALUATION)), sum(layout.expected(EVALUATION).values())),
        notes={kind: names for kind, names in faults.items() if kind in NOTES},
    )


def _missing(dataset: "MaestroReal", here: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is not here: lists, all audio or labels in one line each, or single files."""
    layout, lists = dataset.layout, dataset.lists
    for path in lists.absent:
        yield path.name, f"not in {path.parent}; {GET_AGAIN}"
    if not lists.durations:
        return
    for scene, wanted in layout.expected(DEVELOPMENT).items():
        found = sum(scene_of(item) == scene for item in lists.durations)
        if found < wanted:
            yield f"{scene} list", f"{wanted - found} of {wanted} lacking in {layout.durations}"
    for title, suffix, folder, some in (
        ("audio", "", DEVELOPMENT, set(here)),
        ("labels", " labels", ANNOTATION, set(layout.entries(ANNOTATION))),
    ):
        absent = [item for item in lists.durations if item not in some]
        if len(absent) == len(lists.durations):
            yield title, f"not one of the {len(absent)} files is in {layout.root / folder}; {GET_AGAIN}"
            continue
        for item in absent:
            yield f"{item}{suffix}", f"listed, but not in {layout.root / folder}"


def _extra(dataset: "MaestroReal") -> Iterator[tuple[str, str]]:
    """Files that no list names, in the folders of the records."""
    layout, listed = dataset.layout, dataset.lists.durations
    for record in (DEVELOPMENT, ANNOTATION, EVALUATION):
        unlisted = [
            path
            for item, path in layout.entries(record).items()
            if listed and record != EVALUATION and item not in listed
        ]
        for path in sorted([*unlisted, *layout.strangers(record)]):
            yield path.relative_to(layout.root).as_posix(), f"in no list, in {path.parent}"


def _faults(dataset: "MaestroReal", progress: Progress | None) -> Faults:
    """Faults and notes of the files' contents, remembered under the dataset's fingerprint."""

    def check() -> Faults:
        mono: dict[str, str] = {}
        found = by_kind(_of_recordings(dataset, mono, progress))
        labels = dict(_of_labels(dataset))
        altered = dict(_altered(dataset, mono))
        evaluation = {item: f"{kind}: {reason}" for item, kind, reason in _of_evaluation(dataset)}
        more = {"labels": labels, "altered": altered, MONO: mono, OF_EVALUATION: evaluation}
        return {**found, **{kind: names for kind, names in more.items() if names}}

    evaluation = sum(path.stat().st_size for path in dataset.layout.entries(EVALUATION).values() if path.is_file())
    hard = dataset.layout.hard
    also = f"{evaluation}-{hard.stat().st_size if hard.is_file() else 0}"
    return remembered(dataset.cache, f"{dataset.name}-{dataset.fingerprint()}-{also}-v{VERSION}", check)


def _of_recordings(
    dataset: "MaestroReal", mono: dict[str, str], progress: Progress | None
) -> list[tuple[str, str, str]]:
    """What is wrong with the sound of recordings; those with one channel go into `mono`."""
    layout, listed = dataset.layout, dataset.lists.durations

    def load(item: str) -> None:
        if read_recording(layout.audio(item), listed.get(item))[1] == 1:
            mono[item] = "one channel instead of two, taken as it is"

    names = layout.names(DEVELOPMENT)
    return decoding_faults([item for item in (listed or sorted(names)) if item in names], load, progress)


def _of_evaluation(dataset: "MaestroReal") -> list[tuple[str, str, str]]:
    """What is wrong with the sound of recordings of the evaluation set, whose durations are not listed."""
    layout = dataset.layout
    unusable = [(item, "unreadable", why) for item, why in layout.unusable(EVALUATION).items()]
    names = sorted(layout.names(EVALUATION))
    return unusable + decoding_faults(names, lambda item: read_recording(layout.audio(item), None), None)


def _of_labels(dataset: "MaestroReal") -> Iterator[tuple[str, str]]:
    """What is wrong with label files: bad lines, gaps, and soft labels that do not give the official hard ones."""
    names = dataset.layout.names(ANNOTATION)
    for item in dataset.lists.durations:
        if item in names:
            try:
                dataset.hard(item)
                _check_gaps(dataset, item)
            except DataError as error:
                yield f"{item} labels", str(error)


def _check_gaps(dataset: "MaestroReal", item: str) -> None:
    """Raise DataError where a second of the real set has no label: the official files have one in every second."""
    gaps = [second for second, labelled in enumerate(dataset.soft(item).max(axis=1)) if labelled == 0]
    if gaps and dataset.layout.corpus == "real":
        raise DataError(
            f"{dataset.layout.labels(item)}: no label in second {gaps[0]} ({len(gaps)} such seconds), where the "
            "official file has some in each; put it there"
        )


def _altered(dataset: "MaestroReal", mono: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The files of the real set whose content is not the official one; recordings with one channel are noted anyway."""
    if dataset.layout.corpus != "real":
        return
    for place, md5 in dataset.hashes().items():
        item = place.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        if item not in mono and not is_official(place, md5):
            yield place, "its content is not that of the official file"
