"""What is true of test items: files beside the scores, and where it comes from when a run has none."""

import hashlib
import json
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import InputError, InputErrors
from benchmarks.judge.evaluator import Evaluator
from benchmarks.judge.truth_here import TruthsHere, truth_of_run
from benchmarks.reporting import export_tables, write_reports
from benchmarks.runs.execute import Surroundings, execute
from benchmarks.runs.ledger import load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.transport import land, merge, share_references
from benchmarks.runs.truth import NoTruth, Truths, read_reference, reference, write_reference
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import load_paper, select
from datasets.errors import DataError


def events(**changes) -> pd.DataFrame:
    """Two items with an event and two without, in times that need all their digits."""
    columns = {
        "label": ["babycry", "", "gunshot", ""],
        "onset": [0.1 + 0.2, np.nan, 1 / 3, np.nan],
        "offset": [2 / 3, np.nan, 29.999999999999996, np.nan],
        "unit": ["cry 1.wav", "audio/1.wav", "shot, 2.wav", 'the "other"'],
        "fold": [1, 1, 2, 2],
        "official": [True, False, True, True],
    }
    names = [f"mixture_{number}.wav" for number in range(4)]
    return pd.DataFrame({**columns, **changes}, index=pd.Index(names, name="item"))


def there_and_back(frame: pd.DataFrame, folder) -> pd.DataFrame:
    write_reference(folder / "reference_test.csv", frame)
    return read_reference(folder / "reference_test.csv")


# -- the file ----------------------------------------------------------------------------------------------------------


def test_a_reference_reads_back_as_it_was(tmp_path):
    pd.testing.assert_frame_equal(there_and_back(events(), tmp_path), events(), check_exact=True)


def test_times_keep_every_digit(tmp_path):
    random = np.random.default_rng(0)
    times = random.uniform(0, 30, (2, 500))
    frame = pd.DataFrame(
        {"label": "gunshot", "onset": times[0], "offset": times[1], "unit": "u", "fold": 1},
        index=pd.Index([f"{number}.wav" for number in range(500)], name="item"),
    )
    back = there_and_back(frame, tmp_path)
    assert np.array_equal(back["onset"], times[0]) and np.array_equal(back["offset"], times[1])


@pytest.mark.parametrize("text", ["NA", "nan", "null", "None", "007", "1e3", "True", ""])
@pytest.mark.parametrize("column", ["label", "unit", "item"])
def test_words_stay_words(tmp_path, text, column):
    frame = events()
    if column == "item":
        frame.index = pd.Index([text, "b", "c", "d"], name="item")
    else:
        frame[column] = [text] * 4
    pd.testing.assert_frame_equal(there_and_back(frame, tmp_path), frame)


def test_a_reference_of_clips_has_no_times(tmp_path):
    frame = events().drop(columns=["onset", "offset"])
    pd.testing.assert_frame_equal(there_and_back(frame, tmp_path), frame)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cut short, or no reference; run it again"),
        (b"item,label,unit\na.wav,x,u\nb.wav,x", "cut short"),
        (b"item,label,unit\n\xff\xfe,x,u\n", "cut short"),
        (b"name,label,unit\na.wav,x,u\n", "cut short"),
        (b"item,label,fold\na.wav,x,1\n", "has no column 'unit'; run it again"),
        (b"item,unit,fold\na.wav,x,1\n", "has no column 'label'; run it again"),
    ],
)
def test_a_damaged_file_is_one_line(tmp_path, content, message):
    path = tmp_path / "reference_test.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_reference(path)
    assert str(error.value).startswith(f"{path}: ") and message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_absent_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"reference_test.csv: cut short, or no reference"):
        read_reference(tmp_path / "reference_test.csv")


def test_names_that_do_not_tell_are_said_to():
    with pytest.raises(NoTruth, match="TUT Rare Sound Events 2017, gunshot: its names alone do not tell"):
        reference(load_paper("mtfa"), "gunshot", ["mixture_devtest_gunshot_000.wav"])


# -- runs with several test sets ---------------------------------------------------------------------------------------

SETS = ("plain", "noisy")
REFERENCES = {f"reference_{name}.csv" for name in SETS}


def run_all(workspace, corpus: str = "real") -> list:
    """Every run of the toy with two test sets."""
    plan = make_plan(select("toy.t4"), Choice(corpus=corpus, seeds=1), workspace)
    return [load_finished(execute(planned.run, Surroundings(workspace))) for planned in plan.missing]


