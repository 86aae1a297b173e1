import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from benchmarks.errors import InputError
from benchmarks.runs import scores as module
from benchmarks.runs.files import file_sha256
from benchmarks.runs.scores import Scores, check_items, stacked

ITEMS, CLASSES = ("1-1-A-0.wav", "1-2-A-1.wav", "1-3-A-2.wav"), ("dog", "rain")


def clip_scores(**changes) -> Scores:
    values = np.random.default_rng(0).normal(size=(3, 5, 2)).astype(np.float32)
    return Scores(**{"items": ITEMS, "classes": CLASSES, "values": values, "kind": "logit", "hop": None} | changes)


def stored(path: Path, **changes) -> Path:
    """A scores file with some arrays replaced, or left out where None."""
    scores = clip_scores()
    arrays = {
        "items": np.array(ITEMS),
        "classes": np.array(CLASSES),
        "scores": scores.values,
        "kind": np.array("logit"),
    }
    arrays |= {"hop": np.float64("nan")} | changes
    np.savez_compressed(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def one_line(error: pytest.ExceptionInfo) -> str:
    message = str(error.value)
    assert "\n" not in message
    return message


def test_what_is_saved_is_loaded(tmp_path):
    scores, path = clip_scores(), tmp_path / "scores_test.npz"
    scores.save(path)
    loaded = Scores.load(path)
    assert (loaded.items, loaded.classes, loaded.kind, loaded.hop) == (ITEMS, CLASSES, "logit", None)
    assert loaded.values.dtype == np.float32
    np.testing.assert_array_equal(loaded.values, scores.values)
    assert [file.name for file in tmp_path.iterdir()] == ["scores_test.npz"]


def test_the_file_depends_on_its_content_alone(tmp_path):
    for name in ("a.npz", "b.npz"):
        clip_scores().save(tmp_path / name)
    assert file_sha256(tmp_path / "a.npz") == file_sha256(tmp_path / "b.npz")


def test_frame_scores_are_stored_in_half_precision_and_stay_finite(tmp_path):
    values = np.full((3, 7, 2), 1e6, dtype=np.float32)
    clip_scores(values=values, hop=0.02).save(tmp_path / "frames.npz")
    loaded = Scores.load(tmp_path / "frames.npz")
    assert loaded.values.dtype == np.float16 and loaded.hop == 0.02
    assert np.isfinite(loaded.values).all()


@pytest.mark.parametrize("shift", [0.0, 1e4, -1e4])
def test_probabilities_are_the_softmax_over_classes(shift):
    scores = clip_scores()
    shifted = clip_scores(values=scores.values + np.float32(shift))
    expected = softmax(shifted.values.astype(np.float64), axis=-1)
    np.testing.assert_allclose(shifted.probabilities(), expected, rtol=1e-12)


def test_probabilities_stay_and_decisions_have_none():
    values = np.array([[0.3, 0.7]] * 3)
    np.testing.assert_array_equal(clip_scores(values=values, kind="probability").probabilities(), values)
    for kind, name in (("decision", "decisions"), ("linear", "linear outputs")):
        with pytest.raises(InputError, match=f"{name} have no probabilities"):
            clip_scores(values=values, kind=kind).probabilities()


def test_probabilities_of_log_likelihoods_are_posteriors_with_equal_priors():
    densities = np.array([[[0.2, 0.6]] * 2, [[3.0, 1.0]] * 2, [[1e-9, 1e-9]] * 2])
    found = clip_scores(values=np.log(densities), kind="log_likelihood").probabilities()
    np.testing.assert_allclose(found, densities / densities.sum(axis=-1, keepdims=True), rtol=1e-12)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"scores": None}, "has no 'scores'"),
        ({"kind": None}, "has no 'kind'"),
        ({"kind": np.array("odds")}, "unknown kind 'odds'"),
        ({"items": np.array([ITEMS[0], ITEMS[0], ITEMS[1]])}, "item 1-1-A-0.wav stands twice"),
        ({"classes": np.array(["dog", "dog"])}, "class dog stands twice"),
        ({"items": np.array(ITEMS[:2])}, "scores of shape 3 x 5 x 2 for 2 items and 2 classes"),
        ({"scores": np.zeros(3, np.float32)}, "scores of shape 3 for 3 items"),
        ({"scores": np.zeros((3, 0, 2), np.float32)}, "no scores in it"),
        ({"scores": np.array([[0, 1], [0, np.nan], [0, 1]])}, "NaN or infinite for item 1-2-A-1.wav"),
        ({"scores": np.zeros((3, 2), int)}, "scores are int64, not floats"),
        ({"scores": np.full((3, 2), 1.5), "kind": np.array("probability")}, "probabilities from 1.5 to 1.5"),
        ({"hop": np.float64(-1)}, "hop of -1 s"),
        ({"hop": np.float64(0.02), "scores": np.zeros((3, 2))}, "hop of 0.02 s with scores of 2 axes"),
        ({"hop": np.array(["soon"])}, "hop is not one number"),
        ({"items": np.array(list(ITEMS), dtype=object)}, "cut short, or no scores file"),
    ],
)
def test_a_defect_is_one_line_with_file_and_problem(tmp_path, changes, problem):
    path = stored(tmp_path / "scores_test.npz", **changes)
    with pytest.raises(InputError) as error:
        Scores.load(path)
    assert problem in one_line(error) and str(path) in one_line(error)


