"""Taking ESC-50 from whatever one has: any folder of clips, an archive, or the parquet files of Hugging Face."""

import re
from functools import partial
from pathlib import Path

from datasets.acquire.archive import unpack
from datasets.acquire.folders import check_source, import_work
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.importing import Haul, files_below, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, read_exact, read_raw, write_as_wav
from datasets.errors import DataError
from datasets.esc50.census import is_official, take_census
from datasets.esc50.dataset import ESC50
from datasets.esc50.layout import AUDIO, CATEGORIES, Release, find_release, parse_v1, parse_v2, read_list
from datasets.esc50.licences import is_licence, read_licences

_RATE, _FRAMES = 44100, 220500
#: What clips are called in rows: no path, nor anything that a file cannot be called.
_COULD_BE = re.compile(r"[\w-]{1,100}\.\w+", re.ASCII)
#: Clips by official name.
Clips = dict[str, list[Path]]


def import_folder(source: Path, root: Path, report: Report = print) -> None:
    """Put the clips that one has, in whatever folders, into `root`, and say what became of each file and is missing.

    `source` is a folder, an archive of one, or a parquet file. Clips are known by their official names, those of 2015
    also by class folder or content. Files are linked where the file system allows it, else copied; FLAC and parquet are
    written as WAV. Raises DataError where `source` holds no clip, and then leaves `root` as it was.
    """
    check_source(source)
    with import_work(source, root) as work:
        is_archive = source.is_file() and source.suffix.lower() != ".parquet"
        folder = unpack(source, work / "unpacked") if is_archive else source
        haul, clips = Haul(), Clips()
        for path in haul.readable(files_below(folder) if folder.is_dir() else [folder]):
            _look(path, clips, haul, work)
        if not clips:
            raise nothing_found(source, haul, "a clip of ESC-50, named like 1-100032-A-0.wav")
        _offer(clips, root, haul)
        settled = settle(haul, root, work / "release", grade)
        with placed(work / "release", root):
            summary = take_census(ESC50(root)).summary()
    report(terms(ESC50))
    tell(source, settled, report)
    report(summary)


def grade(place: str, path: Path) -> tuple[float, str]:
    """How good a file is for its place: official, as it should be, or to be used at all; and what is wrong with it."""
    item = f"{Path(place).stem}.wav"
    if parse_v2(Path(place)) is None and parse_v1(Path(place)) is None:
        return 1 + len(read_licences([path])), ""  # a list, or the better LICENSE, the more clips it tells of
    if is_official(parse_v1(Path(place)) or item, path, md5_of_file(path)):
        return 3, ""
    is_wav = path.suffix.lower() == ".wav"
    try:
        (read_exact if is_wav else read_raw)(path, _RATE, _FRAMES)
    except ClipFault as fault:
        return 0, fault.reason
    return (2 if is_wav else 1), "" if is_wav else "not the official file"


def _grade_of_item(item: str, path: Path) -> float:
    """How good a file is for an item, whatever it is called."""
    return grade(Path(item).with_suffix(path.suffix.lower()).name, path)[0]


def _look(path: Path, clips: Clips, haul: Haul, work: Path) -> None:
    """Take a file for what it is."""
    suffix = path.suffix.lower()
    item = parse_v1(path) or parse_v2(path) or _by_content(path)
    if item is not None:
        clips.setdefault(item, []).append(path)
    elif suffix == ".flac" and parse_v2(path.with_suffix(".wav")):
        as_wav = new_folder(work / "converted") / f"{path.stem}.wav"
        try:
            write_as_wav(path, as_wav)
            clips.setdefault(as_wav.name, []).append(as_wav)
        except ClipFault as fault:
            haul.leave(path, fault.reason)
    elif suffix == ".parquet":
        _look_into_parquet(path, clips, haul, work)
    elif path.name.lower() == "esc50.csv":
        haul.take("meta/esc50.csv", path) if _is_list(path) else haul.leave(path, "no list of ESC-50")
    elif is_licence(path):
        haul.take("LICENSE", path)
    elif suffix in (".zip", ".gz", ".tar", ".tgz"):
        haul.leave(path, "an archive: name it alone to import it")
    else:
        haul.leave(path, "no name of a clip like 1-100032-A-0.wav")


