import hashlib
import shutil
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from datasets.acquire.download import ResumingDownloader
from datasets.acquire.records import MANIFEST, Archive
from datasets.dcase2016_asc import DCASE2016ASC
from datasets.dcase2016_asc.acquire import fetch, import_folder, missing_archives
from datasets.dcase2016_asc.archives import ARCHIVES, part_of
from datasets.dcase2016_asc.layout import DEVELOPMENT, EVALUATION
from datasets.errors import DataError

#: What each miniature archive holds of its record's folder.
PARTS = {
    f"{DEVELOPMENT}.doc.zip": "README.md",
    f"{DEVELOPMENT}.meta.zip": "[em]*[!r]*",
    f"{DEVELOPMENT}.error.zip": "error.txt",
    f"{DEVELOPMENT}.audio.1.zip": "audio/a*",
    f"{DEVELOPMENT}.audio.2.zip": "audio/b*",
    f"{EVALUATION}.doc.zip": "README.md",
    f"{EVALUATION}.meta.zip": "[em]*",
    f"{EVALUATION}.audio.1.zip": "audio/*",
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


@pytest.fixture(scope="session")
def packed(tiny, tmp_path_factory):
    """A folder with miniature archives of both records."""
    folder = tmp_path_factory.mktemp("site")
    for name, pattern in PARTS.items():
        record = name.split(".")[0]
        found = {file for path in (tiny / record).glob(pattern) for file in (path, *path.rglob("*")) if file.is_file()}
        if name.endswith("meta.zip"):
            found = {path for path in found if path.name not in ("error.txt", "README.md")}
        with zipfile.ZipFile(folder / name, "w") as archive:
            for path in sorted(found):
                archive.write(path, path.relative_to(tiny))
    return folder


@pytest.fixture
def site(packed):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=packed))
    server.asked, server.broken = [], set()
    base = f"http://127.0.0.1:{server.server_port}/"
    server.known = tuple(
        Archive(
            name,
            (packed / name).stat().st_size,
            hashlib.md5((packed / name).read_bytes()).hexdigest(),
            name.split(".")[0],
            (f"{base}{name}",),
            is_text=".doc." in name or ".error." in name,
        )
        for name in PARTS
    )
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(site, root, report=lambda line: None, **options):
    downloader = ResumingDownloader(root.with_name(f".{root.name}.download"), pause=0.0, attempts=1)
    site.asked.clear()
    fetch(root, report, site.known, downloader, **options)
    assert not list(root.parent.glob(".*"))
    return root


def content(root):
    names = ("miniature.json", MANIFEST, "LICENCE.txt")
    files = (path for path in root.rglob("*") if path.is_file() and path.name not in names)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


@pytest.mark.filterwarnings("ignore:pkg_resources")
def test_the_archives_are_those_that_dcase_util_lists(tmp_path):
    from dcase_util.datasets import TUTAcousticScenes_2016_DevelopmentSet, TUTAcousticScenes_2016_EvaluationSet

    kinds = (TUTAcousticScenes_2016_DevelopmentSet, TUTAcousticScenes_2016_EvaluationSet)
    theirs = [one for kind in kinds for one in kind(data_path=str(tmp_path)).package_list]
    told = {Path(one["filename"]).name: (one["remote_bytes"], one["remote_md5"], one["remote_file"]) for one in theirs}
    assert {one.name: (one.size, one.md5, one.urls[-1]) for one in ARCHIVES} == told and len(ARCHIVES) == len(told)
    for archive in ARCHIVES:
        present, old = archive.urls
        assert present == old.replace("/record/", "/records/") and archive.name.startswith(f"{archive.folder}.")


def test_small_texts_come_first_and_only_papers_may_lack():
    parts = [part_of(archive) for archive in ARCHIVES]
    assert parts == ["doc", "meta", "error", "doc", "meta", *["audio"] * 11]
    assert {part_of(archive) for archive in ARCHIVES if archive.is_text} == {"doc", "error"}


def test_a_fetch_brings_all_and_a_second_one_nothing(site, tiny, tmp_path):
    lines = []
    root = fetched(site, tmp_path / "scenes", lines.append)
    assert content(root) == content(tiny) and site.asked == list(PARTS)
    assert lines[0].startswith(DCASE2016ASC.title) and lines[-1].startswith("75 of 1560 recordings")
    fetched(site, root, lines.append)
    assert site.asked == [] and lines[-1].endswith("all files are there and as they should be")


def test_the_sets_may_be_fetched_one_after_the_other(site, tiny, tmp_path):
    root = fetched(site, tmp_path / "scenes", records=[EVALUATION])
    assert {name.split(".")[0] for name in site.asked} == {EVALUATION} and not (root / DEVELOPMENT).exists()
    fetched(site, root)
    assert {name.split(".")[0] for name in site.asked} == {DEVELOPMENT} and content(root) == content(tiny)


