"""The mixtures of one subset and class: their sound, ready-made or mixed when asked for, and what is true of them."""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from datasets.acquire.hashes import md5_of_files
from datasets.audio import read_any
from datasets.dcase2017_rare.mixtures.event_lists import OLD, withdrawn_names
from datasets.dcase2017_rare.mixtures.mixing import RATE, as_float, mix
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes, replace_flagged
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

Screening = Literal["withdraw", "replace", "off"]


class MixtureSet:
    """Mixtures of one subset and class, in the order of their recipes.

    audio_folder: where ready-made mixtures may lie; the others are mixed from `sources`.
    cache: folder for decoded sources and for hashes.
    withdrawn: the names that the June 2017 patch withdraws; they stay items, and `reference` marks them.

    Cheap to pickle; a copy decodes again what the cache does not hold. Raises DataError for recipes of another subset
    or class.
    """

    name = "dcase2017_rare"
    sample_rate = RATE

    def __init__(
        self,
        sources: Sources,
        event: str,
        recipes: Sequence[Recipe],
        audio_folder: Path | None = None,
        cache: Path | str | None = None,
        withdrawn: frozenset[str] = frozenset(),
    ) -> None:
        from datasets.dcase2017_rare.mixtures.decoded import SourceAudio

        self.subset, self.event, self.sources = sources.subset, event, sources
        self.recipes = tuple(recipes)
        self.items = tuple(recipe.name for recipe in self.recipes)
        self.audio_folder, self.withdrawn = audio_folder, withdrawn
        self.cache = Path(cache) if cache is not None else None
        self.audio = SourceAudio(sources, self.cache)
        self._recipes = dict(zip(self.items, self.recipes, strict=True))
        _check(self)

    @classmethod
    def select(
        cls,
        sources: Sources,
        event: str,
        params: MixingParams,
        published: Sequence[Recipe] | None = None,
        screening: Screening = "withdraw",
        fresh_onsets: bool = False,
        audio_folder: Path | None = None,
        cache: Path | str | None = None,
    ) -> "MixtureSet":
        """The mixtures of a class by `published` recipes, or by drawn ones.

        screening: mixtures in whose background the class is heard are withdrawn (dropped from devtrain, marked in the
        test subsets), replaced (assumed: only their background is drawn again), or kept.
        fresh_onsets: see draws.draw_all; without effect on published recipes.

        Raises DataError for sources that cannot be used.
        """
        if event not in CLASSES:
            raise DataError(f"unknown class {event!r} of dcase2017_rare; known: {', '.join(CLASSES)}")
        if screening not in ("withdraw", "replace", "off"):
            raise DataError(f"unknown screening {screening!r}; known: withdraw, replace, off")
        empty = cls(sources, event, (), cache=cache)
        if published is None:
            recipes = draw_recipes(sources, params, fresh_onsets, (event,), empty.audio)[event]
        else:
            recipes = tuple(published)
        if screening == "replace":
            recipes = replace_flagged(recipes, sources, params.seed, empty.audio)
        withdrawn = withdrawn_names(recipes, sources) if screening == "withdraw" else frozenset()
        chosen = cls(sources, event, recipes, audio_folder, cache, withdrawn)
        chosen.audio = empty.audio
        return chosen.without_withdrawn() if sources.subset == "devtrain" else chosen

    def without_withdrawn(self) -> "MixtureSet":
        """The same without the mixtures that the June 2017 patch withdraws."""
        return self._of([recipe for recipe in self.recipes if recipe.name not in self.withdrawn])

    def first(self, number: int | None) -> "MixtureSet":
        """The first so many of them; None: all."""
        return self._of(self.recipes[:number])

    def _of(self, recipes: Sequence[Recipe]) -> "MixtureSet":
        chosen = MixtureSet(self.sources, self.event, recipes, self.audio_folder, self.cache)
        chosen.audio = self.audio
        return chosen

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of a mixture: float32 (frames,) on the grid of 24 bit, 44.1 kHz.

        A ready-made file is taken as it is; what is mixed here has the samples of the file that `write` would give.
        Raises DataError where the item is unknown or its files cannot be used.
        """
        ready = self.ready_path(item)
        return read_ready(ready) if ready is not None else as_float(self.mixed(item))

    def mixed(self, item: str) -> "NDArray[np.int32]":
        """The 24-bit samples of a mixture, mixed from its sources: int32 (frames,). Raises DataError."""
        recipe = self._recipe(item)
        background = self.audio.background(recipe.bg_path)
        if recipe.event_path is None or recipe.segment is None:
            return mix(background)
        event = self.audio.event(recipe.event_path, recipe.segment)
        return mix(background, event, recipe.onset or 0.0, recipe.scaling_factor or 0.0, item)

    def ready_path(self, item: str) -> Path | None:
        """The ready-made file of a mixture, if there is one. Raises DataError for an unknown item."""
        name = self._recipe(item).name
        folder = self.audio_folder
        found = [folder / one for one in (name, name + OLD) if (folder / one).is_file()] if folder is not None else []
        return found[0] if found else None

    def files(self) -> list[Path]:
        """The audio files that the mixtures are loaded from, each once."""
        return sorted(set(self._files_of_items))

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with any recipe, and with the content of any file that is loaded."""
        memory = self.cache / "index" / f"{self.name}-{_place(self.sources.folder)}.json" if self.cache else None
        hashes = md5_of_files(self.files(), memory)
        text = "".join(f"{path.parent.name}/{path.name} {hashes[path]}\n" for path in self.files())
        return hashlib.sha256(f"{self.recipes!r}\n{text}".encode()).hexdigest()[:16]

    def reference(self) -> "pd.DataFrame":
        """What is true of each mixture: index item; label, onset, offset, unit, fold, official.

        label is "" and the times (seconds) NaN without an event. unit, which a bootstrap draws: the event's original
        file, or the background's without an event. fold is 1. official: not withdrawn by the June 2017 patch.
        """
        import pandas as pd

        recipes = self.recipes
        columns = {
            "label": pd.Series([recipe.event_class or "" for recipe in recipes], dtype=object),
            "onset": pd.Series([recipe.onset for recipe in recipes], dtype="float64"),
            "offset": pd.Series([recipe.offset for recipe in recipes], dtype="float64"),
            "unit": pd.Series([recipe.event_path or recipe.bg_path for recipe in recipes], dtype=object),
            "fold": pd.Series([1] * len(recipes), dtype="int64"),
            "official": pd.Series([recipe.name not in self.withdrawn for recipe in recipes], dtype=bool),
        }
        return pd.DataFrame(columns).set_index(pd.Index(list(self.items), name="item", dtype=object))

    def _recipe(self, item: str) -> Recipe:
        if item not in self._recipes:
            raise DataError(f"{item}: no such mixture of {self.subset} {self.event}; `items` lists those there are")
        return self._recipes[item]

    @cached_property
    def _files_of_items(self) -> list[Path]:
        found = []
        for recipe in self.recipes:
            ready = self.ready_path(recipe.name)
            if ready is not None:
                found.append(ready)
                continue
            found.append(self.sources.background_path(recipe.bg_path))
            if recipe.event_path is not None:
                found.append(self.sources.event_path(recipe.event_path))
        return found