def _by_content(path: Path) -> str | None:
    """The official name of a v1 clip without its class folder: the checksums tell the class."""
    if path.suffix.lower() != ".ogg" or not parse_v2(path.with_name(f"{path.stem}-0.ogg")):
        return None
    md5 = md5_of_file(path)
    items = (f"{path.stem}-{target}.wav" for target in range(len(CATEGORIES)))
    return next((item for item in items if is_official(item, path, md5)), None)


def _is_list(path: Path) -> bool:
    try:
        read_list(path)
    except (DataError, OSError):
        return False
    return True


def _look_into_parquet(path: Path, clips: Clips, haul: Haul, work: Path) -> None:
    """Take the clips of a parquet file with the columns `filename` and `audio` (bytes, path), as on Hugging Face."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise DataError(f"{path}: reading parquet needs pyarrow; run `pip install -e '.[parquet]'`") from None
    try:
        for batch in pyarrow.parquet.ParquetFile(path).iter_batches(64, columns=["filename", "audio"]):
            for row in batch.to_pylist():
                audio = row.get("audio") if isinstance(row.get("audio"), dict) else {}
                name = row.get("filename") or audio.get("path")
                _look_at_row(path, name, audio.get("bytes"), clips, haul, work)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        haul.leave(path, f"no parquet file of ESC-50 ({type(error).__name__})")


def _look_at_row(path: Path, name: object, content: object, clips: Clips, haul: Haul, work: Path) -> None:
    """Take a row of a parquet file for the file that it holds."""
    if not isinstance(content, bytes) or not isinstance(name, str):
        haul.leave(path, "a row without the name or the bytes of a clip")
        return
    suffix = {b"OggS": ".ogg", b"fLaC": ".flac"}.get(content[:4], ".wav")
    named = Path(f"{Path(name).stem}{suffix}")
    if _COULD_BE.fullmatch(named.name) is None:
        haul.leave(named, "no name of a clip like 1-100032-A-0.wav")
        return
    place = new_folder(work / "parquet") / named
    place.write_bytes(content)
    _look(place, clips, haul, work)


def _offer(clips: Clips, root: Path, haul: Haul) -> None:
    """Offer each clip for its place in `root`: where it lies there already, else in `audio`; WAV goes before OGG.

    What is new, texts too, comes into the folder of the release that is there.
    """
    release = _release_in(root)
    here = release.clips if release else {}
    base = f"{release.base.relative_to(root).as_posix()}/" if release and release.base != root else ""
    haul.wanted = {f"{base}{text}": paths for text, paths in haul.wanted.items()}
    for item, paths in clips.items():
        there = here.get(item)
        suffixes = {path.suffix.lower() for path in paths}
        if there:
            suffix, place = there.suffix, there.relative_to(root).as_posix()
        else:
            best = paths[0] if len(suffixes) == 1 else max(paths, key=partial(_grade_of_item, item))
            suffix = best.suffix.lower()
            place = f"{base}{AUDIO}/{Path(item).stem}{suffix}"
        fitting = [path for path in paths if path.suffix.lower() == suffix.lower()]
        for path in fitting:
            haul.take(place, path)
        if there and not fitting and not grade(place, there)[0]:
            for path in paths:
                haul.leave(path, "one of another format is here that cannot be used: delete it to take this one")
        else:
            haul.unneeded += len(paths) - len(fitting)


def _release_in(root: Path) -> Release | None:
    """The release that a root has; None where it is absent or holds none."""
    try:
        return find_release(root) if root.is_dir() else None
    except DataError:
        return None
