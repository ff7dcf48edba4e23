"""What each command of ``cbs`` answers: the data that ``--json`` prints, and the lines that a person reads."""

from __future__ import annotations

import datetime
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from china_border_statistics import reader, terminal

Row = dict[str, Any]

_SERIES = "announced period value bounds status printed observation_id".split()


@dataclass(frozen=True)
class Screen:
    """What the answer will be read on."""

    width: int | None
    """Columns of the terminal; None where the answer goes to a file or a pipe, and nothing is shortened."""
    coloured: bool
    ascii_only: bool

    def heading(self, text: str) -> str:
        """A text to find one's way by."""
        return f"{terminal.BOLD}{text}{terminal.PLAIN}" if self.coloured else text

    def alarm(self, text: str) -> str:
        """A text that must not be overlooked."""
        return f"{terminal.RED}{text}{terminal.PLAIN}" if self.coloured else text

    def table(self, rows: list[Row], columns: list[str], long: tuple[str, ...] = ()) -> Iterator[str]:
        """Lines of a table; of the long columns as much as there is room for."""
        head, *lines = terminal.table(rows, columns, self.width, long)
        yield self.heading(head)
        yield from lines


Answer = tuple[object, Iterable[str]]


class NothingFoundError(LookupError):
    """The question was right, and there is no answer."""


def metrics(asked: Namespace, screen: Screen) -> Answer:
    """Metrics that hold all the words, with the number of their figures."""
    figures: dict[str, int] = {}
    for row in _rows("observations"):
        figures[row["metric_id"]] = figures.get(row["metric_id"], 0) + 1
    known = _rows("metrics")
    found = [row | {"figures": figures.get(row["metric_id"], 0)} for row in _holding(asked.words, known)]
    if not found:
        raise NothingFoundError(_none("metric", asked.words, [row["metric_id"] for row in known]))
    return found, screen.table(
        found, ["metric_id", "figures", "unit", "label_en", "label_zh"], ("label_en", "label_zh")
    )


def series(asked: Namespace, screen: Screen) -> Answer:
    """One metric by snapshot date, as a table or as a chart."""
    found: list[Row] = reader.select(
        asked.metric, asked.scope, asked.area, asked.period_kind, asked.as_of, asked.release
    ).to_pylist()
    metric = reader._row("metrics", "metric_id", asked.metric)
    title = screen.heading(f"{metric['label_en']} {metric['label_zh']} ({metric['unit']}), by day announced and period")
    others = _other_scopes(asked, found)
    if asked.plot:
        labels = [f"{row['announced']}  {_period(row)}" for row in found]
        return found, [title, *terminal.chart(found, labels, ascii_only=screen.ascii_only), *others]
    shown = [row | {"period": _period(row), "bounds": _bounds(row), "status": row["obs_status"]} for row in found]
    return found, [title, *screen.table(shown, _SERIES, ("printed",)), *others]


def _other_scopes(asked: Namespace, found: list[Row]) -> list[str]:
    """Say which scope was taken where none was asked for and there are others."""
    if asked.scope is not None or not found:
        return []
    rows = reader.load(release=asked.release, to="arrow").to_pylist()
    taken = found[0]["scope_id"]
    others = sorted({row["scope_id"] for row in rows if row["metric_id"] == asked.metric} - {taken})
    return [f"scope: {taken}; others: {', '.join(others)} (--scope)"] if others else []


def show(asked: Namespace, screen: Screen) -> Answer:
    """Everything that is known of one figure."""
    figure = _figure(asked.observation)
    return figure, _figure_lines(figure, screen)


def cite(asked: Namespace, screen: Screen) -> Answer:  # noqa: ARG001  every command takes both
    """One figure in the style of a bibliography."""
    written = reader.cite(asked.observation, style=asked.style)
    return {"observation_id": asked.observation, "style": asked.style, "citation": written}, written.split("\n")


def findings(asked: Namespace, screen: Screen) -> Answer:
    """What doesn't fit together: contradictions, suspicions, and growth claims that can mean two things."""
    known = [row for row in _rows("reconciliation") if row["verdict"] != "consistent" or row["kind"] == "reading"]
    known.sort(
        key=lambda row: (
            row["kind"] == "reading",
            row["verdict"] != "contradiction",
            -row["relative_gap"],
            row["relation_id"],
        )
    )
    found = list(_holding(asked.words, known))
    if not found:
        raise NothingFoundError(_none("finding", asked.words, []))
    return found, _finding_lines(found, screen)


