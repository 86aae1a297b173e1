import numpy as np

from tests.benchmarks.reporting.probes.test_tsne import ratio_of


def test_the_caption_of_states_carries_the_ratio_of_both_runs(tag_figures, tag_tables, cell_of):
    caption = tag_figures["states_t3_dcase_reduced-standin"].caption
    for row, name in (("2_selfatt", "Self-attention [11]"), ("6_edc", "Proposed EDC (α = 7)")):
        finished = cell_of(tag_tables["t3"], row, "om_dcase").evidence.scored[0].finished
        with np.load(finished.folder / "probes.npz") as file:
            assert f"{name} {ratio_of(file['frame_states'].astype(float)):.3f}" in caption
    assert "DCASE 2018 Task 4 (domestic), OM, DCASE, tier reduced, stand-in files, seed 0" in caption
    assert "perplexity 30" in caption and "over 48 clips" in caption
