"""The data commands as a user meets them."""

import errno
import re
import shutil

import pytest

from benchmarks.cli.main import run_command_line
from datasets.dcase2017_rare import DCASE2017Rare
from datasets.errors import DataError


@pytest.fixture
def here(miniature_rare, monkeypatch, tmp_path):
    """A machine with the miniature of rare sound events in its cache, and nothing else."""
    for name in ("data", "cache", "runs"):
        monkeypatch.setenv(f"RESOUND_{name.upper()}", str(tmp_path / name))
    (tmp_path / "cache" / "miniature").mkdir(parents=True)
    (tmp_path / "cache" / "miniature" / "dcase2017_rare").symlink_to(miniature_rare)
    return tmp_path


def run(line):
    return run_command_line(["data", *line.split()])


def test_list_tells_how_much_is_here(here, miniature_domestic, miniature_chime, capsys):
    chime, domestic, esc50 = (here / "data" / name for name in ("chime_home", "dcase2018_domestic", "esc50"))
    shutil.copytree(miniature_chime, chime)
    (chime / "miniature.json").unlink()
    shutil.copytree(miniature_domestic / "metadata", domestic / "metadata")
    shutil.copytree(miniature_domestic / "metadata_history", domestic / "metadata_history")
    (esc50 / "meta").mkdir(parents=True)
    (esc50 / "meta" / "esc50.csv").write_text("filename,fold\n")
    assert run("list") == 0
    rows = told(capsys.readouterr().out)
    assert rows["chime_home"] == "real: 68 of 2762 chunks"
    assert re.search(r"miniature: all \d+ sources and mixtures$", rows["dcase2017_rare"])
    assert rows["dcase2018_domestic"] == "real: none of 114 clips"  # lists alone are no data
    assert rows["esc50"] == "real: not usable, see `data check esc50`"


def test_list_goes_on_where_one_dataset_cannot_be_read(here, monkeypatch, capsys):
    def refused(dataset, contents):
        raise PermissionError(errno.EACCES, "Permission denied", str(dataset.root))

    monkeypatch.setattr("datasets.esc50.census.take_census", refused)
    (here / "data" / "esc50").mkdir(parents=True)
    assert run("list") == 0
    rows = told(capsys.readouterr().out)
    assert rows["esc50"] == "real: cannot be read (Permission denied)"
    assert rows["dcase2017_rare"].startswith("miniature: all")


def told(output):
    """What `list` says is here, by dataset."""
    first, *blocks = output.strip().split("\n\n")
    assert first.startswith("data root: ")
    assert all("licence: " in block for block in blocks)
    return {block.split(":")[0]: block.split("here: ")[1] for block in blocks}


def test_list_tells_what_is_absent(here, capsys):
    assert run("list") == 0
    output = capsys.readouterr().out
    assert told(output)["esc50"] == "absent" and str(here / "data") in output


@pytest.mark.parametrize(
    ("line", "said", "offers"),
    [
        ("check esc50", "esc50: no such folder; run `python -m benchmarks data fetch esc50`", True),
        ("synthesize dcase2017_rare", "dcase2017_rare: no such folder", True),
        (
            "check esc50 --corpus miniature",
            "not there; write it with `python -m benchmarks data miniature esc50`",
            False,
        ),
        ("standin dcase2018_domestic", "esc50: no such folder; run", False),  # it is made of real files alone
    ],
)
def test_absent_files_are_told_with_steps_that_the_command_has(here, capsys, line, said, offers):
    assert run(line) == 2
    told = capsys.readouterr().err
    assert said in told and ("or try `--corpus miniature`" in told) is offers and told.count("\n") == 1


def test_a_fetch_that_fails_says_what_else_would_do(here, monkeypatch, capsys):
    def fail(root, report):
        raise DataError("no connection")

    monkeypatch.setattr("datasets.esc50.acquire.fetch", fail)
    assert run("fetch esc50") == 2
    line = "resound: no connection; a copy from elsewhere will do too: `python -m benchmarks data import esc50 FOLDER`"
    assert capsys.readouterr().err == f"{line}\n"


