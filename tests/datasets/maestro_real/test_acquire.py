import hashlib
import shutil
import threading
import zipfile
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.records import MANIFEST, Archive
from datasets.errors import DataError
from datasets.maestro_real import MaestroReal, archives
from datasets.maestro_real.acquire import fetch, import_folder, missing_archives
from datasets.maestro_real.archives import ARCHIVES, COMMIT, LISTS, PAPERS
from datasets.maestro_real.layout import ANNOTATION, DEVELOPMENT, EVALUATION, Layout
from tests.datasets.maestro_real.conftest import ITEM

FOLDERS = (ANNOTATION, DEVELOPMENT, EVALUATION)


class Handler(SimpleHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(Path(self.path).name)
        if Path(self.path).name in self.server.broken:
            self.send_error(404)
        else:
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def packed(tiny, tmp_path_factory):
    """A folder with the files of the records and of the repository."""
    folder = tmp_path_factory.mktemp("site")
    for name in FOLDERS:
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            for path in sorted(path for path in (tiny / name).rglob("*") if path.is_file()):
                archive.write(path, path.relative_to(tiny))
    for name in ("development_folds", "metadata"):
        shutil.copytree(tiny / name, folder / name)
    for name in PAPERS:
        shutil.copy(tiny / name, folder / name)
    return folder


@pytest.fixture
def site(packed, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=packed))
    server.asked, server.broken = [], set()
    base = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(archives, "ADDRESSES", (base + "{path}",))
    server.known = [
        Archive(f"{name}.zip", None, hashlib.md5((packed / f"{name}.zip").read_bytes()).hexdigest(), name, urls)
        for name in FOLDERS
        for urls in [(f"{base}{name}.zip",)]
    ]
    server.lists = [
        replace(one, md5=hashlib.md5(text).hexdigest(), size=len(text))
        for one in LISTS
        for text in [(packed / one.place).read_bytes()]
    ]
    server.papers = {name: (f"{base}{name}",) for name in PAPERS}
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(site, root, report=lambda line: None, **options):
    downloader = ResumingDownloader(root.with_name(f".{root.name}.download"), pause=0.0, attempts=1)
    site.asked.clear()
    fetch(root, report, site.known, site.lists, site.papers, downloader, **options)
    assert not list(root.parent.glob(".*"))
    return root


def content(root, without=()):
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in ("miniature.json", MANIFEST))
    names = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(without)}


def test_addresses_are_of_the_records_and_of_one_commit():
    assert [one.name for one in ARCHIVES] == [f"{name}.zip" for name in FOLDERS]
    records = [{url.split("/")[4] for url in one.urls} for one in ARCHIVES]
    assert records == [{"7244360"}, {"7244360"}, {"7870026"}]
    for one in LISTS:
        assert len(one.urls) == 4 and all(COMMIT in url for url in one.urls[:3]) and one.blob in one.urls[3]
        assert all(url.endswith(f"/{one.place}") for url in one.urls[:3])


def test_a_fetch_brings_papers_lists_labels_and_audio_and_a_second_one_nothing(site, tiny, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "maestro", lines.append)
    assert content(root) == content(tiny, (EVALUATION,))
    assert site.asked[:3] == [*PAPERS, "development_metadata.csv"]
    assert site.asked[-2:] == [f"{ANNOTATION}.zip", f"{DEVELOPMENT}.zip"]
    assert lines[0].startswith(MaestroReal.title) and lines[-2].startswith("25 of 49 recordings")
    assert "data import maestro_real Evaluation_audio.zip" in lines[-1]
    fetched(site, root, lines.append)
    assert site.asked == [] and lines[-1].endswith("all files are there and as they should be")


def test_the_evaluation_audio_is_fetched_for_who_asks(site, tiny, tmp_path):
    root = fetched(site, tmp_path / "maestro", evaluation=True)
    assert content(root) == content(tiny)


def test_only_what_is_damaged_comes_again(site, tiny, tmp_path):
    root = fetched(site, tmp_path / "maestro")
    Layout(root).labels(ITEM).write_text("0.0\t1.0\tcar\t0.5\n")
    Layout(root).fold_list(2, "val").unlink()
    fetched(site, root)
    assert site.asked == ["fold2_val.csv", f"{ANNOTATION}.zip"] and content(root) == content(tiny, (EVALUATION,))


