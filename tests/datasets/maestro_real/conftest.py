import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from datasets.maestro_real.annotations.authors_table import write_layout
from datasets.maestro_real.layout import Layout, scene_of

#: Recordings of the miniature: one of each set.
ITEM, OTHER = "city_center_02", "city_center_00"


@pytest.fixture(scope="session")
def tiny(miniature_maestro):
    """A miniature with recordings of about 3.5 s, and five of evaluation. Not to be changed by tests."""
    return miniature_maestro


@pytest.fixture
def copy(tiny, tmp_path):
    """A copy of the tiny miniature to break."""
    return shutil.copytree(tiny, tmp_path / "maestro_real")


@pytest.fixture
def lists(tiny, tmp_path):
    """A copy without sound, for parts ask only whether files are there: `layout`, `change(path, function of lines)`."""
    root = shutil.copytree(tiny, tmp_path / "maestro_real", ignore=shutil.ignore_patterns("*.wav"))
    for path in tiny.rglob("*.wav"):
        (root / path.relative_to(tiny)).write_bytes(b"")

    def change(path, how):
        path.write_text("".join(f"{line}\n" for line in how(path.read_text().splitlines())))

    return SimpleNamespace(root=root, layout=Layout(root), change=change)


@pytest.fixture(scope="session")
def official(data_root, tmp_path_factory):
    """The official lists, and the soft labels of the 11 scored classes as label files, without sound."""
    source = data_root / "maestro_real"
    if not (source / "development_metadata.csv").is_file():
        pytest.skip(f"no official lists in {source}")
    root = tmp_path_factory.mktemp("official") / "maestro_real"
    write_layout(source, root)
    return root


def write_sound(path, seconds=3.5, channels=2, rate=44100, subtype="PCM_16", scale=0.1):
    """Noise, or silence where its scale is 0."""
    noise = scale * np.random.default_rng(len(path.name)).uniform(-1, 1, (round(seconds * rate), channels))
    soundfile.write(path, noise, rate, subtype=subtype)


def item_of(line):
    """The item of a line of a fold's list."""
    item = line.split("/")[-1]
    assert scene_of(item)
    return item