class Joined:
    """Mixtures of several sets as one, in the order of the sets; see MixtureSet."""

    name, sample_rate = MixtureSet.name, MixtureSet.sample_rate

    def __init__(self, *sets: MixtureSet) -> None:
        self.sets = sets
        self.items = tuple(item for one in sets for item in one.items)
        self._set_of = {item: one for one in sets for item in one.items}

    def load(self, item: str) -> "NDArray[np.float32]":
        """The samples of a mixture: float32 (frames,). Raises DataError."""
        if item not in self._set_of:
            raise DataError(f"{item}: no such mixture; `items` lists those there are")
        return self._set_of[item].load(item)

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with those of any set."""
        return hashlib.sha256("".join(one.fingerprint() for one in self.sets).encode()).hexdigest()[:16]

    def reference(self) -> "pd.DataFrame":
        """What is true of each mixture, as MixtureSet tells it."""
        import pandas as pd

        return pd.concat([one.reference() for one in self.sets])


def read_ready(path: Path) -> "NDArray[np.float32]":
    """The samples (frames,) of a ready-made mixture: mono, 44.1 kHz. Raises DataError if it is anything else."""
    import numpy as np

    samples, rate = read_any(path)
    if rate != RATE:
        raise DataError(f"{path.name}: {rate} Hz instead of {RATE} Hz; put the official file into {path.parent}")
    if samples.shape[1] != 1:
        raise DataError(
            f"{path.name}: {samples.shape[1]} channels instead of 1; put the official file into {path.parent}"
        )
    return samples[:, 0].astype(np.float32)


def _place(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]


def _check(mixtures: MixtureSet) -> None:
    prefix = f"mixture_{mixtures.subset}_{mixtures.event}_"
    wrong = [item for item in mixtures.items if not item.startswith(prefix)]
    if wrong:
        raise DataError(
            f"{wrong[0]}: not a mixture of {mixtures.subset} {mixtures.event}; read the recipes of that set"
        )
