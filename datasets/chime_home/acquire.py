"""Getting CHiME-Home: by download of its one archive; what one has is imported (datasets.chime_home.importing)."""

import shutil
from pathlib import Path

from datasets.acquire.archive import BadArchive, kept, unpack
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import clear_download, download_work, move_into
from datasets.acquire.telling import Report, terms
from datasets.chime_home.census import take_census
from datasets.chime_home.dataset import CHiMEHome
from datasets.chime_home.importing import import_folder
from datasets.chime_home.layout import ARCHIVE, ARCHIVE_MD5
from datasets.errors import DataError

__all__ = ["fetch", "import_folder"]

#: The archive as dcase_util records it (datasets/dcase2016.py).
URLS = ("https://archive.org/download/chime-home/chime_home.tar.gz",)
FOLDER = "chime_home"
ARCHIVE_BYTES = 4_162_513_717
#: The archive and what it unpacks to: 6137 chunks of 4 s, stereo at 48 kHz and mono at 16 kHz, of 16 bit (inferred).
DISK_BYTES = ARCHIVE_BYTES + 6137 * 4 * (2 * 48000 + 16000) * 2


def fetch(
    root: Path,
    report: Report = print,
    urls: tuple[str, ...] = URLS,
    md5: str = ARCHIVE_MD5,
    size: int | None = ARCHIVE_BYTES,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download the archive (4.2 GB) into `root`; a call after an interruption continues.

    The archive is compared with its recorded md5 and unpacked beside `root`, which gets its name, or its damaged and
    missing files, when everything is there. Raises DataError.
    """
    if root.is_dir() and _is_complete(root):
        clear_download(root)
        report(f"{root}: all listed chunks are there and usable")
        return
    report(terms(CHiMEHome))
    report(
        f"{ARCHIVE}: {ARCHIVE_BYTES / 1e9:.1f} GB; needs about {DISK_BYTES / 1e9:.0f} GB of disk while it is unpacked"
    )
    with download_work(root) as work:
        archive, unpacked = work / ARCHIVE, work / "unpacked"
        download(urls, archive, f"md5:{md5}", downloader, report, size)
        shutil.rmtree(unpacked, ignore_errors=True)
        report(f"{ARCHIVE}: has its recorded md5; unpacking")
        with kept():
            base = _base(unpack(archive, unpacked), archive)
        move_into(base, root)
    report(take_census(CHiMEHome(root)).summary())


def _is_complete(root: Path) -> bool:
    try:
        return take_census(CHiMEHome(root)).complete
    except DataError:
        return False


def _base(unpacked: Path, archive: Path) -> Path:
    """The official folder in an unpacked archive. Raises BadArchive where there is none."""
    base = unpacked / FOLDER if (unpacked / FOLDER).is_dir() else unpacked
    if not (base / "chunks").is_dir():
        raise BadArchive(f"{archive}: holds no folder {FOLDER}/chunks")
    return base