def diff(asked: Namespace, screen: Screen) -> Answer:
    """What changed between two releases, cell by cell."""
    found = _records(reader.diff(asked.old, asked.new, table=asked.table))
    if not found:
        return found, [f"{asked.table}: {asked.old} and {asked.new} are the same"]
    return found, screen.table(found, list(found[0]), ("old", "new", "reason"))


def releases(asked: Namespace, screen: Screen) -> Answer:  # noqa: ARG001
    """Releases of the package, and how many rows their tables have."""
    found = _records(reader.releases())
    return found, screen.table(found, list(found[0]))


def export(asked: Namespace, screen: Screen) -> Answer:
    """Write a table into a file, or to standard output where that is a pipe and the format is text."""
    from china_border_statistics import exports

    if asked.output is None:
        return _to_standard_output(asked, screen)
    file = exports.export(asked.table, asked.output, format=asked.format, as_of=asked.as_of, release=asked.release)
    written = {"file": str(file), "table": asked.table, "bytes": file.stat().st_size}
    return written, [f"wrote {asked.table} to {file}"]


def path(asked: Namespace, screen: Screen) -> Answer:  # noqa: ARG001
    """Where the files are."""
    paths = {name: str(reader.path(name)) for name in ([asked.table] if asked.table else reader.tables())}
    return paths, list(paths.values())


def info(asked: Namespace, screen: Screen) -> Answer:  # noqa: ARG001
    """What this package is: version, licence, tables, days."""
    package = reader._descriptor()
    announced = [row["announced"] for row in _rows("announcements")]
    sizes = [{"table": name, "rows": reader.load(name, to="arrow").num_rows} for name in reader.tables()]
    facts = {
        "title": package["title"],
        "version": package["version"],
        "released": package["created"][:10],
        "announced": f"{min(announced)} to {max(announced)}",
        "licence": package["licenses"][0]["name"],
        "home page": package["homepage"],
        "files": str(reader.path("observations").parent),
    }
    lines = [f"{name:<10} {value}" for name, value in facts.items()]
    return facts | {"tables": sizes}, [package["description"], "", *lines, "", *screen.table(sizes, ["table", "rows"])]


COMMANDS: dict[str, Callable[[Namespace, Screen], Answer]] = {
    command.__name__: command for command in (metrics, series, show, cite, findings, diff, releases, export, path, info)
}


def _figure(observation_id: str) -> Row:
    """Collect what the tables say of one figure."""
    observation = reader._row("observations", "observation_id", observation_id)
    identifier = observation["observation_id"]
    sources = {row["source_id"]: row for row in _rows("sources")}

    def printings(table: str) -> list[Row]:
        rows = (row for row in _rows(table) if row["observation_id"] == identifier)
        return [row | {"source": sources[row["source_id"]]} for row in rows]

    members = _rows("reconciliation_members")
    roles: dict[str, list[str]] = {}
    for member in members:
        if member["observation_id"] == identifier:
            roles.setdefault(member["relation_id"], []).append(member["role"])
    relations = [
        row
        | {
            "roles": roles[row["relation_id"]],
            "others": [
                member["observation_id"]
                for member in members
                if member["relation_id"] == row["relation_id"] and member["observation_id"] != identifier
            ],
        }
        for row in _rows("reconciliation")
        if row["relation_id"] in roles
    ]
    return {
        "observation": observation,
        "metric": reader._row("metrics", "metric_id", observation["metric_id"]),
        "announcement": reader._row("announcements", "announcement_id", observation["announcement_id"]),
        "citations": printings("citations"),
        "changes": printings("changes"),
        "relations": relations,
    }


def _figure_lines(figure: Row, screen: Screen) -> Iterator[str]:
    row, metric, announcement = figure["observation"], figure["metric"], figure["announcement"]
    yield screen.heading(f"{row['metric_label']} {row['metric_label_zh']}: {reader._bounds(row)}")
    yield f"{row['scope_label']}, {row['area']}, {reader._period(row)}"
    issuer = reader._row("publishers", "publisher_id", announcement["issuer"])["label_en"]
    announced = reader._written(row["announced"], row["announced_precision"])
    yield f"announced {announced} by {issuer}: {announcement['occasion']}"
    if row["obs_status"] != "A":
        fields = reader._resource("observations")["schema"]["fields"]
        meaning = next(field["description"] for field in fields if field["name"] == "obs_status")
        yield screen.alarm(f"status {row['obs_status']} ({meaning})")
    notes = (row["note"], metric["definition"], metric["comparability"])
    for name, note in zip(("note", "definition", "comparability"), notes, strict=True):
        if note:
            yield f"{name}: {note}"
    yield from _printing_lines(figure["citations"], screen)
    yield from _change_lines(figure["changes"], screen)
    yield from _relation_lines(figure["relations"], screen)


