"""What was computed once and need not be computed again: a folder that may be deleted at any time.

Every file carries a checksum of its content and of its name, so that none that stands in another's place is taken for
it. What is missing, cut short or damaged is computed anew, and a disk that is full or read-only costs time, never the
result.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.runs.files import canonical_hash
from datasets.acquire.whole import checked, with_checksum, write_whole


@dataclass(frozen=True)
class Memo:
    """Values below `folder` (the workspace's cache), by what they are of and by all that they depend on."""

    folder: Path

    def json(self, what: str, key: Any, compute: Callable[[], Any]) -> Any:
        """Plain data: the kept value, or what `compute` returns. Both come back as JSON gives them.

        what: a word for the folder ("confusions"). key: plain data that changes with everything the value depends on.
        """
        return json.loads(self.bytes(what, key, lambda: json.dumps(compute()).encode()))

    def newest(self, what: str, of: Any, key: Any, compute: Callable[[], bytes | None]) -> bytes | None:
        """Bytes that are large: of each `of` only the value of the last `key` is kept, and nothing for None."""
        path, mark = self.folder / what / canonical_hash(of, 24), canonical_hash(key, 64).encode() + b"\n"
        kept = checked(path)
        if kept is not None and kept.startswith(mark):
            return kept.removeprefix(mark)
        content = compute()
        if content is not None:
            with suppress(OSError):
                write_whole(path, with_checksum(mark + content, path))
        return content

    def bytes(self, what: str, key: Any, compute: Callable[[], bytes]) -> bytes:
        """As `json`, for bytes."""
        path = self.folder / what / canonical_hash(key, 24)
        kept = checked(path)
        if kept is not None:
            return kept
        content = compute()
        with suppress(OSError):
            write_whole(path, with_checksum(content, path))
        return content
