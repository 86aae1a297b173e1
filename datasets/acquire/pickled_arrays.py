"""Arrays in files that others released: .npy, and pickles, which are read without running what they name.

A pickle is a program. Here its opcodes are looked through first, then it runs in an unpickler that gives it nothing but
plain records for the few names that numpy writes when it pickles an array. What comes out is checked like any other
bytes, and numpy itself is called only after that, with a shape and a number type that are known to be harmless.
"""

import io
import math
import pickle
import pickletools
import re
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from datasets.errors import DataError

#: Files that are larger, bytes, are not read: an array of 500 x 64 float64 has a quarter of a million.
LIMIT = 1 << 24

#: Opcodes that reach outside the pickle by another way than a name: registered extensions, references that the reader
#: resolves, buffers that the reader supplies.
_OUTSIDE = ("EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER")
#: Opcodes that make the reader keep a table as long as their argument says.
_MEMO = ("PUT", "BINPUT", "LONG_BINPUT")
#: Longest axis of an array: more than LIMIT bytes have.
_LONGEST = 1 << 32
_NUMBER = re.compile(r"(b1|[iu][1248]|f[248])")


class _Refused(Exception):
    """A pickle that is no array, for the reason given."""


class _DType:
    """A number type, as pickled: its code like f4, and its byte order once the state is set."""

    code, order = "", "|"

    def __init__(self, code: Any = None, *_: Any) -> None:
        self.code = _text(code)

    def __setstate__(self, state: Any) -> None:
        self.order = _text(state[1])

    def real(self) -> np.dtype[Any]:
        """The number type itself. Raises _Refused for any but plain numbers."""
        if self.code.startswith("O"):
            raise _Refused("holds an array of objects, not of numbers")
        if not _NUMBER.fullmatch(self.code) or self.order not in ("<", ">", "|", "="):
            raise _Refused(f"holds an array of the type {self.order}{self.code!r}, not of numbers")
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


class _Array:
    """An array, as pickled: shape, number type, order of axes, and bytes, once the state is set."""

    def __init__(self) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: Any) -> None:
        _, *rest = state
        self.state = tuple(rest)

    def real(self) -> NDArray[Any]:
        """The array itself. Raises _Refused where shape, number type and bytes do not go together."""
        if len(self.state) != 4:
            raise _Refused("holds an array without its content")
        shape, dtype, by_columns, content = self.state
        if not isinstance(dtype, _DType):
            raise _Refused("holds an array without a number type")
        number = dtype.real()
        content = content.encode("latin1") if isinstance(content, str) else content  # written by Python 2
        if not isinstance(content, bytes | bytearray):
            raise _Refused(f"holds an array of {type(content).__name__}, not of numbers")
        return _from_bytes(bytes(content), number, shape, bool(by_columns))


class _ArrayUnpickler(pickle.Unpickler):
    """Gives a pickle the few names of an array, as records of this module, and refuses every other name."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1")
        self._names = _names()

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name in the pickle. Raises _Refused for a name that no array needs."""
        known = self._names.get((re.sub(r"^numpy\._core\.", "numpy.core.", module), name))
        if known is None:
            raise _Refused(f"asks for {_shown(f'{module}.{name}')}, which no array needs; it was not run")
        return known

    def persistent_load(self, pid: Any) -> NoReturn:
        """There is nothing to refer to."""
        raise _Refused("refers to something outside of it")


