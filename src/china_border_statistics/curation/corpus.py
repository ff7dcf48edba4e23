"""Proposing figures for archives: documents in, figures out, over Arrow record batches.

``propose_batch`` is the one function; a process pool and PySpark's ``mapInArrow`` only carry it. A pool writes one
shard for each row group of the input; a shard stands under its name only when it is whole, and isn't made again.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from china_border_statistics.curation import schema
from china_border_statistics.curation.decoding import identify_language
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.propose import ProposedFigure, propose
from china_border_statistics.curation.wording import Wording, read_wording

DOCUMENTS = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("text", pa.string()),
        pa.field("language", pa.string()),
        pa.field("announced", pa.date32()),
    ]
)
"""A document: its text, its language (null: told by its characters) and the day it was announced."""

FIGURES = pa.schema(
    [
        pa.field("document_id", pa.string(), nullable=False),
        pa.field("problem", pa.string()),
        pa.field("printed", pa.string()),
        pa.field("value", pa.float64()),
        pa.field("lower", pa.float64()),
        pa.field("upper", pa.float64()),
        pa.field("qualifier", pa.string()),
        pa.field("unit", pa.string()),
        pa.field("metric_id", pa.string()),
        pa.field("alternatives", pa.string()),
        pa.field("confidence", pa.float64()),
        pa.field("scope_id", pa.string()),
        pa.field("period_kind", pa.string()),
        pa.field("period_start", pa.date32()),
        pa.field("period_end", pa.date32()),
        pa.field("start", pa.int64()),
        pa.field("end", pa.int64()),
        pa.field("quote", pa.string()),
        pa.field("change_basis", pa.string()),
        pa.field("change_printed", pa.string()),
        pa.field("change_ratio_lower", pa.float64()),
        pa.field("change_ratio_upper", pa.float64()),
    ]
)
"""A proposed figure, and its first stated change; a document that can't be read is one row with its problem."""

# Documents of one call; a batch in memory is this many texts and their figures.
BATCH_DOCUMENTS = 256
_MADE_FROM = b"china_border_statistics.made_from"


def propose_batch(batch: pa.RecordBatch, wording: Wording) -> pa.RecordBatch:
    """Propose the figures of a batch of documents.

    Parameters
    ----------
    batch : pyarrow.RecordBatch
        Of the schema ``DOCUMENTS``.
    wording : Wording
        The vocabulary's phrases.

    Returns
    -------
    pyarrow.RecordBatch
        Of the schema ``FIGURES``: documents in their order, figures in the order of the text.
    """
    rows = [row for document in batch.to_pylist() for row in _rows(document, wording)]
    return pa.RecordBatch.from_pylist(rows, schema=FIGURES)


def _rows(document: Mapping[str, Any], wording: Wording) -> list[dict[str, Any]]:
    text, announced = document["text"], document["announced"]
    name = document["document_id"]
    if not text or announced is None:
        return [{"document_id": name, "problem": f"no {'day of announcement' if text else 'text'}"}]
    language = document["language"] or identify_language(text)
    if language is None:
        return [{"document_id": name, "problem": "neither Chinese nor English"}]
    try:
        figures = propose(text, language, announced, wording)
    except ValueError as error:
        return [{"document_id": name, "problem": str(error)}]
    return [{"document_id": name, **figure_row(figure, wording)} for figure in figures]


def figure_row(figure: ProposedFigure, wording: Wording) -> dict[str, Any]:
    """A figure as one row of plain values."""
    reading, period = figure.reading, figure.period
    change = figure.changes[0] if figure.changes else None
    return {
        "printed": figure.printed,
        "value": float(reading.value),
        "lower": float(reading.lower),
        "upper": float(reading.upper),
        "qualifier": reading.qualifier,
        "unit": reading.unit or (wording.units.get(figure.metric_id) if figure.metric_id else None),
        "metric_id": figure.metric_id,
        "alternatives": " ".join(figure.alternatives) or None,
        "confidence": figure.confidence,
        "scope_id": figure.scope,
        "period_kind": period.kind if period else None,
        "period_start": period.start if period else None,
        "period_end": period.end if period else None,
        "start": figure.start,
        "end": figure.end,
        "quote": figure.quote,
        "change_basis": change.basis if change else None,
        "change_printed": change.printed if change else None,
        "change_ratio_lower": float(change.change.ratio_lower) if change else None,
        "change_ratio_upper": float(change.change.ratio_upper) if change else None,
    }


