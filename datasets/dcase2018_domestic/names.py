"""The names that clips have outside the official script, and which listed clip each is."""

import re
from collections.abc import Collection
from typing import NamedTuple

from datasets.dcase2018_domestic.lists import youtube_id

#: What others call a clip: its video with or without Y, alone (PANNs), with start, or with start and end.
_FORMS = tuple(
    re.compile(rf"{prefix}([\w-]{{11}})(?:_(\d+(?:\.\d+)?)(?:[_-](\d+(?:\.\d+)?))?)?", re.ASCII) for prefix in ("Y", "")
)
_TIMES = re.compile(r"_(\d+\.\d+)_(\d+\.\d+)\.wav")


class Named(NamedTuple):
    """The official name that a file's name stands for, or why there is none."""

    item: str | None
    reason: str = ""


class ListedNames:
    """The official names of a list, to be found by whatever others call the clips."""

    def __init__(self, items: Collection[str]) -> None:
        self._items = frozenset(items)
        self._by_video: dict[str, list[str]] = {}
        for item in items:
            self._by_video.setdefault(youtube_id(item), []).append(item)

    def find(self, stem: str) -> Named:
        """The listed clip that a name without ending stands for.

        Times are seconds, whole or not, or milliseconds. A video alone stands for its clip, where only one is listed.
        """
        if f"{stem}.wav" in self._items:
            return Named(f"{stem}.wav")
        matches = [match for form in _FORMS if (match := form.fullmatch(stem))]
        if not matches:
            return Named(None, "no name of a clip like Y-6p32k2WUCs_0.000_10.000.wav")
        for match in matches:
            listed = self._by_video.get(match[1], [])
            fitting = [item for item in listed if _fits(item, [time for time in match.groups()[1:] if time])]
            if len(fitting) == 1:
                return Named(fitting[0])
            if listed:
                return Named(
                    None, "another excerpt of a listed video" if not fitting else "which excerpt, nobody knows"
                )
        return Named(None, "on neither the weak nor a test list")


def _fits(item: str, times: list[str]) -> bool:
    """Whether the times of a name, start and end or start alone, are those of a clip, in seconds or milliseconds."""
    match = _TIMES.search(item)
    official = [float(time) for time in match.groups()] if match else []
    return any(all(float(t) == unit * o for t, o in zip(times, official, strict=False)) for unit in (1, 1000))
