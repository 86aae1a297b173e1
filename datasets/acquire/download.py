"""Downloads that survive interruption: pooch for names and hashes, and a downloader for it that resumes."""

import hashlib
import http.client
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasets.acquire.telling import Report
from datasets.acquire.whole import write_whole
from datasets.errors import DataError

CHUNK = 1 << 20
USER_AGENT = "resound/0.1 (reproduces results tables of audio papers)"
#: Seconds between two lines about how far a download is.
REPORT_SECONDS = 10.0

_hosts: dict[str, threading.Lock] = {}
_last_request: dict[str, float] = {}
_hosts_guard = threading.Lock()


class DiskError(DataError):
    """What arrives cannot be written, mostly because the disk is full."""


class _TryAgain(Exception):
    """The transfer did not end, but another request may continue it, after `wait` seconds where one is asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def download(
    urls: Sequence[str],
    path: Path,
    known_hash: str | None = None,
    downloader: "ResumingDownloader | None" = None,
    report: Report = print,
) -> Path:
    """Download a file from the first of `urls` that gives it, to `path`, and verify its hash ("md5:...").

    What arrived before an interruption lies beside `path` and is continued by the next call. Raises DataError.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    downloader = downloader or ResumingDownloader(path.parent, report)
    errors = []
    for url in urls:
        try:
            pooch.retrieve(url, known_hash, path.name, path.parent, downloader=downloader)
            downloader.forget(url)
            return path
        except DiskError:
            raise  # another mirror cannot help
        except DataError as error:
            errors.append(str(error))
        except ValueError:  # pooch: the hash differs
            downloader.forget(url)
            errors.append(f"{url}: not the expected content (hash differs from {known_hash})")
        except OSError as error:
            raise DiskError(f"{path}: cannot be written ({error.strerror}); make room, repeat the command") from error
    raise DataError(" | ".join(errors))


class ResumingDownloader:
    """A downloader for pooch that continues where an earlier call was cut, in this process or another.

    `parts` holds what has arrived so far. One transfer at a time per host, at least `pause` seconds apart. After
    `attempts` requests in a row that brought no byte it gives up. A server that asks to wait (429, 503) is obeyed up
    to `longest_wait` seconds; when it asks for more, the download ends with a line that says so.
    """

    def __init__(
        self,
        parts: Path,
        report: Report = print,
        attempts: int = 5,
        longest_wait: float = 120.0,
        pause: float = 0.5,
        timeout: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.parts, self.report, self.attempts = parts, report, attempts
        self.longest_wait, self.pause, self.timeout, self.sleep = longest_wait, pause, timeout, sleep

    def __call__(self, url: str, output_file: str, pooch: Any = None) -> None:
        """Bring all of `url` into `output_file`. Raises DataError; what has arrived is kept."""
        part = self.part(url)
        part.parent.mkdir(parents=True, exist_ok=True)
        with _host_lock(url):
            self._complete(url, part)
        Path(output_file).unlink(missing_ok=True)
        try:
            os.link(part, output_file)  # the part stays until the hash is verified
        except OSError:
            shutil.copyfile(part, output_file)

    def part(self, url: str) -> Path:
        """Where the bytes of `url` are kept until the download is complete."""
        return self.parts / f"{hashlib.sha256(url.encode()).hexdigest()[:12]}.part"

    def forget(self, url: str) -> None:
        """Remove what is kept of `url`."""
        self.part(url).unlink(missing_ok=True)
        _tag_file(self.part(url)).unlink(missing_ok=True)

    def _complete(self, url: str, part: Path) -> None:
        fruitless = 0
        while True:
            before = _size(part)
            try:
                self._transfer(url, part)
                return
            except _TryAgain as cut:
                fruitless = 0 if _size(part) > before else fruitless + 1
                wait = cut.wait if cut.wait is not None else float(2**fruitless - 1)
                kept = f"{_size(part)} bytes are kept, the same command continues"
                if fruitless >= self.attempts:
                    raise DataError(f"{url}: {cut}; gave up after {self.attempts} requests; {kept}") from cut.__cause__
                if wait > self.longest_wait:
                    raise DataError(f"{url}: the server asks to wait {wait:.0f} s; {kept}") from cut.__cause__
                self.sleep(wait)

    def _transfer(self, url: str, part: Path) -> None:
        have, tag = _size(part), _tag_file(part)
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
            if tag.is_file():
                headers["If-Range"] = tag.read_text()
        self._pace(url)
        try:
            response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=self.timeout)
        except urllib.error.HTTPError as error:
            if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{have}":
                return  # everything is here already
            self._refused(url, part, error)
        except (OSError, http.client.HTTPException) as error:
            raise _TryAgain(f"no connection ({getattr(error, 'reason', error)})") from error
        with response:
            start, total = _extent(response, part, have)
            if start == 0:
                _write_tag(tag, response.headers)
            self._receive(response, part, start, total)

    def _pace(self, url: str) -> None:
        host = urlsplit(url).netloc
        self.sleep(max(0.0, self.pause - (time.monotonic() - _last_request.get(host, -self.pause))))
        _last_request[host] = time.monotonic()

    def _refused(self, url: str, part: Path, error: urllib.error.HTTPError) -> None:
        if error.code == 416:
            part.unlink()
            raise _TryAgain("what was kept is not a part of the file") from error
        if error.code in (429, 503):
            raise _TryAgain(f"the server answers {error.code}", _retry_after(error.headers)) from error
        if error.code >= 500 or error.code == 408:
            raise _TryAgain(f"the server answers {error.code}") from error
        raise DataError(f"{url}: the server answers {error.code} ({error.reason}); is there a new address?") from error

    def _receive(self, response: http.client.HTTPResponse, part: Path, start: int, total: int | None) -> None:
        done, last_line = start, time.monotonic()
        with _open(part, start) as file:
            while True:
                try:
                    chunk = response.read1(CHUNK)
                except (OSError, http.client.HTTPException) as error:
                    raise _TryAgain("the connection was cut") from error
                if not chunk:
                    break
                _write(file, chunk, part)
                done += len(chunk)
                if time.monotonic() - last_line > REPORT_SECONDS:
                    last_line = time.monotonic()
                    self.report(f"{done / 1e6:.0f} of {f'{total / 1e6:.0f}' if total else '?'} MB")
        if total is not None and done != total:
            raise _TryAgain(f"the connection was cut at byte {done} of {total}")


