"""What becomes of a download at each manner of a server, alone and with a mirror, and of what had arrived before."""

import hashlib
import os
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest

from datasets.acquire.answers import Extent
from datasets.acquire.archive import BadArchive
from datasets.acquire.download import ResumingDownloader, download, user_agent
from datasets.errors import DataError
from tests.datasets.acquire.rude_site import MANNERS, serving

CONTENT = os.urandom(200_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()
SIZE = len(CONTENT)
HALF = SIZE // 2
#: What a server does once that ends well by asking again; what it says that leads to the next address at once.
MENDED = (
    *("right", "cut at alternating sizes", "cut at the first byte", "no ranges, cut at alternating sizes"),
    *("one byte an answer", "drip", "503 until a year that no calendar has", "a length that is no number"),
    *("ranges ignored", "stall", "500", "503 with a time", "part without its place"),
    *("part from another place", "403", "403 with a time", "429", "429 with a time", "416", "204"),
)
HARMLESS = ("right", "ranges ignored", "stall", "a length that is no number")
REFUSED = tuple(name for name in MANNERS if name not in MENDED)


@pytest.fixture
def site():
    yield from serving({"/one": CONTENT, "/two": CONTENT}, lambda path, count: "right")


class Waits(list):
    """Notes how long is waited, instead of waiting."""

    __call__ = list.append


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def downloader(tmp_path, waits):
    return ResumingDownloader(tmp_path, pause=0.0, timeout=0.2, sleep=waits)


def get(site, tmp_path, downloader, paths=("/one",), known_hash=MD5, size=SIZE, **options):
    urls = [site.url + path for path in paths]
    return download(urls, tmp_path / "file", known_hash, downloader, lambda line: None, size, **options)


def keep_half(site, downloader):
    """Half of the file has arrived before."""
    part = downloader.part(f"{site.url}/one")
    part.write_bytes(CONTENT[:HALF])
    return part


@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
@pytest.mark.parametrize("has_half", [False, True], ids=["new", "half is here"])
@pytest.mark.parametrize("manner", MENDED)
def test_one_answer_that_asking_again_mends(site, tmp_path, downloader, manner, has_half, size):
    if has_half:
        keep_half(site, downloader)
    site.manner = lambda path, count: manner if count == 0 else "right"
    assert get(site, tmp_path, downloader, size=size).read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert len(site.asked) <= 3


@pytest.mark.parametrize("has_half", [False, True], ids=["new", "half is here"])
@pytest.mark.parametrize("manner", MANNERS)
def test_an_address_that_never_gives_the_file_is_followed_by_the_next(site, tmp_path, downloader, manner, has_half):
    if has_half:
        keep_half(site, downloader)
    site.manner = lambda path, count: manner if path == "/one" else "right"
    assert get(site, tmp_path, downloader, ("/one", "/two")).read_bytes() == CONTENT
    assert len(site.asked) <= 16  # it ends


@pytest.mark.parametrize("size", [SIZE, None], ids=["size known", "size unknown"])
@pytest.mark.parametrize("manner", [name for name in MANNERS if name not in HARMLESS])
def test_no_answer_costs_what_has_arrived(site, tmp_path, downloader, manner, size):
    """The same command goes on from there when the server is itself again, or the same answer has brought more."""
    part = keep_half(site, downloader)
    site.manner = lambda path, count: manner
    with suppress(DataError):
        get(site, tmp_path, downloader, size=size)
    whole = tmp_path / "file"
    assert (whole if whole.exists() else part).read_bytes()[:HALF] == CONTENT[:HALF]
    site.manner, site.asked[:] = lambda path, count: "right", []
    assert get(site, tmp_path, downloader, size=size).read_bytes() == CONTENT
    assert len(site.asked) <= 1


@pytest.mark.parametrize("manner", REFUSED)
def test_what_is_not_the_file_is_said_in_one_line(site, tmp_path, downloader, manner):
    keep_half(site, downloader)
    site.manner = lambda path, count: manner
    with pytest.raises(DataError) as caught:
        get(site, tmp_path, downloader)
    assert str(caught.value).startswith(f"{site.url}/one: ") and "\n" not in str(caught.value)
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("manner", "most"),
    [("403", 15.0), ("403 with a time", 2.0), ("429", 60.0), ("429 with a time", 70.0), ("503 with a time", 1.0)],
)
def test_waits_as_told_and_a_minute_after_too_many_requests(site, tmp_path, downloader, waits, manner, most):
    site.manner = lambda path, count: manner
    with pytest.raises(DataError, match="gave up after 5 requests"):
        get(site, tmp_path, downloader)
    assert max(waits) == most and len(site.asked) == 5


