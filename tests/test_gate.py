"""The gate notices what has been tampered with, even where the descriptor's hash has been made to fit."""

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from china_border_statistics import __version__
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import build

Change = Callable[[pa.Table], pa.Table]
Described = dict[str, Any]

SPRING, AUTUMN = "2024-03-10-harbour", "2024-09-10-harbour"


def rehash(folder: Path) -> None:
    """Write the hashes of the files as they are into the descriptor; what holds them for catalogues goes."""
    for name in ("croissant.json", ".zenodo.json"):
        (folder / name).unlink(missing_ok=True)
    path = folder / "datapackage.json"
    described = json.loads(path.read_text("utf-8"))
    for resource in described["resources"]:
        resource["hash"] = f"sha256:{hashlib.sha256((folder / resource['path']).read_bytes()).hexdigest()}"
    path.write_text(json.dumps(described), "utf-8")


def report(folder: Path) -> str:
    return "\n".join(map(str, package_problems(folder)))


def put(column: str, value: object, row: int = 0) -> Change:
    """Put another value into one cell."""

    def change(table: pa.Table) -> pa.Table:
        cells = table[column].to_pylist()
        assert cells[row] != value
        cells[row] = value
        index = table.column_names.index(column)
        return table.set_column(index, table.schema.field(index), pa.array(cells, table.schema.field(index).type))

    return change


def move(column: str, by: float, row: int = 0) -> Change:
    """Add to one number."""
    return lambda table: put(column, table[column][row].as_py() + by, row)(table)


def retype(column: str, kind: pa.DataType, nullable: bool = False) -> Change:
    def change(table: pa.Table) -> pa.Table:
        index = table.column_names.index(column)
        return table.set_column(index, pa.field(column, kind, nullable), table[column].cast(kind))

    return change


def without(column: str, value: str) -> Change:
    """Leave out the rows with a value."""
    return lambda table: table.filter(pc.not_equal(table[column], value))


def in_turn(*changes: Change) -> Change:
    def change(table: pa.Table) -> pa.Table:
        for one in changes:
            table = one(table)
        return table

    return change


