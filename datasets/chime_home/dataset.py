"""CHiME-Home (Foster et al., WASPAA 2015), as DCASE 2016 Task 4 (domestic audio tagging) uses it."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from datasets.acquire.hashes import Fingerprinted
from datasets.chime_home.annotations import CLASSES, Annotation, read_annotation
from datasets.chime_home.layout import ANNOTATION, CROSSVALIDATION, EVALUATION, MONO, OLD_COPY, Layout
from datasets.chime_home.lists import ChunkLists, segment_of
from datasets.contract import Dataset, Parts, check_fold, check_root
from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


Part = Literal["train", "validation", "test"]


class CHiMEHome(Fingerprinted, Dataset):
    """The refined chunks of four seconds, 16 kHz and mono; `root` holds the content of the archive's folder.

    Training has sets 1 to 4 of the official crossvalidation list, validation has set 0, test the refined evaluation
    chunks (the partition is assumed: the paper names none). Labels are the official majority votes.

    `cache` is the folder for what can be made again: hashes of the files and the results of checks. Raises DataError
    where `root` does not exist; the methods raise it for bad lists and files.
    """

    name = "chime_home"
    version = 1
    title = "CHiME-Home, refined chunks (DCASE 2016 Task 4)"
    homepage = "https://archive.org/details/chime-home"
    licence = "none stated by the challenge's page or its baseline; see the archive's page before passing it on"
    citation = (
        "P. Foster, S. Sigtia, S. Krstulovic, J. Barker, M. D. Plumbley. CHiME-Home: A Dataset for Sound Source "
        "Recognition in a Domestic Environment. WASPAA 2015. doi:10.1109/WASPAA.2015.7336899. "
        "Recordings: H. Christensen, J. Barker, N. Ma, P. Green. The CHiME Corpus: A Resource and a Challenge for "
        "Computational Hearing in Multisource Environments. Interspeech 2010"
    )
    sample_rate = 16000
    folds = (1,)

    def __init__(self, root: Path | str, cache: Path | str | None = None) -> None:
        self.root = Path(root)
        self.cache = Path(cache) if cache is not None else None
        check_root(self)
        self.classes = tuple(CLASSES.values())

    @cached_property
    def layout(self) -> Layout:
        """Where the files are, and how many there should be."""
        return Layout(self.root)

    @cached_property
    def lists(self) -> ChunkLists:
        """The official lists. Raises DataError for bad ones."""
        return ChunkLists.read(self.root)

    @property
    def clip_seconds(self) -> float:
        """The nominal length of every chunk in seconds: 4, unless a miniature declares less."""
        return self.layout.clip_seconds

    def listed(self, part: str, fold: int = 1) -> int:
        """How many chunks the lists name in a part. Raises DataError."""
        return len(self.lists.part(part))

    def chunks(self, part: Part) -> list[str]:
        """The listed chunks whose audio and annotation are here, in the order of the list.

        Raises DataError where there is audio of test, but not one annotation.
        """
        names = self.layout.names()
        heard = [chunk for chunk in self.lists.part(part) if chunk + MONO in names]
        found = [chunk for chunk in heard if chunk + ANNOTATION in names]
        if part == "test" and heard and not found:
            raise DataError(f"{self.layout.chunks}: no annotation of any evaluation chunk; {OLD_COPY}")
        return found

    def annotation(self, chunk: str) -> Annotation:
        """What was heard in a chunk. Raises DataError, with file and line, for a bad file."""
        return read_annotation(self.layout.annotation(chunk))

    def parts(self, fold: int = 1) -> Parts:
        """The chunks that are here, in the order of the lists.

        Index item (chunk name); columns label (class names joined by ",", "" for none), unit (five-minute segment),
        fold (1). A chunk of silence or unidentifiable sounds alone has no label and stays. Raises DataError.
        """
        check_fold(self, fold)
        return Parts(self._part("train"), self._part("validation"), {"test": self._part("test")})

    def truth(self, test_set: str = "test") -> "pd.DataFrame":
        """What is true of the evaluation chunks, whatever a test set of them is called; see parts. Raises DataError."""
        return self._part("test")

    def _part(self, part: Part) -> "pd.DataFrame":
        import pandas as pd

        items = self.chunks(part)
        columns = {
            "label": pd.Series([",".join(self.annotation(item).labels) for item in items], dtype=object),
            "unit": pd.Series([segment_of(item) for item in items], dtype=object),
            "fold": pd.Series([1] * len(items), dtype="int64"),
        }
        return pd.DataFrame(columns).set_index(pd.Index(items, name="item", dtype=object))

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of one chunk: float32 (n,) in [-1, 1], 16 kHz, mono, as long as its file.

        Raises DataError where the chunk is unknown or cannot be used.
        """
        from datasets.chime_home.reading import read_mono

        path = self.layout.mono(item)
        if not path.is_file():
            raise DataError(f"{path}: no such file; `python -m benchmarks data check chime_home` tells more")
        return read_mono(path)

    def data_files(self) -> list[Path]:
        """The files that decide about inputs and labels: two lists, audio and annotations of the listed chunks."""
        found = [path for path in self.layout.lists() if path.name in (CROSSVALIDATION, EVALUATION)]
        names = self.layout.names()
        parts: dict[Part, str] = {"train": CROSSVALIDATION, "validation": CROSSVALIDATION, "test": EVALUATION}
        for part, name in parts.items():
            chunks = self.lists.part(part) if name in self.lists.chunks else ()
            wanted = [chunk + ending for chunk in chunks for ending in (MONO, ANNOTATION)]
            found += [self.layout.chunks / one for one in wanted if one in names]
        return sorted(found)

    def files(self) -> list[Path]:
        """All that another machine needs: `data_files`, the other lists, licences and declarations."""
        return sorted({*self.data_files(), *self.layout.lists(), *self.layout.documents()})
