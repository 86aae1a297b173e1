"""The options that several commands share, and the choice of runs that they make up."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from benchmarks.errors import InputError
from benchmarks.spec.words import Corpus, Numerics, Tier

if TYPE_CHECKING:
    from benchmarks.runs.plan import Choice

Target = Annotated[str, typer.Argument(help="A paper, a table or a cell: acrnn, acrnn.t3, acrnn.t3.att_aug.esc50")]
TierOption = Annotated[
    Tier, typer.Option(help="full: the paper's schedule; reduced: what a CPU can do; smoke: a second")
]
CorpusOption = Annotated[Corpus, typer.Option(help="Where the files come from")]
NumericsOption = Annotated[Numerics, typer.Option(help="Precision; part of a run's identity")]
SeedsOption = Annotated[int | None, typer.Option(min=1, help="Seeds per setting (default: the paper file's)")]
FoldsOption = Annotated[str | None, typer.Option(help="Folds, comma-separated (default: all of the tier)")]
DeviceOption = Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="auto: the accelerator if there is one")]
DataOption = Annotated[Path | None, typer.Option("--data-root", help="Where the datasets lie [RESOUND_DATA, data/]")]
RunsOption = Annotated[Path | None, typer.Option("--runs", help="The store of runs [RESOUND_RUNS, runs/]")]
CacheOption = Annotated[Path | None, typer.Option("--cache", help="Derived files [RESOUND_CACHE, cache/]")]
ReportsOption = Annotated[
    Path | None, typer.Option("--reports", help="Reports and landed runs [RESOUND_REPORTS, reports/]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON")]


def choice_of(tier: Tier, corpus: Corpus, seeds: int | None, folds: str | None, numerics: Numerics) -> "Choice":
    """What to run. Raises InputError for folds that are no numbers."""
    from benchmarks.runs.plan import Choice

    try:
        numbers = tuple(int(fold) for fold in folds.split(",")) if folds else None
    except ValueError:
        raise InputError(f"--folds {folds}: must be numbers with commas, like 1,2") from None
    return Choice(tier, corpus, numerics, seeds, numbers)
