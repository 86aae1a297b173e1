"""Random draws that depend on their names alone.

Every draw of a run comes from a generator made from (seed, purpose, fold, epoch, ...). A resumed run therefore
needs no stored random state, and its numbers depend neither on what else runs nor on the order of other draws.
"""

import hashlib


def derive(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the draw called `names` under the run's `seed`."""
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
