"""The published tables, each column described once.

From these definitions come the Arrow schemas, the Table Schemas of ``datapackage.json``, the data dictionary and
the checks of the gate. The columns are those of the data contract; their names are public interface.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

import pyarrow as pa

from china_border_statistics.past_releases import AMENDED, CORRECTED, NAMED, TYPES, amendable

Kind = Literal["string", "date", "boolean", "integer", "number"]

ARROW_TYPES = {kind: pa.type_for_alias(name) for kind, name in TYPES.items()}

QUOTE_LENGTH = 80
LANGUAGES = ("de", "en", "es", "fr", "hi", "it", "ja", "pt", "ru", "ur", "zh-Hans", "zh-Hant")
# Said by a word beside the number.
BOUNDING = ("over", "nearly", "about")
QUALIFIERS = ("exact", "rounded", *BOUNDING)
PERIOD_KINDS = ("cumulative", "year", "half", "quarter", "month", "holiday", "day", "event", "point")
OBS_STATUSES = ("A", "B", "D", "F", "P", "U")
BASES = ("yoy", "previous_period", "vs_2019", "previous_holiday", "other")
SOURCE_KINDS = ("official", "wire", "republication", "machine_translation", "mirror")
READINGS = ("growth", "level", "ambiguous")
RELATION_KINDS = (
    "average_times_days",
    "cumulative_rises",
    "joint",
    "kindred",
    "parts_sum",
    "periods_add",
    "reading",
    "reannounced",
    "share",
    "sources_agree",
    "stated_change",
)
OUTCOMES = ("inside", "no_outturn", "open", "too_high", "too_low")
VERDICTS = ("consistent", "contradiction", "undetermined")

_SLUG = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
CODE = rf"^{_SLUG}$"
ANNOUNCEMENT_ID = rf"^\d{{4}}-\d{{2}}(?:-\d{{2}})?-{_SLUG}$"
SERIES_ID = rf"^{_SLUG}\.{_SLUG}\.[A-Z]{{2}}(?:-[A-Z0-9]{{1,3}})?\.[a-z]+$"
AREA = r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
SHA256 = r"^[0-9a-f]{64}$"
URL = r"^https?://\S+$"


@dataclass(frozen=True)
class Column:
    """One column: its name, type, meaning and the constraints that every value of it meets."""

    name: str
    kind: Kind
    description: str
    required: bool = True
    enum: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: int | None = None
    max_length: int | None = None

    def descriptor(self) -> dict[str, Any]:
        """Table Schema field of this column."""
        constraints: dict[str, Any] = {}
        if self.required:
            constraints["required"] = True
        if self.enum:
            constraints["enum"] = list(self.enum)
        if self.pattern:
            constraints["pattern"] = self.pattern
        if self.minimum is not None:
            constraints["minimum"] = self.minimum
        if self.max_length is not None:
            constraints["maxLength"] = self.max_length
        described: dict[str, Any] = {"name": self.name, "type": self.kind, "description": self.description}
        return described | ({"constraints": constraints} if constraints else {})


@dataclass(frozen=True)
class ForeignKey:
    """A column whose values are those of another table's primary key."""

    column: str
    table: str
    reference: str

    def descriptor(self) -> dict[str, Any]:
        """Table Schema foreign key."""
        return {"fields": [self.column], "reference": {"resource": self.table, "fields": [self.reference]}}


