"""Kept weights give the stored scores again, for every kind of network and estimator; what else is kept is refused."""

import json
import pickle
import shutil
from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import soundfile
import torch
from safetensors.numpy import load_file, save_file

from benchmarks.errors import InputError
from benchmarks.runs.execute import Surroundings, build_data, execute
from benchmarks.runs.kept.restored import check_keepable, kept_of_file, kept_of_run, restored
from benchmarks.runs.kept.weights import FILE, read_weights
from benchmarks.runs.ledger import Ledger, load_finished
from benchmarks.runs.plan import Choice, make_plan
from benchmarks.runs.scores import Scores
from benchmarks.runs.transport import land, merge
from benchmarks.runs.workspace import Workspace
from benchmarks.spec import select
from datasets.batches.hearing.ear import ear_of
from models.acrnn import ACRNNModule
from models.tasks.hearing import predict
from tests.conftest import written

#: A setting of each network and estimator: table, setting.
SETTINGS = {
    "acrnn": ("acrnn.t3", "att_aug"), "piczak": ("acrnn.t1", "piczak_short"), "knn": ("acrnn.t1", "knn"),
    "svm": ("acrnn.t1", "svm"), "rf": ("acrnn.t1", "rf"), "edc": ("edc.t3", "edc_a7_om"), "mtfa": ("mtfa.t1", "mtfa"),
    "pbcnn": ("pbcnn.t2", "pb_cnn"), "gmm": ("pbcnn.t2", "gmm"), "maestro": ("maestro.t1", "c5"),
    "soft baseline": ("maestro.t1.controls", "baseline"),
}  # fmt: skip

#: Arguments of data that fit the short recordings of these miniatures.
SMALL = {"mtfa": {"chunk_frames": 32, "chunk_hop": 32}, "soft baseline": {"sequence_frames": 10}}


def smaller(resolved, changes):
    data = resolved["data"]
    return {**resolved, "data": {**data, "init_args": {**data["init_args"], **changes}}}


@pytest.fixture(scope="module")
def workspace(session_folder, tmp_path_factory):
    base = tmp_path_factory.mktemp("kept")
    (base / "cache" / "miniature").mkdir(parents=True)
    for name in ("esc50", "dcase2018_domestic", "chime_home", "dcase2017_rare", "dcase2016_asc", "maestro_real"):
        (base / "cache" / "miniature" / name).symlink_to(written(session_folder, name))
    return Workspace(*(base / name for name in ("data", "runs", "cache", "reports")))


@pytest.fixture(scope="module")
def finished(workspace):
    """The finished run of a setting, with its weights."""
    made = {}

    def make(name):
        if name not in made:
            table, setting = SETTINGS[name]
            plan = make_plan(select(table), Choice("smoke", "miniature", folds=(1,), seeds=1), workspace)
            run = next(one.run for one in plan.runs.values() if one.run.setting == setting)
            run = replace(run, resolved=smaller(run.resolved, SMALL.get(name, {})))
            made[name] = load_finished(execute(run, Surroundings(workspace, keeps_weights=True)))
        return made[name]

    return make


@pytest.mark.parametrize("name", SETTINGS)
def test_kept_weights_give_the_stored_scores(name, finished, workspace, tmp_path):
    run = finished(name)
    assert FILE in run.result["files"]
    model = restored(kept_of_run(run))
    test_set = run.test_sets[0]
    scores = Scores.load(run.scores_path(test_set))
    data = build_data(run.run, workspace)
    data.setup()
    load = data.recordings(test_set).load if hasattr(data, "recordings") else data.dataset.load
    assert model.ear.classes == scores.classes
    for place in (0, len(scores.items) - 1):
        soundfile.write(tmp_path / "item.wav", load(scores.items[place]), data.extractor.rate, subtype="FLOAT")
        heard = predict(model, tmp_path / "item.wav")
        spans = model.ear(tmp_path / "item.wav").pieces[0].spans
        expected = whole(scores, place, model, None if spans is None else len(spans))
        # Frame scores are kept in float16, and sums depend on how many items are judged together.
        assert heard.whole == pytest.approx(expected, abs=2e-3), name
        assert heard.notes == () or all("silent segments" in note for note in heard.notes)


def whole(scores, place, model, parts):
    """What the stored scores say of a whole item, in plain words; behind its own parts they are filled up."""
    values = scores.values[place].astype(np.float64)
    values = values[:parts] if values.ndim == 2 else values[None]
    if scores.kind == "decision":
        return (values / values.sum()).mean(0)
    if scores.kind in ("linear", "probability"):
        return values.mean(0)
    if scores.kind == "log_likelihood" or model.ear.task == "clips":
        values = np.exp(values - values.max(-1, keepdims=True))
        return (values / values.sum(-1, keepdims=True)).mean(0)
    return (1 / (1 + np.exp(-values))).max(0)