def read_array(path: Path, limit: int = LIMIT) -> NDArray[Any]:
    """The array of numbers in a file, .npy or a pickle of any protocol, whatever the file is called.

    limit: largest file that is read, bytes. Never runs what a pickle names. Raises DataError, with one line, where the
    file cannot be read, is cut short or has more in it, is not an array or one of objects, or asks for any name that
    an array does not need.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the file and its permissions") from None
    try:
        if not content:
            raise _Refused("a file of 0 bytes")
        if len(content) > limit:
            raise _Refused(f"more than the {limit} bytes that an array of this kind has")
        return _read_npy(content) if content.startswith(npy.MAGIC_PREFIX) else _read_pickle(content)
    except _Refused as refused:
        raise DataError(f"{path}: {refused}; put the file that was released there") from None


def _read_npy(content: bytes) -> NDArray[Any]:
    file = io.BytesIO(content)
    try:
        version = npy.read_magic(file)
        reader = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, by_columns, dtype = reader(file)
    except Exception as error:  # whatever numpy makes of a header that is none
        raise _Refused(f"not a .npy file ({_shown(str(error) or type(error).__name__)})") from error
    if dtype.hasobject:
        raise _Refused("holds an array of objects, not of numbers")
    if dtype.kind not in "biuf":
        raise _Refused(f"holds an array of the type {dtype.str!r}, not of numbers")
    return _from_bytes(content[file.tell() :], dtype, shape, by_columns)


def _read_pickle(content: bytes) -> NDArray[Any]:
    _look_through(content)
    try:
        found = _ArrayUnpickler(io.BytesIO(content)).load()
        if isinstance(found, _Array):
            return found.real()
    except _Refused:
        raise
    except Exception as error:  # a broken pickle raises nearly anything
        raise _Refused(f"a broken pickle ({_shown(str(error) or type(error).__name__)})") from error
    raise _Refused(f"a pickle of another thing than an array ({_shown(type(found).__name__.lstrip('_'))})")


def _look_through(content: bytes) -> None:
    """Raise _Refused for opcodes that no array needs, for a pickle cut short, and for bytes after its end."""
    end = -1
    try:
        for opcode, argument, place in pickletools.genops(content):
            if opcode.name in _OUTSIDE:
                raise _Refused(f"refers to something outside of it ({opcode.name} at byte {place})")
            if opcode.name in _MEMO and argument is not None and int(argument) > len(content):
                raise _Refused(f"a broken pickle ({opcode.name} {argument} in {len(content)} bytes)")
            end = place or 0
    except _Refused:
        raise
    except Exception as error:  # pickletools raises nearly anything for what is no pickle
        raise _Refused(f"not a whole pickle ({_shown(str(error) or type(error).__name__)})") from error
    if end + 1 != len(content):
        raise _Refused(f"{len(content) - end - 1} bytes after the end of the pickle")


def _names() -> dict[tuple[str, str], Any]:
    """The names in pickles of arrays. They are made anew each time, so that no pickle can alter those of the next."""

    class Kind:
        """The class that an array is to have; any other is refused by its name."""

        def __setstate__(self, state: Any) -> None:
            raise _Refused("holds an array without its content")

    def reconstruct(kind: Any, *_: Any) -> _Array:
        if kind is not Kind:
            raise _Refused("a broken pickle (an array of an unknown class)")
        return _Array()

    def from_buffer(content: Any, dtype: Any, shape: Any, order: Any) -> _Array:
        array = _Array()
        array.state = (shape, dtype, order == "F", content)
        return array

    def encode(text: Any, encoding: Any) -> bytes:
        if _text(encoding) not in ("latin1", "latin-1"):
            raise _Refused(f"asks for the encoding {_shown(str(encoding))}, which no array needs")
        return _text(text).encode("latin1")

    return {
        ("numpy", "ndarray"): Kind,
        ("numpy", "dtype"): type("_DType", (_DType,), {}),
        ("numpy.core.multiarray", "_reconstruct"): reconstruct,
        ("numpy.core.numeric", "_frombuffer"): from_buffer,
        ("_codecs", "encode"): encode,
    }


def _from_bytes(content: bytes, dtype: np.dtype[Any], shape: Any, by_columns: bool) -> NDArray[Any]:
    """An array (shape) of its own memory, made of exactly the bytes that it needs. Raises _Refused."""
    if not (
        isinstance(shape, tuple) and len(shape) <= 8 and all(type(one) is int and 0 <= one <= _LONGEST for one in shape)
    ):
        raise _Refused("holds an array without a shape")
    wanted = math.prod(shape) * dtype.itemsize
    if wanted != len(content):
        raise _Refused(f"{len(content)} bytes of content for an array of shape {shape}, which has {wanted}")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if by_columns else "C").copy()


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise _Refused(f"a broken pickle ({type(value).__name__} where a name belongs)")
    return value


def _shown(text: str) -> str:
    """What a foreign file says, short and on one line."""
    return repr(text)[1:-1][:100]
