"""What people have of DCASE 2018 Task 4 and what they call it, and what an import makes of it."""

import shutil
from dataclasses import replace

import pytest
import soundfile

from datasets.acquire.hashes import md5_of_file
from datasets.dcase2018_domestic.importing import import_folder
from datasets.dcase2018_domestic.layout import CLEAN, ORIGINAL, TEST_AUDIO, TRAIN_AUDIO, TRAIN_FEATURES, WEAK
from datasets.dcase2018_domestic.lists import read_strong, read_weak
from datasets.dcase2018_domestic.names import ListedNames
from datasets.dcase2018_domestic.official import LISTS
from datasets.errors import DataError
from tests.datasets.dcase2018_domestic.domestic_corpus import write_clip


def imported(source, root):
    """The lines that an import says."""
    lines = []
    import_folder(source, root, lines.append)
    assert not list(root.parent.glob(".*"))  # no folder to work in is left
    return lines


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("YYTdVeMwwYkY_11.000_21.000", 0),  # official
        ("YTdVeMwwYkY_11.000_21.000", 0),  # without the Y of all names
        ("YYTdVeMwwYkY_11_21", 0),  # whole seconds
        ("YTdVeMwwYkY_11000_21000", 0),  # milliseconds
        ("YTdVeMwwYkY_11.000-21.000", 0),
        ("YTdVeMwwYkY_11", 0),
        ("YYTdVeMwwYkY", 0),  # PANNs
        ("YTdVeMwwYkY", 0),
        ("-6p32k2WUCs_0_10", 1),
        ("_-a_b-c_d-e_30_40", 2),
        ("YTdVeMwwYkY_12_22", "another excerpt"),
        ("00000000000_0_10", "on neither"),
        ("dog", "no name of a clip"),
    ],
)
def test_names_of_youtube_clips(stem, found):
    items = ["YYTdVeMwwYkY_11.000_21.000.wav", "Y-6p32k2WUCs_0.000_10.000.wav", "Y_-a_b-c_d-e_30.000_40.000.wav"]
    named = ListedNames(items).find(stem)
    if isinstance(found, int):
        assert named.item == items[found]
    else:
        assert named.item is None and found in named.reason


@pytest.fixture
def lists(miniature_domestic, tmp_path):
    """A root that holds the lists alone, and the first clips of the weak list."""
    root = tmp_path / "data" / "domestic"
    for folder in ("metadata", "metadata_history"):
        shutil.copytree(miniature_domestic / folder, root / folder)
    return root, list(read_weak(root / WEAK))


def test_clips_of_youtube_are_taken_in_any_format_that_fits(lists, tmp_path):
    root, items = lists
    mine = tmp_path / "mine"
    ids = [item[1:12] for item in items]
    write_clip(mine / "a.wav")
    samples, rate = soundfile.read(mine / "a.wav")
    (mine / "a.wav").rename(mine / f"{ids[0]}.WAV")
    soundfile.write(mine / f"Y{ids[1]}.flac", samples, rate)
    soundfile.write(mine / f"{ids[2]}.ogg", samples, rate)
    soundfile.write(mine / f"{ids[3]}.flac", samples, 16000)
    lines = imported(mine, root)
    assert sorted(path.name for path in (root / TRAIN_AUDIO).iterdir()) == sorted(items[:3])
    assert lines[1].endswith("4 files seen: 3 new, 1 left out") and "16000 Hz, less than 44100 Hz" in lines[2]
    assert lines[-1].startswith("3 of 114 clips") and "rate" not in lines[-1]
    assert imported(mine, root)[1].endswith("4 files seen: 3 here already, 1 left out")


@pytest.mark.parametrize(
    ("here", "new", "kept"),
    [
        ({}, {"rate": 32000}, "32000 Hz, less than 44100 Hz, what is here is kept"),
        ({}, {"seconds": 0.4}, "0.40 s instead of 1 s, what is here is kept"),
        ({}, {"seconds": 10.0}, "10.00 s instead of 1 s, what is here is kept"),
        ({}, {"scale": 0.2}, "another content that is not better, what is here is kept"),
        ({"rate": 32000}, {}, None),
        ({"seconds": 0.4}, {}, None),
        ({"seconds": 10.0}, {}, None),
        ({"seconds": 10.0}, {"seconds": 0.9}, None),
        ({"seconds": 0.95}, {"seconds": 0.99}, None),
    ],
)
def test_a_good_clip_is_not_exchanged_for_a_worse_one(lists, tmp_path, here, new, kept):
    """The names of the miniature's clips tell one second."""
    root, items = lists
    place = root / TRAIN_AUDIO / items[0]
    write_clip(place, **{"seconds": 1.0, **here})
    write_clip(tmp_path / "mine" / items[0], **{"seconds": 1.0, **new})
    before, after = place.read_bytes(), (tmp_path / "mine" / items[0]).read_bytes()
    lines = imported(tmp_path / "mine", root)
    assert place.read_bytes() == (before if kept else after)
    assert any((kept or "in the place of worse ones, 1 x") in line for line in lines)


