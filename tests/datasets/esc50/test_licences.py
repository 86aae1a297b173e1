"""The licence and the author of each clip, as the LICENSE of a release tells them."""

import csv
from collections import Counter

import pytest

from datasets.esc50 import ESC50
from datasets.esc50.licences import ClipLicence, read_licences
from datasets.sounds.collections import Collections

SOUND = "http://www.freesound.org/people/somebody/sounds/1/"


def write(folder, *lines):
    path = folder / "LICENSE"
    path.write_text("# ESC-50\n\n## Details for individual clips:\n\n" + "\n".join(lines) + "\n")
    return read_licences([path])


@pytest.mark.parametrize(
    ("heading", "clip", "recording", "item"),
    [
        ("101 - Dog", "[1-1-A.ogg]: ", "a.wav ", "1-1-A-0.wav"),
        ("108 - Insects (flying)", "[2-1-B.ogg]:  ", "a (b) ", "2-1-B-7.wav"),
        ("406 - Washing machine", "[5-1-Ad.ogg]: ", "a ", "5-1-A-35.wav"),
        ("310 - Drinking, sipping", "[4-1-A.ogg]: ", "[a[b]]", "4-1-A-29.wav"),
    ],
)
def test_the_line_of_a_clip_tells_its_licence_author_and_address(tmp_path, heading, clip, recording, item):
    line = f"- {clip}clip derived from {recording}({SOUND}) by some body [CC-BY]"
    assert write(tmp_path, f"{heading}:", line) == {item: ClipLicence("CC-BY", "some body", SOUND)}


def test_a_text_of_another_form_tells_nothing(tmp_path):
    assert write(tmp_path, "- [1-1-A.ogg]: a dog", "See LICENSE.") == {}


@pytest.mark.real
def test_all_clips_are_credited_as_the_table_made_of_the_license_says(data_root):
    dataset = ESC50(data_root / "esc50")
    found = dataset.licences()
    with (data_root / "esc50" / "esc50_clip_licences.csv").open(newline="", encoding="utf-8-sig") as file:
        table = {row["filename"]: (row["licence"], row["author"], row["url"]) for row in csv.DictReader(file)}
    assert found == table and found.keys() == dataset.release.clips.keys()
    assert Counter(one.licence for one in found.values())["CC-BY"] == 901
    assert all(one.author for one in Collections(data_root).ambience("rain"))
