import hashlib
import io
import shutil
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datasets.acquire.download import ResumingDownloader
from datasets.chime_home import CHiMEHome, importing
from datasets.chime_home.acquire import ARCHIVE_BYTES, ARCHIVE_MD5, URLS, fetch, import_folder
from datasets.chime_home.layout import CROSSVALIDATION
from datasets.errors import DataError


class Handler(SimpleHTTPRequestHandler):
    """Gives the archive, in part where a range is asked for; cuts the first answers that `server.cuts` counts."""

    def do_GET(self):
        content, span = self.server.content, self.headers.get("Range")
        start = int(span.removeprefix("bytes=").removesuffix("-")) if span else 0
        self.server.asked.append(start)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", '"1"')
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        self.server.cuts -= 1
        self.wfile.write(content[start : len(content) // 2] if self.server.cuts >= 0 else content[start:])

    def log_message(self, *_):
        pass


def add(archive, name, content=b"", **fields):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(content))


@pytest.fixture(scope="session")
def packed(miniature_chime, tmp_path_factory):
    """A miniature chime_home.tar.gz, as the official archive is laid out."""
    path = tmp_path_factory.mktemp("site") / "chime_home.tar.gz"

    def wanted(info):
        is_needed = not info.name.endswith((".48kHz.wav", "miniature.json"))
        return info if is_needed else None

    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(miniature_chime, "chime_home", filter=wanted)
    return path


@pytest.fixture
def site(packed):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler))
    server.content, server.asked, server.cuts = packed.read_bytes(), [], 0
    server.urls = (f"http://127.0.0.1:{server.server_port}/chime_home.tar.gz",)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(site, root, report=lambda line: None, md5=None, attempts=1):
    work = root.with_name(f".{root.name}.download")
    downloader = ResumingDownloader(work, pause=0.0, attempts=attempts, sleep=lambda seconds: None)
    fetch(root, report, site.urls, md5 or hashlib.md5(site.content).hexdigest(), None, downloader)
    return root


def test_the_recorded_archive():
    """As dcase_util's class CHiMEHome_DomesticAudioTag has it."""
    assert URLS == ("https://archive.org/download/chime-home/chime_home.tar.gz",)
    assert (ARCHIVE_BYTES, ARCHIVE_MD5) == (4162513717, "9ce9d584e229b465b3aa08db2d7fee67")


def test_fetch_tells_licence_and_citation_first_and_leaves_only_the_data(site, miniature_chime, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "data" / "chime_home", lines.append)
    assert "licence: none stated" in lines[0] and "Foster" in lines[0] and "Christensen" in lines[0]
    assert "4.2 GB" in lines[1] and "evaluation 28 of 816" in lines[-1]
    assert [path.name for path in root.parent.iterdir()] == ["chime_home"]
    assert CHiMEHome(root).fingerprint() == CHiMEHome(miniature_chime).fingerprint()


def test_an_interrupted_fetch_continues(site, tmp_path):
    root, half = tmp_path / "data" / "chime_home", len(site.content) // 2
    site.cuts = 99
    with pytest.raises(DataError, match=r"gave up after 1 requests; .*bytes are kept, the same command continues"):
        fetched(site, root)
    assert not root.exists()
    site.cuts, site.asked = 0, []
    fetched(site, root)
    assert site.asked == [half] and CHiMEHome(root).parts().named["test"].shape == (28, 3)


def test_fetch_repairs_what_is_damaged_and_leaves_the_rest(site, miniature_chime, tmp_path):
    root = fetched(site, tmp_path / "data" / "chime_home")
    shutil.copy(miniature_chime / "miniature.json", root)  # so that it can be complete
    whole = CHiMEHome(root).fingerprint()
    lines = []
    fetched(site, root, lines.append)
    assert lines == [f"{root}: all listed chunks are there and usable"] and len(site.asked) == 1
    chunk = CHiMEHome(root).parts().named["train"].index[0]
    CHiMEHome(root).layout.mono(chunk).write_bytes(b"")
    (root / CROSSVALIDATION).write_text("nonsense")
    fetched(site, root)
    assert len(site.asked) == 2 and CHiMEHome(root).fingerprint() == whole
    assert [path.name for path in root.parent.iterdir()] == ["chime_home"]


def test_another_archive_is_refused(site, tmp_path):
    with pytest.raises(DataError, match="not the expected content"):
        fetched(site, tmp_path / "data" / "chime_home", md5="0" * 32)
    assert not (tmp_path / "data" / "chime_home").exists()


