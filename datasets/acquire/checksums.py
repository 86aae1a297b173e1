"""Lists that recognise official files without repeating the official lists.

A list holds one token per file: the first 16 hexadecimal digits of the md5 of "<name> <md5 of the content>". A file
whose name or content differs by one bit has no token in it.
`python -m datasets.acquire.checksums` makes one: it reads lines "<name> <md5>" and writes the sorted tokens.
"""

import hashlib
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path


def token(name: str, md5: str) -> str:
    """The token of one file."""
    return hashlib.md5(f"{name} {md5}".encode()).hexdigest()[:16]


def make_list(lines: Iterable[str]) -> str:
    """The text of a list, from lines "<name> <md5>"."""
    tokens = {token(*line.split()) for line in lines if line.strip()}
    return "".join(f"{one}\n" for one in sorted(tokens))


@lru_cache
def official_tokens(path: Path) -> frozenset[str]:
    """The tokens of a list."""
    return frozenset(path.read_text().split())


if __name__ == "__main__":
    sys.stdout.write(make_list(sys.stdin))
