"""What must hold of a round, whatever was done to it."""

import json
import os
import re
import time
from collections.abc import Iterator

from tests.soak.places import Place, Undisturbed, cells_of, files_of

#: What a command may write to stderr: messages of one line, the ends of runs, how far a check of files is.
LINE = re.compile(r"resound: \S.*|\[\d+/\d+\] (done|failed|stopped|later, alone:) \S.*|(checking )?\S+: \d+/\d+")
#: Names that files have while they are written (datasets.acquire.whole).
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{32}(\.\w+)?")
#: Exit codes that a command may end with, and that of SIGKILL.
CODES = (0, 1, 2, 3, -9)
State = dict[str, tuple[int, ...]]


def wrong_words(code: int, said: str) -> Iterator[str]:
    """What is wrong with how a command has ended."""
    if code not in CODES:
        yield f"exit code {code}"
    if code in (1, 2, 3) and "resound: " not in said:
        yield f"exit code {code} without a word"
    for line in said.splitlines():
        if line and not LINE.fullmatch(line):
            yield f"no message of one line: {line[:300]}"
            return


def state_of(place: Place) -> State:
    """By finished run, what changes when its folder is made again or its files are written."""
    state = {}
    for name, folder in place.results().items():
        facts: list[int] = [folder.stat().st_ino]
        for path in sorted(folder.iterdir()):
            facts += [path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns]
        state[name] = tuple(facts)
    return state


def lost_or_repeated(before: State, after: State) -> Iterator[str]:
    """Finished runs that a command has lost or made again."""
    for name, facts in before.items():
        if name not in after:
            yield f"{name} was finished and is lost"
        elif after[name] != facts:
            yield f"{name} was finished and is another now"


def differences(place: Place, expected: Undisturbed) -> Iterator[str]:
    """Where the store and the tables differ from those of an undisturbed sweep."""
    found = files_of(place)
    if lacking := sorted(set(expected.files) - set(found)):
        yield f"{len(lacking)} runs are missing, {lacking[0]} for one"
    if more := sorted(set(found) - set(expected.files)):
        yield f"{len(more)} runs are too many, {more[0]} for one"
    if other := sorted(name for name in set(found) & set(expected.files) if found[name] != expected.files[name]):
        yield f"{len(other)} runs are not bit-equal, {other[0]} for one"
    if json.dumps(cells_of(place)) != json.dumps(expected.cells):
        yield "the numbers of the tables differ"


def age_temporaries(place: Place) -> int:
    """Let the files that killed processes were writing be two days old, when the next sweep removes them; how many."""
    found = [path for path in place.root.rglob(".*") if TEMPORARY.fullmatch(path.name) and path.is_file()]
    for path in found:
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    return len(found)


def left_behind(place: Place, is_aside_expected: bool) -> Iterator[str]:
    """What lies about once everything is done."""
    runs = place.runs
    for path in sorted(place.root.rglob("*")):
        if TEMPORARY.fullmatch(path.name) and not path.is_symlink():
            yield f"a temporary file is left: {path.relative_to(place.root)}"
            break
    for folder in (".attempts", ".failures", ".sweeps"):
        left = [path.name for path in (runs / folder).glob("*")] if (runs / folder).is_dir() else []
        if left:
            yield f"{folder} is not empty: {left[0]}"
    if (runs / ".aside").is_dir() and list((runs / ".aside").iterdir()) and not is_aside_expected:
        yield "a run was set aside that nobody had damaged"
