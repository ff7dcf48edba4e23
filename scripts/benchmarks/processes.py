"""Fresh processes, their time and their greatest memory, in turn so that a drifting machine weighs on all alike."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A process that is started counts the memory of the one that starts it as its own: a small one has to do it.
_LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
print(json.dumps([seconds, usage.ru_maxrss / 2**10, os.waitstatus_to_exitcode(status)]))
"""


@dataclass(frozen=True)
class Run:
    """What a process took: wall-clock seconds, greatest memory in MiB, and what it printed."""

    seconds: float
    peak: float
    printed: str

    @property
    def inner(self) -> float:
        """Seconds that the process printed as its last line: those of a part of its work."""
        return float(self.printed.split()[-1])


def run(arguments: Sequence[str | Path], source: Path | None = None, most: Mapping[str, str] | None = None) -> Run:
    """Run Python with arguments.

    Parameters
    ----------
    arguments : sequence
        Of the interpreter: ``-c``, code, or a script, and what it is given.
    source : Path, optional
        A folder to import the package from, instead of the checkout's.
    most : mapping, optional
        More of the environment.

    Raises
    ------
    RuntimeError
        If it fails; the message is what it said.
    """
    environment = {**os.environ, **(most or {})} | ({"PYTHONPATH": str(source)} if source else {})
    command = [sys.executable, "-S", "-E", "-c", _LAUNCHER, sys.executable, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    *printed, measured = done.stdout.splitlines() or ["[0, 0, 1]"]
    seconds, peak, status = json.loads(measured)
    if status or done.returncode:
        raise RuntimeError(f"{' '.join(map(str, arguments))[:200]}\n{done.stdout}{done.stderr}")
    return Run(seconds, peak, "\n".join(printed))


def in_turn(
    codes: Sequence[Sequence[str | Path]], runs: int, source: Path | None = None, *, warm: bool = True
) -> list[tuple[Run, ...]]:
    """Run several programmes in turn, so many times after a first one that only warms caches."""
    rounds = [tuple(run(code, source) for code in codes) for _ in range(runs + warm)]
    return rounds[warm:]
