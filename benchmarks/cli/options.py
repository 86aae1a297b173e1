"""The options that several commands share, and the choice of runs that they make up."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from benchmarks.cli import paths
from benchmarks.errors import InputError
from benchmarks.launch.launcher import launcher_names
from benchmarks.spec import folders
from benchmarks.spec.words import Corpus, Numerics, Tier

if TYPE_CHECKING:
    from benchmarks.runs.plan import Choice

Target = Annotated[
    str,
    typer.Argument(
        help="A paper, a table, a row, a column or a cell of it: acrnn, acrnn.t3, acrnn.t3.att_aug, acrnn.t3.esc50, "
        "acrnn.t3.att_aug.esc50"
    ),
]
TierOption = Annotated[
    Tier, typer.Option(help="full: the paper's schedule; reduced: what a CPU can do; smoke: a second")
]
CorpusOption = Annotated[Corpus, typer.Option(help="Where the files come from")]
NumericsOption = Annotated[Numerics, typer.Option(help="Precision; part of a run's identity")]
SeedsOption = Annotated[int | None, typer.Option(min=1, max=10_000, help="Seeds per setting (default: the paper's)")]
FoldsOption = Annotated[str | None, typer.Option(help="Folds, comma-separated (default: all of the tier)")]
DeviceOption = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="auto: the accelerator if there is one")]


def _place(option: str, variable: str, help: str, is_ours: bool = False) -> Any:
    """The option for a folder that a variable may name as well; one of ours is written to and tidied up."""
    parser = paths.own_folder if is_ours else paths.folder
    return typer.Option(option, envvar=variable, parser=parser, metavar="FOLDER", help=help)


DataOption = Annotated[Path | None, _place("--data-root", "RESOUND_DATA", "Where the datasets lie (default: data/)")]
RunsOption = Annotated[Path | None, _place("--runs", "RESOUND_RUNS", "The store of runs (default: runs/)", True)]
CacheOption = Annotated[Path | None, _place("--cache", "RESOUND_CACHE", "Derived files (default: cache/)", True)]
ReportsOption = Annotated[
    Path | None, _place("--reports", "RESOUND_REPORTS", "Reports and landed runs (default: reports/)", True)
]
JobsOption = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Runs at a time (default: a core each, 2 on a GPU)")
]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--jobs", min=1, max=1024, help="Processes that score and draw what is new (default: a core each)"),
]
GangOption = Annotated[
    int,
    typer.Option(
        "--gang", min=1, max=64,
        help="Runs of one setting that go on together in one process, a step each in turn (for accelerators; their "
        "gain is unmeasured)",
    ),
]  # fmt: skip
MinutesOption = Annotated[float | None, typer.Option(min=0, help="Time budget, then it saves; 0 starts nothing")]
LauncherOption = Annotated[
    str,
    typer.Option(help=f"Where runs execute: {', '.join(launcher_names())}, or the import path of a launcher's class"),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Another value of an argument, again for each: model.x=3, data.x=[1,2], trainer.x=1e-3 (YAML). A list for "
        "an argument that takes none is a sweep. Such rows have names of their own, and earn no verdict",
        metavar="PART.ARGUMENT=VALUE",
    ),
]
KeepOption = Annotated[
    Literal["weights"] | None,
    typer.Option("--keep", help="Keep the final weights with each run (safetensors), for `predict`; not landed"),
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Make stored runs anew, beside them, and say whether the same comes out")
]
LoggerOption = Annotated[
    Literal["csv", "tensorboard", "wandb"] | None,
    typer.Option("--logger", help="Log the losses of every epoch, in logs/ below the store of runs (default: nowhere)"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]


def _papers(
    papers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOLDER",
            help="Papers of yours beside the built-in ones: a folder of papers, or that of one; may be repeated, and "
            "is added to what RESOUND_PAPERS names",
        ),
    ] = None,
) -> None:
    """Has the option that `with_papers` gives to commands."""


def _checked(words: Sequence[str]) -> list[str]:
    """The folders that words name, several apart as on PATH. Raises InputError for what cannot be one."""
    try:
        return [str(paths.folder(place)) for word in words for place in (word and word.split(os.pathsep)) or [word]]
    except typer.BadParameter as error:
        raise InputError(f"--papers: {error.message}") from None


def with_papers(app: typer.Typer) -> Callable[..., Any]:
    """The command line of an app, whose commands (those of groups aside) all take --papers."""
    alone = typer.Typer(add_completion=False)
    alone.command()(_papers)
    option = typer.main.get_command(alone).params[0]
    option.expose_value = False
    option.callback = lambda context, parameter, words: folders.add(_checked(words or []))
    line = typer.main.get_command(app)
    for command in vars(line)["commands"].values():
        if "commands" not in vars(command):
            command.params.append(option)
    return line


def numerics_here(numerics: Numerics, device: str, launcher: str) -> Numerics:
    """What runs here are computed in: float32, which is told, where the device has nothing for other numerics."""
    if numerics == "float32" or launcher.partition(":")[0] not in ("local", "background"):
        return numerics
    from benchmarks.runs.machine.device import unavailable

    if why := unavailable(numerics, device):
        print(f"--numerics {numerics}: {why}; trains in float32, under its runs")
        return "float32"
    return numerics


def choice_of(tier: Tier, corpus: Corpus, seeds: int | None, folds: str | None, numerics: Numerics) -> "Choice":
    """What to run. Raises InputError for folds that are no numbers."""
    from benchmarks.runs.plan import Choice

    try:
        numbers = None if folds is None else tuple(dict.fromkeys(int(fold) for fold in folds.split(",")))
    except ValueError:
        raise InputError(f"--folds {folds or 'with nothing'}: must be numbers with commas, like 1,2") from None
    return Choice(tier, corpus, numerics, seeds, numbers)
