"""Downloads that survive interruption: pooch for names and hashes, and a downloader for it that resumes."""

import hashlib
import http.client
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasets.acquire.answers import BadAnswer, Extent, TryAgain, extent, is_page, one_line, refusal
from datasets.acquire.archive import BadArchive
from datasets.acquire.arrived import Arrived, size_of
from datasets.acquire.folders import link
from datasets.acquire.telling import Report
from datasets.errors import DataError

CHUNK = 1 << 20
#: Seconds between two lines about how far a download is.
REPORT_SECONDS = 10.0
#: No file of unknown size is taken that is longer, in bytes; archives are at most 4.2 GB, and their size is known.
LONGEST_UNKNOWN = 2 << 30
#: What a request has to bring to count as one that brought something, in bytes, and how fast, in bytes per second:
#: slower than any line on which an archive would ever be fetched.
LEAST, SLOWEST = 64 << 10, 1000

_hosts: dict[str, threading.Lock] = {}
_last_request: dict[str, float] = {}
_hosts_guard = threading.Lock()


class DiskError(DataError):
    """What arrives cannot be written, mostly because the disk is full."""


def user_agent() -> str:
    """How requests introduce themselves; RESOUND_CONTACT is an address at which the host can complain."""
    contact = one_line(os.environ.get("RESOUND_CONTACT", "")).strip()
    told = f"; contact: {contact}" if contact.isascii() and contact else ""
    return f"resound/0.1 (reproduces results tables of audio papers{told})"


def download(
    urls: Sequence[str],
    path: Path,
    known_hash: str | None = None,
    downloader: "ResumingDownloader | None" = None,
    report: Report = print,
    size: int | None = None,
    check: Callable[[Path], None] | None = None,
) -> Path:
    """Download a file from the first of `urls` that gives it, to `path`, and verify it.

    known_hash: "md5:...". size: in bytes. check: for a file without a stable hash; raises BadArchive where it is
    another one. An address that gives anything else than the file is followed by the next one. What arrived before an
    interruption lies beside `path` and is continued by the next call. Raises DataError.
    """
    import pooch

    pooch.get_logger().setLevel("WARNING")
    downloader = downloader or ResumingDownloader(path.parent, report)
    bring = partial(downloader, size=size)
    errors: list[str] = []
    if path.is_file() and check is not None and _is_good(path, check, errors):
        return path
    for url in urls:
        try:
            pooch.retrieve(url, known_hash, path.name, path.parent, downloader=bring)
        except DiskError:
            raise  # another mirror cannot help
        except DataError as error:
            errors.append(str(error))
            continue
        except ValueError:  # pooch: the hash differs
            downloader.reject(url)
            errors.append(f"{url}: not the expected content (hash differs from {known_hash})")
            continue
        except OSError as error:
            raise DiskError(f"{path}: cannot be written ({error.strerror}); make room, repeat the command") from error
        if check is not None and not _is_good(path, check, errors):
            downloader.reject(url)
            continue
        downloader.forget(url)
        return path
    raise DataError(" | ".join(errors))


def download_text(
    urls: Sequence[str],
    path: Path,
    known_hash: str,
    downloader: "ResumingDownloader | None" = None,
    report: Report = print,
    size: int | None = None,
) -> Path | None:
    """As `download`, for what only tells about data: where it cannot be had, a line says so, and None is returned.

    Raises DiskError.
    """
    try:
        return download(urls, path, known_hash, downloader, report, size)
    except DiskError:
        raise
    except DataError as error:
        report(f"{path.name}: left out, the data are complete without it ({error})")
        return None


def _is_good(path: Path, check: Callable[[Path], None], errors: list[str]) -> bool:
    """Whether a file passes its check; one that does not is removed, and the reason is noted."""
    try:
        check(path)
        return True
    except BadArchive as error:
        errors.append(str(error))
        path.unlink()
        return False