def test_corrupt_and_foreign_archives(site, tmp_path):
    root, whole = tmp_path / "data" / "chime_home", site.content
    site.content = whole[: len(whole) // 2]
    with pytest.raises(DataError, match="truncated or corrupt archive"):
        fetched(site, root)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        add(archive, "something/else.txt", b"?")
    site.content = buffer.getvalue()
    with pytest.raises(DataError, match="holds no folder chime_home/chunks"):
        fetched(site, root)
    assert not root.exists()
    site.content = whole
    fetched(site, root)


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("chime_home/../../escaped.csv", {}, "leaves the target folder"),
        ("/tmp/escaped.csv", {}, "leaves the target folder"),
        ("chime_home/chunks/a.csv", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "is a link or a device"),
        ("chime_home/chunks/a.csv", {"type": tarfile.LNKTYPE, "linkname": "b"}, "is a link or a device"),
        ("chime_home/chunks/a.csv", {"type": tarfile.CHRTYPE}, "is a link or a device"),
    ],
)
def test_members_that_do_harm_are_refused(tmp_path, name, fields, reason):
    path = tmp_path / "chime_home.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        add(archive, "chime_home/chunks/fine.csv", b"x")
        add(archive, name, **fields)
    with pytest.raises(DataError, match=reason) as caught:
        import_folder(path, tmp_path / "data" / "chime_home", lambda line: None)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["chime_home.tar.gz"]


@pytest.mark.parametrize("inside", [False, True])
def test_import_takes_the_folder_or_the_one_that_holds_it(copy, tmp_path, inside):
    (copy / "chunks" / "notes.txt").write_text("not of the archive")
    lines, root = [], tmp_path / "data" / "chime_home"
    import_folder(copy.parent if inside else copy, root, lines.append)
    assert "licence: none stated" in lines[0]
    assert "68 of 2762 chunks (as published)" in lines[-1] and "evaluation 28 of 816" in lines[-1]
    assert CHiMEHome(root).fingerprint() == CHiMEHome(copy).fingerprint()
    assert sorted(path.name for path in root.iterdir() if path.suffix != ".csv") == ["LICENCE.txt", "chunks"]
    assert {path.name for path in (copy / "chunks").iterdir()} - {p.name for p in (root / "chunks").iterdir()} == {
        "notes.txt"
    }
    assert [path.name for path in root.parent.iterdir()] == ["chime_home"]


def test_import_takes_an_archive(packed, miniature_chime, tmp_path, monkeypatch):
    lines, root = [], tmp_path / "data" / "chime_home"
    import_folder(packed, root, lines.append)
    assert "not the recorded archive" in lines[1] and packed.is_file()
    assert CHiMEHome(root).fingerprint() == CHiMEHome(miniature_chime).fingerprint()
    shutil.rmtree(root)
    monkeypatch.setattr(importing, "ARCHIVE_MD5", hashlib.md5(packed.read_bytes()).hexdigest())
    import_folder(packed.parent, root, lines.append)
    assert any("has its recorded md5" in line for line in lines)
    assert [path.name for path in root.parent.iterdir()] == ["chime_home"]


def test_import_says_what_an_old_copy_lacks(copy, tmp_path):
    for chunk in CHiMEHome(copy).lists.part("test"):
        CHiMEHome(copy).layout.annotation(chunk).unlink()
    lines = []
    import_folder(copy, tmp_path / "data" / "chime_home", lines.append)
    assert "evaluation 0 of 816" in lines[-2]
    assert lines[-1].startswith("evaluation annotations: not one") and "import a newer copy" in lines[-1]


def test_import_refuses_what_it_cannot_use(copy, tmp_path):
    (tmp_path / "empty").mkdir()
    root = tmp_path / "data" / "chime_home"
    for source, place, reason in (
        (tmp_path / "empty", root, "nothing here is a chunk or list .* nor chime_home.tar.gz"),
        (tmp_path / "nowhere", root, "no such folder or archive"),
    ):
        with pytest.raises(DataError, match=reason):
            import_folder(source, place, lambda line: None)
    (copy / CROSSVALIDATION).write_text("0,CR_lounge_010120_0900.s0_chunk0,7\n")
    with pytest.raises(DataError, match=rf"{CROSSVALIDATION}:1: .*set '7'"):
        import_folder(copy, root, lambda line: None)
    assert not (tmp_path / "data").exists()
