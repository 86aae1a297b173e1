"""Getting DCASE 2018 Task 4: the lists by download, the clips from what one has already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import download_work, import_work, link, move_into
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.telling import Report, terms
from datasets.dcase2018_domestic.census import take_census
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic
from datasets.dcase2018_domestic.layout import (
    CLEAN,
    ORIGINAL,
    TEST_AUDIO,
    TEST_FEATURES,
    TRAIN_AUDIO,
    TRAIN_FEATURES,
    WEAK,
    Layout,
)
from datasets.dcase2018_domestic.official import LISTS, OfficialList
from datasets.errors import DataError

#: What a clip may lie in: audio as the official script saves it, and features as the authors of EDC released them.
AUDIO_ENDING, FEATURE_ENDINGS = ".wav", (".cpickle", ".npy")
#: Without these no name is known to be official.
NEEDED = (WEAK, CLEAN, ORIGINAL)
HOW_TO_GET_AUDIO = (
    "the audio lies on YouTube and cannot be fetched: make it with the official script ({homepage}), or take a copy "
    "that you have, and run `python -m benchmarks data import dcase2018_domestic FOLDER`"
)


def fetch(
    root: Path,
    report: Report = print,
    lists: Sequence[OfficialList] = LISTS,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download the lists into `root`; a call after an interruption continues. Raises DataError.

    Every list is compared with its md5 before it gets its name. The audio is in no archive; a last line says so.
    """
    report(terms(DCASE2018Domestic))
    missing = [one for one in lists if not one.is_in(root)]
    if missing:
        _bring(missing, root, downloader, report)
    report(f"{root}: all {len(lists)} lists are there and as they should be")
    report(HOW_TO_GET_AUDIO.format(homepage=DCASE2018Domestic.homepage))


def _bring(missing: Sequence[OfficialList], root: Path, downloader: ResumingDownloader | None, report: Report) -> None:
    """Download lists into `root`."""
    with download_work(root) as work:
        base = work / "release"
        for number, one in enumerate(missing, start=1):
            if not one.is_in(base):
                report(f"[{number}/{len(missing)}] {one.place}")
                (base / one.place).parent.mkdir(parents=True, exist_ok=True)
                resuming = downloader or ResumingDownloader(work, report)
                download(one.urls, base / one.place, f"md5:{one.md5}", resuming, report)
        move_into(base, root)


@dataclass
class _Found:
    """What a folder has under official names: {place below the root: file}, and names that are not official."""

    lists: dict[str, Path] = field(default_factory=dict)
    clips: dict[str, Path] = field(default_factory=dict)
    features: dict[str, Path] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lists or self.clips or self.features)


def import_folder(source: Path, root: Path, report: Report = print, lists: Sequence[OfficialList] = LISTS) -> None:
    """Put what lies in `source`, in whatever sub-folder, into `root` by its official name; say what the census finds.

    Taken are clips (.wav), features that the authors of EDC released (.cpickle, .npy), and lists that `root` lacks.
    Files are linked where the file system allows it, else copied; each gets its name when it is whole, and takes the
    place of another file of that name. Raises DataError where nothing in `source` has an official name, for bad lists,
    and where `root` cannot be written.
    """
    if not source.is_dir():
        raise DataError(f"{source}: no such folder; name one that holds clips (or sub-folders with clips)")
    with import_work(source, root) as work:
        found = _look(source, root, lists)
        if not found:
            first = f", {found.foreign[0]} for one" if found.foreign else ""
            raise DataError(
                f"{source}: nothing here has an official name like Y-6p32k2WUCs_0.000_10.000.wav of {WEAK} or "
                f"{CLEAN} ({len(found.foreign)} files with other names{first})"
            )
        new = 0
        for place, path in {**found.lists, **found.clips, **found.features}.items():
            new += _put(path, root / place, work)
    report(terms(DCASE2018Domestic))
    report(
        f"{source}: under official names {len(found.clips)} x audio, {len(found.features)} x features, "
        f"{len(found.lists)} x lists; new here: {new}"
    )
    if found.foreign:
        report(
            f"{len(found.foreign)} files are on neither the weak nor a test list and stay out: {found.foreign[0]}, ..."
        )
    _tell(root, found, report)


def _tell(root: Path, found: _Found, report: Report) -> None:
    """What the census finds of the audio, of the released features, or of both."""
    if found.clips or not found.features:
        report(take_census(DCASE2018Domestic(root)).summary())
    if found.features:
        report(take_census(DCASE2018Domestic(root, source="features")).summary())


def _look(source: Path, root: Path, lists: Sequence[OfficialList]) -> _Found:
    """All in `source` that has an official name."""
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith("."))
    found = _Found(lists=_find_lists(files, root, lists))
    clips = [path for path in files if path.suffix in (AUDIO_ENDING, *FEATURE_ENDINGS)]
    layout = Layout(root, found.lists)
    for place in NEEDED if clips or found.lists else ():
        if not layout.path(place).is_file():
            raise DataError(
                f"{layout.path(place)}: absent, and not in {source}; without it nobody knows which names are official: "
                "run `python -m benchmarks data fetch dcase2018_domestic` first"
            )
    for path in clips:
        item = f"{path.stem}.wav"
        is_audio = path.suffix == AUDIO_ENDING
        if item in layout.weak:
            place = f"{TRAIN_AUDIO if is_audio else TRAIN_FEATURES}/{path.name}"
        elif item in layout.test:
            place = f"{TEST_AUDIO if is_audio else TEST_FEATURES}/{path.name}"
        else:
            found.foreign.append(path.name)
            continue
        (found.clips if is_audio else found.features).setdefault(place, path)
    return found


def _find_lists(files: Iterable[Path], root: Path, lists: Sequence[OfficialList]) -> dict[str, Path]:
    """The lists that `root` lacks: files with the official content, whatever their names, else with the name."""
    tables = [path for path in files if path.suffix in (".csv", ".tsv")]
    by_md5 = {md5_of_file(path): path for path in reversed(tables)}
    by_name = {path.name: path for path in reversed(tables)}
    found = {}
    for one in lists:
        path = by_md5.get(one.md5) or by_name.get(Path(one.place).name)
        if path is not None and not (root / one.place).is_file():
            found[one.place] = path
    return found


def _put(path: Path, place: Path, work: Path) -> bool:
    """Make `place` the same file as `path`; whether it was not so before. Raises OSError."""
    if place.is_file():
        if place.samefile(path):
            return False
        if place.stat().st_size == path.stat().st_size and md5_of_file(place) == md5_of_file(path):
            return False
    staged = work / "staged" / place.name
    staged.unlink(missing_ok=True)
    link(path.resolve(), staged)
    place.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(place)
    return True
