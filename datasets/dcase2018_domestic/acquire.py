"""Getting DCASE 2018 Task 4: the lists by download, the clips from what one has already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets.acquire.download import ResumingDownloader, download, download_text
from datasets.acquire.folders import clear_download, download_work, import_work, link, move_into
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.telling import Report, terms
from datasets.dcase2018_domestic.census import take_census
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic
from datasets.dcase2018_domestic.layout import (
    CLEAN,
    ORIGINAL,
    TEST_AUDIO,
    TEST_FEATURES,
    TRAIN_AUDIO,
    TRAIN_FEATURES,
    WEAK,
    Layout,
)
from datasets.dcase2018_domestic.official import LISTS, OfficialList
from datasets.errors import DataError

#: What a clip may lie in: audio as the official script saves it, and features as the authors of EDC released them.
AUDIO_ENDING, FEATURE_ENDINGS = ".wav", (".cpickle", ".npy")
#: Without these no name is known to be official.
NEEDED = (WEAK, CLEAN, ORIGINAL)
HOW_TO_GET_AUDIO = (
    "the audio lies on YouTube and cannot be fetched: make it with the official script ({homepage}), or take a copy "
    "that you have, and run `python -m benchmarks data import dcase2018_domestic FOLDER`"
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