def test_a_clip_that_cannot_be_used_is_left_out_though_its_place_is_free(lists, tmp_path):
    root, items = lists
    wrong = {"rate": 16000}, {"scale": 0.0}, {"channels": 3}, {"seconds": 0.03}, {}
    for item, kind in zip(items, wrong, strict=False):
        write_clip(tmp_path / "mine" / item, **{"seconds": 1.0, **kind})
    lines = imported(tmp_path / "mine", root)
    assert lines[1].endswith("5 files seen: 1 new, 4 left out")
    reasons = "16000 Hz, less than 44100 Hz", "30 ms, less than one window of 40 ms", "3 channels", "zero"
    assert all(any(reason in line for line in lines[2:6]) for reason in reasons), lines
    assert [path.name for path in (root / TRAIN_AUDIO).iterdir()] == [items[4]] and "1 of 114 clips" in lines[-1]


def test_released_features_that_are_bad_for_one_reason_are_told_together(lists, tmp_path):
    root, items = lists
    for item in items[:2]:
        path = tmp_path / "mine" / TRAIN_FEATURES / f"{item.removesuffix('.wav')}.cpickle"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no pickle")
    (line,) = (line for line in imported(tmp_path / "mine", root) if line.startswith("left out"))
    assert line.startswith("left out, 2 x ") and str(tmp_path) not in line


def test_a_failed_import_of_clips_leaves_nothing(miniature_domestic, tmp_path):
    source = tmp_path / "mine"
    shutil.copytree(miniature_domestic, source)
    (source / "miniature.json").unlink()
    text = (source / CLEAN).read_text().replace("\t", ",")
    (source / CLEAN).write_text(text)
    with pytest.raises(DataError, match="is missing"):
        import_folder(source, tmp_path / "data" / "domestic", lambda line: None)
    assert not (tmp_path / "data").exists()


def test_files_that_become_wav_do_not_overwrite_each_other(miniature_domestic, tmp_path):
    root = shutil.copytree(miniature_domestic, tmp_path / "root")
    clip = next((root / TRAIN_AUDIO).glob("*.wav"))
    for name, seconds in (("a", 2.0), ("b", 0.1)):
        (tmp_path / "mine" / name).mkdir(parents=True)
        soundfile.write(tmp_path / "mine" / name / f"{clip.stem}.flac", [0.1] * round(44100 * seconds), 44100)
    clip.unlink()
    lines = imported(tmp_path / "mine", root)
    assert any("another one is as good or better" in line for line in lines)
    assert soundfile.info(clip).frames == 88200


def test_a_list_with_a_field_without_end_is_one_line(miniature_domestic, tmp_path):
    root = shutil.copytree(miniature_domestic, tmp_path / "root")
    (root / WEAK).write_text(f"filename\tevent_labels\n{'a' * 200_000}\tDog\n")
    with pytest.raises(DataError, match=rf"{root / WEAK}:\d: field larger than field limit"):
        read_weak(root / WEAK)


def test_a_clip_on_both_lists_is_compared_with_the_one_that_is_used(lists, tmp_path):
    root, _ = lists
    both = [one for one in read_strong(root / ORIGINAL) if one in read_weak(root / WEAK)]
    place = root / TEST_AUDIO / both[0]
    write_clip(place, 1.0)
    before = place.read_bytes()
    write_clip(tmp_path / "mine" / both[0], 0.3)
    assert any("what is here is kept" in line for line in imported(tmp_path / "mine", root))
    write_clip(place, 0.4)
    write_clip(tmp_path / "mine" / both[0], 1.0)
    assert any("in the place of worse ones" in line for line in imported(tmp_path / "mine", root))
    assert not (root / TRAIN_AUDIO / both[0]).exists() and len(place.read_bytes()) == len(before)


def test_lists_may_be_imported_again_and_mend_altered_ones(miniature_domestic, tmp_path):
    """Official is what the miniature has."""
    official = [
        replace(one, md5=md5_of_file(miniature_domestic / one.place))
        for one in LISTS
        if (miniature_domestic / one.place).is_file()
    ]
    mine, root = tmp_path / "mine", tmp_path / "root" / "domestic"
    for folder in ("metadata", "metadata_history"):
        shutil.copytree(miniature_domestic / folder, mine / folder)

    def lines():
        told = []
        import_folder(mine, root, told.append, official)
        return told

    assert f"{len(official)} new" in lines()[1] and f"{len(official)} here already" in lines()[1]
    (root / WEAK).unlink()  # of which the other one is a link
    (root / WEAK).write_text("no list")
    assert any("in the place of worse ones, 1 x not the official list" in line for line in lines())
    assert (root / WEAK).read_bytes() == (mine / WEAK).read_bytes()
    (mine / WEAK).unlink()
    (mine / WEAK).write_text("no list")
    assert any("not the official list, what is here is kept" in line for line in lines())
