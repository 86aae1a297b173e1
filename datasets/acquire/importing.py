"""Taking files that one has into a dataset's folder: every file is accounted for, and nothing good is replaced."""

import filecmp
import os
import shutil
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from datasets.acquire.folders import drop_empty, link, move
from datasets.acquire.telling import Report, count_of, shown
from datasets.audio import ClipFault
from datasets.errors import DataError

#: How good a file is for its place (below the root), and what is wrong with it; 0 where it cannot be used.
Graded = tuple[float, str]
Grade = Callable[[str, Path], Graded]
#: What lies beside clips in repositories and on other systems, in lower case.
_BESIDE = (".py", ".pyc", ".ipynb", ".md", ".html", ".pdf", ".xlsx", ".json", ".npz", ".png", ".gif")
_PAPERS = ("readme", "license", "licence", "credits", "eula")
#: Sound as video sites and phones have it, which is not read.
_UNREAD = (".aac", ".m4a", ".mkv", ".mp3", ".mp4", ".opus", ".webm", ".wma")
#: Files of these kinds are left out where they cannot be used; a bad list is taken, its reader says where it is bad.
_CLIPS = (".wav", ".ogg", ".flac", ".cpickle", ".npy")
#: How many of the files that are left out for one reason are named.
_NAMED = 8
_SYSTEM = ("desktop.ini", "thumbs.db", "__macosx", "__pycache__")
#: What becomes of a file.
NEW, BETTER, SAME = "new", "in the place of worse ones", "here already"
UNNEEDED, KEPT = "known and not needed", "left out"


def files_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no readable folder itself, sorted; links are followed, round ones once.

    What is hidden (`.git`, `.DS_Store`, `._clip.wav`) is left out.
    """
    return (path for path, inside in _walk(folder) if inside is None)


def folders_below(folder: Path) -> Iterator[Path]:
    """A folder and the readable ones below it, as `files_below` goes through them."""
    return (path for path, inside in _walk(folder) if inside is not None)


def _walk(folder: Path) -> Iterator[tuple[Path, list[Path] | None]]:
    """A folder and everything below it: each readable folder with what is in it, and everything else."""
    waiting: list[tuple[Path, frozenset[tuple[int, int]]]] = [(folder, frozenset())]
    while waiting:  # folders may be nested deeper than calls can be
        path, above = waiting.pop()
        inside: list[Path] | None = None
        try:
            status = path.stat()
            identity = (status.st_dev, status.st_ino)
            if stat.S_ISDIR(status.st_mode):
                if identity in above:
                    continue
                inside = sorted(one for one in path.iterdir() if not _is_hidden(one))
                waiting += [(one, above | {identity}) for one in reversed(inside)]
        except (OSError, ValueError):  # lost, forbidden or too deep: `no_file` says which
            pass
        yield path, inside


def _is_readable(path: Path) -> bool:
    """Whether a path is a regular file, or a link to one. Raises OSError where that cannot be opened."""
    try:
        is_regular = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - of thousands of files
    except OSError:
        return False
    if is_regular:
        os.close(os.open(path, os.O_RDONLY))
    return is_regular


def no_file(path: Path) -> str:
    """Why a path that a folder names is no file that can be read; "" where it is one."""
    try:
        if _is_readable(path):  # of thousands nearly all
            return ""
        if path.is_symlink() and not path.exists():
            return "a link to nothing"
        if path.is_dir():
            next(path.iterdir(), None)
            return "a folder that is named like a file"
        return "no regular file"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def names_in(folder: Path) -> frozenset[str]:
    """The names of the files in a folder, none where there is no folder. Raises DataError where it cannot be read."""
    return frozenset(path.name for path in inside(folder) if path.is_file())


def unusable_in(folder: Path) -> dict[str, str]:
    """The names in a folder that are of no file, such as a link to nothing, and why. Raises DataError as `names_in`."""
    return {path.name: no_file(path) for path in inside(folder) if not path.is_file()}


def inside(folder: Path) -> list[Path]:
    """All that lies in a folder, nothing where there is none. Raises DataError where it cannot be read."""
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror}); check its permissions") from error


def new_folder(folder: Path) -> Path:
    """A folder of its own in `folder`, for a file that is to be written: others have the same name. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=folder))


