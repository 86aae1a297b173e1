"""What people have of ESC-50, and what an import makes of it: each specimen is from a public layout or complaint."""

import os
import shutil
import sys

import pytest
import soundfile

from datasets.acquire.telling import shown
from datasets.errors import DataError
from datasets.esc50 import ESC50
from datasets.esc50.importing import import_folder
from tests.datasets.esc50.esc50_releases import (
    ITEMS,
    LAYOUTS,
    RATE,
    list_text,
    sound,
    write_v1,
    write_v1_under_v2_names,
    write_v2,
)

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
        "left out, 8 x 16000 Hz instead of 44100 Hz, another one is as good or better: 1-101-A-0"
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


@pytest.mark.real
def test_an_official_old_clip_goes_before_a_wav_that_was_made_of_it(data_root, tmp_path):
    official = data_root / "esc50" / "audio_v1_ogg" / "1-100032-A-0.ogg"
    for folder in ("101 - Dog", "wav"):
        (tmp_path / "mine" / folder).mkdir(parents=True)
    os.link(official, tmp_path / "mine" / "101 - Dog" / "1-100032-A.ogg")
    soundfile.write(tmp_path / "mine" / "wav" / "1-100032-A-0.wav", soundfile.read(official)[0] / 2, RATE)
    assert "altered" not in imported(tmp_path / "mine", tmp_path / "esc50")[-1]
    (taken,) = (tmp_path / "esc50" / "audio").iterdir()
    assert taken.read_bytes() == official.read_bytes()


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


def two_flacs(folder):
    for name, samples in (("a", sound(0)), ("b", sound(0)[:9000])):
        (folder / name).mkdir(parents=True)
        soundfile.write(folder / name / ITEMS[0].replace(".wav", ".flac"), samples, RATE)


def two_rows(folder):
    two_flacs(folder)
    rows = [{"filename": ITEMS[0], "audio": path.read_bytes()} for path in sorted(folder.rglob("*.flac"))]
    shutil.rmtree(folder / "a")
    shutil.rmtree(folder / "b")
    write_rows(folder / "all.parquet", rows)


def write_rows(path, rows):
    table, write = pytest.importorskip("pyarrow").Table, pytest.importorskip("pyarrow.parquet").write_table
    write(table.from_pylist([{**row, "audio": {"bytes": row["audio"], "path": None}} for row in rows]), path)


@pytest.mark.parametrize("write", [two_flacs, two_rows])
def test_files_that_become_wav_do_not_overwrite_each_other(write, tmp_path):
    """The second of two FLAC files of one name, a cut one, took the place of the first without a word."""
    write(tmp_path / "mine")
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert lines[1].endswith("2 files seen: 1 new, 1 left out")
    assert lines[2].startswith("left out, 1 x 9000 frames instead of 220500, another one is as good or better")
    assert ESC50(tmp_path / "esc50").load(ITEMS[0]).size == 220500


def test_every_row_of_a_parquet_file_is_told(tmp_path):
    """One row without a name ended the whole file, and those behind it were not even counted."""
    flat(tmp_path / "elsewhere")
    content = (tmp_path / "elsewhere" / ITEMS[0]).read_bytes()
    names = [ITEMS[0], "", None, "a\0b.wav", "x" * 400 + ".wav", "dog.wav", f"../../../{ITEMS[1]}"]
    rows = [{"filename": name, "audio": content} for name in names] + [{"filename": ITEMS[2], "audio": None}]
    (tmp_path / "mine").mkdir()
    write_rows(tmp_path / "mine" / "all.parquet", [*rows, {"filename": ITEMS[3], "audio": content}])
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert sorted(ESC50(tmp_path / "esc50").paths()) == sorted([ITEMS[0], ITEMS[1], ITEMS[3]])
    assert lines[1].endswith("9 files seen: 3 new, 6 left out")
    assert any(
        line.startswith("left out, 3 x a row without the name or the bytes of a clip: all.parquet") for line in lines
    )
    assert any(line.startswith(r"left out, 3 x no name of a clip like 1-100032-A-0.wav: a\x00b.wav") for line in lines)


