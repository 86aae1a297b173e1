"""TUT Rare Sound Events 2017 (DCASE 2017, Task 2): mixtures of backgrounds and rare events, and how they are made."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.acquire.hashes import Fingerprinted
from datasets.contract import Dataset, Parts, check_fold, check_root
from datasets.dcase2017_rare.layout import Layout
from datasets.dcase2017_rare.mixtures.params import CLASSES, SUBSETS, MixingParams
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet, Screening
    from datasets.dcase2017_rare.mixtures.recipe import Recipe


#: The subsets that are tested on; names of mixtures begin with mixture_<subset>_.
TEST_SETS = ("devtest", "evaltest")


class DCASE2017Rare(Fingerprinted, Dataset):
    """The mixtures of one class of events; `root` holds the official development and evaluation folders.

    `cache` is the folder for what can be made again: decoded sources, hashes of the files and results of checks.
    Raises DataError where `root` does not exist or `event` is no class; the methods raise it for bad lists and files.
    """

    name = "dcase2017_rare"
    version = 1
    title = "TUT Rare Sound Events 2017"
    homepage = "https://doi.org/10.5281/zenodo.401395"
    licence = "TUT EULA (academic, non-commercial); events: CC0, CC BY 3.0, CC BY-NC 3.0 or Sampling Plus 1.0, per file"
    citation = (
        "A. Mesaros, T. Heittola, A. Diment, B. Elizalde, A. Shah, E. Vincent, B. Raj, T. Virtanen. DCASE 2017 "
        "Challenge Setup: Tasks, Datasets and Baseline System. Proceedings of DCASE 2017. "
        "Data: doi:10.5281/zenodo.401395 (development), doi:10.5281/zenodo.1160455 (evaluation)"
    )
    sample_rate = 44100
    folds = (1,)

    def __init__(self, root: Path | str, event: str = "babycry", cache: Path | str | None = None) -> None:
        self.root = Path(root)
        self.event = event
        self.cache = Path(cache) if cache is not None else None
        if event not in CLASSES:
            raise DataError(f"unknown class {event!r} of dcase2017_rare; known: {', '.join(CLASSES)}")
        check_root(self)
        self.classes = (event,)

    @cached_property
    def layout(self) -> Layout:
        """Where the files are, and how many there should be."""
        return Layout(self.root)

    def params(self, subset: str) -> MixingParams:
        """The mixing parameters of a subset: of the root's own file, else the official ones."""
        self.layout.record(subset)  # refuses an unknown subset
        return self.layout.params(subset)

    def subsets_with_lists(self) -> tuple[str, ...]:
        """The subsets that can be mixed: all but evaltest, unless the lists of its sources are here."""
        return tuple(one for one in SUBSETS if one != "evaltest" or self.has_lists(one))

    def has_lists(self, subset: str) -> bool:
        """Whether the lists of a subset's sources are here."""
        return all(path.is_file() for path in self.layout.lists(subset))

    def sources(self, subset: str) -> Sources:
        """The backgrounds and events that a subset is mixed from; reads lists, no audio."""
        return Sources.read(self.layout.source_data(subset), subset)

    def mixtures(
        self,
        subset: str,
        params: MixingParams | None = None,
        screening: "Screening" = "withdraw",
        fresh_onsets: bool = False,
    ) -> "MixtureSet":
        """The mixtures of a subset with this class.

        params: those of the subset by default. For them the published recipes and audio are taken where there are
        any; what is not published is drawn and mixed, which takes no file of the root but its sources.
        screening, fresh_onsets: see MixtureSet.select. Raises DataError.
        """
        from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet

        own = self.params(subset)
        published = None if fresh_onsets or (params or own) != own else self.published(subset)
        if published is not None and not self.has_lists(subset):
            # Ready-made mixtures are read without their sources, whose lists another archive has.
            sources = Sources(subset, self.layout.source_data(subset), (), {}, self._flagged(subset, published))
        else:
            sources = self.sources(subset)
        audio = self.layout.mixtures(subset) / "audio" if published is not None else None
        return MixtureSet.select(
            sources, self.event, params or own, published, screening, fresh_onsets, audio, self.cache
        )

    def parts(self, fold: int = 1) -> Parts:
        """The official mixtures of this class: devtrain to train on, devtest and evaltest to test on.

        No list names any for validation. See MixtureSet.reference for the columns. Raises DataError.
        """
        check_fold(self, fold)
        train = self.truth("devtrain")
        return Parts(train, train[:0], {name: self.truth(name) for name in TEST_SETS})

    def truth(self, test_set: str = "devtest") -> "pd.DataFrame":
        """What is true of the official mixtures of a subset; see MixtureSet.reference. Raises DataError."""
        return self.mixtures(test_set).reference()

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of an official mixture; see MixtureSet.load. Raises DataError."""
        subset = next((name for name in SUBSETS if item.startswith(f"mixture_{name}_")), None)
        if subset is None:
            raise DataError(f"{item}: no mixture of {', '.join(SUBSETS)}; `parts` lists those there are")
        return self.mixtures(subset).load(item)

    @property
    def clip_seconds(self) -> float:
        """The length of every mixture in seconds: 30, unless a miniature declares less."""
        return self.layout.expected.background_seconds

    def published(self, subset: str, event: str | None = None) -> "tuple[Recipe, ...] | None":
        """The recipes that lie in the root for a subset's own parameters and a class (default: this one), if any."""
        from datasets.dcase2017_rare.mixtures.recipe_files import read_recipes

        path = self.layout.recipes(subset, event or self.event)
        return read_recipes(path) if path.is_file() else None

    def _flagged(self, subset: str, published: "tuple[Recipe, ...]") -> dict[str, frozenset[str]]:
        """The backgrounds in which this class is heard, by the mixtures that its published event list withdraws."""
        from datasets.dcase2017_rare.mixtures.event_lists import flagged_by, read_event_list

        path = self.layout.event_list(subset, self.event)
        return {self.event: flagged_by(published, read_event_list(path))} if path.is_file() else {}

    def data_files(self) -> list[Path]:
        """The files that decide about mixtures of all classes, sorted: lists, parameters, sources, what is published.

        Listed files that are absent are left out; `census` names them. Raises DataError for a list that is bad.
        """
        found: set[Path] = set()
        for subset in SUBSETS:
            found |= {*self.layout.lists(subset), self.layout.params_file(subset)}
            found |= {self.layout.recipes(subset, label) for label in CLASSES}
            found |= {self.layout.event_list(subset, label) for label in CLASSES}
            found |= {*self.layout.ready_audio(subset)}
            if self.has_lists(subset):
                sources = self.sources(subset)
                found.add(sources.folder / "bgs" / "bg_screening.csv")
                found |= {sources.background_path(one.filepath) for one in sources.backgrounds}
                found |= {sources.event_path(one.path) for some in sources.events.values() for one in some}
        return sorted(path for path in found if path.is_file())

    def files(self) -> list[Path]:
        """All that another machine needs: `data_files`, licences and credits."""
        return sorted({*self.data_files(), *self.layout.documents()})
