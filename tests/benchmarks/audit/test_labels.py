import json

import pandas as pd
import pytest

from benchmarks.audit import labels
from benchmarks.audit.checks import audit
from benchmarks.spec import load_paper
from datasets.maestro_real import MaestroReal
from datasets.maestro_real.annotations.authors_table import has_table


def test_counts_are_those_of_the_truth(miniature_maestro):
    dataset = MaestroReal(miniature_maestro)
    counts, truth = labels.count(dataset), dataset.truth()
    truth = truth[truth["label"].isin(dataset.scored)]
    assert counts.recordings == truth.index.nunique() and set(counts.hard) == set(counts.soft) == set(dataset.scored)
    for label, rows in truth.groupby("label"):
        assert counts.hard[label] == (rows["activity"] > 0.5).sum()
        assert counts.soft[label] == pytest.approx(rows["activity"].sum(), abs=1e-3)


@pytest.mark.real
def test_what_is_recorded_is_in_the_official_lists(data_root):
    source = data_root / "maestro_real"
    if not (source / "gt_dev.csv").is_file():
        pytest.skip(f"no official lists in {source}")
    counts = labels.recorded(load_paper("maestro"), "maestro")
    soft = pd.read_csv(source / "soft_gt_dev_11classes.csv", sep="\t")
    assert counts.hard == pd.read_csv(source / "gt_dev.csv", sep="\t")["event_label"].value_counts().to_dict()
    sums = soft.drop(columns=["filename", "onset", "offset"]).clip(upper=1).sum()
    assert counts.soft == pytest.approx(sums.to_dict(), abs=1e-3)
    assert (counts.seconds, counts.recordings) == (len(soft), soft["filename"].nunique())
    durations = pd.read_csv(source / "development_metadata.csv", sep="\t")["duration"]
    assert (counts.segments, counts.lasting) == (11418, pytest.approx(durations.sum(), abs=1e-3))
    assert counts.all_active() == pytest.approx(17.6, abs=0.05)


@pytest.mark.real
def test_the_table_of_the_authors_is_enough_to_count(data_root, tmp_path, monkeypatch):
    source = data_root / "maestro_real"
    if not has_table(source):
        pytest.skip(f"no table of soft labels in {source}")
    monkeypatch.setattr(labels, "paper_folder", lambda paper: tmp_path)
    assert labels.main(["maestro", str(source)]) == 0
    monkeypatch.undo()
    written = json.loads((tmp_path / labels.FILE).read_text())["maestro"]
    assert labels.LabelCounts(**written) == labels.recorded(load_paper("maestro"), "maestro")


def test_shares_are_those_of_the_lists(miniature_maestro):
    dataset = MaestroReal(miniature_maestro)
    counts = labels.count(dataset)
    assert set(counts.learnt.values()) <= {80.0, 0.0}  # every recording is tested in one of five folds
    truth = dataset.truth()
    birds = truth[(truth["label"] == "birds_singing") & (truth["activity"] > 0.5)]
    trained = [birds.index.isin(dataset.parts(fold).train.index).sum() for fold in dataset.folds]
    assert counts.trained["birds_singing"] == pytest.approx(100 * sum(trained) / 5 / len(birds), abs=1e-3)


def test_the_audit_says_what_was_counted_and_holds_what_is_printed_against_it():
    found = {check["id"].removeprefix("maestro.t1."): check for check in audit("maestro.t1")}
    counts = labels.recorded(load_paper("maestro"), "maestro")
    assert found["hard.people_talking"]["computed"] == counts.hard["people talking"] == 5703
    assert found["all_active"]["computed"] == counts.all_active() and found["all_active"]["holds"] is None
    assert found["minutes_of_a_recording"]["holds"] is False and found["minutes_of_a_recording"]["published"] == 3


def test_the_command_counts_and_records(miniature_maestro, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(labels, "paper_folder", lambda paper: tmp_path / paper)
    (tmp_path / "maestro").mkdir()
    assert labels.main(["maestro", str(miniature_maestro)]) == 0
    assert "labels.json: maestro, 25 recordings" in capsys.readouterr().out
    written = json.loads((tmp_path / "maestro" / labels.FILE).read_text())
    assert labels.LabelCounts(**written["maestro"]) == labels.count(MaestroReal(miniature_maestro))


@pytest.mark.parametrize(("paper", "folder", "said"), [("acrnn", "", "acrnn: esc10 has no soft labels"),
                                                       ("maestro", "absent", "absent: no such folder")])  # fmt: skip
def test_what_cannot_be_counted_is_one_line(paper, folder, said, tmp_path, capsys):
    assert labels.main([paper, str(tmp_path / folder)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("labels: ") and said in line
