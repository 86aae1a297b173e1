"""What of a dataset is here and usable, compared with what was released."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from datasets.acquire.telling import Progress, shown
from datasets.acquire.whole import checked, with_checksum, write_whole
from datasets.audio import ClipFault

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 1

#: {kind: {name: reason}}, see Census.
Faults = dict[str, dict[str, str]]


#: So many findings of each kind are told one by one.
MOST_TOLD = 50


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
    faults: Faults = field(default_factory=dict)
    known_leaks: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    what: str = "clips"

    @property
    def complete(self) -> bool:
        """Whether everything that was released is here and passes all checks. Extra files do no harm."""
        return self.found == self.expected and not self.missing and not any(self.faults.values())

    def summary(self) -> str:
        """One line."""
        lacking = self.expected - self.found
        beside = {} if lacking else {"missing beside them": len(self.missing)}
        counts = {"missing": lacking, **beside, **{kind: len(names) for kind, names in self.faults.items()}}
        findings = [f"{count} {kind}" for kind, count in counts.items() if count]
        return f"{self.found} of {self.expected} {self.what} ({self.release}): {', '.join(findings) or 'all usable'}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = {**asdict(self), "complete": self.complete}
        return {name: _shown(value) for name, value in found.items()}

    def to_markdown(self) -> str:
        """The summary, then one line per finding, of each kind the first ones."""
        lines = [f"{self.dataset}: {self.summary()}", ""]
        lines += _told({"missing": self.missing, **self.faults, "extra": self.extra})
        for source, by_fold in sorted(self.known_leaks.items()):
            places = ", ".join(f"{fold} ({', '.join(classes)})" for fold, classes in sorted(by_fold.items()))
            lines.append(f"- known leak: source {source} lies in folds {places}")
        return "\n".join(lines).rstrip() + "\n"


@dataclass(frozen=True)
class NotedCensus(Census):
    """A census that also notes what is no fault: notes maps a kind to {name: what is said}."""

    notes: Faults = field(default_factory=dict)

    @property
    def noted(self) -> str:
        """The notes by their counts, as the last part of a summary; "" without any."""
        counts = ", ".join(f"{len(names)} {kind}" for kind, names in self.notes.items())
        return f"noted: {counts}" if counts else ""

    def to_markdown(self) -> str:
        """As every census, then one line per note."""
        notes = {f"noted, {kind}": names for kind, names in self.notes.items()}
        return super().to_markdown() + "".join(f"{line}\n" for line in _told(notes))


def _told(findings: Faults) -> Iterator[str]:
    """A line for each finding, of each kind the first ones, and how many more there are."""
    for kind, names in findings.items():
        told = sorted(names.items())
        yield from (shown(f"- {kind}: {name}: {reason}") for name, reason in told[:MOST_TOLD])
        if len(told) > MOST_TOLD:
            yield f"- {kind}: {len(told) - MOST_TOLD} more"


def _shown(value: Any) -> Any:
    """A value whose names can be printed."""
    if isinstance(value, dict):
        return {shown(key): _shown(one) for key, one in value.items()}
    return shown(value) if isinstance(value, str) else value


def by_kind(found: Iterable[tuple[str, str, str]]) -> Faults:
    """Faults (name, kind, reason) as Census.faults has them."""
    faults: Faults = {}
    for name, kind, reason in found:
        faults.setdefault(kind, {})[name] = reason
    return faults


def with_unusable(faults: Faults, unusable: Mapping[str, str]) -> Faults:
    """Faults, and the items whose entries are no files that can be read: {item: reason}."""
    return {**faults, "unreadable": {**faults.get("unreadable", {}), **unusable}} if unusable else faults


def remembered(cache: Path | None, name: str, check: Callable[[], Faults]) -> Faults:
    """The faults that an earlier check has left in the cache, else those of a new check.

    name: of what is kept, with all that the faults depend on in it. Without a cache nothing is kept.
    """
    if cache is None:
        return check()
    memory = cache / "census" / f"{name}.json"
    known = _recall(memory)
    if known is not None:
        return known
    faults = check()
    try:
        write_whole(memory, with_checksum(json.dumps(faults, indent=1).encode(), memory))
    except OSError:  # a full or read-only disk costs time, not the result
        return faults
    return faults


def decoding_faults(
    items: Sequence[str], load: Callable[[str], object], progress: Progress | None
) -> list[tuple[str, str, str]]:
    """The items whose loading raises ClipFault, in order: (item, kind, reason), the reason without name and kind.

    Files are decoded in threads.
    """

    def check(item: str) -> tuple[str, str, str] | None:
        try:
            load(item)
        except ClipFault as fault:
            return item, fault.kind, fault.reason
        return None

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for number, fault in enumerate(pool.map(check, items), start=1):
            if fault is not None:
                found.append(fault)
            if progress is not None:
                progress(number, len(items))
    return found


def _recall(memory: Path) -> Faults | None:
    content = checked(memory)
    return None if content is None else json.loads(content)  # absent, or damaged: check again
