"""What of CHiME-Home is here and usable, part by part, compared with the official counts and the lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.acquire.census import Census, Faults, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.telling import Progress
from datasets.audio import clip_fault
from datasets.chime_home.annotations import is_refined, majority_vote
from datasets.chime_home.layout import (
    ANNOTATION,
    CROSSVALIDATION,
    EVALUATION,
    GET_AGAIN,
    LISTS,
    MONO,
    OFFICIAL,
    OLD_COPY,
    PARTS,
    STEREO,
)
from datasets.chime_home.official import ANNOTATIONS_MD5, LISTS_MD5, digest_of_annotations, digest_of_list
from datasets.chime_home.reading import RATE, read_mono
from datasets.errors import DataError

if TYPE_CHECKING:
    from datasets.chime_home.dataset import CHiMEHome

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 1
#: How much a chunk may differ from its length, seconds: one hop of the features (assumed).
TOLERANCE = 0.02


@dataclass(frozen=True)
class PartsCensus(Census):
    """A census that also counts part by part: `parts` maps training, validation and evaluation to (here, expected)."""

    parts: dict[str, tuple[int, int]] = field(default_factory=dict)

    def summary(self) -> str:
        """One line, with the counts of each part."""
        counts = ", ".join(f"{part} {found} of {expected}" for part, (found, expected) in self.parts.items())
        return f"{super().summary()}; {counts}"


def take_census(dataset: "CHiMEHome", progress: Progress | None = None, contents: bool = True) -> PartsCensus:
    """Compare with the lists and check audio and annotation of every listed chunk.

    A chunk is here if both its 16 kHz file and its annotation are. contents: also decode; without, only what is there
    is counted. Raises DataError for a list that is bad.
    """
    unusable, expected = dataset.layout.unusable(), dataset.layout.expected
    names = dataset.layout.names() | unusable.keys()
    absent = [name for name in LISTS if name not in dataset.lists.chunks]
    missing = {name: f"not in {dataset.root}; {OLD_COPY if name == EVALUATION else GET_AGAIN}" for name in absent}
    parts, here = {}, []
    for part, title in PARTS.items():
        is_listed = (EVALUATION if part == "test" else CROSSVALIDATION) in dataset.lists.chunks
        listed = dataset.lists.part(part) if is_listed else ()
        found = [chunk for chunk in listed if {chunk + MONO, chunk + ANNOTATION} <= names]
        parts[title] = (len(found), max(expected[part], len(listed)))
        here += found
        if is_listed and len(listed) < expected[part]:
            lacking = expected[part] - len(listed)
            missing[f"{title} list"] = f"{lacking} of {expected[part]} chunks lacking in the list"
        missing |= _missing(dataset, title, listed, names)
    broken = _unusable(dataset, here, unusable)
    readable = [chunk for chunk in here if chunk not in broken]
    return PartsCensus(
        dataset=dataset.title,
        release={"real": "as published"}.get(dataset.layout.corpus, dataset.layout.corpus),
        expected=sum(count for _, count in parts.values()),
        found=len(here),
        missing=missing,
        extra=_extra(dataset, names),
        faults=with_unusable(_faults(dataset, readable, progress) if contents else {}, broken),
        known_leaks=_leaks(dataset),
        what="chunks",
        parts=parts,
    )


def check_chunk(path: Path, wanted: float) -> None:
    """Raise ClipFault unless a file is 16 kHz, mono, `wanted` seconds long and usable."""
    seconds = len(read_mono(path)) / RATE
    if abs(seconds - wanted) > TOLERANCE:
        raise clip_fault(path, "length", f"{seconds:.2f} s instead of {wanted:g} s")


def _unusable(dataset: "CHiMEHome", chunks: list[str], found: Mapping[str, str]) -> dict[str, str]:
    """The chunks one of whose names is of no file, and why."""
    names = {chunk: next((chunk + one for one in (MONO, ANNOTATION) if chunk + one in found), "") for chunk in chunks}
    return {chunk: f"{dataset.layout.chunks / name}: {found[name]}" for chunk, name in names.items() if name}


def _missing(dataset: "CHiMEHome", title: str, listed: tuple[str, ...], names: frozenset[str]) -> dict[str, str]:
    """What of a part is not here: a line per chunk, or one line where all audio or all annotations are absent."""
    folder, missing = dataset.layout.chunks, {}
    lacking = {ending: [chunk for chunk in listed if chunk + ending not in names] for ending in (MONO, ANNOTATION)}
    absent = [ending for ending, chunks in lacking.items() if listed and len(chunks) == len(listed)]
    if len(absent) == 2:
        return {f"{title} chunks": f"not one of the {len(listed)} is in {folder}; {GET_AGAIN}"}
    for ending in absent:
        what, advice = ("audio", GET_AGAIN) if ending == MONO else ("annotations", _advice(title))
        missing[f"{title} {what}"] = f"not one of the {len(listed)} files is in {folder}; {advice}"
        lacking[ending] = []
    for chunk in listed:
        files = [chunk + ending for ending, chunks in lacking.items() if chunk in chunks]
        if files:
            missing[chunk] = f"listed in {title}, but {' and '.join(files)} not in {folder}"
    return missing


def _advice(title: str) -> str:
    return OLD_COPY if title == PARTS["test"] else GET_AGAIN


def _extra(dataset: "CHiMEHome", names: frozenset[str]) -> dict[str, str]:
    """Files of no chunk of any list; they cannot be told where a list is absent."""
    if any(name not in dataset.lists.chunks for name in LISTS):
        return {}
    known = {chunk + ending for chunk in dataset.lists.known() for ending in (MONO, STEREO, ANNOTATION)}
    reason = f"of no chunk of the lists, in {dataset.layout.chunks}"
    return {name: reason for name in sorted(names - known) if not name.startswith(".")}


def _leaks(dataset: "CHiMEHome") -> dict[str, dict[str, list[str]]]:
    """The segments of which both training and validation have chunks; three official segments straddle sets."""
    if CROSSVALIDATION not in dataset.lists.chunks:
        return {}
    return {
        segment: {"training": [_count(train)], "validation": [_count(validation)]}
        for segment, (train, validation) in dataset.lists.straddling().items()
    }


def _count(chunks: int) -> str:
    return f"{chunks} chunk{'s' if chunks != 1 else ''}"


def _faults(dataset: "CHiMEHome", chunks: list[str], progress: Progress | None) -> Faults:
    """The faults of audio and annotations, remembered under the dataset's fingerprint, and those of lists."""

    def load(chunk: str) -> None:
        check_chunk(dataset.layout.mono(chunk), dataset.clip_seconds)

    def check() -> Faults:
        return by_kind([*decoding_faults(chunks, load, progress), *_annotation_faults(dataset, chunks)])

    name = f"{dataset.name}-{dataset.fingerprint()}-{dataset.clip_seconds:g}s-v{VERSION}"
    found = remembered(dataset.cache, name, check)
    altered = _altered(dataset, chunks, found) if dataset.layout.corpus == "real" else {}
    return {**found, "altered": altered} if altered else found


