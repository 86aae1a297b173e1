"""One run: data + network + trainer -> scores, worked on in an attempt folder and published whole."""

import logging
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.errors import InputError, warned
from benchmarks.runs.build import accepts, import_class, instantiate
from benchmarks.runs.files import write_json, writing
from benchmarks.runs.gang.turns import ALONE, Seat
from benchmarks.runs.kept.restored import check_keepable, kept_of
from benchmarks.runs.kept.weights import FILE, write_weights
from benchmarks.runs.ledger import Run
from benchmarks.runs.machine.device import device_facts, peak_memory_mib
from benchmarks.runs.own.names import is_own
from benchmarks.runs.provenance import census_of, code_revision, package_versions
from benchmarks.runs.scores import Scores, stacked
from benchmarks.runs.truth import write_reference
from benchmarks.runs.versions import versions
from benchmarks.runs.workspace import Workspace
from datasets.seeds import derive

if TYPE_CHECKING:
    from models.kernels import Kernels

#: The module of what stands around a plain network, which is given the shape of what that gets.
AROUND = "models.tasks.own."


@dataclass(frozen=True)
class Surroundings:
    """What a run gets from the process that executes it; none of it moves a number."""

    workspace: Workspace
    device: str = "cpu"
    should_stop: Callable[[], bool] = lambda: False
    on_epoch: Callable[[int, int, float], None] = lambda epoch, of, loss: None
    checkpoint_seconds: float = 60.0
    #: of data modules that make features: see datasets.batches.module
    beside: Callable[[], Sequence[Any]] = tuple
    #: is told (items done, items in all) while features are made
    on_item: Callable[[int, int], None] | None = None
    #: whether the final weights are published, too
    keeps_weights: bool = False
    #: where Lightning logs to: "csv", "tensorboard", "wandb", or nowhere
    logger: str | None = None
    #: its place among the runs that go on in turn in this process; alone by default
    seat: Seat = ALONE
    #: how training steps are captured ("graph", see benchmarks.runs.gang.capture), and who is told if they cannot be
    capture: str | Callable[[], Any] | None = None
    say: Callable[[str], None] = warned
    #: which kernels layers are to use, where they can be (models.kernels.choice)
    kernels: "Kernels" = "fused"


@dataclass
class Clock:
    """Seconds per phase on the run's own clock, and those that the process computed, all its threads together."""

    seconds: dict[str, float] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    now: Callable[[], float] = time.monotonic

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to `name`."""
        started, computed = self.now(), time.process_time()
        try:
            yield
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0.0) + self.now() - started, 3)
            self.cpu_seconds[name] = round(self.cpu_seconds.get(name, 0.0) + time.process_time() - computed, 3)


def execute(run: Run, around: Surroundings) -> Path | None:
    """Train and score `run`, and publish it; None if another process holds it or it is done already.

    Raises train.Stopped when asked to stop (behind a checkpoint), and whatever makes the run fail.
    """
    ledger = around.workspace.ledger
    with ledger.claim(run.id) as held:
        if not held or ledger.holds(run):
            return None
        _check_sources(run)
        _check_files(run, around.workspace)
        attempt = ledger.attempt(run)
        made = _work(run, attempt, around)
        _check_files(run, around.workspace)
        return ledger.publish(run, attempt, made, around.say)


def _check_sources(run: Run) -> None:
    """Raise InputError where what the user has written is not, here and now, what the run was planned with."""
    if is_own(run.setting):
        now = versions(run.resolved, by_content=True)
        if odd := [path for path, number in run.versions.items() if now.get(path) != number]:
            raise InputError(f"{odd[0]}: is another text here than when the run was planned; repeat the command")


def _check_files(run: Run, workspace: Workspace) -> None:
    """Raise InputError where the files of the dataset are not, here and now, those that the run was planned with."""
    if run.fingerprint != "absent" and not workspace.has_files_of(run):
        name = import_class(run.resolved["dataset"]["class_path"]).name
        raise InputError(
            f"{workspace.dataset_root(name, run.corpus)}: holds other files than when the run was planned; repeat the "
            "command"
        )


def _work(run: Run, attempt: Path, around: Surroundings) -> dict[str, Any]:
    from models.kernels import begin, choose

    with choose(around.kernels, around.say):
        begin()
        return _made(run, attempt, around)


def _made(run: Run, attempt: Path, around: Surroundings) -> dict[str, Any]:
    clock = Clock(now=around.seat.now)
    with clock.phase("total"):
        with clock.phase("data"):
            data = build_data(run, around.workspace)
            data.beside, data.progress = around.beside, around.on_item
            data.setup()
        model = build_model(run, data)
        if around.keeps_weights:
            check_keepable(model)
        method = _train if is_network(model) else _fit
        scores, facts = method(run, model, data, attempt, around, clock)
        if around.keeps_weights:
            arguments = _arguments(run, data)
            write_weights(attempt / FILE, kept_of(model, run.resolved["model"]["class_path"], arguments, data))
        with clock.phase("scores"):
            for test_set, one in scores.items():
                one.save(attempt / f"scores_{test_set}.npz")
                reference = data.reference(test_set)
                if reference is not None:
                    write_reference(attempt / f"reference_{test_set}.csv", reference)
    return {
        "seconds": clock.seconds,
        "code": code_revision(),
        "packages": package_versions(),
        "device": device_facts(around.device, run.numerics),
        "numerics": run.numerics,
        "peak_memory_mib": peak_memory_mib(around.device),
        "data": {**data.provenance(), "census": census_of(run, around.workspace)},
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        # What a process computed tells nothing of one among several runs in it.
        **({"gang": around.seat.size} if around.seat.size > 1 else {"cpu_seconds": clock.cpu_seconds}),
        **facts,
    }


def build_data(run: Run, workspace: Workspace) -> Any:
    """The run's DataModule: its own arguments, those of its dataset, and what the harness fills in."""
    part, dataset = run.resolved["data"], run.resolved["dataset"]
    name = import_class(dataset["class_path"]).name
    filled = {
        "root": str(workspace.dataset_root(name, run.corpus)),
        "cache": str(workspace.cache),
        "fold": run.fold,
        "seed": run.seed,
        **dataset["init_args"],
    }
    return instantiate(part["class_path"], {**part["init_args"], **filled})


