"""Bytes: of the wheel, of each table beside other forms of it, and of one metric read over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import csv

from benchmarks.lookups import METRIC, write_observations
from benchmarks.parts import ROOT, Part, Settings
from benchmarks.processes import run
from benchmarks.results import Result
from benchmarks.serving import served
from china_border_statistics.curation.schema import TABLES, derived_tables

SIZE, SMALL_SIZE = 10**6, 10**4
COLUMNS = ("announced", "value", "lower", "upper", "unit")
# How each comes by one metric's figures.
READERS = {
    "polars": f"""
import sys, polars as pl
found = pl.scan_parquet(sys.argv[1]).filter(pl.col("metric_id") == {METRIC!r}).select({list(COLUMNS)}).collect()
print(len(found))""",
    "pyarrow": f"""
import sys, fsspec, pyarrow.compute as pc, pyarrow.parquet as pq
with fsspec.filesystem("http").open(sys.argv[1], cache_type="none") as file:
    found = pq.read_table(file, columns={["metric_id", *COLUMNS]}, pre_buffer=True)
print(found.filter(pc.equal(found["metric_id"], {METRIC!r})).num_rows)""",
}


def measure(settings: Settings) -> Iterator[Result]:
    """Weigh the wheel and the tables, then count what a reader fetches."""
    yield from wheel(settings.folder)
    for table in derived_tables():
        yield from forms(table.name, table.path, settings.folder)
    folder = settings.folder / "served"
    folder.mkdir()
    size = SMALL_SIZE if settings.only_small else SIZE
    write_observations(folder / "made-up.parquet", size)
    (folder / "observations.parquet").write_bytes((ROOT / TABLES["observations"].path).read_bytes())
    for name, what in (("observations", "the published observations"), ("made-up", f"{size:,} made-up ones")):
        yield from over_http(folder, f"{name}.parquet", what)


def wheel(folder: Path) -> Iterator[Result]:
    """Bytes of the wheel, beside those of what it holds."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = (folder / "dist").glob("*.whl")
    kept = sum(path.stat().st_size for path in (ROOT / "data/history").iterdir())
    current = sum((ROOT / table.path).stat().st_size for table in TABLES.values())
    yield Result("transfer", "wheel", "kB", made.stat().st_size / 1e3)
    yield Result(
        "transfer", "history of all releases / the tables of this one", "kB", kept / 1e3, current / 1e3, kept / current
    )


def forms(name: str, path: str, folder: Path) -> Iterator[Result]:
    """A table as published, beside the same rows as CSV and as JSON, a line each."""
    data = pq.read_table(ROOT / path)
    if not data.num_rows:
        return
    csv.write_csv(data, folder / "table.csv")
    rows = (json.dumps(row, ensure_ascii=False, default=str) for row in data.to_pylist())
    (folder / "table.json").write_text("\n".join(rows), "utf-8")
    ours = (ROOT / path).stat().st_size / 1e3
    for form in ("CSV", "JSON"):
        theirs = (folder / f"table.{form.lower()}").stat().st_size / 1e3
        yield Result("transfer", f"{name}.parquet / as {form}", "kB", ours, theirs, ours / theirs, 1)


def over_http(folder: Path, file: str, what: str) -> Iterator[Result]:
    """Bytes and requests of each reader for one metric, beside the whole file in one request."""
    whole = (folder / file).stat().st_size / 1e3
    for reader, code in READERS.items():
        with served(folder) as log:
            run(("-c", code, f"{log.address}/{file}"))
        sent = log.bytes / 1e3
        yield Result("transfer", f"one metric of {what}, {reader} / the file", "kB", sent, whole, sent / whole, 1)
        yield Result("transfer", f"one metric of {what}, {reader}: requests", "requests", log.requests)


PART = Part(
    "Bytes",
    f"""\
The wheel, every table beside the same rows in other forms, and what goes over the wire for five columns of one metric
(`{METRIC}`), counted by a server that answers ranges: polars by itself, pyarrow through fsspec without its cache.
DuckDB isn't among them: its extension for HTTP has to be fetched, and through fsspec it asks for whole files.""",
    measure,
)
