"""The typed form of the files of a store: what they must hold to be read at all. Whatever is amiss is one line."""

import json
import os
import stat
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from benchmarks.errors import InputError
from benchmarks.runs.files import unreadable

#: The format of stores, runs and results that this version writes.
FORMAT = 2
#: A longer file, bytes, is none of ours: a result with all its signatures has 20,000.
LONGEST = 4 << 20
#: No link is followed, and no pipe waited for, where the system can tell.
READING = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

#: A word of a run's name, a test set, a package: no separator of paths, nothing that breaks a line or a table.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$", max_length=200)]
#: The name of a file beside a result.
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
#: Bounded, so that whatever is made of them stays a number: what a machine has, and some thirty thousand years.
Count = Annotated[int, Field(ge=0, le=10**12)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Loss = Annotated[float, Field(ge=-1e12, le=1e12)]


class Form(BaseModel):
    """A file of a store: values of exactly these types, no NaN."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Marker(Form):
    """ledger.json."""

    format: int


class Part(Form):
    """A class by its import path, with its arguments as plain values."""

    class_path: str
    init_args: dict[str, Any]


class Resolved(Form):
    """What a run is made of."""

    dataset: Part
    data: Part
    model: Part
    trainer: dict[str, Any]


class StoredRun(Form):
    """run.json."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    format: int
    id: Name
    recipe: str
    paper: Name
    setting: Name
    dataset: Name
    fold: int
    seed: Count
    tier: Name
    corpus: Name
    numerics: Name
    resolved: Resolved
    probes: list[Name]
    protocol: dict[str, str]
    versions: dict[str, int]
    fingerprint: Name


class ItemCount(Form):
    """How many items of a part were there, and how many the official lists name (null: unknown, or limited)."""

    used: Count
    expected: Count | None


class Census(Form):
    """How complete the files were."""

    complete: bool
    summary: str


class Conditioner(Form):
    """The transform of features, and how far it was measured to look, in frames."""

    class_path: str
    params: dict[str, str | bool | int | float | None]
    ranges: dict[str, float] | None = None
    ranges_of: Count | None = None


class Mark(Form):
    """What a piece of code made of a fixed input (datasets.features.signatures)."""

    shape: list[Count]
    rms: float
    projections: list[float]


class Data(Form):
    """What a result says of the data; what is optional came with later versions, or is of some datasets only."""

    items: dict[Name, ItemCount]
    census: Census | None = None
    extractor: dict[str, str | bool | int | float | None] | None = None
    features: dict[str, str] | None = None
    conditioner: Conditioner | None = None
    signatures: dict[str, dict[str, Mark]] = {}


class Took(Form):
    """How long a run and each part of it took."""

    __pydantic_extra__: dict[str, Seconds]
    total: Seconds


class Code(Form):
    """The revision that a run was made with."""

    revision: str
    dirty: bool


class Device(Form):
    """Where a run was made."""

    kind: Name
    name: str
    threads: Count
    instructions: Name | None = None
    kernels: Literal["fused", "native", "compiled", "partly compiled"] | None = None


class StoredResult(Form):
    """result.json."""

    format: int
    id: Name
    files: dict[FileName, Sha256]
    seconds: Took
    code: Code
    packages: dict[str, str]
    device: Device
    numerics: Name
    peak_memory_mib: Seconds
    data: Data
    cpu_seconds: Took | None = None
    gang: Count | None = None
    ended: Annotated[str, StringConstraints(pattern=r"^[0-9TZ:.+-]+$")] | None = None


class OldResult(Form):
    """result.json of any format, as far as it takes to bring a run up to date."""

    format: int
    id: Name
    files: dict[FileName, Sha256]


class OldParts(Form):
    """What a run of format 1 is made of; the dataset was the paper file's business."""

    data: Part
    model: Part
    trainer: dict[str, Any]


class OldRun(Form):
    """run.json of format 1."""

    format: int
    id: Name
    paper: Name
    setting: Name
    dataset: Name
    fold: int
    seed: Count
    tier: Name
    corpus: Name
    numerics: Name
    resolved: OldParts
    protocol: dict[str, str]
    versions: dict[str, int]
    fingerprint: Name


class Failure(Form):
    """.failures/<run id>.json."""

    message: str
    trace: str


class Progress(Form):
    """progress.json of an attempt; from its second epoch on it tells what one takes, and where."""

    epoch: Count
    of: Count
    loss: Loss
    seconds: Seconds | None = None
    device: Device | None = None


def read_stored(path: Path, form: type[Form], advice: str, oldest: int = FORMAT) -> dict[str, Any]:
    """The content of a JSON file of a store, plain, once it is known to be of its form; no link is followed.

    Raises InputError, one line with the advice, for a file that is missing, of another form, or of a format that is
    newer than ours or older than `oldest`.
    """
    content = _plain(path, advice)
    if "format" in form.model_fields:
        _check_format(path, content, advice, oldest)
    try:
        form.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(key)[:40] for key in first["loc"] if key != "[key]")
        raise InputError(f"{path}: {place + ': ' if place else ''}{_reason(first)}; {advice}") from None
    return content  # type: ignore[no-any-return]


def _check_format(path: Path, content: Any, advice: str, oldest: int) -> None:
    found = content.get("format") if isinstance(content, dict) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise InputError(f"{path}: tells no format; {advice}")
    if found > FORMAT:
        raise InputError(f"{path}: written by a newer version of the harness; update it to read this")
    if found < oldest:
        store = path.parent if path.name == "ledger.json" else path.parent.parent
        raise InputError(
            f"{path}: written by an older version of the harness; `python -m benchmarks migrate {store}` brings it up "
            "to date"
        )


def _plain(path: Path, advice: str) -> Any:
    try:
        with os.fdopen(os.open(path, READING), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(f"{path}: is no file; {advice}")
            content = file.read(LONGEST + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {advice}") from None
    except OSError as error:
        if path.is_symlink():
            raise InputError(f"{path}: cannot be read (is a link); {advice}") from None
        raise unreadable(path, error) from None
    if len(content) > LONGEST:
        raise InputError(f"{path}: longer than any file of this name; {advice}")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, numbers without end
        raise InputError(f"{path}: cut short or not JSON; {advice}") from None


def _reason(error: Any) -> str:
    """What is wrong with a value, without the value, which may be anything."""
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is no field of this file"
    return str(error["msg"])[:120]
