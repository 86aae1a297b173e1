import numpy as np
import pytest

from benchmarks.reporting.drawing.maps.overlays import overlaid
from benchmarks.spec import load_paper
from tests.benchmarks.fabricated_scene_runs import BANDS, COLUMNS, SHOWN, probes_of

FULL, STANDIN = (f"attention_t2_average_pb_cnn_{name}" for name in ("full", "reduced-standin"))


def test_each_clip_has_its_weights_over_its_spectrogram(scene_figures, images):
    drawn = images(scene_figures[FULL].draw())
    kept = probes_of(1)
    assert [image.size for image in drawn] == [(COLUMNS, BANDS)] * len(SHOWN)
    for clip, image in enumerate(drawn):
        expected = overlaid(*(kept[name][clip].astype(np.float32) for name in ("log_mel", "attention_weights")))
        shown = np.asarray(image.convert("RGB")).astype(float)
        assert np.abs(shown - 255 * expected).max() <= 1


def test_clips_have_their_official_classes_and_notes_where_they_are_the_official_files(scene_figures):
    full, standin = scene_figures[FULL], scene_figures[STANDIN]
    assert full.data[1] == [
        "208.wav: metro station", "368.wav: bus (the paper calls it a train)",
        "385.wav: train (the paper calls it a bus)",
    ]  # fmt: skip
    assert standin.data[1] == ["208.wav: metro station", "368.wav: bus", "385.wav: train"]
    text = full.draw().decode()
    for part in ("(a) 208.wav: metro station", "(b) 368.wav: bus (the paper calls it a train)", "time (s)", "mel band",
                 "weights of the pixels in the first module", "least", "greatest"):  # fmt: skip
        assert f">{part}<" in text
    assert "PB-CNN, fold 1, seed 0; TUT Acoustic Scenes 2016, tier full, real files" in full.caption


def test_the_paper_file_says_how_long_a_column_is():
    paper = load_paper("pbcnn")
    told = next(one.told for one in paper.tables["t2"].figures or () if one.figure == "attention")
    frames = paper.classes["models.pbcnn.PBCNNModule"].constants["models.pbcnn.SHOWN_TOGETHER"].value
    extractor = paper.classes["datasets.features.log_mel_scenes.LogMelScenes"].defaults
    assert told["hop"] == pytest.approx(frames * extractor["hop"].value / extractor["rate"].value)
    erratum = next(one for one in paper.errata if one.id == "labels_of_figure_9")
    assert all(item in erratum.reason for item in told["notes"])
