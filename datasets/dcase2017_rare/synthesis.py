"""Writes a subset's mixtures in the official layout: recipes, event lists and, if wanted, the audio."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.acquire.telling import Progress
from datasets.acquire.whole import whole
from datasets.audio import write_wav
from datasets.dcase2017_rare.mixtures.decoded import SourceAudio
from datasets.dcase2017_rare.mixtures.event_lists import OLD, withdrawn_names, write_event_list
from datasets.dcase2017_rare.mixtures.mixing import RATE
from datasets.dcase2017_rare.mixtures.mixture_set import MixtureSet
from datasets.dcase2017_rare.mixtures.params import CLASSES, MixingParams
from datasets.dcase2017_rare.mixtures.recipe import Recipe
from datasets.dcase2017_rare.mixtures.recipe_files import read_recipes, write_recipes
from datasets.dcase2017_rare.mixtures.recipes import draw_recipes
from datasets.dcase2017_rare.mixtures.sources import Sources
from datasets.errors import DataError

if TYPE_CHECKING:
    from datasets.dcase2017_rare.dataset import DCASE2017Rare


def subset_folder(root: Path, subset: str, params: MixingParams, fresh_onsets: bool = False) -> Path:
    """Where the mixtures of a subset lie below the archive's `data` folder; those with fresh onsets lie apart."""
    return root / "mixture_data" / subset / (params.hash + ("-fresh_onsets" if fresh_onsets else ""))


def recipe_path(folder: Path, subset: str, label: str) -> Path:
    """The recipe file of a class in the folder of its subset."""
    return folder / "meta" / f"mixture_recipes_{subset}_{label}.yaml"


def event_list_path(folder: Path, subset: str, label: str) -> Path:
    """The event list of a class in the folder of its subset."""
    return folder / "meta" / f"event_list_{subset}_{label}.csv"


def synthesize(
    dataset: "DCASE2017Rare",
    out: Path,
    progress_for: Callable[[str], AbstractContextManager[Progress]],
    subsets: Sequence[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    fresh_onsets: bool = False,
    write_audio: bool = False,
    jobs: int | None = None,
) -> Iterator[tuple[str, Path]]:
    """Write mixtures of a dataset's sources in the official layout below `out`; yields each subset and its folder.

    progress_for: gives what shows the progress of a subset. subsets: all whose sources are here by default.
    changes: to the mixing parameters of each (MixingParams). The rest as in `write_subset`. Raises DataError; for
    unknown subsets and bad parameters, before anything is written.
    """
    chosen = {one: replace(dataset.params(one), **(changes or {})) for one in subsets or dataset.subsets_with_lists()}
    for one, params in chosen.items():
        with progress_for(one) as progress:
            sources = dataset.sources(one)
            folder = write_subset(sources, params, out, write_audio, fresh_onsets, progress, jobs, dataset.cache)
        yield one, folder


def write_subset(
    sources: Sources,
    params: MixingParams,
    out_root: Path,
    write_audio: bool = True,
    fresh_onsets: bool = False,
    progress: Progress | None = None,
    jobs: int | None = None,
    cache: Path | None = None,
) -> Path:
    """Write what the official synthesizer and its June 2017 patch write, for all classes; returns the subset's folder.

    out_root: the archive's `data` folder. Recipe files that are there already are followed, and finished audio is
    kept, so a call after an interruption continues. The patch leaves withdrawn mixtures out of the event list, keeps
    the whole list as `*_old_dontuse`, and names their audio so. jobs: threads (default: one per core).
    progress: is told (audio files done, in all).

    Raises DataError for sources that cannot be used, and where the disk refuses.
    """
    audio = SourceAudio(sources, cache)
    folder = subset_folder(out_root, sources.subset, params, fresh_onsets)
    recipes = _recipes(sources, params, folder, fresh_onsets, audio)
    try:
        for label, some in recipes.items():
            if not recipe_path(folder, sources.subset, label).exists():
                write_recipes(recipe_path(folder, sources.subset, label), some)
            write_event_list(event_list_path(folder, sources.subset, label), some, withdrawn_names(some, sources))
        if write_audio:
            _write_audio(sources, recipes, folder / "audio", audio, progress, jobs)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{folder}: mixtures cannot be written ({reason}); free some space and call again") from error
    return folder


def _recipes(
    sources: Sources, params: MixingParams, folder: Path, fresh_onsets: bool, audio: SourceAudio
) -> dict[str, tuple[Recipe, ...]]:
    paths = {label: recipe_path(folder, sources.subset, label) for label in CLASSES}
    there = {label: read_recipes(path) for label, path in paths.items() if path.exists()}
    absent = [label for label in CLASSES if label not in there]
    drawn = draw_recipes(sources, params, fresh_onsets, absent, audio) if absent else {}
    return {label: there.get(label) or drawn[label] for label in CLASSES}


def _write_audio(
    sources: Sources,
    recipes: Mapping[str, tuple[Recipe, ...]],
    folder: Path,
    audio: SourceAudio,
    progress: Progress | None,
    jobs: int | None,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    work: list[tuple[MixtureSet, str, Path]] = []
    for label, some in recipes.items():
        mixtures = MixtureSet(sources, label, some, withdrawn=withdrawn_names(some, sources))
        mixtures.audio = audio
        for recipe in sorted(some, key=lambda recipe: recipe.bg_path):  # each background is decoded once
            is_withdrawn = recipe.name in mixtures.withdrawn
            work.append((mixtures, recipe.name, folder / (recipe.name + (OLD if is_withdrawn else ""))))
    # One thread per core; in each, a mixture takes some 40 MB.
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        futures = [pool.submit(_write_one, *one) for one in work]
        try:
            for done, one in enumerate(as_completed(futures), start=1):
                one.result()
                if progress is not None:
                    progress(done, len(work))
        finally:
            pool.shutdown(cancel_futures=True)


def _write_one(mixtures: MixtureSet, item: str, target: Path) -> None:
    """Write one mixture, unless it is there; the file gets its name when it is whole."""
    if _is_finished(target):
        return
    if target.name != item and _is_finished(target.with_name(item)):  # made before the patch
        target.with_name(item).replace(target)
        return
    samples = mixtures.mixed(item)
    with whole(target) as temporary:
        write_wav(temporary, samples << 8, RATE, "PCM_24")


def _is_finished(path: Path) -> bool:
    """Whether a WAV file is there and as long as its header says."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
        return head[:4] == b"RIFF" and path.stat().st_size == 8 + int.from_bytes(head[4:8], "little")
    except FileNotFoundError:
        return False
