"""Features instead of sounds: a data set's lists, what was extracted, and pointers where the sounds would lie.

What another machine will read of a sound all the same (a first clip, by which features know the code that made them)
travels as it is. All of it is tried here before it travels: in a copy without the sounds, data must become the same.
"""

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.runs.bundle.members import Taken, dataset_files
from benchmarks.runs.bundle.parts import MIB, Member, size_of
from benchmarks.runs.bundle.rehearsal import rehearse
from benchmarks.runs.plan import Plan
from benchmarks.runs.workspace import Workspace
from benchmarks.spec.words import CORPORA
from datasets.acquire.hashes import POINTER_BYTES, md5_of_files, pointer_to

SOUNDS = frozenset((".wav", ".flac", ".ogg", ".oga", ".mp3", ".aif", ".aiff"))


def feature_members(plan: Plan, workspace: Workspace) -> Taken:
    """The features of all missing runs, extracted first where they are not kept, and the files of their datasets.

    Raises InputError for data that need more of the sounds than that.
    """
    runs = [planned.run for planned in plan.missing]
    files = dict(dataset_files(runs, workspace))
    with tempfile.TemporaryDirectory(prefix="resound-bundle-") as folder:
        bare = _bare(workspace, Path(folder))
        kept = rehearse(runs, bare)
        if kept.made:
            kept = rehearse(runs, bare)
        kept = kept.moved(bare.cache, workspace.cache)
    sounds = [path for path in files.values() if path.suffix.lower() in SOUNDS and path.stat().st_size > POINTER_BYTES]
    left = set(sounds) - kept.sounds
    md5 = md5_of_files(left)
    members: list[Member] = [(name, pointer_to(md5[path]) if path in left else path) for name, path in files.items()]
    census = [path for fingerprint in {run.fingerprint for run in runs} for path in _census(fingerprint, workspace)]
    made: list[Member] = [
        (f"cache/{path.relative_to(workspace.cache).as_posix()}", path) for path in sorted({*kept.features, *census})
    ]
    with tempfile.TemporaryDirectory(prefix="resound-bundle-") as folder:
        trial = _laid_out([*members, *made], Path(folder))
        try:
            there = rehearse(runs, trial)
        except InputError as error:
            raise InputError(
                f"features alone do not suffice ({error}); bundle the sounds, without --features"
            ) from None
    if there.facts != kept.facts:
        odd = next(name for name in kept.facts if there.facts.get(name) != kept.facts[name])
        raise InputError(f"{odd}: without the sounds its data would be others; bundle the sounds, without --features")
    instead = sum(path.stat().st_size for path in left)
    said = f"features: {size_of(made) / MIB:.1f} MiB instead of {len(left)} sounds of {instead / MIB:.1f} MiB"
    return Taken([*members, *made], [said])


def _bare(workspace: Workspace, folder: Path) -> Workspace:
    """The workspace with a cache of features, censuses and generated files alone: no decoded sound is kept in it."""
    for name in ("features", "census"):
        (workspace.cache / name).mkdir(parents=True, exist_ok=True)
    for name in ("features", "census", *CORPORA):
        if (workspace.cache / name).is_dir():
            (folder / name).symlink_to(workspace.cache / name)
    return replace(workspace, cache=folder)


def _census(fingerprint: str, workspace: Workspace) -> list[Path]:
    """What checks of the files' contents have found."""
    return sorted((workspace.cache / "census").glob(f"*{fingerprint}*.json"))


def _laid_out(members: list[Member], folder: Path) -> Workspace:
    """The members as they will lie on the other machine; large ones are links."""
    for name, source in members:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            target.write_bytes(source)
        elif target.suffix == ".npy" or target.suffix.lower() in SOUNDS:
            os.symlink(source.resolve(), target)  # noqa: PTH211 - target and source read as in ln
        else:
            shutil.copyfile(source, target)
    return Workspace(folder / "data", folder / "runs", folder / "cache", folder / "reports")
