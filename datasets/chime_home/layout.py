"""Where things lie in the folder of CHiME-Home, and how a miniature says what it holds instead."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from datasets.acquire.importing import names_in, unusable_in
from datasets.generated import DECLARATIONS, Declared, read_declaration

DEVELOPMENT_RAW = "development_chunks_raw.csv"
DEVELOPMENT = "development_chunks_refined.csv"
CROSSVALIDATION = "development_chunks_refined_crossval_dcase2016.csv"
EVALUATION_RAW = "evaluation_chunks_raw.csv"
EVALUATION = "evaluation_chunks_refined.csv"
#: The five list files.
LISTS = (DEVELOPMENT_RAW, DEVELOPMENT, CROSSVALIDATION, EVALUATION_RAW, EVALUATION)
#: The archive that holds all, as dcase_util records it (datasets/dcase2016.py).
ARCHIVE, ARCHIVE_MD5 = "chime_home.tar.gz", "9ce9d584e229b465b3aa08db2d7fee67"
#: What is appended to a chunk's name: its mono file, which is used, its stereo file, which is not, its annotation.
MONO, STEREO, ANNOTATION = ".16kHz.wav", ".48kHz.wav", ".csv"
#: The parts of the data, and what the census calls them.
PARTS = {"train": "training", "validation": "validation", "test": "evaluation"}
#: Chunks in each part by the official lists (counted; set 0 of the crossvalidation list is the validation).
OFFICIAL = {"train": 1563, "validation": 383, "test": 816}
SECONDS = 4.0
GET_AGAIN = "run `python -m benchmarks data fetch chime_home`"
#: Said of a copy without evaluation annotations (the challenge's page: take such a copy again).
OLD_COPY = f"copies from before the evaluation release lack this: {GET_AGAIN}, or import a newer copy"


@dataclass(frozen=True)
class Layout:
    """The files of a dataset's root, which is the archive's folder `chime_home`."""

    root: Path

    @property
    def chunks(self) -> Path:
        """The folder of audio and annotations."""
        return self.root / "chunks"

    def mono(self, chunk: str) -> Path:
        """The 16 kHz file of a chunk."""
        return self.chunks / f"{chunk}{MONO}"

    def annotation(self, chunk: str) -> Path:
        """The annotation of a chunk."""
        return self.chunks / f"{chunk}{ANNOTATION}"

    def names(self) -> frozenset[str]:
        """The names of the files that are in `chunks`."""
        return names_in(self.chunks)

    def unusable(self) -> dict[str, str]:
        """The names in `chunks` that are of no file, such as a link to nothing, and why."""
        return unusable_in(self.chunks)

    def lists(self) -> list[Path]:
        """The list files that are here."""
        return [path for path in (self.root / name for name in LISTS) if path.is_file()]

    def documents(self) -> list[Path]:
        """Licences, notes and declarations."""
        names = ("README*", "LICENSE*", "LICENCE*", *DECLARATIONS)
        return sorted({path for name in names for path in self.root.glob(name) if path.is_file()})

    @cached_property
    def declared(self) -> dict[str, Any]:
        """What `miniature.json` or `standin.json` says; nothing for the real set. Raises DataError for a bad one."""
        return read_declaration(self.root, "chime_home", _checked)

    @property
    def corpus(self) -> str:
        """Which corpus lies here: real, miniature or standin."""
        return str(self.declared.get("corpus", "real"))

    @property
    def clip_seconds(self) -> float:
        """The length of every chunk in seconds."""
        return float(self.declared.get("clip_seconds", SECONDS))

    @property
    def expected(self) -> dict[str, int]:
        """How many chunks each part should have: the official counts, or those that a generated corpus declares."""
        return self.declared["expected"] if self.declared else OFFICIAL


def _checked(declared: Declared) -> Declared:
    expected = {part: int(declared["expected"][part]) for part in PARTS}
    return {**declared, "expected": expected, "clip_seconds": float(declared.get("clip_seconds", SECONDS))}
