import csv
import hashlib
import io

import numpy as np
import pandas as pd
import pytest
import soundfile

from datasets.acquire.checksums import official_tokens, token
from datasets.errors import DataError
from datasets.esc50 import ESC50
from datasets.esc50.census import CHECKSUMS
from datasets.esc50.layout import CATEGORIES, parse_item
from datasets.registry import get, names
from tests.datasets.esc50.esc50_releases import ESC10_ITEMS, ITEMS, LAYOUTS, list_text, sound, write_clip, write_v2

pytestmark = pytest.mark.filterwarnings("ignore:.* clips of esc")

#: The clips whose official samples our decoding gives bit for bit. They are so quiet that no rounding differs.
EXACT = (
    *("1-50623-A-15", "1-53501-A-32", "1-99958-A-31", "3-148932-A-34", "3-155556-A-31", "3-158056-B-31"),
    *("3-164592-A-15", "3-164595-A-15", "3-216280-A-39", "4-201300-A-31", "5-210571-A-38"),
)


@pytest.fixture(scope="module")
def releases(tmp_path_factory):
    """One tiny release per layout, by its name."""
    roots = {name: tmp_path_factory.mktemp("release") for name in LAYOUTS}
    for name, write in LAYOUTS.items():
        write(roots[name])
    return roots


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_the_same_index(releases, layout):
    index = ESC50(releases[layout]).index()
    assert list(index.columns) == ["item", "path", "fold", "label", "unit"]
    assert list(index["item"]) == (ESC10_ITEMS if layout == "ESC-10 v1" else ITEMS)
    row = index.set_index("item").loc["2-102-B-0.wav"]
    assert (row["fold"], row["label"], row["unit"]) == (2, "dog", "102")
    assert all(pd.Series(index["path"]).map(lambda path: str(releases[layout].resolve()) in path))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_the_same_esc10(releases, layout):
    dataset = ESC50(releases[layout], subset="esc10")
    assert list(dataset.index()["item"]) == ESC10_ITEMS
    assert dataset.classes[:2] == ("dog", "rooster") and len(dataset.classes) == 10


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_loads(releases, layout):
    samples = ESC50(releases[layout]).load("1-101-A-0.wav")
    assert samples.dtype == np.float32 and samples.shape == (220500,)
    expected = sound(0) / 32768
    tolerance = 0.0 if layout.startswith("v2") else 0.01  # Vorbis loses a little
    assert np.abs(samples - expected).max() <= tolerance


@pytest.mark.parametrize(
    "text",
    [
        list_text(end="\r\n"),
        list_text(true="TRUE", false="FALSE"),
        list_text(end="\r\n", true="TRUE", false="FALSE"),
        "\ufeff" + list_text(),
    ],
    ids=["crlf", "upper", "both", "bom"],
)
def test_variants_of_the_list(releases, tmp_path, text):
    (tmp_path / "meta").mkdir()
    (tmp_path / "audio").symlink_to(releases["v2"] / "audio")
    (tmp_path / "meta" / "esc50.csv").write_bytes(text.encode())
    assert list(ESC50(tmp_path).index()["item"]) == ITEMS


GOOD = list_text()
BAD_LISTS = {
    "column 'fold' is missing": GOOD.replace(",fold,", ",part,"),
    "column 'filename' is missing": "",
    r"esc50\.csv:2: .*fold '6'": GOOD.replace("1-101-A-0.wav,1,", "6-101-A-0.wav,6,"),
    r"esc50\.csv:3: 2-102-A-0\.wav disagrees": GOOD.replace("2-102-A-0.wav,2,0,", "2-102-A-0.wav,2,3,"),
    r"esc50\.csv:2: dog\.wav disagrees": GOOD.replace("1-101-A-0.wav", "dog.wav"),
    r"4-104-A-38\.wav is clock_tick.*'clock_alarm'": GOOD.replace("clock_tick", "clock_alarm"),
    r"1-101-A-0\.wav is dog, .*esc10 'maybe'": GOOD.replace("dog,True,101", "dog,maybe,101"),
    r"esc50\.csv:10: 1-101-A-0\.wav is listed twice": GOOD + GOOD.splitlines()[1] + "\n",
    r"esc50\.csv:9: .*disagrees": GOOD.rsplit(",", 2)[0] + "\n",
}


@pytest.mark.parametrize("message", BAD_LISTS)
def test_bad_list_is_one_line_with_its_place(tmp_path, message):
    (tmp_path / "meta").mkdir()
    (tmp_path / "audio").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text(BAD_LISTS[message])
    with pytest.raises(DataError, match=message) as caught:
        ESC50(tmp_path).index()
    assert "\n" not in str(caught.value) and str(tmp_path / "meta" / "esc50.csv") in str(caught.value)


def test_missing_root_names_the_next_step(tmp_path):
    with pytest.raises(DataError, match=r"data fetch esc50.*RESOUND_DATA"):
        ESC50(tmp_path / "esc50")


def test_root_without_a_release(tmp_path):
    with pytest.raises(DataError, match=r"neither meta/esc50\.csv nor class folders"):
        ESC50(tmp_path).index()


def test_unknown_clip_and_subset(releases):
    with pytest.raises(DataError, match=r"1-1-A-1\.wav: no such clip"):
        ESC50(releases["v2"]).load("1-1-A-1.wav")
    with pytest.raises(DataError, match="esc11"):
        ESC50(releases["v2"], subset="esc11")


def test_incomplete_index_warns(releases):
    with pytest.warns(UserWarning, match="8 of the 2000 clips of esc50"):
        ESC50(releases["v2"]).index()


