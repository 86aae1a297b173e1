"""Getting DCASE 2018 Task 4: the lists by download; what one has is imported (importing.py)."""

from collections.abc import Sequence
from pathlib import Path

from datasets.acquire.download import ResumingDownloader, download, download_text
from datasets.acquire.folders import clear_download, download_work, move_into
from datasets.acquire.telling import Report, terms
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic
from datasets.dcase2018_domestic.importing import import_folder
from datasets.dcase2018_domestic.official import LISTS, OfficialList

__all__ = ["fetch", "import_folder"]

HOW_TO_GET_AUDIO = (
    "the audio lies on YouTube and cannot be fetched: make it with the official script ({homepage}), or take a copy "
    "that you have, and run `python -m benchmarks data import dcase2018_domestic FOLDER`; what YouTube no longer has, "
    "the organisers gave in 2018 and 2019 to who sent them the list of it"
)


def fetch(
    root: Path,
    report: Report = print,
    lists: Sequence[OfficialList] = LISTS,
    downloader: ResumingDownloader | None = None,
) -> None:
    """Download the lists into `root`; a call after an interruption continues. Raises DataError.

    Every list is compared with its md5 before it gets its name. Without a list that is only there to be read a line
    says so, and the rest goes on. The audio is in no archive; a last line says so.
    """
    report(terms(DCASE2018Domestic))
    missing = [one for one in lists if not one.is_in(root)]
    if missing:
        _bring(missing, root, downloader, report)
    else:
        clear_download(root)
    here = sum(one.is_in(root) for one in lists)
    report(f"{root}: {here if here < len(lists) else f'all {here}'} lists are there and as they should be")
    report(HOW_TO_GET_AUDIO.format(homepage=DCASE2018Domestic.homepage))


def _bring(missing: Sequence[OfficialList], root: Path, downloader: ResumingDownloader | None, report: Report) -> None:
    """Download lists into `root`."""
    with download_work(root) as work:
        base = work / "release"
        for number, one in enumerate(missing, start=1):
            if one.is_in(base):
                continue
            report(f"[{number}/{len(missing)}] {one.place}")
            bring = download if one.is_needed else download_text
            path = bring(one.urls, work / Path(one.place).name, f"md5:{one.md5}", downloader, report, one.size)
            if path is not None:
                (base / one.place).parent.mkdir(parents=True, exist_ok=True)
                path.replace(base / one.place)
        if base.is_dir():
            move_into(base, root)
