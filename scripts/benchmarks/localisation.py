"""Which slips in a figure the reconciliation catches, and whether it blames the right one."""

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.parts import ROOT, Part, Settings
from benchmarks.results import Result
from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.schema import derived_tables
from china_border_statistics.curation.vocabulary import read_vocabulary

sys.path.insert(0, str(ROOT / "tests"))
from systems import made_up, well_connected

Tables = dict[str, Any]
SLIPS, FEWEST = 40, 2


def measure(settings: Settings) -> Iterator[Result]:
    """Make one figure of each system wrong, by one share after the other: minutes, so only where all is measured."""
    if not (settings.is_full or settings.only_small):
        return
    vocabulary, _ = read_vocabulary(ROOT)
    tables = {table.name: pq.read_table(ROOT / table.path) for table in derived_tables()} | dict(vocabulary.tables)
    count = FEWEST if settings.only_small else SLIPS
    for name, system in SYSTEMS.items():
        for share in (0.01, 0.1, 0.5):
            caught, blamed = slips((system(seed, tables) for seed in range(count)), share)
            yield Result("localisation", f"{name}, wrong by {share:.0%}: caught", "%", 100 * caught)
            yield Result("localisation", f"{name}, wrong by {share:.0%}: and the right one blamed", "%", 100 * blamed)


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
PART = Part(
    "Localisation",
    """\
One figure of a system made wrong by a share: in how many of ten systems (forty with `--full`) the reconciliation finds
a new contradiction, and blames that figure ([method](method.md)). Nothing is timed.""",
    measure,
)
