"""What changed the input of a network before it saw it, as its run tells, and how that is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import model_validator

from benchmarks.judge.table import CellResult
from benchmarks.reporting.told import ConditionerParameter
from benchmarks.runs.files import canonical_hash
from benchmarks.runs.ledger import Finished
from benchmarks.spec.bricks import Strict


@dataclass(frozen=True, eq=False)
class Conditioner:
    """A transform of features: its class and its parameters; how far it looks in frames, where that was measured."""

    class_path: str
    params: Mapping[str, Any]
    #: past_mean, future_mean, past_max, future_max over the frames of some training clips, or nothing
    ranges: Mapping[str, float]
    #: how many clips these were
    measured_on: int

    @classmethod
    def of(cls, run: Finished) -> "Conditioner | None":
        """What a run was conditioned with; None where nothing was."""
        told = run.result["data"].get("conditioner")
        if not told:
            return None
        return cls(told["class_path"], told["params"], told.get("ranges") or {}, told.get("ranges_of") or 0)


class Switch(Strict):
    """A parameter whose value makes another kind of a transform, and what that kind is called."""

    parameter: ConditionerParameter
    value: Any
    called: str


class Over(Strict):
    """A number that transforms differ in, and how they are called by it; a paper file may give its name alone."""

    parameter: ConditionerParameter
    called: str = ""
    #: in the order in which they are told
    kinds: tuple[Switch, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        return {"parameter": given} if isinstance(given, str) else given

    @property
    def symbol(self) -> str:
        """What the parameter is called."""
        return self.called or self.parameter

    def value(self, how: Conditioner | None) -> float | None:
        """The number; None where the transform has no such parameter."""
        return how.params.get(self.parameter) if how else None

    def family(self, how: Conditioner) -> str:
        """The same for transforms that differ in the number alone."""
        return canonical_hash([how.class_path, {**how.params, self.parameter: None}])

    def kind(self, how: Conditioner) -> str:
        """What makes the transform another kind, in words; nothing for the plain one."""
        return ", ".join(one.called for one in self.kinds if how.params.get(one.parameter) == one.value)

    def name(self, how: Conditioner | None) -> str:
        """Number and kind, for titles; nothing where there is no transform."""
        if how is None:
            return ""
        value = self.value(how)
        return ", ".join(part for part in (f"{self.symbol} = {value:g}" if value else "", self.kind(how)) if part)


def conditioner_of(one: CellResult) -> Conditioner | None:
    """What the runs behind a cell were conditioned with; all of them alike, as they share their recipe."""
    return Conditioner.of(one.evidence.scored[0].finished) if one.evidence and one.evidence.scored else None