def test_check_and_import(here, miniature_rare, capsys):
    assert run("check dcase2017_rare --corpus miniature") == 0
    assert "all usable" in capsys.readouterr().out
    (here / "mine").mkdir()
    shutil.copytree(miniature_rare, here / "mine" / "sounds")
    assert run(f"import dcase2017_rare {here / 'mine' / 'sounds'}") == 0
    assert "`python -m benchmarks data check dcase2017_rare` names what is" in capsys.readouterr().out
    assert run("check dcase2017_rare") == 1
    assert "lacking in the list" in capsys.readouterr().out


def test_check_names_a_faulty_clip_once_and_says_what_to_do(here, miniature_chime, capsys):
    shutil.copytree(miniature_chime, here / "data" / "chime_home")
    clip = next((here / "data" / "chime_home" / "chunks").glob("*.16kHz.wav"))
    clip.unlink()  # a link, or shared
    clip.write_bytes(b"")
    assert run("check chime_home") == 1
    output = capsys.readouterr().out
    assert f"- empty: {clip.name.removesuffix('.16kHz.wav')}: a file of 0 bytes\n" in output
    assert output.rstrip().endswith("take it away and `run` with --allow-incomplete.")


def test_synthesize_writes_the_official_layout_and_continues(here, capsys):
    line = (
        "synthesize dcase2017_rare --corpus miniature --subset devtest --mixtures 4 --ebrs -6,0 --seed 3 --write-audio"
    )
    assert run(line) == 0
    folder = next((here / "cache" / "mixtures" / "miniature" / "dcase2017_rare" / "mixture_data" / "devtest").iterdir())
    audio = sorted((folder / "audio").iterdir())
    assert len(audio) == 12 and len(list((folder / "meta").glob("*.yaml"))) == 3
    recipes = (folder / "meta" / "mixture_recipes_devtest_gunshot.yaml").read_text()
    assert set(re.findall(r"ebr: (\S+)", recipes)) <= {"-6.0", "0.0", "-.inf"}
    audio[0].write_bytes(audio[0].read_bytes()[:1000])  # cut by an interruption
    stamps = {path: path.stat().st_mtime_ns for path in audio}
    assert run(line) == 0
    assert [path for path in audio if path.stat().st_mtime_ns != stamps[path]] == [audio[0]]
    assert str(folder) in capsys.readouterr().out


def test_synthesize_takes_all_subsets_and_leaves_the_dataset_alone(here, miniature_rare, capsys):
    before = DCASE2017Rare(miniature_rare).fingerprint()
    assert run(f"synthesize dcase2017_rare --corpus miniature --mixtures 2 --fresh-onsets --out {here / 'out'}") == 0
    folders = sorted((here / "out" / "mixture_data").glob("*/*"))
    assert [path.parent.name for path in folders] == ["devtest", "devtrain", "evaltest"]
    assert not list(here.rglob("*.wav")) and DCASE2017Rare(miniature_rare).fingerprint() == before


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("synthesize dcase2017_rare --corpus miniature --presence 1.5", "--presence.*less than or equal to 1;"),
        ("synthesize dcase2017_rare --corpus miniature --ebrs ,", r"ebrs is \[\]"),
        ("synthesize dcase2017_rare --corpus miniature --ebrs low", "--ebrs low: must be numbers with commas"),
        ("synthesize dcase2017_rare --corpus miniature --mixtures 0", "--mixtures.*greater than or equal to 1;"),
        ("synthesize dcase2017_rare --corpus miniature --subset train", "unknown subset 'train'.*devtrain"),
        ("synthesize dcase2017_rare --corpus small", "unknown corpus 'small'.*standin"),
        ("synthesize dcase2017_rare", "no such folder; run .*data fetch dcase2017_rare"),
        ("synthesize esc50", "esc50 has no synthesizer; these have one: dcase2017_rare"),
        ("standin esc50", "esc50 has no stand-in corpus; these have one: .*dcase2017_rare"),
        ("standin dcase2017_rare", "esc50: no such folder"),
        ("check dcase2017_rare --corpus small", "unknown corpus 'small'"),
        ("import dcase2017_rare nowhere", "nowhere: no such folder or archive"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(here, line, message, capsys):
    assert run(line) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.strip().splitlines()) == 1
    assert re.search(message, captured.err), captured.err
