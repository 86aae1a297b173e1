import hashlib
import shutil
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datasets.acquire.checksums import token
from datasets.acquire.download import ResumingDownloader
from datasets.errors import DataError
from datasets.esc50 import ESC50
from datasets.esc50.acquire import COMMIT, URLS, fetch, import_folder
from tests.datasets.esc50.esc50_releases import ITEMS, write_v1, write_v2, write_v2_inside_its_archive_folder

pytestmark = pytest.mark.filterwarnings("ignore:.* clips of esc")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def site(tmp_path):
    """A server whose folder holds `esc50.zip`, a tiny v2 release."""
    folder = tmp_path / "site"
    write_v2_inside_its_archive_folder(folder / "release")
    shutil.make_archive(str(folder / "esc50"), "zip", folder / "release")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    server.folder, server.urls = folder, (f"http://127.0.0.1:{server.server_port}/esc50.zip",)
    server.tokens = frozenset(token(*pair) for pair in ESC50(folder / "release").hashes().items())
    yield server
    server.shutdown()
    server.server_close()


def fetched(site, root, report=lambda line: None, tokens=None):
    downloader = ResumingDownloader(root.with_name(".esc50.download"), pause=0.0, attempts=1)
    fetch(root, report, site.urls, tokens or site.tokens, downloader)
    return root


def test_fetch_tells_the_licence_first_and_leaves_only_the_data(site, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "data" / "esc50", lines.append)
    assert "CC BY-NC" in lines[0] and "Piczak" in lines[0]
    assert list(ESC50(root).index()["item"]) == ITEMS
    assert [path.name for path in root.parent.iterdir()] == ["esc50"]
    assert sorted(path.name for path in root.iterdir()) == ["audio", "meta"]


def test_fetch_repairs_what_is_damaged(site, tmp_path):
    root = fetched(site, tmp_path / "data" / "esc50")
    before = ESC50(root).fingerprint()
    (root / "audio" / ITEMS[0]).write_bytes(b"")
    fetched(site, root)
    assert ESC50(root).fingerprint() == before
    lines = []
    fetched(site, root, lines.append)
    assert len(lines) == 1 and "as they should be" in lines[0]


def test_archive_with_other_clips_is_refused(site, tmp_path):
    tokens = frozenset(list(site.tokens)[1:]) | {"0" * 16}
    with pytest.raises(DataError, match="7 of the 8 clips of the archive are the official ones"):
        fetched(site, tmp_path / "data" / "esc50", tokens=tokens)
    assert not (tmp_path / "data" / "esc50").exists()
    fetched(site, tmp_path / "data" / "esc50")


def test_the_addresses_are_those_of_the_present_owner_first():
    assert [url.split("/")[3] for url in URLS] == ["karolpiczak", "karolpiczak", "karoldvl"]
    assert all(COMMIT in url for url in URLS)


@pytest.mark.parametrize("content", [b"<html>consent</html>", b"PK not an archive", None], ids=str)
def test_an_address_with_another_archive_is_followed_by_the_next(site, tmp_path, content):
    bad = site.folder / "bad.zip"
    if content is None:  # an archive, but of something else
        with zipfile.ZipFile(bad, "w") as archive:
            archive.writestr("notes.txt", "nothing")
    else:
        bad.write_bytes(content)
    site.urls = (site.urls[0].replace("esc50.zip", "bad.zip"), *site.urls)
    root = fetched(site, tmp_path / "data" / "esc50")
    assert list(ESC50(root).index()["item"]) == ITEMS
    assert [path.name for path in root.parent.iterdir()] == ["esc50"]


def test_the_recorded_archive_stays_whatever_unpacking_says(site, tmp_path, monkeypatch):
    content = (site.folder / "esc50.zip").read_bytes()
    broken = content.replace(b"RIFF", b"RAFF", 1) if b"RIFF" in content else content[:-40]
    (site.folder / "esc50.zip").write_bytes(broken)
    monkeypatch.setattr("datasets.esc50.acquire.ARCHIVE_MD5", hashlib.md5(broken).hexdigest())
    with pytest.raises(DataError, match="has its recorded md5 and is kept"):
        fetched(site, tmp_path / "data" / "esc50")
    assert [path.stat().st_size for path in (tmp_path / "data" / ".esc50.download").glob("*.zip")] == [len(broken)]


def test_corrupt_archive_is_loaded_again(site, tmp_path):
    archive = site.folder / "esc50.zip"
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="truncated or corrupt"):
        fetched(site, tmp_path / "data" / "esc50")
    archive.write_bytes(content)
    fetched(site, tmp_path / "data" / "esc50")


def test_complete_data_are_left_alone(miniature_esc50):
    lines = []
    fetch(miniature_esc50, lines.append, urls=())
    assert "as they should be" in lines[0]


@pytest.mark.parametrize("write", [write_v2, write_v1])
def test_import_takes_any_release_and_tells_what_is_missing(tmp_path, write):
    write(tmp_path / "mine")
    (tmp_path / "mine" / "notes.txt").write_text("not a part of the release")
    lines = []
    import_folder(tmp_path / "mine", tmp_path / "data" / "esc50", lines.append)
    assert ESC50(tmp_path / "data" / "esc50").fingerprint() == ESC50(tmp_path / "mine").fingerprint()
    assert not list((tmp_path / "data").rglob("notes.txt"))
    assert "8 of 2000 clips" in lines[-1] and "1992 missing" in lines[-1]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["esc50"]


def test_import_takes_an_archive(site, tmp_path):
    import_folder(site.folder / "esc50.zip", tmp_path / "data" / "esc50", lambda line: None)
    assert list(ESC50(tmp_path / "data" / "esc50").index()["item"]) == ITEMS


def test_import_refuses_an_empty_source(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="nothing here is a clip of ESC-50"):
        import_folder(tmp_path / "empty", tmp_path / "data" / "esc50")
    with pytest.raises(DataError, match="no such folder or archive"):
        import_folder(tmp_path / "nowhere", tmp_path / "data" / "esc50")
    assert not (tmp_path / "data").exists()
