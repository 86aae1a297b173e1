import itertools
import json
from pathlib import Path

import pytest
import soundfile

from datasets.errors import DataError
from datasets.esc50 import ESC50
from datasets.esc50.miniature import recipe, write
from datasets.sounds.parametric import KINDS, VARIANTS

RATE = 44100


def small(root: Path, **changes):
    write(root, **{"clips_per_class_and_fold": 1, "clip_seconds": 0.05, **changes})
    return root


def test_has_the_real_layout(miniature_esc50):
    dataset = ESC50(miniature_esc50)
    index = dataset.index()
    assert dataset.clip_seconds == 1.6
    assert set(index.groupby(["fold", "label"]).size()) == {1} and len(index) == 250
    info = soundfile.info(index["path"][0])
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (RATE, 1, "PCM_16", 70560)
    assert sorted(path.name for path in miniature_esc50.iterdir()) == ["LICENSE", "audio", "meta", "miniature.json"]
    assert b"\r" not in (miniature_esc50 / "meta" / "esc50.csv").read_bytes()


def test_takes_of_one_source_stay_in_their_class_and_fold(tmp_path):
    index = ESC50(small(tmp_path / "a", clips_per_class_and_fold=2)).index()
    takes = index.groupby("unit").agg({"item": "size", "fold": "nunique", "label": "nunique"})
    assert set(takes["fold"]) == set(takes["label"]) == {1}
    assert set(takes["item"]) == {1, 2}


def test_first_names_hold_many_classes(miniature_esc50):
    assert ESC50(miniature_esc50).index()["label"][:32].nunique() >= 15


def test_is_written_once_and_seed_alone_decides(tmp_path):
    root = small(tmp_path / "a")
    fingerprint = ESC50(root).fingerprint()
    clip = next((root / "audio").iterdir())
    stamp = clip.stat().st_mtime_ns
    small(root)
    assert clip.stat().st_mtime_ns == stamp
    clip.unlink()
    small(root)
    assert ESC50(root).fingerprint() == fingerprint
    small(root, seed=1)
    assert json.loads((root / "miniature.json").read_text())["seed"] == 1
    assert ESC50(root).fingerprint() != fingerprint
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("text", ["", "{}", '{"clip_seconds": "long", "clips_per_class_and_fold": 1}', "[1]"])
def test_bad_declaration_is_one_line(miniature_esc50, tmp_path, text):
    for name in ("audio", "meta"):
        (tmp_path / name).symlink_to(miniature_esc50 / name)
    (tmp_path / "miniature.json").write_text(text)
    with pytest.raises(DataError, match="not a declaration of a miniature") as caught:
        ESC50(tmp_path).index()
    assert "\n" not in str(caught.value)


def test_every_class_has_its_own_recipe():
    recipes = [recipe(target) for target in range(50)]
    assert set(recipes) == set(itertools.product(range(len(KINDS)), range(VARIANTS)))
    assert len({recipe(target)[0] for target in (0, 1, 10, 11, 12, 20, 21, 38, 40, 41)}) == 10