@dataclass
class Haul:
    """What an import found: files by the place below the root that they are for, and what became of the others.

    unneeded: how many files are known and not needed. left_out: the names of the others, by reason.
    """

    wanted: dict[str, list[Path]] = field(default_factory=dict)
    unneeded: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)

    def readable(self, paths: Iterable[Path]) -> Iterator[Path]:
        """The files that can be read; the others are left out."""
        for path in paths:
            reason = no_file(path)
            if reason:
                self.leave(path, reason)
            else:
                yield path

    def take(self, place: str, path: Path) -> None:
        """Offer a file for a place."""
        self.wanted.setdefault(place, []).append(path)

    def leave(self, path: Path, reason: str) -> None:
        """Leave a file out, unless it is of a kind that lies beside clips."""
        if path.suffix.lower() in _BESIDE or path.name.lower().startswith(_PAPERS):
            self.unneeded += 1
        else:
            is_unread = path.suffix.lower() in _UNREAD
            reason = f"{path.suffix.lower()} is not read, convert it to WAV" if is_unread else reason
            self.left_out.setdefault(reason, []).append(shown(path.name))

    @property
    def seen(self) -> int:
        """How many files were looked at."""
        offered = sum(len(paths) for paths in self.wanted.values())
        return offered + sum(len(names) for names in self.left_out.values()) + self.unneeded


@dataclass
class Settled:
    """What was done with a haul: files by what became of them, and the lines that say so."""

    counts: Counter[str]
    lines: list[str]


def grade_of(fault: DataError) -> Graded:
    """How good a file with a fault is: sound of another length is better than none, and `check` names it."""
    is_of_another_length = isinstance(fault, ClipFault) and fault.kind == "length"
    return (0.1 if is_of_another_length else 0), getattr(fault, "reason", "a file that is bad")


def settle(haul: Haul, root: Path, staged: Path, grade: Grade) -> Settled:
    """Lay the files that are new, or better than those in `root`, into the folder `staged` by their places.

    Among several files for a place the best is taken, the first of equal ones; what lies in `root` gives way to a
    better file only, and a clip that cannot be used is left out. Files are linked where the file system allows it, else
    copied. Raises OSError, and DataError where nothing can be used and nothing is here.
    """
    counts, seen = Counter[str](), haul.seen
    replaced: dict[str, list[str]] = {}
    best_of = {place: _best(place, paths, grade, haul) for place, paths in haul.wanted.items()}
    new = _graded({place: path for place, path in best_of.items() if _is_new_clip(root / place)}, grade)
    for place, best in best_of.items():
        kind, why = _of_new(new[place]) if place in new else _compared(place, best, root / place, grade)
        counts[kind] += 1
        if kind == KEPT:
            haul.left_out.setdefault(why, []).append(shown(best.name))
        if kind == BETTER:
            replaced.setdefault(why, []).append(shown(best.name))
        if kind in (NEW, BETTER):
            link(best.resolve(), staged / place)
    counts |= {UNNEEDED: haul.unneeded, KEPT: sum(len(names) for names in haul.left_out.values())}
    if haul.wanted and not any(counts[kind] for kind in (NEW, BETTER, SAME)) and all(map(_is_hidden, inside(root))):
        first = next(_reasons(KEPT, haul.left_out)).removeprefix(f"{KEPT}, ")
        raise DataError(f"none of {count_of(seen, 'file')} can be used: {first}")
    parts = ", ".join(f"{counts[kind]} {kind}" for kind in (NEW, BETTER, SAME, UNNEEDED, KEPT) if counts[kind])
    lines = [f"{count_of(seen, 'file')} seen: {parts}", *_reasons(BETTER, replaced), *_reasons(KEPT, haul.left_out)]
    return Settled(counts, lines)


