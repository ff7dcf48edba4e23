"""Dates as exactly as they are known, and the periods figures refer to."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

# Months in a period of each kind that is a stretch of the calendar.
CALENDAR_MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}

_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True)
class PartialDate:
    """A day, a month or a year, as exactly as the source states it."""

    first: date
    last: date
    precision: Literal["day", "month", "year"]

    @classmethod
    def parse(cls, found: object) -> "PartialDate":
        """Read ``2021-03-29``, ``2021-03`` or ``2021``.

        Raises
        ------
        ValueError
            If it is none of these, or no day of the calendar.
        """
        if isinstance(found, cls):
            return found
        match = _PARTIAL_DATE.fullmatch(str(found)) if isinstance(found, str | int | Decimal) else None
        if match is None:
            raise ValueError("a date, written 2021-03-29, 2021-03 or 2021")
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None  # noqa: S101  the pattern requires it
        try:
            if month is None:
                return cls(date(year, 1, 1), date(year, 12, 31), "year")
            first = date(year, month, day or 1)
        except ValueError as error:
            raise ValueError(f"a date of the calendar: {error}") from None
        if day is None:
            return cls(first, date(year, month, calendar.monthrange(year, month)[1]), "month")
        return cls(first, first, "day")


def period_fault(kind: str, start: date | None, end: date) -> str | None:
    """Say what a period of this kind should be, or None where it is one.

    Parameters
    ----------
    kind : str
        A period kind of the schema.
    start, end : date
        First and last day; a start of None is one that no source states.
    """
    if start is not None and start > end:
        return "a start on or before the end"
    if kind in CALENDAR_MONTHS and not _is_calendar_period(start, end, CALENDAR_MONTHS[kind]):
        return f"one {kind} of the calendar; a stretch of another length is cumulative, holiday or event"
    if kind == "cumulative":
        whole = next((k for k, months in CALENDAR_MONTHS.items() if _is_calendar_period(start, end, months)), None)
        if whole is not None:
            return f"the kind {whole}, as for any {whole} of the calendar"
    if kind in ("day", "point") and start is not None and start != end:
        return f"one day, as {kind} means"
    if kind in ("day", "holiday") and start is None:
        return f"a start: a {kind} has one"
    return None


def _is_calendar_period(start: date | None, end: date, months: int) -> bool:
    if start is None or start.day != 1 or (start.month - 1) % months:
        return False
    return end + timedelta(days=1) == _add_months(start, months)


def _add_months(day: date, months: int) -> date:
    """First of a month, so many months later."""
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def base_period(basis: str, kind: str, start: date | None, end: date) -> tuple[date, date] | None:
    """The period that a stated change compares with, where the calendar tells.

    Parameters
    ----------
    basis : str
        ``yoy`` (a year earlier), ``vs_2019`` (the same days of 2019) or ``previous_period`` (the stretch of the
        calendar before this one).
    kind : str
        The figure's period kind.
    start, end : date
        The figure's period.

    Returns
    -------
    tuple of date, or None
        First and last day; None where the days move from year to year (holidays), the basis names none, or the
        start isn't stated: two stretches of unknown length can't be held against each other.
    """
    if start is None:
        return None
    if basis == "previous_period" and kind in CALENDAR_MONTHS:
        return _add_months(start, -CALENDAR_MONTHS[kind]), start - timedelta(days=1)
    if kind == "holiday" or basis not in ("yoy", "vs_2019"):
        return None
    years = 1 if basis == "yoy" else end.year - 2019
    return None if years <= 0 else (_years_earlier(start, years), _years_earlier(end, years))


def _years_earlier(day: date, years: int) -> date:
    """The same day some years earlier; the last of February stays the last."""
    year = day.year - years
    last = calendar.monthrange(year, day.month)[1]
    is_end_of_february = day.month == 2 and (day + timedelta(days=1)).month == 3
    return date(year, day.month, last if is_end_of_february else min(day.day, last))
