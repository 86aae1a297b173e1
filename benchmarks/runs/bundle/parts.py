"""The parts of a bundle: tar files of bounded size, each with its checksum."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.runs.files import file_sha256, unreadable, writing

MIB = 2**20
#: A name in the bundle, and its content or the file that has it.
Member = tuple[str, bytes | Path]
#: How the name of a piece of a file ends.
PIECE = ".piece-{:04d}"


def write_parts(members: Sequence[Member], out: Path, limit: int) -> tuple[dict[str, dict], dict[str, str]]:
    """Tar the members into parts of at most `limit` bytes; a file larger than half a part is cut into pieces.

    Returns the size and SHA-256 of every part, and the SHA-256 of every file that was cut.
    """
    parts: dict[str, dict] = {}
    batch: list[tuple[str, bytes]] = []
    size = 0

    def flush() -> None:
        nonlocal batch, size
        if not batch:
            return
        path = out / f"part-{len(parts) + 1:03d}.tar"
        with writing(path), tarfile.open(path, "w") as archive:
            for name, content in batch:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        parts[path.name] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        batch, size = [], 0

    for name, content in _pieces(members, limit // 2):
        room = 512 + -(-len(content) // 512) * 512  # a tar header, and content in blocks
        if size + room > limit - 10240:
            flush()
        batch.append((name, content))
        size += room
    flush()
    cut = {name: source for name, source in members if isinstance(source, Path) and source.stat().st_size > limit // 2}
    return parts, {name: file_sha256(source) for name, source in cut.items()}


def size_of(members: Sequence[Member]) -> int:
    """The bytes of all members together."""
    return sum(source.stat().st_size if isinstance(source, Path) else len(source) for _, source in members)


def _pieces(members: Sequence[Member], limit: int) -> Iterator[tuple[str, bytes]]:
    for name, source in members:
        if isinstance(source, bytes):
            yield name, source
            continue
        try:
            is_cut = source.stat().st_size > limit
            with source.open("rb") as file:
                for number, content in enumerate(iter(lambda: file.read(limit), b"") if is_cut else [file.read()]):
                    yield name + PIECE.format(number) if is_cut else name, content
        except OSError as error:
            raise unreadable(source, error) from None
