"""The typed form of a claim's `test`: every kind of sentence comes down to links "A is above B by more than so much".

    {kind: beats, rows: [A, B], by: 0}                      A > B + by
    {kind: at_least, rows: [A, B], tie: 0}                  A >= B - tie
    {kind: chain, rows: [A, B, C]}                          A > B > C
    {kind: best, rows: [A, B, C], tie: 0}                   A is above all other rows; with `tie`, or that near to them
    {kind: difference, rows: [A, B], value: 2, within: 1}   A - B lies in value ± within, on the value's side of zero
    {kind: similar, rows: [A, B, C], within: 1}             no two rows differ by more than `within`
    {kind: pairs, pairs: [[A, B], [C, B]]}                  of every pair the first is above the second
    {kind: never_worst, rows: [A, B, C]}                    in no class of the items is A below all other rows

Rows are those of the claim's table, or `columns` of a claim about one row; `by`, `tie`, `value` and `within` are in the
unit of the values. In printed numbers "above" needs a difference: equal values are a tie, of which the sentence neither
holds nor fails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, permutations
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, AliasChoices, Field, TypeAdapter, ValidationError

from benchmarks.errors import InputError
from benchmarks.spec.bricks import ColumnName, Strict


def _each_once(names: list[str]) -> list[str]:
    twice = [name for position, name in enumerate(names) if name in names[:position]]
    if twice:
        raise ValueError(f"names {twice[0]} twice")
    return names


_EITHER = AliasChoices("rows", "columns")
_Names = Annotated[list[ColumnName], AfterValidator(_each_once)]
TwoRows = Annotated[_Names, Field(min_length=2, max_length=2, validation_alias=_EITHER)]
Rows = Annotated[_Names, Field(min_length=2, validation_alias=_EITHER)]
Points = Annotated[float, Field(allow_inf_nan=False)]


class Link(NamedTuple):
    """The elementary statement `above` - `below` > `by`, or >= where a tie is enough."""

    above: str
    below: str
    by: float = 0.0
    tie_is_enough: bool = False

    def __str__(self) -> str:
        sign = ">=" if self.tie_is_enough else ">"
        return f"{self.above} {sign} {self.below}{_offset(self.by)}"

    def turned(self) -> str:
        """The same statement from the other side: "B <= A + 3" of "A >= B - 3"."""
        sign = "<=" if self.tie_is_enough else "<"
        return f"{self.below} {sign} {self.above}{_offset(-self.by)}"


def _offset(by: float) -> str:
    return f" {'+' if by > 0 else '-'} {abs(by):g}" if by else ""


class Beats(Strict):
    """The first row is above the second, by more than `by`."""

    kind: Literal["beats"]
    rows: TwoRows
    by: Points = 0.0

    def links(self) -> Iterator[Link]:
        """What must hold."""
        yield Link(self.rows[0], self.rows[1], self.by)


class AtLeast(Strict):
    """The first row is not below the second by more than `tie`."""

    kind: Literal["at_least"]
    rows: TwoRows
    tie: Points = Field(default=0.0, ge=0)

    def links(self) -> Iterator[Link]:
        """What must hold."""
        yield Link(self.rows[0], self.rows[1], -self.tie, tie_is_enough=True)


class Chain(Strict):
    """Each row is above the next one."""

    kind: Literal["chain"]
    rows: Rows

    def links(self) -> Iterator[Link]:
        """What must hold."""
        yield from (Link(above, below) for above, below in pairwise(self.rows))


class Best(Strict):
    """The first row is above all others, or with a `tie` not below any of them by more than that."""

    kind: Literal["best"]
    rows: Rows
    tie: Points = Field(default=0.0, ge=0)

    def links(self) -> Iterator[Link]:
        """What must hold."""
        is_near = self.tie > 0
        yield from (Link(self.rows[0], other, -self.tie if is_near else 0.0, is_near) for other in self.rows[1:])


class Difference(Strict):
    """The first row minus the second is `value`, give or take `within`; of a gain, there must be one."""

    kind: Literal["difference"]
    rows: TwoRows
    value: Points
    within: Points = Field(gt=0)

    def links(self) -> Iterator[Link]:
        """What must hold: not much less, and not much more, and on the same side of zero."""
        first, second = self.rows
        if self.value:
            yield Link(first, second) if self.value > 0 else Link(second, first)
        yield Link(first, second, self.value - self.within, tie_is_enough=True)
        yield Link(second, first, -(self.value + self.within), tie_is_enough=True)


class Similar(Strict):
    """No two rows differ by more than `within`."""

    kind: Literal["similar"]
    rows: Rows
    within: Points = Field(gt=0)

    def links(self) -> Iterator[Link]:
        """What must hold: none of two is below the other by more."""
        for one, other in permutations(self.rows, 2):
            yield Link(one, other, -self.within, tie_is_enough=True)


class Pairs(Strict):
    """Of every pair the first is above the second: a sentence about many comparisons."""

    kind: Literal["pairs"]
    pairs: Annotated[list[Annotated[_Names, Field(min_length=2, max_length=2)]], Field(min_length=1)]

    def links(self) -> Iterator[Link]:
        """What must hold."""
        yield from (Link(above, below) for above, below in self.pairs)


class NeverWorst(Strict):
    """In no class of the items is the first row below all others: a sentence about classes, tested as one whole."""

    kind: Literal["never_worst"]
    rows: Annotated[_Names, Field(min_length=3, validation_alias=_EITHER)]

    def links(self) -> Iterator[Link]:
        """What is compared in each class, of which one link is enough there."""
        yield from (Link(self.rows[0], other, tie_is_enough=True) for other in self.rows[1:])


Form = Beats | AtLeast | Chain | Best | Difference | Similar | Pairs | NeverWorst
_FORMS: TypeAdapter[Form] = TypeAdapter(Annotated[Form, Field(discriminator="kind")])


Printed = Literal["holds", "fails", "tie"]


@dataclass(frozen=True)
class Ordering:
    """What a claim comes to in printed numbers; None where one of them is missing."""

    outcome: Printed | None
    note: str


def form_of(claim_id: str, test: Mapping[str, Any]) -> Form:
    """The typed form of a test. Raises InputError for one that has none of the forms."""
    try:
        return _FORMS.validate_python(dict(test))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in ("test", *first["loc"][1:]))
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise InputError(f"claim {claim_id}: {place}: {reason}; see benchmarks/spec/claims.py") from None


def links_of(claim_id: str, test: Mapping[str, Any]) -> tuple[Link, ...]:
    """The links of a claim, which must all hold, but for `never_worst`. Raises InputError as `form_of` does."""
    return tuple(form_of(claim_id, test).links())


def tolerance_of(claim_id: str, test: Mapping[str, Any]) -> float | None:
    """How far a claimed difference may be off, for claims of one, or of none. Raises InputError as `form_of` does."""
    form = form_of(claim_id, test)
    return form.within if isinstance(form, Difference | Similar) else None


def published_ordering(claim_id: str, test: Mapping[str, Any], published: Mapping[str, float | None]) -> Ordering:
    """What a claim comes to in the paper's own printed numbers: `published` has the value of each row.

    The note lists the links that fail or tie, with their numbers ("l6_sigmoid > none is a tie: 93 and 93").
    """
    if isinstance(form_of(claim_id, test), NeverWorst):
        return Ordering(None, "nothing printed for single classes")
    links = links_of(claim_id, test)
    missing = sorted({row for link in links for row in link[:2] if published.get(row) is None})
    if missing:
        return Ordering(None, f"nothing printed for {', '.join(missing)}")
    outcomes: set[Printed] = set()
    notes = []
    for link in links:
        above, below = (float(published[row] or 0.0) for row in link[:2])
        outcome = _in_print(link, above, below)
        outcomes.add(outcome)
        if outcome != "holds":
            notes.append(f"{link} {'is a tie' if outcome == 'tie' else 'fails'}: {above:g} and {below:g}")
    worst: Printed = "fails" if "fails" in outcomes else "tie" if "tie" in outcomes else "holds"
    return Ordering(worst, "; ".join(notes) or "holds in the printed numbers")


def _in_print(link: Link, above: float, below: float) -> Printed:
    # Printed numbers have few decimals; rounding the difference takes binary digits like 93.7 - 93.0 off it.
    beyond = round(above - below - link.by, 9)
    if beyond > 0 or (beyond == 0 and link.tie_is_enough):
        return "holds"
    return "tie" if above == below and not link.by else "fails"