def build_model(run: Run, data: Any) -> Any:
    """The run's network (a LightningModule) or estimator; its draws come from a seed of its own.

    Where it takes them, it is given the number of classes and the frames of the segments that the data have; what is
    the user's own, or stands around a plain network, the shape of one x of training, too. What these draw at their
    start comes from the same seed.
    """
    class_path, arguments = run.resolved["model"]["class_path"], _arguments(run, data)
    if not _is_users(run):
        return instantiate(class_path, arguments)
    import torch

    from models.tasks.own import completed

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_start(run))
        model = instantiate(class_path, arguments)
    return completed(model, data.task) if is_network(model) else model


def _is_users(run: Run) -> bool:
    """Whether the network is one of the user's, or stands around one."""
    return is_own(run.setting) or run.resolved["model"]["class_path"].startswith(AROUND)


def _start(run: Run) -> int:
    """The seed of a network's first weights."""
    return derive(run.seed, run.fold, "init") % 2**31


def _arguments(run: Run, data: Any) -> dict[str, Any]:
    """All that the constructor of a run's network or estimator is given."""
    part = run.resolved["model"]
    offered: dict[str, Any] = {"num_classes": data.num_classes, "seed": _start(run)}
    offered |= {"n_frames": data.n_frames} if data.n_frames else {}
    filled = {name: value for name, value in offered.items() if accepts(part["class_path"], name)}
    if not _is_users(run):
        return {**part["init_args"], **filled}
    if accepts(part["class_path"], "input_shape"):
        filled["input_shape"] = list(_training_batch(data)[0].shape[1:])
    return {**filled, **part["init_args"]}


def _training_batch(data: Any) -> tuple[Any, Any]:
    """The first batch of training, x and y; what is drawn for it is no state, so it comes again."""
    x, y = data.on_after_batch_transfer(next(iter(data.train_dataloader())), 0)
    return x, y


def try_network(run: Run, around: Surroundings, folder: Path) -> None:
    """Make the network of a run of the user's twice, train it on one batch and let it predict, in an empty `folder`.

    Raises InputError, one line, for one that does not begin alike with the same seed, does not give what its task
    needs, or cannot be trained: before anything is.
    """
    from models.tasks.own import WANTED, Own, check_shapes, fault, same_start

    data = build_data(run, around.workspace)
    data.setup()
    name = run.resolved["model"]["init_args"].get("network") or run.resolved["model"]["class_path"]
    with _told(name), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, again = build_model(run, data), build_model(run, data)
        if not is_network(model):
            return
    with _told(name):
        check_shapes(model)
    if odd := same_start(model, again):  # before anything is computed: batch normalisation counts what it is given
        raise InputError(
            f"{name}: {odd} differs between two made with the same seed; draw with torch's generator alone"
        )
    if isinstance(model, Own) and (problem := fault(model, *_training_batch(data), data.task)):
        raise InputError(f"{name}: {problem}")
    trial = {"max_epochs": 1, "limit_train_batches": 1, "limit_val_batches": 1}
    short = replace(run, resolved={**run.resolved, "trainer": {**run.resolved["trainer"], **trial}})
    wanted = f"; it must give {WANTED[data.task]}" if data.task in WANTED else ""
    with _told(name, wanted), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one batch nothing is to be said
        _train(short, model, data, folder, around, Clock())


