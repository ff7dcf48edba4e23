"""Measure the reconciliation: what it costs as the record grows, and which slips in a figure it catches."""

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.curation.vocabulary import read_vocabulary

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from systems import made_up, well_connected  # noqa: E402

Tables = dict[str, Any]
# Columns that tell one copy of the record from another.
IDS = {"scope_id", "parent_scope_id", "comparison_group", "observation_id", "change_id", "citation_id"}


def main() -> int:
    """Print time and memory for copies of the record, and shares of corrupted figures caught and rightly blamed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10, 100], help="sizes, in copies of the record")
    parser.add_argument("--slips", type=int, default=20, help="figures corrupted by each share")
    arguments = parser.parse_args()
    tables = read_tables()
    print(f"{'figures':>9}{'seconds':>9}{'s per 1,000':>13}{'peak, MiB':>11}")
    for copies in arguments.copies:
        # Each size in a process of its own, whose greatest memory is then its own too.
        with ProcessPoolExecutor(1) as pool:
            figures, seconds, peak = pool.submit(cost, copies).result()
        print(f"{figures:>9,}{seconds:>9.1f}{1000 * seconds / figures:>13.2f}{peak:>11.0f}")
    print(f"\n{'one figure corrupted':<44}{'by':>5}{'figures':>9}{'caught':>9}{'blamed':>9}")
    for name, system in SYSTEMS.items():
        for share in (0.01, 0.1, 0.5):
            caught, blamed = slips((system(seed, tables) for seed in range(arguments.slips)), share)
            print(f"{name:<44}{share:>5.0%}{arguments.slips:>9}{caught:>9.0%}{blamed:>9.0%}")
    return 0


def cost(copies: int) -> tuple[int, float, float]:
    """Figures, seconds and greatest memory (MiB, the interpreter's and the tables' included) of so many copies."""
    tables = replicate(read_tables(), copies)
    start = time.perf_counter()
    reconcile(tables, {})
    seconds = time.perf_counter() - start
    return tables["observations"].num_rows, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def read_tables() -> Tables:
    """The published tables and code lists that the reconciliation reads, by name."""
    names = ("observations", "citations", "changes", "sources")
    vocabulary, _ = read_vocabulary(ROOT)
    tables = {name: pq.read_table(ROOT / TABLES[name].path) for name in names}
    return tables | {name: vocabulary.tables[name] for name in ("metrics", "scopes")}


def replicate(tables: Tables, copies: int) -> Tables:
    """Copies of the record side by side, each with scopes and ids of its own."""

    def renamed(table: pa.Table, copy: int) -> pa.Table:
        for name in set(table.column_names) & IDS:
            column = [value and f"c{copy}-{value}" for value in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), table.schema.field(name), pa.array(column))
        return table

    return {
        name: table if name in ("metrics", "sources") else pa.concat_tables(renamed(table, c) for c in range(copies))
        for name, table in tables.items()
    }


def slips(systems: Iterable[Tables], share: float) -> tuple[float, float]:
    """Shares of corrupted figures that give a new contradiction, and of those that the localisation blames for it."""
    outcomes = []
    for seed, tables in enumerate(systems):
        choice = random.Random(seed)  # noqa: S311  a sample, not a secret
        rows = tables["observations"].to_pylist()
        usual = contradicted(reconcile(tables, {}))
        row = choice.choice([row for row in rows if row["obs_status"] in "AU"])
        factor = 1 + share * choice.choice((-1, 1))
        row |= {name: row[name] * factor for name in ("value", "lower", "upper")}
        corrupted = pa.Table.from_pylist(rows, schema=None)
        found = contradicted(reconcile(tables | {"observations": corrupted}, {}))
        new = [finding for name, finding in found.items() if name not in usual]
        outcomes.append((bool(new), any(row["observation_id"] in (f["localised"] or "").split() for f in new)))
    caught, blamed = zip(*outcomes, strict=True)
    return sum(caught) / len(outcomes), sum(blamed) / len(outcomes)


def contradicted(found: Tables) -> dict[str, dict[str, Any]]:
    """The relations that don't hold, by id."""
    return {r["relation_id"]: r for r in found["reconciliation"].to_pylist() if r["verdict"] == "contradiction"}


# Systems whose truth is known are made up by the tests.
SYSTEMS: dict[str, Callable[[int, Tables], Tables]] = {
    "printed to the last digit, in full": lambda seed, _: well_connected(seed).tables(),
    "rounded and qualified, in part": lambda seed, _: made_up(seed).tables(),
    "the record": lambda _, tables: tables,
}


if __name__ == "__main__":
    sys.exit(main())
