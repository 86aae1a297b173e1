"""Taking DCASE 2018 Task 4 from what one has: clips under whatever names, released features, and lists."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from datasets.acquire.archive import unpack
from datasets.acquire.folders import check_source, import_work
from datasets.acquire.hashes import md5_of_file
from datasets.acquire.importing import Haul, files_below, new_folder, nothing_found, placed, settle, tell
from datasets.acquire.telling import Report, terms
from datasets.audio import ClipFault, write_as_wav
from datasets.dcase2018_domestic.census import length_finding, take_census
from datasets.dcase2018_domestic.dataset import DCASE2018Domestic
from datasets.dcase2018_domestic.layout import (
    CLEAN,
    ORIGINAL,
    SECONDS,
    TEST_AUDIO,
    TEST_FEATURES,
    TRAIN_AUDIO,
    TRAIN_FEATURES,
    WEAK,
    Layout,
)
from datasets.dcase2018_domestic.lists import nominal_seconds
from datasets.dcase2018_domestic.names import ListedNames
from datasets.dcase2018_domestic.official import LISTS, OfficialList
from datasets.dcase2018_domestic.reading import read_clip, read_features
from datasets.errors import DataError

#: What a clip may lie in: audio, and features as the authors of EDC released them.
AUDIO_ENDINGS, FEATURE_ENDINGS, LIST_ENDINGS = (".wav", ".flac", ".ogg"), (".cpickle", ".npy"), (".csv", ".tsv")
#: Without these no name is known to be official.
NEEDED = (WEAK, CLEAN, ORIGINAL)


def import_folder(source: Path, root: Path, report: Report = print, lists: Sequence[OfficialList] = LISTS) -> None:
    """Put what lies in `source`, in whatever sub-folder, into `root`, and say what became of it and what is missing.

    Taken are clips (WAV; FLAC and OGG as WAV), features that the authors of EDC released (.cpickle, .npy), and lists
    that `root` lacks; `source` may be an archive of these. Files are linked where the file system allows it, else
    copied. A clip that is here gives way to a better one only. Raises DataError where nothing in `source` is of the
    dataset, for bad lists, and where `root` cannot be written; `root` is then what it was.
    """
    check_source(source)
    with import_work(source, root) as work:
        folder = unpack(source, work / "unpacked") if source.is_file() else source
        haul = _look(folder, root, lists, work)
        if not haul.wanted:
            raise nothing_found(source, haul, "a listed clip, named like Y-6p32k2WUCs_0.000_10.000.wav, or a list")
        settled = settle(haul, root, work / "release", partial(grade, lists=lists))
        has_features = any(place.startswith((TRAIN_FEATURES, TEST_FEATURES)) for place in haul.wanted)
        has_audio = any(place.startswith((TRAIN_AUDIO, TEST_AUDIO)) for place in haul.wanted)
        with placed(work / "release", root):
            found = [take_census(DCASE2018Domestic(root))] if has_audio or not has_features else []
            found += [take_census(DCASE2018Domestic(root, source="features"))] if has_features else []
    report(terms(DCASE2018Domestic))
    tell(source, settled, report)
    for census in found:
        report(census.summary())


def grade(place: str, path: Path, lists: Sequence[OfficialList] = LISTS) -> tuple[float, str]:
    """How good a file is for its place, and what is wrong with it.

    A clip is the better, the nearer to its length; a list is the official one or not.
    """
    for one in lists:
        if one.place == place and md5_of_file(path) != one.md5:
            return 0.5, "not the official list"
    try:
        if place.startswith((TRAIN_FEATURES, TEST_FEATURES)):
            read_features(path, SECONDS)
        elif place.startswith((TRAIN_AUDIO, TEST_AUDIO)):
            seconds = len(read_clip(path, DCASE2018Domestic.sample_rate)) / DCASE2018Domestic.sample_rate
            kind, wrong = length_finding(Path(place).name, seconds)
            nominal = nominal_seconds(Path(place).name)
            return (0 if kind == "truncated" else min(seconds, nominal) / max(seconds, nominal)), wrong
    except ClipFault as fault:
        return 0, fault.reason
    return 1, ""


def _look(source: Path, root: Path, lists: Sequence[OfficialList], work: Path) -> Haul:
    """All in `source` that is of the dataset, by its place below the root. Raises DataError for lists."""
    haul = Haul()
    files = list(haul.readable(files_below(source)))
    found = _take_lists(files, root, lists, haul)
    clips = [path for path in files if path.suffix.lower() in (*AUDIO_ENDINGS, *FEATURE_ENDINGS)]
    layout = Layout(root, found)
    for place in NEEDED if clips or found else ():
        if not layout.path(place).is_file():
            raise DataError(
                f"{layout.path(place)}: absent, and not in {source}; without it nobody knows which names are official: "
                "run `python -m benchmarks data fetch dcase2018_domestic` first"
            )
    names = ListedNames({**layout.weak, **layout.test}) if clips else ListedNames(())
    audio = layout.entries(TRAIN_AUDIO, TEST_AUDIO, (".wav",)) if clips else {}
    features = layout.entries(TRAIN_FEATURES, TEST_FEATURES, FEATURE_ENDINGS) if clips else {}
    for path in files:
        if path in clips:
            _take_clip(path, names, layout, audio if path.suffix.lower() in AUDIO_ENDINGS else features, haul, work)
        elif path.suffix.lower() not in LIST_ENDINGS:
            haul.leave(path, "neither sound nor released features nor a list")
    return haul


def _take_lists(files: Sequence[Path], root: Path, lists: Sequence[OfficialList], haul: Haul) -> dict[str, Path]:
    """Take lists: files with the official content, whatever their names, else with the name.

    Returns where those lie that `root` lacks, or has with other than the official content, which then is there.
    """
    tables = [path for path in files if path.suffix.lower() in LIST_ENDINGS]
    md5 = {path: md5_of_file(path) for path in tables}
    by_md5 = {md5[path]: path for path in reversed(tables)}
    by_name = {path.name: path for path in reversed(tables)}
    found, taken = {}, set[Path]()
    for one in lists:
        path = by_md5.get(one.md5) or by_name.get(Path(one.place).name)
        if path is None:
            continue
        taken.add(path)
        haul.take(one.place, path)
        if not (root / one.place).is_file() or (md5[path] == one.md5 and not one.is_in(root)):
            found[one.place] = path
    for path in tables:
        if md5[path] in {one.md5 for one in lists} and path not in taken:
            haul.unneeded += 1
        elif path not in taken:
            haul.leave(path, "no list that is needed")
    return found


def _take_clip(
    path: Path, names: ListedNames, layout: Layout, here: Mapping[str, Path], haul: Haul, work: Path
) -> None:
    """Take a clip or its features for the listed clip that the name stands for; FLAC and OGG become WAV.

    here: the files of the listed clips that are used already.
    """
    suffix = path.suffix.lower()
    item, reason = names.find(path.name.removesuffix(path.suffix))
    if item is None:
        haul.leave(path, reason)
        return
    is_audio = suffix in AUDIO_ENDINGS
    train, test = (TRAIN_AUDIO, TEST_AUDIO) if is_audio else (TRAIN_FEATURES, TEST_FEATURES)
    # Of a clip on both lists the one that is here is used wherever it lies, so that is what has to be compared.
    there = here.get(item)
    in_train = item in layout.weak if there is None else there.is_relative_to(layout.root / train)
    folder = train if in_train else test
    if is_audio and suffix != ".wav":
        converted = new_folder(work / "converted") / item
        try:
            read_clip(path, DCASE2018Domestic.sample_rate)
            write_as_wav(path, converted)
        except ClipFault as fault:
            haul.leave(path, fault.reason)
            return
        path = converted
    haul.take(f"{folder}/{item if is_audio else item.removesuffix('.wav') + suffix}", path)
