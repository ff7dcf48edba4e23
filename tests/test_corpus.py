"""Corpora: documents in, figures out, over Arrow; shards that are whole or not there; Spark."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from china_border_statistics.curation import corpus
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.wording import Wording

ROOT = Path(__file__).parents[1]
DAY = date(2024, 7, 5)
TEXT = "今年上半年，共查验出入境人员{}万人次，同比增长12.5%。签发普通护照36万本。"


def documents(count: int) -> pa.Table:
    rows = [
        {"document_id": f"d{n:04}", "text": TEXT.format(n + 100), "language": None, "announced": DAY}
        for n in range(count)
    ]
    return pa.Table.from_pylist(rows, schema=corpus.DOCUMENTS)


def batch_of(*rows: tuple[str, str | None, str | None, date | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [dict(zip(corpus.DOCUMENTS.names, row, strict=True)) for row in rows], schema=corpus.DOCUMENTS
    )


def test_a_batch_of_documents_gives_a_batch_of_figures(wording: Wording) -> None:
    found = corpus.propose_batch(
        batch_of(("a", TEXT.format(7), None, DAY), ("b", TEXT.format(8), "zh-Hans", DAY)), wording
    )
    assert found.schema == corpus.FIGURES
    assert found["document_id"].to_pylist() == ["a", "a", "b", "b"]
    first = found.to_pylist()[0]
    assert (first["printed"], first["value"], first["metric_id"]) == ("7万人次", 70000.0, "crossings")
    assert (first["period_kind"], first["change_basis"], first["change_printed"]) == ("half", "yoy", "12.5%")


def test_a_document_that_cant_be_read_is_a_row_with_its_problem(wording: Wording) -> None:
    found = corpus.propose_batch(
        batch_of(
            ("empty", "", None, DAY),
            ("undated", "查验出入境人员7万人次。", None, None),
            ("german", "Im ersten Halbjahr wurden es mehr.", None, DAY),
            ("french", "287 millions", "fr", DAY),
            ("nothing", "今天天气很好。", "zh-Hans", DAY),
        ),
        wording,
    )
    problems = dict(zip(found["document_id"].to_pylist(), found["problem"].to_pylist(), strict=True))
    assert problems == {
        "empty": "no text",
        "undated": "no day of announcement",
        "german": "neither Chinese nor English",
        "french": "language 'fr': figures are proposed from en, zh-Hans, zh-Hant",
    }


def test_a_run_is_resumed_and_no_shard_is_half(tmp_path: Path) -> None:
    source, out = tmp_path / "archive.parquet", tmp_path / "figures"
    pq.write_table(documents(50), source, row_group_size=20)
    todo, done = corpus.plan(ROOT, [source], out)
    assert (len(todo), done) == (3, [])
    made = list(corpus.run(ROOT, todo[:1], workers=1))
    assert [(documents, figures) for _, documents, figures in made] == [(20, 40)]
    # A shard cut short, and one that a killed process left, don't count as done.
    todo[1].target.write_bytes(todo[0].target.read_bytes()[:100])
    (out / "archive.123.partial").write_bytes(b"half")
    rest, done = corpus.plan(ROOT, [source], out)
    assert [s.row_group for s in rest] == [1, 2]
    assert [s.row_group for s in done] == [0]
    list(corpus.run(ROOT, rest, workers=2))
    assert corpus.plan(ROOT, [source], out)[0] == []
    tables = [pq.read_table(path) for path in sorted(out.glob("*.parquet"))]
    assert sum(table.num_rows for table in tables) == 100


def test_a_shard_of_another_input_is_made_again(tmp_path: Path) -> None:
    source, out = tmp_path / "archive.parquet", tmp_path / "figures"
    pq.write_table(documents(5), source)
    list(corpus.run(ROOT, corpus.plan(ROOT, [source], out)[0], workers=1))
    pq.write_table(documents(6), source)
    assert len(corpus.plan(ROOT, [source], out)[0]) == 1


def test_a_failure_leaves_no_shard(tmp_path: Path) -> None:
    source, out = tmp_path / "archive.parquet", tmp_path / "figures"
    pq.write_table(documents(5), source)
    (shard,) = corpus.plan(ROOT, [source], out)[0]
    out.mkdir()
    content = source.read_bytes()
    source.write_bytes(content[:4] + bytes(len(content) // 2 - 4) + content[len(content) // 2 :])
    with pytest.raises((OSError, pa.ArrowException)):
        corpus.make_shard(str(ROOT), shard)
    assert list(out.iterdir()) == []


def test_a_file_that_holds_no_documents_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "no.parquet").write_bytes(b"not Parquet")
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "other.parquet")
    with pytest.raises(CurationError) as caught:
        corpus.plan(ROOT, [tmp_path / "no.parquet", tmp_path / "other.parquet"], tmp_path / "out")
    assert [(Path(p.file).name, p.field) for p in caught.value.problems] == [
        ("no.parquet", "file"),
        ("other.parquet", "announced"),
        ("other.parquet", "document_id"),
        ("other.parquet", "language"),
    ]
    assert not (tmp_path / "out").exists()


def test_spark_names_every_column() -> None:
    assert [part.split()[0].strip("`") for part in corpus.SPARK_SCHEMA.split(", ")] == corpus.FIGURES.names


@pytest.mark.slow
def test_the_same_function_runs_under_spark(tmp_path: Path) -> None:
    source = tmp_path / "archive.parquet"
    pq.write_table(documents(40), source)
    code = (
        "import sys\n"
        "from pyspark.sql import SparkSession\n"
        "from china_border_statistics.curation.corpus import SPARK_SCHEMA, map_in_arrow\n"
        "spark = SparkSession.builder.master('local[2]').config('spark.ui.enabled', 'false').getOrCreate()\n"
        "found = spark.read.parquet(sys.argv[1]).mapInArrow(map_in_arrow(sys.argv[2]), SPARK_SCHEMA)\n"
        "print(found.count(), found.filter(\"metric_id = 'crossings'\").agg({'value': 'sum'}).collect()[0][0])\n"
    )
    # The workers are other processes: they must be of the same interpreter.
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable}
    run = subprocess.run(
        [sys.executable, "-c", code, str(source), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        env=environment,
    )
    rows, total = run.stdout.split()
    assert int(rows) == 80
    assert float(total) == sum(10_000 * (n + 100) for n in range(40))


@pytest.mark.slow
def test_the_script_says_what_it_made(tmp_path: Path) -> None:
    source = tmp_path / "archive.parquet"
    pq.write_table(documents(30), source)
    command = [
        sys.executable,
        str(ROOT / "scripts/propose.py"),
        "--corpus",
        str(source),
        "--out",
        str(tmp_path / "out"),
    ]
    first, second = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first == "30 documents, 60 figures in 1 shards; 0 stood already\n"
    assert second == "0 documents, 0 figures in 0 shards; 1 stood already\n"
