"""The pieces serve without the harness, as in a notebook."""

import pytest
import pytorch_lightning as pl

from datasets.chime_home import CHiMEHomeDataModule
from datasets.dcase2017_rare import DCASE2017RareDataModule
from datasets.dcase2018_domestic import DCASE2018DomesticDataModule
from datasets.esc50 import ESC50DataModule
from models.acrnn import ACRNNModule
from models.edc import EDCModule
from models.mtfa import MTFAModule
from models.piczak import PiczakModule

LOG_MEL = {"extractor": "log_mel_delta_piczak", "segment_frames": 41, "segment_hop": 20}


@pytest.mark.parametrize(
    ("network", "data"),
    [
        (ACRNNModule(num_classes=10, attention="l10", width_divisor=8, drops=(20, 40)), {}),
        (PiczakModule(num_classes=10, width_divisor=8), LOG_MEL),
    ],
    ids=["acrnn", "piczak"],
)
def test_a_trainer_takes_network_and_data_as_they_are(network, data, miniature_esc50, tmp_path):
    module = ESC50DataModule(
        miniature_esc50, fold=1, subset="esc10", cache=tmp_path, limit=16, segment_mode="random", **data
    )
    assert isinstance(module, pl.LightningDataModule)
    predicted = trained_and_asked(network, module)
    assert sum(len(batch) for batch in predicted) == len(module.test_sets["test"])
    assert predicted[0].shape[2] == module.num_classes == 10


@pytest.mark.parametrize(
    ("data", "miniature"),
    [(DCASE2018DomesticDataModule, "miniature_domestic"), (CHiMEHomeDataModule, "miniature_chime")],
    ids=["dcase", "chime"],
)
def test_a_trainer_tags_clips_conditioned_by_import_path(data, miniature, request, tmp_path):
    conditioner = {"class_path": "models.edc.EventConditioning", "init_args": {"alpha": 7.0}}
    root = request.getfixturevalue(miniature)
    module = data(root, cache=tmp_path, mode="am", conditioner=conditioner, limit=16)
    network = EDCModule(num_classes=module.num_classes, width_divisor=8)
    conditioned, plain = trained_and_asked(network, module)
    assert conditioned[0].shape == plain[0].shape == (len(module.test_sets["test"]), module.num_classes)
    assert not conditioned[0].equal(plain[0])


def test_a_trainer_finds_events_frame_by_frame(miniature_rare, tmp_path):
    module = DCASE2017RareDataModule(
        miniature_rare, "gunshot", cache=tmp_path, mixtures=8, n_mels=16, chunk_frames=32, chunk_hop=32
    )
    predicted = trained_and_asked(MTFAModule(n_mels=16, width_divisor=16, freq_reduce="mean"), module)
    assert [sum(map(len, of_set)) for of_set in predicted] == [len(items) for items in module.test_sets.values()]


def trained_and_asked(network, data):
    """What a network predicts after an epoch, by a trainer of one's own."""
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", limit_val_batches=0, enable_model_summary=False, **quiet)
    trainer.fit(network, data)
    return trainer.predict(network, datamodule=data)
