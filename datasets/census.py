"""What of a dataset is here and usable, compared with what was released."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.audio import ClipFault
from datasets.checksums import official_tokens, token
from datasets.file_hashes import write_atomically

if TYPE_CHECKING:
    from datasets.esc50 import ESC50

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 1
#: The list of official checksums of each kind of release; a miniature has none.
CHECKSUMS = {"v2 WAV": "esc50_v2_wav", "v1 OGG": "esc50_v1_ogg"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Census:
    """What was found. Names are official ones; every finding comes with its reason.

    `faults` maps a kind (empty, truncated, unreadable, rate, channels, length, format, nan, silent, altered) to
    {name: reason}. `known_leaks` maps a source to its classes by fold, for the sources that lie in several folds.
    """

    dataset: str
    release: str
    expected: int
    found: int
    missing: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    faults: dict[str, dict[str, str]] = field(default_factory=dict)
    known_leaks: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    what: str = "clips"

    @property
    def complete(self) -> bool:
        """Whether everything that was released is here and passes all checks. Extra files do no harm."""
        return self.found == self.expected and not self.missing and not any(self.faults.values())

    def summary(self) -> str:
        """One line."""
        counts = {"missing": self.expected - self.found, **{kind: len(names) for kind, names in self.faults.items()}}
        findings = [f"{count} {kind}" for kind, count in counts.items() if count]
        return f"{self.found} of {self.expected} {self.what} ({self.release}): {', '.join(findings) or 'all usable'}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**asdict(self), "complete": self.complete}

    def to_markdown(self) -> str:
        """The summary, then one line per finding."""
        lines = [f"{self.dataset}: {self.summary()}", ""]
        for kind, names in {"missing": self.missing, **self.faults, "extra": self.extra}.items():
            lines += [f"- {kind}: {name}: {reason}" for name, reason in sorted(names.items())]
        for source, by_fold in sorted(self.known_leaks.items()):
            places = ", ".join(f"{fold} ({', '.join(classes)})" for fold, classes in sorted(by_fold.items()))
            lines.append(f"- known leak: source {source} lies in folds {places}")
        return "\n".join(lines).rstrip() + "\n"


def take_census(dataset: "ESC50", progress: Progress | None = None) -> Census:
    """Compare a dataset with its official lists and decode every clip. Raises DataError for a list that is bad."""
    release, paths = dataset.release, dataset.paths()
    missing = {item: "listed, but its file is not here" for item in _listed(dataset) if item not in paths}
    for (fold, label), count in _count(dataset, [*paths, *missing]).items():
        if count < release.per_class_and_fold:
            lacking = release.per_class_and_fold - count
            missing[f"fold {fold}, {label}"] = f"{lacking} of {release.per_class_and_fold} clips lacking"
    return Census(
        dataset={"esc50": "ESC-50", "esc10": "ESC-10"}[dataset.subset],
        release=release.kind,
        expected=dataset.expected,
        found=len(paths),
        missing=missing,
        extra={path.name: f"not a clip of the list, in {path.parent}" for path in release.extra},
        faults=_checked(dataset, progress),
        known_leaks=sources_across_folds(dataset),
    )


def _listed(dataset: "ESC50") -> list[str]:
    listed = sorted(dataset.release.listed or ())
    labels = dataset.reference(listed)["label"]
    return [item for item, label in zip(listed, labels, strict=True) if label in dataset.classes]


def _count(dataset: "ESC50", items: list[str]) -> dict[tuple[int, str], int]:
    reference = dataset.reference(items)
    counts = Counter(zip(reference["fold"], reference["label"], strict=True))
    return {(fold, label): counts[fold, label] for fold in dataset.folds for label in dataset.classes}


def sources_across_folds(dataset: "ESC50") -> dict[str, dict[str, list[str]]]:
    """The classes of each source that lies in several folds, by fold."""
    leaks = {}
    for source, clips in dataset.reference(list(dataset.paths())).groupby("unit"):
        if clips["fold"].nunique() > 1:
            leaks[str(source)] = {str(fold): sorted(set(part["label"])) for fold, part in clips.groupby("fold")}
    return leaks


def _checked(dataset: "ESC50", progress: Progress | None) -> dict[str, dict[str, str]]:
    """The faults of the clips' contents, remembered under the dataset's fingerprint."""

    def check() -> dict[str, dict[str, str]]:
        return by_kind([*decoding_faults(list(dataset.paths()), dataset.load, progress), *_altered(dataset)])

    if dataset.cache is None:
        return check()
    name = f"{dataset.subset}-{dataset.fingerprint()}-{dataset.clip_seconds:g}s-v{VERSION}.json"
    return remembered(dataset.cache / "census" / name, check)


def by_kind(found: Iterable[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """Faults (name, kind, reason) as Census.faults has them."""
    faults: dict[str, dict[str, str]] = {}
    for name, kind, reason in found:
        faults.setdefault(kind, {})[name] = reason
    return faults


def remembered(memory: Path, check: Callable[[], dict[str, dict[str, str]]]) -> dict[str, dict[str, str]]:
    """The faults that an earlier check has left in `memory`, else those of a new check."""
    known = _recall(memory)
    if known is not None:
        return known
    faults = check()
    try:
        write_atomically(memory, json.dumps(faults, indent=1))
    except OSError:  # a full or read-only disk costs time, not the result
        return faults
    return faults


def decoding_faults(
    items: Sequence[str], load: Callable[[str], object], progress: Progress | None
) -> list[tuple[str, str, str]]:
    """The items whose loading raises ClipFault, in order: (item, kind, reason). Files are decoded in threads."""

    def check(item: str) -> tuple[str, str, str] | None:
        try:
            load(item)
        except ClipFault as fault:
            return item, fault.kind, str(fault)
        return None

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, fault in enumerate(pool.map(check, items), start=1):
            if fault is not None:
                found.append(fault)
            if progress is not None:
                progress(number, len(items))
    return found


def _altered(dataset: "ESC50") -> list[tuple[str, str, str]]:
    """The clips that are not the official files, for the kinds of release whose checksums are known."""
    if dataset.release.kind not in CHECKSUMS:
        return []
    official = official_tokens(CHECKSUMS[dataset.release.kind])
    reason = "name and content are not those of the official file"
    return [(item, "altered", reason) for item, md5 in dataset.hashes().items() if token(item, md5) not in official]


def _recall(memory: Path) -> dict[str, dict[str, str]] | None:
    try:
        return json.loads(memory.read_text())
    except (OSError, ValueError):  # absent, or cut short: check again
        return None
