import io
import os
import random
import resource
import shutil
import tarfile
import warnings
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from datasets.acquire.archive import BadArchive, unpack
from datasets.errors import DataError

CONTENT = {"top/a.txt": b"a" * 5000, "top/inner/b.bin": os.urandom(40000), "top/c.txt": b""}


def make_zip(path, members=CONTENT, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.mkdir("top")
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def make_tar(path, members=CONTENT, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


MAKERS = {
    "a.zip": make_zip,
    "a.tar": make_tar,
    "a.tar.gz": lambda path: make_tar(path, mode="w:gz"),
    "a.tar.xz": lambda path: make_tar(path, mode="w:xz"),
}


@pytest.mark.parametrize("name", MAKERS)
def test_unpacks_everything(tmp_path, name):
    target = unpack(MAKERS[name](tmp_path / name), tmp_path / "out")
    assert {str(p.relative_to(target)): p.read_bytes() for p in target.rglob("*") if p.is_file()} == CONTENT
    assert sorted(p.name for p in tmp_path.iterdir()) == [name, "out"]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.9])
def test_cut_archive_is_one_line_and_leaves_nothing(tmp_path, name, share):
    path = MAKERS[name](tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadArchive, match="truncated or corrupt") as caught:
        unpack(path, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_tar_cut_between_two_members(tmp_path):
    path = make_tar(tmp_path / "a.tar")
    path.write_bytes(path.read_bytes()[: 512 + 5120])
    with pytest.raises(BadArchive, match="no end mark"):
        unpack(path, tmp_path / "out")


def test_flipped_byte_in_a_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", compression=zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadArchive, match="CRC"):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "top/../../x", "C:/x", "top\\..\\x"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_member_that_leaves_the_target(tmp_path, name, make):
    path = make(tmp_path / "archive", {"fine.txt": b"1", name: b"2"})
    with pytest.raises(BadArchive, match="leaves the target folder"):
        unpack(path, tmp_path / "in" / "out")
    assert not (tmp_path / "x").exists()
    assert list((tmp_path / "in").iterdir()) == []


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_folders_that_are_nested_too_deep(tmp_path, make):
    path = make(tmp_path / "archive", {"a/" * 1500 + "x": b"1"})
    with pytest.raises(BadArchive, match=r"its member 'a/a/.{,80}\.\.\.' is nested too deep"):
        unpack(path, tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(BadArchive, match="link or a device"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_link_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(BadArchive, match="link or a device"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def clashing(path):
    return make_zip(path, {"a": b"1", "a/b": b"2"})


def too_long(path):
    return make_zip(path, {"a" * 300: b"1"})


def no_utf8(path):
    content = make_zip(path, {"\xe9.txt": b"1"}).read_bytes()
    path.write_bytes(content.replace("\xe9".encode(), b"\xff\xfe"))
    return path


def encrypted(path):
    content = bytearray(make_zip(path, {"a": b"1" * 100}).read_bytes())
    content[content.rfind(b"PK\1\2") + 8] |= 1
    content[content.rfind(b"PK\3\4") + 6] |= 1
    path.write_bytes(content)
    return path


def misplaced(path):
    """The list of members says that one begins before the file."""
    content = bytearray(make_zip(path, {"a": b"1"}).read_bytes())
    content[-6:-2] = (2**31).to_bytes(4, "little")
    path.write_bytes(content)
    return path


def of_another_kind(path):
    path.write_bytes(b"Rar!" + bytes(2000))
    return path


def bad_bz2(path):
    content = bytearray(make_tar(path, mode="w:bz2").read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "make",
    [clashing, too_long, no_utf8, encrypted, misplaced, of_another_kind, bad_bz2],
    ids=lambda make: make.__name__,
)
def test_what_no_system_unpacks_is_the_archives_fault(tmp_path, make):
    path = make(tmp_path / "archive")
    with pytest.raises(BadArchive, match="truncated or corrupt") as caught:
        unpack(path, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert [one.name for one in tmp_path.iterdir()] == ["archive"]


def test_flipped_bytes_are_never_more_than_a_bad_archive(tmp_path):
    draw = random.Random(0)
    contents = [make(tmp_path / name).read_bytes() for name, make in MAKERS.items()]
    for _ in range(150):
        content = bytearray(draw.choice(contents))
        for _ in range(draw.choice((1, 5, 20))):
            content[draw.choice((draw.randrange(len(content)), -1 - draw.randrange(300)))] = draw.randrange(256)
        (tmp_path / "flipped").write_bytes(content)
        with suppress(BadArchive):
            shutil.rmtree(unpack(tmp_path / "flipped", tmp_path / "out"))


@pytest.mark.parametrize("make", [make_zip, partial(make_tar, mode="w:gz")])
def test_an_archive_that_would_fill_the_disk_is_refused_before(tmp_path, monkeypatch, make):
    path = make(tmp_path / "bomb", {"zeros": bytes(1 << 20), "more": bytes(1 << 20)})
    monkeypatch.setattr("datasets.acquire.archive.MOST_BYTES", 1 << 20)
    with pytest.raises(BadArchive, match=r"would unpack to 0\.0 GB, which no sound does; do not use it"):
        unpack(path, tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["bomb"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_is_there_twice_is_refused(tmp_path, kind):
    path = tmp_path / "twice"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("a/b.txt", "c.txt", "a/b.txt"):
                archive.writestr(name, name)
    else:
        with tarfile.open(path, "w") as archive:
            for name in ("a/b.txt", "c.txt", "a//b.txt"):
                archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(BadArchive, match=r"its member 'a/b\.txt' is in it twice; do not use this archive"):
        unpack(path, tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["twice"]


def test_a_packed_tar_is_not_read_further_than_it_may_grow(tmp_path, monkeypatch):
    path = make_tar(tmp_path / "bomb", {f"{number}": bytes(1 << 20) for number in range(20)}, "w:gz")
    read = []
    monkeypatch.setattr("datasets.acquire.archive.MOST_BYTES", 3 << 20)
    monkeypatch.setattr("datasets.acquire.archive.MOST_TIMES", 1)
    found = tarfile.TarFile.next
    monkeypatch.setattr(tarfile.TarFile, "next", lambda self: read.append(1) or found(self))
    with pytest.raises(BadArchive, match="would unpack to"):
        unpack(path, tmp_path / "out")
    assert len(read) <= 5


def test_existing_target_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="exists already"):
        unpack(make_zip(tmp_path / "a.zip"), tmp_path / "out")


def test_full_disk_is_no_bad_archive(tmp_path):
    path = make_zip(tmp_path / "a.zip")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, limits[1]))
    try:
        with pytest.raises(DataError, match="cannot unpack") as caught:
            unpack(path, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not isinstance(caught.value, BadArchive)
    assert [p.name for p in tmp_path.iterdir()] == ["a.zip"]
    unpack(path, tmp_path / "out")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_what_the_disk_has_no_room_for_is_not_begun(kind, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(bytes(3000))
    archive = Path(shutil.make_archive(str(tmp_path / "sounds"), kind, tmp_path / "in"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("datasets.acquire.archive.shutil.disk_usage", lambda place: usage._replace(free=2999))
    with pytest.raises(DataError, match=rf"{tmp_path}: {archive.name} unpacks to 0.0 GB, 0.0 GB are free; free some"):
        unpack(archive, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in", archive.name])
    monkeypatch.setattr("datasets.acquire.archive.shutil.disk_usage", lambda place: usage._replace(free=3000))
    assert (unpack(archive, tmp_path / "out") / "a.wav").stat().st_size == 3000
