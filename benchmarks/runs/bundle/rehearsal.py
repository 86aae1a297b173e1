"""What the data of runs read once their features are kept, and what comes of it: tried in a process of its own.

In a fresh process nothing is remembered of an earlier try, so what is read here will be read on the other machine too.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.errors import USER_ERRORS, InputError
from benchmarks.runs.build import import_class
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Run
from benchmarks.runs.workspace import Workspace
from datasets import registry
from datasets.processes import Child, answering, available_cores


class Rehearsed(NamedTuple):
    """What was read of sounds and of kept features, and facts of the data that must be the same elsewhere.

    made: whether features had to be made, so that more was read than the next time.
    """

    sounds: set[Path]
    features: set[Path]
    facts: dict[str, Any]
    made: bool

    def moved(self, here: Path, there: Path) -> "Rehearsed":
        """The same with paths below another folder."""
        sounds, features = (
            {there / path.relative_to(here) if path.is_relative_to(here) else path for path in paths}
            for paths in (self.sounds, self.features)
        )
        return self._replace(sounds=sounds, features=features)


def rehearse(runs: Sequence[Run], workspace: Workspace) -> Rehearsed:
    """Make the data of runs ready, each kind once. Raises InputError where that cannot be done."""
    kinds = {
        canonical_hash([run.resolved["data"], run.dataset, run.fold, run.seed, run.fingerprint]): run for run in runs
    }
    with Child(__name__, available_cores()) as child:
        child.send({"workspace": workspace.to_dict(), "runs": [run.to_dict() for run in kinds.values()]})
        child.close()
        answers = list(child.answers())
        code = child.wait()
    if not answers or "error" in answers[-1]:
        raise InputError(answers[-1]["error"] if answers else f"the data cannot be tried (exit code {code})")
    found = answers[-1]
    return Rehearsed(set(map(Path, found["sounds"])), set(map(Path, found["features"])), found["facts"], found["made"])


def _main() -> None:
    answer = answering()
    asked = json.loads(sys.stdin.readline())
    workspace = Workspace.from_dict(asked["workspace"])
    try:
        answer(_tried([Run.from_dict(run) for run in asked["runs"]], workspace))
    except USER_ERRORS as error:
        answer({"error": " ".join(str(error).split())})


def _tried(runs: Sequence[Run], workspace: Workspace) -> dict[str, Any]:
    from benchmarks.runs.execute import build_data

    sounds, opened = _watched()
    facts: dict[str, Any] = {}
    for run in runs:
        data = build_data(run, workspace)
        data.setup()
        provenance = {name: value for name, value in data.provenance().items() if name != "signatures"}
        facts[run.id] = {"data": provenance, "tests": {name: list(items) for name, items in data.test_sets.items()}}
    facts["files"] = {}
    for (_, name), run in {(run.paper, run.dataset): run for run in runs}.items():
        dataset, cls = workspace.dataset_of(run), import_class(run.resolved["dataset"]["class_path"])
        census = registry.part(cls, "census").take_census(dataset).to_dict() if registry.has(cls, "census") else None
        facts["files"][name] = [dataset.fingerprint(), census]
    opened = [path for path in opened if path.is_relative_to(workspace.cache / "features")]
    kept = {str(path) for path in opened if path.suffix in (".npy", ".json")}
    made = any(path.suffix == ".lock" for path in opened)
    return {"sounds": sorted(map(str, sounds)), "features": sorted(kept), "facts": facts, "made": made}


def _watched() -> tuple[set[Path], list[Path]]:
    """The sound files that are opened from now on, and all files that Python itself opens."""
    import soundfile

    sounds: set[Path] = set()
    opened: list[Path] = []
    begin = soundfile.SoundFile.__init__

    def noted(self: Any, file: Any, *arguments: Any, **options: Any) -> None:
        if isinstance(file, str | bytes | Path):
            sounds.add(Path(file.decode(errors="surrogateescape") if isinstance(file, bytes) else file))
        begin(self, file, *arguments, **options)

    def note(event: str, arguments: Any) -> None:
        if event == "open" and isinstance(arguments[0], str | Path):
            opened.append(Path(arguments[0]))

    soundfile.SoundFile.__init__ = noted
    sys.addaudithook(note)
    return sounds, opened


if __name__ == "__main__":
    _main()
