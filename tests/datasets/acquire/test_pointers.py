"""Pointers stand in place of sounds: fingerprints are those of the sounds, and who wants to hear one is told."""

import hashlib

import pytest

from datasets.acquire.hashes import POINTER_BYTES, digest_of, md5_of_files, pointed_md5, pointer_to
from datasets.audio import ClipFault, read_any


def test_a_pointer_hashes_to_what_it_stands_for(tmp_path):
    sound, pointer = tmp_path / "a.wav", tmp_path / "there" / "a.wav"
    sound.write_bytes(b"RIFF" + bytes(200))
    pointer.parent.mkdir()
    md5 = hashlib.md5(sound.read_bytes()).hexdigest()
    pointer.write_bytes(pointer_to(md5))
    assert len(pointer_to(md5)) <= POINTER_BYTES
    assert pointed_md5(pointer) == md5 and pointed_md5(sound) is None and pointed_md5(tmp_path / "none") is None
    assert md5_of_files([pointer]) == {pointer: md5}
    assert digest_of({"a.wav": md5_of_files([pointer])[pointer]}) == digest_of({"a.wav": md5_of_files([sound])[sound]})


def test_a_pointer_cannot_be_heard_and_says_why(tmp_path):
    (tmp_path / "a.wav").write_bytes(pointer_to("0" * 32))
    with pytest.raises(ClipFault, match="its features were carried here without the sound"):
        read_any(tmp_path / "a.wav")


def test_a_small_file_is_no_pointer(tmp_path):
    (tmp_path / "list.csv").write_text("a,b\n")
    assert pointed_md5(tmp_path / "list.csv") is None
