"""Replacing files all together or not at all, even when the process is killed half-way.

New files are written into a folder of their own. Renaming that folder is the moment at which everything is decided:
before it nothing has changed; after it what is left to be moved is moved by whoever comes next.
"""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from china_border_statistics.curation.problems import CurationError, Problem

_BUILD = ".build"
_DECIDED = "publishing"
_STAGED = "staged-"


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """A folder to write new files into, at the paths that they are to have below the root.

    Only one process at a time stages files; what an earlier one had decided on and didn't come to move is moved first.

    Raises
    ------
    CurationError
        If another process is at it.
    """
    build = root / _BUILD
    build.mkdir(exist_ok=True)
    with (build / "staging.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            action = "Wait until the other build or release has ended."
            raise CurationError(
                [Problem(_BUILD, 0, "lock", "another process that builds", "one at a time", action)]
            ) from None
        recover(root)
        for left in build.glob(f"{_STAGED}*"):  # by a process that was killed
            shutil.rmtree(left)
        with tempfile.TemporaryDirectory(dir=build, prefix=_STAGED, ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def publish(root: Path, staged: Path) -> None:
    """Move every staged file to its place below the root: all of them, or, if this is cut short before, none.

    Raises
    ------
    PermissionError
        If a file couldn't be moved to its place; then none is.
    """
    for path in staged.rglob("*"):
        target = root / path.relative_to(staged)
        if path.is_file() and not os.access(target.parent if target.parent.exists() else root, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "a folder that can't be written to", str(target.parent))
    # What is decided on must have reached the disk: after a loss of power it is moved over the files that are there.
    for path in staged.rglob("*"):
        _flush(path)
    staged.replace(root / _BUILD / _DECIDED)
    _flush(root / _BUILD)
    recover(root)


def _flush(path: Path) -> None:
    """Wait until a file or the names in a folder are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def interruption(root: Path) -> Iterator[Problem]:
    """Yield a problem where a process has decided on files and didn't come to move them all."""
    if (root / _BUILD / _DECIDED).exists():
        found, action = "files of an interrupted build or release", "Run make data: it moves them to their places."
        yield Problem(f"{_BUILD}/{_DECIDED}", 0, "folder", found, "nothing", action)


def recover(root: Path) -> None:
    """Move what an earlier process had decided to publish and didn't come to move."""
    decided = root / _BUILD / _DECIDED
    for path in sorted(path for path in decided.rglob("*") if path.is_file()):
        target = root / path.relative_to(decided)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    if decided.exists():
        shutil.rmtree(decided)
