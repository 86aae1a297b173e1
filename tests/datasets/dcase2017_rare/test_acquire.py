import hashlib
import json
import shutil
import threading
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.records import MANIFEST, Archive
from datasets.dcase2017_rare import DCASE2017Rare
from datasets.dcase2017_rare.acquire import fetch, import_folder
from datasets.dcase2017_rare.archives import ARCHIVES
from datasets.dcase2017_rare.census import take_census
from datasets.dcase2017_rare.layout import DEVELOPMENT, EVALUATION
from datasets.dcase2017_rare.synthesis import synthesize
from datasets.errors import DataError

#: What each miniature archive holds, below its official folder.
PARTS = {
    f"{DEVELOPMENT}.doc.zip": ("README.md",),
    f"{DEVELOPMENT}.code.zip": ("TUT_Rare_sound_events_mixture_synthesizer",),
    f"{DEVELOPMENT}.source_data_bgs_and_cvsetup.1.zip": ("data/source_data/bgs", "data/source_data/cv_setup"),
    f"{DEVELOPMENT}.source_data_events.zip": ("data/source_data/events",),
    f"{EVALUATION}.mixture_data.1.zip": ("data", "TUT_Rare_sound_events_mixture_synthesizer"),
}


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(Path(self.path).name)
        if Path(self.path).name in self.server.broken:
            self.send_error(404)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


def pack(source, folder, name, parts):
    """An archive of some parts of an official folder, as the record has it."""
    record = DEVELOPMENT if name.startswith(DEVELOPMENT) else EVALUATION
    staged = folder / "staged"
    for part in parts:
        place = staged / record / part
        place.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (source / record / part).is_dir() else shutil.copy)(source / record / part, place)
    shutil.make_archive(str(folder / name.removesuffix(".zip")), "zip", staged)
    shutil.rmtree(staged)


@pytest.fixture(scope="session")
def packed(miniature_rare, tmp_path_factory):
    """A folder with miniature archives of both records, and what the record says of them."""
    folder = tmp_path_factory.mktemp("site")
    for name, parts in PARTS.items():
        pack(miniature_rare, folder, name, parts)
    (folder / "LICENSE.txt").write_text("terms")
    known = [
        Archive(
            path.name,
            path.stat().st_size,
            hashlib.md5(path.read_bytes()).hexdigest(),
            DEVELOPMENT if path.name.startswith(DEVELOPMENT) else EVALUATION,
            (),
        )
        for path in sorted(folder.iterdir())
    ]
    return folder, known


@pytest.fixture
def site(packed):
    folder, known = packed
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    server.asked, server.broken, server.folder = [], set(), folder
    server.base = f"http://127.0.0.1:{server.server_port}/"
    server.known = [replace(one, urls=(f"{server.base}{one.name}",)) for one in known]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(site, root, report=lambda line: None):
    downloader = ResumingDownloader(root.with_name(f".{root.name}.download"), pause=0.0, attempts=1)
    fetch(root, report, site.known, downloader)
    return root


def content(root):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name not in ("miniature.json", MANIFEST)
    }


def test_official_list_is_the_records():
    assert len(ARCHIVES) == len({archive.name for archive in ARCHIVES}) == 20
    assert all(len(archive.md5) == 32 for archive in ARCHIVES)
    sizes = {
        folder: sum(one.size or 0 for one in ARCHIVES if one.folder == folder) for folder in (DEVELOPMENT, EVALUATION)
    }
    assert {folder: round(size / 1e9, 2) for folder, size in sizes.items()} == {DEVELOPMENT: 8.32, EVALUATION: 4.6}
    code, events = (one for one in ARCHIVES if one.name.endswith((".code.zip", "evaluation.source_data_events.zip")))
    assert code.urls == tuple(
        f"https://zenodo.org/{form}/401395/files/{DEVELOPMENT}.code.zip" for form in ("records", "record")
    )
    assert events.md5 == "5c037df9c1012411a1f2c1325fe20163" and "/records/1160455/" in events.urls[0]


