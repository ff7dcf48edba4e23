"""Documents made of the tables and their schema: the citation file, the data dictionary, the findings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from china_border_statistics.curation import explanations, schema
from china_border_statistics.curation.annual import chain_lines
from china_border_statistics.curation.forecasts import Summary, summarise
from china_border_statistics.curation.metadata import Metadata

Row = Mapping[str, Any]

# Kinds of relation in the order of the findings page, the most telling first, and what a contradiction of one means.
FINDINGS = {
    "stated_change": "Growth claims that the published figures don't bear out",
    "share": "Shares that their parts and wholes don't make",
    "parts_sum": "Parts that don't make their whole",
    "periods_add": "Periods that don't add up",
    "cumulative_rises": "Running totals that fall, or rise out of proportion",
    "average_times_days": "Daily averages that don't make their total",
    "reannounced": "Figures announced again with another value",
    "joint": "Claims that can't all be true together",
    "reading": "Growth claims that can mean two things",
    "kindred": "Kindred counts that don't fit together",
    "sources_agree": "Outlets that print one figure differently",
}


def citation_file(metadata: Metadata) -> str:
    """``CITATION.cff`` (Citation File Format 1.2.0)."""
    return "\n".join(
        (
            "# Made by `make data` from pyproject.toml.",
            "cff-version: 1.2.0",
            "message: If you use these data, please cite them as below, with the version.",
            "type: dataset",
            f"title: {_quoted(metadata.title)}",
            f"abstract: {_quoted(metadata.description)}",
            f"version: {_quoted(metadata.version)}",
            f"date-released: {metadata.released}",
            f"license: {metadata.licence}",
            f"url: {_quoted(metadata.homepage)}",
            "authors:",
            f"  - name: {_quoted(metadata.contributor)}",
            "keywords:",
            *(f"  - {_quoted(keyword)}" for keyword in metadata.keywords),
            "",
        )
    )


def _quoted(text: str) -> str:
    """Write a text in quotes as YAML does; JSON's are among them."""
    return json.dumps(text, ensure_ascii=False)


def data_dictionary(metrics: Sequence[Row]) -> str:
    """``docs/data-dictionary.md``: every table and column, from the schema, and every metric, by family."""
    lines = [
        "# Data dictionary",
        "",
        "Made by `make data` from the schema and `data/vocabulary/metrics.csv`; edit those instead.",
        "First the tables, then the [metrics](#metrics-by-family) by family.",
        "",
    ]
    for table in schema.TABLES.values():
        lines += [f"## `{table.name}`", "", table.description, ""]
        lines += [f"File: `{table.path}`. Primary key: `{'`, `'.join(table.primary_key)}`.", ""]
        lines += ["| column | type | empty | meaning |", "| --- | --- | --- | --- |"]
        keys = {key.column: key for key in table.foreign_keys}
        for column in table.columns:
            meaning = column.description
            if column.enum:
                meaning += f" One of {', '.join(f'`{code}`' for code in column.enum)}."
            if column.name in keys:
                meaning += f" Refers to `{keys[column.name].table}`."
            lines.append(
                f"| `{column.name}` | {column.kind} | {'never' if column.required else 'may be'} | {meaning} |"
            )
        lines.append("")
    return "\n".join([*lines, *_metric_lines(metrics)])


def _metric_lines(metrics: Sequence[Row]) -> Iterator[str]:
    """Lines of the dictionary's section on metrics: what each counts, and what it must not be compared with."""
    yield from ("# Metrics by family", "")
    for family, members in groupby(sorted(metrics, key=lambda m: (m["family"], m["metric_id"])), lambda m: m["family"]):
        yield from (f"## {family}", "", "| metric | label | unit | definition | not to be compared |")
        yield "| --- | --- | --- | --- | --- |"
        for metric in members:
            part = f" Part of `{metric['parent_metric_id']}`." if metric["parent_metric_id"] else ""
            cells = (
                f"`{metric['metric_id']}`",
                f"{metric['label_en']} {metric['label_zh']}",
                metric["unit"],
                metric["definition"] + part,
                metric["comparability"] or "",
            )
            yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
        yield ""


