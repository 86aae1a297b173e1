import re
from collections import Counter

import numpy as np
import pytest

from benchmarks.reporting.drawing.maps.scatter import OTHERS, OWN_DOT, PIXELS, draw_classes
from benchmarks.reporting.drawing.style import OURS
from benchmarks.reporting.figures import named
from benchmarks.reporting.figures.networks.embeddings import Embeddings
from benchmarks.reporting.probes import tsne
from benchmarks.runs.memo import Memo
from tests.benchmarks.fabricated_soft_runs import PER_SECOND, shown


def test_frames_of_all_folds_are_pooled_by_class_up_to_a_most(soft_figures):
    figure = soft_figures["embeddings_t1_own_query_f1mo_full"]
    version, digests, name, most, counts = figure.data
    assert version == tsne.VERSION
    frames = Counter(item.split(":", 2)[2] for fold in range(1, 6) for item in shown(fold))
    assert len(set(digests)) == 5 and (name, most) == ("embeddings", 700)
    assert counts == {label: min(700, PER_SECOND * count) for label, count in frames.items()}
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert "folds 1, 2, 3, 4, 5, each by its own network" in figure.caption and "perplexity 30" in figure.caption
    alone = soft_figures["embeddings_t1_r7_f1mo_reduced-standin"]
    most = max(alone.data[-1].values())
    assert re.search(rf"fold 1, \d+ frames of seconds .* of no class more than {most},", alone.caption)


def test_classes_are_thinned_evenly(soft_table, soft, monkeypatch):
    from benchmarks.reporting.figures import Asked
    from tests.benchmarks.fabricated_stores import FULL

    given = {}
    monkeypatch.setattr(tsne, "_tsne", lambda vectors: given.setdefault("all", vectors)[:, :2])
    cells = [one for one in soft_table.main if one.mean is not None]
    asked = Asked(soft_table, FULL, cells, (), Memo(soft.cache / "thinned"))
    (figure,) = Embeddings(row="r7", column="f1mo", most=7).figures(asked)
    assert set(figure.data[-1].values()) == {7} and len(given["all"]) == 7 * len(figure.data[-1])


def test_a_class_is_dark_over_all_others(images):
    drawn = draw_classes({"wind_blowing": np.array([[0.0, 0.0]]), "car": np.array([[1.0, 1.0]])})
    text, found = drawn.decode(), [np.asarray(image.convert("RGB")) for image in images(drawn)]
    assert ">wind blowing (1)<" in text and ">car (1)<" in text and len(found) == 2
    colours = [tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) for colour in (OURS, OTHERS)]
    for image, corner in zip(found, ((0, 0), (-1, -1)), strict=True):  # images begin below
        assert image.shape == (PIXELS, PIXELS, 3) and tuple(image[corner]) == colours[0]
        assert (image == colours[0]).all(axis=2).sum() == OWN_DOT**2
        assert (image == colours[1]).all(axis=2).sum() > 0


def test_the_paper_file_asks_for_the_most_that_the_authors_show(soft_table):
    asked = [kind for kind in named(soft_table.paper, "t1") or () if isinstance(kind, Embeddings)]
    assert [kind.most for kind in asked] == [700, 700, 700]


def test_places_are_kept_by_what_they_depend_on(tmp_path, monkeypatch):
    vectors = np.random.default_rng(0).normal(size=(40, 3))
    first = tsne.placed(vectors, ["a", 700], Memo(tmp_path))
    monkeypatch.setattr(tsne, "_tsne", lambda _: pytest.fail("placed again"))
    assert first.shape == (40, 2) and np.array_equal(tsne.placed(vectors, ["a", 700], Memo(tmp_path)), first)
    with pytest.raises(pytest.fail.Exception, match="placed again"):
        tsne.placed(vectors, ["a", 7], Memo(tmp_path))
