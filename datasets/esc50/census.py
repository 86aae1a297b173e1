"""What of ESC-50 is here and usable, compared with what was released."""

from collections import Counter
from pathlib import Path

from datasets.acquire.census import VERSION, Census, by_kind, decoding_faults, remembered, with_unusable
from datasets.acquire.checksums import official_tokens, token
from datasets.acquire.telling import Progress
from datasets.esc50.dataset import ESC50
from datasets.esc50.layout import KINDS, parse_item

_LISTS = Path(__file__).with_name("checksums")
#: The list of official checksums of each kind of release; a miniature has none.
CHECKSUMS = {"v2 WAV": _LISTS / "v2_wav.txt", "v1 OGG": _LISTS / "v1_ogg.txt"}

NOT_HERE = "listed, but its file is not here"


def take_census(dataset: ESC50, progress: Progress | None = None, contents: bool = True) -> Census:
    """Compare a dataset with its official lists and decode every clip. Raises DataError for a list that is bad.

    contents: also decode; without, only what is there is counted.
    """
    release, paths = dataset.release, dataset.paths()
    unusable = {item: reason for item, reason in release.unusable.items() if parse_item(item).target in dataset.targets}
    missing = {item: NOT_HERE for item in _listed(dataset) if item not in paths and item not in unusable}
    for (fold, label), count in _count(dataset, [*paths, *unusable, *missing]).items():
        if count < release.per_class_and_fold:
            lacking = release.per_class_and_fold - count
            missing[f"fold {fold}, {label}"] = f"{lacking} of {release.per_class_and_fold} clips lacking"
    return Census(
        dataset={"esc50": "ESC-50", "esc10": "ESC-10"}[dataset.subset],
        release=release.kind,
        expected=dataset.expected,
        found=len(paths) + len(unusable),
        missing=missing,
        extra={path.name: f"not a clip of the list, in {path.parent}" for path in release.extra},
        faults=with_unusable(_checked(dataset, progress) if contents else {}, unusable),
        known_leaks=sources_across_folds(dataset),
    )


def _listed(dataset: ESC50) -> list[str]:
    listed = sorted(dataset.release.listed or ())
    labels = dataset.truth_of_names(listed)["label"]
    return [item for item, label in zip(listed, labels, strict=True) if label in dataset.classes]


def _count(dataset: ESC50, items: list[str]) -> dict[tuple[int, str], int]:
    reference = dataset.truth_of_names(items)
    counts = Counter(zip(reference["fold"], reference["label"], strict=True))
    return {(fold, label): counts[fold, label] for fold in dataset.folds for label in dataset.classes}


def sources_across_folds(dataset: ESC50) -> dict[str, dict[str, list[str]]]:
    """The classes of each source that lies in several folds, by fold."""
    leaks = {}
    for source, clips in dataset.truth_of_names(dataset.paths()).groupby("unit"):
        if clips["fold"].nunique() > 1:
            leaks[str(source)] = {str(fold): sorted(set(part["label"])) for fold, part in clips.groupby("fold")}
    return leaks


def _checked(dataset: ESC50, progress: Progress | None) -> dict[str, dict[str, str]]:
    """The faults of the clips' contents, remembered under the dataset's fingerprint."""

    def check() -> dict[str, dict[str, str]]:
        return by_kind([*decoding_faults(list(dataset.paths()), dataset.load, progress), *_altered(dataset)])

    name = f"{dataset.subset}-{dataset.fingerprint()}-{dataset.clip_seconds:g}s-v{VERSION}"
    return remembered(dataset.cache, name, check)


def _altered(dataset: ESC50) -> list[tuple[str, str, str]]:
    """The clips that are not the official files, for the kinds of release whose checksums are known."""
    if dataset.release.declared:
        return []
    paths, reason = dataset.paths(), "name and content are not those of the official file"
    return [
        (item, "altered", reason) for item, md5 in dataset.hashes().items() if not is_official(item, paths[item], md5)
    ]


def is_official(item: str, path: Path, md5: str) -> bool:
    """Whether a clip of that name and md5 is one of the official files of its format."""
    return any(
        path.suffix.lower() == KINDS[kind] and token(item, md5) in official_tokens(CHECKSUMS[kind]) for kind in KINDS
    )
