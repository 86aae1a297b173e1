"""Where a node finds the files of a run's dataset, and where it makes the run."""

import getpass
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.launch.cluster.luggage import Piece, has_data, unpack_dataset
from benchmarks.launch.cluster.messages import Home
from benchmarks.runs.files import canonical_hash, writing
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace


class Places:
    """The workspaces of one node, which differ by the dataset of a run.

    shares: whether the node sees the store of the sweep, so that runs are made in there. Otherwise they are made in a
    folder of the node.
    """

    def __init__(self, home: Home) -> None:
        self.home = home
        self.shares = home.scratch is None and home.mark.is_file() and os.access(home.workspace.runs, os.W_OK)
        self._known: dict[str, Workspace] = {}

    def of(self, run: Run, parts: Callable[[], Iterable[list[Piece]]] | None) -> Workspace | None:
        """The workspace of a run: with the files where they lie for all, with those fetched before, or with `parts`.

        None where neither has the run's fingerprint and none are given. Raises InputError where the given ones are not
        those of the run.
        """
        key = canonical_hash([run.resolved["dataset"], run.corpus, run.fingerprint])
        if key not in self._known:
            found = self._find(run, parts)
            if found is None:
                return None
            self._known[key] = found
        return self._known[key]

    def _find(self, run: Run, parts: Callable[[], Iterable[list[Piece]]] | None) -> Workspace | None:
        near = replace(self.home.workspace, data=self.home.data or self.home.workspace.data)
        if not self.shares:
            near = replace(near, runs=self._scratch() / "runs", cache=self._scratch() / "cache")
        if has_data(near, run):
            return near
        # What is fetched lies by its fingerprint: another state of the same files does not get in its way.
        fetched = self._scratch() / "fetched" / run.fingerprint
        far = replace(near, data=fetched / "data", cache=fetched / "cache")
        if has_data(far, run):
            return far
        if parts is None:
            return None
        unpack_dataset(run, parts(), far)
        if not has_data(far, run):
            raise InputError(f"{run.dataset}: its files changed on their way to {fetched}; the same command goes on")
        return far

    def _scratch(self) -> Path:
        """The folder of this node for what is no part of the store. Raises InputError for one of somebody else's."""
        folder = self.home.scratch or Path(tempfile.gettempdir()) / f"resound-{getpass.getuser()}"
        with writing(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            owner = folder.stat().st_uid
        if hasattr(os, "getuid") and owner != os.getuid():
            raise InputError(f"{folder}: belongs to somebody else; name another folder with ray:scratch=FOLDER")
        return folder
