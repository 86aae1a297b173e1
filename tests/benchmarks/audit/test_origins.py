import subprocess
import sys

from benchmarks.audit.origins import changed, keys_of, named_in, recipes, stated
from benchmarks.spec import load_paper
from tests import ROOT


def values(paper, setting):
    return {(one.part, one.name): one.sourced.value for one in stated(load_paper(paper), setting)}


def test_a_setting_shows_its_arguments_its_classes_defaults_constants_and_choices():
    shown = values("acrnn", "base")
    assert shown["model", "padding"] == "l12"
    assert shown["datasets.features.log_gammatone.LogGammatone", "n_fft"] == 2048
    assert shown["models.acrnn.ACRNNModule", "CELLS"] == 256
    assert shown["models.acrnn.ACRNNModule", "place_of_dropout"] == "on the output of each GRU layer"


def test_a_default_is_shown_only_where_it_is_left():
    key = "models.acrnn.ACRNNModule", "scaling"
    assert key in values("acrnn", "base") and key not in values("acrnn", "att")


def test_a_choice_is_shown_only_where_it_matters():
    module = "datasets.esc50.ESC50DataModule"
    assert values("acrnn", "aug")[module, "STRETCH"] == [0.8, 1.3]
    assert (module, "STRETCH") not in values("acrnn", "base")
    classifier = "models.baselines.classical.ClassicalClassifier"
    assert {name for part, name in values("acrnn", "knn") if part == classifier and name.isupper()} == {"NEIGHBOURS"}


def test_a_value_comes_from_the_work_that_a_row_cites():
    def of(setting):
        found = {(one.part, one.name): one.sourced for one in stated(load_paper("acrnn"), setting)}
        return {name: sourced for (part, name), sourced in found.items() if part == "datasets.esc50.ESC50DataModule"}

    speeds = {
        name: (of(name)["speeds"].value, of(name)["speeds"].where) for name in ("base", "piczak_short", "wavemsnet")
    }
    assert speeds == {"base": ([], "section 3.4"), "piczak_short": ([], "[19]"), "wavemsnet": ([], "[33]")}
    assert of("base")["standardize"].origin == "paper" and of("piczak_short")["standardize"].origin == "code"
    assert "order_of_segments" in of("base") and "order_of_segments" not in of("knn_decoded")  # one fit, no epochs


def test_what_stands_under_a_base_class_holds_for_all_derived_from_it():
    paper = load_paper("edc")
    for wing in ("datasets.chime_home.CHiMEHomeDataModule", "datasets.dcase2018_domestic.DCASE2018DomesticDataModule"):
        assert "datasets.batches.streams.StreamDataModule" in keys_of(paper, wing)
    assert keys_of(paper, "models.edc.MinMax") == []


def test_data_modules_hand_on_what_extractors_take():
    (recipe,) = list(recipes(load_paper("acrnn"), "piczak_long", "full"))[:1]
    (extractor,) = [one for one in named_in(recipe) if one.path.endswith("LogMelDelta")]
    assert (extractor.given["frames"], extractor.given["step"]) == (101, 50)


def test_a_tier_shows_what_it_changes():
    found = {(one.part, one.name): one.sourced.value for one in changed(load_paper("acrnn"), "base", "reduced")}
    assert found == {
        ("data", "batch_size"): 16, ("model", "width_divisor"): 2, ("model", "drops"): [2, 4],
        ("trainer", "max_epochs"): 6,
    }  # fmt: skip


def test_origins_are_read_without_torch():
    code = (
        "import sys; from benchmarks.audit.origins import stated; from benchmarks.spec import load_paper\n"
        "assert len(stated(load_paper('edc'), 'edc_a7_am')) > 50\n"
        "print({'torch', 'pytorch_lightning'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
