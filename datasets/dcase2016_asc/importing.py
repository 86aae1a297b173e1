"""Taking TUT Acoustic Scenes 2016 from what one has: recordings and lists by their names in whatever folders, archives.

Both sets have lists of the same names, so a list says by what it names of which set it is. A recording is taken where
a list names it: others number their sounds as the evaluation set does.
"""

from collections.abc import Sequence
from pathlib import Path

from datasets.acquire.folders import check_source, import_work
from datasets.acquire.importing import Haul, files_below, grade_of, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.records import Archive, read_manifest, take_archives, write_manifest
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, write_as_wav
from datasets.dcase2016_asc.archives import ARCHIVES
from datasets.dcase2016_asc.census import take_census
from datasets.dcase2016_asc.dataset import DCASE2016ASC
from datasets.dcase2016_asc.layout import (
    DEVELOPMENT,
    ERRORS,
    EVALUATE,
    EVALUATION,
    FOLDS,
    KINDS,
    META,
    RECORDS,
    SECONDS,
    SETUP,
    TEST,
    Layout,
)
from datasets.dcase2016_asc.listing import is_item, is_of_evaluation, read_flaws, read_items, read_scenes
from datasets.dcase2016_asc.reading import read_scene
from datasets.errors import DataError

#: The lists of each record by name, with their places in its folder.
LISTS = {
    DEVELOPMENT: {
        META: META,
        ERRORS: ERRORS,
        **{name: f"{SETUP}/{name}" for name in (f"fold{fold}_{kind}.txt" for fold in FOLDS for kind in KINDS)},
    },
    EVALUATION: {META: META, EVALUATE: f"{SETUP}/{EVALUATE}", TEST: f"{SETUP}/{TEST}"},
}
_PAPERS = ("readme", "eula", "license", "licence")
_SOUNDS = (".wav", ".flac")
#: Why a recording is left out.
UNLISTED = f"in no list that is here; {META} and {EVALUATE} tell the official ones"


def import_folder(source: Path, root: Path, report: Report = print, archives: Sequence[Archive] = ARCHIVES) -> None:
    """Put what lies in `source` into `root`, beside what is there, and say what became of it and what is missing.

    `source` holds the official folders or either of them, in whatever folders and under whatever folders' names,
    recordings and lists alone, or archives as downloaded, or is an archive. Files are linked where the file system
    allows it, else copied. Raises DataError where there is nothing of the dataset in `source`, or a list is bad; `root`
    is then what it was.
    """
    check_source(source)
    with import_work(source, root) as work:
        haul = Haul()
        found = list(haul.readable(files_below(source) if source.is_dir() else [source]))
        manifest = take_archives(found, haul, work / "archives", archives, report)
        paths = [path for path in found if path.suffix.lower() != ".zip"]
        paths += files_below(work / "archives") if manifest else []
        homes = _take_lists(paths, haul)
        _take_recordings(paths, haul, root, work)
        _take_rest(paths, homes, haul)
        if not haul.wanted:
            raise nothing_found(source, haul, f"a recording that a list names, or a list, of {DCASE2016ASC.title}")
        settled = settle(haul, root, work / "release", grade)
        if manifest:
            write_manifest(work / "release", read_manifest(root) | manifest)
        with placed(work / "release", root):
            summary = take_census(DCASE2016ASC(root)).summary()
    report(terms(DCASE2016ASC))
    tell(source, settled, report)
    report(summary)


def grade(place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place, and what is wrong with it: two channels are better than one."""
    try:
        if place.endswith(".wav") and read_scene(path, SECONDS)[1] == 1:
            return 0.5, "one channel instead of two"
        if Path(place).name == ERRORS:
            read_flaws(path)
        elif place.endswith(".txt") and Path(place).name in LISTS[place.split("/")[0]]:
            _items_of(path, place)
    except DataError as error:
        return grade_of(error)
    return 1, ""


def _take_lists(paths: Sequence[Path], haul: Haul) -> dict[Path, str]:
    """Take the lists among some files; the folders in which a record's meta.txt lies."""
    homes = {}
    for path in paths:
        if not any(path.name in names for names in LISTS.values()):
            continue
        is_evaluation = is_of_evaluation(path)
        record = EVALUATION if is_evaluation else DEVELOPMENT
        if is_evaluation is None or path.name not in LISTS[record]:
            haul.leave(path, "named like a list, but of another set")
            continue
        haul.take(f"{record}/{LISTS[record][path.name]}", path)
        if path.name == META:
            homes[path.parent] = record
    return homes


def _take_recordings(paths: Sequence[Path], haul: Haul, root: Path, work: Path) -> None:
    """Take the recordings that a list names, of those taken and those in `root`; FLAC becomes WAV."""
    layout = Layout(root)
    listed = _listed(haul, root)
    for path in paths:
        item = f"{path.stem}.wav"
        if path.suffix.lower() not in _SOUNDS or not is_item(item):
            continue
        if item not in listed:
            haul.leave(path, UNLISTED)
            continue
        try:
            if path.suffix.lower() == ".flac":
                converted = new_folder(work / "converted") / item
                write_as_wav(path, converted)
                path = converted
        except ClipFault as fault:
            haul.leave(path, fault.reason)
        else:
            haul.take(layout.audio(item).relative_to(root).as_posix(), path)


def _listed(haul: Haul, root: Path) -> set[str]:
    """The items that lists of both sets name: those taken, else those in `root`. Raises DataError for a bad one."""
    found: set[str] = set()
    for record in RECORDS:
        for place in (f"{record}/{one}" for one in LISTS[record].values() if one != ERRORS):
            for path in haul.wanted.get(place, [root / place]):
                found |= _items_of(path, place) if path.is_file() else set()
    return found


def _items_of(path: Path, place: str) -> set[str]:
    """The items of a list with a place in a record's folder. Raises DataError for a bad one."""
    read = read_items if place.endswith(TEST) else read_scenes
    return set(read(path, place.startswith(EVALUATION)).by_item)


def _take_rest(paths: Sequence[Path], homes: dict[Path, str], haul: Haul) -> None:
    """Take papers that lie beside a record's meta.txt or in its folder, and leave the others out."""
    taken = {path for some in haul.wanted.values() for path in some}
    for path in paths:
        record = homes.get(path.parent) or (path.parent.name if path.parent.name in RECORDS else None)
        if record is not None and path.name.lower().startswith(_PAPERS):
            haul.take(f"{record}/{path.name}", path)
        elif path not in taken and not _is_seen(path):
            haul.leave(path, "neither a recording nor a list by its name")


def _is_seen(path: Path) -> bool:
    """Whether a file was looked at by its name, and taken or left out."""
    is_sound = path.suffix.lower() in _SOUNDS and is_item(f"{path.stem}.wav")
    return is_sound or any(path.name in names for names in LISTS.values())
