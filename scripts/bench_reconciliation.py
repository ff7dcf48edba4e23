"""Measure the reconciliation: what it costs as the record grows, and which slips in a figure it catches."""

import argparse
import random
import sys
import time
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.curation.vocabulary import read_vocabulary

ROOT = Path(__file__).parents[1]
Tables = dict[str, pa.Table]


def main() -> int:
    """Print time and memory for copies of the record, and shares of corrupted figures caught and rightly blamed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 10, 100], help="sizes, in copies of the record")
    parser.add_argument("--slips", type=int, default=40, help="figures corrupted by each share")
    arguments = parser.parse_args()
    tables = read_tables()
    print(f"{'figures':>9}{'seconds':>9}{'s per 1,000':>13}{'peak, MiB':>11}")
    for copies in arguments.copies:
        larger = replicate(tables, copies)
        figures = larger["observations"].num_rows
        tracemalloc.start()
        start = time.perf_counter()
        reconcile(larger, {})
        seconds, peak = time.perf_counter() - start, tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        print(f"{figures:>9,}{seconds:>9.1f}{1000 * seconds / figures:>13.2f}{peak:>11.0f}")
    print(f"\n{'corrupted by':>12}{'figures':>9}{'caught':>9}{'blamed':>9}")
    for share in (0.01, 0.1, 0.5):
        caught, blamed = slips(tables, share, arguments.slips)
        print(f"{share:>12.0%}{arguments.slips:>9}{caught:>9.0%}{blamed:>9.0%}")
    return 0


def read_tables() -> Tables:
    """The published tables and code lists that the reconciliation reads, by name."""
    names = ("observations", "citations", "changes", "sources")
    vocabulary, _ = read_vocabulary(ROOT)
    tables = {name: pq.read_table(ROOT / TABLES[name].path) for name in names}
    return tables | {name: vocabulary.tables[name] for name in ("metrics", "scopes")}


def replicate(tables: Tables, copies: int) -> Tables:
    """Copies of the record side by side, each with scopes and ids of its own."""

    def renamed(table: pa.Table, copy: int) -> pa.Table:
        for name in set(table.column_names) & {"scope_id", "observation_id", "change_id", "citation_id"}:
            column = [value and f"c{copy}-{value}" for value in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), table.schema.field(name), pa.array(column))
        return table

    return {
        name: table if name in ("metrics", "sources") else pa.concat_tables(renamed(table, c) for c in range(copies))
        for name, table in tables.items()
    }


def slips(tables: Tables, share: float, number: int) -> tuple[float, float]:
    """Shares of corrupted figures that give a new contradiction, and of those that the localisation blames."""
    choice = random.Random(number)  # noqa: S311  a sample, not a secret
    rows = tables["observations"].to_pylist()
    usual = contradicted(reconcile(tables, {}))
    caught = blamed = 0
    for at in choice.sample([i for i, row in enumerate(rows) if row["obs_status"] in "AU"], number):
        row = rows[at]
        factor = 1 + share * choice.choice((-1, 1))
        slipped = row | {name: row[name] * factor for name in ("value", "lower", "upper")}
        changed = pa.Table.from_pylist([*rows[:at], slipped, *rows[at + 1 :]], schema=tables["observations"].schema)
        found = reconcile(tables | {"observations": changed}, {})
        caught += bool(contradicted(found) - usual)
        members = found["reconciliation_members"].to_pylist()
        blamed += {"observation_id": row["observation_id"], "role": "localised"} in [
            {"observation_id": m["observation_id"], "role": m["role"]} for m in members
        ]
    return caught / number, blamed / number


def contradicted(found: Tables) -> set[str]:
    """Ids of the relations that don't hold."""
    return {row["relation_id"] for row in found["reconciliation"].to_pylist() if row["verdict"] == "contradiction"}


if __name__ == "__main__":
    sys.exit(main())