def map_in_arrow(root: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Make the function that PySpark's ``mapInArrow`` takes.

    ``documents.mapInArrow(map_in_arrow("/path/of/project"), SPARK_SCHEMA)``: each worker reads the vocabulary below
    ``root`` once.
    """

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        wording = _wording(root)
        for batch in batches:
            for at in range(0, batch.num_rows, BATCH_DOCUMENTS):
                yield propose_batch(batch.slice(at, BATCH_DOCUMENTS), wording)

    return run


_SPARK_TYPES = {pa.string(): "string", pa.float64(): "double", pa.int64(): "bigint", pa.date32(): "date"}
SPARK_SCHEMA = ", ".join(f"`{f.name}` {_SPARK_TYPES[f.type]}" for f in FIGURES)
"""``FIGURES`` as Spark writes it."""


@cache
def _wording(root: str) -> Wording:
    return read_wording(Path(root))


# --- A process pool ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shard:
    """One row group of an input file, and the file its figures go to."""

    source: Path
    row_group: int
    target: Path
    made_from: str
    """Hash of the input's name, size and time and of the vocabulary: another hash, and the shard is made again."""
    rows: int


def plan(root: Path, sources: Sequence[Path], out: Path) -> tuple[list[Shard], list[Shard]]:
    """List the shards of a run: those to be made, and those that stand already.

    Raises
    ------
    CurationError
        If an input isn't a Parquet file of documents.
    """
    wording = hashlib.sha256((root / schema.PHRASES.path).read_bytes()).hexdigest()
    shards, problems = [], []
    for source in sources:
        try:
            file = pq.ParquetFile(source)
        except (OSError, pa.ArrowException) as error:
            found = str(error).partition("\n")[0]
            problems.append(Problem(str(source), 0, "file", found, "a Parquet file", "Give a file of documents."))
            continue
        for wanted in DOCUMENTS:
            at = file.schema_arrow.get_field_index(wanted.name)
            if at < 0 or file.schema_arrow.field(at).type != wanted.type:
                found = "no such column" if at < 0 else str(file.schema_arrow.field(at).type)
                action = "Write the column anew; see docs/adding-an-announcement.md."
                problems.append(Problem(str(source), 0, wanted.name, found, str(wanted.type), action))
        status = source.stat()
        name = hashlib.sha256(str(source.resolve()).encode()).hexdigest()[:8]
        made_from = f"{status.st_size} {status.st_mtime_ns} {wording}"
        shards += [
            Shard(source, group, out / f"{source.stem}-{name}-{group:05}.parquet", made_from, rows)
            for group in range(file.metadata.num_row_groups)
            for rows in [file.metadata.row_group(group).num_rows]
        ]
    if problems:
        raise CurationError(problems)
    return [s for s in shards if not is_done(s)], [s for s in shards if is_done(s)]


def is_done(shard: Shard) -> bool:
    """Whether a shard stands, whole, and was made from this input with this vocabulary."""
    try:
        metadata = pq.read_schema(shard.target).metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return bool(metadata.get(_MADE_FROM) == shard.made_from.encode())


def make_shard(root: str, shard: Shard) -> tuple[int, int]:
    """Make one shard in a few batches at a time; returns the numbers of documents and figures."""
    wording, made = _wording(root), FIGURES.with_metadata({_MADE_FROM: shard.made_from.encode()})
    partial = shard.target.with_suffix(f".{os.getpid()}.partial")
    documents = figures = 0
    try:
        with pq.ParquetFile(shard.source) as file, pq.ParquetWriter(partial, made, compression="zstd") as writer:
            names = DOCUMENTS.names
            for batch in file.iter_batches(BATCH_DOCUMENTS, row_groups=[shard.row_group], columns=names):
                found = propose_batch(batch.select(names), wording)
                writer.write_batch(found.cast(made))
                documents, figures = documents + batch.num_rows, figures + found.num_rows
        partial.replace(shard.target)
    finally:
        partial.unlink(missing_ok=True)
    return documents, figures


def run(root: Path, shards: Sequence[Shard], workers: int) -> Iterator[tuple[Shard, int, int]]:
    """Make the shards in a process pool.

    No more are handed out than twice the workers, so that memory doesn't grow with their number.

    Yields
    ------
    shard : Shard
        One that has been made, as soon as it is.
    documents, figures : int
        What it holds.
    """
    for shard in shards[:1]:
        shard.target.parent.mkdir(parents=True, exist_ok=True)
    waiting = iter(shards)
    with ProcessPoolExecutor(workers) as pool:
        running: dict[Future[tuple[int, int]], Shard] = {}
        while True:
            for shard in islice(waiting, 2 * workers - len(running)):
                running[pool.submit(make_shard, str(root), shard)] = shard
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield running.pop(future), *future.result()
