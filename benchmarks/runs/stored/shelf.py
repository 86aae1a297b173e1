"""One store as it is read: its good runs, and why each other one is left out."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.errors import InputError
from benchmarks.runs.files import unreadable
from benchmarks.runs.stored.finished import Finished, Tested, load_finished, named, signature
from benchmarks.runs.stored.run import RUN_ID
from datasets.acquire.whole import checked, with_checksum, write_whole

#: Raised when what is checked of a run changes, so that nothing is believed that an older version has looked at.
VERSION = 6


@dataclass(frozen=True)
class Stored:
    """A run that was found good, and the items of its test sets."""

    finished: Finished
    tested: dict[str, Tested]


class _Known(NamedTuple):
    """What was found good in a folder whose files had this signature: test items, contents of its two JSON files."""

    signature: str
    tested: dict[str, Tested]
    run: dict[str, Any]
    result: dict[str, Any]


@dataclass
class Shelf:
    """The runs of one store. Contents are read once per state of the files, which `memory` remembers from call to call.

    memory: a folder, for what was read; it is never needed and may be deleted.
    """

    store: Path
    memory: Path | None = None
    #: why runs are left out, by their folder: a line each
    unusable: dict[Path, str] = field(default_factory=dict)
    _runs: dict[str, tuple[str, Stored | str]] = field(default_factory=dict)
    _remembered: "dict[str, _Known] | None" = None
    _is_new: bool = False

    def stamp(self) -> tuple[int, ...]:
        """What changes when a run is published in the store, removed or renamed."""
        try:
            status = self.store.stat()
        except OSError:
            return ()
        return status.st_mtime_ns, status.st_nlink, status.st_ino

    def names(self) -> list[str]:
        """What has a result, or is called like a run, sorted. Raises InputError for a store that cannot be read."""
        try:
            with os.scandir(self.store) as entries:
                names = [entry.name for entry in entries if not entry.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise unreadable(self.store, error) from None
        place = str(self.store)
        return sorted(
            name for name in names
            if RUN_ID.search(name) or os.path.lexists(f"{place}{os.sep}{name}{os.sep}result.json")
        )  # fmt: skip

    def runs(self) -> Iterator[Stored]:
        """Every good run, by name; what is not is in `unusable` afterwards."""
        self.unusable = {}
        for name in self.names():
            try:
                yield self.load(name)
            except InputError as error:
                self.unusable[self.store / name] = str(error)
        self._remember()

    def load(self, name: str) -> Stored:
        """One run, read again where a file of it has changed. Raises InputError, one line that says what is wrong."""
        folder = self.store / name
        found = signature(folder)
        before, known = self._runs.get(name, ("", ""))
        if before != found:
            try:
                known = self._read(folder, found)
            except InputError as error:
                known = str(error)
            self._runs[name] = found, known
        if isinstance(known, str):
            raise InputError(known)
        return known

    def _read(self, folder: Path, found: str) -> Stored:
        name = folder.name
        before = self._recalled().get(name)
        if before is not None and before.signature == found and not folder.is_symlink():
            return Stored(named(folder, before.run, before.result, name), before.tested)
        finished = load_finished(folder)
        stored = Stored(finished, finished.tested())
        self._recalled()[name] = _Known(found, stored.tested, finished.run.to_dict(), finished.result)
        self._is_new = True
        return stored

    # -- memory ----------------------------------------------------------------------------------------------------

    @property
    def _memory_file(self) -> Path | None:
        place = hashlib.sha256(os.fsencode(self.store.resolve())).hexdigest()[:16]
        return self.memory / f"{place}.json" if self.memory else None

    def _recalled(self) -> "dict[str, _Known]":
        """What was found good in each folder."""
        if self._remembered is None:
            content = checked(self._memory_file) if self._memory_file else None
            known = json.loads(content) if content else {}
            runs = known["runs"] if known.get("version") == VERSION else {}
            self._remembered = {
                name: _Known(found, {test_set: Tested(*one) for test_set, one in tested.items()}, run, result)
                for name, (found, tested, run, result) in runs.items()
            }
        return self._remembered

    def _remember(self) -> None:
        if self._memory_file is None or not self._is_new:
            return
        kept = {name: one for name, one in self._recalled().items() if name in self._runs}
        content = json.dumps({"version": VERSION, "runs": kept})
        with suppress(OSError):  # a full or read-only disk costs time, not the result
            write_whole(self._memory_file, with_checksum(content.encode(), self._memory_file))
        self._is_new = False
