"""Where papers lie: the built-in ones, and those that are kept elsewhere and added to them.

`RESOUND_PAPERS` (and the option --papers, which adds to it) names folders of papers (`PAPER/paper.yaml`), or the own
folder of one. Modules beside a `paper.yaml` that is kept elsewhere can be named in it: its folder is searched for them,
behind all others.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.errors import InputError

#: Names further folders of papers, apart as on PATH; for tests alone, where the built-in ones lie.
PAPERS, BUILT_IN = "RESOUND_PAPERS", "RESOUND_BUILT_IN_PAPERS"
FILE = "paper.yaml"


def built_in() -> Path:
    """The folder of the papers of the harness."""
    return _expanded(os.environ.get(BUILT_IN) or str(Path(__file__).parents[1] / "papers"))


def outside(known: Path) -> dict[str, Path]:
    """The folders of the papers that are kept elsewhere than in `known`, by the papers' ids.

    Raises InputError for a place that holds no paper, and for two papers of one id, which names both.
    """
    places = [place for place in os.environ.get(PAPERS, "").split(os.pathsep) if place]
    found: dict[str, Path] = {}
    for place in dict.fromkeys(os.path.realpath(_expanded(place)) for place in places):
        if place == os.path.realpath(known):
            continue
        for folder in _papers_in(Path(place)):
            name = folder.name
            other = known / name if (known / name / FILE).is_file() else found.get(name)
            if other is not None and other != folder:
                raise InputError(f"{folder}: {other} is a paper of the id {name}, too; rename one (folder and `id`)")
            found[name] = folder
    return found


def add(places: Sequence[str]) -> None:
    """Add folders of papers to those that the environment names: here, and in processes that are started."""
    named = [*os.environ.get(PAPERS, "").split(os.pathsep), *places]
    if any(named):
        os.environ[PAPERS] = os.pathsep.join(dict.fromkeys(os.path.realpath(_expanded(one)) for one in named if one))


def search(folder: Path) -> None:
    """Let modules be found in a folder, behind all others: here, and in processes and jobs that are started."""
    before = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if str(folder) not in before:
        os.environ["PYTHONPATH"] = os.pathsep.join([*before, str(folder)])
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
        importlib.invalidate_caches()


def _papers_in(place: Path) -> list[Path]:
    """The folders of papers in a place, which may be one itself. Raises InputError where there is none."""
    try:
        if (place / FILE).is_file():
            return [place]
        found = sorted(folder for folder in place.iterdir() if (folder / FILE).is_file())
    except OSError as error:
        raise InputError(f"{place}: {error.strerror}; {PAPERS} and --papers name folders of papers") from None
    if not found:
        raise InputError(
            f"{place}: holds no paper (PAPER/{FILE}); {PAPERS} and --papers name folders of papers, "
            f"`python -m benchmarks new-paper {place / 'mypaper'}` writes one"
        )
    return found


def _expanded(place: str) -> Path:
    return Path(os.path.expanduser(place))  # noqa: PTH111 - without a home, `~` stays
