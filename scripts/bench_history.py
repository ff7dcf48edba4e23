"""Measure history: loading a past release against the current table, and what a hundred large releases cost."""

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import RUNS, seconds
from china_border_statistics.curation.history import append, described, history_problems
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.past_releases import History

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
ADDED, CHANGED = 1_000, 100
AIM = 2.0


def main() -> int:
    """Print the ratio of loading the past to loading the present, and size, time and memory of simulated releases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="pairs of the comparison")
    parser.add_argument("--releases", type=int, default=100, help="releases to simulate")
    parser.add_argument("--rows", type=int, default=100_000, help="observations of the first of them")
    arguments = parser.parse_args()
    compare_loading(arguments.runs)
    # In a process of its own, whose greatest memory is then its own too.
    with ProcessPoolExecutor(1) as pool:
        pool.submit(simulate, arguments.releases, arguments.rows).result()
    return 0


def compare_loading(runs: int) -> None:
    """Time fresh processes that load the release before the last and the current table, one after the other."""
    releases = History(ROOT).releases
    past = releases[-2 if len(releases) > 1 else -1].version
    codes = [
        f"import china_border_statistics as cbs; cbs.load({given})" for given in (f"release={past!r}", "")
    ]  # fmt: skip
    pairs = [tuple(map(seconds, codes)) for _ in range(runs + 1)][1:]
    before, now = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(old / new for old, new in pairs)
    print(f"{'comparison':<52}{'past, s':>9}{'now, s':>11}{'ratio':>8}{'aim':>7}")
    print(f"{f'load(release={past!r}) / load()':<52}{before:>9.3f}{now:>11.3f}{ratio:>8.2f}{AIM:>7.2f}")


def simulate(releases: int, rows: int) -> None:
    """Release a growing table again and again; print what the last releases and the gate cost."""
    description = described(TABLES["observations"].descriptor())
    print(f"\n{releases} releases, the first of {rows:,} observations, each other {CHANGED} changed and {ADDED:,} more")
    with tempfile.TemporaryDirectory() as folder:
        root, table, costs = Path(folder), observations(0, rows), []
        for number in range(1, releases + 1):
            if number > 1:
                table = next_state(table, number)
            state = {"observations": (description, table)}
            release = partial(append, History(root), root, f"0.{number}.0", "2026-01-01", state, "")
            costs.append(timed(release)[0])
        history = History(root)
        path = root / "last.parquet"
        pq.write_table(table, path, compression="zstd", compression_level=3)
        middle = history.releases[len(history.releases) // 2 - 1]
        loading, _ = timed(lambda: history.read("observations", middle))
        whole, _ = timed(lambda: pq.read_table(path))
        gate, problems = timed(lambda: history_problems(root))
        if problems:
            raise ValueError(str(problems[0]))
        kept = history.path("observations").stat().st_size
        stored = pq.read_metadata(history.path("observations")).num_rows
        manifests = sum(file.stat().st_size for file in (root / "data/history").glob("*.json"))
        for name, figure in (
            ("the last release alone, as published", f"{table.num_rows:,} rows, {path.stat().st_size / 2**20:.1f} MiB"),
            ("history of all", f"{stored:,} rows, {kept / 2**20:.1f} MiB"),
            ("manifests", f"{manifests / 2**20:.2f} MiB"),
            ("appending a release, first / median / last", " / ".join(
                f"{cost:.1f} s" for cost in (costs[0], statistics.median(costs), costs[-1]))),
            (f"loading release {middle.number} / the last table alone", f"{loading:.2f} s / {whole:.2f} s"),
            ("the gate: every hash of every release", f"{gate:.1f} s"),
            ("greatest memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10:,.0f} MiB"),
        ):  # fmt: skip
            print(f"  {name:<52}{figure:>30}")


def observations(first: int, count: int) -> pa.Table:
    """So many observations like those of the record, with ids of their own from a number on."""
    real = pq.read_table(ROOT / TABLES["observations"].path).replace_schema_metadata(None)
    copies = -(-count // real.num_rows)
    table = pa.concat_tables([real] * copies).slice(0, count).combine_chunks()
    draw = random.Random(first)  # noqa: S311
    ids = [f"{name}-{number:07}" for number, name in enumerate(table["observation_id"].to_pylist(), first)]
    values = [float(draw.randrange(10**6)) for _ in ids]
    pages = [f"{url}/{draw.randrange(10**8)}" for url in table["source_url"].to_pylist()]
    tokens = [f"{value:,.0f}" for value in values]
    # What differs from one observation to the next is what a file of them takes room for.
    for name, cells in (
        ("observation_id", ids), ("value", values), ("lower", values), ("upper", values), ("printed", tokens),
        ("source_url", pages),
    ):  # fmt: skip
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(place), pa.array(cells))
    return table


def next_state(table: pa.Table, number: int) -> pa.Table:
    """The table with some values changed, spread over it, and some rows more."""
    place = table.column_names.index("value")
    every = table.num_rows // CHANGED
    rows = pa.array(range(table.num_rows))
    is_changed = pc.equal(pc.subtract(rows, pc.multiply(pc.divide(rows, every), every)), number % every)
    values = pc.if_else(is_changed, pc.add(table["value"], 1.0), table["value"])
    table = table.set_column(place, table.schema.field(place), values)
    return pa.concat_tables([table, observations(table.num_rows, ADDED)]).combine_chunks()


def timed(call: Callable[[], T]) -> tuple[float, T]:
    """Seconds that a call takes, and what it returns."""
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


if __name__ == "__main__":
    raise SystemExit(main())