@contextmanager
def _told(name: str, wanted: str = "") -> Iterator[None]:
    """Tell in one line what goes wrong with a network that somebody has written."""
    try:
        yield
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(name) else f"{name}: {error}") from error
    except Exception as error:
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        text = " ".join(f"{kind}{error}".split())[:300]
        raise InputError(f"{name}: {text}{wanted}; --debug shows where") from error


def is_network(model: Any) -> bool:
    """Whether Lightning trains the model; else it is an estimator, which fits arrays."""
    import pytorch_lightning as pl

    return isinstance(model, pl.LightningModule)


def _train(
    run: Run, model: Any, data: Any, attempt: Path, around: Surroundings, clock: Clock
) -> tuple[dict[str, Scores], dict[str, Any]]:
    from benchmarks.runs.gang.capture import captured
    from benchmarks.runs.train import make_logger, train

    is_orphaned = False
    ends: list[float] = []

    def on_epoch(epoch: int, of: int, loss: float) -> None:
        nonlocal is_orphaned
        ends.append(around.seat.now())
        pace = _pace(ends, device_facts(around.device, run.numerics)) if len(ends) > 1 else {}
        write_json(attempt / "progress.json", {"epoch": epoch, "of": of, "loss": loss, **pace})
        try:
            around.on_epoch(epoch, of, loss)
        except ConnectionError:  # whoever waited for this run is gone, which is no fault of the run
            is_orphaned = True

    def should_stop() -> bool:
        return is_orphaned or around.should_stop()

    with clock.phase("fit"), captured(model, run, around.capture, around.say) as captures:
        trainer, facts = train(
            run, model, data, attempt, around.device, should_stop, on_epoch, around.checkpoint_seconds,
            make_logger(around.logger, around.workspace.runs, run.id), around.seat.now, around.say,
        )  # fmt: skip
    with clock.phase("predict"):
        scores = _predict(trainer, model, data)
    _write_probes(run, model, data, attempt)
    return scores, {**facts, **captures}


def _pace(ends: Sequence[float], device: dict[str, Any]) -> dict[str, Any]:
    """What an epoch takes on this device, by when epochs have ended, s: the median, as some wait for other work."""
    each = statistics.median(end - before for before, end in pairwise(ends))
    return {"seconds": round(max(0.0, each), 3), "device": device}


def _predict(trainer: Any, model: Any, data: Any) -> dict[str, Scores]:
    """What the network says about every test set of the data; recordings of it may differ in length."""
    batches = trainer.predict(model, datamodule=data)
    by_set = [batches] if len(data.test_sets) == 1 else batches
    found = {
        name: stacked([one.float().cpu().numpy() for one in values])
        for name, values in zip(data.test_sets, by_set, strict=True)
    }
    if hasattr(data, "repeated"):  # which rounding on some device might tell apart
        found = {name: data.repeated(name, values) for name, values in found.items()}
    return {name: _scores(items, data, found[name], model) for name, items in data.test_sets.items()}


def _scores(items: list[str], data: Any, values: np.ndarray, model: Any) -> Scores:
    return Scores(tuple(items), tuple(data.classes), values, model.kind_of_scores, data.hop)


def _fit(
    run: Run, model: Any, data: Any, attempt: Path, around: Surroundings, clock: Clock
) -> tuple[dict[str, Scores], dict[str, Any]]:
    with clock.phase("fit"):
        model.fit(*data.arrays("train"))
    with clock.phase("predict"):
        scores = {
            name: _scores(items, data, model.scores(data.arrays(name)[0]), model)
            for name, items in data.test_sets.items()
        }
    return scores, {}


def _write_probes(run: Run, model: Any, data: Any, attempt: Path) -> None:
    """Tensors for figures that the run carries: for each, the module's method of that name on the probe items.

    Figures show the first seed, and float16 is more than a page can show.
    """
    if not run.probes or run.seed:
        return
    items, inputs = data.probe_batch()
    arrays = {name: getattr(model, name)(inputs.to(model.device)).half().cpu().numpy() for name in run.probes}
    with writing(attempt / "probes.npz"):
        np.savez_compressed(attempt / "probes.npz", items=np.array(items), **arrays)


def prepare_process(threads: int) -> None:
    """Set up a process that executes runs one after the other: its threads, and what may be said on the way."""
    import torch

    torch.set_num_threads(threads)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