def test_an_archive_that_was_interrupted_is_the_next_one(site, tiny, tmp_path):
    site.broken.add(f"{DEVELOPMENT}.zip")
    root = tmp_path / "maestro"
    with pytest.raises(DataError, match=r"development_audio\.zip"):
        fetched(site, root)
    assert content(root).keys() == {*PAPERS, *(one.place for one in LISTS)}  # the lists are whole
    site.broken.clear()
    fetched(site, root)
    assert site.asked == [f"{DEVELOPMENT}.zip"] and content(root) == content(tiny, (EVALUATION,))


@pytest.mark.parametrize("paper", PAPERS)
def test_papers_that_cannot_be_had_are_left_out(site, tmp_path, paper):
    site.broken.add(paper)
    lines = []
    root = fetched(site, tmp_path / "maestro", lines.append)
    assert MaestroReal(root).parts(1).train.index.nunique() == 15 and not (root / paper).exists()
    assert any(line.startswith(f"{paper}: left out, the data are complete without it") for line in lines)


@pytest.mark.parametrize(
    ("broken", "asked"),
    [
        (f"{DEVELOPMENT}/city_center/{ITEM}.wav", [f"{DEVELOPMENT}.zip"]),
        (f"{ANNOTATION}/soft_labels_city_center/{ITEM}.txt", [f"{ANNOTATION}.zip"]),
        ("metadata/gt_dev.csv", []),
        (DEVELOPMENT, [f"{DEVELOPMENT}.zip"]),
    ],
)
def test_of_a_set_from_elsewhere_what_is_lacking_is_brought(site, copy, broken, asked):
    path = copy / broken
    path.unlink() if path.is_file() else shutil.rmtree(path)
    chosen = [one for one in site.known if one.folder != EVALUATION]
    assert [one.name for one in missing_archives(copy, chosen)] == asked
    fetched(site, copy)
    assert site.asked == (asked or ["gt_dev.csv"])


def test_archives_are_imported_whatever_they_are_called(site, packed, tiny, tmp_path):
    """DESED's script saves the labels' archive under the name of that of the audio."""
    mine = tmp_path / "mine"
    for folder in ("first", "second"):
        (mine / folder).mkdir(parents=True)
    shutil.copy(packed / f"{ANNOTATION}.zip", mine / "first" / f"{DEVELOPMENT}.zip")
    shutil.copy(packed / f"{DEVELOPMENT}.zip", mine / "second" / "download (1).zip")
    (mine / "other.zip").write_bytes(b"PK")
    lines = []
    import_folder(mine, tmp_path / "maestro", lines.append, site.known)
    assert content(tmp_path / "maestro") == content(tiny, (EVALUATION, "dev", "meta", *PAPERS)) | {
        name: one for name, one in content(tiny).items() if name.startswith((ANNOTATION, f"{DEVELOPMENT}/"))
    }
    assert "left out, 1 x no archive of the records: other.zip" in lines
    import_folder(packed / f"{EVALUATION}.zip", tmp_path / "maestro", lines.append, site.known)
    fetched(site, tmp_path / "maestro")
    assert f"{DEVELOPMENT}.zip" not in site.asked and content(tmp_path / "maestro") == content(tiny)


def test_archives_beside_what_they_hold_are_not_unpacked_again(site, packed, tiny, tmp_path):
    mine = shutil.copytree(tiny, tmp_path / "mine")
    for name in FOLDERS:
        shutil.copy(packed / f"{name}.zip", mine)
    lines = []
    import_folder(mine, tmp_path / "maestro", lines.append, site.known)
    assert not any(line.endswith("unpacking") for line in lines) and content(tmp_path / "maestro") == content(tiny)


def test_an_archive_that_is_damaged_is_refused(site, packed, tmp_path):
    name = f"{ANNOTATION}.zip"
    (tmp_path / name).write_bytes((packed / name).read_bytes()[:-10])
    with pytest.raises(DataError, match=r"annotation.zip: not the official archive \(its md5 differs\); download it"):
        import_folder(tmp_path / name, tmp_path / "maestro", lambda line: None, site.known)
