"""Coverage: what the record holds by family and year, what it lacks, and what rests on mirrors alone.

A figure belongs to the year in which its period ends. It is *of the country* where its area is CN, else of a part.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from china_border_statistics.curation.timewords import Holidays

Row = Mapping[str, Any]

# Of years before, figures are on record here and there, most of them recalled later.
FIRST_YEAR = 2005
EARLIER = FIRST_YEAR - 1
"""Stands for all years before ``FIRST_YEAR`` together."""

# The immigration agency began its work on this day, and its regular announcements with it.
FOUNDED = date(2018, 4, 2)
# The agency, and the ministry whose part it is and that announced before it.
AUTHORITIES = ("nia", "mps")
# Releases of a period appear within weeks; what is printed later of it is recalled.
PROMPT = timedelta(days=100)
CALENDAR = {"first quarter": (3, 31), "first half": (6, 30), "third quarter": (9, 30), "year": (12, 31)}
DRUG_DAY = "day against drug abuse"
_DRUG_DAY = (6, 26)
_AROUND_DRUG_DAY = timedelta(days=10)
_STRETCHES = ("year", "half", "quarter", "cumulative")
# A shorter one isn't yet a series.
_SERIES_YEARS = 3

HOLIDAYS = {
    "new_year": ("New Year", "元旦"),
    "spring_festival": ("Spring Festival", "春节"),
    "qingming": ("Qingming", "清明节"),
    "may_day": ("May Day", "劳动节"),
    "dragon_boat": ("Dragon Boat", "端午节"),
    "mid_autumn": ("Mid-Autumn", "中秋节"),
    "national_day": ("National Day", "国庆节"),
}
"""Names of the holidays of ``holidays.csv``, in the order of the year."""

LONG_SERIES: dict[str, tuple[str, ...]] = {
    "crossings": ("all",),
    "crossings_foreigners": ("all",),
    "crossings_mainland_residents": ("all",),
    "crossings_hk_macao_tw_residents": ("all",),
    "conveyances_inspected": ("all",),
    "passports_issued": ("all",),
    "suspects_arrested": ("all",),
    "offenders_caught": ("all",),
    "illegal_entrants_and_exiters_found": ("inspection-at-ports", "all"),
    "drugs_seized": ("frontier-defence-force", "all"),
    "persons_prosecuted": ("all",),
}
"""Metrics whose annual figures are told one by one, and the scopes to draw together: predecessors first."""


@dataclass(frozen=True)
class Cell:
    """What the record holds of one family and year."""

    national: int = 0
    regional: int = 0
    mirrored: int = 0
    """Those of the national figures that are found on mirrors only."""
    missing: bool = False
    """Whether there is no national figure, but some of earlier and some of later years."""


@dataclass(frozen=True)
class Occasion:
    """A regular announcement: of a stretch of the calendar, a holiday, or the day against drug abuse."""

    kind: str
    holiday: str
    """Name of the holiday in ``holidays.csv``; empty for others."""
    year: int
    state: str
    """``on_record``, ``in_part`` (some days of the holiday), ``mirrors`` (no other source), ``missing``, or
    ``together`` (the days are those of National Day)."""
    announced: date | None = None
    announcement_id: str = ""
    """The first that tells of it."""
    lacking: tuple[str, ...] = ()
    """Families that at least half of the releases of its kind have figures of, and it hasn't."""


@dataclass(frozen=True)
class AnnualSeries:
    """Annual figures of one metric for the whole country."""

    metric_id: str
    label: str
    scopes: tuple[str, ...]
    years: tuple[int, ...]
    broken: tuple[int, ...]
    """Years that must not be joined to those before: a break in the series, or the first of another scope."""
    apart: tuple[int, ...]
    """Years whose figure is defined otherwise."""
    mirrored: tuple[int, ...]
    unreleased: tuple[int, ...]
    """Missing years of which no annual release is on record."""
    unprinted: tuple[int, ...]
    """Missing years whose annual release is on record, but without this figure."""
    implied: Mapping[int, tuple[float, float | None]]
    """What other published figures, mostly growth rates, leave for years without one of their own."""


