"""Report whether the published figures fit together: the relations tested, and those that don't hold."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from china_border_statistics.curation.schema import TABLES
from china_border_statistics.terminal import printable

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print the findings asked for; return 1 where one is a contradiction that nobody has accepted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--announcement", metavar="ID", help="only relations with a figure of this announcement")
    parser.add_argument("--metric", metavar="ID", help="only relations with a figure of this metric")
    parser.add_argument("--all", action="store_true", help="print the consistent ones too")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without Chinese
    tables = {name: read(name) for name in ("observations", "reconciliation", "reconciliation_members")}
    chosen = [row for row in tables["observations"] if matches(row, arguments.announcement, arguments.metric)]
    if not chosen:
        parser.error("no observation has that announcement and metric; see data/observations.parquet")
    ids = {row["observation_id"] for row in chosen}
    relations = {row["relation_id"] for row in tables["reconciliation_members"] if row["observation_id"] in ids}
    rows = [row for row in tables["reconciliation"] if row["relation_id"] in relations]
    for row in rows:
        if arguments.all or row["verdict"] != "consistent":
            accepted = f" (accepted: {row['accepted_reason']})" if row["accepted"] else ""
            print(printable(f"{row['verdict']}: {row['explanation']}{accepted}"))
            print(f"  {row['relation_id']}\n")
    counts = Counter(row["verdict"] for row in rows)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "no relation to test")
    return 1 if any(row["verdict"] == "contradiction" and not row["accepted"] for row in rows) else 0


def read(name: str) -> list[dict[str, Any]]:
    """Rows of a published table."""
    rows: list[dict[str, Any]] = pq.read_table(ROOT / TABLES[name].path).to_pylist()
    return rows


def matches(row: dict[str, Any], announcement: str | None, metric: str | None) -> bool:
    """Whether an observation is of the announcement and the metric asked for."""
    return announcement in (None, row["announcement_id"]) and metric in (None, row["metric_id"])


if __name__ == "__main__":
    sys.exit(main())
