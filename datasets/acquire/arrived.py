"""What has arrived of a file that is on its way, so that no later answer can cost it."""

from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from datasets.acquire.whole import write_whole


@dataclass(frozen=True)
class Arrived:
    """Two slots, `path` and one beside it. The longer one is continued; a file that begins again goes into the other.

    So an answer from the start, right or wrong, takes nothing away before it has brought more, and not even then.
    A slot's tag names the version of the file at the server.
    """

    path: Path

    @property
    def slots(self) -> tuple[Path, Path]:
        """Both files, there or not."""
        return self.path, self.path.with_suffix(".other")

    @property
    def longer(self) -> Path:
        """The slot that has more."""
        return max(self.slots, key=size_of)

    @property
    def size(self) -> int:
        """Bytes in the longer slot."""
        return size_of(self.longer)

    def tag(self, slot: Path) -> str | None:
        """What named the version of the file of which a slot is a part; nothing where the server told none."""
        path = _tag_of(slot)
        return path.read_text() if path.is_file() else None

    def begin(self, headers: Message) -> Path:
        """The slot for a file that begins again, emptied and tagged. Raises OSError."""
        slot = min(self.slots, key=size_of) if self.size else self.path
        self.drop(slot)
        etag = headers.get("ETag") or "W/"
        name = headers.get("Last-Modified") if etag.startswith("W/") else etag
        if name:
            write_whole(_tag_of(slot), name)
        return slot

    def drop(self, slot: Path) -> None:
        """Remove what a slot holds; the other one is left alone. Raises OSError."""
        slot.unlink(missing_ok=True)  # first: a slot with the tag of another version would be continued wrongly
        _tag_of(slot).unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove all. Raises OSError."""
        for slot in self.slots:
            self.drop(slot)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.exists() else 0


def _tag_of(slot: Path) -> Path:
    return slot.with_name(f"{slot.name}.tag")
