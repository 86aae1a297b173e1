"""Getting TUT Rare Sound Events 2017: by download of both records, or from what one has already."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.acquire.archive import BadArchive, unpack
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import check_import, download_work, import_work, link, move_into
from datasets.acquire.hashes import md5_of_file, md5_of_files
from datasets.acquire.telling import Report, terms
from datasets.acquire.whole import write_whole
from datasets.dcase2017_rare.archives import ARCHIVES, MANIFEST, Archive, Manifest, read_manifest
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION
from datasets.errors import DataError


def fetch(
    root: Path,
    report: Report = print,
    archives: Sequence[Archive] = ARCHIVES,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download both records into `root`; a call after an interruption continues with the archive that was cut.

    Every archive is compared with its md5 and unpacked beside `root`, which gets its name when all are there. Of a
    `root` that is there already, only the archives with damaged or missing files are brought again. Raises DataError.
    """
    missing = _missing(root, archives)
    if not missing:
        report(f"{root}: all files are there and as they should be")
        return
    report(terms(DCASE2017Rare))
    with download_work(root) as work:
        base = work / "release"
        manifest = read_manifest(base)
        for number, archive in enumerate(missing, start=1):
            if not _is_intact(base, manifest.get(archive.name)):
                size = f" ({archive.size / 1e6:.0f} MB)" if archive.size else ""
                report(f"[{number}/{len(missing)}] {archive.name}{size}")
                manifest[archive.name] = _bring(archive, work, downloader, report)
                write_whole(base / MANIFEST, json.dumps(manifest, indent=1))
        write_whole(base / MANIFEST, json.dumps(read_manifest(root) | manifest, indent=1))
        move_into(base, root)


def import_folder(source: Path, root: Path, report: Report = print, archives: Sequence[Archive] = ARCHIVES) -> None:
    """Put what lies in `source` into `root`, and say what the census finds.

    `source` holds the official folders, is one of them, or holds their archives as downloaded (or is one). Files are
    linked where the file system allows it, else copied. Raises DataError where there is nothing of the dataset in
    `source`, or something in `root`.
    """
    check_import(source, root)
    with import_work(source, root) as work:
        base = work / "release"
        for folder in _official_folders(source):
            report(f"{folder}: linked")
            for path in _files(folder):
                link(path, base / _record(folder) / path.relative_to(folder))
        _take_archives(source, work, archives, report)
        if not base.is_dir():
            raise DataError(f"{source}: holds neither {DEVELOPMENT} nor {EVALUATION}, nor an archive of them")
        move_into(base, root)
    report(terms(DCASE2017Rare))
    report(take_census(DCASE2017Rare(root)).summary())


def _missing(root: Path, archives: Sequence[Archive]) -> list[Archive]:
    """The archives whose files are not all in `root` as they came; none where the census of the root is complete."""
    manifest = read_manifest(root)
    missing = [archive for archive in archives if not _is_intact(root, manifest.get(archive.name))]
    if missing and not manifest and root.is_dir() and take_census(DCASE2017Rare(root)).complete:
        return []  # imported, or written by another tool
    return missing


def _is_intact(base: Path, files: dict[str, str] | None) -> bool:
    if files is None or not all((base / name).is_file() for name in files):
        return False
    return {
        path.relative_to(base).as_posix(): md5 for path, md5 in md5_of_files(base / name for name in files).items()
    } == files


def _bring(archive: Archive, work: Path, downloader: ResumingDownloader | None, report: Report) -> dict[str, str]:
    """Download an archive and put its files below `work/release`; returns their md5 by name."""
    path = work / archive.name
    download(archive.urls, path, f"md5:{archive.md5}", downloader, report)
    files = _place(archive, path, work)
    path.unlink()  # the disk need not hold everything twice
    return files


def _place(archive: Archive, path: Path, work: Path) -> dict[str, str]:
    """Unpack an archive, or take a plain file as it is, into `work/release`; returns the md5 of its files by name."""
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    if path.suffix == ".zip":
        try:
            unpack(path, unpacked)
        except BadArchive:
            path.unlink()  # the next call downloads it again
            raise
        if not (unpacked / archive.folder).is_dir():  # packed without the official folder
            unpacked.rename(work / "bare")
            unpacked.mkdir()
            (work / "bare").rename(unpacked / archive.folder)
    else:
        link(path, unpacked / archive.folder / archive.name)
    hashes = md5_of_files(_files(unpacked))
    files = {one.relative_to(unpacked).as_posix(): md5 for one, md5 in hashes.items()}
    move_into(unpacked, work / "release")
    return files


def _take_archives(source: Path, work: Path, archives: Sequence[Archive], report: Report) -> None:
    """Unpack the archives of the records that lie in `source`, or the one that it is."""
    places = [source] if source.is_file() else [source / archive.name for archive in archives]
    known = {archive.name: archive for archive in archives}
    manifest: Manifest = {}
    for path in places:
        archive = known.get(path.name)
        if archive is None or not path.is_file():
            continue
        if md5_of_file(path) != archive.md5:
            if path.suffix != ".zip":  # any folder may have a LICENSE.txt
                continue
            raise DataError(f"{path}: not the official archive (its md5 differs); download it again")
        report(f"{path.name}: unpacked")
        copy = work / path.name
        link(path, copy)  # a bad archive is deleted: this name of it, not the user's
        manifest[archive.name] = _place(archive, copy, work)
    if manifest:
        write_whole(work / "release" / MANIFEST, json.dumps(manifest, indent=1))


def _official_folders(source: Path) -> Iterator[Path]:
    """The folders of the records in `source`, or `source` itself where it is one."""
    for folder in (source / DEVELOPMENT, source / EVALUATION, source):
        if (folder / "data").is_dir() and _record(folder):
            yield folder


def _record(folder: Path) -> str:
    """Which record a folder is, whatever its name; nothing where it is none."""
    if folder.name in (DEVELOPMENT, EVALUATION):
        return folder.name
    data = folder / "data"
    if any(data.glob("*/evaltest")) or any(data.glob("source_data/cv_setup/*_evaltest.yaml")):
        return EVALUATION
    return DEVELOPMENT if (data / "source_data").is_dir() else ""


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