def test_the_project_passes(pristine: Path) -> None:
    assert package_problems(pristine) == []


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        # Types, columns, order
        ("observations", retype("value", pa.float32()), "value: found float not null; expected double not null"),
        ("observations", retype("n_sources", pa.int32()), "n_sources: found int32 not null; expected int64 not null"),
        ("observations", retype("announced", pa.timestamp("ms")), "expected date32[day] not null"),
        ("observations", retype("unit", pa.large_string()), "found large_string not null; expected string not null"),
        ("citations", retype("printed", pa.string(), nullable=True), "found string; expected string not null"),
        ("citations", lambda table: table.drop_columns(["note"]), "note: found no such column; expected string"),
        ("citations", lambda table: table.append_column("more", pa.nulls(table.num_rows, pa.string())), "more: found"),
        ("citations", lambda table: table.select(table.column_names[::-1]), "expected the columns citation_id, obs"),
        ("citations", lambda table: table.take(list(range(table.num_rows))[::-1]), "rows are sorted by it"),
        ("citations", lambda table: pa.concat_tables([table.slice(0, 1), table]), "an id given once"),
        ("changes", lambda table: table.slice(0, 0).drop_columns(["note"]), "note: found no such column"),
        # Constraints of one column
        ("citations", put("qualifier", "maybe"), "row 1, qualifier: found 'maybe'; expected one of exact, rounded"),
        ("sources", put("url", "ftp://harbour.example"), "an address that begins with http://"),
        ("sources", put("text_sha256", "54B9"), "64 of 0 to 9 and a to f"),
        ("sources", put("note", ""), "a text that isn't empty"),
        ("sources", put("note", "a bell\a"), "a text without control characters"),
        ("citations", put("quote", "1240艘" + "字" * 80), "at most 80 characters"),
        ("observations", put("value", float("nan")), "value: found nan; expected a finite number"),
        ("observations", put("upper", float("inf")), "upper: found inf; expected a finite number"),
        ("observations", put("n_sources", 0), "at least 1"),
        ("announcements", put("n_observations", -1), "at least 0"),
        # Keys that point nowhere
        ("citations", put("source_id", f"{SPRING}:moon-en"), "expected an id of sources"),
        ("observations", put("metric_id", "boats_sunk"), "expected an id of metrics"),
        ("observations", put("unit", "stone"), "expected an id of units"),
        ("changes", put("base_observation_id", f"{SPRING}/none"), "expected an id of observations"),
        ("sources", put("publisher", "moon"), "expected an id of publishers"),
        ("announcements", without("announcement_id", AUTUMN), "expected an id of announcements"),
        # Tokens and quotes
        ("citations", put("printed", "1,300"), "expected a quote that holds '1,300'"),
        ("citations", put("quote", "a list of over 1,300 boats"), "expected a quote that holds 'over 1,200'"),
        ("citations", put("printed", "a list"), "printed: found a list; expected a readable number"),
        ("citations", put("language", "ru"), "expected a readable number"),
        ("citations", move("value", 1), "value: found 1201.0; expected 1200.0"),
        ("citations", move("lower", -1), "lower: found 1199.0; expected 1200.0"),
        ("citations", move("upper", 1), "upper: found 1301.0; expected 1300.0"),
        ("citations", put("qualifier", "about"), "qualifier: found about; expected over"),
        ("citations", put("agreement", "same"), "agreement: found same; expected rounds"),
        ("citations", put("agreement", "disagrees"), "agreement: found disagrees; expected rounds"),
        ("citations", put("citation_id", f"{SPRING}/boats_registered@lantern"), "citation_id: found"),
        ("citations", move("end", 1, row=1), "end: found 29.0; expected 28.0, start and the quote's length"),
        ("citations", put("end", None, row=1), "both offsets or none"),
        ("citations", in_turn(put("start", -1.0, row=1), put("end", 8.0, row=1)), "start: found -1.0; expected at lea"),
        ("citations", put("source_id", f"{AUTUMN}:office-en"), "a source of 2024-03-10-harbour, the observation's"),
        ("changes", put("printed", "42 percent"), "a quote that holds '42 percent'"),
        ("changes", put("quote", "24 percent less than last spring"), "expected a stated change that reads to growth"),
        ("changes", move("ratio_lower", -1), "expected a stated change that reads to growth, 0.23"),
        ("changes", put("reading", "level"), "expected a stated change that reads to level"),
        ("changes", put("basis", "vs_2019"), "change_id: found 2024-03-10-harbour/boats_registered~yoy@lantern-en"),
        ("changes", put("verdict", "consistent"), "verdict: found consistent; expected undetermined"),
        ("changes", put("readings_left", "both"), "readings_left: found both; expected growth"),
        ("changes", put("base_observation_id", f"{SPRING}/catch_landed"), "base_observation_id: found 2024"),
        # Bounds
        ("observations", put("lower", 1241.0), "expected a value from 1241.0 to 1240.0"),
        ("observations", put("upper", 1241.0), "expected equal bounds, not 1240.0 and 1241.0"),
        # Dates
        ("observations", put("announced", date(2024, 3, 11)), "announced: found 2024-03-11; expected 2024-03-10"),
        ("announcements", put("announced", date(2024, 3, 11)), "announced: found 2024-03-10; expected 2024-03-11"),
        ("observations", put("period_end", date(2024, 3, 11)), "on or before 2024-03-10, unless a forecast"),
        ("observations", put("period_end", date(2023, 12, 31), row=4), "period_start: found 2024-01-01 to 2023-12-31"),
        ("observations", put("obs_status", "F", row=3), "after 2024-03-10, for a forecast"),
        ("observations", put("period_end", date(2024, 2, 28), row=3), "one month of the calendar"),
        # What is said twice is said alike
        ("citations", without("observation_id", f"{SPRING}/catch_landed"), "expected a citation that prints it"),
        ("observations", put("printed", "1,240"), "expected a citation that prints it"),
        ("observations", put("metric_label", "boats"), "metric_label: found boats; expected boats registered"),
        ("observations", put("metric_label_zh", "船"), "metric_label_zh: found 船; expected 登记船只数"),
        ("observations", put("scope_label", "all"), "scope_label: found all; expected no restriction"),
        ("observations", put("unit", "kg"), "unit: found kg; expected boat"),
        ("observations", put("source_url", "https://elsewhere.example"), "expected https://harbour.example/zh/1"),
        ("observations", put("printed_language", "zh-Hant"), "printed_language: found zh-Hant; expected zh-Hans"),
        ("observations", put("area", "CN-YN"), "series_id: found boats_registered.all.CN.cumulative; expected boats"),
        ("observations", put("n_sources", 3), "n_sources: found 3; expected 2"),
        ("observations", put("n_disagree", 1), "n_disagree: found 1; expected 0"),
        ("observations", put("is_latest", False), "is_latest: found False; expected True"),
        ("observations", put("obs_status", "B"), "expected a note that explains status B"),
        ("announcements", put("n_observations", 3), "n_observations: found 3; expected 4"),
    ],
)
def test_a_tampered_table(built: Path, table: str, change: Change, words: str) -> None:
    path = built / f"data/{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    rehash(built)
    assert words in report(built)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("metrics", "上岸渔获", "", "metrics.csv:4: label_zh: found nothing; expected a value"),
        ("metrics", "metric_id", "id", "metric_id: found no such column"),
        ("metrics", ",boats_registered,", ",ships,", "parent_metric_id: found 'ships'; expected an id of"),
        ("metrics", "fish,in,,", "fish,in,boats_registered,", "unit: found kg; expected boat"),
        ("scopes", "2024-02-25", "2024-02-31", "expected a readable table"),
        ("units", "boat,boat,艘,count,", "boat,boat,艘,number,", "dimension: found 'number'; expected one of count"),
        ("units", "boat,", "boat,,", "expected a readable table"),
    ],
)
def test_a_tampered_code_list(built: Path, file: str, old: str, new: str, words: str) -> None:
    path = built / f"data/vocabulary/{file}.csv"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    rehash(built)
    assert words in report(built)


