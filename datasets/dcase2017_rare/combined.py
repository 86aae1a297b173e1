"""Which record each file is of where the development and the evaluation record were unpacked into one folder.

Both have the same tree, and the evaluation's README speaks of a combined dataset. Names tell the subset of lists,
recipes and mixtures, lists that of backgrounds and events.
"""

from pathlib import Path, PurePosixPath

from datasets.dcase2017_rare.layout import DEVELOPMENT, RECORDS
from datasets.dcase2017_rare.mixtures.sources import Sources


def records_in(data: Path) -> tuple[str, ...]:
    """Whose files a folder with `source_data` or `mixture_data` holds, as the names of subsets in it tell."""
    return tuple(
        record
        for record, subsets in RECORDS.items()
        if any(
            next(data.glob(pattern.format(subset)), None)
            for subset in subsets
            for pattern in ("mixture_data/{}", "source_data/cv_setup/*_{}.yaml")
        )
    )


class Combined:
    """The files of both records in one `data` folder. Raises DataError for a list that is bad."""

    def __init__(self, data: Path) -> None:
        source_data = data / "source_data"
        self._listed = {
            record: frozenset().union(
                *(
                    _listed(Sources.read(source_data, subset))
                    for subset in subsets
                    if all((source_data / "cv_setup" / f"{one}_{subset}.yaml").is_file() for one in ("bgs", "events"))
                )
            )
            for record, subsets in RECORDS.items()
        }

    def records(self, place: str) -> tuple[str, ...]:
        """The records that a file is of, by its place below the folder of both: both where nothing tells."""
        if place.endswith("/bg_screening.csv"):  # the evaluation was made of backgrounds that had been screened
            return (DEVELOPMENT,)
        named = tuple(record for record, subsets in RECORDS.items() if any(subset in place for subset in subsets))
        source = str(PurePosixPath(place.rpartition("source_data/")[2]).with_suffix(""))
        return named or tuple(record for record in RECORDS if source in self._listed[record]) or tuple(RECORDS)


def _listed(sources: Sources) -> set[str]:
    """The files that lists name, below `source_data` and without endings: FLAC and notes lie beside WAV."""
    names = {f"bgs/{one.filepath}" for one in sources.backgrounds}
    names |= {f"events/{one.path}" for events in sources.events.values() for one in events}
    return {str(PurePosixPath(name).with_suffix("")) for name in names}
