import shutil

import numpy as np
import pytest

from datasets.maestro_real import MaestroReal
from datasets.maestro_real.census import take_census
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, EVALUATION, SCENES, Layout
from tests.datasets.maestro_real.conftest import ITEM, OTHER, write_sound


def census(root, **options):
    return take_census(MaestroReal(root), **options)


def test_everything_is_counted_scene_by_scene(tiny):
    found = census(tiny)
    assert found.complete and found.scenes == dict.fromkeys(SCENES, (5, 5)) and found.evaluation == (5, 5)
    assert (found.found, found.expected, found.missing, found.extra, found.notes) == (25, 25, {}, {}, {})
    assert found.summary().endswith("residential_area 5 of 5; evaluation 5 of 5, which is not needed")


def test_the_real_set_has_49_and_26_recordings_with_known_md5(copy):
    (copy / "miniature.json").unlink()
    found = census(copy)
    counts = zip(SCENES, (10, 10, 9, 9, 11), strict=True)
    assert found.scenes == {scene: (5, count) for scene, count in counts} and found.evaluation == (5, 26)
    assert (found.found, found.expected, found.release) == (25, 49, "as published") and not found.complete
    assert found.missing["metro_station list"].startswith("4 of 9 lacking in")
    assert len(found.faults["altered"]) == 25 + 25 + 16  # recordings, labels, lists that decide


def test_sound_that_has_one_channel_is_noted_and_does_no_harm(copy):
    layout = Layout(copy)
    write_sound(layout.audio(ITEM), MaestroReal(copy).seconds(ITEM), channels=1)
    found = census(copy)
    assert found.complete and list(found.notes) == ["mono"] and list(found.notes["mono"]) == [ITEM]
    assert "noted: 1 mono" in found.summary() and f"- noted, mono: {ITEM}: one channel" in found.to_markdown()


@pytest.mark.parametrize(
    ("sound", "kind", "reason"),
    [
        ({"rate": 22050}, "rate", "22050 Hz instead of 44100 Hz"),
        ({"channels": 4}, "channels", "4 channels instead of 2 or 1"),
        ({"longer": 0.2}, "length", " s instead of "),
        ({"scale": 0.0}, "silent", "every sample is zero"),
        ({"scale": np.inf, "subtype": "FLOAT"}, "nan", "samples that are NaN or infinite"),
    ],
)
def test_contents_that_cannot_be_used_are_told_by_file_and_reason(copy, sound, kind, reason):
    seconds = MaestroReal(copy).seconds(ITEM) + sound.pop("longer", 0.05)
    write_sound(Layout(copy).audio(ITEM), seconds, **sound)
    found = census(copy)
    assert list(found.faults) == [kind] and list(found.faults[kind]) == [ITEM]
    assert reason in found.faults[kind][ITEM] and not found.complete and found.found == found.expected


@pytest.mark.parametrize(("content", "kind"), [(b"", "empty"), (b"no sound", "unreadable")])
def test_files_that_are_no_sound_are_told_and_harmless_in_the_evaluation_set(copy, content, kind):
    Layout(copy).audio(ITEM).write_bytes(content)
    Layout(copy).audio(OTHER).write_bytes(content)
    found = census(copy)
    assert list(found.faults[kind]) == [ITEM] and list(found.notes["evaluation"]) == [OTHER]
    shutil.rmtree(copy / EVALUATION)
    assert census(copy).evaluation == (0, 5)


def test_labels_that_are_bad_or_do_not_give_the_official_hard_ones_are_told(lists):
    layout = lists.layout
    lists.change(layout.labels(ITEM), lambda lines: [*lines, lines[0]])
    other = next(item for item in MaestroReal(lists.root).lists.durations if item != ITEM)
    lists.change(layout.hard, lambda lines: [*lines, f"{other}.wav\t90.0\t91.0\tcar"])
    faults = census(lists.root).faults["labels"]
    assert set(faults) == {f"{ITEM} labels", f"{other} labels"}
    assert f"{ITEM}.txt:" in faults[f"{ITEM} labels"] and "stands twice" in faults[f"{ITEM} labels"]
    assert f"has car in second 90 of {other}" in faults[f"{other} labels"]


def test_a_second_without_any_label_is_told_of_the_real_set_alone(lists):
    layout = lists.layout
    lists.change(layout.labels(ITEM), lambda lines: [line for line in lines if not line.startswith("1.0")])
    lists.change(layout.hard, lambda lines: [line for line in lines if not line.startswith(f"{ITEM}.wav\t1.0")])
    assert "labels" not in census(lists.root).faults  # a generated second may be silent
    (lists.root / "miniature.json").unlink()
    told = census(lists.root).faults["labels"][f"{ITEM} labels"]
    assert told.startswith(f"{layout.labels(ITEM)}: no label in second 1 (1 such seconds), where the official file has")


def test_missing_and_extra_files_are_named(copy):
    layout = Layout(copy)
    layout.audio(ITEM).rename(layout.audio(ITEM).with_name("city_center_99.wav"))
    second = "cafe_restaurant_00"
    layout.labels(second).unlink()
    found = census(copy, contents=False)
    assert found.missing == {
        ITEM: f"listed, but not in {copy / DEVELOPMENT}",
        f"{second} labels": f"listed, but not in {copy / ANNOTATION}",
    }
    assert list(found.extra) == [f"{DEVELOPMENT}/city_center/city_center_99.wav"]
    assert (found.found, found.scenes["city_center"]) == (24, (4, 5)) and not found.faults


def test_labels_alone_that_are_missing_are_told_in_the_summary(copy):
    Layout(copy).labels("cafe_restaurant_00").unlink()
    found = census(copy, contents=False)
    assert not found.complete
    assert found.summary().startswith("25 of 25 recordings (miniature): 1 missing beside them; cafe_restaurant 5 of 5")


def test_without_lists_or_all_audio_one_line_says_so(copy):
    shutil.rmtree(copy / DEVELOPMENT)
    found = census(copy, contents=False)
    assert list(found.missing) == ["audio"] and "not one of the 25 files is in" in found.missing["audio"]
    Layout(copy).durations.unlink()
    assert list(census(copy).missing) == ["development_metadata.csv"]


def test_labels_that_are_no_file_are_told(copy):
    path = Layout(copy).labels(ITEM)
    path.unlink()
    path.symlink_to("nowhere")
    found = census(copy)
    assert found.faults == {"unreadable": {f"{ITEM} labels": f"{path}: a link to nothing"}} and not found.missing


def test_results_are_remembered_until_a_file_changes(copy, tmp_path, monkeypatch):
    dataset = MaestroReal(copy, cache=tmp_path / "cache")
    assert take_census(dataset).complete
    with monkeypatch.context() as patch:
        patch.setattr("datasets.audio._decode", None)
        assert take_census(MaestroReal(copy, cache=tmp_path / "cache")).complete
    dataset.layout.audio(ITEM).write_bytes(b"")
    assert not take_census(MaestroReal(copy, cache=tmp_path / "cache")).complete