def test_weights_are_kept_on_request_alone_and_move_no_score(finished, workspace, tmp_path):
    with_weights = finished("knn")
    elsewhere = Workspace(workspace.data, tmp_path / "runs", workspace.cache, workspace.reports)
    without = load_finished(execute(with_weights.run, Surroundings(elsewhere)))
    assert FILE not in without.result["files"] and without.scored == with_weights.scored
    with pytest.raises(InputError, match="this run kept no weights") as told:
        kept_of_run(without)
    options = "--tier smoke --corpus miniature --seeds 1 --folds 1 --again --keep weights"
    assert f"`python -m benchmarks run acrnn.t1.knn.esc10 {options}` makes it anew" in str(told.value)
    own = replace(without, run=replace(without.run, setting="own-net", fold=3, seed=1, numerics="bf16"))
    with pytest.raises(InputError, match=r"the command that made it with `.* bf16 --seeds 2 --folds 3 --again --keep"):
        kept_of_run(own)


def test_logs_and_weights_move_no_score_of_a_network(finished, workspace, tmp_path):
    elsewhere = Workspace(workspace.data, tmp_path / "runs", workspace.cache, workspace.reports)
    plain = load_finished(execute(finished("acrnn").run, Surroundings(elsewhere)))
    assert plain.scored == finished("acrnn").scored
    shutil.rmtree(plain.folder)
    logged = load_finished(execute(finished("acrnn").run, Surroundings(elsewhere, logger="csv")))
    assert logged.scored == plain.scored and logged.result["first_losses"] == plain.result["first_losses"]
    (log,) = (tmp_path / "runs" / "logs" / plain.run.id).rglob("metrics.csv")
    header, *rows = log.read_text().splitlines()
    loss = header.split(",").index("train_loss")
    history = (logged.folder / "history.csv").read_text().splitlines()[1:]
    found = [float(row.split(",")[loss]) for row in rows]
    # The history has the mean over batches, the log that over segments.
    assert found == pytest.approx([float(row.split(",")[1]) for row in history], rel=0.05)


def test_weights_are_merged_and_not_landed(finished, workspace, tmp_path):
    run = finished("knn")
    other = Workspace(workspace.data, tmp_path / "runs", workspace.cache, tmp_path / "reports")
    shutil.copytree(run.folder, tmp_path / "brought" / run.run.id)
    shutil.copy(workspace.runs / "ledger.json", tmp_path / "brought")
    assert merge(tmp_path / "brought", other).merged == [run.run.id]
    assert (tmp_path / "runs" / run.run.id / FILE).read_bytes() == (run.folder / FILE).read_bytes()
    assert land("acrnn.t1.knn", Choice("smoke", "miniature", folds=(1,), seeds=1), other).landed == [run.run.id]
    landed = load_finished(tmp_path / "reports" / "results" / run.run.id)
    assert not (landed.folder / FILE).exists()
    landed.tested()
    with pytest.raises(InputError, match="they were not landed, or removed"):
        kept_of_run(landed)
    assert len(list(Ledger(tmp_path / "reports" / "results").finished())) == 1


def test_damaged_weights_are_named(finished, tmp_path):
    run = finished("acrnn")
    copy = tmp_path / run.run.id
    shutil.copytree(run.folder, copy)
    content = bytearray((copy / FILE).read_bytes())
    content[-5] ^= 1
    (copy / FILE).write_bytes(content)
    with pytest.raises(InputError, match=r"weights.safetensors: damaged .*; remove this file, the run"):
        kept_of_run(load_finished(copy))


