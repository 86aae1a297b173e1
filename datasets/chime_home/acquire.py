"""Getting CHiME-Home: by download of its one archive, or from what one has already."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from datasets.acquire.archive import BadArchive, unpack
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import check_import, download_work, import_work, link, move_into
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.telling import Report, terms
from datasets.chime_home.census import take_census
from datasets.chime_home.dataset import CHiMEHome
from datasets.chime_home.layout import ANNOTATION, CROSSVALIDATION, MONO, STEREO, Layout
from datasets.chime_home.lists import ChunkLists, parse_name
from datasets.errors import DataError

#: The archive as dcase_util records it (datasets/dcase2016.py).
URLS = ("https://archive.org/download/chime-home/chime_home.tar.gz",)
ARCHIVE, FOLDER = "chime_home.tar.gz", "chime_home"
ARCHIVE_MD5 = "9ce9d584e229b465b3aa08db2d7fee67"
ARCHIVE_BYTES = 4_162_513_717
#: The archive and what it unpacks to: 6137 chunks of 4 s, stereo at 48 kHz and mono at 16 kHz, of 16 bit (inferred).
DISK_BYTES = ARCHIVE_BYTES + 6137 * 4 * (2 * 48000 + 16000) * 2


def fetch(
    root: Path,
    report: Report = print,
    urls: tuple[str, ...] = URLS,
    md5: str = ARCHIVE_MD5,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download the archive (4.2 GB) into `root`; a call after an interruption continues.

    The archive is compared with its recorded md5 and unpacked beside `root`, which gets its name, or its damaged and
    missing files, when everything is there. Raises DataError.
    """
    if root.is_dir() and _is_complete(root):
        report(f"{root}: all listed chunks are there and usable")
        return
    report(terms(CHiMEHome))
    report(
        f"{ARCHIVE}: {ARCHIVE_BYTES / 1e9:.1f} GB; needs about {DISK_BYTES / 1e9:.0f} GB of disk while it is unpacked"
    )
    with download_work(root) as work:
        archive, unpacked = work / ARCHIVE, work / "unpacked"
        download(urls, archive, f"md5:{md5}", downloader, report)
        shutil.rmtree(unpacked, ignore_errors=True)
        report(f"{ARCHIVE}: has its recorded md5; unpacking")
        try:
            unpack(archive, unpacked)
            base = _base(unpacked, archive)
        except BadArchive:
            archive.unlink()  # the next call downloads it again
            raise
        move_into(base, root)
    report(take_census(CHiMEHome(root)).summary())


def import_folder(source: Path, root: Path, report: Report = print) -> None:
    """Put what lies in `source` into `root`, and say what the census finds.

    `source` is the official folder, holds it, is its archive, or holds that. Files with official names are linked where
    the file system allows it, else copied. Raises DataError where there is nothing of the dataset in `source`,
    something in `root`, or a list that is bad.
    """
    check_import(source, root)
    report(terms(CHiMEHome))
    with import_work(source, root) as work:
        folder = _official_folder(source, work / "unpacked", report)
        ChunkLists.read(folder)
        for path in _official_files(folder):
            link(path, work / "release" / path.relative_to(folder))
        move_into(work / "release", root)
    census = take_census(CHiMEHome(root))
    report(census.summary())
    if "evaluation annotations" in census.missing:
        report(f"evaluation annotations: {census.missing['evaluation annotations']}")


def _is_complete(root: Path) -> bool:
    try:
        return take_census(CHiMEHome(root)).complete
    except DataError:
        return False


def _base(unpacked: Path, archive: Path) -> Path:
    """The official folder in an unpacked archive. Raises BadArchive where there is none."""
    base = unpacked / FOLDER if (unpacked / FOLDER).is_dir() else unpacked
    if not (base / "chunks").is_dir():
        raise BadArchive(f"{archive}: holds no folder {FOLDER}/chunks; delete it and get it again")
    return base


def _official_folder(source: Path, unpacked: Path, report: Report) -> Path:
    """The official folder in `source`, unpacked if need be."""
    for archive in (source, source / ARCHIVE):
        if archive.is_file():
            is_recorded = md5_of_file(archive) == ARCHIVE_MD5
            report(f"{archive}: {'has its recorded md5' if is_recorded else 'not the recorded archive, checked below'}")
            unpacked.parent.mkdir(parents=True)
            return _base(unpack(archive, unpacked), archive)
    for folder in (source, source / FOLDER):
        if (folder / "chunks").is_dir() and (folder / CROSSVALIDATION).is_file():
            return folder
    raise DataError(f"{source}: holds neither chunks/ with {CROSSVALIDATION} beside it, nor {ARCHIVE}")


def _official_files(folder: Path) -> Iterator[Path]:
    """The lists, licences and notes, and the files of chunks by their official names; no declaration of a miniature."""
    layout = Layout(folder)
    yield from layout.lists()
    yield from (path for path in layout.documents() if path.suffix != ".json")
    for name in sorted(layout.names()):
        if _is_official(name):
            yield layout.chunks / name


def _is_official(name: str) -> bool:
    ending = next((one for one in (MONO, STEREO, ANNOTATION) if name.endswith(one)), None)
    if ending is None:
        return False
    try:
        parse_name(name.removesuffix(ending))
    except DataError:
        return False
    return True
