"""Getting TUT Acoustic Scenes 2016: by download of both records; what one has is imported (importing.py)."""

from collections.abc import Sequence
from pathlib import Path

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.folders import clear_download
from datasets.acquire.records import Archive, fetch_archives, is_intact, read_manifest, size_line
from datasets.acquire.telling import Report, terms
from datasets.dcase2016_asc.archives import ARCHIVES, FLAWS, LISTS, PAPERS, SOUND, part_of
from datasets.dcase2016_asc.census import TITLES, take_census
from datasets.dcase2016_asc.dataset import DCASE2016ASC
from datasets.dcase2016_asc.importing import import_folder
from datasets.dcase2016_asc.layout import ERRORS, RECORDS
from datasets.errors import DataError

__all__ = ["fetch", "import_folder"]


def fetch(
    root: Path,
    report: Report = print,
    archives: Sequence[Archive] = ARCHIVES,
    downloader: ResumingDownloader | None = None,
    records: Sequence[str] = RECORDS,
) -> None:
    """Download both records into `root`, or one of them; a call after an interruption goes on where it was cut.

    Every archive is compared with its md5 and unpacked beside `root`, which gets its name when all are there. Of a
    `root` that is there already, only the archives with damaged or missing files are brought again; where its lists are
    bad, these come first, because nobody knows what else is lacking. Papers that cannot be had are left out, and a line
    says so. Raises DataError.
    """
    chosen = [archive for archive in archives if archive.folder in records]
    missing = missing_archives(root, chosen)
    if not missing:
        clear_download(root)
        report(f"{root}: all files are there and as they should be")
        return
    report(terms(DCASE2016ASC))
    report(size_line(missing))
    fetch_archives(missing, root, downloader, report)
    more = [archive for archive in missing_archives(root, chosen) if archive not in missing]
    if more:
        fetch_archives(more, root, downloader, report)
    report(take_census(DCASE2016ASC(root), contents=False).summary())


def missing_archives(root: Path, archives: Sequence[Archive]) -> list[Archive]:
    """The archives whose files are not all in `root`: not as they came, or, where others brought them, not usable."""
    manifest = read_manifest(root)
    missing = [archive for archive in archives if not is_intact(root, manifest.get(archive.name))]
    if not missing or not root.is_dir():
        return missing
    try:
        dataset = DCASE2016ASC(root)
        census = take_census(dataset)
        lacking = {name for names in (census.missing, *census.faults.values()) for name in names}
        items = {record: {*dataset.items_of(record), f"{TITLES[record]} audio"} for record in RECORDS}
    except DataError:
        return [archive for archive in missing if part_of(archive) == LISTS]
    return [one for one in missing if one.name in manifest or _is_lacking(one, root, lacking, items[one.folder])]


def _is_lacking(archive: Archive, root: Path, lacking: set[str], items: set[str]) -> bool:
    """Whether something is lacking of what an archive brings."""
    part, title = part_of(archive), TITLES[archive.folder]
    if f"{title} lists" in lacking:
        return True
    if part == SOUND:
        return not lacking.isdisjoint(items)
    if part == LISTS:
        others = lacking - items
        return any(name.startswith((f"{title} ", "fold" if title == "development" else title)) for name in others)
    place = {PAPERS: "README.md", FLAWS: ERRORS}[part]
    return not (root / archive.folder / place).exists()