def _extent(response: http.client.HTTPResponse, part: Path, have: int) -> tuple[int, int | None]:
    """Where the answer's body starts in the file, and the file's size where it is told."""
    if response.status == 206:
        unit, _, content_range = (response.headers.get("Content-Range") or "").partition(" ")
        span, _, size = content_range.partition("/")
        if unit != "bytes" or not span.startswith(f"{have}-"):
            part.unlink(missing_ok=True)
            raise _TryAgain(f"the server sent {unit} {content_range} where byte {have} was asked for")
        return have, int(size) if size.isdigit() else None
    length = response.headers.get("Content-Length")
    return 0, int(length) if length and length.isdigit() else None


def _open(part: Path, start: int) -> Any:
    try:
        return part.open("ab" if start else "wb", buffering=0)
    except OSError as error:
        raise _disk_error(part, error) from error


def _write(file: Any, chunk: bytes, part: Path) -> None:
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _disk_error(part, error) from error


def _disk_error(part: Path, error: OSError) -> DiskError:
    return DiskError(
        f"{part}: cannot be written ({error.strerror}); the {_size(part)} bytes that arrived are kept: "
        "make room and repeat the same command"
    )


def _write_tag(tag: Path, headers: Message) -> None:
    """Keep what names this version of the file: a strong ETag, else the time of its last change."""
    etag = headers.get("ETag") or "W/"
    name = headers.get("Last-Modified") if etag.startswith("W/") else etag
    try:
        write_whole(tag, name) if name else tag.unlink(missing_ok=True)
    except OSError as error:
        raise _disk_error(tag, error) from error


def _retry_after(headers: Message) -> float | None:
    """Seconds that a server asks to wait, given as a number or as a date."""
    text = (headers.get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _host_lock(url: str) -> threading.Lock:
    with _hosts_guard:
        return _hosts.setdefault(urlsplit(url).netloc, threading.Lock())


def _tag_file(part: Path) -> Path:
    return part.with_suffix(".tag")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