def _printing_lines(citations: list[Row], screen: Screen) -> Iterator[str]:
    yield from ("", screen.heading(f"Printed {_times(len(citations))}"))
    for row in citations:
        bounds = f"{row['qualifier']}, {terminal.number(row['lower'])} to {terminal.number(row['upper'])}"
        yield f"  {row['printed']}  ({bounds}; {row['agreement']})  “{row['quote']}”"
        yield from _source_lines(row)


def _change_lines(changes: list[Row], screen: Screen) -> Iterator[str]:
    if changes:
        yield from ("", screen.heading(f"Growth stated {_times(len(changes))}"))
    for row in changes:
        ratio = f"{terminal.number(row['ratio_lower'])} to {terminal.number(row['ratio_upper'])} times"
        left = f"readings left: {row['readings_left']}; {row['verdict']}"
        yield f"  {row['printed']}  ({row['basis']}; {row['reading']}, {ratio} the base; {left})  “{row['quote']}”"
        if row["base_observation_id"]:
            yield f"    base: {row['base_observation_id']}"
        yield from _source_lines(row)


def _source_lines(row: Row) -> Iterator[str]:
    source = row["source"]
    yield f"    {source['publisher']}, {source['kind']}, {source['language']}: {source['url']}"
    if row["note"]:
        yield f"    note: {row['note']}"


def _relation_lines(relations: list[Row], screen: Screen) -> Iterator[str]:
    if relations:
        yield from ("", screen.heading(f"Held against other figures {_times(len(relations))}"))
    for row in sorted(relations, key=lambda r: (r["verdict"] == "consistent", r["relation_id"])):
        yield f"  {_verdict(row, screen)} ({row['kind']}, as {', '.join(row['roles'])}): {row['explanation']}"
        if row["accepted"]:
            yield f"    accepted: {row['accepted_reason']}"
        yield from (f"    with {other}" for other in sorted(set(row["others"])))


def _finding_lines(rows: list[Row], screen: Screen) -> Iterator[str]:
    for row in rows:
        yield f"{_verdict(row, screen)}: {row['explanation']}"
        if row["accepted"]:
            yield f"  accepted: {row['accepted_reason']}"
        yield f"  {row['relation_id']}"
    counts: dict[str, int] = {}
    for row in rows:
        counts[_label(row)] = counts.get(_label(row), 0) + 1
    yield ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


def _verdict(row: Row, screen: Screen) -> str:
    label = _label(row)
    return screen.alarm(label) if label == "contradiction" else label


def _label(row: Row) -> str:
    """What a finding is: its verdict, or that words can mean two things."""
    return "ambiguous" if row["kind"] == "reading" else str(row["verdict"])


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _rows(table: str) -> list[Row]:
    rows: list[Row] = reader.load(table, to="arrow").to_pylist()
    return rows


def _records(frame: Any) -> list[Row]:
    """Rows of a pandas frame, with None for what is missing, and days where pandas has times at midnight."""

    def plain(value: Any) -> Any:
        return value.date() if isinstance(value, datetime.datetime) else value

    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{name: plain(value) for name, value in row.items()} for row in records]


def _holding(words: list[str], rows: Iterable[Row]) -> Iterator[Row]:
    """Rows in which every word stands, in whatever column and case."""
    for row in rows:
        text = " ".join(str(value) for value in row.values() if value is not None).casefold()
        if all(word.casefold() in text for word in words):
            yield row


def _none(what: str, words: list[str], known: list[str]) -> str:
    near = get_close_matches("_".join(words), known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no {what} holds {' and '.join(map(repr, words))}{hint}"


def _period(row: Mapping[str, Any]) -> str:
    start, end = row["period_start"], row["period_end"]
    if start is None:
        return f"until {end}"
    return str(end) if start == end else f"{start}/{end}"


def _bounds(row: Mapping[str, Any]) -> str:
    exact = row["lower"] == row["upper"]
    return "" if exact else f"{terminal.number(row['lower'])} to {terminal.number(row['upper'])}"


def _to_standard_output(asked: Namespace, screen: Screen) -> Answer:
    from china_border_statistics import exports

    form = asked.format or "csv"
    can_be_piped = form in exports.TEXT_FORMATS and not asked.json
    if screen.width is not None or not can_be_piped:
        hint = "; or pipe it" if can_be_piped else ""
        raise ValueError(f"say where to write: -o {asked.table}{exports.FORMATS[form][1]}{hint}")
    content = exports.exported(asked.table, form, as_of=asked.as_of, release=asked.release)
    # Bytes, so that neither the encoding nor the line ends depend on the machine.
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    return None, []
