"""The parts of a bundle: tar files of bounded size, each with its checksum."""

import io
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.runs.files import file_sha256

MIB = 2**20
#: A name in the bundle, and its content or the file that has it.
Member = tuple[str, bytes | Path]


def write_parts(members: Sequence[Member], out: Path, limit: int) -> dict[str, dict]:
    """Tar the members into parts of at most `limit` bytes; a member larger than a part is cut into pieces."""
    parts: dict[str, dict] = {}
    pieces = _pieces(members, limit // 2)
    batch: list[tuple[str, bytes]] = []
    size = 0

    def flush() -> None:
        nonlocal batch, size
        if not batch:
            return
        path = out / f"part-{len(parts) + 1:03d}.tar"
        with tarfile.open(path, "w") as archive:
            for name, content in batch:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        parts[path.name] = {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        batch, size = [], 0

    for name, content in pieces:
        room = 512 + -(-len(content) // 512) * 512  # a tar header, and content in blocks
        if size + room > limit - 10240:
            flush()
        batch.append((name, content))
        size += room
    flush()
    return parts


def _pieces(members: Sequence[Member], limit: int) -> Iterator[tuple[str, bytes]]:
    for name, source in members:
        content = source.read_bytes() if isinstance(source, Path) else source
        if len(content) <= limit:
            yield name, content
            continue
        for number, start in enumerate(range(0, len(content), limit)):
            yield f"{name}.piece-{number:04d}", content[start : start + limit]
