import importlib
import math
import os
from pathlib import Path

import pytest

from tests import ROOT
from tests.locked import locked

#: How small the miniatures of these tests are, by dataset; what is not named here has its usual size.
SIZES = {
    "chime_home": {"clip_seconds": 1.0, "development": 40, "evaluation": 28},
    "dcase2016_asc": {"clip_seconds": 3.0},
    "dcase2017_rare": {"background_seconds": 3.0, "evaluation_mixtures": 2},
    "dcase2018_domestic": {"clip_seconds": 1.0},
    "esc50": {"clips_per_class_and_fold": 1, "clip_seconds": 1.6},
    "maestro_real": {"seconds": 3.5, "evaluation": 1},
}


@pytest.fixture(scope="session", autouse=True)
def extraction_in_this_process():
    """Clips of tests are few: on a busy machine they would start processes that cost more than they save."""
    from datasets.features import extraction

    extraction.SECONDS_WORTH_A_WORKER = math.inf


@pytest.fixture(scope="session", autouse=True)
def reports_in_this_process():
    """What tests change of the code, helpers of a report would not know."""
    from benchmarks.reporting import together

    together.SECONDS_WORTH_HELP = math.inf


@pytest.fixture(scope="session")
def data_root():
    """The folder that holds the real datasets; tests that need it carry the marker `real`."""
    given = os.environ.get("RESOUND_DATA")
    root = Path(given) if given else ROOT.parent / "shared" / "data"
    if not (root / "esc50").is_dir():
        pytest.skip(f"no real clips in {root}; set RESOUND_DATA")
    return root


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory):
    """A folder that all worker processes of this test session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def miniature_esc50(session_folder):
    """The root of a miniature ESC-50: one clip of 1.6 s per class and fold. Not to be changed by tests."""
    return written(session_folder, "esc50")


@pytest.fixture(scope="session")
def miniature_rare(session_folder):
    """The root of a miniature TUT Rare Sound Events: 3 s, two evaluation mixtures per class. Not to be changed."""
    return written(session_folder, "dcase2017_rare")


@pytest.fixture(scope="session")
def miniature_domestic(session_folder):
    """The root of a miniature DCASE 2018 Task 4: clips of 1 s. Not to be changed by tests."""
    return written(session_folder, "dcase2018_domestic")


@pytest.fixture(scope="session")
def miniature_chime(session_folder):
    """The root of a miniature CHiME-Home: chunks of 1 s, 40 and 28 refined ones. Not to be changed by tests."""
    return written(session_folder, "chime_home")


@pytest.fixture(scope="session")
def miniature_scenes(session_folder):
    """The root of a miniature TUT Acoustic Scenes 2016: 75 items of 3 s. Not to be changed by tests."""
    return written(session_folder, "dcase2016_asc")


@pytest.fixture(scope="session")
def miniature_maestro(session_folder):
    """The root of a miniature MAESTRO Real: 25 recordings of 3.5 s, and five of evaluation. Not to be changed."""
    return written(session_folder, "maestro_real")


def written(session_folder, name):
    """The root of a dataset's miniature, which whichever worker process comes first writes. Not to be changed."""
    write = importlib.import_module(f"datasets.{name}.miniature").write
    root = session_folder / "miniature" / name
    with locked(root.parent):
        write(root, **SIZES.get(name, {}))
    return root