@dataclass(frozen=True)
class Table:
    """One published table: a resource of ``datapackage.json``."""

    name: str
    title: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()
    written: bool = field(default=False)
    """True for a code list, a CSV file written by people; False for a derived Parquet file."""
    may_be_empty: bool = False

    @property
    def path(self) -> str:
        """Path of the file, relative to ``datapackage.json``."""
        return f"data/vocabulary/{self.name}.csv" if self.written else f"data/{self.name}.parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Arrow schema of the file: types and nullability."""
        return pa.schema([pa.field(c.name, ARROW_TYPES[c.kind], nullable=not c.required) for c in self.columns])

    def descriptor(self) -> dict[str, Any]:
        """Table Schema."""
        described: dict[str, Any] = {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "fields": [column.descriptor() for column in self.columns],
            "primaryKey": list(self.primary_key),
        }
        if self.foreign_keys:
            described["foreignKeys"] = [key.descriptor() for key in self.foreign_keys]
        return described | {"missingValues": [""]}

    def resource(self, content: bytes) -> dict[str, Any]:
        """Resource of ``datapackage.json``; ``content`` is what the file holds."""
        described = {
            "name": self.name,
            "type": "table",
            "title": self.title,
            "description": self.description,
            "path": self.path,
            "format": "csv" if self.written else "parquet",
            "mediatype": "text/csv" if self.written else "application/vnd.apache.parquet",
            # `bytes` is left out: Frictionless 5 fails every Parquet resource that declares it.
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
            "schema": self.descriptor(),
        }
        return described | ({"encoding": "utf-8"} if self.written else {})


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        # Identifiers
        Column(
            "observation_id",
            "string",
            "Identifier `<announcement_id>/<key>`; stable for ever, used in links.",
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}/{_SLUG}$",
        ),
        Column(
            "citation_id",
            "string",
            "Identifier `<observation_id>@<source key>`, with `.2`, `.3` … where one source prints the figure again.",
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}/{_SLUG}@{_SLUG}(\.\d+)?$",
        ),
        Column(
            "change_id",
            "string",
            "Identifier `<observation_id>~<basis>@<source key>`, with `.2` … where one source prints the claim again.",
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}/{_SLUG}~[a-z0-9_]+@{_SLUG}(\.\d+)?$",
        ),
        Column(
            "announcement_id",
            "string",
            "The announcement: one occasion on which an authority made figures public.",
            pattern=ANNOUNCEMENT_ID,
        ),
        Column(
            "source_id",
            "string",
            "The source, `<announcement_id>:<source key>`: one document that carries the announcement.",
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}:{_SLUG}$",
        ),
        Column(
            "series_id",
            "string",
            "The series `<metric>.<scope>.<area>.<period_kind>`: observations that differ only in period and vintage.",
            pattern=SERIES_ID,
        ),
        Column("metric_id", "string", "What is counted.", pattern=CODE),
        Column(
            "scope_id", "string", "In which campaign, case or population; `all` where not restricted.", pattern=CODE
        ),
        Column("unit_id", "string", "Identifier of the unit; money has its ISO 4217 code.", pattern=r"^[A-Za-z_]+$"),
        Column("publisher_id", "string", "Identifier of the publisher or authority.", pattern=CODE),
        # Announcements and sources
        Column(
            "announced",
            "date",
            "The snapshot date (vintage): the day the figures were made public; where only the month is known, its "
            "last day, so that as-of reads never see a figure early.",
        ),
        Column("announced_precision", "string", "How exactly `announced` is known.", enum=("day", "month")),
        Column("issuer", "string", "The authority whose figures these are.", pattern=CODE),
        Column("occasion", "string", "The occasion, in neutral words of our own."),
        Column("n_observations", "integer", "Number of observations of the announcement.", minimum=0),
        Column("url", "string", "Address of the document when it was read.", pattern=URL),
        Column("publisher", "string", "Who published the document.", pattern=CODE),
        Column("language", "string", "Language of the document (BCP 47).", enum=LANGUAGES),
        Column(
            "published",
            "date",
            "Day the document is dated; where only the month or the year is known, its last day.",
            required=False,
        ),
        Column(
            "is_authoritative",
            "boolean",
            "True for an authority's own text in Chinese, which its translations declare to prevail.",
        ),
        Column(
            "text_sha256",
            "string",
            "SHA-256 of the bytes of the text the quotes were anchored in, where one is held.",
            required=False,
            pattern=SHA256,
        ),
        # Labels and the figure
        Column("metric_label", "string", "The metric's label in English."),
        Column("metric_label_zh", "string", "The metric's label in Chinese."),
        Column("scope_label", "string", "The scope's label in English."),
        Column("area", "string", "ISO 3166-1 or 3166-2 code of the area.", pattern=AREA),
        Column(
            "period_start",
            "date",
            "First day of the reference period; null where it isn't stated.",
            required=False,
        ),
        Column("period_end", "date", "Last day of the reference period."),
        Column(
            "period_kind",
            "string",
            "Kind of reference period; `point` is a stock at a date.",
            enum=PERIOD_KINDS,
        ),
        Column(
            "period_precision",
            "string",
            "How exactly the source states the start of the period; null where it states none.",
            required=False,
            enum=("day", "month", "year"),
        ),
        Column(
            "period_as_stated",
            "string",
            "The period in the words of the sources, where they give it in words.",
            required=False,
            max_length=QUOTE_LENGTH,
        ),
        Column("value", "number", "What the printed token says, in the metric's unit."),
        Column("lower", "number", "Least value the token allows; equal to `value` when exact."),
        Column("upper", "number", "Greatest value the token allows; equal to `value` when exact."),
        Column("qualifier", "string", "How the token bounds the value (see the reading rules).", enum=QUALIFIERS),
        Column("unit", "string", "Unit of value, lower and upper.", pattern=r"^[A-Za-z_]+$"),
        Column(
            "obs_status",
            "string",
            "SDMX observation status: A normal, B break in series here, D definition differs, F forecast, "
            "P provisional, U only unreliable sources.",
            enum=OBS_STATUSES,
        ),
        Column("printed", "string", "The token, to the letter.", max_length=QUOTE_LENGTH),
        Column(
            "printed_unit",
            "string",
            "The unit's word, where the source prints it apart from the token (at the end of a list).",
            required=False,
        ),
        Column("printed_language", "string", "Language of the token (BCP 47).", enum=LANGUAGES),
        Column("source_url", "string", "Address of the chosen source.", pattern=URL),
        Column("n_sources", "integer", "Number of sources that print the figure.", minimum=1),
        Column("n_disagree", "integer", "Number of sources whose interval doesn't meet this observation's.", minimum=0),
        Column(
            "is_latest",
            "boolean",
            "True where no later announcement gives this metric, scope, area and period.",
        ),
        Column("note", "string", "A curator's note.", required=False),
        # Citations and changes
        Column(
            "quote",
            "string",
            "A few words of the source around the token, which they hold; never a sentence.",
            max_length=QUOTE_LENGTH,
        ),
        Column(
            "start",
            "number",
            "Where the quote begins in the source's text, in code points; null where the text isn't held.",
            required=False,
        ),
        Column(
            "end",
            "number",
            "Where the quote ends in the source's text, in code points; null where the text isn't held.",
            required=False,
        ),
        Column(
            "agreement",
            "string",
            "Against the observation: the same interval, one that meets it (`rounds`), or one that doesn't.",
            enum=("same", "rounds", "disagrees"),
        ),
        Column("basis", "string", "What the figure is compared with.", enum=BASES),
        Column(
            "reading",
            "string",
            "growth: value = base × (1 + x); level: value = base × x; ambiguous: the words allow both.",
            enum=READINGS,
        ),
        Column("ratio_lower", "number", "Least ratio of value to base that the claim allows, all readings together."),
        Column("ratio_upper", "number", "Greatest ratio of value to base that the claim allows."),
        Column("implied_base_lower", "number", "Least base that the claim and the figure allow, in the figure's unit."),
        Column(
            "implied_base_upper",
            "number",
            "Greatest base that the claim and the figure allow; null where the claim sets no bound.",
            required=False,
        ),
        Column(
            "base_observation_id",
            "string",
            "The published base, where the record holds one.",
            required=False,
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}/{_SLUG}$",
        ),
        Column(
            "readings_left",
            "string",
            "The readings that the rest of the record allows.",
            enum=("growth", "level", "both", "none"),
        ),
        Column(
            "verdict",
            "string",
            "Whether the claim fits the rest of the record; undetermined where nothing bears on it.",
            enum=VERDICTS,
        ),
        # Code lists
        Column("label_en", "string", "Label in English."),
        Column("label_zh", "string", "Label in Chinese."),
        Column("definition", "string", "What is counted, so that one can tell whether two figures may share a chart."),
        Column("family", "string", "Group of related metrics.", pattern=CODE),
        Column(
            "stage", "string", "What had happened to the thing counted (filed, handled, arrested …).", required=False
        ),
        Column("subject", "string", "Who or what is counted."),
        Column("direction", "string", "Direction of movement.", required=False, enum=("in", "out", "both")),
        Column(
            "parent_metric_id",
            "string",
            "The whole of which this metric is a part.",
            required=False,
            pattern=CODE,
        ),
        Column("comparability", "string", "What it must not be compared with, and why.", required=False),
        Column(
            "partition",
            "string",
            "Splits of the whole that the entry belongs to, separated by spaces; the parts of a split make the whole.",
            required=False,
        ),
        Column(
            "comparison_group",
            "string",
            "Entries of one group count kindred things: held beside each other by the reconciliation, never forced "
            "together.",
            required=False,
            pattern=CODE,
        ),
        Column(
            "parent_scope_id",
            "string",
            "The scope of which this one is a part, for every metric that has both.",
            required=False,
            pattern=CODE,
        ),
        # Reconciliation
        Column("relation_id", "string", "Identifier of the relation: its kind and the figures it speaks of."),
        Column(
            "expected_lower",
            "number",
            "Least value that the other figures allow; a ratio for stated changes and shares; null without a bound.",
            required=False,
        ),
        Column("expected_upper", "number", "Greatest value that the other figures allow.", required=False),
        Column(
            "found_lower", "number", "Least value of the figure itself, or of the ratio of the figures.", required=False
        ),
        Column("found_upper", "number", "Greatest value of the figure itself, or of the ratio.", required=False),
        Column(
            "relative_gap",
            "number",
            "Distance between what is expected and what is found, as a share of the latter; 0 where they meet.",
            minimum=0,
        ),
        Column(
            "localised",
            "string",
            "Of a contradiction: the observations and changes among its claims that error localisation gives up, the "
            "cheapest whose loss restores consistency, separated by spaces.",
            required=False,
        ),
        Column("explanation", "string", "The finding in one sentence."),
        Column("accepted", "boolean", "True where curators accept the contradiction as the sources' own."),
        Column("accepted_reason", "string", "Why it is accepted.", required=False),
        Column(
            "role",
            "string",
            "Role of the figure in the relation.",
            enum=(
                "average",
                "base",
                "claim",
                "earlier",
                "figure",
                "later",
                "localised",
                "part",
                "share",
                "total",
                "whole",
            ),
        ),
        # Forecasts
        Column(
            "outturn_observation_id",
            "string",
            "The observation that says what came: of the same metric, or a total of a forecast average (the reverse "
            "too); of several the narrowest; null where there is none.",
            required=False,
            pattern=rf"^{ANNOUNCEMENT_ID[1:-1]}/{_SLUG}$",
        ),
        Column("outturn_announced", "date", "The day the outturn was made public.", required=False),
        Column(
            "outturn_lower",
            "number",
            "Least value of the outturn, in the metric of the forecast: a total is divided by the days of the period.",
            required=False,
        ),
        Column("outturn_upper", "number", "Greatest value of the outturn.", required=False),
        Column(
            "error_lower",
            "number",
            "Least error that the roundings of forecast and outturn leave, in percent of the outturn: above 0 the "
            "forecast was too high, below 0 too low.",
            required=False,
        ),
        Column("error_upper", "number", "Greatest error that the roundings leave, in percent.", required=False),
        Column(
            "outcome",
            "string",
            "Whether the forecast was too high or too low whatever the roundings hide, the outturn is inside the "
            "forecast's rounding, the roundings leave it open, or there is no outturn.",
            enum=OUTCOMES,
        ),
        # Releases
        Column(
            "field",
            "string",
            "What was corrected: value (with its bounds, qualifier and unit), or what the figure is of.",
            enum=tuple(CORRECTED),
        ),
        Column("corrected", "date", "Day of the correction."),
        Column("was", "string", "What the field was before, as an earlier release holds it.", max_length=QUOTE_LENGTH),
        Column("of_table", "string", "Table whose id it is.", enum=NAMED),
        Column("old_id", "string", "An id that a past release holds and this one doesn't."),
        Column("new_id", "string", "The id that it has now; empty where the row was withdrawn.", required=False),
        Column("since", "date", "Day of the change."),
        Column("row_id", "string", "Id of the row."),
        Column(
            "column_name",
            "string",
            "Column that says something else now; that of the id where the row is gone.",
            enum=tuple(sorted({*chain.from_iterable(map(amendable, AMENDED))})),
        ),
        Column("amended", "date", "Day of the amendment."),
        Column("rule_change_id", "string", "Identifier.", pattern=CODE),
        Column("changed", "date", "Day of the change."),
        Column("rule", "string", "The reading rule that changed, in a few words."),
        Column("pattern", "string", "Regular expression that the printed tokens concerned match."),
        Column("implied_id", "string", "Identifier `<metric>.<scope>.<area>.<start>..<end>`."),
        Column("binding", "string", "Claims and kinds of relation that set the bounds.", required=False),
        Column("reason", "string", "Why, as curators say."),
    )
}


