import json
import shutil

import pytest

from benchmarks.audit.ranges import main, recorded
from benchmarks.spec import load_paper, paper_folder

PAPER = load_paper("edc")


@pytest.mark.real
def test_recorded_ranges_are_those_of_the_released_features(data_root, tmp_path, monkeypatch):
    features = data_root / "dcase2018_domestic" / "sample_log_mel"
    if not features.is_dir():
        pytest.skip(f"no released features in {features}")
    shutil.copytree(paper_folder("edc"), tmp_path / "edc", ignore=shutil.ignore_patterns("ranges.json"))
    kept = recorded(PAPER)
    monkeypatch.setattr("benchmarks.spec.load.PAPERS", tmp_path)
    assert main(["edc", str(features)]) == 0
    assert json.loads((tmp_path / "edc" / "ranges.json").read_text()) == kept


def test_ranges_need_features(tmp_path, capsys):
    assert main(["edc", str(tmp_path)]) == 2
    assert "no feature file" in capsys.readouterr().err
    assert main(["edd", str(tmp_path)]) == 2
