"""What the answer of a server means for a download: go on, try again, wait, or ask another address."""

import http.client
import urllib.error
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from datasets.errors import DataError

#: Seconds to wait at least where a server says that there were too many requests (429).
TOO_MANY_SECONDS = 60.0
#: How web pages begin; captive portals, error pages and consent forms come with status 200, under any type.
_PAGE_BEGINS = (b"<!doctype html", b"<html", b"<head")


class BadAnswer(DataError):
    """An address does not give the file that is asked for; another one may."""


class TryAgain(Exception):
    """The transfer did not end, but another request may continue it.

    wait: seconds that the server asks for. from_start: the next request should ask for the whole file. is_slow: what
    the transfer brought came too slowly to go on like that.
    """

    def __init__(self, reason: str, wait: float | None = None, from_start: bool = False, is_slow: bool = False) -> None:
        super().__init__(reason)
        self.wait, self.from_start, self.is_slow = wait, from_start, is_slow


@dataclass(frozen=True)
class Extent:
    """Where an answer's body starts in the file, and the file's size where that is known (bytes)."""

    start: int
    total: int | None


def extent(response: http.client.HTTPResponse, url: str, have: int, size: int | None) -> Extent:
    """What an answer to a request from byte `have` on brings, of a file of `size` bytes (None: not known).

    Raises BadAnswer for a web page or a file of another size, TryAgain for another range than the one asked for.
    """
    kind = response.headers.get_content_type()
    if kind in ("text/html", "application/xhtml+xml"):
        raise BadAnswer(f"{url}: answers with a web page, not with the file")
    if response.status == 200:
        found = Extent(0, _number(response.headers.get("Content-Length")))
    elif response.status == 206:
        found = Extent(have, _total(response.headers, have))
    else:
        raise TryAgain(f"the server answers {response.status}")
    if None not in (size, found.total) and found.total != size:
        raise BadAnswer(f"{url}: has {found.total} bytes where the file has {size}")
    return Extent(found.start, found.total if size is None else size)


def _total(headers: Message, have: int) -> int | None:
    """The size of a file, from the head of a partial answer. Raises TryAgain where it is not what was asked for."""
    told = headers.get("Content-Range") or "no Content-Range"
    unit, _, content_range = told.partition(" ")
    span, _, total = content_range.partition("/")
    if not have or unit != "bytes" or not span.startswith(f"{have}-"):
        raise TryAgain(f"the server sent a part ({told}) where byte {have} was asked for", from_start=True)
    length = _number(headers.get("Content-Length"))
    return _number(total) if length is None or total != "*" else have + length


def _number(text: str | None) -> int | None:
    """The number that a header tells; None where it tells none."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def is_page(begin: bytes) -> bool:
    """Whether the first bytes of a body are those of a web page."""
    return begin[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_BEGINS)


def refusal(url: str, error: urllib.error.HTTPError) -> Exception:
    """What an answer that is an error means: a TryAgain with the time to wait, or a BadAnswer."""
    wait = retry_after(error.headers)
    if error.code == 416:
        return TryAgain("what was kept is not a part of the file", from_start=True)
    if error.code == 429:
        return TryAgain("the server answers 429 (too many requests)", max(TOO_MANY_SECONDS, wait or 0.0))
    if error.code in (403, 408) or error.code >= 500:  # 403: how several hosts say that they are asked too often
        return TryAgain(f"the server answers {error.code}", wait)
    if 300 <= error.code < 400:
        return BadAnswer(f"{url}: leads in a circle, or nowhere ({error.code})")
    return BadAnswer(f"{url}: the server answers {error.code} ({one_line(error.reason)}); is there a new address?")


def retry_after(headers: Message) -> float | None:
    """Seconds that a server asks to wait, given as a number or as a date.

    Without that, where it says that no request is left: until the second of the epoch when there are more.
    """
    reset = _number(headers.get("X-RateLimit-Reset"))
    if (
        "Retry-After" not in headers
        and reset is not None
        and _number(headers.get("X-RateLimit-Remaining")) in (0, None)
    ):
        return max(0.0, reset - datetime.now(UTC).timestamp())
    text = (headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):  # no date, or one that no calendar has
        return None


def one_line(reason: object) -> str:
    """The first line of a reason."""
    return (str(reason).splitlines() or [""])[0]