def _columns(names: str, **changes: Column) -> tuple[Column, ...]:
    """Take columns by name; a ``?`` after a name makes the column optional in this table."""
    taken = []
    for name in names.split():
        column = changes.get(name) or COLUMNS[name.rstrip("?")]
        taken.append(replace(column, required=False) if name.endswith("?") else column)
    return tuple(taken)


_ANNOUNCEMENT = ForeignKey("announcement_id", "announcements", "announcement_id")
_OBSERVATION = ForeignKey("observation_id", "observations", "observation_id")
_SOURCE = ForeignKey("source_id", "sources", "source_id")
_METRIC = ForeignKey("metric_id", "metrics", "metric_id")
_SCOPE = ForeignKey("scope_id", "scopes", "scope_id")
_UNIT = ForeignKey("unit", "units", "unit_id")

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "observations",
            "Observations",
            "What each announcement says about each metric, for one scope, area and reference period: the metrics by "
            "snapshot date. Usable alone.",
            _columns(
                "observation_id announcement_id announced announced_precision series_id metric_id metric_label "
                "metric_label_zh scope_id scope_label area period_start period_end period_kind period_precision "
                "period_as_stated value lower upper qualifier unit obs_status printed printed_language source_id "
                "source_url n_sources n_disagree is_latest note"
            ),
            ("observation_id",),
            (_ANNOUNCEMENT, _METRIC, _SCOPE, _UNIT, _SOURCE),
        ),
        Table(
            "citations",
            "Citations",
            "Every printing of every observation: the token, a short quote that holds it, and where it stands.",
            _columns(
                "citation_id observation_id source_id printed printed_unit value lower upper qualifier quote start end "
                "agreement language note"
            ),
            ("citation_id",),
            (_OBSERVATION, _SOURCE),
        ),
        Table(
            "changes",
            "Stated changes",
            "Growth claims printed beside observations, each with what its words can mean.",
            _columns(
                "change_id observation_id source_id basis printed quote start end language reading ratio_lower "
                "ratio_upper implied_base_lower implied_base_upper base_observation_id readings_left verdict note"
            ),
            ("change_id",),
            (_OBSERVATION, _SOURCE, ForeignKey("base_observation_id", "observations", "observation_id")),
        ),
        Table(
            "sources",
            "Sources",
            "Documents that carry the announcements.",
            _columns(
                "source_id announcement_id url publisher language published kind is_authoritative text_sha256 note",
                kind=Column("kind", "string", "How the document relates to the authority.", enum=SOURCE_KINDS),
            ),
            ("source_id",),
            (_ANNOUNCEMENT, ForeignKey("publisher", "publishers", "publisher_id")),
        ),
        Table(
            "announcements",
            "Announcements",
            "Occasions on which an authority made figures public.",
            _columns("announcement_id announced announced_precision issuer occasion scope_id n_observations note"),
            ("announcement_id",),
            (ForeignKey("issuer", "publishers", "publisher_id"), _SCOPE),
        ),
        Table(
            "reconciliation",
            "Reconciliation",
            "Every arithmetic relation between published figures that could be tested, and whether it holds.",
            _columns(
                "relation_id kind verdict expected_lower expected_upper found_lower found_upper relative_gap "
                "localised explanation accepted accepted_reason",
                kind=Column(
                    "kind",
                    "string",
                    "What kind of relation it is. joint: a set of claims that can't all be true; reading: an ambiguous "
                    "change, tried both ways; kindred: figures of one comparison group, of different definitions.",
                    enum=RELATION_KINDS,
                ),
            ),
            ("relation_id",),
        ),
        Table(
            "reconciliation_members",
            "Members of relations",
            "The figures of each relation, and their roles in it.",
            _columns("relation_id observation_id role"),
            ("relation_id", "observation_id", "role"),
            (ForeignKey("relation_id", "reconciliation", "relation_id"), _OBSERVATION),
        ),
        Table(
            "implied",
            "Implied figures",
            "Figures that nobody printed (bases of growth rates), and the tightest bounds that all relations allow.",
            _columns("implied_id metric_id scope_id area period_start period_end unit lower upper binding"),
            ("implied_id",),
            (_METRIC, _SCOPE, _UNIT),
        ),
        Table(
            "forecast_errors",
            "Forecast errors",
            "Every forecast beside what came, where it is published, and how far off it was. An error is no "
            "contradiction.",
            _columns(
                "observation_id announced metric_id scope_id area period_start period_end unit lower upper "
                "outturn_observation_id outturn_announced outturn_lower outturn_upper error_lower error_upper outcome"
            ),
            ("observation_id",),
            (
                _OBSERVATION,
                _METRIC,
                _SCOPE,
                _UNIT,
                ForeignKey("outturn_observation_id", "observations", "observation_id"),
            ),
            may_be_empty=True,
        ),
        Table(
            "corrections",
            "Corrections",
            "Figures that a past release holds otherwise, each with the curators' reason.",
            _columns("observation_id field corrected was reason"),
            ("observation_id", "field", "corrected"),
            (_OBSERVATION,),
            may_be_empty=True,
        ),
        Table(
            "metrics",
            "Metrics",
            "Code list of what is counted.",
            _columns(
                "metric_id label_en label_zh definition unit family stage subject direction parent_metric_id "
                "partition comparison_group comparability"
            ),
            ("metric_id",),
            (_UNIT, ForeignKey("parent_metric_id", "metrics", "metric_id")),
            written=True,
        ),
        Table(
            "scopes",
            "Scopes",
            "Code list of campaigns, cases, populations, ports and stations.",
            _columns(
                "scope_id label_en label_zh kind area start end parent_scope_id partition comparison_group unlocode "
                "note",
                kind=Column(
                    "kind",
                    "string",
                    "Kind of scope.",
                    enum=("all", "campaign", "case", "population", "port", "station"),
                ),
                start=Column("start", "date", "First day, where known.", required=False),
                end=Column("end", "date", "Last day, where known.", required=False),
                unlocode=Column(
                    "unlocode",
                    "string",
                    "UN/LOCODE of a port.",
                    required=False,
                    pattern=r"^[A-Z]{2}[A-Z2-9]{3}$",
                ),
            ),
            ("scope_id",),
            (ForeignKey("parent_scope_id", "scopes", "scope_id"),),
            written=True,
        ),
        Table(
            "units",
            "Units",
            "Code list of units.",
            _columns(
                "unit_id label_en label_zh dimension note",
                dimension=Column(
                    "dimension",
                    "string",
                    "What the unit measures. Shares and masses are measured, not counted: a whole number of them is "
                    "rounded.",
                    enum=("count", "length", "mass", "money", "share", "time"),
                ),
            ),
            ("unit_id",),
            written=True,
        ),
        Table(
            "publishers",
            "Publishers",
            "Code list of authorities and of those who publish.",
            _columns(
                "publisher_id label_en label_zh? kind url? listing note",
                listing=Column(
                    "listing",
                    "string",
                    "Address of a page or feed that lists its announcements, where one is watched for new ones.",
                    required=False,
                    pattern=URL,
                ),
                kind=Column(
                    "kind",
                    "string",
                    "Kind of publisher.",
                    enum=(
                        "agency", "authority", "broadcaster", "journal", "mirror", "newspaper", "other", "portal",
                    ),
                ),
            ),
            ("publisher_id",),
            written=True,
        ),
        Table(
            "accepted_findings",
            "Accepted findings",
            "Contradictions that curators accept as the sources' own, with the reason.",
            _columns("relation_id reason"),
            ("relation_id",),
            written=True,
            may_be_empty=True,
        ),
        Table(
            "aliases",
            "Aliases",
            "Ids that past releases hold and this one doesn't: what they are called now, or why they were withdrawn.",
            _columns("of_table old_id new_id since reason"),
            ("of_table", "old_id"),
            written=True,
            may_be_empty=True,
        ),
        Table(
            "amendments",
            "Amendments",
            "Quotes, addresses, claims, code list entries and the like that a past release holds otherwise, and why.",
            _columns(
                "of_table row_id column_name amended was reason",
                of_table=replace(COLUMNS["of_table"], description="Table whose row it is.", enum=tuple(AMENDED)),
                was=replace(COLUMNS["was"], max_length=None),
            ),
            ("of_table", "row_id", "column_name", "amended"),
            written=True,
            may_be_empty=True,
        ),
        Table(
            "rule_changes",
            "Changed reading rules",
            "Reading rules that changed between releases, and the tokens that are read otherwise since.",
            _columns(
                "rule_change_id changed rule language pattern reason",
                language=replace(COLUMNS["language"], required=False),
            ),
            ("rule_change_id",),
            written=True,
            may_be_empty=True,
        ),
    )
}  # fmt: skip

