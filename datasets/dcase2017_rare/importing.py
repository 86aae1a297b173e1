"""Taking TUT Rare Sound Events 2017 from what one has: official folders anywhere, or archives of the records."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from datasets.acquire.folders import check_source, import_work
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.importing import (
    Haul,
    files_below,
    folders_below,
    grade_of,
    new_folder,
    nothing_found,
    placed,
    settle,
    tell,
)
from datasets.acquire.records import Archive, Manifest, read_manifest, take_archives, write_manifest
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, write_as_wav
from datasets.dcase2017_rare.archives import ARCHIVES, BY_NAME
from datasets.dcase2017_rare.census import check_background, check_mixture, original_seconds, take_census
from datasets.dcase2017_rare.combined import Combined, records_in
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION, OFFICIAL, RECORDS

#: Stands for the record of a folder that holds both.
BOTH = "both"


def import_folder(source: Path, root: Path, report: Report = print, archives: Sequence[Archive] = ARCHIVES) -> None:
    """Put what lies in `source` into `root`, beside what is there, and say what became of it and what is missing.

    `source` holds official folders, whatever they are called and how deep, or their archives as downloaded, or is one
    of these. Files are linked where the file system allows it, else copied. Raises DataError where there is nothing of
    the dataset in `source`, or a list is bad; `root` is then what it was.
    """
    check_source(source)
    with import_work(source, root) as work:
        haul = Haul()
        folders = _official_folders(source)
        loose = list(haul.readable(_loose(source, folders)))
        is_here = partial(_is_unpacked, folders)
        manifest = take_archives(loose, haul, work / "archives", (*archives, *BY_NAME), report, is_here)
        manifest |= _take_texts(loose, haul, archives)
        for folder, place in [*_official_folders(work / "archives").items(), *folders.items()]:
            for path, inner in _placed(folder, place, [one for one in folders if folder in one.parents], haul):
                _offer(path, inner, haul, work)
        if not haul.wanted:
            inside = "data/source_data/..., data/mixture_data/..."
            raise nothing_found(source, haul, f"of {DEVELOPMENT} or {EVALUATION} ({inside}), nor an archive of them")
        settled = settle(haul, root, work / "release", grade)
        if manifest:
            write_manifest(work / "release", read_manifest(root) | manifest)
        with placed(work / "release", root):
            summary = take_census(DCASE2017Rare(root)).summary()
    report(terms(DCASE2017Rare))
    tell(source, settled, report)
    report(summary)


def grade(place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place, and what is wrong with it; of anything but audio nothing is known."""
    if not place.endswith(".wav"):
        return 1, ""
    try:
        if "/bgs/" in place:
            check_background(path, OFFICIAL.background_seconds)
        elif "/events/" in place:
            return original_seconds(path), ""  # of a cut one and the whole one, the longer
        else:
            check_mixture(path, OFFICIAL.background_seconds)
    except ClipFault as fault:
        return grade_of(fault)
    return 1, ""


def _official_folders(source: Path) -> dict[Path, str]:
    """The folders of the records, or of their data alone, in and below `source`, and the place of each.

    A record may lie inside another one's folder. Those of both records come last: what lies apart tells more.
    """
    found: dict[Path, str] = {}
    for folder in folders_below(source) if source.is_dir() else ():
        place = _place_of(folder)
        is_inside = any(above in found for above in folder.parents)
        if place and (not is_inside or (folder / "data").is_dir()):
            found[folder] = place
    return dict(sorted(found.items(), key=lambda one: one[1].startswith(BOTH)))


def _place_of(folder: Path) -> str:
    """The place of a record's folder, whatever its name, or of the data of one; nothing where it is none."""
    try:
        data, below = (folder / "data", "") if (folder / "data").is_dir() else (folder, "/data")
        records = records_in(data)
        if len(records) > 1:
            return f"{BOTH}{below}"
        if records:
            return f"{records[0]}{below}"
        if (data / "source_data").is_dir():
            return f"{folder.name if folder.name in RECORDS else DEVELOPMENT}{below}"
        is_named = folder.name in RECORDS and not any(map(records_in, folders_below(folder)))
    except OSError:  # not to be entered, or too deep: its files say so
        return ""
    return folder.name if is_named else ""


def _placed(folder: Path, place: str, apart: Sequence[Path], haul: Haul) -> Iterator[tuple[Path, str]]:
    """The files of an official folder that can be read, archives aside, and their places below the root.

    apart: official folders inside it.
    """
    record, _, below = place.partition("/")
    combined = Combined(folder if below else folder / "data") if record == BOTH else None
    files = (one for one in files_below(folder) if not any(other in one.parents for other in apart))
    for path in haul.readable(one for one in files if one.suffix.lower() != ".zip"):
        inner = "/".join(filter(None, (below, path.relative_to(folder).as_posix())))
        for one in combined.records(inner) if combined else (record,):
            yield path, f"{one}/{inner}"


def _offer(path: Path, place: str, haul: Haul, work: Path) -> None:
    """Offer a file of an official folder for its place; audio is WAV there."""
    suffix = path.suffix.lower()
    wav = f"{place.removesuffix(path.suffix)}.wav"
    try:
        if suffix == ".flac":
            converted = new_folder(work / "converted") / Path(wav).name
            write_as_wav(path, converted)
            path = converted
        haul.take(wav if suffix in (".wav", ".flac") else place, path)
    except ClipFault as fault:
        haul.leave(path, fault.reason)


def _loose(source: Path, folders: Mapping[Path, str]) -> Iterator[Path]:
    """The files of `source`, or the one that it is, that lie in no official folder, and all archives."""
    for path in files_below(source) if source.is_dir() else [source]:
        if path.suffix.lower() == ".zip" or not any(above in folders for above in path.parents):
            yield path


def _is_unpacked(folders: Mapping[Path, str], record: str, sizes: Mapping[str, int]) -> bool:
    """Whether all that an archive of a record holds lies in an official folder already, by name and size."""
    places = [folder for folder, one in folders.items() if one in (record, BOTH)]
    return any(
        all((folder / name).is_file() and (folder / name).stat().st_size == size for name, size in sizes.items())
        for folder in places
    )


def _take_texts(loose: Sequence[Path], haul: Haul, archives: Sequence[Archive]) -> Manifest:
    """Take the records' texts among some files, and leave the others out; what each brought.

    Any folder may have a LICENSE.txt, so one that is not of the records is no error.
    """
    manifest: Manifest = {}
    for path in (path for path in loose if path.suffix.lower() != ".zip"):
        named = next((one for one in archives if one.name == path.name), None)
        if named is None or named.md5 is None or md5_of_file(path) != named.md5:
            haul.leave(path, "in no official folder")
            continue
        place = f"{named.folder}/{named.name}"
        haul.take(place, path)
        manifest[named.name] = {place: named.md5}
    return manifest
