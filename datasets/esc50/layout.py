"""The forms in which ESC-50 and ESC-10 were released, and how to find the clips in each.

- v2 (2017): `audio/1-100032-A-0.wav` and `meta/esc50.csv`, maybe inside the folder of the unpacked archive;
- v1 (2015): class folders, `101 - Dog/1-100032-A.ogg`; ESC-10 had its own, `001 - Dog bark/1-100032-A.ogg`;
- v1 clips under v2 names: `audio_v1_ogg/1-100032-A-0.ogg` beside `esc50.csv`.

Inside this project every clip goes by its official v2 name, `{fold}-{source}-{take}-{target}.wav`.
"""

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from datasets.errors import DataError
from datasets.generated import Declared, read_declaration

#: Category names by target, 0 to 49.
CATEGORIES = (
    *("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow"),
    *("rain", "sea_waves", "crackling_fire", "crickets", "chirping_birds"),
    *("water_drops", "wind", "pouring_water", "toilet_flush", "thunderstorm"),
    *("crying_baby", "sneezing", "clapping", "breathing", "coughing"),
    *("footsteps", "laughing", "brushing_teeth", "snoring", "drinking_sipping"),
    *("door_wood_knock", "mouse_click", "keyboard_typing", "door_wood_creaks", "can_opening"),
    *("washing_machine", "vacuum_cleaner", "clock_alarm", "clock_tick", "glass_breaking"),
    *("helicopter", "chainsaw", "siren", "car_horn", "engine"),
    *("train", "church_bells", "airplane", "fireworks", "hand_saw"),
)
FOLDS = (1, 2, 3, 4, 5)
#: The targets whose clips make up ESC-10.
ESC10_TARGETS = (0, 1, 10, 11, 12, 20, 21, 38, 40, 41)
#: Clips of each class in each fold.
CLIPS_PER_CLASS_AND_FOLD = 8
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
#: Targets of ESC-10's own class folders, 001 to 010.
_ESC10_FOLDERS = (0, 10, 11, 20, 38, 21, 40, 41, 1, 12)
_ITEM = re.compile(r"([1-5])-(\d+)-([A-Z])-(\d|[1-4]\d)\.wav")
_V1_NAME = re.compile(r"([1-5])-(\d+)-([A-Z])\.ogg")
_CLASS_FOLDER = re.compile(r"([0-5])(0[1-9]|10) - .+")
_AGAIN = "run `python -m benchmarks data fetch esc50`"


class Clip(NamedTuple):
    """What an official name says."""

    fold: int
    source: str
    take: str
    target: int


@dataclass(frozen=True)
class Release:
    """A release found in a folder: its clips by official name, and what its list says."""

    kind: str
    clips: dict[str, Path]
    listed: frozenset[str] | None = None
    extra: tuple[Path, ...] = ()
    documents: tuple[Path, ...] = ()
    declared: dict = field(default_factory=dict)

    @property
    def per_class_and_fold(self) -> int:
        """Clips of each class in each fold: 8, unless a miniature declares fewer."""
        return int(self.declared.get("clips_per_class_and_fold", CLIPS_PER_CLASS_AND_FOLD))


def parse_item(item: str) -> Clip:
    """The fields of an official v2 name such as `1-100032-A-0.wav`. Raises DataError for any other name."""
    match = _ITEM.fullmatch(item)
    if match is None:
        raise DataError(f"{item}: not an official ESC-50 name like 1-100032-A-0.wav")
    return Clip(int(match[1]), match[2], match[3], int(match[4]))


def find_release(root: Path) -> Release:
    """The release that lies in `root`, or in an `ESC-...` folder inside. Raises DataError where there is none."""
    for base in (root, *sorted(path for path in root.glob("ESC-*") if path.is_dir())):
        for table in (base / "meta" / "esc50.csv", base / "esc50.csv"):
            if table.is_file():
                return _listed_release(base, table)
        folders = sorted(path for path in base.iterdir() if path.is_dir() and _CLASS_FOLDER.fullmatch(path.name))
        if folders:
            return _folder_release(folders)
    raise DataError(f"{root}: neither meta/esc50.csv nor class folders like '101 - Dog'; {_AGAIN}")


def read_list(path: Path) -> frozenset[str]:
    """The official names that an esc50.csv lists, whatever its line ends and its spelling of true and false.

    Raises DataError where a column is missing or a row contradicts itself.
    """
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.DictReader(file)
        for column in COLUMNS:
            if column not in (reader.fieldnames or ()):
                raise DataError(f"{path}: column {column!r} is missing; {_AGAIN} for the official list")
        items: set[str] = set()
        for row in reader:
            item = _check_row(row, f"{path}:{reader.line_num}")
            if item in items:
                raise DataError(f"{path}:{reader.line_num}: {item} is listed twice; {_AGAIN} for the official list")
            items.add(item)
    return frozenset(items)


def _check_row(row: dict[str, str], place: str) -> str:
    item = row["filename"]
    if row["fold"] not in {str(fold) for fold in FOLDS}:
        raise DataError(f"{place}: {item} has fold {row['fold']!r}; folds are 1 to 5; {_AGAIN} for the official list")
    clip = parse_item(item) if _ITEM.fullmatch(item or "") else None
    told = (row["fold"], row["src_file"], row["take"], row["target"])
    is_esc10 = {"true": True, "false": False}.get((row["esc10"] or "").lower())
    if clip is None or told != tuple(map(str, clip)):
        raise DataError(f"{place}: {item} disagrees with its columns {'-'.join(map(str, told))}; {_AGAIN}")
    if row["category"] != CATEGORIES[clip.target] or is_esc10 != (clip.target in ESC10_TARGETS):
        told_class = f"category {row['category']!r} with esc10 {row['esc10']!r}"
        raise DataError(f"{place}: {item} is {CATEGORIES[clip.target]}, which disagrees with {told_class}; {_AGAIN}")
    return item


def _listed_release(base: Path, table: Path) -> Release:
    listed = read_list(table)
    declared = read_declaration(base, "esc50", _checked)
    folders = [path for path in (base / "audio", base / "audio_v1_ogg") if path.is_dir()]
    if not folders:
        raise DataError(f"{base / 'audio'}: no such folder beside {table.name}; {_AGAIN}")
    clips, extra = {}, []
    for path in sorted(folders[0].iterdir()):
        item = f"{path.stem}.wav"
        if item in listed and path.suffix in (".wav", ".ogg") and item not in clips:
            clips[item] = path
        elif not path.name.startswith("."):
            extra.append(path)
    is_wav = all(path.suffix == ".wav" for path in clips.values())
    kind = "miniature" if declared else "v2 WAV" if is_wav else "v1 OGG"
    documents = tuple(path for path in (table, base / "miniature.json", base / "LICENSE") if path.is_file())
    return Release(kind, clips, listed, tuple(extra), documents, declared)


def _folder_release(folders: list[Path]) -> Release:
    clips, extra = {}, []
    for folder in folders:
        group, number = folder.name[0], int(folder.name[1:3])
        target = _ESC10_FOLDERS[number - 1] if group == "0" else (int(group) - 1) * 10 + number - 1
        for path in sorted(folder.iterdir()):
            match = _V1_NAME.fullmatch(path.name)
            if match:
                clips[f"{path.stem}-{target}.wav"] = path
            elif not path.name.startswith("."):
                extra.append(path)
    return Release("v1 OGG", clips, None, tuple(extra))


def _checked(declared: Declared) -> Declared:
    float(declared["clip_seconds"])
    int(declared["clips_per_class_and_fold"])
    return declared
