"""The history: what many large releases cost to make, to keep, to check and to read back."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.observations import batches
from benchmarks.parts import Part, Settings
from benchmarks.processes import run
from benchmarks.results import Result
from china_border_statistics.curation.history import append, described, history_problems
from china_border_statistics.curation.package import PARQUET_OPTIONS
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.past_releases import History

T = TypeVar("T")

ADDED, CHANGED = 1_000, 100
READS = 9
# Releases, and observations of the first of them.
SIZE, FULL_SIZE, SMALL_SIZE = (10, 10_000), (100, 100_000), (3, 2_000)


def measure(settings: Settings) -> Iterator[Result]:
    """Simulate releases in a process of its own, whose greatest memory is then its own too."""
    releases, rows = FULL_SIZE if settings.is_full else SMALL_SIZE if settings.only_small else SIZE
    code = "import sys; from benchmarks.history import simulate; print(*simulate(int(sys.argv[1]), int(sys.argv[2])))"
    done = run(("-c", code, str(releases), str(rows)), most={"PYTHONPATH": import_path()})
    first, last, loading, whole, gate, kept, alone = map(float, done.printed.split())
    of = f"{releases} releases of {rows:,} observations and more"
    yield Result("history", f"{of}: appending the last / the first", "s", last, first, last / first)
    ratio = loading / whole
    yield Result("history", f"{of}: loading the middle one / the last table alone", "s", loading, whole, ratio)
    yield Result("history", f"{of}: checking every hash", "s", gate)
    yield Result("history", f"{of}: the file / the last table alone", "kB", kept, alone, kept / alone)
    yield Result("history", f"{of}: memory", "MiB", done.peak)


def import_path() -> str:
    """Where a fresh process finds what this one has imported."""
    import china_border_statistics

    return f"{Path(__file__).parents[1]}:{Path(str(china_border_statistics.__file__)).parents[1]}"


def simulate(releases: int, rows: int) -> tuple[float, ...]:
    """Release a growing table again and again.

    Returns
    -------
    tuple of float
        Seconds to append the first and (median of the last three) the last, to load the middle one and the last table
        alone (medians), to check the history; kilobytes of the history and of the last table alone.
    """
    description = described(TABLES["observations"].descriptor())
    most = rows + ADDED * releases
    every = pa.Table.from_batches(batches(most)).combine_chunks()
    with tempfile.TemporaryDirectory() as folder:
        root, costs = Path(folder), []
        for number in range(1, releases + 1):
            table = state(every, rows, number)
            now = {"observations": (description, table)}
            release = partial(append, History(root), root, f"0.{number}.0", "2026-01-01", now, "")
            costs.append(timed(release)[0])
        history = History(root)
        path = root / "last.parquet"
        pq.write_table(table, path, **PARQUET_OPTIONS)
        middle = history.releases[len(history.releases) // 2 - 1]
        # Some milliseconds, which whatever else the machine does can double: in turn, and the median.
        reads = (lambda: history.read("observations", middle), lambda: pq.read_table(path))
        loads = [[timed(read)[0] for read in reads] for _ in range(READS)]
        loading, whole = (statistics.median(seconds) for seconds in zip(*loads, strict=True))
        gate, problems = timed(lambda: history_problems(root))
        if problems:
            raise ValueError(str(problems[0]))
        kept, alone = (file.stat().st_size / 1e3 for file in (history.path("observations"), path))
    return costs[0], statistics.median(costs[-3:]), loading, whole, gate, kept, alone


def state(every: pa.Table, rows: int, release: int) -> pa.Table:
    """The table of a release: more rows with each, and some values changed by each, spread over it."""
    table = every.slice(0, rows + ADDED * (release - 1))
    place = table.column_names.index("value")
    number = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), table.num_rows), start=-1)
    step = rows // CHANGED
    rest = pc.subtract(number, pc.multiply(pc.divide(number, step), step))
    changed = pc.and_(pc.greater(rest, 0), pc.less(rest, release))
    values = pc.add(table["value"], pc.if_else(changed, 1.0, 0.0))
    return table.set_column(place, table.schema.field(place), values).combine_chunks()


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


PART = Part(
    "History",
    f"Releases of a made-up table, {CHANGED} values changed and {ADDED:,} rows more in each.",
    measure,
)
