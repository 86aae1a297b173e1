"""Unpacking archives from outside: nothing leaves the target folder, nothing half unpacked stays under its name."""

import errno
import gzip
import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from datasets.errors import DataError

#: What readers of archives raise of one that is truncated or corrupt; beside OSError, which may mean the disk.
CORRUPT = (
    *(zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError),  # a compression that zipfile does not know, a password
    *(ValueError, IndexError, OverflowError, struct.error),  # names and numbers that no archive has
)
#: What a system says where a member cannot lie beside the others, or not where the archive says: no fault of a disk.
_FAULTS_OF_ARCHIVES = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL, None)
#: An archive that would unpack to more than this, in bytes, and to as many times its own size, was made to fill disks.
MOST_BYTES, MOST_TIMES = 1 << 30, 100
#: Folders deeper than this cannot be removed again, because shutil calls itself for each.
MOST_PARTS = 100


class BadArchive(DataError):
    """An archive that no repetition will unpack; a full disk is no such case. advice: what to do about it."""

    def __init__(self, fact: str, advice: str = "get it again") -> None:
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

    Raises BadArchive where the archive is truncated or corrupt, was made to fill disks, or has a member that is a link,
    a device or lies outside the target; DataError where the disk is full, or too small for what the archive says that
    it holds. Both name the member where it is known.
    """
    if target.exists():
        raise DataError(f"{target}: exists already; delete it to unpack {archive.name} again")
    temporary = target.with_name(f".{target.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    member = ""
    try:
        temporary.mkdir(parents=True)
        for name, opened in _members(archive, temporary):
            member = f", its member {name!r}"
            path = temporary / _safe(name, archive)
            path.parent.mkdir(parents=True, exist_ok=True)
            with opened() as source, path.open("wb") as file:
                shutil.copyfileobj(source, file, 1 << 20)
        temporary.rename(target)
    except DataError:
        raise
    except (*CORRUPT, OSError) as error:
        if not isinstance(error, OSError) or error.errno in _FAULTS_OF_ARCHIVES:
            raise BadArchive(f"{archive}{member}: truncated or corrupt archive ({_reason(error)})") from error
        raise DataError(f"{target}: cannot unpack {archive.name}{member} ({error}); repeat the command") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def _reason(error: Exception) -> str:
    """The first line of what is wrong, without the forms that tarfile has tried in vain."""
    told = getattr(error, "strerror", "") or str(error) or type(error).__name__
    return told.splitlines()[0].rstrip(":").replace("file could not be opened successfully", "neither zip nor tar")


def _members(archive: Path, place: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    """The regular files of an archive and what opens each; names, kinds and the room in `place` are checked before."""
    with archive.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    yield from _zip_members(archive, place) if is_zip else _tar_members(archive, place)


def _zip_members(archive: Path, place: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        _check_once(archive, [member.filename for member in members])
        for member in opened.infolist():
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refusal(archive, member.filename, "is a link or a device")
            _safe(member.filename, archive)
        _check_room(archive, sum(member.file_size for member in members))
        _check_space(archive, place, sum(member.file_size for member in members))
        for member in members:
            yield member.filename, partial(opened.open, member)


def _tar_members(archive: Path, place: Path) -> Iterator[tuple[str, Callable[[], IO[bytes]]]]:
    with _open_tar(archive) as opened:
        members = opened.getmembers()
        for member in members:
            if not (member.isfile() or member.isdir()):
                raise _refusal(archive, member.name, "is a link or a device")
            _safe(member.name, archive)
        _check_once(archive, [member.name for member in members if member.isfile()])
        _check_space(archive, place, sum(member.size for member in members))
        for member in members:
            if member.isfile():
                yield member.name, partial(_content, opened, member)


def _check_room(archive: Path, total: int) -> None:
    """Raise where the members of an archive, of `total` bytes, are more than any honest archive of its size holds."""
    if total > max(MOST_BYTES, MOST_TIMES * archive.stat().st_size):
        raise BadArchive(f"{archive}: would unpack to {total / 1e9:.1f} GB, which no sound does", "do not use it")


def _check_space(archive: Path, place: Path, total: int) -> None:
    """Raise where the disk of `place` has no room for `total` bytes, before any of them is written."""
    free = shutil.disk_usage(place).free
    if total > free:
        raise DataError(
            f"{place.parent}: {archive.name} unpacks to {total / 1e9:.1f} GB, {free / 1e9:.1f} GB are free; free some "
            "space or choose another folder, then repeat the command"
        )


def _check_once(archive: Path, names: Sequence[str]) -> None:
    """Raise where two files have one name: which of them counts is for whoever unpacks it to choose."""
    counts = Counter(str(PurePosixPath(name)) for name in names)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise _refusal(archive, twice[0], "is in it twice")


def _content(opened: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = opened.extractfile(member)
    assert content is not None  # a regular file has one
    return content


@contextmanager
def _open_tar(archive: Path) -> Iterator[tarfile.TarFile]:
    """Open a tar file that has its end mark; tarfile itself takes one that was cut between two members.

    Its members are counted while they are found: in a compressed one that alone reads whatever it grows to.
    """
    with tarfile.open(archive) as opened:
        total = 0
        for member in opened:
            total += member.size
            _check_room(archive, total)
        assert opened.fileobj is not None
        opened.fileobj.seek(opened.offset)
        if opened.fileobj.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError("no end mark")
        yield opened


def _safe(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive or "\0" in name:
        raise _refusal(archive, name, "leaves the target folder")
    if len(path.parts) > MOST_PARTS:
        raise _refusal(archive, f"{name[:80]}...", "is nested too deep")
    return path


def _refusal(archive: Path, name: str, reason: str) -> BadArchive:
    return BadArchive(f"{archive}: its member {name!r} {reason}", "do not use this archive")
