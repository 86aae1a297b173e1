import shutil

import pytest

from datasets.acquire.archive import unpack
from datasets.chime_home.layout import LISTS


@pytest.fixture
def copy(miniature_chime, tmp_path):
    """A copy of the miniature to break."""
    shutil.copytree(miniature_chime, tmp_path / "chime_home")
    return tmp_path / "chime_home"


@pytest.fixture(scope="session")
def real_root(data_root, tmp_path_factory):
    """The official lists and all 6137 annotations, laid out as in the archive, without audio."""
    source = data_root / "chime_home"
    if not (source / "annotations.tar.gz").is_file():
        pytest.skip(f"no real annotations in {source}")
    root = unpack(source / "annotations.tar.gz", tmp_path_factory.mktemp("chime") / "chime_home")
    for name in LISTS:
        shutil.copy(source / name, root)
    return root
