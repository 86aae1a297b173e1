"""Taking CHiME-Home from what one has: the archive, its folder in any other one, or loose files by their names."""

from pathlib import Path

from datasets.acquire.archive import unpack
from datasets.acquire.folders import check_source, import_work
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.importing import Haul, files_below, grade_of, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, write_as_wav
from datasets.chime_home.annotations import read_annotation
from datasets.chime_home.census import check_chunk, take_census
from datasets.chime_home.dataset import CHiMEHome
from datasets.chime_home.layout import (
    ANNOTATION,
    ARCHIVE,
    ARCHIVE_MD5,
    CROSSVALIDATION,
    GET_AGAIN,
    LISTS,
    MONO,
    SECONDS,
    STEREO,
)
from datasets.chime_home.lists import parse_name, read_list
from datasets.chime_home.official import LISTS_MD5, digest_of_list
from datasets.errors import DataError


def import_folder(source: Path, root: Path, report: Report = print) -> None:
    """Put what lies in `source` into `root`, and say what became of each file and what the census finds.

    `source` holds the lists and chunks, in whatever folders, is the archive, or holds that. Files are known by their
    official names and linked where the file system allows it, else copied. Raises DataError where there is nothing of
    the dataset in `source`, no list in either, or a list that is bad; `root` is then what it was.
    """
    check_source(source)
    report(terms(CHiMEHome))
    with import_work(source, root) as work:
        haul = Haul()
        for path in haul.readable(files_below(_unpacked(source, work / "unpacked", report))):
            _look(path, haul, work)
        if not haul.wanted:
            raise nothing_found(source, haul, f"a chunk or list of CHiME-Home, neither chunks nor {ARCHIVE}")
        if CROSSVALIDATION not in haul.wanted and not (root / CROSSVALIDATION).is_file():
            raise DataError(f"{source}: holds chunks, but no {CROSSVALIDATION} says what they are for; {GET_AGAIN}")
        for name in LISTS:
            for path in haul.wanted.get(name, ()):
                read_list(path, with_sets=name == CROSSVALIDATION)
        settled = settle(haul, root, work / "release", grade)
        with placed(work / "release", root):
            census = take_census(CHiMEHome(root))
    tell(source, settled, report)
    report(census.summary())
    if "evaluation annotations" in census.missing:
        report(f"evaluation annotations: {census.missing['evaluation annotations']}")


def grade(place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place, and what is wrong with it."""
    try:
        if place.endswith(MONO):
            check_chunk(path, SECONDS)
        elif place.startswith("chunks/") and place.endswith(ANNOTATION):
            read_annotation(path)
        elif place in LISTS and digest_of_list(read_list(path, with_sets=place == CROSSVALIDATION)) != LISTS_MD5[place]:
            return 0.5, "not the official list"
    except DataError as error:
        return grade_of(error)
    return 1, ""


def _unpacked(source: Path, unpacked: Path, report: Report) -> Path:
    """The folder to look into: of the archive, where `source` is it or holds it."""
    archive = source if source.is_file() else source / ARCHIVE
    if not archive.is_file():
        return source
    is_recorded = md5_of_file(archive) == ARCHIVE_MD5
    report(f"{archive}: {'has its recorded md5' if is_recorded else 'not the recorded archive, checked below'}")
    unpacked.parent.mkdir(parents=True)
    return unpack(archive, unpacked)


def _look(path: Path, haul: Haul, work: Path) -> None:
    """Take a file for what it is by its name."""
    if path.name in LISTS or (path.name.startswith(("README", "LICENSE", "LICENCE")) and path.suffix != ".json"):
        haul.take(path.name, path)
        return
    stem, suffix = path.name.removesuffix(path.suffix), path.suffix.lower()
    name = f"{stem}{'.wav' if suffix == '.flac' else suffix}"
    ending = next((one for one in (MONO, STEREO, ANNOTATION) if name.lower().endswith(one.lower())), None)
    try:
        chunk = name[: -len(ending)] if ending else ""
        parse_name(chunk)
        if suffix == ".flac":
            converted = new_folder(work / "converted") / name
            write_as_wav(path, converted)
            path = converted
    except ClipFault as fault:
        haul.leave(path, fault.reason)
    except DataError:
        haul.leave(path, "no name of a list or chunk")
    else:
        haul.take(f"chunks/{chunk}{ending}", path)
