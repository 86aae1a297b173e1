"""The bricks of a paper file: names, import paths, sourced values."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Origin = Literal["paper", "code", "inferred", "assumed"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9_]*$")]
#: Columns may stand in groups: `dev.babycry.er`.
ColumnName = Annotated[str, Field(pattern=r"^[a-z0-9][A-Za-z0-9_]*(\.[a-z0-9][A-Za-z0-9_]*)*$")]
ImportPath = Annotated[str, Field(pattern=r"^[a-z_][\w.]*\.[A-Za-z_]\w*$")]
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


Arguments = dict[str, Sourced]


Status = Literal["stated", "inferred", "unknown"]


class Protocol(Strict):
    """One field of a protocol: what is done, and how sure the paper makes us of it."""

    value: str
    status: Status
    where: str | None = None
    #: What ours does where the paper's way is known to be another; such a cell gets no verdict.
    ours: str | None = None
