"""Taking TUT Rare Sound Events 2017 from what one has: official folders anywhere, or archives of the records."""

import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from datasets.acquire.archive import CORRUPT, unpack
from datasets.acquire.folders import check_source, import_work, move_into
from datasets.acquire.hashes import below, md5_of_files
from datasets.acquire.importing import Haul, files_below, folders_below, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.telling import Report, terms
from datasets.acquire.whole import write_whole
from datasets.audio import ClipFault, write_as_wav
from datasets.dcase2017_rare.archives import ARCHIVES, MANIFEST, Archive, Manifest, read_manifest, recognise
from datasets.dcase2017_rare.census import check_background, check_mixture, check_original, take_census
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION, OFFICIAL
from datasets.errors import DataError


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
        manifest = _take_archives(source, folders, haul, work, archives, report)
        for folder, record in [*folders.items(), *_official_folders(work / "archives").items()]:
            for path in haul.readable(files_below(folder)):
                _offer(path, f"{record}/{path.relative_to(folder).as_posix()}", haul, work)
        if not haul.wanted:
            inside = "data/source_data/..., data/mixture_data/..."
            raise nothing_found(source, haul, f"of {DEVELOPMENT} or {EVALUATION} ({inside}), nor an archive of them")
        settled = settle(haul, root, work / "release", grade)
        if manifest:
            write_whole(work / "release" / MANIFEST, json.dumps(read_manifest(root) | manifest, indent=1))
        with placed(work / "release", root):
            summary = take_census(DCASE2017Rare(root)).summary()
    report(terms(DCASE2017Rare))
    tell(source, settled, report)
    report(summary)


def grade(place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place, 1 or 0, and what is wrong with it; of anything but audio nothing is known."""
    if not place.endswith(".wav"):
        return 1, ""
    try:
        if "/bgs/" in place:
            check_background(path, OFFICIAL.background_seconds)
        elif "/events/" in place:
            check_original(path, end=0.0)
        else:
            check_mixture(path, OFFICIAL.background_seconds)
    except ClipFault as fault:
        return 0, fault.reason
    return 1, ""


def _official_folders(source: Path) -> dict[Path, str]:
    """The folders of the records, or of their data alone, in and below `source`, and the place of each."""
    found: dict[Path, str] = {}
    for folder in folders_below(source) if source.is_dir() else ():
        record = _record(folder)
        if record and not any(above in found for above in folder.parents):
            found[folder] = record
    return found


def _record(folder: Path) -> str:
    """Which record a folder is, whatever its name, or the data of which; nothing where it is none."""
    data = folder / "data"
    if not data.is_dir():
        if folder.name in (DEVELOPMENT, EVALUATION):
            return folder.name
        return f"{record}/data" if (record := _record_of(folder)) else ""
    found = _record_of(data)
    return found if found == EVALUATION or folder.name not in (DEVELOPMENT, EVALUATION) else folder.name


def _record_of(data: Path) -> str:
    """Which record a folder with `source_data` or `mixture_data` is of; nothing where it is none."""
    if any(data.glob("*/evaltest")) or any(data.glob("source_data/cv_setup/*_evaltest.yaml")):
        return EVALUATION
    return DEVELOPMENT if (data / "source_data").is_dir() or any(data.glob("mixture_data/dev*")) else ""


def _offer(path: Path, place: str, haul: Haul, work: Path) -> None:
    """Offer a file of an official folder for its place; audio is WAV there."""
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return  # seen among the archives
    wav = f"{place.removesuffix(path.suffix)}.wav"
    try:
        if suffix == ".flac":
            converted = new_folder(work / "converted") / Path(wav).name
            write_as_wav(path, converted)
            path = converted
        haul.take(wav if suffix in (".wav", ".flac") else place, path)
    except ClipFault as fault:
        haul.leave(path, fault.reason)


def _take_archives(
    source: Path, folders: dict[Path, str], haul: Haul, work: Path, archives: Sequence[Archive], report: Report
) -> Manifest:
    """Unpack the records' archives in `source`, or the one that it is, into `work/archives`; what each brought."""
    manifest: Manifest = {}
    for path in files_below(source) if source.is_dir() else [source]:
        is_inside = any(above in folders for above in path.parents)
        archive = _known(path, archives)
        if path.suffix.lower() != ".zip":
            if archive and not is_inside:
                haul.take(f"{archive.folder}/{archive.name}", path)
                manifest[archive.name] = {f"{archive.folder}/{archive.name}": archive.md5}
            elif not is_inside:
                haul.leave(path, "in no official folder")
        elif archive is None:
            haul.leave(path, "no archive of the records")
        elif _is_unpacked(path, archive.folder, folders):
            haul.unneeded += 1
        else:
            report(f"{path.name}: unpacked")
            manifest[archive.name] = _unpack(path, archive.folder, work)
    return manifest


def _known(path: Path, archives: Sequence[Archive]) -> Archive | None:
    """The archive that a file is. Raises DataError for a zip with the name of one and another content."""
    is_zip, is_named = path.suffix.lower() == ".zip", any(one.name == path.name for one in archives)
    if not path.is_file() or not (is_zip or is_named):
        return None
    known = recognise(path, archives)
    if known is None and is_zip and is_named:  # any folder may have a LICENSE.txt
        raise DataError(f"{path}: not the official archive (its md5 differs); download it again")
    return known


def _is_unpacked(path: Path, record: str, folders: dict[Path, str]) -> bool:
    """Whether all that an archive holds lies in an official folder already, by name and size."""
    places = [folder for folder, one in folders.items() if one == record]
    try:
        with zipfile.ZipFile(path) as opened:
            members = {
                one.filename.removeprefix(f"{record}/"): one.file_size for one in opened.infolist() if not one.is_dir()
            }
    except (*CORRUPT, OSError):
        return False
    return any(
        all((folder / name).is_file() and (folder / name).stat().st_size == size for name, size in members.items())
        for folder in places
    )


def _unpack(path: Path, record: str, work: Path) -> dict[str, str]:
    """Unpack an archive into `work/archives`, below the official folder; the md5 of its files by name."""
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    unpack(path, unpacked)
    if not (unpacked / record).is_dir():  # packed without the official folder
        unpacked.rename(work / "bare")
        unpacked.mkdir()
        (work / "bare").rename(unpacked / record)
    hashes = below(unpacked, md5_of_files(sorted(one for one in unpacked.rglob("*") if one.is_file())))
    move_into(unpacked, work / "archives")
    return hashes
