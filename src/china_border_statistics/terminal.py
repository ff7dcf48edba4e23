"""Tables and a chart in plain text, aligned where characters are two columns wide.

There is no pandas in here: what a command prints is rows of text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

_GAP = "  "
_NARROWEST = 12
_BAR = 40
_MARKS = {"certain": "█", "between": "▒", "forecast": "░"}
_ASCII_MARKS = {"certain": "#", "between": "+", "forecast": "."}


def display_width(text: str) -> int:
    """Columns that a text takes in a terminal or a spreadsheet: two for a wide character, none for a combining one."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def printable(text: str) -> str:
    """Make what a terminal would obey visible: control characters, line ends and marks of direction."""
    return "".join(
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else c.encode("unicode_escape").decode()
        for c in text
    )


BOLD, RED, PLAIN = "\x1b[1m", "\x1b[31m", "\x1b[0m"
_OURS = re.compile(f"({'|'.join(map(re.escape, (BOLD, RED, PLAIN)))})")


def printable_line(text: str, *, coloured: bool = False) -> str:
    """As ``printable``, but for our own marks where the line may be coloured."""
    if text.isprintable():
        return text
    return "".join(p if coloured and _OURS.fullmatch(p) else printable(p) for p in _OURS.split(text))


def number(value: float) -> str:
    """Write a number with commas, and no more decimals than it has."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"


def table(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str], width: int | None = None, long: Collection[str] = ()
) -> Iterator[str]:
    """Lay rows out as lines, numbers to the right.

    Parameters
    ----------
    rows : sequence of mapping
        At least the named columns of each row.
    columns : sequence of str
        What to show, in order; also the heading.
    width : int, optional
        Columns of the terminal; None where nothing is to be shortened.
    long : collection of str
        Columns that may be shortened until a line fits: prose, never an identifier, a date or a number.

    Yields
    ------
    str
        The heading, then a line for each row.
    """
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    lines = [list(columns), *cells]
    widths = [max(display_width(line[i]) for line in lines) for i in range(len(columns))]
    if width is not None:
        room = width - len(_GAP) * (len(columns) - 1)
        widths = _fitting(widths, room, [i for i, column in enumerate(columns) if column in long])
    right = [all(_is_number(row[column]) for row in rows) for column in columns]
    for line in lines:
        parts = (_padded(cell, size, to_right) for cell, size, to_right in zip(line, widths, right, strict=True))
        yield _GAP.join(parts).rstrip()


def chart(rows: Sequence[Mapping[str, Any]], labels: Sequence[str], *, ascii_only: bool = False) -> Iterator[str]:
    """Draw observations as bars from zero, one below the other.

    A bar is full up to the lower bound and grey from there to the upper one; a forecast is dotted. A line says where
    the series breaks, another scope begins or the definition differs: bars on its two sides must not be compared. Rows
    are announcements, so their distance says nothing of the time between them.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of ``series``: ``lower``, ``upper``, ``value``, ``obs_status`` and ``scope_id``.
    labels : sequence of str
        What to write before each bar.
    ascii_only : bool
        Draw with characters that any encoding has.

    Yields
    ------
    str
        A line for each row, one for each break, and the key.
    """
    marks = _ASCII_MARKS if ascii_only else _MARKS
    most = max((row["upper"] for row in rows), default=0) or 1
    before = max(map(display_width, labels), default=0)
    seen = set()
    scope = rows[0]["scope_id"] if rows else None
    for row, label in zip(rows, labels, strict=True):
        if row["scope_id"] != scope:
            scope = row["scope_id"]
            yield f"{'-' * before}-- the series breaks here: scope {scope}"
        elif row["obs_status"] in _RULES:
            yield f"{'-' * before}-- {_RULES[row['obs_status']]}"
        bar = _bar(row, most)
        seen |= set(bar)
        drawn = "".join(marks[kind] for kind in bar)
        yield f"{_padded(label, before, False)}  {drawn} {number(row['value'])}"
    yield "key: " + ", ".join(f"{marks[kind]} {meaning}" for kind, meaning in _KEY.items() if kind in seen)


_RULES = {"B": "the series breaks here", "D": "the next figure is defined otherwise"}
_KEY = {"certain": "the figure, at least", "between": "what its rounding leaves open", "forecast": "forecast"}


def _bar(row: Mapping[str, Any], most: float) -> list[str]:
    low, high = (round(_BAR * row[bound] / most) for bound in ("lower", "upper"))
    if row["obs_status"] == "F":
        return ["forecast"] * high
    return ["certain"] * low + ["between"] * (high - low)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    # A tab or a line break within a cell would take the lines apart.
    return " ".join(str(value).split())


def _padded(text: str, width: int, to_right: bool) -> str:
    shown = _shortened(text, width)
    space = " " * (width - display_width(shown))
    return space + shown if to_right else shown + space


def _shortened(text: str, width: int) -> str:
    if display_width(text) <= width:
        return text
    kept = ""
    for character in text:
        if display_width(kept + character) > width - 1:
            break
        kept += character
    return f"{kept}…"


def _fitting(widths: list[int], room: int, long: list[int]) -> list[int]:
    """Take from the widest of the long columns until all fit, or none is wider than a few words."""
    widths = list(widths)
    while sum(widths) > room:
        widest = max(long, key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= _NARROWEST:
            break
        widths[widest] -= 1
    return widths
