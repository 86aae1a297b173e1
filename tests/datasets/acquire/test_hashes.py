import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from datasets.acquire.hashes import Fingerprinted, forget, index_memory, md5_of_files
from datasets.acquire.whole import checked, with_checksum
from datasets.errors import DataError


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode() * 1000)
    return paths


def truth(paths):
    return {path: hashlib.md5(path.read_bytes()).hexdigest() for path in paths}


def say_zeros_of(path, memory):
    """Have the memory say something else of a file, by which is seen that it is used."""
    content = checked(memory).replace(truth([path])[path].encode(), b"0" * 32)
    memory.write_bytes(with_checksum(content, memory))


def test_hashes_with_and_without_memory(files, tmp_path):
    memory = tmp_path / "index" / "hashes.json"
    assert md5_of_files(files) == md5_of_files(files, memory) == md5_of_files(files, memory) == truth(files)


def test_memory_is_used_until_size_or_time_change(files, tmp_path):
    memory = tmp_path / "hashes.json"
    md5_of_files(files, memory)
    say_zeros_of(files[0], memory)
    assert md5_of_files(files, memory)[files[0]] == "0" * 32
    status = files[0].stat()
    os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert md5_of_files(files, memory) == truth(files)
    files[1].write_bytes(b"longer" * 1000)
    assert md5_of_files(files, memory) == truth(files)


@pytest.mark.parametrize("way", ["copied over", "moved over", "written over"])
def test_a_file_exchanged_for_one_of_the_same_size_and_time_is_noticed(files, tmp_path, way):
    memory, other = tmp_path / "hashes.json", tmp_path / "other"
    md5_of_files(files, memory)
    status = files[0].stat()
    other.write_bytes(b"x" * status.st_size)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    if way == "copied over":  # cp -p
        shutil.copy2(other, files[0])
    elif way == "moved over":  # rsync -t
        other.rename(files[0])
    else:  # unzip
        files[0].write_bytes(other.read_bytes())
        os.utime(files[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (files[0].stat().st_size, files[0].stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert md5_of_files(files, memory) == truth(files)


def test_what_is_forgotten_is_read_again_and_other_datasets_are_not(files, tmp_path):
    memories = [index_memory(tmp_path, name, tmp_path) for name in ("one", "other")]
    for memory in memories:
        md5_of_files(files, memory)
        say_zeros_of(files[0], memory)
    forget(tmp_path, "one")
    assert [md5_of_files(files, memory) == truth(files) for memory in memories] == [True, False]
    forget(tmp_path / "no such folder", "one")


def test_what_cannot_be_removed_is_forgotten_all_the_same(files, tmp_path, monkeypatch):
    memory = index_memory(tmp_path / "cache", "one", tmp_path)
    md5_of_files(files, memory)
    say_zeros_of(files[0], memory)
    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "unlink", lambda path, **_: (_ for _ in ()).throw(OSError(errno.EROFS, "read-only")))
        forget(tmp_path / "cache", "one")
    assert memory.exists() and md5_of_files(files, memory) == truth(files)


@pytest.mark.parametrize("content", ["", "[]", '{"a', '{"x": 1}'])
def test_memory_that_is_no_memory_is_ignored(files, tmp_path, content):
    memory = tmp_path / "hashes.json"
    memory.write_bytes(with_checksum(content.replace("x", str(files[0])).encode(), memory))
    assert md5_of_files(files, memory) == truth(files)


def test_damaged_memory_and_that_of_another_folder_are_ignored(files, tmp_path):
    memory, other = tmp_path / "hashes.json", tmp_path / "others.json"
    md5_of_files(files, memory)
    say_zeros_of(files[0], memory)
    other.write_bytes(memory.read_bytes())
    assert md5_of_files(files, other) == truth(files)
    memory.write_bytes(memory.read_bytes().replace(b"000000", b"000001"))
    assert md5_of_files(files, memory) == truth(files)


def test_memory_that_cannot_be_written_costs_nothing_but_time(files, tmp_path):
    assert md5_of_files(files, files[0] / "hashes.json") == truth(files)


def test_missing_file_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"gone\.wav: cannot be read"):
        md5_of_files([tmp_path / "gone.wav"])


class Letters(Fingerprinted):
    name = "letters"

    def __init__(self, root, cache=None):
        self.root, self.cache = root, cache

    def data_files(self):
        return sorted(self.root.glob("?"))


def test_a_fingerprint_is_that_of_names_and_contents(files, tmp_path):
    first, (_, b, c) = Letters(tmp_path), files
    before = first.fingerprint()
    assert first.hashes() == {path.name: md5 for path, md5 in truth(files).items()}
    cached = Letters(tmp_path, tmp_path / "cache")
    assert cached.fingerprint() == before and index_memory(cached.cache, "letters", tmp_path).is_file()
    assert Letters(shutil.copytree(tmp_path, tmp_path / "elsewhere")).fingerprint() == before and len(before) == 16
    b.rename(tmp_path / "d")
    renamed = cached.fingerprint()
    c.write_bytes(b"other")
    assert len({before, renamed, cached.fingerprint()}) == 3
