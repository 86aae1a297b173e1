"""Getting TUT Rare Sound Events 2017: by download of both records; what one has is imported (importing.py)."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.acquire.archive import kept, unpack
from datasets.acquire.download import ResumingDownloader, download, download_text
from datasets.acquire.folders import clear_download, download_work, link, move_into
from datasets.acquire.hashes import md5_of_files
from datasets.acquire.telling import Report, terms
from datasets.acquire.whole import write_whole
from datasets.dcase2017_rare.archives import ARCHIVES, MANIFEST, Archive, Manifest, read_manifest
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.importing import import_folder
from datasets.dcase2017_rare.needed import is_intact, missing_archives

__all__ = ["fetch", "import_folder"]

HOW_TO_GET_MIXTURES = (
    "the mixtures of the development set are made from its sources when they are needed, and with audio by `python -m "
    "benchmarks data synthesize dcase2017_rare`; the record's own archives of them are taken by `data import`"
)


def fetch(
    root: Path,
    report: Report = print,
    archives: Sequence[Archive] = ARCHIVES,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download both records into `root`; a call after an interruption continues with the archive that was cut.

    Every archive is compared with its md5 and unpacked beside `root`, which gets its name when all are there. Of a
    `root` that is there already, only the archives with damaged or missing files are brought again. Licence, credits
    and notes come first; where they cannot be had, a line says so and the rest goes on. Raises DataError.
    """
    missing = missing_archives(root, archives)
    if not missing:
        clear_download(root)
        report(f"{root}: all files are there and as they should be")
        return
    report(terms(DCASE2017Rare))
    with download_work(root) as work:
        base = work / "release"
        manifest = read_manifest(root) | read_manifest(base) | read_manifest(work)
        for number, archive in enumerate(missing, start=1):
            if not _is_brought(base, root, manifest.get(archive.name)):
                size = f" ({archive.size / 1e6:.0f} MB)" if archive.size else ""
                report(f"[{number}/{len(missing)}] {archive.name}{size}")
                _bring(archive, work, manifest, downloader, report)
        if base.is_dir():
            write_whole(work / MANIFEST, json.dumps(manifest, indent=1)).replace(base / MANIFEST)
            move_into(base, root)
    report(HOW_TO_GET_MIXTURES)


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
    manifest[archive.name] = _place(archive, path, work)
    write_whole(work / MANIFEST, json.dumps(manifest, indent=1))
    path.unlink()  # the disk need not hold everything twice


def _place(archive: Archive, path: Path, work: Path) -> dict[str, str]:
    """Unpack an archive, or take a plain file as it is, into `work/release`; returns the md5 of its files by name."""
    unpacked, bare = work / "unpacked", work / "bare"
    for folder in (unpacked, bare):
        shutil.rmtree(folder, ignore_errors=True)
    if path.suffix == ".zip":
        with kept():
            unpack(path, unpacked)
        if not (unpacked / archive.folder).is_dir():  # packed without the official folder
            unpacked.rename(bare)
            unpacked.mkdir()
            bare.rename(unpacked / archive.folder)
    else:
        link(path, unpacked / archive.folder / archive.name)
    hashes = md5_of_files(_files(unpacked))
    files = {one.relative_to(unpacked).as_posix(): md5 for one, md5 in hashes.items()}
    move_into(unpacked, work / "release")
    return files


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
