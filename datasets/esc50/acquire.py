"""Getting ESC-50: by download of the pinned archive, or from what one has already."""

import shutil
from pathlib import Path

from datasets.acquire.archive import BadArchive, unpack
from datasets.acquire.checksums import official_tokens, token
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import check_import, download_work, import_work, link, move_into
from datasets.acquire.hashes import md5_of_file, md5_of_files
from datasets.acquire.telling import Report, terms
from datasets.errors import DataError
from datasets.esc50.census import CHECKSUMS, take_census
from datasets.esc50.dataset import ESC50
from datasets.esc50.layout import Release, find_release

COMMIT = "33c8ce9eb2cf0b1c2f8bcf322eb349b6be34dbb6"
#: The repository's old owner still leads to it; both addresses give the same commit.
URLS = (
    f"https://github.com/karoldvl/ESC-50/archive/{COMMIT}.zip",
    f"https://github.com/karolpiczak/ESC-50/archive/{COMMIT}.zip",
)
#: As recorded by soundata. Such archives are made anew from time to time, so another md5 is no fault by itself.
ARCHIVE_MD5 = "071b44018315e034b2c6e8064543d19c"


def fetch(
    root: Path,
    report: Report = print,
    urls: tuple[str, ...] = URLS,
    checksums: frozenset[str] | None = None,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download ESC-50 (v2, WAV, about 600 MB) into `root`; a call after an interruption continues.

    Every clip is compared with its official md5 before the folder gets its name. Raises DataError.
    """
    if root.is_dir() and _is_complete(root, checksums):
        report(f"{root}: all clips are there and as they should be")
        return
    report(terms(ESC50))
    with download_work(root) as work:
        archive, unpacked = work / f"ESC-50-{COMMIT}.zip", work / "unpacked"
        if not archive.is_file():
            download(urls, archive, downloader=downloader, report=report)
        is_recorded = md5_of_file(archive) == ARCHIVE_MD5
        report(f"the archive {'has its recorded md5' if is_recorded else 'was made anew; its clips are compared'}")
        shutil.rmtree(unpacked, ignore_errors=True)
        try:
            unpack(archive, unpacked)
            _verify(unpacked, checksums or official_tokens(CHECKSUMS["v2 WAV"]))
        except BadArchive:
            archive.unlink()  # the next call downloads it again
            raise
        move_into(_base(unpacked), root)


def import_folder(source: Path, root: Path, report: Report = print) -> None:
    """Put a release that one has, as a folder or as an archive, into `root`, and say what the census finds.

    The files are linked where the file system allows it, else copied. Raises DataError where `source` holds no
    release of ESC-50, or `root` holds one.
    """
    check_import(source, root)
    with import_work(source, root) as work:
        folder = unpack(source, work / "unpacked") if source.is_file() else source
        release = find_release(folder)
        for path in (*release.documents, *release.clips.values()):
            link(path, work / "release" / path.relative_to(folder))
        move_into(work / "release", root)
    report(f"{terms(ESC50)}\n{take_census(ESC50(root)).summary()}")


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


def _verify(unpacked: Path, official: frozenset[str]) -> None:
    right = _count_official(find_release(unpacked), official)
    if right != len(official):
        raise BadArchive(
            f"{unpacked.parent.name}: {right} of the {len(official)} clips of the archive are the official ones; "
            "deleted, run `python -m benchmarks data fetch esc50` again"
        )
