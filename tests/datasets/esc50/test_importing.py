"""What people have of ESC-50, and what an import makes of it: each specimen is from a public layout or complaint."""

import os
import shutil
import sys

import pytest
import soundfile

from datasets.errors import DataError
from datasets.esc50 import ESC50
from datasets.esc50.importing import import_folder
from tests.datasets.esc50.esc50_releases import ITEMS, LAYOUTS, RATE, list_text, sound, write_v1, write_v2

pytestmark = pytest.mark.filterwarnings("ignore:.* clips of esc")


def imported(source, root):
    """The lines that an import says."""
    lines = []
    import_folder(source, root, lines.append)
    assert not list(root.parent.glob(".*"))  # no folder to work in is left
    return lines


def plain(folder):
    """The samples and the name of every clip in a folder, to compare releases of any form."""
    dataset = ESC50(folder)
    return {item: dataset.load(item).tobytes() for item in dataset.paths()}


def kaggle(folder):
    write_v2(folder)
    (folder / "audio").rename(folder / "clips")
    shutil.copytree(folder / "clips", folder / "audio" / "audio" / "44100")
    for item in ITEMS:
        shutil.copy(folder / "clips" / item, folder / "audio" / "audio" / item)
        (folder / "audio" / "audio" / "16000").mkdir(exist_ok=True)
        soundfile.write(folder / "audio" / "audio" / "16000" / item, sound(0)[:80000], 16000)
    shutil.rmtree(folder / "clips")
    (folder / "meta" / "esc50.csv").rename(folder / "esc50.csv")


def flat(folder):
    write_v2(folder)
    for path in (folder / "audio").iterdir():
        path.rename(folder / path.name)
    shutil.rmtree(folder / "meta")


def capital(folder):
    flat(folder)
    for item in ITEMS:
        (folder / item).rename(folder / item.replace(".wav", ".WAV"))


def flac(folder):
    flat(folder)
    for item in ITEMS:
        samples, rate = soundfile.read(folder / item, dtype="int16")
        soundfile.write(folder / item.replace(".wav", ".flac"), samples, rate)
        (folder / item).unlink()


def linked(folder):
    write_v2(folder.with_name("elsewhere"))
    folder.mkdir()
    (folder / "audio").symlink_to("../elsewhere/audio")
    (folder / "round").symlink_to(".")
    (folder / "esc50.csv").symlink_to("../elsewhere/meta/esc50.csv")


def linked_files(folder):
    flat(folder.with_name("elsewhere"))
    folder.mkdir()
    for item in ITEMS:
        (folder / item).symlink_to(f"../elsewhere/{item}")


def parquet(folder):
    table, write = pytest.importorskip("pyarrow").Table, pytest.importorskip("pyarrow.parquet").write_table
    flat(folder.with_name("elsewhere"))
    folder.mkdir()
    rows = [
        {"filename": item, "audio": {"bytes": (folder.with_name("elsewhere") / item).read_bytes(), "path": None}}
        for item in ITEMS
    ]
    for number, part in enumerate((rows[:3], rows[3:])):
        name = folder / f"train-0000{number}-of-00002.parquet"
        write(table.from_pylist(part), name)


def surrounded(folder):
    flat(folder)
    (folder / ".DS_Store").write_bytes(b"?")
    (folder / f"._{ITEMS[0]}").write_bytes(b"?")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / ITEMS[0]).write_bytes(b"?")


ESC50_SPECIMENS = {
    **{write.__name__: write for write in (kaggle, flat, capital, flac, linked, linked_files, parquet, surrounded)},
    "soundata": LAYOUTS["v2 in its archive folder"],
}


@pytest.mark.parametrize("write", ESC50_SPECIMENS.values(), ids=ESC50_SPECIMENS)
def test_esc50_is_taken_from_what_people_have(write, tmp_path):
    write_v2(tmp_path / "official")
    write(tmp_path / "mine")
    lines = imported(tmp_path / "mine", tmp_path / "data" / "esc50")
    assert plain(tmp_path / "data" / "esc50") == plain(tmp_path / "official")
    assert "8 of 2000 clips (v2 WAV)" in lines[-1] and "rate" not in lines[-1]
    again = imported(tmp_path / "mine", tmp_path / "data" / "esc50")
    assert "new" not in again[1] and "here already" in again[1]


