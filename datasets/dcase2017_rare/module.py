"""TUT Rare Sound Events 2017 for Lightning: the public DataModule, apart from the dataset because it needs torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets.batches.frames import FrameDataModule
from datasets.dcase2017_rare.dataset import TEST_SETS, DCASE2017Rare
from datasets.dcase2017_rare.mixtures.draws import draw_all
from datasets.dcase2017_rare.mixtures.mixture_set import Joined, MixtureSet, Screening
from datasets.dcase2017_rare.mixtures.params import MixingParams
from datasets.dcase2017_rare.mixtures.sources import screening_name
from datasets.errors import DataError
from datasets.seeds import derive


class DCASE2017RareDataModule(FrameDataModule):
    """One class of DCASE 2017 Task 2: training mixtures made by the synthesizer, and the official test mixtures.

    root: the dataset's own folder. event: babycry, glassbreak or gunshot.
    mixtures, presence, mixing_seed: how many training mixtures are drawn, the share with an event, and the seed of
        these draws, which are the same in every run; without one they follow from the run's own seed.
    screening: what is done with training mixtures in whose background the class is heard: drawn again ("replace"),
        dropped ("withdraw"), kept ("off").
    fresh_onsets: an onset per mixture, instead of the official one per isolated event.
    official_train: train on devtrain as released, 500 mixtures less the withdrawn, instead of on mixtures drawn here.
    devtest_mixtures: so many of the official devtest mixtures, less the withdrawn, are trained on besides (None: all of
        them); they are no test set then.
    test_sets: of "devtest" and "evaltest"; the withdrawn mixtures stay items, and their reference says so.
    options: those of FrameDataModule. Raises DataError where sources are missing or cannot be used.
    """

    version = 1
    dataset: DCASE2017Rare

    def __init__(
        self,
        root: Path | str,
        event: str = "babycry",
        cache: Path | str = "cache",
        mixtures: int = 5000,
        presence: float = 0.99,
        mixing_seed: int | None = 42,
        screening: Screening = "replace",
        fresh_onsets: bool = False,
        official_train: bool = False,
        devtest_mixtures: int | None = 0,
        test_sets: Sequence[str] = TEST_SETS,
        **options: Any,
    ) -> None:
        if devtest_mixtures != 0 and "devtest" in test_sets:
            raise DataError(
                "devtest_mixtures: mixtures that are trained on are no test set; leave devtest out of test_sets"
            )
        super().__init__(DCASE2017Rare(root, event, cache), test_sets, cache=cache, **options)
        self.devtest_mixtures = devtest_mixtures
        drawn_by = derive(self.seed, "mixtures") % 2**32 if mixing_seed is None else mixing_seed
        self.params = None if official_train else MixingParams(mixtures, presence, seed=drawn_by)
        self.screening, self.fresh_onsets = ("withdraw" if official_train else screening), fresh_onsets
        self._mixtures: dict[str, MixtureSet] = {}

    def recordings(self, name: str) -> MixtureSet | Joined:
        """The mixtures of a set, drawn or read once."""
        if name != "train" or self.devtest_mixtures == 0:
            return self._set(name)
        devtest = self._set("devtest").without_withdrawn()
        return Joined(self._set("train"), devtest.first(self.devtest_mixtures))

    def _set(self, name: str) -> MixtureSet:
        if name not in self._mixtures:
            self._mixtures[name] = (
                self.dataset.mixtures("devtrain", self.params, self.screening, self.fresh_onsets)
                if name == "train"
                else self.dataset.mixtures(name)
            )
        return self._mixtures[name]

    def probe_item(self, name: str) -> str:
        """The mixture that figures show: the first one, not withdrawn, whose event is loudest beside its background."""
        reference = self._references[name]
        shown = set(reference.index[reference["official"] & reference["onset"].notna()])
        able = [recipe for recipe in self._set(name).recipes if recipe.name in shown]
        return max(able, key=lambda recipe: recipe.ebr).name if able else super().probe_item(name)

    def provenance(self) -> dict[str, Any]:
        """As every frame-wise set has it, with the parameters of all mixtures and what the screening met."""
        train = self.params or self.dataset.params("devtrain")
        of_sets = {"devtest"} if self.devtest_mixtures != 0 else set()
        params = {"train": train, **{name: self.dataset.params(name) for name in (*self.names, *of_sets)}}
        return {
            **super().provenance(),
            "mixing": {name: {**vars(one), "ebrs": list(one.ebrs), "hash": one.hash} for name, one in params.items()},
            "screening": {"kind": self.screening, "flagged": self._flagged(train), "fresh_onsets": self.fresh_onsets},
        }

    def _flagged(self, params: MixingParams) -> int:
        """How many of the training mixtures were drawn on a background in which the class is heard."""
        if self.params is None:
            return params.mixtures_per_class - len(self._set("train").items)
        sources = self.dataset.sources("devtrain")
        (event,) = self.classes
        marked = sources.flagged.get(event, frozenset())
        return sum(screening_name(one.background.filepath) in marked for one in draw_all(sources, params)[event])