def truncated(content: bytes) -> bytes:
    return content[:-100]


def flipped(content: bytes) -> bytes:
    """One bit of the first page: the page's checksum, not the file's hash, gives it away."""
    return content[:64] + bytes([content[64] ^ 1]) + content[65:]


@pytest.mark.parametrize("damage", [truncated, flipped, bytes.upper, lambda _: b""])
def test_a_damaged_file(built: Path, damage: Callable[[bytes], bytes]) -> None:
    path = built / "data/observations.parquet"
    path.write_bytes(damage(path.read_bytes()))
    rehash(built)
    assert "data/observations.parquet: file: found " in report(built)
    assert "expected a readable table" in report(built)


def test_a_damaged_byte_never_crashes_the_gate(built: Path) -> None:
    path = built / "data/announcements.parquet"
    content = path.read_bytes()
    for at in range(0, len(content), 101):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
        assert "announcements.hash" in report(built)


def test_a_missing_file(built: Path) -> None:
    (built / "data/sources.parquet").unlink()
    assert "data/sources.parquet: file: found" in report(built)


def resource(described: Described, name: str) -> Described:
    found: Described = next(one for one in described["resources"] if one["name"] == name)
    return found


def loosened(described: Described) -> Described:
    """Provenance no longer required."""
    fields = resource(described, "citations")["schema"]["fields"]
    del next(field for field in fields if field["name"] == "source_id")["constraints"]["required"]
    return described


def altered(name: str, /, **properties: object) -> Callable[[Described], Described]:
    def alter(described: Described) -> Described:
        resource(described, name).update(properties)
        return described

    return alter


