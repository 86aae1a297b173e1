"""Getting ESC-50: by download of the pinned archive; what one has is imported (datasets.esc50.importing)."""

import shutil
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from datasets.acquire.archive import BadArchive, kept, unpack
from datasets.acquire.checksums import official_tokens, token
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import clear_download, download_work, move_into
from datasets.acquire.hashes import md5_of_file, md5_of_files
from datasets.acquire.telling import Report, terms
from datasets.errors import DataError
from datasets.esc50.census import CHECKSUMS, take_census
from datasets.esc50.dataset import ESC50
from datasets.esc50.importing import import_folder
from datasets.esc50.layout import Release, find_release

__all__ = ["fetch", "import_folder"]

COMMIT = "33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6"
#: The same commit: of the repository, of the host that serves its archives, and of its old owner, who leads to it.
URLS = (
    f"https://github.com/karolpiczak/ESC-50/archive/{COMMIT}.zip",
    f"https://codeload.github.com/karolpiczak/ESC-50/zip/{COMMIT}",
    f"https://github.com/karoldvl/ESC-50/archive/{COMMIT}.zip",
)
#: As recorded by soundata, and its size; others recorded the sha256
#: 661183a6f53ef04f12c9bd618fed0ddc1713280d6c94a5a5431e844ba6f6a21f. GitHub makes such archives anew from time to time,
#: so another one is no fault by itself.
ARCHIVE_MD5, ARCHIVE_BYTES = "071b44018315e034b2c6e8064543d19c", 645_832_161


def fetch(
    root: Path,
    report: Report = print,
    urls: tuple[str, ...] = URLS,
    checksums: frozenset[str] | None = None,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download ESC-50 (v2, WAV, 646 MB) into `root`; a call after an interruption continues.

    Every clip is compared with its official md5 before the folder gets its name, so an address that gives anything
    else is followed by the next one. Raises DataError.
    """
    if root.is_dir() and _is_complete(root, checksums):
        clear_download(root)
        report(f"{root}: all clips are there and as they should be")
        return
    report(terms(ESC50))
    with download_work(root) as work:
        archive, unpacked = work / f"ESC-50-{COMMIT}.zip", work / "unpacked"
        official = checksums or official_tokens(CHECKSUMS["v2 WAV"])
        check = partial(_unpack, unpacked=unpacked, official=official, report=report)
        report(f"{archive.name}: {ARCHIVE_BYTES / 1e6:.0f} MB")
        download(urls, archive, downloader=downloader, report=report, check=check)
        move_into(_base(unpacked), root)


def _unpack(archive: Path, unpacked: Path, official: frozenset[str], report: Report) -> None:
    """Unpack an archive and compare its clips with the official ones. Raises BadArchive for another archive.

    The recorded archive is no such case, whatever happens: it raises DataError.
    """
    is_recorded = md5_of_file(archive) == ARCHIVE_MD5
    report(f"the archive {'has its recorded md5' if is_recorded else 'was made anew; its clips are compared'}")
    shutil.rmtree(unpacked, ignore_errors=True)
    with kept() if is_recorded else nullcontext():
        unpack(archive, unpacked)
        _verify(unpacked, archive, official)


def _is_complete(root: Path, checksums: frozenset[str] | None) -> bool:
    """Whether `root` holds every clip of its kind of release, with the official content where that is known."""
    try:
        release = find_release(root)
        if release.kind not in CHECKSUMS:
            return take_census(ESC50(root)).complete
        official = checksums or official_tokens(CHECKSUMS[release.kind])
        return _count_official(release, official) == len(official)
    except DataError:
        return False


def _count_official(release: Release, official: frozenset[str]) -> int:
    hashes = md5_of_files(release.clips.values())
    return sum(token(item, hashes[path]) in official for item, path in release.clips.items())


def _base(unpacked: Path) -> Path:
    """The folder inside the archive that holds `audio` and `meta`."""
    inside = sorted(unpacked.glob("ESC-50-*"))
    return inside[0] if inside else unpacked


def _verify(unpacked: Path, archive: Path, official: frozenset[str]) -> None:
    try:
        right = _count_official(find_release(unpacked), official)
    except DataError as error:
        raise BadArchive(f"{archive}: no release of ESC-50 ({error})") from error
    if right != len(official):
        raise BadArchive(f"{archive}: {right} of the {len(official)} clips of the archive are the official ones")