@pytest.mark.parametrize("text", ["a" * 200_000, 'filename,"fold\n' * 3, "\0", list_text()[:-20]])
def test_a_list_that_cannot_be_read_is_left_out(tmp_path, text):
    write_v2(tmp_path / "mine")
    (tmp_path / "mine" / "meta" / "esc50.csv").write_text(text)
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    assert lines[1].endswith("9 files seen: 8 new, 1 left out")
    assert lines[2] == "left out, 1 x no list of ESC-50: esc50.csv"
    shutil.copytree(tmp_path / "mine" / "meta", tmp_path / "esc50" / "meta")
    with pytest.raises(DataError, match=r"esc50\.csv") as caught:
        imported(tmp_path / "mine", tmp_path / "esc50")
    assert "\n" not in shown(str(caught.value))


def test_old_clips_that_cannot_be_used_stand_in_the_way_of_new_ones_and_say_so(tmp_path):
    write_v1_under_v2_names(tmp_path / "esc50")
    for path in (tmp_path / "esc50" / "audio_v1_ogg").iterdir():
        path.write_bytes(b"OggS")
    flat(tmp_path / "mine")
    lines = imported(tmp_path / "mine", tmp_path / "esc50")
    reason = "one of another format is here that cannot be used: delete it to take this one"
    assert lines[1:3] == [
        f"{tmp_path / 'mine'}: 8 files seen: 8 left out",
        f"left out, 8 x {reason}: {', '.join(ITEMS)}",
    ]


def test_what_is_no_parquet_is_named(tmp_path):
    pytest.importorskip("pyarrow")
    flat(tmp_path / "mine")
    (tmp_path / "mine" / "a.parquet").write_bytes(b"PAR1 and more")
    assert any("no parquet file of ESC-50" in line for line in imported(tmp_path / "mine", tmp_path / "esc50"))


@pytest.mark.parametrize("inside", ["ESC-50-master/audio", "audio", ""])
def test_clips_come_beside_those_that_are_here_wherever_they_lie(tmp_path, inside):
    """One more clip, the list and the licences hide none of a release in a folder of its own, or of clips alone."""
    write_v2(tmp_path / "whole")
    root, mine = tmp_path / "esc50", tmp_path / "mine"
    (root / inside).mkdir(parents=True)
    for item in ITEMS[1:]:
        shutil.copy(tmp_path / "whole" / "audio" / item, root / inside)
    mine.mkdir()
    shutil.copy(tmp_path / "whole" / "audio" / ITEMS[0], mine)
    (mine / "esc50.csv").write_text(list_text())
    (mine / "LICENSE").write_text("ESC-50")
    assert "3 files seen: 3 new" in imported(mine, root)[1]
    assert plain(root) == plain(tmp_path / "whole")
    assert {path.name for path in ESC50(root).release.documents} == {"esc50.csv", "LICENSE"}
    assert "3 files seen: 3 here already" in imported(mine, root)[1]


def test_only_the_license_of_a_release_is_taken_and_the_one_that_tells_most(tmp_path):
    credit = "101 - Dog:\n- [1-1-A.ogg]: clip derived from a (http://freesound.org/1/) by me [CC0]\n"
    texts = {"a/LICENSE-MODEL.txt": "MIT. Trained on ESC-50", "b/LICENSE": "ESC-50", "c/LICENSE": f"ESC-50\n{credit}"}
    for name, text in texts.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True)
        (tmp_path / "mine" / name).write_text(text)
    (tmp_path / "mine" / "d").mkdir()
    with (tmp_path / "mine" / "d" / "LICENSE").open("wb") as file:
        file.write(b"ESC-50")
        file.truncate(3_000_000_000)  # no blocks on the disk
    write_v2(tmp_path / "mine")
    imported(tmp_path / "mine", tmp_path / "esc50")
    assert (tmp_path / "esc50" / "LICENSE").read_text() == texts["c/LICENSE"]
    assert ESC50(tmp_path / "esc50").licences().keys() == {"1-1-A-0.wav"}


def test_clips_that_cannot_be_used_are_told_as_that_in_any_format(tmp_path):
    (tmp_path / "mine").mkdir()
    soundfile.write(tmp_path / "mine" / "1-101-A-0.flac", sound(0), RATE)
    whole = (tmp_path / "mine" / "1-101-A-0.flac").read_bytes()
    (tmp_path / "mine" / "1-101-A-0.flac").write_bytes(whole[:200])
    with pytest.raises(DataError, match=r"1 other files, 1-101-A-0\.flac for one: "):
        import_folder(tmp_path / "mine", tmp_path / "esc50", lambda line: None)
