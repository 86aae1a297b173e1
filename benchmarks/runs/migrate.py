"""Brings the runs of a store up to date that an older version of the harness has written; nothing is trained again.

Format 1 had neither the dataset's class and arguments nor the probes in a run: they were those of the paper file. It
named extractors by their short names. It counted no versions of base classes, which were all the first ones.
"""

import os
import shutil
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.files import file_sha256, is_claimed, locked_folder, write_json, writing
from benchmarks.runs.ledger import FORMAT, Run, load_finished
from benchmarks.runs.stored.finished import check_files, check_listing
from benchmarks.runs.stored.forms import Marker, OldResult, OldRun, read_stored
from benchmarks.runs.versions import spelled_out
from benchmarks.spec import load_paper
from datasets.acquire.telling import count_of

#: How the folders begin that a migration works in; what an interrupted one leaves is removed by the next.
_WORKING = ".migrating-"
_KEPT = ("paper", "setting", "dataset", "fold", "seed", "tier", "corpus", "numerics", "protocol", "fingerprint")


@dataclass
class Migration:
    """What became of a store."""

    store: Path
    #: new ids of the runs by old ones
    renamed: dict[str, str] = field(default_factory=dict)
    #: killed attempts that cannot be resumed
    dropped: int = 0
    #: why runs were left as they are, a line each
    refused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        if not (self.renamed or self.dropped or self.refused):
            return f"{self.store}: up to date, nothing to do"
        facts = [f"{count_of(len(self.renamed), 'run')} brought up to date"]
        facts += [f"{count_of(len(self.refused), 'run')} refused and left alone"] if self.refused else []
        facts += [f"{count_of(self.dropped, 'killed attempt')} dropped (such runs start anew)"] if self.dropped else []
        return f"{self.store}: {', '.join(facts)}"


def is_store(folder: Path) -> bool:
    """Whether a folder holds runs, of whatever format."""
    return (folder / "ledger.json").exists() or any(folder.glob("[!.]*/result.json"))


def migrate(store: Path) -> Migration:
    """Bring every run of a store to the present format, each under its new id; whatever is interrupted can be repeated.

    A run whose files differ from their checksums is left as it is, and with it the mark of the old format. Raises
    InputError for a folder that is no store, that a newer version has written, or that is being worked on.
    """
    if not is_store(store):
        raise InputError(f"{store}: holds no runs; give the folder that was used as --runs")
    with locked_folder(store) as held:
        if not held:
            raise InputError(f"{store}: is being brought up to date by another command; wait for its end")
        return _migrate(store)


def _migrate(store: Path) -> Migration:
    marker = store / "ledger.json"
    advice = "delete this one file, then repeat the command"
    found = read_stored(marker, Marker, advice, oldest=0)["format"] if os.path.lexists(marker) else FORMAT
    if held := [claim.name for claim in sorted((store / ".claims").glob("[!.]*")) if is_claimed(claim)]:
        raise InputError(f"{store}: {held[0]} is being worked on; wait for its end, or stop it")
    for left in store.glob(f"{_WORKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    outcome = Migration(store)
    for path in sorted(store.glob("[!.]*/result.json")):
        try:
            if new := _migrate_run(path.parent):
                outcome.renamed[path.parent.name] = new
        except InputError as error:
            outcome.refused.append(str(error))
    if found < FORMAT and not outcome.refused:
        outcome.dropped = _drop_work(store)
        write_json(marker, {"format": FORMAT})
    return outcome


def _migrate_run(folder: Path) -> str | None:
    """Publish a run under its new id and remove the old folder; None for one that is up to date."""
    if folder.is_symlink():
        raise InputError(f"{folder}: is a link; put the run itself there")
    advice = f"remove the folder {folder} to redo it"
    result = read_stored(folder / "result.json", OldResult, advice, oldest=0)
    check_listing(folder, result["files"])
    check_files(folder, result["files"])
    found = read_stored(folder / "run.json", Marker, advice, oldest=0)["format"]
    if found != result["format"]:
        raise InputError(f"{folder}: its run.json is of format {found}, its result of {result['format']}; {advice}")
    if result["format"] == FORMAT:
        load_finished(folder)
        return None
    data = read_stored(folder / "run.json", OldRun, advice, oldest=0)
    if not result["id"] == data["id"] == folder.name:
        raise InputError(f"{folder}: its run.json describes {data['id']}, not this run")
    run = _run(folder, data)
    target, working = folder.with_name(run.id), folder.with_name(f"{_WORKING}{uuid.uuid4().hex}")
    with writing(target):
        if target.exists():  # an interrupted migration got as far as this
            load_finished(target).tested()
        else:
            _write(run, folder, working, result)
            working.rename(target)
        folder.chmod(0o755)
        folder.rename(working)
        shutil.rmtree(working)
    return run.id


def _write(run: Run, folder: Path, working: Path, result: dict[str, Any]) -> None:
    """Copy a run of format 1 to `working` as one of the present format. Raises InputError if it is none then."""
    shutil.copytree(folder, working)
    working.chmod(0o755)
    write_json(working / "run.json", run.to_dict())
    files = {**result["files"], "run.json": file_sha256(working / "run.json")}
    write_json(working / "result.json", {**result, "format": FORMAT, "id": run.id, "files": files})
    load_finished(working, run.id).tested()


def _run(folder: Path, data: dict[str, Any]) -> Run:
    """The run of a run.json of format 1, with what its paper file says of the dataset and the probes."""
    try:
        paper = load_paper(Path(data["paper"]).name)
    except InputError as error:
        raise InputError(f"{folder}: {error}; bring its paper back (RESOUND_PAPERS), or remove the folder") from None
    use, setting = paper.datasets.get(data["dataset"]), paper.settings.get(data["setting"])
    if use is None or setting is None:
        missing = f"dataset {data['dataset']}" if use is None else f"setting {data['setting']}"
        raise InputError(f"{folder}: the paper file of {paper.id} has no {missing} any more; remove the folder")
    if use.class_path not in data["versions"]:
        raise InputError(f"{folder}: made with another class of dataset than {use.class_path}; remove the folder")
    dataset = {"class_path": use.class_path, "init_args": dict(use.args)}
    resolved = spelled_out({"dataset": dataset, **data["resolved"]})
    return Run(
        **{name: data[name] for name in _KEPT},
        resolved=resolved,
        probes=list(setting.probes),
        versions=data["versions"],
    )


def _drop_work(store: Path) -> int:
    """Remove what is kept under old ids of runs that are not finished; returns how many attempts could be resumed."""
    attempts = len(list((store / ".attempts").glob("*/*/checkpoint.ckpt")))
    for name in (".attempts", ".claims", ".failures"):
        shutil.rmtree(store / name, ignore_errors=True)
    return attempts
