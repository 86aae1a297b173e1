"""What calls itself a bundle may come from anybody: nothing is written outside its folder, a refusal is one line."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from benchmarks.runs.bundle import unbundle
from benchmarks.runs.files import file_sha256


def member(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
    return info, io.BytesIO(content)


def bundle(folder: Path, *members: tuple, mode: str = "w", cut: dict | None = None, name: str = "part-001.tar") -> Path:
    """A bundle of one part, with checksums that fit."""
    parts = folder / "parts"
    parts.mkdir()
    path = parts / Path(name).name
    with tarfile.open(path, mode) as archive:
        for info, content in members:
            archive.addfile(info, content)
    listed = {name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)}}
    (parts / "bundle.json").write_text(json.dumps({"parts": listed, "cut": cut or {}}))
    return parts


def unbundled(folder: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, unbundle.__file__, folder / "parts", folder / "work"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def outside(folder: Path) -> set[str]:
    """Everything that lies there, parts and the folder of work aside."""
    return {path.name for path in folder.iterdir()} - {"parts", "work"}


def with_headers(**headers):
    """A member whose extended headers say what no member can be."""
    info, content = member("data/other.wav")
    info.pax_headers = headers
    return info, content


#: What readers of archives raise ValueError, OverflowError and IndexError of.
ODD = {
    "a size that is no number": [with_headers(**{"GNU.sparse.major": "0", "GNU.sparse.size": "abc"})],
    "a map that is no numbers": [with_headers(**{"GNU.sparse.map": "a,b", "GNU.sparse.size": "3"})],
    "a size of thirty digits": [with_headers(size="9" * 30)],
    "a file where another has its folder": [member("a"), member("a/b")],
    "a name that no file can have": [member("n" * 300)],
}


@pytest.mark.parametrize("members", ODD.values(), ids=ODD.keys())
def test_parts_that_no_bundle_has_are_one_line(tmp_path, members):
    parts = tmp_path / "parts"
    parts.mkdir()
    with tarfile.open(parts / "part-001.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            archive.addfile(info, content)
    listed = {"part-001.tar": {"bytes": 1, "sha256": file_sha256(parts / "part-001.tar")}}
    (parts / "bundle.json").write_text(json.dumps({"parts": listed, "cut": {}}))
    done = unbundled(tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
    assert "part-001.tar: " in done.stderr and "space" not in done.stderr


HOSTILE = {
    "above": [member("../escaped")],
    "above, hidden": [member("data/../../escaped")],
    "a whole path": [member("/tmp/escaped-of-a-bundle")],
    "of Windows": [member("C:\\escaped")],
    "a link": [member("data", b"", tarfile.SYMTYPE, ".."), member("data/escaped")],
    "a hard link": [member("secret", b"", tarfile.LNKTYPE, "../secret.txt")],
    "a device": [member("null", b"", tarfile.CHRTYPE)],
    "twice": [member("run.sh"), member("./run.sh", b"y")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE.keys())
def test_members_that_no_bundle_has_are_refused_before_anything_is_written(tmp_path, members):
    bundle(tmp_path, member("data/clip.wav"), *members)
    done = unbundled(tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
    assert "do not use this bundle" in done.stderr
    assert outside(tmp_path) == set() and not list((tmp_path / "work").rglob("*"))
    assert not Path("/tmp/escaped-of-a-bundle").exists()


def test_a_link_that_lies_in_the_folder_leads_nowhere(tmp_path):
    bundle(tmp_path, member("data/clip.wav"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "data").symlink_to(tmp_path)
    assert "leaves the folder" in unbundled(tmp_path).stderr
    assert not (tmp_path / "clip.wav").exists()


def test_a_part_that_is_packed_is_no_part(tmp_path):
    """A compressed one could grow without bounds."""
    bundle(tmp_path, member("zeros", bytes(10_000_000)), mode="w:gz")
    done = unbundled(tmp_path)
    assert done.returncode == 2 and "part-001.tar: is no part of a bundle" in done.stderr
    assert not list((tmp_path / "work").rglob("*"))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b'{"parts": 1, "cut": {}}', b'{"parts": {"../x.tar": {"sha256": ""}}, "cut": {}}', b"\xff",
        b'{"parts": {"part-001.tar": 7}, "cut": {}}', b'{"parts": {"part-001.tar": {}}, "cut": []}', b"[" * 100_000,
        b'{"parts": {}, "cut": {"a": 1}}', b'{"parts": {}, "cut": {}}',
        b'{"parts": {"part-001.tar": "sha256"}, "cut": {}}',
        b'{"parts": {"part-001.tar": ["sha256"]}, "cut": {}}', b'{"parts": {"part-001.tar": {"sha256": 7}}, "cut": {}}',
    ],
)  # fmt: skip
def test_a_list_of_parts_that_is_none_is_one_line(tmp_path, content):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "bundle.json").write_bytes(content)
    with pytest.raises(unbundle.Refused, match=r"bundle\.json: is no list of the parts of a bundle; bring it again"):
        unbundle.main(tmp_path / "parts", tmp_path / "work")


def test_pieces_are_joined_inside_the_folder_alone(tmp_path):
    bundle(tmp_path, member("run.sh"), cut={"../joined": "0" * 64})
    (tmp_path / "joined.piece-0000").write_text("mine")
    with pytest.raises(unbundle.Refused, match="leaves the folder"):
        unbundle.main(tmp_path / "parts", tmp_path / "work")
    assert outside(tmp_path) == {"joined.piece-0000"}


def test_pieces_that_are_left_where_the_file_is_whole_go(tmp_path):
    """As where the call before was stopped while it removed them."""
    bundle(tmp_path, member("big.piece-0000", b"one"), cut={"big": hashlib.sha256(b"onetwo").hexdigest()})
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "big").write_bytes(b"onetwo")
    done = unbundled(tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "work").iterdir() if "big" in path.name] == ["big"]


def test_pieces_are_joined_whatever_their_file_is_called(tmp_path):
    digest = hashlib.sha256(b"onetwo").hexdigest()
    name = "clip [1].wav"
    bundle(
        tmp_path,
        *(member(f"{name}.piece-000{place}", text) for place, text in enumerate((b"one", b"two"))),
        cut={name: digest},
    )
    assert unbundle.main(tmp_path / "parts", tmp_path / "work") == 0
    assert [path.name for path in (tmp_path / "work").glob("[!.]*")] == [name]


def test_a_pipe_is_no_part_and_marks_stay_inside(tmp_path):
    parts = bundle(tmp_path, member("run.sh"))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".parts").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(unbundle.Refused, match="leaves the folder"):
        unbundle.main(parts, tmp_path / "work")
    assert outside(tmp_path) == set()
    (parts / "part-001.tar").unlink()
    os.mkfifo(parts / "part-001.tar")
    assert "part-001.tar: is no file; bring it again" in unbundled(tmp_path).stderr


def test_no_list_and_no_room_are_one_line(tmp_path):
    assert "bundle.json: cannot be read (No such file or directory); bring it again" in unbundled(tmp_path).stderr
    bundle(tmp_path, member("run.sh"))
    (tmp_path / "work").write_text("a file")
    done = unbundled(tmp_path)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