def test_fingerprint_follows_names_and_content_only(releases, tmp_path):
    write_v2(tmp_path / "copy")
    prints = [ESC50(root, cache=tmp_path / "cache").fingerprint() for root in (releases["v2"], tmp_path / "copy")]
    assert prints[0] == prints[1] and len(prints[0]) == 16
    write_clip(tmp_path / "copy" / "audio" / "1-101-A-0.wav", seed=77)
    changed = ESC50(tmp_path / "copy", cache=tmp_path / "cache").fingerprint()
    assert changed != prints[0]
    assert ESC50(tmp_path / "copy").fingerprint() == changed  # remembered hashes or none: the same
    clips = {ESC50(releases["v2"], subset).fingerprint() for subset in ("esc50", "esc10")}
    assert len(clips) == 2


def test_memory_of_hashes_cut_short_is_made_again(releases, tmp_path):
    dataset = ESC50(releases["v2"], cache=tmp_path)
    first = dataset.fingerprint()
    (memory,) = (tmp_path / "index").iterdir()
    memory.write_text(memory.read_text()[:100])
    assert dataset.fingerprint() == first


def test_parts_are_by_official_fold(miniature_esc50):
    dataset = ESC50(miniature_esc50)
    index = dataset.index()
    tested = [set(dataset.parts(fold).test["test"].index) for fold in dataset.folds]
    assert set.union(*tested) == set(index["item"]) and sum(map(len, tested)) == len(index)
    train, validation, test = dataset.parts(3)
    assert all(item.startswith("3-") for item in test["test"].index) and validation.empty
    assert list(train.index) == [item for item in index["item"] if not item.startswith("3-")]
    with pytest.raises(DataError, match="fold 6"):
        dataset.parts(6)


def test_reference_needs_no_files():
    reference = ESC50.truth_of_names(["5-210571-A-38.wav", "1-100032-A-0.wav"])
    assert reference.index.name == "item"
    assert reference.loc["5-210571-A-38.wav"].to_dict() == {"label": "clock_tick", "unit": "210571", "fold": 5}
    assert ESC50.truth_of_names([]).empty


@pytest.mark.parametrize("name", ["1-100032-A-50.wav", "6-100032-A-0.wav", "1-100032-A-0.ogg", "1-100032-A-00.wav"])
def test_reference_refuses_other_names(name):
    with pytest.raises(DataError, match="not an official ESC-50 name"):
        ESC50.truth_of_names([name])


def test_files_are_enough_to_move_the_subset(releases, tmp_path):
    for layout, root in releases.items():
        source = ESC50(root, subset="esc10")
        for path in source.files():
            place = tmp_path / layout / path.relative_to(root)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
        assert ESC50(tmp_path / layout, subset="esc10").fingerprint() == source.fingerprint()


@pytest.mark.parametrize("name", names())
def test_every_dataset_says_what_it_is(name):
    dataset = get(name)
    assert dataset.name == name and isinstance(dataset.version, int)
    for field in ("title", "homepage", "licence", "citation"):
        assert len(getattr(dataset, field)) > 5
    with pytest.raises(DataError, match=f"known: .*{name}"):
        get("esc51")


@pytest.mark.real
def test_real_index_is_the_official_one(data_root):
    with (data_root / "esc50" / "esc50.csv").open() as file:
        official = {row["filename"]: row for row in csv.DictReader(file)}
    index = ESC50(data_root / "esc50").index()
    assert list(index["item"]) == sorted(official)
    assert [official[item]["category"] for item in index["item"]] == list(index["label"])
    assert [official[item]["src_file"] for item in index["item"]] == list(index["unit"])
    assert set(index.groupby(["fold", "label"]).size()) == {8}
    assert {int(row["target"]): row["category"] for row in official.values()} == dict(enumerate(CATEGORIES))
    esc10 = ESC50(data_root / "esc50", subset="esc10").index()
    assert set(esc10["item"]) == {item for item, row in official.items() if row["esc10"] == "True"}


@pytest.mark.real
@pytest.mark.parametrize("stem", EXACT)
def test_real_samples_are_the_official_ones(data_root, stem):
    """The md5 of the official WAV, from the OGG: scale 32768, rounding to nearest, cut or zero-padded at the end."""
    samples = ESC50(data_root / "esc50").load(f"{stem}.wav")
    file = io.BytesIO()
    soundfile.write(file, (samples * 32768).astype(np.int16), 44100, format="WAV", subtype="PCM_16")
    assert token(f"{stem}.wav", hashlib.md5(file.getvalue()).hexdigest()) in official_tokens(CHECKSUMS["v2 WAV"])


@pytest.mark.real
def test_real_clips_of_every_form_load(data_root):
    """Mono and stereo, 44.1 and 48 kHz, shorter and longer than 5 s."""
    dataset = ESC50(data_root / "esc50")
    forms: dict[tuple, str] = {}
    for item, path in dataset.paths().items():
        info = soundfile.info(path)
        forms.setdefault((info.samplerate, info.channels, info.frames > 5 * info.samplerate), item)
    assert {form[:2] for form in forms} == {(44100, 1), (44100, 2), (48000, 1), (48000, 2)}
    for item in forms.values():
        samples = dataset.load(item)
        assert samples.shape == (220500,) and np.abs(samples).max() <= 1.0
        assert parse_item(item).fold in dataset.folds
        np.testing.assert_array_equal(samples * 32768, np.rint(samples * 32768))