def test_what_is_loaded_is_looked_through_once(tmp_path, monkeypatch):
    path, looked = stored(tmp_path / "scores_test.npz"), []
    problem = module._problem
    monkeypatch.setattr(module, "_problem", lambda *scores: looked.append(scores) or problem(*scores))
    Scores.load(path)
    assert len(looked) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz: no such scores file"):
        Scores.load(tmp_path / "none.npz")


@settings(deadline=None, max_examples=50)
@given(cut=st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_one_line(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "scores_test.npz"
    clip_scores().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(InputError) as error:
        Scores.load(path)
    assert "cut short" in one_line(error)


@settings(deadline=None, max_examples=200)
@given(position=st.floats(0, 0.999), value=st.integers(0, 255))
def test_a_damaged_byte_never_shows_a_traceback(tmp_path_factory, position, value):
    path = tmp_path_factory.mktemp("damaged") / "scores_test.npz"
    clip_scores().save(path)
    content = bytearray(path.read_bytes())
    content[int(position * len(content))] = value
    path.write_bytes(bytes(content))
    with suppress(InputError):  # any other exception fails the test
        Scores.load(path)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "scores_test.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.npy", b"\x80\x04N.")
    with pytest.raises(InputError, match=r"scores_test\.npz"):
        Scores.load(path)


def test_a_disk_that_refuses_is_one_line(tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(InputError, match="cannot be written"):
        clip_scores().save(tmp_path / "a file" / "scores.npz")


def test_items_and_classes_are_put_in_order():
    scores = clip_scores()
    ordered = check_items(scores, ITEMS[::-1], CLASSES[::-1])
    assert (ordered.items, ordered.classes) == (ITEMS[::-1], CLASSES[::-1])
    np.testing.assert_array_equal(ordered.values, scores.values[::-1, :, ::-1])


@pytest.mark.parametrize(
    ("items", "classes", "problem"),
    [
        (ITEMS[:2], CLASSES, "item names: 1 unknown (1-3-A-2.wav)"),
        ((*ITEMS, "x", "y", "z", "w"), CLASSES, "item names: 4 missing (x, y, z, ...)"),
        ((*ITEMS[:2], "x"), CLASSES, "item names: 1 unknown (1-3-A-2.wav), 1 missing (x)"),
        (ITEMS, ("dog", "frog"), "class names: 1 unknown (rain), 1 missing (frog)"),
    ],
)
def test_unknown_and_missing_names_are_listed(items, classes, problem):
    with pytest.raises(InputError) as error:
        check_items(clip_scores(), items, classes, source="theirs.csv")
    assert problem in one_line(error) and one_line(error).startswith("theirs.csv: ")


def test_items_of_fewer_frames_are_padded_with_the_lowest_score():
    short, long = np.ones((1, 2, 2)), np.full((2, 3, 2), -0.5)
    found = stacked([short, long])
    assert found.shape == (3, 3, 2)
    assert found[0].tolist() == [[1, 1], [1, 1], [-0.5, -0.5]] and np.array_equal(found[1:], long)
    assert np.array_equal(stacked([np.ones((1, 2)), np.zeros((2, 2))])[1:], np.zeros((2, 2)))


def test_texts_without_length_are_not_believed_to_be_as_many_as_they_say(tmp_path):
    path, header = tmp_path / "scores_test.npz", io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<U0", "fortran_order": False, "shape": (10**9,)})
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("items.npy", header.getvalue())
    with pytest.raises(InputError, match=r"items\.npy promises 1000000000 values in 128 bytes"):
        Scores.load(path)


def test_a_file_that_would_fill_the_memory_or_has_an_array_twice_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "scores_test.npz"
    Scores(("a", "b"), ("x",), np.zeros((2, 1), dtype=np.float32), "logit").save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("items.npy", b"another list")
    with pytest.raises(InputError, match=r"scores_test\.npz: has an array twice; write this scores file again"):
        Scores.load(path)
    monkeypatch.setattr("benchmarks.runs.scores.MOST_BYTES", 1 << 20)
    np.savez_compressed(path, scores=np.zeros(1 << 22))
    with pytest.raises(InputError, match=r"scores_test\.npz: would unpack to 0\.0 GB"):
        Scores.load(path)
