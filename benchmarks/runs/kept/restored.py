"""Networks and estimators made again of what is kept; before anything is made, it is known to be such a class."""

from collections.abc import Collection
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.errors import InputError
from benchmarks.runs.build import check_named, import_class, instantiate
from benchmarks.runs.kept.weights import ADVICE, FILE, Kept, read_weights
from benchmarks.runs.ledger import Ledger, Run
from benchmarks.runs.plan import Choice
from benchmarks.runs.stored.finished import Finished, check_files
from benchmarks.spec import load_paper, paper_ids
from datasets.errors import DataError


def check_keepable(model: Any) -> None:
    """Raise InputError, before anything is trained, for a network or an estimator whose weights cannot be kept."""
    if hasattr(model, "state_dict"):
        odd = [name for name, value in model.state_dict().items() if not hasattr(value, "detach")]
        what = f"has {odd[0]} among its weights, which is no tensor" if odd else ""
    else:
        what = "" if hasattr(model, "keep") and hasattr(model, "recall") else "has no `keep` and `recall`"
    if what:
        raise InputError(f"{type(model).__name__}: {what}; run it without --keep weights")


def kept_of(model: Any, class_path: str, init_args: dict[str, Any], data: Any) -> Kept:
    """What is to be kept of a trained network, or a fitted estimator, with the ear of its data."""
    ear = data.ear() if hasattr(data, "ear") else None
    tensors = model.state_dict() if hasattr(model, "state_dict") else _tensors(model.keep())
    return Kept(class_path, init_args, tensors, None if ear is None else ear.facts())


def kept_of_run(finished: Finished) -> Kept:
    """The weights of a stored run, held against their checksum. Raises InputError where it kept none."""
    listed = finished.result["files"].get(FILE)
    run = finished.run
    again = _again(run)
    if listed is None:
        raise InputError(f"{run.id}: this run kept no weights; {again} makes it anew with them")
    if not (finished.folder / FILE).exists():
        raise InputError(
            f"{run.id}: its weights are not here; they were not landed, or removed; {again} makes it anew with them"
        )
    check_files(finished.folder, {FILE: listed})
    return read_weights(finished.folder / FILE)


def _again(run: Run) -> str:
    """What makes this run anew, with its weights: a cell that it feeds, under its conditions."""
    choice = Choice(run.tier, run.corpus, run.numerics, run.seed + 1, (run.fold,))
    options = f"{choice.options} --again --keep weights"
    paper = load_paper(run.paper) if run.paper in paper_ids() else None
    tables = paper.tables if paper else ()
    for cell in chain.from_iterable((*paper.table_cells(one), *paper.control_cells(one)) for one in tables if paper):
        trained = [(one.setting, one.dataset) for one in cell.sources if cell.recipe == "train"]
        if (run.setting, run.dataset) in trained and cell.fold in (None, run.fold):
            return f"`python -m benchmarks run {cell.id} {options}`"
    return f"the command that made it with `{options}`"


def without_weights(ledger: Ledger, run_ids: Collection[str]) -> int:
    """How many of these stored runs keep no weights, or not here."""
    asked = [one for one in ledger.finished() if one.run.id in run_ids]
    return sum(not (one.folder / FILE).exists() for one in asked)


def kept_of_file(path: Path) -> Kept:
    """What a checkpoint of a Trainer, or a file of kept weights, holds. Raises InputError."""
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] != b"PK":
        if path.suffix == Path(FILE).suffix:
            return read_weights(path)
        raise InputError(f"{path}: is neither a checkpoint nor a file of kept weights (.safetensors)")
    from models.tasks.hearing import read_checkpoint

    try:
        found = read_checkpoint(path)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    return Kept(*found, str(path))


def restored(kept: Kept) -> Any:
    """The network, ready to predict, or the estimator; both with `ear`, what it hears.

    Raises InputError for a class that is none, weights of another network, and where it was not told what it hears.
    """
    if kept.ear is None:
        raise InputError(f"{kept.source}: does not tell what the network hears; its data module has no ear")
    try:
        check_named([kept.init_args, kept.ear])
        cls = import_class(kept.class_path)
    except InputError as error:
        raise InputError(f"{kept.source}: {error}") from error
    except RecursionError:
        raise InputError(f"{kept.source}: its arguments hold each other without end; {ADVICE}") from None
    if not (isinstance(cls, type) and (hasattr(cls, "predict_step") or hasattr(cls, "recall"))):
        raise InputError(f"{kept.source}: {kept.class_path} is neither a network nor an estimator")
    try:
        model = instantiate(kept.class_path, kept.init_args)
        ear = _ear(kept)
        if hasattr(model, "load_state_dict"):
            _load(model, kept)
            from models.tasks.own import completed

            model = completed(model, ear.task)
        else:
            model.recall({name: value.numpy() for name, value in kept.tensors.items()})
    except Exception as error:  # whatever arguments that somebody has altered make of a class
        if str(error).startswith(f"{kept.source}: "):
            raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{kept.source}: cannot be made again ({reason}); {ADVICE}") from error
    model.ear = ear
    return model


def _ear(kept: Kept) -> Any:
    from datasets.batches.hearing.ear import ear_of

    try:
        return ear_of(kept.ear)
    except DataError as error:
        raise InputError(f"{kept.source}: {error}") from error


def _load(model: Any, kept: Kept) -> None:
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(getattr(value, "shape", ())) for name, value in kept.tensors.items()}
    if odd := sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)):
        raise InputError(
            f"{kept.source}: holds weights of another network than {kept.class_path} ({odd[0]}: "
            f"{found.get(odd[0], 'missing')}, not {wanted.get(odd[0], 'there')})"
        )
    model.load_state_dict(dict(kept.tensors))
    model.eval()


def _tensors(arrays: dict[str, Any]) -> dict[str, Any]:
    from safetensors.numpy import save
    from safetensors.torch import load

    return dict(load(save(arrays)))  # torch's, without importing it here
