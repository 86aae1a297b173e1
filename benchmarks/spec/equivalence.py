"""Whether other numerics give what float32 gives: the study that a paper file asks for, before they may feed a verdict.

Its bounds stand in the file, so that they are fixed before the first run.
"""

from typing import Annotated, Literal

from pydantic import Field, StrictInt

from benchmarks.spec.bricks import Name, Strict
from benchmarks.spec.words import Tier

#: What may take the place of float32.
Other = Literal["tf32", "bf16"]


class Equivalence(Strict):
    """The same runs in both numerics: the same cells, folds, seeds and tier, on the real files."""

    #: the ids of the cells whose settings are run in both
    cells: list[str] = Field(min_length=1)
    tier: Tier = "reduced"
    seeds: StrictInt = Field(default=3, ge=2, le=1000)
    #: how far the 90 % interval of the mean difference may reach to either side, in the unit of the cells
    margin: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    #: how many times as large as the other the spread over seeds may be
    factor: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    #: the settings whose runs in these numerics feed verdicts once the study has shown it: networks like the ones run
    speaks_for: list[Name] = Field(min_length=1)
    #: why what these runs show holds for those
    because: str = Field(min_length=1)
    #: what a reader should know of how the study went: when it was looked at, which rule came when
    history: str = ""
