"""The collections that stand-ins take their clips from, in the folder of all data: `esc50` and `sounds`."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from datasets import registry
from datasets.acquire.hashes import md5_of_files
from datasets.audio import read_any
from datasets.errors import DataError
from datasets.seeds import derive
from datasets.sounds.sounding import without_digital_silence

if TYPE_CHECKING:
    import pandas as pd

#: Class of ESC-50 for a class of rare sound events.
ESC50_CLASS = {"babycry": "crying_baby", "glassbreak": "glass_breaking"}
#: Numbers of SESA's shots that are takes of one scene, as their waveforms say (correlation above 0.4, measured); the
#: others count as recordings of their own (assumed).
ALIKE = ((4, 46), (23, 24, 25), (48, 49, 52, 53, 54, 55, 56), (69, 70), (89, 90, 91))
_NUMBER = re.compile(r"gunshot_(\d+)")


@dataclass(frozen=True, order=True)
class Recording:
    """A clip of a collection; clips of one `source` are of one recording."""

    name: str
    source: str
    path: Path
    licence: str
    author: str = ""
    url: str = ""
    seconds: float = 5.0

    @property
    def stem(self) -> str:
        """The name without folders and suffix, unique in its collection."""
        return self.name.split("/", 1)[1].rsplit(".", 1)[0].replace("/", "_")


class Collections:
    """The clips below `data`. Raises DataError where a collection is absent."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.esc50 = registry.get("esc50")(data / "esc50")

    def fingerprint(self, scenes: Sequence[str], soundscapes: Sequence[str]) -> str:
        """16 hexadecimal digits that change with any clip that is used."""
        used = [
            *(one for label in (*ESC50_CLASS, "gunshot") for one in self.events(label)),
            *(one for scene in scenes for one in self.ambience(scene)),
            *(self.soundscape(name) for name in soundscapes),
        ]
        return fingerprint_of(used)

    def events(self, label: str) -> list[Recording]:
        """The recordings of a class of events, by name."""
        return self.ambience(ESC50_CLASS[label]) if label in ESC50_CLASS else self._gunshots

    def ambience(self, scene: str) -> list[Recording]:
        """The clips of a class of ESC-50, by name."""
        found = []
        for item, row in self._clips.iterrows():
            if row["label"] == scene:
                known = self._licences.get(str(item), (self.esc50.licence, "", ""))
                found.append(Recording(f"esc50/{item}", f"freesound {row['unit']}", self._paths[str(item)], *known))
        return found

    def soundscape(self, name: str) -> Recording:
        """A long recording."""
        import soundfile

        path = self.data / "sounds" / "soundscapes" / f"{name}.mp3"
        try:
            info = soundfile.info(os.fsencode(path))
        except (OSError, soundfile.LibsndfileError) as error:
            raise DataError(f"{path}: not to be read; put the soundscapes there") from error
        return Recording(
            f"soundscapes/{name}", f"soundscape {name}", path, "CC0", seconds=info.frames / info.samplerate
        )

    def load(self, recording: Recording, rate: int) -> NDArray[np.float64]:
        """All samples (frames, channels) at `rate` Hz. Raises DataError where they cannot be read."""
        if recording.name.startswith("esc50/"):
            return self.esc50.load(recording.path.with_suffix(".wav").name).astype(np.float64)[:, np.newaxis]
        samples, found = read_any(recording.path)
        if found != rate:
            import soxr

            samples = soxr.resample(samples, found, rate, quality="VHQ")
        return samples

    def trimmed(self, recording: Recording, rate: int) -> NDArray[np.floating]:
        """A mono clip (frames,) without the zeros at its ends."""
        return without_digital_silence(self.load(recording, rate)[:, 0])

    @cached_property
    def _paths(self) -> dict[str, Path]:
        return self.esc50.paths()

    @cached_property
    def _clips(self) -> "pd.DataFrame":
        return self.esc50.truth_of_names(self._paths)

    @cached_property
    def _licences(self) -> dict[str, tuple[str, str, str]]:
        """Licence, author and address of each clip of ESC-50; nothing where its LICENSE is absent."""
        return self.esc50.licences()

    @cached_property
    def _gunshots(self) -> list[Recording]:
        folder = self.data / "sounds" / "gunshots"
        paths = sorted(folder.glob("*/gunshot_*.wav"))
        if not paths:
            raise DataError(f"{folder}: holds no shots (train/gunshot_000.wav ...); put the SESA files there")
        found = []
        for path in paths:
            match = _NUMBER.fullmatch(path.stem)
            number = int(match[1]) if match else -1
            alike = next((group[0] for group in ALIKE if number in group), None)
            name = f"{path.parent.name}/{path.stem}"
            source = f"SESA {name if alike is None else f'scene {alike}'}"
            found.append(Recording(f"sesa/{name}.wav", source, path, "CC BY 4.0", "SESA, T. Spadini"))
        return found


def fingerprint_of(recordings: Iterable[Recording]) -> str:
    """16 hexadecimal digits that change with the name or the content of any of these clips."""
    used = sorted(recordings)
    hashes = md5_of_files(one.path for one in used)
    lines = "".join(f"{one.name} {hashes[one.path]}\n" for one in used)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def shared_out(
    kinds: Mapping[str, Sequence[Recording]], shares: Mapping[str, float], seed: int
) -> dict[str, dict[str, list[Recording]]]:
    """The recordings of each kind of sound that each part may use: by part, then by kind.

    shares: part -> its share of the recordings of a kind. All recordings of one source go to one part, those of other
    kinds too. Large sources go first, mostly to the largest part: the others hold many sources, and all meet their
    shares. Raises DataError where a kind has none for some part.
    """
    shared: dict[str, dict[str, list[Recording]]] = {part: {kind: [] for kind in kinds} for part in shares}
    taken: dict[str, str] = {}
    for kind, recordings in kinds.items():
        groups: dict[str, list[Recording]] = {}
        for recording in recordings:
            groups.setdefault(recording.source, []).append(recording)
        draw = np.random.default_rng(derive(seed, "standin", "parts", kind))
        chance = dict(zip(sorted(groups), draw.random(len(groups)), strict=True))
        for source in sorted(groups, key=lambda one: (-len(groups[one]), chance[one])):
            lacking = {part: share * len(recordings) - len(shared[part][kind]) for part, share in shares.items()}
            part = taken.setdefault(source, max(lacking, key=lambda one: lacking[one]))
            shared[part][kind] += groups[source]
        for part in shares:
            if not shared[part][kind]:
                raise DataError(f"{kind}: too few recordings to share out; put all clips of ESC-50 into the data root")
    return shared
