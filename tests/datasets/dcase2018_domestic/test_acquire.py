import hashlib
import pickle
import shutil
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.hashes import md5_of_file
from datasets.dcase2018_domestic import DCASE2018Domestic, official
from datasets.dcase2018_domestic.acquire import fetch, import_folder
from datasets.dcase2018_domestic.census import take_census
from datasets.dcase2018_domestic.layout import CLEAN, ORIGINAL, REMOVED, TEST_AUDIO, TRAIN_AUDIO, WEAK
from datasets.dcase2018_domestic.lists import read_names, read_strong, read_weak
from datasets.dcase2018_domestic.official import CURRENT, FIRST, LISTS
from datasets.errors import DataError
from tests.datasets.dcase2018_domestic.domestic_corpus import copied, write_clip


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        if any(name in self.path for name in self.server.broken):
            self.send_error(404)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def site(miniature_domestic, tmp_path, monkeypatch):
    """The official repository with the miniature's lists, and a mirror of it."""
    folder = tmp_path / "site"
    for one in LISTS:
        for host in ("official", "mirror"):
            place = folder / host / one.commit / one.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(miniature_domestic / one.place, place)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    server.asked, server.broken, server.folder = [], set(), folder
    server.lists = of_miniature(miniature_domestic)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    hosts = [f"http://127.0.0.1:{server.server_port}/{host}/{{commit}}/{{path}}" for host in ("official", "mirror")]
    monkeypatch.setattr(official, "ADDRESSES", hosts)
    yield server
    server.shutdown()
    server.server_close()


def of_miniature(root):
    return [replace(one, md5=md5_of_file(root / one.place), size=None) for one in LISTS]


def fetched(site, root, report=lambda line: None):
    fetch(root, report, site.lists, ResumingDownloader(root.with_name(f".{root.name}.download"), pause=0.0, attempts=1))
    return root


