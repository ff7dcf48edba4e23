"""A file server that answers ranges, as any real one does, and keeps count of what it sent."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Log:
    """What was asked of a server, and the bytes of the answers' bodies."""

    address: str
    answers: list[tuple[str, int]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests, those for sizes included."""
        return len(self.answers)

    @property
    def bytes(self) -> int:
        """Bytes sent."""
        return sum(size for _, size in self.answers)


class _Ranges(SimpleHTTPRequestHandler):
    """Files, whole or in part."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, log: Log, **named: Any) -> None:
        self.log = log
        super().__init__(*arguments, **named)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        size = path.stat().st_size
        asked = asked_range(self.headers.get("Range", ""), size)
        start, end = asked or (0, size)
        self.send_response(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(end - start))
        self.send_header("Accept-Ranges", "bytes")
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        sent = 0
        if with_body:
            with path.open("rb") as file:
                file.seek(start)
                sent = self.wfile.write(file.read(end - start))
        self.log.answers.append((self.path, sent))

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last of a range of so many bytes; None where no range is asked for."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header)
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that hang up."""


@contextmanager
def served(folder: Path) -> Iterator[Log]:
    """Serve a folder on this machine alone while this is open."""
    log = Log("")
    handler = partial(_Ranges, directory=str(folder), log=log)
    with _Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        log.address = f"http://127.0.0.1:{server.server_port}"
        yield log
        server.shutdown()
