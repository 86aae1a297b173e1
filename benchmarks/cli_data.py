"""`resound data ...`: acquiring, checking and generating datasets."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from benchmarks.workspace import Workspace

data_app = typer.Typer(help="Acquire, check and generate datasets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="A dataset; `data list` names them")]
DataOption = Annotated[Path | None, typer.Option("--data-root", help="Where the datasets lie [RESOUND_DATA, data/]")]
CacheOption = Annotated[Path | None, typer.Option("--cache", help="Derived files [RESOUND_CACHE, cache/]")]
CorpusOption = Annotated[str, typer.Option(help="real, miniature or standin")]


@data_app.command("list")
def list_command(data_root: DataOption = None, cache: CacheOption = None) -> None:
    """The datasets, their licences, and whether they are on this machine."""
    from tabulate import tabulate

    from datasets.registry import DATASETS

    workspace = _workspace(data_root, cache)
    rows = []
    for name in DATASETS:
        cls = _dataset(name)
        corpora = [c for c in ("real", "miniature", "standin") if workspace.dataset_root(name, c).is_dir()]
        rows.append((name, cls.title, cls.licence, ", ".join(corpora) or "absent"))
    print(tabulate(rows, headers=["dataset", "title", "licence", "here"]))


@data_app.command("fetch")
def fetch_command(name: Name, data_root: DataOption = None) -> None:
    """Download a dataset; what was interrupted continues."""
    cls = _dataset(name)
    root = _workspace(data_root, None).dataset_root(name, "real")
    cls.fetch(root, report=print)
    print(f"{name}: {root}")


@data_app.command("import")
def import_command(
    name: Name,
    source: Annotated[Path, typer.Argument(help="A folder with what you have")],
    data_root: DataOption = None,
) -> None:
    """Take a dataset from a folder of this machine, by its official names."""
    cls = _dataset(name)
    root = _workspace(data_root, None).dataset_root(name, "real")
    cls.import_folder(source, root)
    print(f"{name}: {root}")


@data_app.command("check")
def check_command(
    name: Name, corpus: CorpusOption = "real", data_root: DataOption = None, cache: CacheOption = None
) -> int:
    """Compare a dataset with the official lists: missing, extra, unreadable, wrong rate, silent and so on."""
    from benchmarks.display import progress

    cls = _dataset(name)
    workspace = _workspace(data_root, cache)
    with progress(f"checking {name}") as advance:
        census = cls(root=workspace.dataset_root(name, corpus), cache=workspace.cache).census(progress=advance)
    print(census.to_markdown())
    return 0 if census.complete else 1


@data_app.command("miniature")
def miniature_command(name: Name, cache: CacheOption = None) -> None:
    """Write a small copy of a dataset in its real layout, with parametric sounds."""
    root = _workspace(None, cache).dataset_root(name, "miniature")
    _dataset(name).write_miniature(root)
    print(f"{name}: {root}")


def _dataset(name: str) -> Any:
    from datasets.registry import get

    return get(name)


def _workspace(data_root: Path | None, cache: Path | None) -> "Workspace":
    from benchmarks.workspace import Workspace

    return Workspace.here(data=data_root, cache=cache)
