"""The process apart that parses what strangers wrote: kept for the next document, ended when it breaks its bounds."""

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from china_border_statistics.curation import parsing

# Caches of the libraries grow; a new process has none.
_MOST_DOCUMENTS = 200
_LONGEST_ANSWER = 32 * parsing.MOST_CHARACTERS


def parse_apart(task: str, content: bytes, url: str | None = None) -> dict[str, Any]:
    """Have a document parsed in a process apart, within ``parsing.MOST_SECONDS`` and ``parsing.MOST_MEMORY``.

    Parameters
    ----------
    task : str
        A key of ``parsing.TASKS``.
    content : bytes
        What the task reads.
    url : str, optional
        Where it was got from.

    Returns
    -------
    dict
        What the task makes of it, or ``{"error": what was found instead}``.
    """
    return _PARSER.parse(task, content, url)


class _Parser:
    """The process, and how to ask it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = self._parsed = 0
        self._lock = threading.Lock()
        atexit.register(self.close)

    def parse(self, task: str, content: bytes, url: str | None) -> dict[str, Any]:
        """Ask, and wait for the answer; a process that gives none in time is ended, and the next gets another."""
        with self._lock:
            process = self._running()
            timer = threading.Timer(parsing.MOST_SECONDS, process.kill)
            timer.start()
            line = b""
            try:
                line = _ask(process, {"task": task, "size": len(content), "url": url}, content)
            finally:
                expired = timer.finished.is_set()
                timer.cancel()
                if expired or not line.endswith(b"\n"):
                    self.close()
        if line.endswith(b"\n"):
            made: dict[str, Any] = json.loads(line)
            return made
        if expired:
            return {"error": f"a document that takes more than {parsing.MOST_SECONDS} s to read"}
        return {"error": f"a document that breaks the parser, or needs more than {parsing.MOST_MEMORY >> 20} MiB"}

    def _running(self) -> subprocess.Popen[bytes]:
        # After a fork the process is the parent's.
        if self._owner != os.getpid() or self._parsed >= _MOST_DOCUMENTS:
            self.close()
        if self._process is None:
            command = [sys.executable, "-P", "-m", parsing.__name__]
            self._process = subprocess.Popen(  # noqa: S603  our own module
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._owner, self._parsed = os.getpid(), 0
        self._parsed += 1
        return self._process

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            with suppress(BrokenPipeError):
                process.communicate()


def _ask(process: subprocess.Popen[bytes], request: dict[str, Any], content: bytes) -> bytes:
    """One line of answer; of a process that died, what there is of it."""
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(request).encode() + b"\n" + content)  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        return process.stdout.readline(_LONGEST_ANSWER)  # type: ignore[union-attr]
    return b""


_PARSER = _Parser()
