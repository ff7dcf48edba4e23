"""What catalogues are told, read back as they would read it; none of it says anything that the descriptor doesn't."""

import datetime
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import china_border_statistics as cbs
from china_border_statistics import exports
from china_border_statistics.curation import catalogues, schema
from china_border_statistics.curation.documents import citation_file
from china_border_statistics.curation.metadata import Metadata

# rdflib's own reader of JSON-LD uses what rdflib calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

ROOT = Path(__file__).parents[1]
ADDRESS = "https://made-up.example/statistics/"
DESCRIPTOR = json.loads((ROOT / "datapackage.json").read_text("utf-8"))
COVERED = (datetime.date(2016, 1, 1), datetime.date(2026, 2, 23))
CODE_LISTS = {name: cbs.load(name, to="arrow") for name in ("metrics", "scopes", "units")}


def graph(described):
    """Triples; the context of schema.org is put in place, because nothing may be fetched."""
    from rdflib import Graph

    if described["@context"] == "https://schema.org/":
        described = described | {"@context": {"@vocab": "https://schema.org/"}}
    return Graph().parse(data=json.dumps(described), format="json-ld")


def ask(described, question: str) -> list[tuple[str, ...]]:
    prefixes = "prefix s: <https://schema.org/> prefix dcat: <http://www.w3.org/ns/dcat#> "
    prefixes += "prefix dct: <http://purl.org/dc/terms/> prefix spdx: <http://spdx.org/rdf/terms#> "
    return sorted(tuple(map(str, row)) for row in graph(described).query(prefixes + question))


def hashes(address: str = "") -> list[tuple[str, str]]:
    return sorted((address + r["path"], r["hash"].removeprefix("sha256:")) for r in DESCRIPTOR["resources"])


def test_coverage():
    observations = cbs.load()
    starts = observations["period_start"].fillna(observations["period_end"])
    expected = (starts.min().date(), observations["period_end"].max().date())
    assert catalogues.coverage(cbs.load(to="arrow")) == expected


def test_schema_org():
    described = catalogues.schema_org(DESCRIPTOR, ADDRESS, COVERED)
    about = "select ?name ?version ?licence ?when { ?d a s:Dataset; s:name ?name; s:version ?version; "
    about += "s:license ?licence; s:temporalCoverage ?when }"
    licence = DESCRIPTOR["licenses"][0]["path"]
    assert ask(described, about) == [(DESCRIPTOR["title"], cbs.__version__, licence, "2016-01-01/2026-02-23")]
    files = "select ?url ?sha { ?d s:distribution ?f . ?f s:contentUrl ?url; s:sha256 ?sha }"
    assert ask(described, files) == hashes(ADDRESS)
    variables = {name for (name,) in ask(described, "select ?n { ?d s:variableMeasured ?v . ?v s:name ?n }")}
    assert variables == set(cbs.load().columns)
    # What Google's guide for data sets asks for.
    assert 50 <= len(described["description"]) <= 5000
    assert {"creator", "keywords", "url", "isAccessibleForFree", "spatialCoverage", "dateModified"} <= described.keys()


def test_dcat():
    described = catalogues.dcat(DESCRIPTOR, ADDRESS.rstrip("/"), COVERED)
    about = "select ?title ?start ?end { ?d a dcat:Dataset; dct:title ?title; dct:temporal ?t . "
    about += "?t dcat:startDate ?start; dcat:endDate ?end }"
    assert ask(described, about) == [(DESCRIPTOR["title"], "2016-01-01", "2026-02-23")]
    files = "select ?url ?sha { ?d dcat:distribution ?f . ?f dcat:downloadURL ?url; spdx:checksum ?c . "
    assert ask(described, files + "?c spdx:checksumValue ?sha }") == hashes(ADDRESS)
    keywords = {word for (word,) in ask(described, "select ?w { ?d dcat:keyword ?w }")}
    assert keywords == set(DESCRIPTOR["keywords"])


def test_zenodo():
    described = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    assert described == catalogues.zenodo(DESCRIPTOR)
    assert (described["version"], described["upload_type"]) == (cbs.__version__, "dataset")
    assert described["publication_date"] == DESCRIPTOR["created"][:10]
    assert all(described[field] for field in ("title", "description", "creators", "license", "access_right"))