@pytest.fixture
def finished(toy_workspace):
    """Two stored runs, a fold each, and what annotates their files."""
    run_all(toy_workspace)
    return toy_workspace


@pytest.fixture
def landed(finished, tmp_path):
    """A workspace whose only runs are landed ones, on a machine without the dataset."""
    land("toy.t4", Choice(), finished)
    return Workspace(tmp_path / "nowhere", tmp_path / "empty", tmp_path / "fresh", finished.reports)


def evidence_of(workspace, column: str, choice: Choice | None = None):
    (cell,) = select(f"toy.t4.two_sets.{column}")
    return Evaluator(workspace, choice or Choice()).evidence(cell)


def test_a_run_publishes_scores_and_truth_of_every_test_set(finished):
    annotated = finished.dataset(load_paper("toy").datasets["annotated"], "real")
    for one in finished.ledger.finished():
        assert REFERENCES | {f"scores_{name}.npz" for name in SETS} <= set(one.result["files"])
        one.verify()
        for name in SETS:
            truth = Truths().of(one, name)
            assert len(truth) == 20 and set(truth["fold"]) == {one.run.fold}
            pd.testing.assert_frame_equal(truth, annotated.truth(name).loc[truth.index])


def test_a_column_of_the_reference_says_which_items_count(finished):
    first = next(one for one in finished.ledger.finished() if one.run.fold == 1)
    truths = Truths()
    assert len(truths.of(first, "plain")) == 20
    assert "plain 1-000" not in truths.of(first, "plain", "official").index
    with pytest.raises(InputError, match=r"does not say which items are 'released'; run it again"):
        truths.of(first, "plain", "released")
    sizes = {column: [one.value.n for one in evidence_of(finished, column).measured] for column in SETS}
    assert sizes == {"plain": [19, 20], "noisy": [20, 20]}


def test_a_damaged_copy_is_found_even_where_the_value_is_kept(finished):
    evidence_of(finished, "plain")
    copy = next(finished.runs.glob("[!.]*/reference_plain.csv"))
    copy.write_text("".join(copy.read_text().splitlines(keepends=True)[:-1]))
    again = replace(finished)  # as another command finds it
    assert copy.parent.name not in {one.finished.run.id for one in evidence_of(again, "plain").scored}
    why = again.ledger.unusable[copy.parent]
    assert "reference_plain.csv: damaged" in why and "to redo it" in why


def test_landing_leaves_annotations_of_real_files_out(finished, landed):
    (one, other) = landed.ledger.finished()
    for run in (one, other):
        run.verify()
        assert not REFERENCES & {path.name for path in run.folder.iterdir()}
        assert set(run.result["files"]) >= REFERENCES
    (one.folder / "scores_plain.npz").unlink()
    with pytest.raises(InputError, match="missing from a finished run"):
        one.verify()


def test_landing_keeps_those_of_generated_files(toy_workspace, tmp_path):
    (toy_workspace.cache / "standin" / "toy").mkdir(parents=True)
    run_all(toy_workspace, "standin")
    choice = Choice(corpus="standin")
    land("toy.t4", choice, toy_workspace)
    elsewhere = Workspace(tmp_path / "nowhere", tmp_path / "empty", tmp_path / "fresh", toy_workspace.reports)
    assert evidence_of(elsewhere, "plain", choice).mean == evidence_of(toy_workspace, "plain", choice).mean
    for copy in elsewhere.reports.glob("results/references/*.csv"):
        copy.unlink()
    left = evidence_of(replace(elsewhere), "plain", choice).unscored
    assert len(left) == 2 and all("reference_plain.csv is missing; remove the folder" in why for why in left.values())


@pytest.fixture
def shared(toy_workspace, tmp_path):
    """A store of landed runs on stand-in files alone, whose annotations lie once beside them."""
    (toy_workspace.cache / "standin" / "toy").mkdir(parents=True)
    run_all(toy_workspace, "standin")
    land("toy.t4", Choice(corpus="standin"), toy_workspace)
    return Workspace(tmp_path / "nowhere", tmp_path / "empty", tmp_path / "fresh", toy_workspace.reports)