def test_only_what_is_damaged_comes_again(site, tiny, tmp_path):
    root = fetched(site, tmp_path / "scenes")
    path = sorted((root / DEVELOPMENT / "audio").glob("b*"))[0]
    path.write_bytes(b"RIFF")
    fetched(site, root)
    assert site.asked == [f"{DEVELOPMENT}.audio.2.zip"] and content(root) == content(tiny)


def test_an_archive_that_was_interrupted_is_the_next_one(site, tiny, tmp_path):
    site.broken.add(f"{DEVELOPMENT}.audio.2.zip")
    root = tmp_path / "scenes"
    with pytest.raises(DataError, match=r"audio\.2\.zip"):
        fetched(site, root)
    assert not root.exists()
    site.broken.clear()
    fetched(site, root)
    assert site.asked[0] == f"{DEVELOPMENT}.audio.2.zip" and content(root) == content(tiny)


def test_papers_that_cannot_be_had_are_left_out(site, tmp_path):
    site.broken.add(f"{DEVELOPMENT}.doc.zip")
    lines = []
    root = fetched(site, tmp_path / "scenes", lines.append)
    assert len(DCASE2016ASC(root).truth("test")) == 60 and not (root / DEVELOPMENT / "README.md").exists()
    assert any("doc.zip: left out, the data are complete without it" in line for line in lines)


def test_of_a_set_from_elsewhere_only_the_other_one_is_fetched(site, tiny, tmp_path):
    root = tmp_path / "scenes"
    import_folder(tiny / DEVELOPMENT, root, lambda line: None)
    shutil.copy(tiny / "miniature.json", root)  # says how many and how long the recordings are
    fetched(site, root)
    assert {name.split(".")[0] for name in site.asked} == {EVALUATION}
    assert missing_archives(root, site.known) == []


@pytest.mark.parametrize(
    ("broken", "parts"),
    [
        ("audio/a001_0_30.wav", ["audio.1", "audio.2"]),
        ("evaluation_setup/fold3_test.txt", ["meta"]),
        ("error.txt", ["error"]),
        ("README.md", ["doc"]),
    ],
)
def test_of_a_set_from_elsewhere_what_is_lacking_is_brought(site, copy, broken, parts):
    (copy / DEVELOPMENT / broken).unlink()
    assert [one.name for one in missing_archives(copy, site.known)] == [f"{DEVELOPMENT}.{part}.zip" for part in parts]


def test_bad_lists_are_brought_before_anything_else_is_judged(site, copy, tiny):
    (copy / DEVELOPMENT / "meta.txt").unlink()
    (copy / EVALUATION / "audio" / "1.wav").unlink()
    fetched(site, copy)
    assert site.asked == [f"{DEVELOPMENT}.meta.zip", f"{EVALUATION}.meta.zip", f"{EVALUATION}.audio.1.zip"]
    assert content(copy) == content(tiny)


def test_archives_are_imported_whatever_they_are_called(site, packed, tiny, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    for number, name in enumerate(PARTS):
        shutil.copy(packed / name, mine / f"download ({number}).zip")
    (mine / "other.zip").write_bytes(b"PK")
    lines = []
    import_folder(mine, tmp_path / "scenes", lines.append, site.known)
    assert content(tmp_path / "scenes") == content(tiny)
    assert "left out, 1 x no archive of the records: other.zip" in lines
    assert missing_archives(tmp_path / "scenes", site.known) == []


def test_archives_beside_what_they_hold_are_not_unpacked_again(site, packed, tiny, tmp_path):
    mine = shutil.copytree(tiny, tmp_path / "mine")
    for name in PARTS:
        shutil.copy(packed / name, mine / name.split(".")[0])
    lines = []
    import_folder(mine, tmp_path / "scenes", lines.append, site.known)
    assert not any(line.endswith("unpacking") for line in lines)
    assert content(tmp_path / "scenes") == content(tiny)


def test_an_archive_alone_and_one_that_is_damaged(site, packed, tmp_path):
    name = f"{DEVELOPMENT}.meta.zip"
    import_folder(packed / name, tmp_path / "scenes", lambda line: None, site.known)
    assert len(DCASE2016ASC(tmp_path / "scenes").development.scenes) == 60
    (tmp_path / name).write_bytes((packed / name).read_bytes()[:-10])
    with pytest.raises(DataError, match=r"meta.zip: not the official archive \(its md5 differs\); download it again"):
        import_folder(tmp_path / name, tmp_path / "other", lambda line: None, site.known)