def test_croissant_names_every_table_and_column():
    described = json.loads((ROOT / "croissant.json").read_text("utf-8"))
    assert described == catalogues.croissant(DESCRIPTOR)
    assert sorted((f["contentUrl"], f["sha256"]) for f in described["distribution"]) == hashes()
    columns = {(records["name"], field["name"]) for records in described["recordSet"] for field in records["field"]}
    assert columns == {(table.name, column.name) for table in schema.TABLES.values() for column in table.columns}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The inplace keyword")  # mlcroissant's way with pandas 3
def test_croissant_is_read_by_mlcroissant():
    import mlcroissant
    import pandas as pd

    dataset = mlcroissant.Dataset(str(ROOT / "croissant.json"))
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings

    def plain(value):
        """mlcroissant gives texts as bytes and days as times."""
        if pd.isna(value):
            return None
        return value.decode() if isinstance(value, bytes) else value.date() if hasattr(value, "date") else value

    for table in cbs.tables():
        rows = [{name.partition("/")[2]: plain(v) for name, v in row.items()} for row in dataset.records(table)]
        assert rows == cbs.load(table, to="arrow").to_pylist(), table


@pytest.fixture(scope="module")
def structure() -> bytes:
    return catalogues.sdmx_structure(DESCRIPTOR, CODE_LISTS)


def test_sdmx_structure_repeats(structure):
    assert structure == catalogues.sdmx_structure(DESCRIPTOR, CODE_LISTS)


def test_sdmx_structure_and_data_are_read_by_sdmx1(structure):
    import sdmx

    read = sdmx.read_sdmx(io.BytesIO(structure))
    dataflow = read.dataflow["OBSERVATIONS"]
    assert [d.id for d in dataflow.structure.dimensions] == list(exports.SDMX_DIMENSIONS.values())
    assert {str(code.name.localized_default("zh")) for code in read.codelist["METRIC"].items.values()} == set(
        cbs.load("metrics")["label_zh"]
    )
    data = sdmx.read_sdmx(
        io.BytesIO(exports.exported("observations", "sdmx-csv")), format="csv", structure=dataflow
    ).data[0]
    assert data.structured_by is dataflow.structure
    rows = cbs.load(to="arrow").to_pylist()
    for row, found in zip(rows, data.obs, strict=True):
        key = {concept: str(row[column] or "_U") for column, concept in exports.SDMX_DIMENSIONS.items()}
        assert {name: value.value for name, value in found.dimension.values.items()} == key
        assert float(found.value) == row["value"]
        attributes = {name: value.value for name, value in found.attached_attribute.items()}
        assert attributes["OBSERVATION_ID"] == row["observation_id"]
        assert float(attributes["UPPER"]) == row["upper"]


def test_sdmx_data_keep_to_the_code_lists(structure):
    import sdmx

    read = sdmx.read_sdmx(io.BytesIO(structure))
    components = {**exports.SDMX_DIMENSIONS, **exports.SDMX_ATTRIBUTES}
    enumerated = set()
    for column, concept in components.items():
        if concept in read.codelist:
            enumerated.add(concept)
            values = set(cbs.load()[column].dropna())
            assert values <= read.codelist[concept].items.keys(), concept
    assert {"METRIC", "SCOPE", "UNIT_MEASURE", "OBS_STATUS", "PERIOD_KIND", "QUALIFIER"} <= enumerated


def citation_problems(path: Path) -> str:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.citation-file-format", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if found.returncode == 0 else found.stdout + found.stderr


@pytest.mark.slow
def test_the_citation_file_meets_the_schema_of_its_format(tmp_path):
    assert citation_problems(ROOT / "CITATION.cff") == ""
    wrong = tmp_path / "CITATION.cff"
    wrong.write_text(citation_file(Metadata.read(ROOT)).replace("type: dataset", "type: table"), "utf-8")
    assert "type" in citation_problems(wrong)


def test_catalogues_say_only_what_the_descriptor_says():
    """A word of ours that isn't in the descriptor would be one written twice."""
    other = json.loads(json.dumps(DESCRIPTOR).replace(DESCRIPTOR["title"], "Other Title").replace("CC-BY-4.0", "MIT"))
    for make in (catalogues.croissant, catalogues.zenodo):
        assert DESCRIPTOR["title"] not in json.dumps(make(other))
    for make in (catalogues.schema_org, catalogues.dcat):
        assert DESCRIPTOR["title"] not in json.dumps(make(other, ADDRESS, COVERED))
    assert catalogues.zenodo(other)["license"] == "mit"
