"""What maintainers run, on the record and on many copies of it: time, memory, and how they grow."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.copies import commit, make_project
from benchmarks.parts import ROOT, Part, Settings
from benchmarks.processes import Run, in_turn, run
from benchmarks.results import Result, of_growth, of_pairs

COPIES, FULL_COPIES = (1, 10), (1, 10, 100)
READ_TABLES = """
import sys, time
from pathlib import Path
import pyarrow.parquet as pq
from china_border_statistics.curation import schema
from china_border_statistics.curation.vocabulary import read_vocabulary
root = Path(sys.argv[1])
tables = {{table.name: pq.read_table(root / table.path) for table in schema.derived_tables()}}
tables |= read_vocabulary(root)[0].tables
start = time.perf_counter()
{code}
print(time.perf_counter() - start)
"""
RECONCILE = READ_TABLES.format(
    code="from china_border_statistics.curation.reconcile import reconcile\nreconcile(tables, {})"
)
OWN_RULES = READ_TABLES.format(
    code="""
from china_border_statistics.curation.constraints import reference_faults, table_faults
faults = [fault for table in schema.TABLES.values() for fault in table_faults(table, tables[table.name])]
assert not faults and not list(reference_faults(tables))
"""
)
FRICTIONLESS = """
import sys, time
from pathlib import Path
from china_border_statistics.curation.frictionless_gate import frictionless_problems
start = time.perf_counter()
assert not list(frictionless_problems(Path(sys.argv[1]), is_stock=sys.argv[2] == "stock"))
print(time.perf_counter() - start)
"""


def measure(settings: Settings) -> Iterator[Result]:
    """Run each step at each size, then our rules beside Frictionless's."""
    sizes = FULL_COPIES if settings.is_full else COPIES[:1] if settings.only_small else COPIES
    first: dict[str, Run] = {}
    for copies in sizes:
        root = settings.folder / f"copies-{copies}"
        make_project(root, copies, settings.of)
        for step, done in steps(root):
            yield from of_step(step, copies, done, first)
        if copies in COPIES and settings.of == ROOT:
            yield from rules(root, copies, settings)
        shutil.rmtree(root)


def steps(root: Path) -> Iterator[tuple[str, Run]]:
    """Build, release, validate and reconcile a project, each in a fresh process."""
    source = root / "src"
    yield "build", run((root / "scripts/build.py",), source)
    commit(root)
    yield "release", run((root / "scripts/release.py",), source)
    yield "validate", run((root / "scripts/validate.py",), source)
    yield "reconcile", run(("-c", RECONCILE, root), source)


def of_step(step: str, copies: int, done: Run, first: dict[str, Run]) -> Iterator[Result]:
    """Time and memory of a step, beside those of one copy."""
    seconds = done.inner if step == "reconcile" else done.seconds
    if copies == 1:
        first[step] = done
        yield Result("curation", f"{step}, the record", "s", seconds)
        yield Result("curation", f"{step}, the record: memory", "MiB", done.peak)
        return
    smaller = first[step]
    before = smaller.inner if step == "reconcile" else smaller.seconds
    yield of_growth("curation", f"{step}, {copies} copies / one", "s", seconds, before, copies)
    yield of_growth("curation", f"{step}, {copies} copies: memory / one's", "MiB", done.peak, smaller.peak, copies)


def rules(root: Path, copies: int, settings: Settings) -> Iterator[Result]:
    """Our constraints and keys, and our reader of rows, beside stock Frictionless on the same tables."""
    runs = min(settings.runs, 3) if copies == 1 else 1
    codes = [("-c", OWN_RULES, root), ("-c", FRICTIONLESS, root, "ours"), ("-c", FRICTIONLESS, root, "stock")]
    rounds = in_turn(codes, runs, root / "src", warm=False)
    where = "the record" if copies == 1 else f"{copies} copies"
    for at, what in enumerate(("constraints and keys by our gate", "Frictionless given rows by pyarrow")):
        pairs = [(answers[at].inner, answers[2].inner) for answers in rounds]
        yield of_pairs("curation", f"{what}, {where} / stock Frictionless", "s", pairs, 1)


PART = Part(
    "Curation",
    """\
The scripts that maintainers run, in a checkout of a made-up project that was never released and holds the record once,
ten and a hundred times side by side, each copy with announcements and scopes of its own. `validate` runs Frictionless
as anybody does, with its own reader of Parquet files; a build hands it the rows. `reconcile` is the computation alone.
The hundredfold takes hours; in November 2026 its steps ran beside other work, and their times are processor time. Then
our rules beside Frictionless's on the same tables.""",
    measure,
)
