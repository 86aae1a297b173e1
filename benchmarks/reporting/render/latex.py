"""Grids as tables of LaTeX with booktabs, as wide and high as a page."""

import re
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.reporting.render.blocks import Grid
from benchmarks.reporting.render.inline import one_line

_SPECIAL = {
    **{mark: f"\\{mark}" for mark in "&%$#_{}"}, "\\": r"\textbackslash{}", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", "–": "--", "—": "---",
    "±": r"$\pm$", "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$", "≠": r"$\neq$", "→": r"$\rightarrow$",
    "−": "$-$", "²": r"$^2$", "λ": r"$\lambda$", "α": r"$\alpha$", "β": r"$\beta$", "µ": r"$\mu$", "μ": r"$\mu$",
    "γ": r"$\gamma$", "σ": r"$\sigma$", "τ": r"$\tau$", "Δ": r"$\Delta$", "…": r"\ldots{}", "“": "``", "”": "''",
    "‘": "`", "’": "'",
}  # fmt: skip
#: What letters stand behind until they are set: no character that anything written here has.
HIGH = "\x1e"
#: Characters that fit a page's width by the size of the type, and lines that fit its height.
SIZES = {"": 92, "\\small\n": 100, "\\footnotesize\n": 112}
PAGE_LINES = 50
#: The space between two columns, and what a character set high takes, in characters.
_BETWEEN, _RAISED = 2.4, 0.7


def floating(caption: str, label: str, made: Iterable[Grid], legend: str = "") -> str:
    """A table that floats, with its caption above: of as many tabulars as there are grids, and as fit a page's width.

    What does not fit one page goes on in further ones. legend: what stands below each, of the letters in it.
    """
    size, parts = _fitting(list(made))
    floats: list[list[Grid]] = [[]]
    for part in parts:
        if floats[-1] and sum(map(_lines, floats[-1])) + _lines(part) > PAGE_LINES:
            floats.append([])
        floats[-1].append(part)
    first, *more = floats
    further = (
        _one_float(f"{caption} Continued.", f"{label}.{number}", size, of, legend)
        for number, of in enumerate(more, start=2)
    )
    return "\n".join([_one_float(caption, label, size, first, legend), *further])


def _one_float(caption: str, label: str, size: str, parts: Sequence[Grid], legend: str) -> str:
    inner = "\n\\par\\medskip\n".join(map(_tabular, parts))
    head = f"\\begin{{table}}\n\\centering\n\\caption{{{escaped(caption)}}}\n\\label{{{label}}}\n\\par\\smallskip\n"
    below = f"\n\\par\\smallskip\n{{\\footnotesize {escaped(legend)}\\par}}" if legend else ""
    return f"{head}{size}{inner}{below}\n\\end{{table}}\n"


def _fitting(made: Sequence[Grid]) -> tuple[str, list[Grid]]:
    """The largest type in which grids fit a page's width; where none does they are parted between groups of columns."""
    for size, most in SIZES.items():
        if all(_width(grid) <= most for grid in made):
            return size, list(made)
    size, most = list(SIZES.items())[-1]
    return size, [part for grid in made for part in _parted(grid, most)]


def _parted(grid: Grid, most: float) -> Iterator[Grid]:
    """A grid in parts that are as narrow, each with the labels of the rows; groups of columns stay together."""
    groups, at = [], 1
    for _, span in grid.above[1:] or [("", 1)] * (len(grid.head) - 1):
        groups.append(list(range(at, at + span)))
        at += span
    taken: list[int] = []
    for group in groups:
        if taken and _width(_columns(grid, [*taken, *group])) > most:
            yield _columns(grid, taken)
            taken = []
        taken += group
    yield _columns(grid, taken)


def _columns(grid: Grid, chosen: Sequence[int]) -> Grid:
    """A grid with some of its columns, behind the labels of the rows."""

    def of(line: Sequence[str]) -> tuple[str, ...]:
        return (line[0], *(line[column] for column in chosen))

    above, at = [("", 1)] if grid.above else [], 1
    for text, span in grid.above[1:]:
        if at in chosen:
            above.append((text, span))
        at += span
    return Grid(of(grid.head), [of(row) for row in grid.rows], above=above)


def _width(grid: Grid) -> float:
    """About how wide a grid is set, in characters."""

    def of(entry: str) -> float:
        value, _, high = entry.partition(HIGH)
        return len(one_line(value)) + _RAISED * len(high)

    return sum(_BETWEEN + max(map(of, column)) for column in zip(grid.head, *grid.rows, strict=True))


def _lines(grid: Grid) -> int:
    """How many lines a grid takes, with its rules and the space behind it."""
    return len(grid.rows) + (4 if grid.above else 3)


def _tabular(grid: Grid) -> str:
    # Braces: after a line's end LaTeX would read `[` or `*` as its argument.
    lines = ["{}" * row[0].startswith(("[", "*")) + " & ".join(map(_set, row)) + r" \\" for row in grid.rows]
    head = [" & ".join(map(escaped, grid.head)) + r" \\"]
    if grid.above:
        head = [*_above(grid), *head]
    form = "l" + "r" * (len(grid.head) - 1)
    rows = "\n".join(["\\toprule", *head, "\\midrule", *lines, "\\bottomrule"])
    return f"\\begin{{tabular}}{{{form}}}\n{rows}\n\\end{{tabular}}"


def _above(grid: Grid) -> Iterator[str]:
    """What columns are grouped under, and the rules below it."""
    yield (
        " & ".join(escaped(text) if span == 1 else f"\\multicolumn{{{span}}}{{c}}{{{escaped(text)}}}"
                   for text, span in grid.above) + r" \\"
    )  # fmt: skip
    rules, at = [], 1
    for text, span in grid.above:
        if text and span > 1:
            rules.append(f"\\cmidrule(lr){{{at}-{at + span - 1}}}")
        at += span
    if rules:
        yield "".join(rules)


def _set(text: str) -> str:
    value, _, high = text.partition(HIGH)
    return escaped(value) + (f"$^{{\\mathrm{{{high}}}}}$" if high else "")


def escaped(text: str) -> str:
    """Text as LaTeX shows it: nothing in it is a command, and marks of notes are gone."""
    plain = re.sub(r"\[\^\d+\]|\*\*", "", one_line(text))
    return "".join(_SPECIAL.get(character, character) for character in plain)