@dataclass(frozen=True)
class Coverage:
    """What the record holds and lacks.

    Parameters
    ----------
    tables : mapping
        Rows by name of table: ``observations``, ``citations``, ``sources``, ``announcements``, ``metrics`` and
        ``implied``.
    holidays : mapping
        First and last day of public holidays, by name and year.
    """

    tables: Mapping[str, Sequence[Row]]
    holidays: Holidays

    @cached_property
    def newest(self) -> date:
        """Day of the newest announcement: nothing later can be missing."""
        newest: date = max(row["announced"] for row in self.tables["announcements"])
        return newest

    @cached_property
    def mirrored(self) -> set[str]:
        """Ids of observations that only mirrors print."""
        kinds = {row["source_id"]: row["kind"] for row in self.tables["sources"]}
        printed: dict[str, set[str]] = defaultdict(set)
        for row in self.tables["citations"]:
            printed[row["observation_id"]].add(kinds[row["source_id"]])
        return {name for name, found in printed.items() if found == {"mirror"}}

    @cached_property
    def _family(self) -> dict[str, str]:
        return {row["metric_id"]: row["family"] for row in self.tables["metrics"]}

    @cached_property
    def families(self) -> list[str]:
        """Families of metrics that were observed."""
        return sorted({self._family[row["metric_id"]] for row in self.tables["observations"]})

    @cached_property
    def years(self) -> list[int]:
        """Years in order, ``EARLIER`` for those before the first."""
        found = {max(row["period_end"].year, EARLIER) for row in self.tables["observations"]}
        return list(range(min(found), max(found) + 1))

    @cached_property
    def cells(self) -> dict[tuple[str, int], Cell]:
        """Cells by family and year."""
        national, regional, mirrored = (Counter[tuple[str, int]]() for _ in range(3))
        for row in self.tables["observations"]:
            at = self._family[row["metric_id"]], max(row["period_end"].year, EARLIER)
            (national if _is_national(row) else regional)[at] += 1
            mirrored[at] += _is_national(row) and row["observation_id"] in self.mirrored
        spans = {family: [year for year in self.years if national[family, year]] for family in self.families}
        return {
            (family, year): Cell(
                national[family, year],
                regional[family, year],
                mirrored[family, year],
                not national[family, year] and any(one < year for one in span) and any(year < one for one in span),
            )
            for family, span in spans.items()
            for year in self.years
        }

    def missing_years(self, family: str) -> list[int]:
        """Years without a national figure between those that have some."""
        return [year for year in self.years if self.cells[family, year].missing]

    @cached_property
    def occasions(self) -> list[Occasion]:
        """Regular announcements since the agency began, by kind and year."""
        found = [*self._calendar_occasions(), *self._drug_days(), *self._holidays()]
        return [occasion for occasion in found if occasion is not None]

    def _calendar_occasions(self) -> Iterator[Occasion | None]:
        for kind, (month, day) in CALENDAR.items():
            ends = [date(year, month, day) for year in range(FOUNDED.year, self.newest.year + 1)]
            released = {end: self._released(end) for end in ends if FOUNDED <= end <= self.newest}
            usual = self._usual_families(released.values())
            for end, rows in released.items():
                yield self._occasion(kind, end.year, rows, end + PROMPT, usual)

    def _released(self, end: date) -> list[Row]:
        """National figures of the announcements that promptly tell of a stretch of the calendar with this end."""
        announced = {
            row["announcement_id"]
            for row in self._national
            if row["period_end"] == end
            and row["period_kind"] in _STRETCHES
            and row["obs_status"] != "F"
            and end < row["announced"] <= end + PROMPT
        }
        return [row for row in self._national if row["announcement_id"] in announced]

    @cached_property
    def _issuers(self) -> dict[str, str]:
        return {row["announcement_id"]: row["issuer"] for row in self.tables["announcements"]}

    @cached_property
    def _national(self) -> list[Row]:
        """What the authorities themselves said of the whole country and everything they report on."""
        return [
            row
            for row in self.tables["observations"]
            if _is_national(row) and row["scope_id"] == "all" and self._issuers[row["announcement_id"]] in AUTHORITIES
        ]

    def _usual_families(self, releases: Iterable[Sequence[Row]]) -> list[str]:
        there = [rows for rows in releases if rows]
        counted = Counter(family for rows in there for family in {self._family[row["metric_id"]] for row in rows})
        return sorted(family for family, count in counted.items() if 2 * count >= len(there))

    def _drug_days(self) -> Iterator[Occasion | None]:
        for year in range(FOUNDED.year, self.newest.year + 1):
            day = date(year, *_DRUG_DAY)
            rows = [
                row
                for row in self._national
                if self._family[row["metric_id"]] == "drugs"
                and row["period_kind"] == "cumulative"
                and abs(row["announced"] - day) <= _AROUND_DRUG_DAY
            ]
            yield self._occasion(DRUG_DAY, year, rows, day + _AROUND_DRUG_DAY)

    def _holidays(self) -> Iterator[Occasion | None]:
        order = {name: at for at, name in enumerate(HOLIDAYS)}
        known = sorted(self.holidays.items(), key=lambda item: (order.get(item[0][0], len(order)), item[0]))
        for (name, year), (first, last) in known:
            if first < FOUNDED:
                continue
            days = [
                row
                for row in self._national
                if row["period_kind"] == "holiday" and row["period_start"] <= last and first <= row["period_end"]
            ]
            together = name != "national_day" and (first, last) == self.holidays.get(("national_day", year))
            for kind, is_forecast in (("forecast", True), ("outturn", False)):
                rows = [row for row in days if (row["obs_status"] == "F") == is_forecast]
                if together:
                    due = first <= self.newest
                    yield Occasion(kind, name, year, "together") if due else None
                    continue
                made = self._occasion(
                    kind, year, rows, first if is_forecast else last + timedelta(days=3), holiday=name
                )
                if made and rows and not is_forecast and max(row["period_end"] for row in rows) < last:
                    made = replace(made, state="in_part")
                yield made

    def _occasion(
        self, kind: str, year: int, rows: Sequence[Row], due: date, usual: Sequence[str] = (), holiday: str = ""
    ) -> Occasion | None:
        """Say how an announcement is on record; None where it may still come."""
        if not rows:
            return Occasion(kind, holiday, year, "missing") if due <= self.newest else None
        first = min(rows, key=lambda row: (row["announced"], row["announcement_id"]))
        state = "mirrors" if all(row["observation_id"] in self.mirrored for row in rows) else "on_record"
        there = {self._family[row["metric_id"]] for row in rows}
        lacking = tuple(name for name in usual if name not in there)
        return Occasion(kind, holiday, year, state, first["announced"], first["announcement_id"], lacking)

    @cached_property
    def long_series(self) -> list[AnnualSeries]:
        """Annual figures of ``LONG_SERIES``."""
        observed = {row["metric_id"] for row in self.tables["observations"]}
        return [self._annual_series(name, scopes) for name, scopes in LONG_SERIES.items() if name in observed]

    @cached_property
    def other_series(self) -> list[AnnualSeries]:
        """Annual figures of every other metric that has them for three years or more."""
        years: dict[str, set[int]] = defaultdict(set)
        for row in self.tables["observations"]:
            if row["metric_id"] not in LONG_SERIES and _is_annual(row, ("all",)):
                years[row["metric_id"]].add(row["period_end"].year)
        return [
            self._annual_series(name, ("all",)) for name, found in sorted(years.items()) if len(found) >= _SERIES_YEARS
        ]

    def _annual_series(self, metric: str, scopes: tuple[str, ...]) -> AnnualSeries:
        rows = [row for row in self.tables["observations"] if row["metric_id"] == metric and _is_annual(row, scopes)]
        years = _years_of(rows)
        first_of_scopes = {_years_of(row for row in rows if row["scope_id"] == scope)[:1] for scope in scopes}
        start = max(min(years, default=FIRST_YEAR), FIRST_YEAR)
        released = self._released_years({self._issuers[row["announcement_id"]] for row in rows})
        last = max(self._released_years({*AUTHORITIES}), default=start)
        missing = [year for year in range(start, last + 1) if year not in years]
        firm = _years_of(row for row in rows if row["observation_id"] not in self.mirrored)
        return AnnualSeries(
            metric_id=metric,
            label=next(row["label_en"] for row in self.tables["metrics"] if row["metric_id"] == metric),
            scopes=scopes,
            years=years,
            broken=tuple(
                sorted({*_years_of(rows, "B"), *(year for first in first_of_scopes for year in first)} - {*years[:1]})
            ),
            apart=_years_of(rows, "D"),
            mirrored=tuple(year for year in years if year not in firm),
            unreleased=tuple(year for year in missing if year not in released),
            unprinted=tuple(year for year in missing if year in released),
            implied={
                row["period_end"].year: (row["lower"], row["upper"])
                for row in self.tables["implied"]
                if row["metric_id"] == metric and row["scope_id"] in scopes and _is_year(row)
            },
        )

    def _released_years(self, issuers: set[str]) -> tuple[int, ...]:
        """Years of which such an issuer promptly announced annual figures of some kind.

        The agency and the ministry are one: what the one doesn't tell of a year, the other may.
        """
        asked = issuers | {*AUTHORITIES} if issuers & {*AUTHORITIES} else issuers
        return _years_of(
            row
            for row in self.tables["observations"]
            if _is_annual(row, ("all",))
            and self._issuers[row["announcement_id"]] in asked
            and row["announced"] <= row["period_end"] + PROMPT
        )


def _years_of(rows: Iterable[Row], status: str | None = None) -> tuple[int, ...]:
    """Years in which the periods of figures end, in order; of one status alone where it is given."""
    return tuple(sorted({row["period_end"].year for row in rows if status in (None, row["obs_status"])}))


def _is_national(row: Row) -> bool:
    return bool(row["area"] == "CN")


def _is_annual(row: Row, scopes: Sequence[str]) -> bool:
    return _is_national(row) and row["scope_id"] in scopes and row["period_kind"] == "year" and row["obs_status"] != "F"


def _is_year(row: Row) -> bool:
    """Whether an implied figure is of the country and a whole year."""
    start, end = row["period_start"], row["period_end"]
    return _is_national(row) and start is not None and (start, end) == (date(end.year, 1, 1), date(end.year, 12, 31))
