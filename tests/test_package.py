"""The files of a package: the same bytes from the same inputs, and what they promise of themselves."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from china_border_statistics import __version__
from china_border_statistics.curation import gate, schema
from china_border_statistics.curation.documents import citation_file, data_dictionary
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import build
from china_border_statistics.curation.problems import CurationError, Problem
from conftest import load_script, replace_once

DERIVED = [table.path for table in schema.derived_tables()]
TEXTS = [
    ".zenodo.json",
    "croissant.json",
    "CITATION.cff",
    "datapackage.json",
    "docs/coverage.md",
    "docs/coverage.svg",
    "docs/data-dictionary.md",
    "docs/findings.md",
]


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".build" not in path.parts
    }


def test_the_same_inputs_give_the_same_bytes(pristine: Path, project: Path) -> None:
    inputs = contents(project)
    first = build(project)
    assert contents(project) == contents(pristine)
    assert contents(project).keys() - inputs.keys() == {*DERIVED, *TEXTS}, "and nothing else is written"
    assert inputs.items() <= contents(project).items(), "what people write is left alone"
    again = build(project)
    assert contents(project) == contents(pristine)
    assert {name: sum(difference) for name, difference in again.differences.items()} == dict.fromkeys(
        first.differences, 0
    )


def test_a_build_says_what_it_changed(built: Path) -> None:
    record = built / "data/records/2024/2024-09-10-harbour.yaml"
    text = record.read_text("utf-8")
    record.write_text(
        text.replace("guests_counted-fair", "guests_counted-lanterns").replace("after a recount", "by a recount"),
        "utf-8",
    )
    differences = {name: difference for name, difference in build(built).differences.items() if any(difference)}
    assert differences == {"observations": (1, 1, 0), "citations": (1, 1, 1)}


@pytest.mark.parametrize("published", [b"", b"no Parquet at all"])
def test_a_build_replaces_files_it_cannot_read(built: Path, pristine: Path, published: bytes) -> None:
    (built / "data/changes.parquet").write_bytes(published)
    assert build(built).differences["changes"] == (2, 0, 0)
    assert contents(built) == contents(pristine)


@pytest.mark.parametrize("path", DERIVED)
def test_parquet(pristine: Path, path: str) -> None:
    definition = next(table for table in schema.TABLES.values() if table.path == path)
    file = pq.ParquetFile(pristine / path)
    table = file.read()
    assert {str(kind) for kind in table.schema.types} <= {"string", "date32[day]", "bool", "int64", "double"}
    for column in table.schema:
        if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type):
            assert not column.nullable
            assert table[column.name].null_count == 0
    keys = [tuple(row.values()) for row in table.select(definition.primary_key).to_pylist()]
    assert keys == sorted(set(keys))
    assert {
        file.metadata.row_group(group).column(column).compression
        for group in range(file.num_row_groups)
        for column in range(file.metadata.num_columns)
    } == {"ZSTD"}
    about = {key.decode(): value.decode() for key, value in file.schema_arrow.metadata.items()}
    metadata = Metadata.read(pristine)
    assert about == {"homepage": metadata.homepage, "licence": metadata.licence, "version": __version__}


def test_descriptor(pristine: Path) -> None:
    described = json.loads((pristine / "datapackage.json").read_text("utf-8"))
    assert described["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert described["version"] == __version__
    assert [resource["name"] for resource in described["resources"]] == list(schema.TABLES)
    for resource in described["resources"]:
        path = PurePosixPath(resource["path"])
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert resource["hash"].startswith("sha256:")
        assert "bytes" not in resource, "stock Frictionless fails every Parquet resource that declares it"


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("observations", ["source_id", "printed", "source_url"]),
        ("citations", ["source_id", "printed", "quote", "observation_id"]),
        ("changes", ["source_id", "printed", "quote", "observation_id"]),
        ("sources", ["url", "publisher", "announcement_id"]),
    ],
)
def test_provenance_is_required_by_the_schema(pristine: Path, table: str, columns: list[str]) -> None:
    described = json.loads((pristine / "datapackage.json").read_text("utf-8"))
    resource = next(resource for resource in described["resources"] if resource["name"] == table)
    constraints = {field["name"]: field.get("constraints", {}) for field in resource["schema"]["fields"]}
    assert all(constraints[column].get("required") for column in columns)
    if "quote" in columns:
        assert constraints["quote"]["maxLength"] == 80
    keys = {key["fields"][0]: key["reference"]["resource"] for key in resource["schema"]["foreignKeys"]}
    assert table == "sources" or keys["source_id"] == "sources"


def test_citation_file(pristine: Path) -> None:
    cited = YAML(typ="safe", pure=True).load((pristine / "CITATION.cff").read_text("utf-8"))
    metadata = Metadata.read(pristine)
    assert (cited["cff-version"], cited["type"], cited["version"]) == ("1.2.0", "dataset", __version__)
    assert str(cited["date-released"]) == metadata.released
    assert (cited["license"], cited["url"]) == (metadata.licence, metadata.homepage)
    assert cited["keywords"] == list(metadata.keywords)


@pytest.mark.parametrize("title", ['the "great" count', "a back\\slash: here", "# 数"])
def test_a_citation_file_holds_any_title(pristine: Path, title: str) -> None:
    text = citation_file(replace(Metadata.read(pristine), title=title))
    assert YAML(typ="safe", pure=True).load(text)["title"] == title


def test_data_dictionary_names_every_column() -> None:
    metric = dict.fromkeys(schema.TABLES["metrics"].arrow_schema.names, "any|thing")
    tables, _, metrics = data_dictionary([metric]).partition("# Metrics by family")
    assert "| `any/thing` | any/thing any/thing |" in metrics
    sections = tables.split("\n## ")[1:]
    for section, table in zip(sections, schema.TABLES.values(), strict=True):
        assert section.startswith(f"`{table.name}`")
        for column in table.columns:
            assert f"\n| `{column.name}` | {column.kind} | " in section


def fail(*_: object) -> None:
    raise OSError("no space left on device")


def refuse(*_: object) -> list[Problem]:
    return [Problem("data/changes.parquet", 0, "verdict", "none", "one", gate.REBUILD)]


# The inputs are right here; tests/test_bad_input.py has those that aren't.
@pytest.mark.parametrize(
    ("attribute", "fault", "error", "words"),
    [
        ("package.write_parquet", fail, OSError, "no space left"),
        ("package.citation_file", fail, OSError, "no space left"),
        ("package.package_problems", refuse, CurationError, "verdict: found none; expected one. The build is at fault"),
    ],
)
def test_a_build_that_fails_leaves_the_files_as_they_were(
    built: Path,
    monkeypatch: pytest.MonkeyPatch,
    attribute: str,
    fault: Callable[..., object],
    error: type[Exception],
    words: str,
) -> None:
    record = built / "data/records/2024/2024-03-10-harbour.yaml"
    record.write_text(record.read_text("utf-8").replace("of them sail", "have sails"), "utf-8")
    before = contents(built)
    monkeypatch.setattr(f"china_border_statistics.curation.{attribute}", fault)
    with pytest.raises(error, match=words):
        build(built)
    assert contents(built) == before


def test_a_check_reads_and_reconciles_and_writes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script = load_script("build")
    monkeypatch.setattr(script, "ROOT", project)
    monkeypatch.setattr("sys.argv", ["build.py", "--check"])
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert script.main() == 0
    assert "nothing was written" in capsys.readouterr().out
    replace_once(project, "data/records/2024/2024-03-10-harbour.yaml", "announced: 2024-03-10", "announced: 2024-03-11")
    assert script.main() == 1
    assert "2024-03-10-harbour.yaml" in capsys.readouterr().err
    assert {path for path in project.rglob("*") if path.is_file()} == set(before)