def test_what_many_landed_runs_have_lies_once_in_their_store(toy_workspace, shared):
    store = shared.reports / "results"
    listed = {
        digest for one in shared.ledger.finished() for name, digest in one.result["files"].items() if name in REFERENCES
    }
    assert {path.stem for path in (store / "references").iterdir()} == listed
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in store.glob("references/*"))
    assert not list(store.glob("*/reference_*.csv"))
    assert shared.ledger.unusable == {}
    choice, before = Choice(corpus="standin"), evidence_of(shared, "plain", Choice(corpus="standin"))
    for one in shared.ledger.finished():  # as it was landed before
        for name in REFERENCES & set(one.result["files"]):
            (one.folder / name).write_bytes((toy_workspace.runs / one.run.id / name).read_bytes())
    for path in store.glob("references/*"):
        path.unlink()
    assert evidence_of(replace(shared), "plain", choice).seed_values == before.seed_values
    for one in shared.ledger.finished():
        assert share_references(one.folder) == len(REFERENCES)
        assert share_references(one.folder) == 0
    assert {path.stem for path in (store / "references").iterdir()} == listed


def test_a_damaged_copy_of_many_runs_is_told_of_each(shared):
    for path in (shared.reports / "results" / "references").iterdir():
        path.write_bytes(path.read_bytes() + b"\n")
    left = evidence_of(replace(shared), "plain", Choice(corpus="standin"))
    assert not left.scored and len(left.unscored) == 2
    for why in left.unscored.values():
        assert "references" in why and "damaged (its checksum differs); put it back, or remove the folder" in why


def test_neither_merging_nor_landing_again_passes_over_a_damaged_copy_of_many(toy_workspace, shared, tmp_path):
    here = Workspace(tmp_path / "nowhere", tmp_path / "own", tmp_path / "fresh", tmp_path / "reports")
    store = shared.reports / "results"
    for path in (store / "references").iterdir():
        text = path.read_bytes()
        path.write_bytes(text[:-2] + bytes([text[-2] ^ 1]) + text[-1:])  # the same items
    found = merge(store, here)
    assert not found.merged and len(found.refused) == 2
    for why in found.refused:
        assert why.startswith(str(store / "references")) and "put the file itself back" in why
    with pytest.raises(InputErrors, match=r"references.*put the file itself back \(and 1 more\)"):
        land("toy.t4", Choice(corpus="standin"), replace(toy_workspace, reports=shared.reports))
    for path in (store / "references").iterdir():  # no file at all
        path.unlink()
        path.mkdir()
    left = evidence_of(replace(shared), "plain", Choice(corpus="standin")).unscored
    assert len(left) == 2 and all("reference_plain.csv is missing" in why for why in left.values())


def test_merging_without_the_copies_of_many_says_so_in_one_line(shared, tmp_path, recwarn):
    here = Workspace(tmp_path / "nowhere", tmp_path / "own", tmp_path / "fresh", tmp_path / "reports")
    store = shared.reports / "results"
    (store / "references").rename(tmp_path / "references")
    assert len(merge(store, here).merged) == 2
    (line,) = [str(one.message) for one in recwarn]
    assert line.startswith(f"{store}: without annotations for 2 merged") and "bring references/" in line
    (tmp_path / "references").rename(store / "references")
    whole = replace(here, runs=tmp_path / "whole")  # as if they had been removed
    assert len(merge(store, whole).merged) == 2 and len(recwarn) == 1


def test_what_is_here_with_its_copies_is_not_said_to_lack_them(shared, tmp_path):
    here = Workspace(tmp_path / "nowhere", tmp_path / "own", tmp_path / "fresh", tmp_path / "reports")
    store, bare = shared.reports / "results", replace(here, runs=tmp_path / "bare")
    merge(store, here)
    (store / "references").rename(tmp_path / "references")
    with warnings.catch_warnings(action="error"):
        again = merge(store, here)
    assert (again.merged, len(again.known), again.refused) == ([], 2, [])
    with pytest.warns(UserWarning, match="without annotations for 2 merged"):
        merge(store, bare)
    (tmp_path / "references").rename(store / "references")
    with pytest.warns(UserWarning, match="without annotations for 2 merged"):
        assert len(merge(store, bare).known) == 2  # what is here stays as it is


def test_runs_of_such_a_store_take_their_copies_along(shared, tmp_path):
    here = Workspace(tmp_path / "nowhere", tmp_path / "own", tmp_path / "fresh", tmp_path / "reports")
    assert len(merge(shared.reports / "results", here).merged) == 2
    for one in here.ledger.finished():
        assert {path.name for path in one.folder.iterdir()} >= REFERENCES
        one.verify()


