"""What a setting is made of, value by value with its origin, and what came of it, run by run."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.audit.origins import Stated, changed, stated
from benchmarks.judge.table import CellResult, TableResult
from benchmarks.reporting import wording
from benchmarks.reporting.opening.result import spoken
from benchmarks.reporting.pages.values import PARTS
from benchmarks.reporting.render.blocks import Block, Folded, Grid, Heading, Text
from benchmarks.reporting.sections.provenance import duration
from benchmarks.reporting.terms import coded, named
from benchmarks.reporting.web.uses import Use
from benchmarks.runs.ledger import Finished
from benchmarks.runs.provenance import device_in_words
from benchmarks.runs.stored.timings import spent
from benchmarks.spec import Paper
from datasets.acquire.telling import count_of

ORIGINS = (
    "*paper*: its text says so; *code*: code of its authors, or of the work it cites, does; *inferred*: it follows "
    "from something published that is no result; *fitted*: chosen because a published number comes out with it; "
    "*assumed*: nothing says so."
)
#: So many characters of a checksum are shown.
DIGITS = 12
#: A table with so many rows stands open.
FEW = 15


def recipe_blocks(paper: Paper, setting: str) -> Iterator[Block]:
    """All values of a setting in tier full, and what shorter tiers have otherwise."""
    yield Heading("Recipe, value by value")
    yield Text(ORIGINS)
    yield _values(stated(paper, setting))
    for tier in ("reduced", "smoke"):
        if tier in paper.settings[setting].tiers and (others := changed(paper, setting, tier)):  # type: ignore[arg-type]
            yield Folded(f"Otherwise in tier {tier}: {len(others)} values", [_values(others)])  # type: ignore[arg-type]


def _values(values: Sequence[Stated]) -> Grid:
    rows = [
        (
            PARTS.get(one.part, f"`{one.part.rpartition('.')[2]}`"), named(one.name, one.part),
            coded(one.name, one.sourced.value),
            one.sourced.origin, _where(one),
        )
        for one in values
    ]  # fmt: skip
    return Grid(("part", "what", "value", "origin", "where"), rows, left=tuple(range(5)))


def _where(one: Stated) -> str:
    sourced = one.sourced
    against = f"against this: {sourced.contradicts}" if sourced.contradicts else None
    tried = f"tried: {sourced.tried}" if sourced.tried else None
    return "; ".join(text for text in (sourced.where, sourced.note, tried, against) if text)


def value_blocks(use: Use) -> Iterator[Block]:
    """The value of every seed on every fold (or column) of the cells that ran, by their conditions."""
    found: dict[str, list[Block]] = {}
    for variant, cells in use.ran.items():
        for table, one in cells:
            if grid := _by_seed(table, one):
                column = table.table.columns[one.cell.column].label
                found[f"{table.id}, {one.cell.label}, {column}: {variant.in_words}"] = [grid]
    yield from _titled("Values by seed and fold", found)


def _titled(heading: str, parts: Mapping[str, Sequence[Block]]) -> Iterator[Block]:
    """Parts under a heading, each behind its title; a short one that is alone stands open."""
    if parts:
        yield Heading(heading)
    for title, blocks in parts.items():
        is_short = len(parts) == 1 and all(len(block.rows) <= FEW for block in blocks if isinstance(block, Grid))
        yield from (Text(f"{title}."), *blocks) if is_short else (Folded(title, blocks),)


def _by_seed(table: TableResult, one: CellResult) -> Grid | None:
    """A line per seed, a column per part of the value, with the mean of each where there are several."""
    evidence = one.evidence
    if evidence is None or not evidence.measured:
        return None
    decimals = one.cell.decimals + 1
    parts = list(dict.fromkeys(measured.part for measured in evidence.measured))
    values = {(measured.seed, measured.part): measured.value.value for measured in evidence.measured}
    rows = [
        (
            f"seed {seed}", *(wording.number(values.get((seed, part)), decimals) for part in parts),
            wording.number(evidence.seed_values.get(seed), decimals),
        )
        for seed in sorted({seed for seed, _ in values})
    ]  # fmt: skip
    head = [_called(table, part) for part in parts]
    return Grid(("", *head, "value"), rows)


def _called(table: TableResult, part: int | str) -> str:
    if isinstance(part, int):
        return f"fold {part}"
    column = table.table.columns.get(part)
    return column.label if column else part


def run_blocks(use: Use) -> Iterator[Block]:
    """The stored runs with where, when and from which code they were made, and the checksums of their scores."""
    found: dict[str, list[Block]] = {}
    for variant in use.ran:
        runs = use.runs(variant)
        seconds = sum(spent(one)["total"] for one in runs)
        title = f"{spoken(variant)}: {count_of(len(runs), 'run')}, {duration(seconds)} together"
        found[title] = [*_shared(runs), _listed(runs)]
    yield from _titled("Runs", found)


def _listed(runs: Sequence[Finished]) -> Grid:
    rows = [
        (
            f"`{one.run.id}`", one.run.dataset, str(one.run.fold), str(one.run.seed),
            str(one.result.get("ended", ""))[:10],
            duration(spent(one)["total"]), f"{one.result['peak_memory_mib']:.0f} MiB",
            f"`{one.result['code']['revision'][:10]}`" + (" changed" if one.result["code"]["dirty"] else ""),
            ", ".join(f"{name.removesuffix('.npz')} `{digest[:DIGITS]}`" for name, digest in _scores(one)),
        )
        for one in runs
    ]  # fmt: skip
    head = ("run", "dataset", "fold", "seed", "ended", "time", "memory", "code", "SHA-256 of scores")
    return Grid(head, rows, left=(0, 1, 4, 7, 8))


def _scores(one: Finished) -> list[tuple[str, str]]:
    return [(name, digest) for name, digest in sorted(one.result["files"].items()) if name.startswith("scores_")]


def _shared(runs: Sequence[Finished]) -> Iterator[Block]:
    """On what the runs were made: devices, packages, files."""
    devices = dict.fromkeys(device_in_words(one.result["device"]) for one in runs)
    packages = dict.fromkeys(
        ", ".join(f"{name} {version}" for name, version in one.result["packages"].items()) for one in runs
    )
    files = dict.fromkeys(f"{one.run.dataset} `{one.run.fingerprint}`" for one in runs)
    yield Text(f"On {'; '.join(devices)}. Files: {', '.join(files)}. Packages: {' / '.join(packages)}.")