def test_texts_come_first_and_block_nothing(site, tmp_path):
    texts = [archive for archive in ARCHIVES if archive.is_text]
    assert [one.name for one in texts if one not in ARCHIVES[:3]] == [f"{EVALUATION}.doc.zip"]
    site.broken, lines = {"LICENSE.txt"}, []
    site.known = [replace(one, is_text=True) if one.name == "LICENSE.txt" else one for one in site.known]
    root = fetched(site, tmp_path / "data" / "rare", lines.append)
    assert take_census(DCASE2017Rare(root)).found and not (root / EVALUATION / "LICENSE.txt").exists()
    assert any("LICENSE.txt: left out, the data are complete without it" in line for line in lines)
    site.broken, site.asked = set(), []
    fetched(site, root)
    assert site.asked == ["LICENSE.txt"] and (root / EVALUATION / "LICENSE.txt").read_text() == "terms"


def test_a_verified_archive_that_cannot_be_unpacked_stays(site, tmp_path):
    path = site.folder / "flipped.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("fine.txt", "fine")
        archive.writestr("notes/README.md", "these are the notes")
    content = path.read_bytes().replace(b"these are", b"those are")
    path.write_bytes(content)
    md5 = hashlib.md5(content).hexdigest()
    site.known = [Archive(path.name, len(content), md5, DEVELOPMENT, (f"{site.base}{path.name}",))]
    with pytest.raises(DataError, match=r"its member 'notes/README\.md'.* is kept: unpack it by other means"):
        fetched(site, tmp_path / "data" / "rare")
    path.unlink()
    assert (tmp_path / "data" / ".rare.download" / "flipped.zip").is_file()
    with pytest.raises(DataError, match="is kept"):  # and is not asked for again
        fetched(site, tmp_path / "data" / "rare")
    assert site.asked == ["flipped.zip"]


def test_ready_made_development_mixtures_are_taken_where_one_has_them(miniature_rare, tmp_path):
    dataset, params = DCASE2017Rare(miniature_rare), {"mixtures_per_class": 2}
    ((_, folder),) = synthesize(
        dataset, tmp_path / "made", lambda one: nullcontext(lambda *_: None), ["devtest"], params, write_audio=True
    )
    inside = tmp_path / "zip" / DEVELOPMENT / "data" / folder.relative_to(tmp_path / "made")
    shutil.copytree(folder, inside)
    shutil.make_archive(str(tmp_path / "mine" / f"{DEVELOPMENT}.mixture_data.1"), "zip", tmp_path / "zip")
    root = tmp_path / "data" / "rare"
    import_folder(tmp_path / "mine", root, lambda line: None)
    taken = root / DEVELOPMENT / "data" / folder.relative_to(tmp_path / "made")
    assert {path.name for path in taken.glob("*/*")} == {path.name for path in folder.glob("*/*")}
    assert len(list((taken / "audio").iterdir())) == 6


def test_fetch_tells_the_licence_first_and_leaves_only_the_data(site, miniature_rare, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "data" / "rare", lines.append)
    assert "non-commercial" in lines[0] and "Mesaros" in lines[0]
    assert [path.name for path in root.parent.iterdir()] == ["rare"]
    there, here = content(root), content(miniature_rare)
    here[f"{EVALUATION}/LICENSE.txt"] = b"terms"
    assert set(here) - set(there) == {f"{EVALUATION}/{name}" for name in ("README.md", "FREESOUNDCREDITS.txt")} | {
        f"{DEVELOPMENT}/data/mixture_data/EULA.pdf"
    }
    assert all(here[name] == data for name, data in there.items())