# Inputs of curators, read and checked like code lists, and no resources of the package: they say nothing of the data.
_TEXT_LANGUAGE = Column("language", "string", "Language of the words; `zh` for both scripts.", enum=("en", "zh"))
_HOLIDAYS = ("dragon_boat", "may_day", "mid_autumn", "national_day", "new_year", "qingming", "spring_festival")
PHRASES = Table(
    "phrases",
    "Phrases",
    "Words by which a text names a metric, for proposing figures.",
    (
        COLUMNS["metric_id"],
        _TEXT_LANGUAGE,
        Column(
            "phrase",
            "string",
            "Fragments with `…` between them, each a word or the name of synonyms, `<arrest>`; `#` for the number, `=` "
            "for the number's own words.",
        ),
        Column("without", "string", "Fragments, with `…` between them, that must not be near.", required=False),
    ),
    ("metric_id", "language", "phrase"),
    (_METRIC,),
    written=True,
)
SYNONYMS = Table(
    "synonyms",
    "Synonyms",
    "Words that texts use for one another, which phrases name together.",
    (
        Column("synonyms", "string", "Name of the words that stand for each other, as phrases use it."),
        _TEXT_LANGUAGE,
        Column("word", "string", "A word or words, or their beginning."),
    ),
    ("synonyms", "language", "word"),
    written=True,
)
HOLIDAYS = Table(
    "holidays",
    "Holidays",
    "First and last day of public holidays, as the State Council's office gave them out for each year.",
    (
        Column("holiday", "string", "The holiday.", enum=_HOLIDAYS),
        Column("year", "string", "The year it is of.", pattern="20[0-9]{2}"),
        Column("first_day", "date", "First day off."),
        Column("last_day", "date", "Last day off; where two holidays are joined, of both."),
    ),
    ("holiday", "year"),
    written=True,
)
SCOPE_NAMES = Table(
    "scope_names",
    "Names of scopes",
    "By which words, besides its label, a text names a port, as it does in a list of ports.",
    (
        Column("scope_id", "string", "The scope.", pattern=CODE),
        _TEXT_LANGUAGE,
        Column("name", "string", "A name that stands for no other scope; Chinese in simplified characters."),
    ),
    ("language", "name"),
    (_SCOPE,),
    written=True,
)


def derived_tables() -> Iterator[Table]:
    """Tables that the build writes as Parquet."""
    return (table for table in TABLES.values() if not table.written)


def code_lists() -> Iterator[Table]:
    """Tables that people write as CSV."""
    return (table for table in TABLES.values() if table.written)
