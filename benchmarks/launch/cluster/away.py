"""A run that is away: on a node that does not share the store."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import InputError
from benchmarks.launch.launcher import Epoch
from benchmarks.runs.files import write_file, write_json, writing
from benchmarks.runs.ledger import CHECKPOINT, Ledger, Run, load_finished


@dataclass(frozen=True)
class Away:
    """Its claim here, as long as it is away, and its attempt, which keeps the checkpoints that its node sends."""

    run: Run
    claim: ExitStack
    attempt: Path
    ledger: Ledger

    @classmethod
    def of(cls, run: Run, ledger: Ledger) -> "Away | None":
        """Claim a run; None where another command holds it or has done it. Raises what claims and attempts raise."""
        with ExitStack() as claim:
            if claim.enter_context(ledger.claim(run.id)) and not ledger.holds(run):
                attempt = ledger.attempt(run)
                return cls(run, claim.pop_all(), attempt, ledger)
        return None

    def checkpoint(self) -> bytes | None:
        """Its last checkpoint, if it has one."""
        path = self.attempt / CHECKPOINT
        return path.read_bytes() if path.exists() else None

    def keep(self, checkpoint: bytes) -> None:
        """Keep a checkpoint, for the next node that works on the run."""
        write_file(self.attempt / CHECKPOINT, checkpoint)

    def note(self, epoch: Epoch) -> None:
        """Write how far it is, for `status`."""
        write_json(self.attempt / "progress.json", {"epoch": epoch.epoch, "of": epoch.of, "loss": epoch.loss})

    def publish(self, files: dict[str, bytes]) -> None:
        """Publish what has come home. Raises InputError for files that are not those that were sent off."""
        arrived = self.attempt.with_name(f".{self.attempt.name}")
        try:
            with writing(arrived):
                arrived.mkdir()
                for name, content in files.items():
                    if Path(name).name != name:
                        raise InputError(f"{name}: no name of a file of a run")
                    (arrived / name).write_bytes(content)
            finished = load_finished(arrived, self.run.id)
            finished.verify()
            made = {name: value for name, value in finished.result.items() if name not in ("format", "id", "files")}
            self.ledger.publish(self.run, arrived, made)
        finally:
            shutil.rmtree(arrived, ignore_errors=True)
