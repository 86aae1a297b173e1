"""Weights that fall exponentially with distance: a drawing of what a paper states, whatever was run."""

import math
from collections.abc import Iterator

from pydantic import Field

from benchmarks.judge.table import TableResult
from benchmarks.reporting.drawing.lines.decays import draw_decays
from benchmarks.reporting.figures import FactKind, Figure, Words


class DecayWords(Words):
    """What the constant is called, and what is drawn."""

    symbol: str = "constant"
    caption: str = "Weights that fall with distance d as exp(-d / constant), and the frames down to the dashed line"


class Decay(FactKind):
    """exp(-distance / constant) for several constants (in frames), and how far each stays at a level or above."""

    words: DecayWords = DecayWords()
    constants: tuple[float, ...] = Field(min_length=1)
    #: how many frames are drawn
    frames: int = Field(default=100, gt=0)
    #: a share of the weight at distance 0
    level: float = Field(default=0.02, gt=0, lt=1)

    def figures(self, result: TableResult) -> Iterator[Figure]:
        """One."""
        labels = {
            one: f"{self.words.symbol} = {one:g}: {self.whole_frames(one)} frames per side" for one in self.constants
        }
        yield Figure(
            f"decay_{result.table_id}",
            f"{self.words.caption}. Drawn from the formula, whatever was run; {result.table.title}",
            [list(labels.items()), self.frames, self.level],
            lambda: draw_decays(labels, self.frames, self.level),
        )

    def whole_frames(self, constant: float) -> int:
        """The largest whole distance at which the drawn curve is not below the level."""
        return math.floor(-constant * math.log(self.level))
