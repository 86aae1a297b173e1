"""Getting MAESTRO Real: lists, labels and audio by download; what one has is imported (importing.py)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.acquire.archive import BadArchive
from datasets.acquire.download import DiskError, ResumingDownloader, download
from datasets.acquire.folders import clear_download, download_work, move_into
from datasets.acquire.records import Archive, fetch_archives, is_intact, read_manifest
from datasets.acquire.telling import Report, terms
from datasets.errors import DataError
from datasets.maestro_real.archives import ARCHIVES, BASES, LISTS, PAPERS, OfficialList
from datasets.maestro_real.census import take_census
from datasets.maestro_real.dataset import MaestroReal
from datasets.maestro_real.importing import import_folder
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, EVALUATION, ITEMS, Layout, is_item

__all__ = ["fetch", "import_folder"]

EVALUATION_IS_LEFT = (
    f"the evaluation audio has no public labels and is not fetched; `python -m benchmarks data import maestro_real "
    f"{EVALUATION}.zip` takes it"
)
#: No paper is longer, in bytes.
_LONGEST_PAPER = 1 << 20


def fetch(
    root: Path,
    report: Report = print,
    archives: Sequence[Archive] = ARCHIVES,
    lists: Sequence[OfficialList] = LISTS,
    papers: Mapping[str, Sequence[str]] | None = None,
    downloader: ResumingDownloader | None = None,
    evaluation: bool = False,
) -> None:
    """Download papers, lists, labels and audio into `root`; a call after an interruption goes on where it was cut.

    Every list and archive is compared with its md5. Of a `root` that is there already, only what is damaged or missing
    is brought again. papers: addresses of what tells about the data, by name; what cannot be had of it is left out, and
    a line says so. evaluation: also bring the evaluation audio, which has no public labels. Raises DataError.
    """
    chosen = [archive for archive in archives if evaluation or archive.folder != EVALUATION]
    lacking = [one for one in lists if not one.is_in(root)]
    missing = missing_archives(root, chosen)
    if not lacking and not missing:
        clear_download(root)
        report(f"{root}: all files are there and as they should be")
        return
    report(terms(MaestroReal))
    if lacking:
        _bring(lacking, papers if papers is not None else _addresses(), root, downloader, report)
        missing = missing_archives(root, chosen)  # lists tell how long recordings are
    if missing:
        fetch_archives(missing, root, downloader, report)
    report(take_census(MaestroReal(root), contents=False).summary())
    if not evaluation:
        report(EVALUATION_IS_LEFT)


def missing_archives(root: Path, archives: Sequence[Archive]) -> list[Archive]:
    """The archives whose files are not all in `root`: not as they came, or, where others brought them, not usable."""
    manifest = read_manifest(root)
    missing = [archive for archive in archives if not is_intact(root, manifest.get(archive.name))]
    if not missing or not root.is_dir():
        return missing
    try:
        dataset = MaestroReal(root)
        census = take_census(dataset)
    except DataError:  # of the lists, which are not here yet
        return missing
    lacking = {name for names in (census.missing, *census.faults.values()) for name in names}
    return [one for one in missing if one.name in manifest or _is_lacking(one.folder, dataset.layout, lacking)]


def _is_lacking(folder: str, layout: Layout, lacking: set[str]) -> bool:
    """Whether something is lacking of what an archive brings."""
    if folder == EVALUATION:
        items = {item for some in ITEMS[EVALUATION].values() for item in some}
        return not items <= layout.names(EVALUATION)
    if folder == ANNOTATION:
        return any(name.endswith("labels") or name.startswith(ANNOTATION) for name in lacking)
    return any(name == "audio" or is_item(name) or name.startswith(DEVELOPMENT) for name in lacking)


def _addresses() -> dict[str, tuple[str, ...]]:
    return {name: tuple(f"{base}{name}" for base in BASES[DEVELOPMENT]) for name in PAPERS}


def _bring(
    lists: Sequence[OfficialList],
    papers: Mapping[str, Sequence[str]],
    root: Path,
    downloader: ResumingDownloader | None,
    report: Report,
) -> None:
    """Download papers, as far as they can be had, and lists into `root`, when all are there."""
    with download_work(root) as work:
        base = work / "release"
        for name, urls in papers.items():
            if not (root / name).is_file() and not (base / name).is_file():
                _bring_paper(name, urls, work, downloader, report)
        for number, one in enumerate(lists, start=1):
            if one.is_in(base):
                continue
            report(f"[{number}/{len(lists)}] {one.place}")
            path = download(one.urls, work / Path(one.place).name, f"md5:{one.md5}", downloader, report, one.size)
            (base / one.place).parent.mkdir(parents=True, exist_ok=True)
            path.replace(base / one.place)
        move_into(base, root)


def _bring_paper(
    name: str, urls: Sequence[str], work: Path, downloader: ResumingDownloader | None, report: Report
) -> None:
    """Download what tells about the data, whose md5 is not known, if it can be had."""
    try:
        path = download(urls, work / name, downloader=downloader, report=report, check=_check_paper)
    except DiskError:
        raise
    except DataError as error:
        report(f"{name}: left out, the data are complete without it ({error})")
        return
    (work / "release").mkdir(parents=True, exist_ok=True)
    path.replace(work / "release" / name)


def _check_paper(path: Path) -> None:
    """Raise BadArchive for what is no short text."""
    try:
        is_text = path.stat().st_size <= _LONGEST_PAPER and bool(path.read_text(encoding="utf-8").strip())
    except UnicodeDecodeError:
        is_text = False
    if not is_text:
        raise BadArchive(f"{path.name}: not a text of the record")
