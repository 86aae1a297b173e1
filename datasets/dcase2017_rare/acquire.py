"""Getting TUT Rare Sound Events 2017: by download of both records; what one has is imported (importing.py)."""

from collections.abc import Sequence
from pathlib import Path

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.folders import clear_download
from datasets.acquire.records import Archive, fetch_archives, size_line
from datasets.acquire.telling import Report, terms
from datasets.dcase2017_rare.archives import ARCHIVES
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.importing import import_folder
from datasets.dcase2017_rare.needed import missing_archives

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
    report(size_line(missing))
    fetch_archives(missing, root, downloader, report)
    report(HOW_TO_GET_MIXTURES)
