"""`resound data ...`: acquiring, checking and generating datasets."""

import math
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.cli import paths
from benchmarks.cli.options import CacheOption, DataOption
from benchmarks.errors import InputError, fitted
from benchmarks.launch.display import progress
from benchmarks.spec.words import CORPORA
from datasets import registry
from datasets.errors import DataError

if TYPE_CHECKING:
    from benchmarks.runs.workspace import Workspace

data_app = typer.Typer(help="Acquire, check and generate datasets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A dataset; `data list` names them")]
AnyCorpus = Annotated[str, typer.Option(help="real, miniature or standin")]


@data_app.command("list")
def list_command(data_root: DataOption = None, cache: CacheOption = None) -> None:
    """The datasets, their licences, and how much of each is on this machine; `data check` also looks into the files."""
    workspace = _workspace(data_root, cache)
    print(f"data root: {workspace.data} (another one: --data-root or RESOUND_DATA)")
    for name in registry.names():
        cls = registry.get(name)
        roots = {corpus: workspace.dataset_root(name, corpus) for corpus in CORPORA}
        here = [f"{corpus}: {found}" for corpus, root in roots.items() if (found := _how_much(cls, root))]
        print(fitted(f"\n{name}: {cls.title}\n  licence: {cls.licence}\n  here: {', '.join(here) or 'absent'}"))


def _how_much(cls: Any, root: Path) -> str:
    """How much of what its lists name lies in a dataset's root, or "" where there is none; nothing is decoded."""
    try:
        if not root.is_dir():
            return ""
        census = registry.part(cls, "census").take_census(cls(root), contents=False)
    except DataError:
        return f"not usable, see `data check {cls.name}`"
    except OSError as error:  # of one dataset; the others are told all the same
        return f"cannot be read ({error.strerror})"
    if not census.found:
        return f"none of {census.expected} {census.what}"
    return f"{'all' if census.found == census.expected else f'{census.found} of'} {census.expected} {census.what}"


@data_app.command("fetch")
def fetch_command(name: Name, data_root: DataOption = None) -> None:
    """Download a dataset; what was interrupted continues."""
    root = _workspace(data_root, None).dataset_root(name, "real")
    fetch = registry.part(registry.get(name), "acquire").fetch
    try:
        fetch(root, report=print)
    except DataError as error:
        own = f"python -m benchmarks data import {name} FOLDER"
        raise DataError(f"{error}; a copy from elsewhere will do too: `{own}`") from error
    print(f"{name}: {root}")


@data_app.command("import")
def import_command(
    name: Name,
    source: Annotated[
        Path, typer.Argument(parser=paths.source, help="A folder with what you have, in any layout, or an archive")
    ],
    data_root: DataOption = None,
) -> None:
    """Take what a folder of this machine has of a dataset; says what is left out of it, and why."""
    root = _workspace(data_root, None).dataset_root(name, "real")
    registry.part(registry.get(name), "acquire").import_folder(source, root)
    print(f"{name}: {root}; `python -m benchmarks data check {name}` names what is missing or faulty")


@data_app.command("check")
def check_command(
    name: Name, corpus: AnyCorpus = "real", data_root: DataOption = None, cache: CacheOption = None
) -> int:
    """Compare a dataset with the official lists: missing, extra, unreadable, wrong rate, silent and so on."""
    cls = registry.get(name)
    workspace = _workspace(data_root, cache)
    workspace.check_there(cls, _corpus(corpus))
    dataset = cls(root=workspace.dataset_root(name, corpus), cache=workspace.cache)
    with progress(f"checking {name}") as advance:
        census = registry.part(cls, "census").take_census(dataset, advance)
    print(census.to_markdown())
    if census.faults:
        print(
            f"Put the official file in the place of a faulty one, below {dataset.root}; without one that cannot be "
            "decoded, take it away and `run` with --allow-incomplete."
        )
    return 0 if census.complete else 1


@data_app.command("miniature")
def miniature_command(name: Name, cache: CacheOption = None) -> None:
    """Write a small copy of a dataset in its real layout, with parametric sounds."""
    root = _workspace(None, cache).dataset_root(name, "miniature")
    registry.part(registry.get(name), "miniature").write(root)
    print(f"{name}: {root}")


@data_app.command("standin")
def standin_command(name: Name, data_root: DataOption = None, cache: CacheOption = None) -> None:
    """Write a dataset's real layout filled with real clips of other collections of the data root."""
    write = registry.part(registry.get(name), "standin").write
    workspace = _workspace(data_root, cache)
    root = workspace.dataset_root(name, "standin")
    with progress(f"writing {name}") as advance:
        write(root, workspace.data, progress=advance)
    print(f"{name}: {root}")


@data_app.command("synthesize")
def synthesize_command(
    name: Name,
    subset: Annotated[list[str] | None, typer.Option(help="A subset; may be repeated (default: all)")] = None,
    mixtures: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Mixtures per class (default: the subset's own)")
    ] = None,
    presence: Annotated[float | None, typer.Option(min=0, max=1, help="Share of mixtures with an event")] = None,
    ebrs: Annotated[str | None, typer.Option(help="Event-to-background ratios in dB, like -6,0,6")] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Seed of all draws")] = None,
    fresh_onsets: Annotated[bool, typer.Option("--fresh-onsets", help="An onset of its own for every mixture")] = False,
    write_audio: Annotated[bool, typer.Option("--write-audio", help="Write audio too, not lists alone")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=paths.folder, metavar="FOLDER", help="Write mixture_data/ there [cache/mixtures/CORPUS/NAME]"
        ),
    ] = None,
    jobs: Annotated[int | None, typer.Option(min=1, max=1024, help="Threads (default: one per core)")] = None,
    corpus: AnyCorpus = "real",
    data_root: DataOption = None,
    cache: CacheOption = None,
) -> None:
    """Write mixtures of a dataset's sources in the official layout; what was interrupted continues."""
    ratios = _numbers("--ebrs", ebrs)
    synthesis = registry.part(registry.get(name), "synthesis")
    cls = registry.get(name)
    workspace = _workspace(data_root, cache)
    workspace.check_there(cls, _corpus(corpus))
    dataset = cls(root=workspace.dataset_root(name, corpus), cache=workspace.cache)
    given = {
        "mixtures_per_class": mixtures,
        "event_presence_prob": presence,
        "ebrs": ratios,
        "seed": seed,
    }
    changes = {key: value for key, value in given.items() if value is not None}
    target = out or workspace.cache / "mixtures" / corpus / name
    for one, folder in synthesis.synthesize(
        dataset, target, lambda one: progress(f"{name} {one}"), subset, changes, fresh_onsets, write_audio, jobs
    ):
        print(f"{name} {one}: {folder}")


def _corpus(corpus: str) -> str:
    if corpus not in CORPORA:
        raise InputError(f"unknown corpus {corpus!r}; known: {', '.join(CORPORA)}")
    return corpus


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    """Finite numbers with commas; whole ones stay whole, because official names depend on it."""
    if text is None:
        return None
    with suppress(ValueError, OverflowError):
        numbers = tuple(
            int(one) if one.strip().lstrip("+-").isdigit() else float(one) for one in text.split(",") if one
        )
        if all(math.isfinite(number) for number in numbers):
            return numbers
    raise InputError(f"{option} {text}: must be numbers with commas, like -6,0,6")


def _workspace(data_root: Path | None, cache: Path | None) -> "Workspace":
    from benchmarks.runs.workspace import Workspace

    return Workspace.here(data=data_root, cache=cache)
