"""Whose recording each clip is, and under which licence it may be used, as the release's LICENSE tells."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from datasets.esc50.layout import parse_v1

#: A line of the LICENSE, below the heading of its class; one clip is called 5-141683-Ad there.
_CLIP = re.compile(r"- \[(\d-\d+-[A-Z])d?\.ogg\]: +clip derived from .*\((http\S+)\) by (.+) \[(.+)\]")
_HEADING = re.compile(r"(\d{3} - .+):")


class ClipLicence(NamedTuple):
    """The licence of a clip (CC0, CC-BY, CC-BY-NC, CC-Sampling+), who recorded it, and where it was published."""

    licence: str
    author: str
    url: str


def read_licences(documents: Sequence[Path]) -> dict[str, ClipLicence]:
    """What the LICENSE among some documents says of each clip, by official name; nothing where none says it."""
    found: dict[str, ClipLicence] = {}
    for path in (path for path in documents if "LICENSE" in path.name):
        heading = ""
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if match := _HEADING.fullmatch(line.strip()):
                heading = match[1]
            elif match := _CLIP.fullmatch(line.strip()):
                item = parse_v1(Path(heading, f"{match[1]}.ogg"))
                found |= {item: ClipLicence(match[4], match[3], match[2])} if item else {}
    return found
