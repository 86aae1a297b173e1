import json

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn

from datasets.dcase2017_rare import DCASE2017Rare, DCASE2017RareDataModule
from datasets.dcase2017_rare.mixtures.params import MixingParams
from datasets.errors import DataError

FRAMES, CHUNK = 151, 64  # the fixture's mixtures last 3 s
SMALL = {"n_mels": 16, "mixtures": 20, "presence": 0.8, "chunk_frames": CHUNK, "chunk_hop": 32, "batch_size": 32}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def make(miniature_rare, cache):
    def make(**options):
        module = DCASE2017RareDataModule(miniature_rare, cache=cache, **{**SMALL, **options})
        module.setup()
        return module

    return make


@pytest.fixture(scope="module")
def dataset(miniature_rare, cache):
    return DCASE2017Rare(miniature_rare, "babycry", cache)


def every_target(module):
    """The frame targets of all training mixtures, by item."""
    items = module.recordings("train").items
    loader = module.train_dataloader()
    found = {}
    for batch in loader.batches():
        _, y = module.on_after_batch_transfer(batch, 0)
        found |= {
            (items[row], start): one for row, start, one in zip(*map(torch.Tensor.tolist, batch[:2]), y, strict=True)
        }
    return found


def test_training_mixtures_are_those_of_the_parameters(make, dataset):
    module = make()
    expected = dataset.mixtures("devtrain", MixingParams(20, 0.8), "replace")
    assert sorted(module.train_items + module.validation_items) == sorted(expected.items)
    assert len(module.validation_items) == 3  # 2 of 16 with an event, 1 of 4 without
    assert (module.classes, module.num_classes, module.hop) == (("babycry",), 1, 0.02)


def test_development_test_mixtures_may_train_besides_and_then_test_nothing(make, dataset):
    alone, joined = make(test_sets=["evaltest"]), make(test_sets=["evaltest"], devtest_mixtures=None)
    official = dataset.mixtures("devtest")
    besides = [item for item in official.items if item not in official.withdrawn]
    trained = joined.train_items + joined.validation_items
    assert sorted(trained) == sorted([*alone.train_items, *alone.validation_items, *besides])
    assert set(joined.test_sets) == {"evaltest"} and set(joined.provenance()["mixing"]) == {
        "train",
        "devtest",
        "evaltest",
    }
    few = make(test_sets=["evaltest"], devtest_mixtures=2)
    assert set(besides[:2]) <= {*few.train_items, *few.validation_items}
    assert len(few.train_items + few.validation_items) == 20 + 2
    one = besides[0]
    assert np.array_equal(joined.recordings("train").load(one), dataset.load(one))
    found, expected = joined.recordings("train").reference().loc[[one]], official.reference().loc[[one]]
    assert found.equals(expected)
    assert joined.recordings("train").fingerprint() != alone.recordings("train").fingerprint()
    with pytest.raises(DataError, match="no such mixture"):
        joined.recordings("train").load("mixture_devtest_babycry_9999")
    with pytest.raises(DataError, match="leave devtest out of test_sets"):
        make(devtest_mixtures=2)


def test_the_draw_of_training_mixtures_is_fixed_unless_it_is_left_to_the_seed_of_the_run(make):
    def drawn(**options):
        return set(make(**options).recordings("train").items)

    assert drawn(seed=0) == drawn(seed=1) == drawn(seed=1, mixing_seed=42)
    anew = [drawn(seed=seed, mixing_seed=None) for seed in (0, 1, 0)]
    assert anew[0] == anew[2] != anew[1] and drawn() not in anew
    facts = make(seed=1, mixing_seed=None).provenance()["mixing"]["train"]
    assert set(make(mixing_seed=facts["seed"]).recordings("train").items) == anew[1]


def test_targets_lie_between_onset_and_offset_of_the_recipe(make, dataset):
    recipes = {one.name: one for one in make().recordings("train").recipes}
    targets = every_target(make())
    assert sum(float(y.sum()) for y in targets.values()) > 0
    for (item, start), y in targets.items():
        recipe = recipes[item]
        active = np.zeros(FRAMES)
        if recipe.event_present:
            active[int(recipe.onset / 0.02) : int(np.ceil(recipe.offset / 0.02))] = 1
        assert y.tolist() == active[start : start + CHUNK].tolist()


