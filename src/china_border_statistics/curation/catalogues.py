"""What the package says of itself to catalogues and machines, in their words, all of it from ``datapackage.json``.

``croissant.json`` and ``.zenodo.json`` are written by the build, because their readers look for them in the project's
folder. schema.org, DCAT and SDMX name addresses on the web: they are made with the site, which knows its own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from china_border_statistics.curation import schema
from china_border_statistics.exports import (
    SDMX_AGENCY,
    SDMX_ATTRIBUTES,
    SDMX_DATAFLOW,
    SDMX_DIMENSIONS,
    SDMX_MEASURE,
)

Json = dict[str, Any]
Descriptor = Mapping[str, Any]

_SCHEMA_ORG_TYPES: dict[schema.Kind, str] = {
    "string": "Text",
    "date": "Date",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Float",
}
# Croissant's readers take Parquet by this name only, which is older than the registered one.
_CROISSANT_FORMATS = {"parquet": "application/x-parquet", "csv": "text/csv"}
# The context that the Croissant specification prescribes (https://docs.mlcommons.org/croissant/docs/croissant-spec.html).
_CROISSANT_CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{
        name: f"cr:{name}"
        for name in (
            "citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes "
            "isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate "
            "separator source subField transform"
        ).split()
    },
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
_DCAT_CONTEXT: Json = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_COUNTRY = "China"


def coverage(observations: pa.Table) -> tuple[datetime.date, datetime.date]:
    """First and last day of the periods that the observations are about.

    Parameters
    ----------
    observations : pyarrow.Table
        The table, or at least its columns ``period_start`` and ``period_end``; not empty.

    Returns
    -------
    tuple of datetime.date
        Both included. A forecast's period counts.
    """
    starts = pc.coalesce(observations["period_start"], observations["period_end"])
    return pc.min(starts).as_py(), pc.max(observations["period_end"]).as_py()


def schema_org(descriptor: Descriptor, address: str, covered: tuple[datetime.date, datetime.date]) -> Json:
    """schema.org ``Dataset`` (JSON-LD), as search engines for data read it.

    Parameters
    ----------
    descriptor : mapping
        ``datapackage.json``.
    address : str
        Where the package is published: the paths of the descriptor are added to it.
    covered : tuple of datetime.date
        What ``coverage`` returns.

    Returns
    -------
    dict
        JSON-LD.
    """
    observations = next(resource for resource in descriptor["resources"] if resource["name"] == "observations")
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": address,
        "url": address,
        "name": descriptor["title"],
        "description": descriptor["description"],
        "version": descriptor["version"],
        "dateModified": descriptor["created"][:10],
        "keywords": descriptor["keywords"],
        "license": descriptor["licenses"][0]["path"],
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": descriptor["contributors"][0]["title"]},
        "sameAs": descriptor["homepage"],
        "temporalCoverage": "/".join(map(str, covered)),
        "spatialCoverage": {"@type": "Place", "name": _COUNTRY},
        "variableMeasured": [
            {"@type": "PropertyValue", "name": column["name"], "description": column["description"]}
            for column in observations["schema"]["fields"]
        ],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": resource["title"],
                "description": resource["description"],
                "contentUrl": _address(address, resource),
                "encodingFormat": resource["mediatype"],
                "sha256": _sha256(resource),
            }
            for resource in descriptor["resources"]
        ],
    }


def croissant(descriptor: Descriptor) -> Json:
    """Croissant 1.0 (JSON-LD), from which machine-learning libraries load the records.

    Parameters
    ----------
    descriptor : mapping
        ``datapackage.json``, beside which the result belongs: its paths are relative.

    Returns
    -------
    dict
        JSON-LD with a file and a set of records for each table. Foreign keys are left out: mlcroissant 1.1 fails to
        read a table that refers to one that refers to another.
    """
    author, homepage = descriptor["contributors"][0]["title"], descriptor["homepage"]
    released = descriptor["created"][:10]
    return {
        "@context": _CROISSANT_CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": descriptor["name"],
        "description": descriptor["description"],
        "version": descriptor["version"],
        "datePublished": released,
        "url": homepage,
        "license": descriptor["licenses"][0]["path"],
        "citeAs": f"{author} ({released[:4]}): {descriptor['title']}, version {descriptor['version']}, {homepage}.",
        "keywords": descriptor["keywords"],
        "creator": {"@type": "sc:Organization", "name": author},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": resource["path"],
                "name": resource["path"].rpartition("/")[2],
                "contentUrl": resource["path"],
                "encodingFormat": _CROISSANT_FORMATS[resource["format"]],
                "sha256": _sha256(resource),
            }
            for resource in descriptor["resources"]
        ],
        "recordSet": [_record_set(resource) for resource in descriptor["resources"]],
    }


def _record_set(resource: Mapping[str, Any]) -> Json:
    name = resource["name"]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": resource["description"],
        "key": [{"@id": f"{name}/{column}"} for column in resource["schema"]["primaryKey"]],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column['name']}",
                "name": column["name"],
                "description": column["description"],
                "dataType": f"sc:{_SCHEMA_ORG_TYPES[column['type']]}",
                "source": {"fileObject": {"@id": resource["path"]}, "extract": {"column": column["name"]}},
            }
            for column in resource["schema"]["fields"]
        ],
    }


def dcat(descriptor: Descriptor, address: str, covered: tuple[datetime.date, datetime.date]) -> Json:
    """DCAT 3 ``dcat:Dataset`` (JSON-LD), which open-data portals harvest.

    Parameters
    ----------
    descriptor, address, covered
        As for ``schema_org``.

    Returns
    -------
    dict
        JSON-LD that needs no other document: its context is in it.
    """
    start, end = covered
    licence = {"@id": descriptor["licenses"][0]["path"]}
    agent = {"@type": "foaf:Agent", "foaf:name": descriptor["contributors"][0]["title"]}
    return {
        "@context": _DCAT_CONTEXT,
        "@id": address,
        "@type": "dcat:Dataset",
        "dct:identifier": descriptor["name"],
        "dct:title": _english(descriptor["title"]),
        "dct:description": _english(descriptor["description"]),
        "dct:issued": _typed(descriptor["created"][:10], "date"),
        "dct:license": licence,
        "dct:publisher": agent,
        "dct:creator": agent,
        "dcat:version": descriptor["version"],
        "dcat:keyword": [_english(keyword) for keyword in descriptor["keywords"]],
        "dcat:landingPage": {"@id": descriptor["homepage"]},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _typed(str(start), "date"),
            "dcat:endDate": _typed(str(end), "date"),
        },
        "dcat:distribution": [
            {
                "@id": _address(address, resource),
                "@type": "dcat:Distribution",
                "dct:title": _english(resource["title"]),
                "dct:description": _english(resource["description"]),
                "dct:license": licence,
                "dcat:accessURL": {"@id": address},
                "dcat:downloadURL": {"@id": _address(address, resource)},
                "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{resource['mediatype']}"},
                "spdx:checksum": {
                    "@type": "spdx:Checksum",
                    "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
                    "spdx:checksumValue": _typed(_sha256(resource), "hexBinary"),
                },
            }
            for resource in descriptor["resources"]
        ],
    }


def zenodo(descriptor: Descriptor) -> Json:
    """``.zenodo.json``: what Zenodo asks of a deposit.

    Parameters
    ----------
    descriptor : mapping
        ``datapackage.json``.

    Returns
    -------
    dict
        Metadata of a data set, open to all.
    """
    return {
        "upload_type": "dataset",
        "title": descriptor["title"],
        "description": descriptor["description"],
        "creators": [{"name": person["title"]} for person in descriptor["contributors"]],
        "version": descriptor["version"],
        "publication_date": descriptor["created"][:10],
        "access_right": "open",
        "license": descriptor["licenses"][0]["name"].lower(),
        "keywords": descriptor["keywords"],
        "language": "eng",
        "related_identifiers": [{"identifier": descriptor["homepage"], "relation": "isSupplementTo"}],
    }


def sdmx_structure(descriptor: Descriptor, code_lists: Mapping[str, pa.Table]) -> bytes:
    """SDMX-ML 2.1 structure of ``observations``: concepts, code lists, data structure and dataflow.

    Parameters
    ----------
    descriptor : mapping
        ``datapackage.json``.
    code_lists : mapping of str to pyarrow.Table
        ``metrics``, ``scopes`` and ``units``.

    Returns
    -------
    bytes
        XML. The data that it describes are ``export("observations", format="sdmx-csv")``.
    """
    import sdmx
    from sdmx.message import Header, StructureMessage
    from sdmx.model import common, v21

    released = datetime.datetime.fromisoformat(descriptor["created"])
    agency = v21.Agency(id=SDMX_AGENCY, name=descriptor["contributors"][0]["title"])
    ours = {"maintainer": agency, "version": descriptor["version"], "is_final": True}
    columns = {column.name: column for column in schema.TABLES["observations"].columns}

    concepts = v21.ConceptScheme(id="CONCEPTS", name="Concepts", **ours)
    lists = {item.id: item for item in _sdmx_code_lists(columns, code_lists, ours)}
    structure = v21.DataStructureDefinition(id=SDMX_DATAFLOW, name=descriptor["title"], **ours)

    def component(column: str, concept: str) -> dict[str, Any]:
        concepts.append(v21.Concept(id=concept, name=column, description=columns[column].description))
        # A dimension is never empty: a text stands for a day that isn't stated.
        unstated = column in SDMX_DIMENSIONS and not columns[column].required
        facet = v21.Facet(value_type="String" if unstated else _SDMX_TYPES[columns[column].kind])
        represented = (
            v21.Representation(enumerated=lists[concept])
            if concept in lists
            else v21.Representation(non_enumerated=[facet])
        )
        return {"id": concept, "concept_identity": concepts[concept], "local_representation": represented}

    for column, concept in SDMX_DIMENSIONS.items():
        kind = v21.TimeDimension if concept == "TIME_PERIOD" else v21.Dimension
        structure.dimensions.append(kind(**component(column, concept)))
    for column, concept in SDMX_MEASURE.items():
        structure.measures.append(v21.PrimaryMeasure(**component(column, concept)))
    for column, concept in SDMX_ATTRIBUTES.items():
        status = v21.UsageStatus.mandatory if columns[column].required else v21.UsageStatus.conditional
        attached = {"related_to": v21.PrimaryMeasureRelationship(), "usage_status": status}
        structure.attributes.append(common.DataAttribute(**component(column, concept), **attached))
    dataflow = v21.DataflowDefinition(id=SDMX_DATAFLOW, name=descriptor["title"], structure=structure, **ours)

    # Prepared when it was released, not now: the same package gives the same bytes.
    message = StructureMessage(header=Header(id=f"{SDMX_DATAFLOW}_STRUCTURE", prepared=released, sender=agency))
    for item in (*lists.values(), concepts, structure, dataflow):
        message.add(item)
    written: bytes = sdmx.to_xml(message, pretty_print=True, xml_declaration=True, encoding="utf-8")
    return written


_SDMX_TYPES = {
    "string": "String",
    "date": "GregorianDay",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Double",
}


def _sdmx_code_lists(
    columns: Mapping[str, schema.Column], tables: Mapping[str, pa.Table], ours: Mapping[str, Any]
) -> Iterator[Any]:
    """Code lists by the id of their concept: ours, and those that a column enumerates."""
    from sdmx.model import v21

    for concept, table, key in (
        ("METRIC", "metrics", "metric_id"),
        ("SCOPE", "scopes", "scope_id"),
        ("UNIT_MEASURE", "units", "unit_id"),
    ):
        rows: Sequence[Json] = tables[table].to_pylist()
        codes = [v21.Code(id=row[key], name={"en": row["label_en"], "zh": row["label_zh"]}) for row in rows]
        yield v21.Codelist(id=concept, name=schema.TABLES[table].title, items={code.id: code for code in codes}, **ours)
    for column, concept in (SDMX_DIMENSIONS | SDMX_ATTRIBUTES).items():
        if columns[column].enum:
            codes = [v21.Code(id=code, name=code) for code in columns[column].enum]
            name = columns[column].name
            yield v21.Codelist(id=concept, name=name, items={code.id: code for code in codes}, **ours)


def _address(address: str, resource: Mapping[str, Any]) -> str:
    return f"{address.rstrip('/')}/{resource['path']}"


def _sha256(resource: Mapping[str, Any]) -> str:
    return str(resource["hash"]).removeprefix("sha256:")


def _english(text: str) -> Json:
    return {"@value": text, "@language": "en"}


def _typed(value: str, kind: str) -> Json:
    return {"@value": value, "@type": f"xsd:{kind}"}
