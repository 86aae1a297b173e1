"""The learning curves of a setting as small drawings: the mean over its runs and their range, epoch by epoch."""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from html import escape

from benchmarks.judge.table import Variant
from benchmarks.reporting.drawing.style import EDGE, GRID, OURS, PAPER
from benchmarks.reporting.render.blocks import Picture
from benchmarks.reporting.web.uses import Use
from benchmarks.runs.ledger import Finished
from benchmarks.runs.memo import Memo

HISTORY = "history.csv"
#: What is drawn of a history: the column, what it is called, its colour, how its line is broken.
LINES = (("loss", "training loss", OURS, ""), ("val_loss", "validation loss", PAPER, "5 3"))
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 250, 52, 12, 28, 34
#: Changes whenever a drawing does.
VERSION = 1
#: By epoch the mean over runs, the lowest and the highest.
Curve = list[tuple[float, float, float]]


def curves(use: Use, memo: Memo) -> Iterator[tuple[Picture, bytes]]:
    """A drawing for each dataset and each of the conditions under which runs kept a history."""
    for variant in use.ran:
        by_dataset: dict[str, list[Finished]] = {}
        for one in use.runs(variant):
            if HISTORY in one.result["files"]:
                by_dataset.setdefault(one.run.dataset, []).append(one)
        for dataset, runs in by_dataset.items():
            key = [VERSION, [one.result["files"][HISTORY] for one in runs]]
            kept: dict[str, Curve] = memo.json("curves", key, partial(_curves, runs))
            if kept:
                name = f"curves_{use.setting}_{dataset}_{variant.name}.svg"
                yield Picture(f"figures/{name}", _caption(use, dataset, variant, runs, kept)), _drawn(kept)


def _caption(use: Use, dataset: str, variant: Variant, runs: Sequence[Finished], kept: dict[str, Curve]) -> str:
    """What is drawn and where it ends, for those who cannot see it."""
    epochs = len(next(iter(kept.values())))
    ends = ", ".join(
        f"{called} from {kept[column][0][0]:.3g} to {kept[column][-1][0]:.3g}"
        for column, called, _, _ in LINES
        if column in kept
    )
    several = f"mean and range of {len(runs)} runs" if len(runs) > 1 else "one run"
    return f"{use.paper.datasets[dataset].title}, {variant.in_words}: {ends} in {epochs} epochs ({several})"


def _curves(runs: Sequence[Finished]) -> dict[str, Curve]:
    """The curves of what all runs kept, as long as the shortest of them."""
    found: dict[str, Curve] = {}
    histories = [_history(one) for one in runs]
    for column, _, _, _ in LINES:
        kept = [history[column] for history in histories if history.get(column)]
        if len(kept) == len(runs):
            by_epoch = zip(*kept, strict=False)
            found[column] = [(sum(at) / len(at), min(at), max(at)) for at in by_epoch]
    return found


def _history(one: Finished) -> dict[str, list[float]]:
    with (one.folder / HISTORY).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        column: [float(row[column]) for row in rows]
        for column, _, _, _ in LINES
        if rows and all(row.get(column) for row in rows)
    }


def _drawn(kept: dict[str, Curve]) -> bytes:
    top = max(high for curve in kept.values() for _, _, high in curve) or 1.0
    epochs = max(len(curve) for curve in kept.values())

    def at(epoch: int, value: float) -> str:
        x = LEFT + (WIDTH - LEFT - RIGHT) * epoch / max(epochs - 1, 1)
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top
        return f"{x:.1f},{max(y, 0):.1f}"

    parts = [*_frame(top, epochs)]
    for number, (column, called, colour, dashes) in enumerate(LINES):
        if curve := kept.get(column):
            band = [at(epoch, high) for epoch, (_, _, high) in enumerate(curve)]
            band += [at(epoch, low) for epoch, (_, low, _) in reversed(list(enumerate(curve)))]
            line = " ".join(at(epoch, mean) for epoch, (mean, _, _) in enumerate(curve))
            broken = f' stroke-dasharray="{dashes}"' if dashes else ""
            x = LEFT + 150 * number
            parts += [
                f'<polygon points="{" ".join(band)}" fill="{colour}" fill-opacity=".16"/>',
                f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"{broken}/>',
                f'<line x1="{x}" y1="14" x2="{x + 24}" y2="14" stroke="{colour}" stroke-width="1.8"{broken}/>',
                f'<text x="{x + 30}" y="18">{escape(called)}</text>',
            ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="DejaVu Sans, sans-serif" font-size="11" fill="{EDGE}">'
    )
    return "\n".join([head, *parts, "</svg>\n"]).encode()


def _frame(top: float, epochs: int) -> Iterator[str]:
    """Axes with a few values, and what they are of."""
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{top * share:.3g}</text>'
    for epoch in sorted({0, (epochs - 1) // 2, epochs - 1}):
        x = LEFT + (WIDTH - LEFT - RIGHT) * epoch / max(epochs - 1, 1)
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{epoch + 1}</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">epoch</text>'
