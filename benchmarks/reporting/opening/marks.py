"""The marks beside the numbers of a paper's own table, and what they say below it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.judge.table import CellResult

#: What a mark stands for, in the order in which they are explained.
MEANINGS = {
    "✓": "reproduced: one more run of our recipe is expected within the margin of the published value",
    "✗": "deviates: it is expected beyond the margin",
    "?": "undecided: the spread over seeds is too large, or not known yet",
    "⊘": "not comparable: what is published was made otherwise, as its note tells",
    "!": "no verdict: the files are not all the official ones",
    "=": "holds: the same comes out of the networks or formulas themselves, without training",
    "≠": "fails: something else comes out of the networks or formulas themselves",
    "ᵐ": "the mean alone: single folds differ",
    "ᶠ": "a fitted reading: what was run was chosen by the published number, so that a match is no evidence for it",
    "ʳ": "our reading: the paper leaves a part of its protocol open",
    "ᵇ": "not computed in float32 but in what a study has shown to give the same ([numerics](numerics.md))",
}
VERDICTS = {
    "reproduced": "✓", "deviates": "✗", "undecided": "?", "not comparable": "⊘", "flawed files": "!",
    "holds": "=", "fails": "≠",
}  # fmt: skip
#: What a mark beside that of the verdict is for.
FURTHER: dict[str, Callable[[CellResult], bool]] = {
    "ᵐ": lambda one: one.mean_alone is not None,
    "ᶠ": lambda one: bool(one.fitted_fields or one.fitted_check),
    "ʳ": lambda one: one.protocol == "our reading" and one.verdict is not None,
    "ᵇ": lambda one: one.numerics != "float32",
}


@dataclass
class Marks:
    """The marks that occur in a table."""

    used: set[str] = field(default_factory=set)

    def of(self, one: CellResult) -> str:
        """Those of a cell with a value under the paper's conditions."""
        if one.status not in VERDICTS:
            return ""
        further = [mark for mark, is_so in FURTHER.items() if is_so(one)]
        self.used |= {VERDICTS[one.status], *further}
        return " " + VERDICTS[one.status] + "".join(further)

    def legend(self) -> list[str]:
        """What those that occur mean."""
        return [f"{mark} {meaning}" for mark, meaning in MEANINGS.items() if mark in self.used]
