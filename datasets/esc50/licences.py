"""Whose recording each clip is, and under which licence it may be used, as the release's LICENSE tells."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datasets.esc50.layout import LICENCES, parse_v1

#: A line of the LICENSE, below the heading of its class; one clip is called 5-141683-Ad there.
_CLIP = re.compile(r"- \[(\d-\d+-[A-Z])d?\.ogg\]: +clip derived from .*\((http[^\s)]+)\) by ([^\[]+) \[([^\[]+)\]")
#: The text has 285 kB, and no line of 300 characters.
_LARGEST, _LONGEST = 5_000_000, 1000
_HEADING = re.compile(r"(\d{3} - .+):")


class ClipLicence(NamedTuple):
    """The licence of a clip (CC0, CC-BY, CC-BY-NC, CC-Sampling+), who recorded it, and where it was published."""

    licence: str
    author: str
    url: str


def is_licence(path: Path) -> bool:
    """Whether a file may be the LICENSE of a release: by its name, its size, and of what it speaks. Raises OSError."""
    if path.name not in LICENCES or not path.is_file() or path.stat().st_size > _LARGEST:
        return False
    return "ESC-50" in path.read_text(encoding="utf-8", errors="replace")


def read_licences(documents: Sequence[Path]) -> dict[str, ClipLicence]:
    """What the LICENSE among some documents says of each clip, by official name; nothing where none says it."""
    found: dict[str, ClipLicence] = {}
    for path in filter(is_licence, documents):
        heading = ""
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if len(line) > _LONGEST:
                continue
            if match := _HEADING.fullmatch(line.strip()):
                heading = match[1]
            elif match := _CLIP.fullmatch(line.strip()):
                item = parse_v1(Path(heading, f"{match[1]}.ogg"))
                found |= {item: ClipLicence(match[4], match[3], match[2])} if item else {}
    return found
