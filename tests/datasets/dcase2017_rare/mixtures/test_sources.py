import pytest

from datasets.dcase2017_rare.mixtures.sources import Background, Event, Sources
from datasets.errors import DataError
from tests.datasets.dcase2017_rare.rare_corpus import write_corpus


@pytest.fixture
def folder(tmp_path):
    return write_corpus(tmp_path / "source_data", flagged={"babycry": [1, 3], "gunshot": [0]})


def test_reads_the_lists_in_their_order(folder):
    sources = Sources.read(folder, "devtest")
    assert sources.backgrounds[2] == Background("audio/a002_0_30.wav", "cafe/restaurant")
    assert sources.events["babycry"][1] == Event("babycry", "10.wav", (0.5, 0.9))
    assert sources.events["babycry"][1].path == "babycry/10.wav"
    assert type(sources.events["glassbreak"][0].segment[0]) is int
    assert sources.flagged == {
        "babycry": {"audio/a001_0_30.wav", "audio/a003_0_30.wav"},
        "glassbreak": frozenset(),
        "gunshot": {"audio/a000_0_30.wav"},
    }


def test_onsets_are_drawn_for_30_seconds_unless_backgrounds_are_shorter(folder, tmp_path):
    sources = Sources.read(folder, "devtest")
    assert sources.background_seconds == 2.0
    assert Sources("devtest", tmp_path, sources.backgrounds, {}, {}).background_seconds == 30.0


def test_evaluation_needs_no_screening(tmp_path):
    folder = write_corpus(tmp_path, "evaltest")
    (folder / "bgs" / "bg_screening.csv").unlink()
    assert Sources.read(folder, "evaltest").flagged["babycry"] == frozenset()


EVENTS, BACKGROUNDS, SCREENING = "cv_setup/events_devtest.yaml", "cv_setup/bgs_devtest.yaml", "bgs/bg_screening.csv"


@pytest.mark.parametrize(
    ("name", "old", "new", "word"),
    [
        (EVENTS, "audio_filename: 30.wav", "other: 30.wav", "gunshot event 0 has no audio_filename"),
        (EVENTS, "audio_filename: 30.wav", "audio_filename: ../30.wav", "is no file name"),
        (EVENTS, "segment:\n  - 0.25\n  - 0.5\n", "segment:\n  - 0.5\n  - 0.25\n", "gunshot event 0 (30.wav)"),
        (EVENTS, "segment:\n  - 0.25\n  - 0.5\n", "segment:\n  - 0.25\n  - 50.5\n", "longer than any background"),
        (EVENTS, "segment:\n  - 0.25\n  - 0.5\n", "segment:\n  - 0.25\n  - .inf\n", "no pair of seconds"),
        (EVENTS, "segment:\n  - 0.25\n  - 0.5\n", "segment:\n  - 0.25\n", "no pair of seconds"),
        (EVENTS, "gunshot:", "shotgun:", "no events of class gunshot"),
        (BACKGROUNDS, "filepath: audio/a002_0_30.wav", "filepath: /etc/passwd", ":7: background 2 has a bad filepath"),
        (BACKGROUNDS, "filepath: audio/a002_0_30.wav", "filepath: ../../a.wav", ":7: background 2 has a bad filepath"),
        (BACKGROUNDS, "filepath: audio/a002_0_30.wav", "path: a.wav", ":7: background 2 has no filepath"),
        (SCREENING, "a001_0_30.wav,x,,", "a001_0_30.wav,x", ":3: 2 columns"),
        (EVENTS, None, None, "no such file"),
        (BACKGROUNDS, None, None, "no such file"),
        (SCREENING, None, None, "no such file"),
        (BACKGROUNDS, None, "", "no list of backgrounds"),
    ],
)
def test_refuses_bad_lists_by_line(folder, name, old, new, word):
    path = folder / name
    if old is None and new is None:
        path.unlink()
        word = path.name
    else:
        text = path.read_text()
        assert old is None or old in text
        path.write_text(new if old is None else text.replace(old, new))
    with pytest.raises(DataError) as caught:
        Sources.read(folder, "devtest")
    assert path.name in str(caught.value) and word in str(caught.value) and "\n" not in str(caught.value)


def test_refuses_an_unknown_subset(folder):
    with pytest.raises(DataError, match="known: devtrain, devtest, evaltest"):
        Sources.read(folder, "test")
