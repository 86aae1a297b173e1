import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from datasets.dcase2016_asc.layout import DEVELOPMENT, EVALUATION, Layout
from datasets.dcase2016_asc.miniature import write
from datasets.dcase2016_asc.writing import Sizes, make_items, write_lists

#: Of every scene two locations per fold with two items each, and a location of the evaluation set.
SIZES = Sizes(per_fold=2, items=2, evaluation=1, evaluation_items=2)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A miniature with items of 0.1 s. Not to be changed by tests."""
    root = tmp_path_factory.mktemp("tiny") / "dcase2016_asc"
    write(root, clip_seconds=0.1)
    return root


@pytest.fixture
def copy(tiny, tmp_path):
    """A copy of the tiny miniature to break."""
    return shutil.copytree(tiny, tmp_path / "dcase2016_asc")


@pytest.fixture(scope="session")
def all_lists(tmp_path_factory):
    """The lists of a miniature with two locations per fold and two items each, without sound. Not to be changed."""
    root = tmp_path_factory.mktemp("lists") / "dcase2016_asc"
    draw = np.random.default_rng(0)
    write_lists(Layout(root), make_items(SIZES, draw), draw)
    declared = {"corpus": "miniature", "dataset": "dcase2016_asc", "per_class": SIZES.per_class}
    (root / "miniature.json").write_text(json.dumps(declared))
    return root


@pytest.fixture
def lists(all_lists, tmp_path):
    """A copy of these lists to break: `layout`, and `change(path, function of its lines)`."""
    root = shutil.copytree(all_lists, tmp_path / "dcase2016_asc")

    def change(path, how):
        lines = path.read_text().splitlines()
        path.write_text("".join(f"{line}\n" for line in how(lines)))

    return SimpleNamespace(root=root, layout=Layout(root), change=change)


@pytest.fixture(scope="session")
def official(data_root, tmp_path_factory):
    """The official lists, laid out as the records are, without sound."""
    source = data_root / "dcase2016_asc"
    if not (source / "dev" / "meta.txt").is_file():
        pytest.skip(f"no official lists in {source}")
    root = tmp_path_factory.mktemp("official") / "dcase2016_asc"
    root.mkdir()
    (root / DEVELOPMENT).symlink_to(source / "dev")
    (root / EVALUATION).symlink_to(source / "eval")
    return root


def write_sound(path, seconds=0.1, channels=2, rate=44100, subtype="PCM_24", scale=0.1):
    """Noise, or silence where its scale is 0."""
    noise = scale * np.random.default_rng(len(path.name)).uniform(-1, 1, (round(seconds * rate), channels))
    soundfile.write(path, noise, rate, subtype=subtype)
