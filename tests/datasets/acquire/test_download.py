import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from datasets.acquire.download import DiskError, ResumingDownloader, download
from datasets.errors import DataError

CONTENT = os.urandom(300_000)
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server = self.server
        server.requests.append(dict(self.headers))
        if server.refusals:
            code, headers = server.refusals.pop(0)
            return self.answer(code, b"", headers)
        start, asked = 0, self.headers.get("Range")
        current = self.headers.get("If-Range", server.etag) == server.etag
        if asked and server.ranges and current:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(server.content):
                return self.answer(416, b"", {"Content-Range": f"bytes */{len(server.content)}"})
        body = server.content[start:]
        span = f"bytes {start + server.shift}-{len(server.content) - 1}/{len(server.content)}"
        headers = {"ETag": server.etag, **({"Content-Range": span} if start else {})}
        return self.answer(206 if start else 200, body, headers)

    def answer(self, code, body, headers):
        if self.server.chunked and body:
            return self.answer_in_chunks(body)
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        for place in range(0, len(body[:cut]), 10_000):
            time.sleep(self.server.delay)
            self.wfile.write(body[place : min(place + 10_000, cut or len(body))])
        if cut is not None:
            self.close_connection = True

    def answer_in_chunks(self, body):
        """Like an archive made on the fly: no length, no ranges."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        self.wfile.write(b"%x\r\n" % len(body) + body[:cut])
        if cut is None:
            self.wfile.write(b"\r\n0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that are killed break their connection


@pytest.fixture
def server():
    server = Server(("127.0.0.1", 0), Handler)
    server.content, server.etag, server.ranges, server.shift, server.delay = CONTENT, '"one"', True, 0, 0.0
    server.refusals, server.cuts, server.requests, server.chunked = [], [], [], False
    server.url = f"http://127.0.0.1:{server.server_port}/file.bin"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def downloader(tmp_path, waits):
    return ResumingDownloader(tmp_path, pause=0.0, sleep=waits.append)


def get(server, tmp_path, downloader, known_hash=MD5):
    return download([server.url], tmp_path / "file.bin", known_hash, downloader)


def test_plain_download_leaves_nothing_else(server, tmp_path, downloader):
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]
    assert server.requests[0]["User-Agent"].startswith("resound/")


def test_resumes_after_cuts_at_random_bytes(server, tmp_path, downloader):
    server.cuts = [1, 70_001, 12_345, 0, 99_999]
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT
    ranges = [request.get("Range") for request in server.requests]
    assert ranges == [None, "bytes=1-", "bytes=70002-", "bytes=82347-", "bytes=82347-", "bytes=182346-"]
    assert all(request["If-Range"] == '"one"' for request in server.requests[1:])


def test_gives_up_in_one_line_and_the_next_call_continues(server, tmp_path, downloader):
    server.cuts = [50_000, 0, 0, 0, 0, 0]
    with pytest.raises(DataError, match="50000 bytes are kept") as caught:
        get(server, tmp_path, downloader)
    assert "\n" not in str(caught.value)
    server.cuts = []
    assert get(server, tmp_path, ResumingDownloader(tmp_path, pause=0.0)).read_bytes() == CONTENT
    assert server.requests[-1]["Range"] == "bytes=50000-"


def test_server_without_ranges_starts_again(server, tmp_path, downloader):
    server.ranges, server.cuts = False, [200_000]
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT


def test_answer_of_unknown_length_that_is_cut_starts_again(server, tmp_path, downloader):
    server.chunked, server.ranges, server.cuts = True, False, [200_000]
    assert get(server, tmp_path, downloader, known_hash=None).read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_changed_file_starts_again(server, tmp_path, downloader):
    server.content, server.cuts = b"x" * 200_000, [100_000, 0, 0, 0, 0, 0]
    with pytest.raises(DataError):
        get(server, tmp_path, downloader)
    server.content, server.etag, server.cuts = CONTENT, '"two"', []
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT


def test_complete_part_is_not_loaded_again(server, tmp_path, downloader):
    downloader.part(server.url).write_bytes(CONTENT)
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT
    assert len(server.requests) == 1  # answered with 416


def test_part_longer_than_the_file(server, tmp_path, downloader):
    downloader.part(server.url).write_bytes(CONTENT + b"more")
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT


def test_wrong_range_is_not_believed(server, tmp_path, downloader):
    server.cuts, server.shift = [100_000], 7
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("code", "header", "low", "high"),
    [
        *[(code, *waits) for code in (403, 503) for waits in (("7", 7, 7), ("date", 1, 60), ("soon", 0, 2))],
        *[(429, *waits) for waits in (("7", 60, 60), ("date", 60, 60), ("soon", 60, 60), ("90", 90, 90))],
    ],
)
def test_waits_as_long_as_asked(server, tmp_path, downloader, waits, code, header, low, high):
    if header == "date":  # a minute from now, not from when the tests were collected
        header = formatdate(time.time() + 60, usegmt=True)
    server.refusals = [(code, {"Retry-After": header} if header != "soon" else {})]
    get(server, tmp_path, downloader)
    assert low <= max(waits) <= high


@pytest.mark.parametrize(("left", "low", "high"), [("0", 25, 30), (None, 25, 30), ("3", 0, 2)])
def test_waits_until_there_are_requests_again(server, tmp_path, downloader, waits, left, low, high):
    told = {"X-RateLimit-Reset": str(int(time.time()) + 30)}
    server.refusals = [(503, told if left is None else {**told, "X-RateLimit-Remaining": left})]
    get(server, tmp_path, downloader)
    assert low <= max(waits) <= high


def test_too_long_a_wait_ends_the_download(server, tmp_path, downloader):
    server.refusals = [(429, {"Retry-After": "86400"})]
    with pytest.raises(DataError, match="asks to wait 86400 s"):
        get(server, tmp_path, downloader)


def test_requests_to_one_host_are_paced(server, tmp_path, waits):
    server.cuts = [10, 10, 10]
    get(server, tmp_path, ResumingDownloader(tmp_path, pause=5.0, sleep=waits.append))
    assert sum(4.0 < wait <= 5.0 for wait in waits) >= 3


def test_missing_file_goes_to_the_mirror(server, tmp_path, downloader):
    server.refusals = [(404, {})]
    path = download([server.url + "?gone", server.url], tmp_path / "file.bin", MD5, downloader)
    assert path.read_bytes() == CONTENT
    assert len(server.requests) == 2


def test_wrong_content_is_named_and_not_kept(server, tmp_path, downloader):
    server.content = b"y" * 1000
    with pytest.raises(DataError, match="not the expected content") as caught:
        get(server, tmp_path, downloader)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    server.content = CONTENT
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT


def test_no_server(tmp_path, downloader):
    with pytest.raises(DataError, match="no connection"):
        download(["http://127.0.0.1:9/file"], tmp_path / "file", MD5, downloader)


def test_full_disk_loses_nothing(server, tmp_path, downloader):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, limits[1]))
    try:
        with pytest.raises(DiskError, match="120000 bytes that arrived are kept") as caught:
            get(server, tmp_path, downloader)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(caught.value)
    assert get(server, tmp_path, downloader).read_bytes() == CONTENT
    assert server.requests[-1]["Range"] == "bytes=120000-"


def test_killed_process_continues(server, tmp_path):
    server.delay = 0.03
    part = ResumingDownloader(tmp_path).part(server.url)
    script = (
        "from pathlib import Path; from datasets.acquire.download import download; "
        f"download([{server.url!r}], Path({str(tmp_path / 'file.bin')!r}), {MD5!r})"
    )
    for least in (1, 100_000, 200_000):
        process = subprocess.Popen([sys.executable, "-c", script])
        deadline = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size >= least) and time.monotonic() < deadline:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert least <= part.stat().st_size < len(CONTENT)
    subprocess.run([sys.executable, "-c", script], check=True)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    starts = [int(request.get("Range", "bytes=0-")[6:-1]) for request in server.requests]
    assert starts[0] == 0 and starts[2] >= 100_000 and starts[3] >= 200_000
