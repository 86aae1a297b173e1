import hashlib
import zipfile

import pytest

from datasets.acquire.archive import BadArchive
from datasets.acquire.importing import Haul
from datasets.acquire.records import (
    MANIFEST,
    Archive,
    is_intact,
    read_manifest,
    recognise,
    take_archives,
    write_manifest,
)
from datasets.errors import DataError

FILES = {"record/meta.txt": b"lists", "record/audio/1.wav": b"sound"}


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return path


def archive_of(path, name="record.meta.zip"):
    return Archive(name, path.stat().st_size, hashlib.md5(path.read_bytes()).hexdigest(), "record", ())


def taken(found, archives, work, is_here=None):
    """What archives brought, and what became of the others."""
    haul = Haul()
    return take_archives(found, haul, work, archives, lambda line: None, is_here), haul


def test_a_note_that_was_cut_short_tells_nothing(tmp_path):
    assert read_manifest(tmp_path) == {}
    manifest = {"record.meta.zip": {"record/meta.txt": "md5"}}
    write_manifest(tmp_path, manifest)
    assert read_manifest(tmp_path) == manifest
    for text in ((tmp_path / MANIFEST).read_text()[:-5], "[]", '{"record.meta.zip": 1}'):
        (tmp_path / MANIFEST).write_text(text)
        assert read_manifest(tmp_path) == {}


def test_files_are_intact_while_all_are_as_they_came(tmp_path):
    (tmp_path / "one").write_bytes(b"1")
    files = {"one": hashlib.md5(b"1").hexdigest()}
    assert is_intact(tmp_path, files) and not is_intact(tmp_path, None)
    assert not is_intact(tmp_path, {**files, "two": "md5"})
    (tmp_path / "one").write_bytes(b"2")
    assert not is_intact(tmp_path, files)


def test_an_archive_is_known_by_its_content_and_a_damaged_one_by_its_name(tmp_path):
    path = zipped(tmp_path / "any.zip", FILES)
    known = [archive_of(path)]
    assert recognise(path, known) == known[0]
    assert recognise(zipped(tmp_path / "other.zip", {"a": b""}), known) is None
    with pytest.raises(DataError, match=r"record.meta.zip: not the official archive \(its md5 differs\)"):
        recognise(zipped(tmp_path / "record.meta.zip", {"a": b""}), known)


def test_an_archive_whose_md5_nobody_has_recorded_is_known_by_its_name(tmp_path):
    known = [Archive("record.meta.zip", None, None, "record", ())]
    assert recognise(zipped(tmp_path / "record.meta.zip", FILES), known) == known[0]
    assert recognise(zipped(tmp_path / "any.zip", FILES), known) is None


@pytest.mark.parametrize("prefix", ["record/", ""])
def test_what_an_archive_brings_lies_below_the_official_folder(tmp_path, prefix):
    files = {name.replace("record/", prefix): content for name, content in FILES.items()}
    path = zipped(tmp_path / "any.zip", files)
    other = zipped(tmp_path / "other.zip", {"a": b""})
    text = tmp_path / "record.meta.txt"  # no zip file, so none of its business
    text.touch()
    manifest, haul = taken([path, text, other], [archive_of(path)], tmp_path / "work")
    assert manifest == {"record.meta.zip": {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}}
    assert haul.left_out == {"no archive of the records": ["other.zip"]} and haul.seen == 1
    assert {name: (tmp_path / "work" / name).read_bytes() for name in FILES} == FILES


def test_an_archive_of_files_that_are_there_is_not_unpacked(tmp_path):
    path = zipped(tmp_path / "any.zip", FILES)
    found = [path, tmp_path / "meta.txt", tmp_path / "1.wav"]
    for one, content in zip(found[1:], FILES.values(), strict=True):
        one.write_bytes(content)
    manifest, haul = taken(found, [archive_of(path)], tmp_path / "work")
    assert manifest == {} and haul.unneeded == 1 and not (tmp_path / "work").exists()
    found[-1].write_bytes(b"less")
    assert taken(found, [archive_of(path)], tmp_path / "work")[0]


def test_who_asks_for_archives_may_say_what_is_there(tmp_path):
    path, asked = zipped(tmp_path / "any.zip", FILES), []

    def is_here(folder, sizes):
        asked.append((folder, sizes))
        return True

    manifest, haul = taken([path], [archive_of(path)], tmp_path / "work", is_here)
    assert manifest == {} and haul.unneeded == 1
    assert asked == [("record", {"meta.txt": 5, "audio/1.wav": 5})]


def test_an_archive_that_is_none_is_told(tmp_path):
    path = tmp_path / "any.zip"
    path.write_bytes(b"PK and no more")
    with pytest.raises(BadArchive, match=r"any.zip: truncated or corrupt archive"):
        taken([path], [archive_of(path)], tmp_path / "work")
