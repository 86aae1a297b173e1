"""Getting ESC-50: by download of the pinned archive, or from what one has already."""

import shutil
from collections.abc import Callable
from pathlib import Path

from datasets.acquire.archive import BadArchive, unpack
from datasets.acquire.checksums import official_tokens, token
from datasets.acquire.download import ResumingDownloader, download
from datasets.acquire.folders import link, move_into
from datasets.acquire.hashes import md5_of_file, md5_of_files
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

Report = Callable[[str], None]


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
    report(f"{ESC50.title}\nlicence: {ESC50.licence}\ncitation: {ESC50.citation}")
    work = root.with_name(f".{root.name}.download")
    archive, unpacked = work / f"ESC-50-{COMMIT}.zip", work / "unpacked"
    if not archive.is_file():
        work.mkdir(parents=True, exist_ok=True)
        download(urls, archive, downloader=downloader, report=report)
    is_recorded = md5_of_file(archive) == ARCHIVE_MD5
    report("the archive has its recorded md5" if is_recorded else "the archive was made anew; its clips are compared")
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        unpack(archive, unpacked)
        _verify(unpacked, checksums or official_tokens(CHECKSUMS["v2 WAV"]))
    except BadArchive:
        archive.unlink()  # the next call downloads it again
        raise
    move_into(_base(unpacked), root)
    shutil.rmtree(work)


def import_folder(source: Path, root: Path, report: Report = print) -> None:
    """Put a release that one has, as a folder or as an archive, into `root`, and say what the census finds.

    The files are linked where the file system allows it, else copied. Raises DataError where `source` holds no
    release of ESC-50, or `root` holds one.
    """
    if root.is_dir() and any(root.iterdir()):
        raise DataError(f"{root}: not empty; delete it to import {source}")
    work = root.with_name(f".{root.name}.import")
    shutil.rmtree(work, ignore_errors=True)
    try:
        if source.is_file():
            work.mkdir(parents=True)
            source = unpack(source, work / "unpacked")
        if not source.is_dir():
            raise DataError(f"{source}: no such folder or archive")
        release = find_release(source)
        base = work / "release"
        for path in (*release.documents, *release.clips.values()):
            link(path, base / path.relative_to(source))
        if root.is_dir():
            root.rmdir()
        root.parent.mkdir(parents=True, exist_ok=True)
        base.rename(root)
    except OSError as error:
        raise DataError(f"{root}: cannot be written ({error}); {source} is untouched, repeat the command") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report(f"licence: {ESC50.licence}\ncitation: {ESC50.citation}\n{take_census(ESC50(root)).summary()}")


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