@dataclass
class _Tries:
    """How a transfer goes: how far requests that brought something came, how many others followed, or began again."""

    reached: int
    fruitless: int = 0
    restarts: int = 0


class ResumingDownloader:
    """A downloader for pooch that continues where an earlier call was cut, in this process or another.

    `parts` holds what has arrived so far. One transfer at a time per host, at least `pause` seconds apart. It gives up
    after `attempts` requests in a row that brought less than `LEAST` bytes beyond the most that was ever there, or
    that were too slow, and after `restarts` answers that began again from the start, so it ends whatever the server
    does. A server that asks to wait (403, 429, 503) is obeyed up to `longest_wait` seconds; when it asks for more, the
    download ends with a line that says so.
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
        restarts: int = 5,
    ) -> None:
        self.parts, self.report, self.attempts, self.restarts = parts, report, attempts, restarts
        self.longest_wait, self.pause, self.timeout, self.sleep = longest_wait, pause, timeout, sleep
        self._brought: dict[str, Path] = {}
        self._told = time.monotonic()

    def __call__(self, url: str, output_file: str, pooch: Any = None, size: int | None = None) -> None:
        """Bring all of `url`, of `size` bytes, into `output_file`. Raises DataError; what has arrived is kept."""
        self.parts.mkdir(parents=True, exist_ok=True)
        with _host_lock(url):
            self._brought[url] = self._complete(url, size)
        Path(output_file).unlink(missing_ok=True)
        link(self._brought[url], Path(output_file))  # the slot stays until the file is verified

    def part(self, url: str) -> Path:
        """Where the bytes of `url` are kept until the download is complete."""
        return self.parts / f"{hashlib.sha256(url.encode()).hexdigest()[:12]}.part"

    def forget(self, url: str) -> None:
        """Remove what is kept of `url`."""
        Arrived(self.part(url)).forget()

    def reject(self, url: str) -> None:
        """Remove what was brought from `url` last, which was not the file; what is kept beside it stays."""
        if url in self._brought:
            Arrived(self.part(url)).drop(self._brought.pop(url))

    def _complete(self, url: str, size: int | None) -> Path:
        """The slot that holds the whole file in the end."""
        arrived, from_start = Arrived(self.part(url)), False
        tries = _Tries(arrived.size)
        while True:
            try:
                return self._transfer(url, arrived, size, tries, from_start)
            except TryAgain as cut:
                from_start = cut.from_start
                tries.fruitless += 1
                if arrived.size >= tries.reached + LEAST and not cut.is_slow:
                    tries.fruitless, tries.reached = 0, arrived.size
                self.sleep(self._wait(url, arrived, tries, cut))

    def _wait(self, url: str, arrived: Arrived, tries: _Tries, cut: TryAgain) -> float:
        """Seconds until the next request. Raises DataError where there should be none."""
        wait = cut.wait if cut.wait is not None else float(2**tries.fruitless - 1)
        kept = f"{arrived.size} bytes are kept, the same command continues"
        if tries.fruitless >= self.attempts:
            raise DataError(f"{url}: {cut}; gave up after {self.attempts} requests; {kept}") from cut.__cause__
        if tries.restarts > self.restarts:
            raise DataError(f"{url}: {cut}; gave up as it began {tries.restarts} times from the start; {kept}") from cut
        if wait > self.longest_wait:
            raise DataError(f"{url}: the server asks to wait {wait:.0f} s; {kept}") from cut.__cause__
        if wait >= REPORT_SECONDS:
            self.report(f"{cut}: asking again in {wait:.0f} s")
        return wait

    def _transfer(self, url: str, arrived: Arrived, size: int | None, tries: _Tries, from_start: bool) -> Path:
        """One request; the slot that holds the whole file then. Raises TryAgain and DataError."""
        if size is not None and arrived.size > size:
            arrived.drop(arrived.longer)  # no part of the file
        slot = arrived.longer
        have = 0 if from_start else size_of(slot)
        if have and have == size:
            return slot
        self._pace(url)
        try:
            response = urllib.request.urlopen(_request(url, have, arrived.tag(slot)), timeout=self.timeout)
        except urllib.error.HTTPError as error:
            if error.code == 416 and have and size is None and error.headers.get("Content-Range") == f"bytes */{have}":
                return slot  # everything is here already
            raise refusal(url, error) from error
        except (OSError, http.client.HTTPException) as error:
            raise TryAgain(f"no connection ({one_line(getattr(error, 'reason', error))})") from error
        except ValueError as error:  # of an address to which the server leads
            raise BadAnswer(f"{url}: leads to what is no address ({one_line(error)})") from error
        with response:
            span = extent(response, url, have, size)
            if span.start == 0:
                tries.restarts += arrived.size > 0
                slot = _begin(arrived, response)
            try:
                self._receive(response, url, slot, span)
            except BadAnswer:
                arrived.drop(slot)
                raise
        return slot

    def _pace(self, url: str) -> None:
        host = urlsplit(url).netloc
        self.sleep(max(0.0, self.pause - (time.monotonic() - _last_request.get(host, -self.pause))))
        _last_request[host] = time.monotonic()

    def _receive(self, response: http.client.HTTPResponse, url: str, slot: Path, span: Extent) -> None:
        """Append an answer's body to a slot, up to the file's size."""
        done, since, before = span.start, time.monotonic(), span.start
        most = LONGEST_UNKNOWN if span.total is None else span.total
        with _open(slot) as file:
            while done < most:
                try:
                    chunk = response.read1(min(CHUNK, most - done))
                except (OSError, http.client.HTTPException) as error:
                    raise TryAgain("the connection was cut") from error
                if not chunk:
                    break
                if not done and is_page(chunk):
                    raise BadAnswer(f"{url}: answers with a web page, not with the file")
                _write(file, chunk, slot)
                done += len(chunk)
                now = time.monotonic()
                if now - self._told > REPORT_SECONDS:
                    self._told = now
                    self.report(f"{done / 1e6:.0f} of {f'{span.total / 1e6:.0f}' if span.total else '?'} MB")
                if now - since > self.timeout:
                    if done - before < SLOWEST * (now - since) and done != span.total:
                        raise TryAgain(f"the server sends less than {SLOWEST} bytes a second", is_slow=True)
                    since, before = now, done
        if span.total is not None and done != span.total:
            raise TryAgain(f"the connection was cut at byte {done} of {span.total}")
        if span.total is None and done >= most:
            raise BadAnswer(f"{url}: goes on after {done} bytes, more than any file that is expected")


def _request(url: str, have: int, tag: str | None) -> urllib.request.Request:
    """A request for a file from byte `have` on, if it is still the version that `tag` names."""
    headers = {"User-Agent": user_agent(), "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if tag is not None:
            headers["If-Range"] = tag
    return urllib.request.Request(url, headers=headers)


def _begin(arrived: Arrived, response: http.client.HTTPResponse) -> Path:
    try:
        return arrived.begin(response.headers)
    except OSError as error:
        raise _disk_error(arrived.path, error) from error


def _open(slot: Path) -> Any:
    try:
        return slot.open("ab", buffering=0)
    except OSError as error:
        raise _disk_error(slot, error) from error


def _write(file: Any, chunk: bytes, slot: Path) -> None:
    left = memoryview(chunk)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise _disk_error(slot, error) from error


def _disk_error(slot: Path, error: OSError) -> DiskError:
    return DiskError(
        f"{slot}: cannot be written ({error.strerror}); the {size_of(slot)} bytes that arrived are kept: "
        "make room and repeat the same command"
    )


def _host_lock(url: str) -> threading.Lock:
    with _hosts_guard:
        return _hosts.setdefault(urlsplit(url).netloc, threading.Lock())
