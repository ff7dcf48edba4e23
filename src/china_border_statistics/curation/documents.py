"""Documents made of the tables and their schema: the citation file, the data dictionary, the findings, the coverage."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from china_border_statistics.curation import explanations, schema
from china_border_statistics.curation.annual import chain_lines
from china_border_statistics.curation.coverage import HOLIDAYS, AnnualSeries, Cell, Coverage, Occasion
from china_border_statistics.curation.forecasts import Summary, summarise
from china_border_statistics.curation.heat_map import year_name
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


def coverage_report(coverage: Coverage) -> str:
    """``docs/coverage.md``: what is on record by family and year, what is missing, and what only mirrors carry."""
    cells = coverage.cells.values()
    national, regional = sum(cell.national for cell in cells), sum(cell.regional for cell in cells)
    gaps = {family: coverage.missing_years(family) for family in coverage.families}
    lines = [
        "# Coverage",
        "",
        "Made by `make data` from the record. A figure belongs to the year in which its period ends, a stock to that",
        "of its day. Forecasts count.",
        "",
        f"Of {national + regional:,} figures {national:,} are of the whole country (area `CN`) and {regional:,} of",
        f"provinces, general stations and ports. {len(coverage.mirrored):,} are found on mirrors of other sites only.",
        "",
        f"![{_HEAT_MAP}](coverage.svg)",
        "",
        "## Figures by family and year",
        "",
        "`12`: figures of the whole country; `+30`: of its parts; `m5`: of the first, found on mirrors only; –: none",
        "of the whole country, though there are some of earlier and of later years.",
        "",
        *_cell_table(coverage),
        "",
        "## Years that lack a family",
        "",
        "No figure of the whole country, though there are some of earlier and of later years:",
        "",
        *(f"- **{family}**: {spans(years)}" for family, years in gaps.items() if years),
        "",
        "## Regular announcements",
        "",
        "The agency began its work on 2 April 2018. For each quarter's end, each holiday (before it and after) and",
        "each International Day against Drug Abuse: is there an announcement of the agency or its ministry on record",
        "with figures of the whole country, of a quarter's end within a hundred days? The cell says when it was made;",
        "m: found on mirrors only; (…): of some of the days only; =: the days are those of National Day; **–**: not on",
        "record, which doesn't say that there was one.",
        "",
        *_occasion_table(coverage.occasions),
        "",
        "### What to look for",
        "",
        *_wanted(coverage.occasions),
        "### On record without what is usual",
        "",
        "Families of which at least half of the announcements of this kind have figures, and this one has none on",
        "record:",
        "",
        *(f"- {occasion_kind(o)} {o.year}: {', '.join(o.lacking)}" for o in coverage.occasions if o.lacking),
        "",
        "## Long series",
        "",
        "Annual figures of the whole country, each drawn from one metric. ‖ stands where the series breaks, by a",
        "status B or because another body's count (scope) begins: no line leads over it. (D) is defined otherwise,",
        "(m) found on mirrors only. How to draw them: [loading](loading.md#long-series).",
        "",
        f"![{_CROSSINGS}](crossings.svg)",
        "",
        *_series_table(coverage.long_series),
        "",
        "*Announced without it*: annual figures of that year were announced by the same authority within a hundred",
        "days, but this one isn't on record. *Left open* is what growth rates and other figures leave for a year",
        "(table `implied`); it is of the population that the later figure counts, also where the series breaks.",
        "",
        "## Other annual series",
        "",
        "Metrics with annual figures of the whole country for three years or more:",
        "",
        *_series_table(coverage.other_series),
        "",
    ]
    return "\n".join(lines)


# What a reader who can't see the pictures is told.
_HEAT_MAP = (
    "Heat map of the figures of the whole country, families of metrics by year; the table below holds the numbers"
)
_CROSSINGS = (
    "Border crossings by year: a dotted line where years are missing, a dashed rule where the series breaks in 2018"
)


def _cell_table(coverage: Coverage) -> Iterator[str]:
    names = [year_name(year) for year in coverage.years]
    yield f"| family | {' | '.join(names)} |"
    yield f"| --- |{' ---: |' * len(names)}"
    for family in coverage.families:
        cells = (_cell(coverage.cells[family, year]) for year in coverage.years)
        yield f"| {family} | {' | '.join(cells)} |"


def _cell(cell: Cell) -> str:
    national = str(cell.national) if cell.national else "–" if cell.missing else ""
    parts = (national, f"+{cell.regional}" if cell.regional else "", f"m{cell.mirrored}" if cell.mirrored else "")
    return " ".join(part for part in parts if part)


def spans(years: Sequence[int]) -> str:
    """Write years, those that follow each other as one span: 2006, 2008–2010."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def occasion_kind(occasion: Occasion) -> str:
    """Name what a regular announcement is of, without its year: first half, outturn of May Day."""
    if not occasion.holiday:
        return occasion.kind
    named = HOLIDAYS.get(occasion.holiday, (occasion.holiday.replace("_", " "),))
    return f"{occasion.kind} of {named[0]}"