def files(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_the_lists_are_pinned():
    assert [one.place for one in LISTS] == [
        WEAK, CLEAN, ORIGINAL, REMOVED, "metadata/eval/eval.csv",
    ]  # fmt: skip
    assert all(len(one.md5) == 32 and len(one.commit) == len(one.blob) == 40 for one in LISTS)
    assert (CURRENT[:7], FIRST[:7]) == ("5c5a0f6", "4cc506d")
    assert LISTS[2].urls == (
        f"https://raw.githubusercontent.com/DCASE-REPO/dcase2018_baseline/{FIRST}/task4/dataset/{CLEAN}",
        f"https://cdn.jsdelivr.net/gh/DCASE-REPO/dcase2018_baseline@{FIRST}/task4/dataset/{CLEAN}",
        f"https://archive.softwareheritage.org/api/1/content/sha1_git:{LISTS[2].blob}/raw/",
    )


@pytest.mark.real
def test_the_md5_are_those_of_the_real_lists(data_root):
    root = data_root / "dcase2018_domestic"
    if not (root / WEAK).is_file():
        pytest.skip(f"no lists in {root}")
    assert all(one.is_in(root) for one in LISTS)
    for one in LISTS:  # git hashes a content after a header
        content = (root / one.place).read_bytes()
        assert len(content) == one.size and hashlib.sha1(b"blob %d\0" % one.size + content).hexdigest() == one.blob


def test_fetch_tells_the_licence_first_and_how_to_get_the_audio_last(site, miniature_domestic, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "data" / "domestic", lines.append)
    assert "MIT" in lines[0] and "Serizel" in lines[0] and "YouTube" in lines[0]
    assert "cannot be fetched" in lines[-1] and "data import dcase2018_domestic FOLDER" in lines[-1]
    assert all("\n" not in line for line in lines[1:])
    assert files(root) == {one.place for one in LISTS}
    assert [path.name for path in root.parent.iterdir()] == ["domestic"]
    for one in LISTS:
        assert (root / one.place).read_bytes() == (miniature_domestic / one.place).read_bytes()
    assert DCASE2018Domestic(root).listed("train") == 58


def test_where_the_host_does_not_answer_the_mirror_does(site, tmp_path):
    site.broken = {f"official/{CURRENT}"}
    fetched(site, tmp_path / "domestic")
    asked = [path for path in site.asked if path.endswith(WEAK)]
    assert [path.split("/")[1] for path in asked] == ["official", "mirror"]


def test_an_interrupted_fetch_continues(site, tmp_path):
    root = tmp_path / "data" / "domestic"
    site.broken = {f"{FIRST}/metadata/test/test.csv"}
    with pytest.raises(DataError, match="404") as caught:
        fetched(site, root)
    assert not root.exists() and "\n" not in str(caught.value)
    site.broken, site.asked = set(), []
    fetched(site, root)
    assert [Path(path).name for path in site.asked] == ["test.csv", "files_to_remove.csv", "eval.csv"]


def test_lists_that_are_only_there_to_be_read_block_nothing(site, tmp_path):
    root, lines = tmp_path / "data" / "domestic", []
    site.broken = {"eval.csv", "files_to_remove.csv"}
    fetched(site, root, lines.append)
    assert files(root) == {WEAK, CLEAN, ORIGINAL}
    assert sum("left out, the data are complete without it" in line for line in lines) == 2
    assert "3 lists are there" in lines[-2]
    site.broken = set()
    fetched(site, root, lines.append)
    assert files(root) == {one.place for one in LISTS} and "all 5 lists" in lines[-2]


def test_another_content_than_the_official_one_is_refused(site, tmp_path):
    for path in site.folder.rglob("weak.csv"):
        path.write_text("filename\tevent_labels\n")
    with pytest.raises(DataError, match="not the expected content"):
        fetched(site, tmp_path / "domestic")
    assert not (tmp_path / "domestic").exists()


def test_fetch_repairs_lists_and_leaves_clips_alone(site, miniature_domestic, tmp_path):
    root = copied(miniature_domestic, tmp_path / "domestic")
    before = files(root)
    (root / CLEAN).write_text("cut")
    fetched(site, root)
    assert {Path(path).name for path in site.asked} == {"test.csv"} and files(root) == before
    assert md5_of_file(root / CLEAN) == md5_of_file(miniature_domestic / CLEAN)
    site.asked = []
    lines = []
    fetched(site, root, lines.append)
    assert site.asked == [] and "all 5 lists are there" in lines[1]


@pytest.fixture
def mine(miniature_domestic, tmp_path):
    """What a user might have: clips under official names in folders of any name, and other sounds."""
    folder = tmp_path / "mine"
    weak, clean = list(read_weak(miniature_domestic / WEAK)), list(read_strong(miniature_domestic / CLEAN))
    for name, items, place in (("a/b", weak[:3], TRAIN_AUDIO), ("test", clean[:2], TEST_AUDIO)):
        (folder / name).mkdir(parents=True)
        for item in items:
            shutil.copy(miniature_domestic / place / item, folder / name / item)
    write_clip(folder / "dog.wav", 0.1)
    write_clip(folder / "a" / "Y00000000000_0.000_10.000.wav", 0.1)
    (folder / "notes.txt").write_text("these are mine")
    return folder


@pytest.fixture
def root(miniature_domestic, tmp_path):
    """A root as `fetch` leaves it."""
    return copied_lists(miniature_domestic, tmp_path / "data" / "dcase2018_domestic")


def copied_lists(source, root):
    for one in LISTS:
        (root / one.place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / one.place, root / one.place)
    return root


def test_import_takes_official_names_from_any_folder(mine, root, miniature_domestic):
    lines = []
    import_folder(mine, root, lines.append)
    weak, clean = list(read_weak(root / WEAK)), list(read_strong(root / CLEAN))
    clips = {f"{TRAIN_AUDIO}/{item}" for item in weak[:3]} | {f"{TEST_AUDIO}/{item}" for item in clean[:2]}
    assert files(root) == clips | {one.place for one in LISTS}
    assert "licence: MIT" in lines[0]
    assert lines[1] == f"{mine}: 8 files seen: 5 new, 3 left out"
    assert sorted(line.split(": ")[-1] for line in lines[2:-1]) == [
        "Y00000000000_0.000_10.000.wav",
        "dog.wav",
        "notes.txt",
    ]
    assert lines[-1].startswith("5 of 114 clips (as published): 109 missing") and "test-clean 2 of 42" in lines[-1]
    assert not [path for path in root.parent.iterdir() if path.name != root.name]
    assert (root / TRAIN_AUDIO / weak[0]).samefile(mine / "a" / "b" / weak[0])  # linked
    import_folder(mine, root, lines.append)
    assert lines[7].endswith(": 8 files seen: 5 here already, 3 left out") and files(mine) >= {"notes.txt"}


def test_import_takes_the_place_of_a_broken_clip(mine, root):
    item = next(iter(read_weak(root / WEAK)))
    (root / TRAIN_AUDIO).mkdir(parents=True)
    (root / TRAIN_AUDIO / item).write_bytes(b"broken")
    import_folder(mine, root, lambda line: None)
    assert (root / TRAIN_AUDIO / item).read_bytes() == (mine / "a" / "b" / item).read_bytes()


def test_import_follows_symbolic_links(mine, root, tmp_path):
    item = next(iter(read_weak(root / WEAK)))
    real = mine / "a" / "b" / item
    real.rename(tmp_path / "elsewhere.wav")
    real.symlink_to("../../../elsewhere.wav")
    import_folder(mine, root, lambda line: None)
    assert DCASE2018Domestic(root).load(item).size and not (root / TRAIN_AUDIO / item).is_symlink()


def test_import_of_a_whole_copy_brings_the_lists_too(miniature_domestic, tmp_path):
    source = copied(miniature_domestic, tmp_path / "mine" / "dataset")
    lines = []
    import_folder(source.parent, tmp_path / "data" / "domestic", lines.append)
    assert "119 new, 1 known and not needed" in lines[1]
    there = files(tmp_path / "data" / "domestic")
    assert there == files(source) - {"LICENSE"}
    assert "114 of 114 clips" in lines[-1] and "altered" in lines[-1]  # the lists are not the official ones


def test_lists_are_known_by_their_content(miniature_domestic, tmp_path):
    lists = of_miniature(miniature_domestic)
    source = copied_lists(miniature_domestic, tmp_path / "mine")
    (source / ORIGINAL).rename(source / "old.csv")
    (source / CLEAN).rename(source / "new.tsv")
    shutil.copy(source / "old.csv", source / CLEAN)
    import_folder(source, tmp_path / "domestic", lambda line: None, lists)
    assert md5_of_file(tmp_path / "domestic" / ORIGINAL) == md5_of_file(source / "old.csv")
    assert md5_of_file(tmp_path / "domestic" / CLEAN) == md5_of_file(source / "new.tsv")


def test_import_of_released_features(root, tmp_path):
    weak, clean, removed = read_weak(root / WEAK), read_strong(root / CLEAN), read_names(root / REMOVED)
    array = np.zeros((500, 64), dtype=np.float32)
    some = {"train": list(weak)[-2:], "test": [*list(clean)[:2], removed[0]]}
    for part, items in some.items():
        (tmp_path / "mine" / part).mkdir(parents=True)
        for item in items:
            (tmp_path / "mine" / part / item.replace(".wav", ".cpickle")).write_bytes(pickle.dumps(array, 2))
    lines = []
    import_folder(tmp_path / "mine", root, lines.append)
    assert "5 files seen: 5 new" in lines[1]
    assert lines[-1].startswith("5 of 114 released features") and len(lines) == 3
    assert len(list((root / "features" / "train").iterdir())) == 3  # the leaking clip is a training clip
    assert set(DCASE2018Domestic(root, source="features").paths()) == {*some["train"], *some["test"]}


def test_an_archive_of_clips_is_taken_like_their_folder(mine, root, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "clips"), "zip", mine)
    by_folder, by_archive = [], []
    import_folder(Path(archive), root, by_archive.append)
    assert "new" in by_archive[1] and by_archive[1].startswith(f"{archive}: ")
    there = files(root)
    import_folder(mine, root, by_folder.append)
    assert files(root) == there and "here already" in by_folder[1]


