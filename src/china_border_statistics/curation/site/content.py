"""The published tables, arranged as the pages need them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.csv as pc_csv
import pyarrow.parquet as pq
from altair.utils.schemapi import debug_mode

from china_border_statistics import plots
from china_border_statistics.curation import schema
from china_border_statistics.curation.coverage import Coverage
from china_border_statistics.curation.timewords import Holidays

Row = Mapping[str, Any]
Spec = dict[str, Any]

_DATES = ("announced", "period_start", "period_end")


def read_tables(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the rows of every published table of a project."""
    return {table.name: _rows(root / table.path, table) for table in schema.TABLES.values()}


def _rows(path: Path, table: schema.Table) -> list[dict[str, Any]]:
    if table.written:
        types = pc_csv.ConvertOptions(column_types=table.arrow_schema, strings_can_be_null=True, null_values=[""])
        rows: list[dict[str, Any]] = pc_csv.read_csv(path, convert_options=types).to_pylist()
    else:
        rows = pq.read_table(path).to_pylist()
    return rows


@dataclass(frozen=True)
class Content:
    """What the pages show.

    Parameters
    ----------
    tables : mapping
        Rows by name of table, as ``read_tables`` gives them.
    holidays : mapping, optional
        First and last day of public holidays, by name and year.
    """

    tables: Mapping[str, Sequence[Row]]
    holidays: Holidays = field(default_factory=dict)

    @cached_property
    def coverage(self) -> Coverage:
        """What the record holds and lacks."""
        return Coverage(self.tables, self.holidays)

    @cached_property
    def observations(self) -> dict[str, Row]:
        """Observations by id, each with the labels of its unit, scope and source."""
        return {row["observation_id"]: self._labelled(row) for row in self.tables["observations"]}

    def _labelled(self, row: Row) -> Row:
        publisher = self.publishers[self.sources[row["source_id"]]["publisher"]]
        return {**row, "unit_label": self.units[row["unit"]]["label_en"], "source": publisher["label_en"]}

    @cached_property
    def metrics(self) -> dict[str, Row]:
        """Metrics by id."""
        return _by("metric_id", self.tables["metrics"])

    @cached_property
    def scopes(self) -> dict[str, Row]:
        """Scopes by id."""
        return _by("scope_id", self.tables["scopes"])

    @cached_property
    def units(self) -> dict[str, Row]:
        """Units by id."""
        return _by("unit_id", self.tables["units"])

    @cached_property
    def publishers(self) -> dict[str, Row]:
        """Publishers by id."""
        return _by("publisher_id", self.tables["publishers"])

    @cached_property
    def sources(self) -> dict[str, Row]:
        """Sources by id."""
        return _by("source_id", self.tables["sources"])

    @cached_property
    def sources_of(self) -> dict[str, list[Row]]:
        """Sources by announcement."""
        return _grouped("announcement_id", self.tables["sources"])

    @cached_property
    def relations(self) -> dict[str, Row]:
        """Relations of the reconciliation by id."""
        return _by("relation_id", self.tables["reconciliation"])

    @cached_property
    def members_of(self) -> dict[str, list[Row]]:
        """Members by relation."""
        return _grouped("relation_id", self.tables["reconciliation_members"])

    @cached_property
    def citations_of(self) -> dict[str, list[Row]]:
        """Printings by observation, those of the chosen source first."""
        grouped = _grouped("observation_id", self.tables["citations"])
        for identifier, rows in grouped.items():
            chosen = self.observations[identifier]["source_id"]
            rows.sort(key=lambda row: (row["source_id"] != chosen, row["language"], row["citation_id"]))
        return grouped

    @cached_property
    def changes_of(self) -> dict[str, list[Row]]:
        """Stated changes by observation."""
        return _grouped("observation_id", self.tables["changes"])

    @cached_property
    def relations_of(self) -> dict[str, list[Row]]:
        """Relations by observation, the doubtful ones first."""
        grouped: dict[str, dict[str, Row]] = defaultdict(dict)
        for member in self.tables["reconciliation_members"]:
            grouped[member["observation_id"]][member["relation_id"]] = self.relations[member["relation_id"]]
        return {
            identifier: sorted(rows.values(), key=lambda row: (row["verdict"] == "consistent", row["relation_id"]))
            for identifier, rows in grouped.items()
        }

    @cached_property
    def announcements(self) -> list[Row]:
        """Announcements, the newest first."""
        return sorted(
            self.tables["announcements"], key=lambda row: (row["announced"], row["announcement_id"]), reverse=True
        )

    @cached_property
    def figures_of(self) -> dict[str, list[Row]]:
        """Observations by announcement: metrics in the order of the file."""
        return _grouped("announcement_id", self.observations.values())

    @cached_property
    def families(self) -> dict[str, list[Row]]:
        """Metrics that were observed, by family; a whole stands before its parts."""
        rows = [row for row in self.tables["metrics"] if self._times_observed[row["metric_id"]]]
        return dict(sorted(_grouped("family", sorted(rows, key=self._rank)).items()))

    def _rank(self, metric: Row) -> tuple[tuple[int, str], ...]:
        """Order metrics as a tree: each whole, then its parts; those observed most often first."""
        path = [metric]
        while (parent := path[-1]["parent_metric_id"]) and parent not in {row["metric_id"] for row in path}:
            path.append(self.metrics[parent])
        return tuple((-self._times_observed[row["metric_id"]], row["metric_id"]) for row in reversed(path))

    @cached_property
    def _times_observed(self) -> Counter[str]:
        return Counter(row["metric_id"] for row in self.tables["observations"])

    @cached_property
    def series(self) -> dict[str, list[Row]]:
        """Observations by series, the newest period first."""
        newest = sorted(self.observations.values(), key=lambda row: (row["period_end"], row["announced"]), reverse=True)
        return dict(sorted(_grouped("series_id", newest).items()))

    @cached_property
    def series_of(self) -> dict[str, list[list[Row]]]:
        """Series by metric: what isn't restricted first, then the longest."""
        grouped: dict[str, list[list[Row]]] = defaultdict(list)
        for figures in self.series.values():
            grouped[figures[0]["metric_id"]].append(figures)
        for series in grouped.values():
            series.sort(key=lambda figures: (figures[0]["scope_id"] != "all", -len(figures), figures[0]["series_id"]))
        return dict(grouped)

    @cached_property
    def doubtful(self) -> list[Row]:
        """Relations that don't hold or are suspicious."""
        return [row for row in self.relations.values() if row["verdict"] != "consistent"]

    def latest_findings(self, count: int) -> list[Row]:
        """Contradictions between figures, those of the newest announcements first."""
        rows = [row for row in self.doubtful if row["verdict"] == "contradiction" and row["kind"] != "sources_agree"]
        return sorted(rows, key=lambda row: (self._newest(row), row["relation_id"]), reverse=True)[:count]

    def _newest(self, relation: Row) -> str:
        members = self.members_of[relation["relation_id"]]
        return max(str(self.observations[member["observation_id"]]["announced"]) for member in members)

    @cached_property
    def charts(self) -> dict[str, Spec]:
        """Vega-Lite charts by series, of the series that have two figures or more; links are relative to the home."""
        # The tests check that charts are valid; checking each again would take most of the build's time.
        with debug_mode(False):
            return {name: _chart(figures) for name, figures in self.series.items() if len(figures) > 1}


def _chart(figures: Sequence[Row]) -> Spec:
    frame = pd.DataFrame([dict(row) for row in figures])
    frame[list(_DATES)] = frame[list(_DATES)].apply(pd.to_datetime)
    drawn = plots.chart(frame, base_url="").properties(width="container", height=240)
    spec: Spec = drawn.to_dict(validate=False)
    del spec["config"]  # the page's own style goes there
    return spec


def _by(key: str, rows: Iterable[Row]) -> dict[str, Row]:
    return {row[key]: row for row in rows}


def _grouped(key: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[key]].append(row)
    return dict(grouped)