def occasion_cell(occasion: Occasion | None) -> str:
    """Write when an announcement was made: 28 Jan, 28 Jan m, (7 Oct), =, or a dash; nothing where none is due."""
    if occasion is None:
        return ""
    if occasion.announced is None:
        return "=" if occasion.state == "together" else "–"
    when = f"{occasion.announced.day} {occasion.announced:%b}"
    return {"mirrors": f"{when} m", "in_part": f"({when})"}.get(occasion.state, when)


def _occasion_table(occasions: Sequence[Occasion]) -> Iterator[str]:
    years = sorted({occasion.year for occasion in occasions})
    yield f"| announcement | {' | '.join(map(str, years))} |"
    yield f"| --- |{' --- |' * len(years)}"
    for kind, row in by_kind(occasions).items():
        cells = (occasion_cell(row.get(year)) for year in years)
        yield f"| {kind} | {' | '.join('**–**' if cell == '–' else cell for cell in cells)} |"


def by_kind(occasions: Sequence[Occasion]) -> dict[str, dict[int, Occasion]]:
    """Regular announcements by kind and year."""
    found: dict[str, dict[int, Occasion]] = {}
    for occasion in occasions:
        found.setdefault(occasion_kind(occasion), {})[occasion.year] = occasion
    return found


def _wanted(occasions: Sequence[Occasion]) -> Iterator[str]:
    """Announcements that aren't on record, or not wholly, or on mirrors only: by name."""
    states = {
        "missing": "Not on record",
        "in_part": "Of some of the days only; that of the whole holiday is missing",
        "mirrors": "Found on mirrors only",
    }
    kinds = by_kind(occasions)
    for state, words in states.items():
        found = {kind: [year for year, one in row.items() if one.state == state] for kind, row in kinds.items()}
        if any(found.values()):
            yield from (f"{words}:", "")
            yield from (f"- {kind}: {spans(years)}" for kind, years in found.items() if years)
            yield ""


def _series_table(several: Sequence[AnnualSeries]) -> Iterator[str]:
    yield "| metric | years on record | announced without it | no announcement | left open |"
    yield "| --- | --- | --- | --- | --- |"
    for series in several:
        scopes = "" if series.scopes == ("all",) else f"<br>scopes {', then '.join(f'`{s}`' for s in series.scopes)}"
        yield (
            f"| `{series.metric_id}`{scopes} | {years_on_record(series)} | {spans(series.unprinted)} | "
            f"{spans(series.unreleased)} | {left_open(series)} |"
        )


def years_on_record(series: AnnualSeries) -> str:
    """Write the years of a series with its breaks: 2005, 2007 ‖ 2018, 2019 (D)."""
    written = ""
    for year in series.years:
        marks = "".join(f" ({mark})" for mark, years in (("D", series.apart), ("m", series.mirrored)) if year in years)
        joint = "" if not written else " ‖ " if year in series.broken else ", "
        written += f"{joint}{year}{marks}"
    return written


def left_open(series: AnnualSeries) -> str:
    """Write what other figures leave for years that have none: 2006: 317.8 to 318.9 million."""
    return "; ".join(
        f"{year}: {_rough(*bounds)}" for year, bounds in sorted(series.implied.items()) if year not in series.years
    )


def _rough(low: float, high: float | None) -> str:
    """Write an interval no narrower than it is, with as many digits as a reader needs."""
    decimals = 1 if low >= 1e8 else 2 if low >= 1e6 else 0
    scale, name = (1e6, " million") if decimals else (1.0, "")
    step = 10**decimals / scale
    least = f"{math.floor(low * step) / 10**decimals:,.{decimals}f}"
    if high is None:
        return f"at least {least}{name}"
    return f"{least} to {math.ceil(high * step) / 10**decimals:,.{decimals}f}{name}"
