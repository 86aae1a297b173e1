"""Unpacking archives from outside: nothing leaves the target folder, nothing half unpacked stays under its name."""

import gzip
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from datasets.errors import DataError

_CORRUPT = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError),  # a compression that zipfile does not know, a password
)


class BadArchive(DataError):
    """An archive that no repetition will unpack; a full disk is no such case. advice: what to do about it."""

    def __init__(self, fact: str, advice: str = "delete it and get it again") -> None:
        super().__init__(f"{fact}; {advice}")
        self.fact = fact


@contextmanager
def kept() -> Iterator[None]:
    """For work on an archive that has its recorded hash: what would be a BadArchive is a DataError, and it stays."""
    try:
        yield
    except BadArchive as error:
        raise DataError(
            f"{error.fact}; it has its recorded md5 and is kept: unpack it by other means and import the folder"
        ) from error


def unpack(archive: Path, target: Path) -> Path:
    """Unpack a zip or tar file into the new folder `target`, which appears only when everything is in it.

    Raises BadArchive where the archive is truncated or corrupt, or has a member that is a link, a device or lies
    outside the target; DataError where the disk is full. Both name the member where it is known.
    """
    if target.exists():
        raise DataError(f"{target}: exists already; delete it to unpack {archive.name} again")
    temporary = target.with_name(f".{target.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    member = ""
    try:
        temporary.mkdir(parents=True)
        for name, opened in _members(archive):
            member = f", its member {name!r}"
            path = temporary / _safe(name, archive)
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened() as source, path.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        temporary.rename(target)
    except _CORRUPT as error:
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
        raise BadArchive(f"{archive}{member}: truncated or corrupt archive ({reason})") from error
    except OSError as error:
        raise DataError(f"{target}: cannot unpack {archive.name}{member} ({error}); repeat the command") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """The regular files of an archive and what opens each; all names and kinds are checked before."""
    with archive.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    yield from _zip_members(archive) if is_zip else _tar_members(archive)


def _zip_members(archive: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        for member in opened.infolist():
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refusal(archive, member.filename, "is a link or a device")
            _safe(member.filename, archive)
        for member in members:
            yield member.filename, partial(opened.open, member)


def _tar_members(archive: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with _open_tar(archive) as opened:
        members = opened.getmembers()
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise _refusal(archive, member.name, "is a link or a device")
            _safe(member.name, archive)
        for member in members:
            if member.isfile():
                yield member.name, partial(_content, opened, member)


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = opened.extractfile(member)
    assert content is not None  # a regular file has one
    return content


@contextmanager
def _open_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar file that has its end mark; tarfile itself takes one that was cut between two members."""
    with tarfile.open(archive) as opened:
        opened.getmembers()
        assert opened.fileobj is not None
        opened.fileobj.seek(opened.offset)
        if opened.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError("no end mark")
        yield opened


def _safe(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive or "\0" in name:
        raise _refusal(archive, name, "leaves the target folder")
    return path


def _refusal(archive: Path, name: str, reason: str) -> BadArchive:
    return BadArchive(f"{archive}: its member {name!r} {reason}", "do not use this archive")