def _altered(dataset: "CHiMEHome", chunks: list[str], found: Faults) -> dict[str, str]:
    """The lists that say something else than the official ones, and the annotations where all can be read and do."""
    altered = {}
    for name, chunks_of in dataset.lists.chunks.items():
        sets = dataset.lists.sets if name == CROSSVALIDATION else dict.fromkeys(chunks_of, 0)
        if digest_of_list(sets) != LISTS_MD5[name]:
            altered[name] = f"not the official list, whose chunks or sets are others; {GET_AGAIN}"
    is_whole = len(chunks) == sum(OFFICIAL.values()) and "annotation" not in found
    if is_whole and digest_of_annotations(map(dataset.annotation, chunks)) != ANNOTATIONS_MD5:
        altered["annotations"] = f"not the official ones, whose letters or votes are others; {GET_AGAIN}"
    return altered


def _annotation_faults(dataset: "CHiMEHome", chunks: list[str]) -> Iterator[tuple[str, str, str]]:
    """Annotations that cannot be read, whose vote is not the annotators', or that belong on no refined list."""
    for chunk in chunks:
        path = dataset.layout.annotation(chunk)
        try:
            annotation = dataset.annotation(chunk)
        except DataError as error:
            yield chunk, "annotation", str(error)
            continue
        vote = majority_vote(annotation.annotators)
        if set(annotation.majority) != vote:
            reason = f"majorityvote {annotation.majority!r}, but two of three annotators agree on {_letters(vote)!r}"
            yield chunk, "vote", f"{path}: {reason}; put the official file there"
        elif not is_refined(annotation.annotators):
            reason = f"on a refined list, but the annotators {', '.join(map(repr, annotation.annotators))} do not agree"
            yield chunk, "vote", f"{path}: {reason}; put the official file there"


def _letters(vote: frozenset[str]) -> str:
    return "".join(sorted(vote))
