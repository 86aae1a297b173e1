"""The pieces serve without the harness, as in a notebook."""

import pytest
import pytorch_lightning as pl

from datasets.esc50 import ESC50DataModule
from models.acrnn import ACRNNModule
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
    quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = pl.Trainer(max_epochs=1, accelerator="cpu", limit_val_batches=0, enable_model_summary=False, **quiet)
    trainer.fit(network, module)
    predicted = trainer.predict(network, datamodule=module)
    assert sum(len(batch) for batch in predicted) == len(module.test_items)
    assert predicted[0].shape[2] == module.num_classes == 10