def refused(source, root, message):
    before = files(root) if root.is_dir() else None
    with pytest.raises(DataError, match=message) as caught:
        import_folder(source, root, lambda line: None)
    assert "\n" not in str(caught.value)
    assert (files(root) if root.is_dir() else None) == before
    assert not list(root.parent.glob(".*"))


def test_refusals(mine, root, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "nowhere", root, "no such folder or archive")
    refused(mine / "dog.wav", root, "a file alone that is no archive; name the folder that holds it")
    refused(tmp_path / "empty", root, r"nothing here is a listed clip.*0 other files")
    foreign = tmp_path / "foreign"
    write_clip(foreign / "dog.wav", 0.1)
    refused(foreign, root, r"nothing here is a listed clip.*1 other files, dog\.wav for one")
    refused(root / "metadata", tmp_path / "data" / "new", r"860943d\.csv: absent, and not in .*fetch")
    refused(mine, tmp_path / "data" / "new", r"weak\.csv: absent, and not in .*data fetch dcase2018_domestic` first")
    (root / WEAK).write_text("filename\tevent_labels\nY-6p32k2WUCs_0.000_10.000.wav\tBird\n")
    refused(mine, root, r"dcase2018_domestic/metadata/train/weak\.csv:2: .*unknown label 'Bird'")


def test_a_bad_list_of_the_user_is_refused_where_it_lies(mine, root, tmp_path):
    bad = mine / "lists" / "weak.csv"
    bad.parent.mkdir()
    bad.write_text("filename\tevent_labels\ndog.wav\tDog\n")
    (root / WEAK).unlink()
    refused(mine, root, rf"{bad}:2: 'dog\.wav' is no official name")


def test_a_disk_that_refuses_is_one_line(mine, root, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("datasets.acquire.importing.link", full)
    refused(mine, root, r"cannot be written \(.*No space left.*untouched, repeat")


@pytest.mark.real
def test_import_of_the_real_lists_and_released_arrays(data_root, tmp_path):
    source = data_root / "dcase2018_domestic"
    if not (source / WEAK).is_file():
        pytest.skip(f"no lists in {source}")
    lines = []
    import_folder(source, tmp_path / "domestic", lines.append)
    dataset = DCASE2018Domestic(tmp_path / "domestic", source="features")
    census = take_census(dataset)
    assert census.found == 27 and not census.faults and not census.extra
    assert census.splits["test-original"] == (15, 288) and census.splits["test-clean"] == (9, 288)
    frame = dataset.parts().named["test"]
    assert len(frame) == 15 and (frame["original"] & ~frame["clean"]).sum() == 6
    digests = {item: hashlib.md5(dataset.load(item).tobytes()).hexdigest() for item in dataset.paths()}
    assert len(set(digests.values())) == 27
    for path in (source / "sample_log_mel").rglob("*.npy"):
        np.testing.assert_array_equal(dataset.load(f"{path.stem}.wav"), np.load(path).astype(np.float32))