def test_a_landed_run_cannot_be_scored_where_nobody_knows_its_items(landed):
    evidence = evidence_of(landed, "plain")
    needed = (
        "Annotated toy: its files are not here and stored runs cover 0 of 2 folds; "
        "fetch it: `python -m benchmarks data fetch toy`"
    )
    assert evidence.scored == () and evidence.mean is None and evidence.folds == (1, 2)
    assert set(evidence.unscored) == {one.run.id for one in landed.ledger.finished()}
    assert set(evidence.unscored.values()) == {needed}
    assert evidence_of(landed, "average").unscored == evidence.unscored
    for one in landed.ledger.finished():
        with pytest.raises(NoTruth, match="Annotated toy: its files are not here"):
            truth_of_run(one, "plain", landed)
    with pytest.warns(UserWarning, match="toy.t4: 2 stored runs cannot be scored here, left out: Annotated toy: its"):
        assert export_tables(landed, "toy.t4", "csv").count("not scored here") == 3

    write_reports(landed, "toy.t4", landed.reports)
    page = (landed.reports / "toy" / "t4.md").read_text()
    assert (
        "**2 stored runs cannot be scored here** and count for nothing where what is true of their items is not known: "
        f"{needed}."
    ) in page
    assert page.count("| not scored here |") == 3 and page.count(" / not scored here |") == 3  # columns, the own table
    front = (landed.reports / "README.md").read_text()
    assert "3 published numbers in 1 table: 3 run without a verdict." in front  # why stands on the page
    assert "left aside" not in front


def test_where_the_files_are_a_landed_run_is_scored_as_before(finished, landed):
    here = Workspace(finished.data, landed.runs, landed.cache, landed.reports)
    for column in (*SETS, "average"):
        ours, before = evidence_of(here, column), evidence_of(finished, column)
        assert ours.unscored == {} and ours.seed_values == before.seed_values
        assert [one.units for one in ours.measured] == [one.units for one in before.measured]
    write_reports(here, "toy.t4", here.reports)
    assert "cannot be scored" not in (here.reports / "toy" / "t4.md").read_text()


def test_runs_with_copies_speak_for_those_without(finished, landed):
    """Here one fold's own run is kept: it covers its items, and not those of the other fold."""
    kept = next(one for one in finished.ledger.finished() if one.run.fold == 2)
    landed.runs.mkdir()
    kept.folder.rename(landed.runs / kept.run.id)
    evidence = evidence_of(landed, "noisy")
    assert len(evidence.scored) + len(evidence.unscored) == 2
    assert {"stored runs cover 1 of 2 folds" in why for why in evidence.unscored.values()} == {True}


def test_files_that_cannot_be_used_leave_runs_unscored(finished, landed, monkeypatch):
    here = Workspace(finished.data, landed.runs, landed.cache, landed.reports)
    asked = []

    def refuse(self, test_set="any"):
        asked.append(test_set)
        raise DataError("toy/list.csv: no such file; fetch it again")

    annotated = type(here.dataset(load_paper("toy").datasets["annotated"], "real"))
    truth = annotated.truth
    monkeypatch.setattr(annotated, "truth", refuse)
    assert set(evidence_of(here, "plain").unscored.values()) == {"toy/list.csv: no such file; fetch it again"}
    assert asked.count("plain") == 1  # asked once for both runs
    monkeypatch.setattr(annotated, "truth", lambda self, name="any": truth(self, "odd"))
    reasons = sorted(evidence_of(here, "plain").unscored.values())
    expected = "Annotated toy: what is here does not know plain {}-000; `python -m benchmarks data check`"
    assert reasons == [expected.format(fold) for fold in (1, 2)]


def test_names_are_read_once_per_file(finished, landed, monkeypatch):
    from benchmarks.runs import truth

    loaded, stored = [], list(landed.ledger.finished())
    monkeypatch.setattr(truth.Scores, "load", lambda path, load=truth.Scores.load: loaded.append(path) or load(path))
    truths = TruthsHere(Workspace(finished.data, landed.runs, landed.cache, landed.reports))
    for one in stored:
        frames = [truths.of(one, "plain") for _ in range(3)]
        assert frames[0] is frames[2]
    assert len(loaded) == 2


def test_the_result_names_what_stays_at_home(landed):
    """The checksums of annotations remain, so that a copy found again can be told from another."""
    for path in landed.reports.glob("results/*/result.json"):
        assert set(json.loads(path.read_text())["files"]) >= REFERENCES
