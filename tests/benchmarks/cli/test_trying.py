"""A network of the user's own: trained once per text, shown beside the paper's rows, refused in a line."""

import os
import subprocess
import sys

import pytest

from tests import ROOT
from tests.benchmarks.cli.as_begun import answered

NET = """
from torch import nn


class MLP(nn.Module):
    def __init__(self, num_classes, hidden: int = 8):
        super().__init__()
        hear = nn.Flatten(), nn.LazyLinear(hidden), nn.BatchNorm1d(hidden), nn.ReLU()
        self.net = nn.Sequential(*hear, nn.Linear(hidden, num_classes))

    def forward(self, x):
        return self.net(x)


class Wide(MLP):
    def forward(self, x):
        return super().forward(x)[None]


class Frames(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.LazyLinear(1)

    def forward(self, x):
        return self.net(x[:, 0]).squeeze(-1)


class Activity(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.net = nn.LazyLinear(num_classes)

    def forward(self, x):
        return self.net(x[:, 0])


class Stranger:
    pass
"""
OPTIONS = ("--corpus", "miniature", "--tier", "smoke", "--jobs", "2")


@pytest.fixture
def places(tmp_path, miniature_esc50, monkeypatch):
    """The environment of a user whose network lies in a folder."""
    (tmp_path / "cache" / "miniature").mkdir(parents=True)
    (tmp_path / "cache" / "miniature" / "esc50").symlink_to(miniature_esc50)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mynet.py").write_text(NET)
    for name in ("data", "runs", "cache", "reports"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(tmp_path / name))
    return tmp_path


@pytest.fixture
def resound(places, monkeypatch):
    """Runs the command line in a folder of the user's as if it began; tells exit code, stdout and stderr."""

    def run(*words, folder="mine"):
        with monkeypatch.context() as here:
            here.syspath_prepend(str(places / folder))
            return answered(places, *words, folder=places / folder)

    return run


@pytest.fixture
def alone(places):
    """The same in a process of its own."""

    def run(*words, folder="mine"):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks", *words], cwd=places / folder, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_network_is_trained_once_per_text_and_stands_beside_the_paper(resound, alone, tmp_path):
    asked = ("acrnn.t3.esc10", "--name", "my MLP", "--set", "model.hidden=[4, 8]", *OPTIONS)
    assert resound("run", "acrnn.t3.base.esc10", *OPTIONS)[0] == 0

    code, out, told = alone("try", "mynet.MLP", *asked)
    assert code == 0 and "[2/2] done" in told, told
    assert "a sweep over model.hidden: 2 settings to run" in told
    assert "| **my MLP hidden 4**" in out and "| convolutional RNN" in out and "exact McNemar test" in out

    code, again, told = resound("try", "../mine/mynet.py:MLP", *asked, folder="cache")  # nothing is trained
    assert (code, again) == (0, out) and "done" not in told, told

    kept = (*asked, "--keep", "weights")  # what is advised works, here and in `predict`
    assert (
        "2 of these have no weights; repeat the command with --again --keep weights"
        in resound("try", "mynet.MLP", *kept)[2]
    )
    code, shown, told = resound("try", "mynet.MLP", *kept, "--again")
    assert (code, shown) == (0, "") and "2 runs made anew: 2 with the same scores to the last bit" in told, told
    assert len(list((tmp_path / "runs" / "again").glob("acrnn*/weights.safetensors"))) == 2

    net = tmp_path / "mine" / "mynet.py"
    net.write_text(net.read_text() + "# another text\n")
    code, out, told = resound("try", "mynet.MLP", *asked)
    assert code == 0 and "[2/2] done" in told and out.count("- **my MLP hidden 4") == 2, told

    code, board, told = resound("board", "acrnn.t3")
    assert (code, told) == (0, "") and board.count("- **my MLP hidden 4") == 2
    assert "only the paper's rows here" in resound("board", "acrnn.t3.esc50")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mynet.Stranger",), "mynet.Stranger: is no torch.nn.Module and no LightningModule; derive it from one"),
        (("mynet.Wide",), "mynet.Wide: gives (1, 32, 10); it must give logits (B, classes) of segments x"),
        (("mynet.MPL",), "mynet.MPL: cannot be imported (module 'mynet' has no attribute 'MPL'); mend its module"),
        (("mynet.MLP", "--set", "model.hiden=3"), "mynet.MLP has no argument 'hiden'; did you mean hidden"),
        (("mynet.MLP", "--set", "model.hidden=many"), "--set model.hidden=many: must be int"),
    ],
)
def test_what_cannot_be_tried_is_told_in_one_line_before_anything_is_trained(resound, tmp_path, words, said):
    code, out, told = resound("try", words[0], "acrnn.t3.esc10", *words[1:], *OPTIONS)
    (line,) = [line for line in told.splitlines() if line.startswith("resound: ")]
    assert (code, out) == (2, "") and said in line and "Traceback" not in told
    assert not list((tmp_path / "runs").glob("acrnn*"))


def test_a_setting_with_other_arguments_is_a_row_of_its_own(resound, tmp_path):
    code, out, told = resound("run", "acrnn.t3.base.esc10", "--set", "model.dropout=0.1", *OPTIONS)
    assert code == 0 and "- **base dropout 0.1**: setting `base` with model.dropout 0.1" in out, told
    (folder,) = (tmp_path / "runs").glob("acrnn*")
    assert folder.name.startswith("acrnn-esc10-base+dropout+0.1-smoke")
    code, out, _ = resound("run", "acrnn.t3.base.esc10", "--set", "model.dropot=0.1", *OPTIONS)
    assert (code, out) == (2, "")


@pytest.mark.slow
def test_plain_networks_of_tags_of_frames_and_of_soft_activity_are_trained_too(
    resound, tmp_path, miniature_domestic, miniature_rare, miniature_maestro
):
    corpora = {"dcase2018_domestic": miniature_domestic, "dcase2017_rare": miniature_rare}
    for name, root in {**corpora, "maestro_real": miniature_maestro}.items():
        (tmp_path / "cache" / "miniature" / name).symlink_to(root)
    short = ("--set", "data.chunk_frames=64", "--set", "data.chunk_hop=32")  # the recordings here last 3 s
    parts = ("--set", "data.sequence_frames=40")
    for network, target, *more in (
        ("MLP", "edc.t1.om_dcase"), ("Frames", "mtfa.t1.dev.babycry.er", *short), ("Activity", "maestro.t1", *parts),
    ):  # fmt: skip
        code, out, told = resound("try", f"mynet.{network}", target, *more, *OPTIONS)
        assert code == 0 and f"| **{network}" in out, told
    code, out, told = resound("try", "mynet.MLP", "maestro.t1", *parts, *OPTIONS)
    assert (code, out) == (2, "") and "it must give soft activity (B, frames or seconds, classes)" in told
