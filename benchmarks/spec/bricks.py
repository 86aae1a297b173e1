"""The bricks of a paper file: names, import paths, sourced values."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

#: Where a value comes from. `paper`: its text says so; `code`: code of its authors, or of the work it cites, does;
#: `inferred`: it follows from something published that is no result; `fitted`: it was chosen, among others that were
#: tried, because with it a published number comes out; `assumed`: nothing says so.
Origin = Literal["paper", "code", "inferred", "fitted", "assumed"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9_]*$")]
#: Columns may stand in groups: `dev.babycry.er`.
ColumnName = Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9_]*(\.[a-z0-9][A-Za-z0-9_]*)*$")]
ImportPath = Annotated[str, Field(pattern=r"^[a-z_][\w.]*\.[A-Za-z_]\w*$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]
#: How many decimals are printed.
Decimals = Annotated[int, Field(ge=0, le=10)]
#: Every part of a paper file is fixed once read, and an unknown field in it is a mistake.
STRICT = ConfigDict(extra="forbid", frozen=True)


class Strict(BaseModel):
    """A part of a paper file: unknown fields are mistakes."""

    model_config = STRICT


class Sourced(Strict):
    """A hyper-parameter and where it comes from."""

    value: Any
    origin: Origin
    where: str | None = None
    note: str | None = None
    #: for fitted values: what else was tried, and what it gave
    tried: str | None = None
    #: what the paper (or its source) says against it, and where
    contradicts: str | None = None

    @model_validator(mode="after")
    def _tried_if_fitted(self) -> "Sourced":
        if (self.origin == "fitted") != (self.tried is not None):
            raise ValueError("a fitted value says what else was tried (tried: ...), and no other does")
        return self


Arguments = dict[str, Sourced]


def wrong_epochs(value: object) -> str | None:
    """Why a number of epochs is none, one line; None where it is one. Lightning takes -1 for "without end"."""
    is_one = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return None if is_one else "must be an integer of at least 1"


def _with_epochs(arguments: Arguments) -> Arguments:
    epochs = arguments.get("max_epochs")
    if epochs is not None and (problem := wrong_epochs(epochs.value)):
        raise ValueError(f"max_epochs: {epochs.value} {problem}")
    return arguments


TrainerArguments = Annotated[Arguments, AfterValidator(_with_epochs)]


class Apart(Strict):
    """Where a value of a class comes from in some settings, such as rows of cited works, that have another source."""

    #: patterns of their names
    settings: list[str] = Field(min_length=1)
    #: None where the value has no effect in these settings
    origin: Literal["paper", "code", "inferred", "assumed"] | None = None
    where: str | None = None
    note: str | None = None


class ClassValue(Sourced):
    """A value of a class that no setting states."""

    apart: list[Apart] = []

    def of(self, setting: str) -> Sourced | None:
        """What it is in a setting, by the first of `apart` that names it; None if it has no effect there."""
        for one in self.apart:
            if any(fnmatchcase(setting, pattern) for pattern in one.settings):
                if one.origin is None:
                    return None
                return Sourced(value=self.value, origin=one.origin, where=one.where, note=one.note)
        return self


class ClassChoice(ClassValue):
    """What a class does whatever its arguments, or where it is given certain ones."""

    #: the arguments with which it matters, by name: a value, or a list of several; with others it has no effect
    when: dict[Name, Any] = {}

    def matters_with(self, arguments: Mapping[str, Any]) -> bool:
        """Whether it has an effect beside these arguments; those left to their defaults are not among them."""
        return all(
            name in arguments and (arguments[name] in value if isinstance(value, list) else arguments[name] == value)
            for name, value in self.when.items()
        )


class ClassNotes(Strict):
    """What a class does that no setting states: no part of any recipe, so that to write it down changes no run."""

    #: arguments that settings leave to the constructor's default, with the value that this has
    defaults: dict[str, ClassValue] = {}
    #: constants of modules by import path, with their value
    constants: dict[ImportPath, ClassChoice] = {}
    #: what is no value in the code: the order of layers, the place of dropout
    choices: dict[Name, ClassChoice] = {}


#: How sure a paper makes us. `fitted`: several readings were tried, and the published values chose among them.
Status = Literal["stated", "inferred", "unknown", "fitted"]


class Protocol(Strict):
    """One field of a protocol: what is done, and how sure the paper makes us of it."""

    value: str
    status: Status
    where: str | None = None
    #: the datasets on which it makes a difference; empty for all
    concerns: list[Name] = []
    #: what the paper (or its source) says against it, and where
    contradicts: str | None = None
    #: What ours does where the paper's way is known to be another; such a cell gets no verdict.
    ours: str | None = None
