"""Datasets that come as records of several archives: getting those that are lacking, and what each of them brought.

Every archive unpacks into the official folder of its record; what is no zip file goes there as it is. A note in the
root keeps the md5 of each file by archive, so that a later call repairs what is damaged, and a call that was cut goes
on with the archive that it was at.
"""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.acquire.archive import CORRUPT, kept, unpack
from datasets.acquire.download import ResumingDownloader, download, download_text
from datasets.acquire.folders import download_work, link, move_into
from datasets.acquire.hashes import below, md5_of_file, md5_of_files
from datasets.acquire.importing import Haul, files_below
from datasets.acquire.telling import Report
from datasets.acquire.whole import write_whole
from datasets.errors import DataError

#: In the root: the md5 of every file that an archive brought.
MANIFEST = "archives.json"

Manifest = dict[str, dict[str, str]]
#: Whether what an archive holds is here already: asked with its folder, and the sizes of its files by name below that.
IsHere = Callable[[str, Mapping[str, int]], bool]


@dataclass(frozen=True)
class Archive:
    """A file of a record: its size (bytes, None where it is not told), its md5, its folder, and where it is to be had.

    md5: None where nobody has recorded it; such an archive is known by its name, and not fetched. is_text: it tells
    about the data, which are complete without it.
    """

    name: str
    size: int | None
    md5: str | None
    folder: str
    urls: tuple[str, ...]
    is_text: bool = False


def read_manifest(base: Path) -> Manifest:
    """The md5 of each file below `base` by archive; nothing where there is no note, or one cut short."""
    try:
        manifest = json.loads((base / MANIFEST).read_text())
        return {str(name): dict(files) for name, files in manifest.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write_manifest(base: Path, manifest: Manifest) -> Path:
    """Note what archives brought; the note's file. Raises OSError."""
    return write_whole(base / MANIFEST, json.dumps(manifest, indent=1))


def is_intact(base: Path, files: Mapping[str, str] | None) -> bool:
    """Whether the files that an archive brought, with their md5, are below `base` unchanged."""
    if files is None or not all((base / name).is_file() for name in files):
        return False
    return below(base, md5_of_files(base / name for name in files)) == files


def recognise(path: Path, archives: Sequence[Archive]) -> Archive | None:
    """Which of the archives a zip file is, by its md5, whatever its name; None where it is none.

    By its name where no md5 is recorded. Raises DataError where it cannot be read, and for one with the name of an
    archive and another content.
    """
    md5 = md5_of_file(path)
    found = next((archive for archive in archives if archive.md5 == md5), None)
    named = next((archive for archive in archives if archive.name == path.name), None)
    if found is None and named is not None and named.md5 is not None:
        raise DataError(f"{path}: not the official archive (its md5 differs); download it again")
    return found or named


def size_line(archives: Sequence[Archive]) -> str:
    """How much there is to bring, and the room that it takes on the way."""
    size = sum(archive.size or 0 for archive in archives)
    return f"{len(archives)} archives, {size / 1e9:.1f} GB; as much again on disk while the largest is unpacked"


def fetch_archives(
    archives: Sequence[Archive], root: Path, downloader: ResumingDownloader | None, report: Report
) -> None:
    """Bring archives beside `root`, unpack them, and move what they hold into it when all are there. Raises DataError.

    Each is compared with its md5, and goes when its files are there.
    """
    with download_work(root) as work:
        base = work / "release"
        manifest = read_manifest(root) | read_manifest(base) | read_manifest(work)
        for number, archive in enumerate(archives, start=1):
            if not _is_brought(base, root, manifest.get(archive.name)):
                size = f" ({archive.size / 1e6:.1f} MB)" if archive.size else ""
                report(f"[{number}/{len(archives)}] {archive.name}{size}")
                _bring(archive, work, manifest, downloader, report)
        if base.is_dir():
            write_manifest(work, manifest).replace(base / MANIFEST)
            move_into(base, root)


def take_archives(
    found: Sequence[Path],
    haul: Haul,
    work: Path,
    archives: Sequence[Archive],
    report: Report,
    is_here: IsHere | None = None,
) -> Manifest:
    """Unpack those of some files that are zip archives of the records into `work`, each below its official folder.

    Returns what each brought. Other zip files are left out, and archives that hold nothing new are not needed.
    is_here: what is not new; by default what has the name and the size of a file among those found. Raises DataError.
    """
    is_here = is_here or _named_alike(found)
    manifest: Manifest = {}
    for path in (path for path in found if path.suffix.lower() == ".zip"):
        archive = recognise(path, archives)
        if archive is None:
            haul.leave(path, "no archive of the records")
        elif (sizes := _sizes(path, archive.folder)) is not None and is_here(archive.folder, sizes):
            haul.unneeded += 1
        else:
            report(f"{path.name}: unpacking")
            unpacked = _unpack(path, archive.folder, work.with_name(f"{work.name}.unpacked"))
            manifest[archive.name] = below(unpacked, md5_of_files(files_below(unpacked)))
            move_into(unpacked, work)
    return manifest


def _is_brought(base: Path, root: Path, files: Mapping[str, str] | None) -> bool:
    """Whether the files that an archive brought are there: below `base`, or moved into `root` before a call was cut."""
    moved = {name: md5 for name, md5 in (files or {}).items() if not (base / name).is_file()}
    rest = {name: md5 for name, md5 in (files or {}).items() if name not in moved}
    return files is not None and is_intact(base, rest) and is_intact(root, moved)


def _bring(
    archive: Archive, work: Path, manifest: Manifest, downloader: ResumingDownloader | None, report: Report
) -> None:
    """Download an archive, put its files below `work/release`, and note their md5 in the manifest in `work`."""
    path = work / archive.name
    bring = download_text if archive.is_text else download
    if bring(archive.urls, path, f"md5:{archive.md5}", downloader, report, archive.size) is None:
        return
    with kept():
        unpacked = _unpack(path, archive.folder, work / "unpacked")
    manifest[archive.name] = below(unpacked, md5_of_files(files_below(unpacked)))
    move_into(unpacked, work / "release")
    write_manifest(work, manifest)
    path.unlink()  # the disk need not hold everything twice


def _unpack(path: Path, folder: str, unpacked: Path) -> Path:
    """Unpack a zip file into `unpacked`, below the official folder also where it was packed without one.

    Any other file is laid there as it is.
    """
    bare = unpacked.with_name(f"{unpacked.name}.bare")
    for one in (unpacked, bare):
        shutil.rmtree(one, ignore_errors=True)
    if path.suffix.lower() != ".zip":
        link(path, unpacked / folder / path.name)
        return unpacked
    unpacked.parent.mkdir(parents=True, exist_ok=True)
    unpack(path, unpacked)
    if not (unpacked / folder).is_dir():
        unpacked.rename(bare)
        unpacked.mkdir()
        bare.rename(unpacked / folder)
    return unpacked


def _sizes(path: Path, folder: str) -> dict[str, int] | None:
    """The size of each file in a zip file, by its name below the official folder; None where it cannot be read."""
    try:
        with zipfile.ZipFile(path) as opened:
            members = [one for one in opened.infolist() if not one.is_dir()]
    except (*CORRUPT, OSError):
        return None
    return {one.filename.removeprefix(f"{folder}/"): one.file_size for one in members}


def _named_alike(found: Sequence[Path]) -> IsHere:
    present = {(path.name, path.stat().st_size) for path in found}
    return lambda folder, sizes: all((Path(name).name, size) in present for name, size in sizes.items())
