"""The marks beside the numbers of a paper's own table, and what they say below it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from benchmarks.audit.printed import chosen
from benchmarks.judge.table import CellResult
from benchmarks.spec import Column
from datasets.acquire.telling import count_of

#: The mark of what published numbers had a say in.
FITTED = "ᶠ"
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
    FITTED: "a fitted reading: what was run was chosen by published numbers, so that a match is no evidence for it",
    "ʳ": "our reading: the paper leaves a part of its protocol open",
    "ᵇ": "not computed in float32 but in what a study lets stand for it ([numerics](numerics.md))",
}
#: The same of what is computed without training, before what was chosen.
CHOSEN = (
    "fitted: a part of what is computed was chosen because the printed numbers come out with it, so they test it only "
    "as far as they are more than what was chosen"
)
VERDICTS = {
    "reproduced": "✓", "deviates": "✗", "undecided": "?", "not comparable": "⊘", "flawed files": "!",
    "holds": "=", "fails": "≠",
}  # fmt: skip
#: What a mark beside that of the verdict is for.
FURTHER: dict[str, Callable[[CellResult], bool]] = {
    "ᵐ": lambda one: one.mean_alone is not None,
    FITTED: lambda one: bool(one.fitted_fields or one.fitted_check),
    "ʳ": lambda one: one.protocol == "our reading" and one.verdict is not None,
    "ᵇ": lambda one: one.numerics != "float32",
}


@dataclass
class Marks:
    """The marks that occur in a table with these columns."""

    columns: Mapping[str, Column]
    used: set[str] = field(default_factory=set)
    #: what was chosen for computed cells, with the column, and for how many numbers
    choices: Counter[tuple[str, str]] = field(default_factory=Counter)

    def of(self, one: CellResult) -> str:
        """Those of a cell with a value under the paper's conditions."""
        if one.status not in VERDICTS:
            return ""
        further = [mark for mark, is_so in FURTHER.items() if is_so(one)]
        if one.fitted_check:
            self.choices[one.cell.column, one.fitted_check] += 1
        explained = [mark for mark in further if mark != FITTED or one.fitted_fields]
        self.used |= {VERDICTS[one.status], *explained}
        return " " + VERDICTS[one.status] + "".join(further)

    def legend(self) -> list[str]:
        """What those that occur mean."""
        found = []
        for mark, meaning in MEANINGS.items():
            found += [f"{mark} {meaning}"] if mark in self.used else []
            found += [f"{mark} {CHOSEN}: {'; '.join(self._chosen())}"] if mark == FITTED and self.choices else []
        return found

    def _chosen(self) -> Iterator[str]:
        """What was chosen for how many numbers of a column; the first sentence, as all of it stands in the notes."""
        for (column, text), number in self.choices.items():
            yield f"{self.columns[column].label} ({count_of(number, 'number')}): {chosen(text)}"