def test_a_long_wait_is_told(site, tmp_path, waits):
    lines = []
    site.manner = lambda path, count: "429 with a time" if count == 0 else "right"
    downloader = ResumingDownloader(tmp_path, lines.append, pause=0.0, sleep=waits)
    assert get(site, tmp_path, downloader).read_bytes() == CONTENT
    assert lines == ["the server answers 429 (too many requests): asking again in 70 s"]


def test_a_wrong_file_that_is_whole_leaves_the_part(site, tmp_path, downloader):
    part = keep_half(site, downloader)
    site.manner = lambda path, count: "text in its place"
    with pytest.raises(DataError, match="not the expected content"):
        get(site, tmp_path, downloader, size=None)
    assert [path.name for path in tmp_path.iterdir()] == [part.name] and part.stat().st_size == HALF


def test_an_archive_without_a_stable_hash_comes_from_the_address_that_has_it(site, tmp_path, downloader):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("clip.wav", b"sound")
    site.files["/two"] = buffer.getvalue()

    def check(path):
        if not zipfile.is_zipfile(path):
            raise BadArchive(f"{path}: no archive")

    path = get(site, tmp_path, downloader, ("/one", "/two"), None, None, check=check)
    assert path.read_bytes() == buffer.getvalue() and [one.name for one in tmp_path.iterdir()] == ["file"]
    site.asked.clear()
    assert get(site, tmp_path, downloader, ("/one",), None, None, check=check) == path and not site.asked


def test_a_false_word_that_all_is_here_costs_nothing(site, tmp_path, downloader, monkeypatch):
    """`416, bytes */N` of a server that says so of any N."""
    part = keep_half(site, downloader)
    monkeypatch.setitem(MANNERS, "all", lambda one, n: one.send(416, Content_Range=f"bytes */{one.start}"))
    site.manner = lambda path, count: "all"
    with pytest.raises(DataError, match="what was kept is not a part of the file; gave up"):
        get(site, tmp_path, downloader)
    assert part.read_bytes() == CONTENT[:HALF]


def test_a_part_of_unknown_size_that_is_cut_is_no_whole_file(site, tmp_path, downloader, monkeypatch):
    keep_half(site, downloader)
    span = {"Content_Range": f"bytes {HALF}-{SIZE - 1}/*", "Content_Length": str(SIZE - HALF)}
    monkeypatch.setitem(MANNERS, "cut", lambda one, n: one.send(206, one.content[HALF:], 1000, **span))
    site.manner = lambda path, count: "cut" if count == 0 else "right"
    assert get(site, tmp_path, downloader, size=None).read_bytes() == CONTENT
    assert site.asked == ["/one", "/one"]


def test_a_body_without_end_is_given_up(site, tmp_path, downloader, monkeypatch):
    monkeypatch.setattr("datasets.acquire.download.LONGEST_UNKNOWN", HALF)
    monkeypatch.setattr("datasets.acquire.download.extent", lambda *_: Extent(0, None))
    with pytest.raises(DataError, match="more than any file that is expected"):
        get(site, tmp_path, downloader, size=None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("contact", "told"), [("me@lab.org", "; contact: me@lab.org)"), ("", "papers)"), ("a\nb: c", "; contact: a)")]
)
def test_requests_name_a_contact(monkeypatch, contact, told):
    monkeypatch.setenv("RESOUND_CONTACT", contact)
    assert user_agent().startswith("resound/") and user_agent().endswith(told)