def test_kaggles_lower_rate_is_counted_and_named(tmp_path):
    kaggle(tmp_path / "mine")
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert lines[1].endswith("25 files seen: 9 new, 8 known and not needed, 8 left out")
    assert lines[2].startswith(
        "left out, 8 x 16000 Hz instead of 44100 Hz, a file as good or better is taken: 1-101-A-0"
    )


@pytest.mark.real
def test_old_clips_without_class_folders_are_known_by_their_content(data_root, tmp_path):
    source = data_root / "esc50" / "audio_v1_ogg"
    for path in sorted(source.iterdir())[:12]:
        (tmp_path / "mine").mkdir(exist_ok=True)
        os.link(path, tmp_path / "mine" / f"{path.stem.rsplit('-', 1)[0]}.ogg")
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert sorted(ESC50(tmp_path / "esc50").paths()) == [f"{p.stem}.wav" for p in sorted(source.iterdir())[:12]]
    assert "12 of 2000 clips (v1 OGG): 1988 missing" in lines[-1] and "altered" not in lines[-1]


def test_every_file_that_is_seen_is_told(tmp_path):
    flat(tmp_path / "mine")
    (tmp_path / "mine" / "README.md").write_text("?")
    (tmp_path / "mine" / "dog.wav").write_bytes(b"?")
    (tmp_path / "mine" / "1-999-A-0.wav").symlink_to("nowhere")
    (tmp_path / "mine" / ITEMS[0]).rename(tmp_path / "mine" / os.fsdecode(b"1-101-\xff-0.wav"))
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert lines[1].endswith("11 files seen: 7 new, 1 known and not needed, 3 left out")
    assert lines[2] == "left out, 1 x a link to nothing: 1-999-A-0.wav"
    assert lines[3] == r"left out, 2 x no name of a clip like 1-100032-A-0.wav: 1-101-\xff-0.wav, dog.wav"


def test_an_import_fills_up_and_never_replaces_by_something_worse(tmp_path):
    root = tmp_path / "esc50"
    write_v2(root)
    good, short, bad = (root / "audio" / item for item in ITEMS[:3])
    before = good.read_bytes()
    bad.write_bytes(b"?")
    (root / "audio" / ITEMS[3]).unlink()
    flat(tmp_path / "mine")
    soundfile.write(tmp_path / "mine" / good.name, sound(9), 48000)
    soundfile.write(tmp_path / "mine" / short.name, sound(9)[:1000], RATE)
    lines = imported(tmp_path / "mine", root)
    assert lines[1].endswith("8 files seen: 1 new, 1 in the place of worse ones, 4 here already, 2 left out")
    assert any(f"48000 Hz instead of 44100 Hz, what is here is kept: {good.name}" in line for line in lines)
    assert any(f"1000 frames instead of 220500, what is here is kept: {short.name}" in line for line in lines)
    assert good.read_bytes() == before and ESC50(root).load(bad.name).size


@pytest.mark.parametrize("there", [(), ("meta/esc50.csv",)])
def test_a_failed_import_of_esc50_leaves_the_root_as_it_was(tmp_path, there):
    root, mine = tmp_path / "data" / "esc50", tmp_path / "mine"
    (mine / "meta").mkdir(parents=True)
    (mine / "meta" / "esc50.csv").write_text(list_text())
    for name in there:  # what an earlier version left behind does not block the next import
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(list_text())
    with pytest.raises(DataError, match="nothing here is a clip of ESC-50"):
        import_folder(mine, root, lambda line: None)
    assert root.exists() == bool(there)
    write_v1(tmp_path / "old")
    imported(tmp_path / "old", root)
    assert sorted(ESC50(root).paths()) == ITEMS


def test_parquet_without_pyarrow_says_which_extra_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"needs pyarrow; run `pip install -e '\.\[parquet\]'`"):
        import_folder(tmp_path / "a.parquet", tmp_path / "esc50", lambda line: None)


def test_what_is_no_parquet_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    flat(tmp_path / "mine")
    (tmp_path / "mine" / "a.parquet").write_bytes(b"PAR1 and more")
    assert any("no parquet file of ESC-50" in line for line in imported(tmp_path / "mine", tmp_path / "esc50"))
