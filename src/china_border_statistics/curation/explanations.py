"""Findings in plain English: one sentence each, with the numbers, that a journalist could quote."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Interval = tuple[float, float]

_ORDINALS = ("first", "second", "third", "fourth")


def day(when: date) -> str:
    """Write a day: 29 March 2021."""
    return f"{when.day} {when:%B %Y}"


def period(start: date | None, end: date) -> str:
    """Write a period: in 2018, in the first half of 2024, from 5 December 2020 to 5 November 2021."""
    if start is None:
        return f"up to {day(end)}"
    if start == end:
        return f"on {day(end)}"
    after = end + timedelta(days=1)
    months = 12 * (after.year - start.year) + after.month - start.month
    if start.day == after.day == 1 and (start.month - 1) % months == 0:
        match months:
            case 12:
                return f"in {start.year}"
            case 6:
                return f"in the {_ORDINALS[(start.month - 1) // 6]} half of {start.year}"
            case 3:
                return f"in the {_ORDINALS[(start.month - 1) // 3]} quarter of {start.year}"
            case 1:
                return f"in {start:%B %Y}"
    return f"from {day(start)} to {day(end)}"


def number(value: float) -> str:
    """Write a number with as many digits as it can bear."""
    if value == int(value) or abs(value) >= 1e6:
        return f"{value:,.0f}"
    return f"{value:,.7g}"


def span(interval: Interval) -> str:
    """Write an interval: 7,800 to 9,600; a single number where both ends are one."""
    low, high = interval
    if high == float("inf"):
        return f"at least {number(low)}"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def percent(interval: Interval) -> str:
    """Write an interval of shares or growth rates in percent, to a tenth that is surely inside."""
    low, high = (f"{100 * end:.1f}" for end in interval)
    return f"{low} %" if low == high else f"{low} to {high} %"


def figure(row: Row) -> str:
    """Name a figure: border crossings in 2018."""
    where = "" if row["scope_id"] == "all" else f" ({row['scope_label']})"
    place = "" if row["area"] == "CN" else f" in {row['area']}"
    return f"{row['metric_label']}{place}{where} {period(row['period_start'], row['period_end'])}"


def stated_change(row: Row, base: Row, change: Row, ratio: Interval) -> str:
    """Explain a stated change against its published base."""
    told = (
        f"The release of {day(row['announced'])} gives {row['printed']} for {figure(row)} and says “{change['quote']}”"
    )
    possible = (ratio[0] - 1, ratio[1] - 1) if change["reading"] == "growth" else ratio
    what = "growth" if change["reading"] == "growth" else "ratio"
    known = f"with the {base['printed']} published for {figure(base)} on {day(base['announced'])}"
    return f"{told}; {known}, and whatever the rounding hides, the {what} can only have been {percent(possible)}."


def share(row: Row, part: Row, whole: Row, ratio: Interval) -> str:
    """Explain a printed share against its part and whole."""
    return (
        f"The release of {day(row['announced'])} gives {row['printed']} as {figure(row)}; {part['printed']} of "
        f"{whole['printed']} can only be {percent(ratio)}."
    )


def parts_sum(whole: Row, parts: Sequence[Row], expected: Interval) -> str:
    """Explain parts against their whole."""
    if len(parts) == 1:
        (part,) = parts
        return (
            f"{figure(whole)} is given as {whole['printed']} ({day(whole['announced'])}), but a part of it, "
            f"{part['metric_label']}, as {part['printed']} ({day(part['announced'])})."
        )
    printed = ", ".join(f"{part['printed']} ({part['metric_label']})" for part in parts)
    return (
        f"{figure(whole)} is given as {whole['printed']} ({day(whole['announced'])}); its parts {printed} add up to "
        f"{span(expected)}."
    )


def periods_add(whole: Row, parts: Sequence[Row], expected: Interval) -> str:
    """Explain shorter periods against a longer one."""
    printed = ", ".join(f"{part['printed']} {period(part['period_start'], part['period_end'])}" for part in parts)
    verb = "add up to" if len(parts) > 1 else "already make"
    given = f"{figure(whole)} is given as {whole['printed']} ({day(whole['announced'])})"
    return f"{given}; {printed} {verb} {span(expected)}."


def cumulative_rises(later: Row, earlier: Row) -> str:
    """Explain a running total against its earlier state."""
    return (
        f"The running total of {later['metric_label']} ({later['scope_label']}) is {earlier['printed']} up to "
        f"{day(earlier['period_end'])} and {later['printed']} up to {day(later['period_end'])}."
    )


def out_of_proportion(later: Row, earlier: Row, times: float, usual: float) -> str:
    """Explain a rise out of proportion to that of its companions."""
    return (
        f"{cumulative_rises(later, earlier)[:-1]}: it rises {times:.1f}-fold while the other totals of the same two "
        f"releases rise {usual:.1f}-fold, so that a change of what is counted is suspected."
    )


def average_times_days(total: Row, average: Row, days: float, expected: Interval) -> str:
    """Explain a total against its daily average."""
    return (
        f"{figure(total)} is given as {total['printed']} ({day(total['announced'])}); a daily average of "
        f"{average['printed']} over {days:.0f} days makes {span(expected)}."
    )


def reannounced(later: Row, earlier: Row) -> str:
    """Explain two announcements of one quantity."""
    first = f"{earlier['printed']} on {day(earlier['announced'])}"
    return f"{figure(later)} was given as {first} and as {later['printed']} on {day(later['announced'])}."


def sources_agree(row: Row, printed: Sequence[str]) -> str:
    """Explain printings of one figure in several sources."""
    return f"{figure(row)}, announced on {day(row['announced'])}, is printed as {', '.join(printed)}."


def claim(row: Row, change: Row | None = None) -> str:
    """Name a claim: a figure as printed, or what was said of its change."""
    said = row["printed"] if change is None else f"“{change['quote']}”"
    return f"{said} for {figure(row)} ({day(row['announced'])})"


def joint(claims: Sequence[str], localised: Sequence[str]) -> str:
    """Explain claims that can't all be true."""
    return f"These can't all be true: {'; '.join(claims)}. The cheapest to give up: {'; '.join(localised) or 'none'}."