def findings(tables: Mapping[str, Sequence[Row]]) -> str:
    """``docs/findings.md``: the contradictions and suspicions of the reconciliation, annual totals, forecast errors.

    Parameters
    ----------
    tables : mapping
        Rows of ``reconciliation``, ``forecast_errors``, ``observations`` and ``changes``.
    """
    reconciliation = tables["reconciliation"]
    tested, doubtful = len(reconciliation), [row for row in reconciliation if _is_telling(row)]
    contradictions = sum(row["verdict"] == "contradiction" for row in doubtful)
    lines = [
        "# Findings",
        "",
        "Made by `make data` from the reconciliation of all published figures; see [method.md](method.md).",
        "",
        f"{tested:,} relations between figures were tested; {contradictions} are contradicted. A contradiction says",
        "that printed claims can't all be true, not which one is wrong. Each is in the table `reconciliation`.",
        "",
    ]
    for kind, title in FINDINGS.items():
        rows = [row for row in doubtful if row["kind"] == kind]
        if rows:
            lines += [f"## {title}", ""]
            lines += [_finding(row) for row in sorted(rows, key=lambda r: (-r["relative_gap"], r["relation_id"]))]
            lines.append("")
    lines += chain_lines(tables["observations"], tables["changes"])
    lines += _forecast_lines(tables["forecast_errors"], tables["observations"])
    return "\n".join(lines)


def _forecast_lines(rows: Sequence[Row], observations: Sequence[Row]) -> Iterator[str]:
    """Lines of the findings page on forecasts: the errors together, then each, the nation's first."""
    of_places = [row for row in rows if (row["scope_id"], row["area"]) != ("all", "CN")]
    national = [row for row in rows if row not in of_places]
    if summarise(rows) is None:
        return
    yield from ("## Forecasts and what came of them", "")
    yield "A forecast that was wrong contradicts nothing. The error is that of the forecast, in percent of the outturn;"
    yield "above 0 the forecast was too high. Each is in the table `forecast_errors`."
    yield ""
    for name, those in (
        ("All forecasts", rows),
        ("Of the country", national),
        ("Of provinces, ports and other scopes", of_places),
    ):
        summary = summarise(those)
        if summary is not None:
            yield _summary_line(name, summary)
    yield from ("", "| forecast | announced | forecast | outturn | announced | error, % |")
    yield "| --- | --- | --- | --- | --- | --- |"
    known = {row["observation_id"]: row for row in observations}
    ordered = (sorted(part, key=lambda r: (r["period_end"], r["scope_id"])) for part in (national, of_places))
    for row in (row for part in ordered for row in part):
        if row["outturn_observation_id"] is not None:
            yield _forecast_line(row, known[row["observation_id"]])
    without = [row for row in rows if row["outturn_observation_id"] is None]
    if without:
        yield from ("", f"No outturn is published of the other {len(without)} forecasts, by their period:", "")
        for (start, end), group in groupby(sorted(without, key=_period), _period):
            labels = {_place(known[row["observation_id"]]) for row in group}
            yield f"- {explanations.period(start, end)}: {'; '.join(sorted(labels))}"
    yield ""


def _period(row: Row) -> tuple[Any, Any]:
    return row["period_start"], row["period_end"]


def _place(row: Row) -> str:
    """Name what a forecast is of by its scope, or else its area."""
    return str(row["scope_label"]) if row["scope_id"] != "all" else explanations.area(row["area"])


def _summary_line(name: str, summary: Summary) -> str:
    def interval(ends: tuple[float, float]) -> str:
        return " to ".join(f"{end:+.1f}".replace("-", "−") for end in ends)

    return (
        f"- {name}: {summary.with_error} of {summary.forecasts} have an outturn. {summary.too_high} were too high, "
        f"{summary.too_low} too low, whatever the roundings hide; in {summary.inside} the outturn is inside the "
        f"forecast's rounding, in {summary.open} the roundings leave it open. The median error is "
        f"{interval(summary.error)} %, its median size {interval(summary.size).replace('+', '')} %."
    )


def _forecast_line(row: Row, figure: Row) -> str:
    error = "" if row["error_lower"] is None else f"{row['error_lower']:+.1f} to {row['error_upper']:+.1f}"
    cells = (
        explanations.figure(figure),
        explanations.day(row["announced"]),
        explanations.span((row["lower"], row["upper"])),
        explanations.span((row["outturn_lower"], row["outturn_upper"])),
        explanations.day(row["outturn_announced"]),
        error.replace("-", "−"),
    )
    return f"| {' | '.join(cells)} |"


def _is_telling(row: Row) -> bool:
    """Whether a relation is told in the findings: what doesn't hold, and every claim that can mean two things."""
    return bool(row["verdict"] != "consistent" or row["kind"] == "reading")


def _finding(row: Row) -> str:
    reason = f" *{row['accepted_reason']}*" if row["accepted_reason"] else ""
    localised = f" Localised: `{'`, `'.join(row['localised'].split())}`." if row["localised"] else ""
    return f"- {row['explanation']}{reason}{localised} `{row['relation_id']}`"