def test_an_interrupted_fetch_continues_with_the_archive_that_was_cut(site, tmp_path):
    root = tmp_path / "data" / "rare"
    site.broken = {site.known[3].name}
    with pytest.raises(DataError, match="404"):
        fetched(site, root)
    assert not root.exists()
    before = list(site.asked)
    site.broken, site.asked = set(), []
    fetched(site, root)
    assert before == [one.name for one in site.known[:4]] and site.asked == [one.name for one in site.known[3:]]


def test_fetch_brings_only_what_is_damaged_or_missing(site, miniature_rare, tmp_path):
    root = fetched(site, tmp_path / "data" / "rare")
    damaged = DCASE2017Rare(root).sources("devtrain").event_path("gunshot/9200.wav")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    shutil.copy(miniature_rare / "miniature.json", root)
    census = take_census(DCASE2017Rare(root))
    assert census.faults == {"altered": {damaged.relative_to(root).as_posix(): "not as it came out of its archive"}}
    site.asked = []
    fetched(site, root)
    assert site.asked == [f"{DEVELOPMENT}.source_data_events.zip"] and take_census(DCASE2017Rare(root)).complete
    lines = []
    fetched(site, root, lines.append)
    assert len(lines) == 1 and "as they should be" in lines[0]


def test_another_archive_than_the_official_one_is_refused(site, tmp_path):
    site.known = [replace(one, md5="0" * 32) for one in site.known]
    with pytest.raises(DataError, match="not the expected content"):
        fetched(site, tmp_path / "data" / "rare")
    assert not (tmp_path / "data" / "rare").exists()


def test_archive_without_the_official_folder_inside(site, miniature_rare, tmp_path, packed):
    folder = tmp_path / "bare"
    shutil.make_archive(str(folder / f"{DEVELOPMENT}.doc"), "zip", miniature_rare / DEVELOPMENT, "README.md")
    path = folder / f"{DEVELOPMENT}.doc.zip"
    known = [Archive(path.name, None, hashlib.md5(path.read_bytes()).hexdigest(), DEVELOPMENT, ())]
    import_folder(path, tmp_path / "data" / "rare", lambda line: None, known)
    assert (tmp_path / "data" / "rare" / DEVELOPMENT / "README.md").is_file()


@pytest.mark.parametrize("name", ["", DEVELOPMENT, EVALUATION])
def test_import_takes_the_folders_that_one_has(miniature_rare, tmp_path, name):
    lines = []
    import_folder(miniature_rare / name, tmp_path / "data" / "rare", lines.append)
    there = {path.name for path in (tmp_path / "data" / "rare").iterdir()}
    assert there == ({name} if name else {DEVELOPMENT, EVALUATION})
    assert "sources and mixtures (as published)" in lines[-1] and "missing" in lines[-1]


def test_import_takes_archives_and_knows_foreign_ones(packed, tmp_path):
    folder, known = packed
    root = tmp_path / "data" / "rare"
    import_folder(folder, root, lambda line: None, known)
    assert set(json.loads((root / MANIFEST).read_text())) == {*PARTS, "LICENSE.txt"}
    assert len(list(folder.glob("*.zip"))) == len(PARTS)  # the user's archives stay
    shutil.rmtree(root)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / known[1].name).write_bytes(b"another")
    (tmp_path / "mine" / "LICENSE.txt").write_bytes(b"of something else")
    with pytest.raises(DataError, match="not the official archive"):
        import_folder(tmp_path / "mine", root, lambda line: None, known)
    assert not root.exists()


def test_import_refuses_an_empty_source(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=f"nothing here is of {DEVELOPMENT}"):
        import_folder(tmp_path / "empty", tmp_path / "data" / "rare")
    with pytest.raises(DataError, match="no such folder or archive"):
        import_folder(tmp_path / "nowhere", tmp_path / "data" / "rare")
    assert not (tmp_path / "data").exists()


def test_complete_data_are_left_alone(miniature_rare):
    lines = []
    fetch(miniature_rare, lines.append)
    assert len(lines) == 1 and "as they should be" in lines[0]
