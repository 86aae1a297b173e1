"""The forms in which ESC-50 and ESC-10 were released, and how to find the clips in each.

- v2 (2017): `audio/1-100032-A-0.wav` and `meta/esc50.csv`, maybe inside the folder of the unpacked archive;
- v1 (2015): class folders, `101 - Dog/1-100032-A.ogg`; ESC-10 had its own, `001 - Dog bark/1-100032-A.ogg`;
- v1 clips under v2 names: `audio_v1_ogg/1-100032-A-0.ogg` beside `esc50.csv`;
- clips under v2 names without the list, in these folders or in the root itself: the names tell all.

Where several of these lie in a root, each clip is taken from the first that has it. Inside this project every clip
goes by its official v2 name, `{fold}-{source}-{take}-{target}.wav`.
"""

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from datasets.acquire.importing import no_file
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
#: The folders of clips under v2 names.
AUDIO, AUDIO_V1 = "audio", "audio_v1_ogg"
#: What the text with the licences of all clips is called.
LICENCES = ("LICENSE", "ESC-50_LICENSE.txt")
#: Clips of each class in each fold.
CLIPS_PER_CLASS_AND_FOLD = 8
COLUMNS = ("filename", "fold", "target", "category", "esc10", "src_file", "take")
#: Targets of ESC-10's own class folders, 001 to 010.
ESC10_FOLDERS = (0, 10, 11, 20, 38, 21, 40, 41, 1, 12)
#: What the kinds of release are called, and the ending of their clips.
KINDS = {"v2 WAV": ".wav", "v1 OGG": ".ogg"}
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
    """A release found in a folder: its clips by official name, and what its list says.

    base: the folder that it lies in. unusable: why the entry of a clip is no file that can be read, by official name.
    """

    base: Path
    kind: str
    clips: dict[str, Path]
    unusable: dict[str, str] = field(default_factory=dict)
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


def parse_v1(path: Path) -> str | None:
    """The official v2 name of a v1 clip, told by its name and its class folder; None where they tell none."""
    folder = _CLASS_FOLDER.fullmatch(path.parent.name)
    if folder is None or _V1_NAME.fullmatch(path.name) is None:
        return None
    group, number = folder[1], int(folder[2])
    target = ESC10_FOLDERS[number - 1] if group == "0" else (int(group) - 1) * 10 + number - 1
    return f"{path.stem}-{target}.wav"


def parse_v2(path: Path) -> str | None:
    """The official name of a clip under its v2 name, whatever the format; None for another name."""
    item = f"{path.stem}.wav"
    return item if path.suffix.lower() in (".wav", ".ogg") and _ITEM.fullmatch(item) else None


def find_release(root: Path) -> Release:
    """The release that lies in `root`, or in an `ESC-...` folder inside. Raises DataError where there is none."""
    for base in (root, *sorted(path for path in root.glob("ESC-*") if path.is_dir())):
        table = next((path for path in (base / "meta" / "esc50.csv", base / "esc50.csv") if path.is_file()), None)
        folders = [base / name for name in (AUDIO, AUDIO_V1) if (base / name).is_dir()]
        folders += sorted(path for path in base.iterdir() if path.is_dir() and _CLASS_FOLDER.fullmatch(path.name))
        if any(parse_v2(path) for path in base.iterdir()):
            folders.append(base)
        if table is not None and not folders:
            raise DataError(f"{base / AUDIO}: no such folder beside {table.name}; {_AGAIN}")
        if folders:
            return _release(base, table, folders)
    raise DataError(f"{root}: neither meta/esc50.csv nor class folders like '101 - Dog' nor clips; {_AGAIN}")


def read_list(path: Path) -> frozenset[str]:
    """The official names that an esc50.csv lists, whatever its line ends and its spelling of true and false.

    Raises DataError where a column is missing or a row contradicts itself.
    """
    items: set[str] = set()
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            reader = csv.DictReader(file)
            for column in COLUMNS:
                if column not in (reader.fieldnames or ()):
                    raise DataError(f"{path}: column {column!r} is missing; {_AGAIN} for the official list")
            for row in reader:
                if not any((row.get(column) or "").strip() for column in COLUMNS):
                    continue  # a line of blanks
                item = _check_row(row, f"{path}:{reader.line_num}")
                if item in items:
                    raise DataError(f"{path}:{reader.line_num}: {item} is listed twice; {_AGAIN} for the official list")
                items.add(item)
    except (csv.Error, OSError) as error:
        raise DataError(f"{path}: cannot be read ({error}); {_AGAIN} for the official list") from error
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


def _release(base: Path, table: Path | None, folders: list[Path]) -> Release:
    listed = read_list(table) if table is not None else None
    declared = read_declaration(base, "esc50", _checked)
    texts = (table, base / "miniature.json", *(base / name for name in LICENCES))
    documents = tuple(path for path in texts if path and path.is_file())
    clips: dict[str, Path] = {}
    unusable: dict[str, str] = {}
    extra = []
    for folder in folders:
        for path in sorted(folder.iterdir()):
            item = parse_v1(path) or parse_v2(path)
            if item is None or (listed is not None and item not in listed):
                if not path.name.startswith(".") and path not in documents and folder != base:
                    extra.append(path)
            elif reason := no_file(path):
                unusable[item] = f"{path}: {reason}"
            else:
                clips.setdefault(item, path)
    unusable = {item: reason for item, reason in unusable.items() if item not in clips}
    endings = {path.suffix.lower() for path in clips.values()}
    kind = " and ".join(name for name, ending in KINDS.items() if ending in endings) or "v2 WAV"
    return Release(base, "miniature" if declared else kind, clips, unusable, listed, tuple(extra), documents, declared)


def _checked(declared: Declared) -> Declared:
    float(declared["clip_seconds"])
    int(declared["clips_per_class_and_fold"])
    return declared