def repeated(described: Described) -> Described:
    return described | {"resources": [*described["resources"], resource(described, "units")]}


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (altered("changes", hash="sha256:0"), "changes.hash: found sha256:0; expected sha256:"),
        (altered("changes", hash=None), "changes.hash: found None; expected sha256:"),
        (altered("changes", path="../changes.parquet"), "found ../changes.parquet; expected data/changes.parquet"),
        (altered("changes", path="/data/changes.parquet"), "changes.path"),
        (altered("changes", path="https://elsewhere.example/changes.parquet"), "changes.path"),
        (altered("changes", path=["data/changes.parquet", "data/more.parquet"]), "changes.path"),
        (altered("changes", name="alterations"), "alterations"),
        (loosened, "citations.schema: found another schema"),
        (repeated, "found observations, citations, changes, sources, announcements, reconciliation, recon"),
        (lambda described: described | {"resources": described["resources"][1:]}, "resources: found citations"),
        (lambda described: described | {"resources": None}, "a data package descriptor"),
        (lambda described: described | {"resources": "all"}, "a data package descriptor"),
        (lambda described: described | {"resources": [{"name": ["a"]}]}, "a data package descriptor"),
        (lambda described: [described], "a data package descriptor"),
        (
            altered("units", dialect={"delimiter": ";"}),
            "units.dialect: found {'delimiter': ';'}; expected no such prop",
        ),
        (altered("units", title="Other units"), "units.title: found Other units; expected Units"),
        (lambda described: described | {"version": "9.9.9"}, "metadata version: found "),
        (lambda described: described | {"homepage": "https://elsewhere.example"}, "metadata homepage: found https://"),
        (
            lambda described: described | {"licenses": []},
            "package: found something missing; expected homepage, licence",
        ),
        (lambda described: described | {"$schema": "https://elsewhere.example"}, "$schema: found https://elsewhere"),
        (lambda d: {key.lstrip("$"): value for key, value in d.items()}, "$schema: found None; expected https://data"),
        # What only the files beside it, or pyproject.toml, can tell.
        (lambda described: described | {"title": "Another title"}, "croissant.json: file: found another description"),
        # Only Frictionless looks at these.
        (lambda described: described | {"sources": 5}, "sources"),
    ],
)
def test_a_tampered_descriptor(built: Path, alter: Callable[[Described], object], words: str) -> None:
    path = built / "datapackage.json"
    path.write_text(json.dumps(alter(json.loads(path.read_text("utf-8")))), "utf-8")
    assert words in report(built)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "Another title"),
        ("$schema", "https://elsewhere.example"),
        ("created", "2020-01-01T00:00:00Z"),
        ("contributors", []),
        ("image", "a.png"),
    ],
)
def test_a_descriptor_that_is_not_the_project_s(built: Path, key: str, value: object) -> None:
    path = built / "datapackage.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {key: value}), "utf-8")
    problems = package_problems(built, Metadata.read(built))
    assert [problem.field for problem in problems] == [key]


def test_parquet_files_say_what_the_descriptor_says(built: Path) -> None:
    path = built / "data/changes.parquet"
    table = pq.read_table(path)
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata(metadata | {"licence": "CC0", "by": "others"}), path)
    rehash(built)
    words = report(built)
    assert "data/changes.parquet: metadata licence: found CC0; expected CC-BY-4.0, as datapackage.json" in words
    assert "metadata by: found others; expected no such key" in words


@pytest.mark.parametrize("name", ["croissant.json", ".zenodo.json"])
def test_what_catalogues_are_told_is_what_the_descriptor_says(built: Path, name: str) -> None:
    path = built / name
    path.write_text(path.read_text("utf-8").replace(__version__, "9.9.9"), "utf-8")
    assert f"{name}: file: found another description" in report(built)
    path.write_bytes(b"{")
    assert f"{name}: file: found another description" in report(built)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff"])
def test_no_descriptor(built: Path, content: bytes | None) -> None:
    path = built / "datapackage.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert "datapackage.json: file: found " in report(built)


def test_a_quote_may_hold_its_token_twice(project: Path, edit: Callable[[str, str, str], None]) -> None:
    # Read at its first place the token would be a rise.
    change = 'change: {basis: yoy, value: "-5 %", printed: {lantern-en: "up 5% inland, down [5%] here"}}'
    edit(f"data/records/2024/{SPRING}.yaml", "    value: 310\n", f"    value: 310\n    {change}\n")
    assert build(project).tables["changes"].num_rows == 3
