"""Numbers of maps in compiled loops: float32 as it is, bfloat16 as its 16 bits, computed with in float32."""

# numba's decorators have no types of their own.
# mypy: disable-error-code="no-untyped-def"
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

#: What rounds a float32 to the nearest bfloat16, halves to the even one: half of the last place less one, and that bit.
HALF, LAST, NOT_A_NUMBER = 0x7FFF, 16, 0x7FC0


def _load(context: Any, number):
    """A stored number as float32."""
    if number not in (types.float32, types.uint16):
        raise TypingError(f"maps of {number}")

    def plain(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[0]

    def widened(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = builder.zext(arguments[0], ir.IntType(32))
        return builder.bitcast(builder.shl(wide, ir.Constant(ir.IntType(32), 16)), ir.FloatType())

    return types.float32(number), plain if number == types.float32 else widened


def _rounded(context: Any, value, like):
    """A float32 as it is stored where `like` is: rounded to the nearest, halves to even; NaN stays NaN."""
    if value != types.float32 or like not in (types.float32, types.uint16):
        raise TypingError(f"{value} in maps of {like}")

    def plain(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return arguments[0]

    def narrowed(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        word, short = ir.IntType(32), ir.IntType(16)
        bits = builder.bitcast(arguments[0], word)
        last = builder.and_(builder.lshr(bits, ir.Constant(word, LAST)), ir.Constant(word, 1))
        nearest = builder.add(builder.add(bits, ir.Constant(word, HALF)), last)
        kept = builder.trunc(builder.lshr(nearest, ir.Constant(word, LAST)), short)
        is_number = builder.fcmp_ordered("ord", arguments[0], arguments[0])
        return builder.select(is_number, kept, ir.Constant(short, NOT_A_NUMBER))

    return like(value, like), plain if like == types.float32 else narrowed


load: Any = intrinsic(_load)
rounded: Any = intrinsic(_rounded)
