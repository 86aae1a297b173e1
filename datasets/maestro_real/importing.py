"""Taking MAESTRO Real from what one has: recordings, labels and lists by their names in whatever folders, archives.

The archives are known by their md5: others save that of the labels under the name of the other one. Names tell of which
set a recording is, so the flattened folders of the official baseline will do, as will those of other tools.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from datasets.acquire.folders import check_source, import_work
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.importing import Haul, files_below, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.records import Archive, read_manifest, take_archives, write_manifest
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, write_as_wav
from datasets.errors import DataError
from datasets.maestro_real.annotations.labels import read_hard, read_soft
from datasets.maestro_real.archives import ARCHIVES, PAPERS, is_official
from datasets.maestro_real.census import take_census
from datasets.maestro_real.dataset import MaestroReal
from datasets.maestro_real.layout import (
    ANNOTATION,
    DEVELOPMENT,
    DURATIONS,
    EVALUATION,
    FOLD_LISTS,
    FOLDS,
    HARD,
    ITEMS,
    KINDS,
    Layout,
)
from datasets.maestro_real.lists import read_durations, read_items
from datasets.maestro_real.reading import read_recording

#: The lists by name, with their places below the root.
LISTS = {
    **{Path(place).name: place for place in (DURATIONS, HARD)},
    **{f"fold{fold}_{kind}.csv": f"{FOLD_LISTS}/fold{fold}_{kind}.csv" for fold in FOLDS for kind in KINDS},
}
_SOUNDS = (".wav", ".flac")
_ITEMS = frozenset(item for scenes in ITEMS.values() for items in scenes.values() for item in items)
#: What DCASE 2024 Task 4 cuts recordings into: `cafe_restaurant_00-000000-001000.wav`.
_CUT = re.compile(r"([a-z_]+_\d\d)-\d{6}-\d{6}", re.ASCII)


def import_folder(source: Path, root: Path, report: Report = print, archives: Sequence[Archive] = ARCHIVES) -> None:
    """Put what lies in `source` into `root`, beside what is there, and say what became of it and what is missing.

    `source` holds recordings, label files and lists under their official names, in whatever folders, or archives as
    downloaded, under whatever names, or is an archive. Files are linked where the file system allows it, else copied.
    Raises DataError where there is nothing of the dataset in `source`, or a list is bad; `root` is then what it was.
    """
    check_source(source)
    with import_work(source, root) as work:
        haul = Haul()
        found = list(haul.readable(files_below(source) if source.is_dir() else [source]))
        manifest = take_archives(found, haul, work / "archives", archives, report)
        paths = [path for path in found if path.suffix.lower() != ".zip"]
        paths += files_below(work / "archives") if manifest else []
        for path in paths:
            _take(path, root, haul, work)
        if not haul.wanted:
            raise nothing_found(source, haul, "a recording or labels named like cafe_restaurant_07, or a list")
        settled = settle(haul, root, work / "release", partial(grade, _durations(haul, root)))
        if manifest:
            write_manifest(work / "release", read_manifest(root) | manifest)
        with placed(work / "release", root):
            summary = take_census(MaestroReal(root)).summary()
    report(terms(MaestroReal))
    tell(source, settled, report)
    report(summary)


def grade(durations: Mapping[str, float], place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place, and what is wrong with it: official, two channels, one, or of no use."""
    try:
        if place.endswith(".wav"):
            channels = read_recording(path, durations.get(Path(place).stem))[1]
            quality, wrong = (0.5, "one channel instead of two") if channels == 1 else (0.9, "")
        else:
            _check_table(place, path)
            quality, wrong = 0.9, ""
    except DataError as error:
        return 0, getattr(error, "reason", "a file that is bad")
    return (1, "") if is_official(place, md5_of_file(path)) else (quality, wrong)


def _check_table(place: str, path: Path) -> None:
    """Raise DataError for a list or a label file that is bad."""
    if place.startswith(ANNOTATION):
        read_soft(path, None)
    elif place == DURATIONS:
        read_durations(path)
    elif place == HARD:
        read_hard(path)
    elif place.startswith(FOLD_LISTS):
        read_items(path)


def _durations(haul: Haul, root: Path) -> dict[str, float]:
    """The durations that a list tells: an official one, else that in `root`, else one of those taken.

    Raises DataError for a bad one.
    """
    found = [path for path in (root / DURATIONS, *haul.wanted.get(DURATIONS, [])) if path.is_file()]
    found.sort(key=lambda path: not is_official(DURATIONS, md5_of_file(path)))
    return read_durations(found[0])[0] if found else {}


def _take(path: Path, root: Path, haul: Haul, work: Path) -> None:
    """Offer a file for its place, by its name, or leave it out."""
    suffix, layout = path.suffix.lower(), Layout(root)
    if path.name in LISTS:
        haul.take(LISTS[path.name], path)
    elif path.stem in _ITEMS and suffix in _SOUNDS:
        _take_sound(path, layout.audio(path.stem).relative_to(root).as_posix(), haul, work)
    elif path.stem in _ITEMS and suffix == ".txt":
        try:
            read_soft(path, None)
        except DataError:
            haul.leave(path, "named like soft labels, but with other content")
        else:
            haul.take(layout.labels(path.stem).relative_to(root).as_posix(), path)
    elif path.name in PAPERS and _is_of_record(path):
        haul.take(path.name, path)
    else:
        haul.leave(path, "a piece cut out of a recording" if _CUT.fullmatch(path.stem) else "no name of the dataset's")


def _take_sound(path: Path, place: str, haul: Haul, work: Path) -> None:
    """Offer a recording for its place; FLAC becomes WAV."""
    if path.suffix.lower() == ".flac":
        converted = new_folder(work / "converted") / f"{path.stem}.wav"
        try:
            write_as_wav(path, converted)
        except ClipFault as fault:
            haul.leave(path, fault.reason)
            return
        path = converted
    haul.take(place, path)


def _is_of_record(path: Path) -> bool:
    """Whether what tells about the data lies beside the record's folders or archives."""
    beside = {one.stem for one in path.parent.iterdir()}
    return not beside.isdisjoint((DEVELOPMENT, ANNOTATION, EVALUATION))