class Harm:
    """Whoever unpickles this makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("ending", [".safetensors", ".ckpt", ".pt"])
def test_a_pickle_in_its_place_is_never_executed(ending, tmp_path):
    harm = tmp_path / "harm"
    path = tmp_path / f"weights{ending}"
    path.write_bytes(pickle.dumps(Harm(str(harm))))
    with pytest.raises(InputError, match=r"neither a checkpoint|no safetensors"):
        kept_of_file(path)
    torch.save({"state_dict": Harm(str(harm)), "resound": Harm(str(harm))}, path)
    with pytest.raises(InputError, match=r"no checkpoint of plain values"):
        kept_of_file(path)
    assert not harm.exists()


def other(path, target, **said):
    """A copy of kept weights that says something else."""
    tensors = load_file(path)
    facts = {**told(path), **said}
    save_file(tensors, target, {"resound": json.dumps(facts)})
    return target


def told(path):
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        return json.loads(file.metadata()["resound"])


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"class_path": "os.system", "init_args": {"command": "touch harm"}}, "neither a package of the project"),
        ({"class_path": "subprocess.Popen", "init_args": {"args": ["touch", "harm"]}}, "neither a package"),
        ({"class_path": "benchmarks.runs.ledger.Ledger", "init_args": {"root": "."}}, "neither a network nor an estim"),
        ({"class_path": "datasets.acquire.whole.write_whole"}, "neither a network nor an estimator"),
        ({"class_path": "models.acrnn.Nothing"}, "cannot be imported"),
        ({"class_path": "models.pbcnn.PBCNNModule", "init_args": {}}, "weights of another network"),
        ({"init_args": {"attention": "loud"}}, "do not fit|cannot be made again"),
        ({"init_args": {}}, "weights of another network"),
        ({"ear": None}, "does not tell what the network hears"),
        ({"ear": {"class_path": "os.system"}}, "neither a package"),
        ({"ear": {"class_path": "models.acrnn.ACRNNModule"}}, "not told rightly"),
        ({"format": 2}, "newer version"),
        ({"format": "one"}, "does not say rightly"),
        ({"more": 1}, "does not say rightly"),
    ],
)
def test_weights_that_say_something_else_are_refused_in_a_line(said, message, finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = other(finished("acrnn").folder / FILE, tmp_path / FILE, **said)
    with pytest.raises(InputError, match=message) as found:
        restored(kept_of_file(path))
    assert "\n" not in str(found.value) and FILE in str(found.value) and not (tmp_path / "harm").exists()


def test_a_conditioner_of_somebody_elses_is_not_made(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = finished("edc").folder / FILE
    ear = {**told(path)["ear"], "conditioner": {"class_path": "os.system", "init_args": {"command": "touch harm"}}}
    with pytest.raises(InputError, match="neither a package of the project"):
        restored(kept_of_file(other(path, tmp_path / FILE, ear=ear)))
    assert not (tmp_path / "harm").exists()


def test_strangers_are_refused_in_a_line(tmp_path):
    save_file({"weights.x": np.zeros(3)}, tmp_path / "bare.safetensors")
    with pytest.raises(InputError, match="does not say what network"):
        read_weights(tmp_path / "bare.safetensors")
    (tmp_path / "text.safetensors").write_text("hello\n")
    with pytest.raises(InputError, match="no safetensors"):
        read_weights(tmp_path / "text.safetensors")
    torch.save({"state_dict": {}}, tmp_path / "plain.ckpt")
    with pytest.raises(InputError, match="does not say which network"):
        kept_of_file(tmp_path / "plain.ckpt")
    with pytest.raises(InputError, match="no such file"):
        read_weights(tmp_path / "nothing.safetensors")


def test_a_checkpoint_of_ones_own_trainer_hears_as_the_network_did(finished, workspace, tmp_path):
    run = finished("acrnn").run
    data = build_data(run, workspace)
    network = ACRNNModule(num_classes=10, width_divisor=8, seed=3)
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, limit_val_batches=0, **quiet)
    trainer.fit(network, data)
    trainer.save_checkpoint(tmp_path / "mine.ckpt")
    sound = tmp_path / "item.wav"
    soundfile.write(sound, data.dataset.load(data.test_sets["test"][0]), 44100, subtype="FLOAT")
    expected = network.predict(sound)
    loaded = ACRNNModule.load_from_checkpoint(tmp_path / "mine.ckpt")
    assert loaded.hparams.width_divisor == 8 and loaded.hparams.seed == 3
    by_harness = restored(kept_of_file(tmp_path / "mine.ckpt"))
    for one in (loaded.predict(sound), by_harness.predict(sound)):
        assert np.array_equal(one.whole, expected.whole) and np.array_equal(one.seconds, expected.seconds)
    assert ear_of(data.ear().facts()).classes == expected.classes
    # Cut short, it is named; nothing else comes of it.
    content = (tmp_path / "mine.ckpt").read_bytes()
    (tmp_path / "cut.ckpt").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="cut short, damaged"):
        kept_of_file(tmp_path / "cut.ckpt")


class WithMore(torch.nn.Linear):
    def get_extra_state(self):
        return {"more": 1}

    def set_extra_state(self, state):
        pass


def test_what_cannot_be_kept_is_told_before_it_is_trained():
    check_keepable(torch.nn.Linear(2, 2))
    with pytest.raises(
        InputError, match=r"WithMore: has _extra_state among its weights.*run it without --keep weights"
    ):
        check_keepable(WithMore(2, 2))
    with pytest.raises(InputError, match=r"Harm: has no `keep` and `recall`"):
        check_keepable(Harm("x"))
