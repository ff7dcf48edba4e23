"""`as_of` and `series` on many observations, beside SQL in DuckDB and plain pandas on the same file."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.observations import SCHEMA, batches
from benchmarks.parts import ROOT, Part, Settings
from benchmarks.processes import Run, in_turn
from benchmarks.results import Result, of_growth, of_pairs
from china_border_statistics.curation.package import PARQUET_OPTIONS, ROW_GROUP
from china_border_statistics.curation.schema import TABLES

SIZES, FULL_SIZES = (10**5, 10**6), (10**5, 10**6, 10**7)
SMALL_SIZES = (10**3, 10**4)
DAY, METRIC = "2020-01-01", "crossings"
# What a process has to import is measured elsewhere: here it is imported before the clock starts.
TIMED = """
import sys, time
{imports}
file = {file!r}
start = time.perf_counter()
{code}
seconds = time.perf_counter() - start
print(found.num_rows if hasattr(found, 'num_rows') else len(found), seconds)
"""
IMPORTS = {
    "ours": "import pandas, pyarrow.compute, pyarrow.csv, pyarrow.parquet, china_border_statistics as cbs, "
    "china_border_statistics.reader",
    # Its progress bar would be printed among the answers.
    "DuckDB": "import duckdb, pyarrow; database = duckdb.connect(); database.sql('set enable_progress_bar = false')",
    "pandas": "import pandas as pd, pyarrow.parquet",
}
COLUMNS = (
    "announced, period_start, period_end, value, lower, upper, qualifier, unit, obs_status, is_latest, printed, "
    "source_url, source_id, observation_id, note, scope_id"
)
CODES = {
    "as_of": {
        "ours": f"found = cbs.load(as_of={DAY!r}, to='arrow')",
        "DuckDB": f'''found = database.sql(f"""
            with last as (
                select max_by(file_row_number, (announced, announcement_id)) as number
                from read_parquet('{{file}}', file_row_number = true) where announced <= date '{DAY}'
                group by series_id, period_start, period_end)
            select * exclude (file_row_number) from read_parquet('{{file}}', file_row_number = true)
            where file_row_number in (select number from last) order by observation_id""").to_arrow_table()''',
        "pandas": f"""
frame = pd.read_parquet(file)
frame = frame[frame["announced"] <= pd.Timestamp({DAY!r}).date()].sort_values(["announced", "announcement_id"])
found = frame.groupby(["series_id", "period_start", "period_end"], dropna=False).tail(1).sort_values("observation_id")
""",
    },
    "series": {
        "ours": f"found = cbs.series({METRIC!r}, to='arrow')",
        "DuckDB": f'''found = database.sql(f"""
            select {COLUMNS} from read_parquet('{{file}}')
            where metric_id = '{METRIC}' and scope_id = 'all' and area = 'CN' and period_kind = 'day'
            order by announced, period_end""").to_arrow_table()''',
        "pandas": f"""
frame = pd.read_parquet(file)
frame = frame[(frame["metric_id"] == {METRIC!r}) & (frame["scope_id"] == "all") & (frame["area"] == "CN")]
found = frame[{COLUMNS.split(", ")!r}].sort_values(["announced", "period_end"])
""",
    },
}


def measure(settings: Settings) -> Iterator[Result]:
    """Time each question at each size, and say how time and memory grow."""
    sizes = FULL_SIZES if settings.is_full else SMALL_SIZES if settings.only_small else SIZES
    earlier: dict[str, Run] = {}
    for size in sizes:
        root = settings.folder / f"observations-{size}"
        write_package(root, size, settings.of)
        for question in CODES:
            rounds = ask(root, question, 1 if size == max(FULL_SIZES) else min(settings.runs, 5))
            yield from held(question, size, rounds, earlier)
        shutil.rmtree(root)


def held(question: str, size: int, rounds: list[tuple[Run, ...]], earlier: dict[str, Run]) -> Iterator[Result]:
    """One question at one size beside the others, and beside the size before."""
    name = f"{question}, {size:,} observations"
    for at, (other, aim) in enumerate((("DuckDB", 1.2), ("pandas", 1.0)), 1):
        pairs = [(runs[0].inner, runs[at].inner) for runs in rounds]
        yield of_pairs("lookups", f"{name} / {other}", "s", pairs, aim)
        memory = [(runs[0].peak, runs[at].peak) for runs in rounds]
        yield of_pairs("lookups", f"{name}: memory / {other}'s", "MiB", memory, 1.2)
    middle = sorted((runs[0] for runs in rounds), key=lambda run: run.inner)[len(rounds) // 2]
    if question in earlier:
        for what, unit, mine, before in (
            ("", "s", middle.inner, earlier[question].inner),
            (": memory", "MiB", middle.peak, earlier[question].peak),
        ):
            yield of_growth("lookups", f"{name}{what} / a tenth of them", unit, mine, before, 10)
    earlier[question] = middle


def ask(root: Path, question: str, runs: int) -> list[tuple[Run, ...]]:
    """Answer a question in each way, in turn.

    Raises
    ------
    ValueError
        If the answers have different numbers of rows.
    """
    file = str(root / TABLES["observations"].path)
    codes = [
        ("-W", "ignore", "-c", TIMED.format(imports=IMPORTS[who], code=code, file=file))
        for who, code in CODES[question].items()
    ]
    rounds = in_turn(codes, runs, root / "src", warm=runs > 1)
    for answers in rounds:
        if len({answer.printed.split()[0] for answer in answers}) != 1:
            raise ValueError(f"{question}: {[answer.printed for answer in answers]} rows and seconds")
    return rounds


def write_package(root: Path, size: int, of: Path = ROOT) -> None:
    """Write a package whose observations are made up, with a copy of the reader that reads just this one.

    Parameters
    ----------
    root : Path
        The folder to make.
    size : int
        Observations.
    of : Path
        The checkout whose reader it is.
    """
    for name in ("data/vocabulary", "src"):
        shutil.copytree(of / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = root / TABLES["observations"].path
    write_observations(path, size)
    described = json.loads((of / "datapackage.json").read_text("utf-8"))
    for resource in described["resources"]:
        if resource["name"] == "observations":
            with path.open("rb") as file:
                resource["hash"] = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    (root / "datapackage.json").write_text(json.dumps(described), "utf-8")


def write_observations(path: Path, size: int) -> None:
    """Write so many made-up observations as a published table is written, a group of rows at a time."""
    with pq.ParquetWriter(path, SCHEMA, **PARQUET_OPTIONS) as writer:
        for batch in batches(size):
            writer.write_table(pa.Table.from_batches([batch]), row_group_size=ROW_GROUP)


PART = Part(
    "Looking up",
    f"""\
`load(as_of="{DAY}")` and `series("{METRIC}")` of made-up observations, each subject announced twice, in a Parquet file
written as the published one, beside hand-written SQL in DuckDB and beside pandas. Ours and DuckDB's answers are Arrow
tables, pandas' frames; imports aren't counted. A series takes a hundred rows from all over the file: of pages that hold
none, DuckDB decodes less than pyarrow can.""",
    measure,
)
