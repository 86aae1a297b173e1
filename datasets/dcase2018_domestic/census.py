"""What of DCASE 2018 Task 4 is here and usable, compared with its lists; the clips vanish from YouTube over time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from datasets.acquire.census import Faults, NotedCensus, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.importing import no_file
from datasets.acquire.telling import Progress
from datasets.audio import ClipFault
from datasets.dcase2018_domestic.layout import (
    CLEAN,
    ORIGINAL,
    REMOVED,
    SECONDS,
    TEST_AUDIO,
    TEST_FEATURES,
    TRAIN_AUDIO,
    TRAIN_FEATURES,
    WEAK,
)
from datasets.dcase2018_domestic.lists import nominal_seconds, read_names
from datasets.dcase2018_domestic.official import LISTS

if TYPE_CHECKING:
    from datasets.dcase2018_domestic.dataset import DCASE2018Domestic

#: Changes whenever a check does, so that remembered results of older checks are not used.
VERSION = 2
#: How much longer or shorter than its name says a clip may be, as a share (assumed: two of the 27 arrays that EDC's
#: authors released are 3 and 5 % short); features of longer ones are cut.
TOLERANCE = 0.1
#: A clip has to fill a window of the features, seconds (paper of EDC, section 3.1).
WINDOW = 0.04
#: What is noted and no fault, as videos end early: the kind of a clip that is shorter than its name says.
CUT: Final = "cut"


@dataclass(frozen=True)
class SplitCensus(NotedCensus):
    """A census with the number of clips per split: {training, validation, test-original, test-clean: (found, listed)}.

    The numbers stand under every table, because nobody has all clips any more. leaking: how many clips of the original
    test list are on the weak list.
    """

    splits: dict[str, tuple[int, int]] = field(default_factory=dict)
    leaking: int = 0

    def summary(self) -> str:
        """One line."""
        counts = ", ".join(f"{name} {found} of {listed}" for name, (found, listed) in self.splits.items())
        return "; ".join(filter(None, (super().summary(), counts, self.noted)))

    def to_markdown(self) -> str:
        """The summary, then one line per finding."""
        known = f"- known leak: {self.leaking} clips of test-original are training or validation clips\n"
        return super().to_markdown() + (known if self.leaking else "")


def take_census(dataset: "DCASE2018Domestic", progress: Progress | None = None, contents: bool = True) -> SplitCensus:
    """Compare a dataset with its lists and decode every clip. Raises DataError for a list that is absent or bad.

    contents: also decode; without, only what is there is counted.
    """
    layout, unusable = dataset.layout, dataset.unusable()
    paths = {**dataset.paths(), **unusable}
    train, test = (TRAIN_FEATURES, TEST_FEATURES) if dataset.source == "features" else (TRAIN_AUDIO, TEST_AUDIO)
    missing = {
        item: f"listed in {listed}, but not in {folder}"
        for some, listed, folder in (
            (layout.weak, WEAK, train),
            (layout.clean, CLEAN, test),
            (layout.original, ORIGINAL, test),
        )
        for item in some
        if item not in paths and (listed == WEAK or item not in layout.weak)
    }
    splits = {
        "training": dataset.labels("train"),
        "validation": dataset.labels("validation"),
        "test-original": layout.original,
        "test-clean": layout.clean,
    }
    reasons = {item: f"{path}: {no_file(path)}" for item, path in unusable.items()}
    found = _faults(dataset, progress) if contents else {}
    return SplitCensus(
        dataset=dataset.title,
        release={"real": "as published"}.get(layout.corpus, layout.corpus),
        expected=len({**layout.weak, **layout.test}),
        found=len(paths),
        missing=missing,
        extra=_extra(dataset, train, test),
        faults=with_unusable({kind: names for kind, names in found.items() if kind != CUT}, reasons),
        what="clips" if dataset.source == "audio" else "released features",
        splits={name: (sum(item in paths for item in some), len(some)) for name, some in splits.items()},
        leaking=sum(item in layout.weak for item in layout.original),
        notes={CUT: found[CUT]} if CUT in found else {},
    )


def length_finding(
    item: str, seconds: float, longest: float = SECONDS
) -> tuple[Literal["", "truncated", "length", "cut"], str]:
    """What is to be said of a clip of some length, kind and reason; two empty texts where it is as it should be.

    longest: the length of every clip of a generated corpus, which its name does not tell.
    """
    nominal = min(nominal_seconds(item), longest)
    if seconds < WINDOW:
        return "truncated", f"{seconds * 1000:.0f} ms, less than one window of {WINDOW * 1000:.0f} ms"
    if seconds > nominal * (1 + TOLERANCE):
        return "length", f"{seconds:.2f} s instead of {nominal:g} s"
    if seconds < nominal * (1 - TOLERANCE):
        return CUT, f"{seconds:.2f} s instead of {nominal:g} s"
    return "", ""


def _extra(dataset: "DCASE2018Domestic", *folders: str) -> dict[str, str]:
    """The files beside the clips that no list names, or that another file of the clip stands before."""
    used = {*dataset.paths().values(), *dataset.unusable().values()}
    listed = {**dataset.layout.weak, **dataset.layout.test}
    extra = {}
    for folder in folders:
        place = dataset.root / folder
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if path not in used and not path.name.startswith("."):
                reason = "not used, the clip lies elsewhere too" if f"{path.stem}.wav" in listed else "in no list"
                extra[f"{folder}/{path.name}"] = reason
    return extra


def _faults(dataset: "DCASE2018Domestic", progress: Progress | None) -> Faults:
    """What is found in the clips, remembered under the dataset's fingerprint, and what is wrong with lists."""

    cut: dict[str, str] = {}

    def check() -> Faults:
        faults = by_kind(decoding_faults(list(dataset.paths()), lambda item: _check_clip(dataset, item, cut), progress))
        return {**faults, **({CUT: cut} if cut else {})}

    name = f"{dataset.name}-{dataset.source}-{dataset.fingerprint()}-{dataset.clip_seconds:g}s-v{VERSION}"
    faults = remembered(dataset.cache, name, check)
    altered = _altered(dataset.root) if dataset.layout.corpus == "real" else {}
    if (dataset.root / REMOVED).is_file():
        removed = set(read_names(dataset.root / REMOVED))
        if removed != set(dataset.layout.original) - set(dataset.layout.clean):
            altered.setdefault(REMOVED, f"names others than the clips that {ORIGINAL} has and {CLEAN} has not")
    return {**faults, "altered": altered} if altered else faults


def _check_clip(dataset: "DCASE2018Domestic", item: str, cut: dict[str, str]) -> None:
    """Raise ClipFault for a clip that cannot be used or is too long, and note in `cut` one that ends early."""
    samples = dataset.load(item)
    if dataset.source == "audio":
        kind, reason = length_finding(item, len(samples) / dataset.sample_rate, dataset.clip_seconds)
        if kind == CUT:
            cut[item] = reason
        elif kind:
            raise ClipFault(f"{item}: {kind}: {reason}", kind, reason)


def _altered(root: Path) -> dict[str, str]:
    """The lists that are here with other content than the official one."""
    reason = "not the official list (its md5 differs); run `python -m benchmarks data fetch dcase2018_domestic`"
    return {one.place: reason for one in LISTS if (root / one.place).is_file() and not one.is_in(root)}
