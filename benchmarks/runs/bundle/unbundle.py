"""Put the parts of a bundle together: python unbundle.py PARTS WORK. Needs nothing but Python 3.11.

Can be called again whenever further parts have come; it says which are still missing. It writes regular files below
WORK and nothing else, whatever the parts hold; what no bundle holds is refused in one line.
"""

import errno
import glob
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath, PureWindowsPath

# As in datasets.acquire.archive, which is not at hand where a bundle is unpacked.
#: What tarfile raises of a file that is no archive, or one with names and numbers that no archive has.
CORRUPT = (tarfile.TarError, EOFError, ValueError, IndexError, OverflowError, struct.error)
#: What a system says where members cannot lie beside each other, or under their names.
NO_PLACE = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)


class Refused(Exception):
    """Why a bundle is not unpacked: one line."""


def main(parts: Path, work: Path) -> int:
    """Check and unpack all parts of `parts` into `work`; 0 if complete, 1 if parts are missing. Raises Refused."""
    listed, cut = _contents(parts / "bundle.json")
    missing = []
    for name, facts in listed.items():
        mark = work / ".parts" / name
        if mark.exists():
            continue
        path = parts / name
        if not path.exists():
            missing.append(name)
            continue
        if not path.is_file():
            raise Refused(f"{path}: is no file; bring it again")
        if _sha256(path) != facts["sha256"]:
            raise Refused(f"{path}: damaged; bring it again")
        _unpack(path, work)
        _inside(work, f".parts/{name}", path)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    if missing:
        print(f"still missing: {', '.join(missing)}", file=sys.stderr)
        return 1
    for name, digest in cut.items():
        if not _join(_inside(work, name, parts / "bundle.json"), digest):
            raise Refused(f"{work / name}: its pieces are damaged; take {work} away and begin again")
    wheels = sorted((work / "wheels").glob("*.whl")) if (work / "wheels").exists() else []
    if wheels:
        options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--upgrade", "--target", str(work / "site")]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, *map(str, wheels)], check=True)
    print(f"complete: sh {work}/run.sh")
    return 0


def _contents(path: Path) -> tuple[dict[str, dict], dict[str, str]]:
    """The parts of a bundle with their checksums, and those of files that were cut, by name."""
    try:
        bundle = json.loads(path.read_text(encoding="utf-8"))
        parts, cut = dict(bundle["parts"]), dict(bundle["cut"])
        is_good = bool(parts) and all(
            re.fullmatch(r"part-\d+\.tar", name) and isinstance(facts["sha256"], str) for name, facts in parts.items()
        )
        is_good &= all(isinstance(digest, str) for digest in cut.values())
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); bring it again") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_good = False
    if not is_good:
        raise Refused(f"{path}: is no list of the parts of a bundle; bring it again")
    return parts, cut


def _unpack(path: Path, work: Path) -> None:
    """Write the files of a part below `work`, if they are all that it holds: no links, no name twice, none outside."""
    try:
        with tarfile.open(path, "r:") as archive:  # parts are not compressed, so none can grow
            members = archive.getmembers()
            names = [str(PurePosixPath(member.name)) for member in members]
            if len(set(names)) != len(names):
                raise Refused(f"{path}: has a member twice; do not use this bundle")
            targets = [_inside(work, member.name, path) for member in members]
            if odd := [member.name for member in members if not member.isreg() or member.issparse()]:
                raise Refused(f"{path}: its member {odd[0]!r} is no regular file; do not use this bundle")
            for member, target in zip(members, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(member)
                assert content is not None  # a regular file has one
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except CORRUPT as error:
        raise Refused(f"{path}: is no part of a bundle ({' '.join(str(error).split())}); bring it again") from None
    except OSError as error:
        if error.errno not in NO_PLACE:
            raise
        raise Refused(f"{path}: its members cannot lie beside each other ({error.strerror}); do not use it") from None


def _inside(work: Path, name: str, source: Path) -> Path:
    """Where a member is written, which is below `work`, links that lie there followed."""
    path, target = PurePosixPath(name), work / name
    odd = path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or not path.parts
    if odd or PureWindowsPath(name).drive or not target.resolve().is_relative_to(work.resolve()):
        raise Refused(f"{source}: its member {name!r} leaves the folder {work}; do not use this bundle")
    return target


def _join(whole: Path, digest: str) -> bool:
    """Join the pieces of a file that was larger than a part, once; whether it is as it was."""
    pieces = sorted(whole.parent.glob(f"{glob.escape(whole.name)}.piece-*"))
    if whole.is_file() and _sha256(whole) == digest:  # as where the last call was stopped behind the joining
        for piece in pieces:
            piece.unlink()
        return True
    if pieces:
        joining = whole.with_name(f"{whole.name}.joining")
        with joining.open("wb") as file:
            for piece in pieces:
                file.write(piece.read_bytes())
        if _sha256(joining) != digest:
            return False
        joining.replace(whole)
        for piece in pieces:
            piece.unlink()
    return whole.is_file() and _sha256(whole) == digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _told(arguments: list[str]) -> int:
    """The exit code of a call; what is wrong with it, or with the bundle, is one line."""
    if len(arguments) != 2:
        problem = "usage: python unbundle.py PARTS WORK"
    else:
        try:
            return main(*map(Path, arguments))
        except Refused as error:
            problem = str(error)
        except subprocess.CalledProcessError:
            problem = "the wheels could not be installed; pip tells why"
        except OSError as error:
            problem = f"{error.filename}: {error.strerror}; free some space or choose another folder"
    print(problem, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(_told(sys.argv[1:]))