def test_official_training_mixtures_lack_the_withdrawn(make, dataset):
    module = make(official_train=True)
    drawn = dataset.params("devtrain").mixtures_per_class
    withdrawn = drawn - len(dataset.mixtures("devtrain").items)
    assert withdrawn > 0
    assert len(module.train_items) + len(module.validation_items) == drawn - withdrawn
    assert module.provenance()["screening"] == {"kind": "withdraw", "flagged": withdrawn, "fresh_onsets": False}


def test_withdrawn_test_mixtures_stay_and_are_marked(make, dataset):
    module = make(limit=12)
    for name in ("devtest", "evaltest"):
        whole = dataset.mixtures(name).reference()
        assert list(module.reference(name).index) == module.test_sets[name]
        assert module.reference(name).equals(whole.loc[module.test_sets[name]])
    assert not make().reference("devtest")["official"].all()
    assert make().test_sets == {name: list(dataset.mixtures(name).items) for name in ("devtest", "evaltest")}


@pytest.mark.parametrize("test_sets", [("devtest",), ("evaltest",)])
def test_one_test_set_may_be_enough(make, test_sets):
    module = make(test_sets=test_sets)
    assert tuple(module.test_sets) == test_sets
    assert len(module.predict_dataloader()) == 1


def test_screening_and_onsets_change_the_mixtures(make):
    plain = make().recordings("train").items
    assert make(screening="off").recordings("train").items != plain
    assert make(fresh_onsets=True).recordings("train").items != plain
    assert make(mixing_seed=1).recordings("train").items != plain
    assert make(seed=1).recordings("train").items == plain


def test_the_probe_is_a_loud_official_event_of_the_last_test_set(make):
    for test_sets in (("devtest", "evaltest"), ("evaltest", "devtest")):
        module = make(test_sets=test_sets)
        (item,), x = module.probe_batch()
        recipes = {one.name: one for one in module.recordings(test_sets[-1]).recipes}
        official = module.reference(test_sets[-1])["official"]
        loudest = max(one.ebr for one in recipes.values() if official[one.name])
        assert (recipes[item].ebr, official[item], x.shape) == (loudest, True, (1, 1, FRAMES, 16))


def test_provenance_names_the_official_hashes(make):
    facts = json.loads(json.dumps(make().provenance()))
    assert facts["mixing"]["train"] == {
        "mixtures_per_class": 20, "event_presence_prob": 0.8, "ebrs": [-6, 0, 6], "seed": 42,
        "hash": MixingParams(20, 0.8).hash,
    }  # fmt: skip
    assert set(facts["mixing"]) == {"train", "devtest", "evaltest"}
    assert facts["screening"]["kind"] == "replace"
    assert facts["screening"]["flagged"] > 0
    assert make(event="gunshot").provenance()["screening"]["flagged"] == 0


def test_an_absent_root_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        DCASE2017RareDataModule(tmp_path / "nowhere")


class Tiny(pl.LightningModule):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Linear(16, 1)
        self.losses = []

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = nn.functional.binary_cross_entropy_with_logits(self.net(x[:, 0]).squeeze(-1), y)
        self.losses.append(loss.item())
        return loss

    def predict_step(self, batch, batch_idx, dataloader_idx=0):
        return self.net(batch[:, 0])

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.02)


def test_lightning_trains_with_it_and_scores_both_test_sets(make):
    module, model = make(), Tiny()
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "accelerator": "cpu"}
    trainer = pl.Trainer(max_epochs=20, enable_model_summary=False, num_sanity_val_steps=0, **quiet)
    trainer.fit(model, module)
    steps = len(module.train_dataloader())
    assert np.mean(model.losses[-steps:]) < 0.5 * np.mean(model.losses[:steps])
    logits = trainer.predict(model, datamodule=module)
    for items, batches in zip(module.test_sets.values(), logits, strict=True):
        assert torch.cat(batches).shape == (len(items), FRAMES, 1)
