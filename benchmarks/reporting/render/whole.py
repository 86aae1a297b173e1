"""Writing one file of a report."""

import uuid
from pathlib import Path

from benchmarks.runs.files import storage_error


def write_whole(path: Path, content: bytes) -> Path:
    """Write to a temporary name beside `path`, then rename: two commands may write the same pages."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise storage_error(path, error) from error
    return path
