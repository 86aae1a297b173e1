"""A local server that misbehaves: each answer follows one of the manners below, as told or as drawn."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!DOCTYPE html><html><body>Please sign in to this network</body></html>"


class Answer:
    """One request, and the means to answer it rightly or wrongly."""

    def __init__(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        self.handler, self.content = handler, content
        asked = handler.headers.get("Range")
        self.start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0

    def send(
        self,
        code: int,
        body: bytes = b"",
        cut: int | None = None,
        stall: float = 0.0,
        pace: float = 0.0,
        **headers: str,
    ) -> None:
        """Send a head, and of the body as much as `cut` says, in pieces; `stall` seconds pass after the half of it.

        pace: seconds between two bytes.
        """
        handler = self.handler
        handler.send_response(code)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), "ETag": '"1"', **named}.items():
            handler.send_header(name, value)
        handler.end_headers()
        body = body[:cut]
        size = 1 if pace else 1 << 14
        for place in range(0, len(body), size):
            if stall and place >= len(body) // 2:
                time.sleep(stall)
            time.sleep(pace)
            handler.wfile.write(body[place : place + size])
            handler.server.sent(min(size, len(body) - place))
        handler.close_connection = True

    def right(self, cut: int | None = None, **changes: object) -> None:
        """The answer that the request deserves, maybe cut."""
        if self.start >= len(self.content) and self.start:
            return self.send(416, Content_Range=f"bytes */{len(self.content)}")
        if not self.start:
            return self.send(200, self.content, cut, **changes)
        span = f"bytes {self.start}-{len(self.content) - 1}/{len(self.content)}"
        return self.send(206, self.content[self.start :], cut, **{"Content_Range": span, **changes})


#: By name: what is done with an answer. `n` counts the requests for a file, from 0.
MANNERS: dict[str, Callable[[Answer, int], None]] = {
    "right": lambda one, n: one.right(),
    "cut at alternating sizes": lambda one, n: one.right(cut=(2 + n % 2) * len(one.content) // 7),
    "cut at the first byte": lambda one, n: one.right(cut=0),
    "one byte an answer": lambda one, n: one.right(cut=1),
    "drip": lambda one, n: one.right(pace=0.05),
    "no ranges, cut at alternating sizes": lambda one, n: one.send(
        200, one.content, cut=(2 + n % 2) * len(one.content) // 7
    ),
    "ranges ignored": lambda one, n: one.send(200, one.content),
    "stall": lambda one, n: one.right(stall=0.6),
    "500": lambda one, n: one.send(500, b"broken"),
    "503 with a time": lambda one, n: one.send(503, Retry_After="1"),
    "web page": lambda one, n: one.send(200, PAGE, Content_Type="text/html; charset=utf-8"),
    "web page as bytes": lambda one, n: one.send(200, PAGE, Content_Type="application/octet-stream"),
    "page as a part": lambda one, n: one.send(206, PAGE, Content_Type="text/html", Content_Range="bytes 0-1/2"),
    "text in its place": lambda one, n: one.send(200, b"quota exceeded", Content_Type="text/plain"),
    "longer than it is": lambda one, n: one.send(200, one.content, Content_Length=str(len(one.content) + 9)),
    "shorter than it is": lambda one, n: one.send(200, one.content[: len(one.content) // 2]),
    "part without its place": lambda one, n: one.send(206, one.content[one.start :]),
    "part from another place": lambda one, n: one.right(Content_Range=f"bytes 1-2/{len(one.content)}"),
    "part of another size": lambda one, n: one.right(Content_Range=f"bytes {one.start}-8/9"),
    "circle": lambda one, n: one.send(302, Location=one.handler.path),
    "to no address": lambda one, n: one.send(302, Location="http://[::1/file"),
    "to a name too long": lambda one, n: one.send(302, Location=f"http://{'a' * 80}.org/file"),
    "to a file": lambda one, n: one.send(302, Location="file:///etc/passwd"),
    "403": lambda one, n: one.send(403),
    "403 with a time": lambda one, n: one.send(403, Retry_After="2"),
    "429": lambda one, n: one.send(429),
    "429 with a time": lambda one, n: one.send(429, Retry_After="70"),
    "503 until a year that no calendar has": lambda one, n: one.send(
        503, Retry_After="Wed, 21 Oct 99999999999999999999 07:28:00 GMT"
    ),
    "a length that is no number": lambda one, n: one.right(Content_Length="\xb2"),
    "416": lambda one, n: one.send(416),
    "204": lambda one, n: one.send(204),
}


class RudeSite(ThreadingHTTPServer):
    """Serves `files` by path; `manner` tells how a request is answered, by path and by how often it was asked."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes], manner: Callable[[str, int], str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.manner, self.asked = files, manner, []
        self.sent: Callable[[int], None] = lambda count: None
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Clients that are killed break their connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RudeSite

    def do_GET(self) -> None:
        site, path = self.server, self.path.split("?")[0]
        count = site.asked.count(path)
        site.asked.append(path)
        MANNERS[site.manner(path, count)](Answer(self, site.files[path]), count)

    def log_message(self, *_: object) -> None:
        pass


def serving(files: dict[str, bytes], manner: Callable[[str, int], str]) -> Iterator[RudeSite]:
    """A site that is served from a thread, for a fixture."""
    site = RudeSite(files, manner)
    threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield site
    site.shutdown()
    site.server_close()
