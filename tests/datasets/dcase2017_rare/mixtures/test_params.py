import pytest

from datasets.dcase2017_rare.mixtures.params import MixingParams
from datasets.errors import DataError

OFFICIAL = "event_presence_prob: 0.5\nmixtures_per_class: 500\nebrs:  # dB\n- -6\n- 0\n- 6\nseed: 42"


def written(folder, text):
    path = folder / "mixing_params.yaml"
    path.write_text(text)
    return path


def test_default_parameters_name_the_official_folders():
    assert MixingParams().hash == "20b255387a2d0cddc0a3dff5014875e7"
    assert MixingParams(seed=13).hash == "bbb81504db15a03680a0044474633b67"


def test_reads_the_official_form(tmp_path):
    read = MixingParams.read(written(tmp_path, OFFICIAL))
    assert read == MixingParams() and read.hash == "20b255387a2d0cddc0a3dff5014875e7"
    assert all(type(ebr) is int for ebr in read.ebrs)


@pytest.mark.real
@pytest.mark.parametrize("name", ["mixing_params.yaml", "mixing_params_devtest_dcase_fixed.yaml"])
def test_reads_the_official_files(data_root, name):
    assert MixingParams.read(data_root / "dcase2017_rare" / name).hash == "20b255387a2d0cddc0a3dff5014875e7"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("mixtures_per_class: 500", "mixtures_per_class: 0", ":2: mixtures_per_class is 0"),
        ("mixtures_per_class: 500", "mixtures_per_class: 1.5", ":2: mixtures_per_class"),
        ("mixtures_per_class: 500", "mixtures_per_class: yes", ":2: mixtures_per_class is True"),
        ("prob: 0.5", "prob: 1.01", ":1: event_presence_prob"),
        ("prob: 0.5", "prob: .nan", ":1: event_presence_prob"),
        ("- -6", "- -600", ":3: ebrs"),
        ("- -6\n- 0\n- 6", "  []", ":3: ebrs"),
        ("- -6\n- 0\n- 6", "  loud", ":3: ebrs is 'loud'"),
        ("seed: 42", "seed: -1", ":7: seed"),
        ("seed: 42", "", ":1: seed is missing"),
        ("seed: 42", "seed: 42\nmore: 1", ":8: more is not a mixing parameter"),
        ("seed: 42", "seed: !!python/object/apply:os.getcwd []", ":7: a value of kind"),
        (OFFICIAL, "[1, 2]", ": no mapping"),
        (OFFICIAL, "", ": no mapping"),
    ],
)
def test_refuses_bad_files_by_line(tmp_path, old, new, where):
    path = written(tmp_path, OFFICIAL.replace(old, new))
    with pytest.raises(DataError) as caught:
        MixingParams.read(path)
    assert f"{path}{where}" in str(caught.value) and "\n" not in str(caught.value)


def test_refuses_bad_values():
    with pytest.raises(DataError, match="event_presence_prob is 2"):
        MixingParams(event_presence_prob=2)


@pytest.mark.parametrize(("count", "prob", "events"), [(500, 0.5, 250), (5000, 0.99, 4950), (3, 0.0, 0), (3, 1, 3)])
def test_events_per_class(count, prob, events):
    assert MixingParams(count, prob).events_per_class == events
