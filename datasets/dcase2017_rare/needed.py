"""Which archives of the records are still needed, whatever way the files in a root came there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets.acquire.records import Archive, is_intact, read_manifest
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.dataset import DCASE2017Rare
from datasets.dcase2017_rare.layout import SYNTHESIZER
from datasets.errors import DataError

#: What archives bring, by the part of their name after the record's.
BACKGROUNDS, EVENTS, MIXTURES = "source_data_bgs_and_cvsetup", "source_data_events", "mixture_data"


def missing_archives(root: Path, archives: Sequence[Archive]) -> list[Archive]:
    """The archives whose files are not all in `root`: not as they came, or, where others brought them, not usable."""
    manifest = read_manifest(root)
    missing = [archive for archive in archives if not is_intact(root, manifest.get(archive.name))]
    if not missing or not root.is_dir():
        return missing
    try:
        census = take_census(DCASE2017Rare(root))
    except DataError:  # a list that is bad: nobody knows what is lacking
        return missing
    if census.complete and not manifest:
        return []
    lacking = {name for names in (census.missing, *census.faults.values()) for name in names}
    parts = {part for name in lacking for part in _parts_with(name)}
    return [archive for archive in missing if archive.name in manifest or _is_lacking(archive, root, parts)]


def _parts_with(name: str) -> Iterator[str]:
    """The parts of a record that bring what the census calls so."""
    if "evaltest" in name:
        yield MIXTURES
        return
    if name.startswith(("bgs/", "cv_setup/")) or name.endswith((" backgrounds", " events")):
        yield BACKGROUNDS
    if name.startswith(("events/", "cv_setup/")):
        yield EVENTS


def _is_lacking(archive: Archive, root: Path, parts: set[str]) -> bool:
    """Whether something is lacking of what an archive brings."""
    part = archive.name.removeprefix(f"{archive.folder}.").split(".")[0]
    if part in (BACKGROUNDS, EVENTS, MIXTURES):
        return part in parts
    place = {"doc": "README.md", "code": SYNTHESIZER}.get(part, archive.name)
    return not (root / archive.folder / place).exists()
