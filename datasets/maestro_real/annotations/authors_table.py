"""The soft labels as the paper's authors keep them beside their code: one table of the 11 scored classes, no audio.

It is enough for everything that is said of labels alone.
"""

from collections.abc import Mapping
from pathlib import Path

from datasets.errors import DataError
from datasets.maestro_real.annotations.tables import rows
from datasets.maestro_real.layout import DURATIONS, FOLD_LISTS, HARD, SCORED, Layout

#: The table, and what lies beside it of the official lists, by its place in the official layout.
TABLE = "soft_gt_dev_11classes.csv"
BESIDE: Mapping[str, str] = {
    FOLD_LISTS: FOLD_LISTS,
    DURATIONS: Path(DURATIONS).name,
    HARD: Path(HARD).name,
}


def has_table(folder: Path) -> bool:
    """Whether a folder holds the table."""
    return (folder / TABLE).is_file()


def write_layout(folder: Path, root: Path) -> None:
    """Lay the lists and the labels of `folder` out below `root` as the official archives have them, audio files empty.

    Raises DataError for a table that is none, or where a list is not beside it.
    """
    for place, name in BESIDE.items():
        if not (folder / name).exists():
            raise DataError(f"{folder / name}: no such list beside {TABLE}; put the official one there")
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).symlink_to((folder / name).resolve())
    lines: dict[str, list[str]] = {}
    for _, (name, onset, offset, *values) in rows(folder / TABLE, ("filename", "onset", "offset", *SCORED)):
        found = lines.setdefault(name.removesuffix(".wav"), [])
        found += [
            f"{onset}\t{offset}\t{label}\t{value}\n"
            for label, value in zip(SCORED, values, strict=True)
            if value != "0.0"
        ]
    layout = Layout(root)
    for item, of_item in lines.items():
        for path, text in ((layout.labels(item), "".join(of_item)), (layout.audio(item), "")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