def _is_new_clip(here: Path) -> bool:
    return here.suffix.lower() in _CLIPS and not here.is_file() and not here.is_dir()


def _graded(new: Mapping[str, Path], grade: Grade) -> dict[str, Graded]:
    """How good files are for their places; they are decoded in threads."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(new, pool.map(grade, new, new.values()), strict=True))


def _of_new(graded: Graded) -> tuple[str, str]:
    """What becomes of a clip whose place is free, and why."""
    quality, wrong = graded
    return (NEW, "") if quality else (KEPT, wrong)


def _compared(place: str, best: Path, here: Path, grade: Grade) -> tuple[str, str]:
    """What becomes of a file in view of what lies in its place already, and why."""
    if here.is_dir():
        return KEPT, "a folder lies in its place, what is here is kept"
    if not here.is_file():
        return NEW, ""
    if reason := no_file(here):
        return KEPT, f"what is here {reason} and is kept"
    if _is_same(best, here):
        return SAME, ""
    (new, wrong), (old, wrong_here) = grade(place, best), grade(place, here)
    if new > old:
        return BETTER, wrong_here or "the one here was less good"
    return KEPT, f"{wrong or 'another content that is not better'}, what is here is kept"


def _best(place: str, paths: list[Path], grade: Grade, haul: Haul) -> Path:
    """The best file for a place; the others go to what is not needed (the same again) or left out (worse)."""
    if all(_is_same(path, paths[0]) for path in paths[1:]):
        haul.unneeded += len(paths) - 1
        return paths[0]
    graded = {path: grade(place, path) for path in paths}
    best = max(paths, key=lambda path: graded[path][0])
    for path in paths:
        if path is not best and _is_same(path, best):
            haul.unneeded += 1
        elif path is not best:
            wrong = graded[path][1] or "another content for the same place"
            haul.left_out.setdefault(f"{wrong}, another one is as good or better", []).append(shown(path.name))
    return best


def _reasons(what: str, by_reason: dict[str, list[str]]) -> Iterator[str]:
    for reason, names in sorted(by_reason.items()):
        named = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
        yield f"{what}, {len(names)} x {reason}: {named}"


def _is_same(one: Path, other: Path) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


@contextmanager
def placed(staged: Path, root: Path) -> Iterator[None]:
    """Move what is staged into `root`; where the block fails, `root` is again what it was. Raises OSError.

    A kill in between leaves whole files only, which the same import then finds here already.
    """
    is_new = not root.is_dir()
    root.mkdir(parents=True, exist_ok=True)
    moved: list[tuple[Path, Path | None]] = []
    try:
        for path in sorted(path for path in staged.rglob("*") if path.is_file()):
            place = root / path.relative_to(staged)
            place.parent.mkdir(parents=True, exist_ok=True)
            old = None
            if os.path.lexists(place):
                old = staged.parent / "replaced" / path.relative_to(staged)
                old.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(place, old, follow_symlinks=False) if place.is_symlink() else link(place, old)
            move(path, place)
            moved.append((place, old))
        yield
    except BaseException:
        for place, old in moved:
            place.unlink() if old is None else move(old, place)
            drop_empty(place.parent, root)
        if is_new:
            drop_empty(root, root.parent)
        raise


def nothing_found(source: Path, haul: Haul, what: str) -> DataError:
    """The error of an import that found nothing: what it looked for, and what it saw instead."""
    named = next((f", {names[0]} for one: {reason}" for reason, names in haul.left_out.items()), "")
    return DataError(f"{shown(source)}: nothing here is {what} ({haul.seen} other files{named})")


def tell(source: Path, settled: Settled, report: Report) -> None:
    """Say what became of the files of `source`."""
    report(f"{shown(source)}: {settled.lines[0]}")
    for line in settled.lines[1:]:
        report(line)


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in _SYSTEM
