"""Findings in plain English: one sentence each, with the numbers, that a journalist could quote."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any

import pycountry

Row = Mapping[str, Any]
Interval = tuple[float, float]

_ORDINALS = ("first", "second", "third", "fourth")
_UNITS = {"kg": " kg", "CNY": " yuan", "percent": " %"}
_QUALIFIERS = {"over": "more than ", "nearly": "nearly ", "about": "about "}
# What pycountry's names of Chinese subdivisions end with: province, city, autonomous region and its people.
_KINDS_OF_AREA = {"Sheng", "Shi", "SAR", "Zizhiqu", "Zhuangzu", "Huizu", "Uygur"}
# Digits and a word that isn't part of the number: 381人, but not 3.8万人.
_PLAIN = re.compile(r"[\d,.]+\s?[^\d万亿萬億千百十]*", re.ASCII)
_BASES = {"yoy": "on a year earlier", "previous_period": "on the period before", "vs_2019": "on the same days of 2019"}


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
    if value == int(value) or abs(value) >= 1e3:
        return f"{value:,.0f}"
    return f"{value:,.7g}"


def span(interval: Interval) -> str:
    """Write an interval: 7,800 to 9,600; a single number where both ends are one."""
    low, high = interval
    if high == float("inf"):
        return f"at least {number(low)}"
    return number(low) if low == high else f"{number(low)} to {number(high)}"


def percent(interval: Interval) -> str:
    """Write an interval of shares or growth rates in percent, to a tenth."""
    low, high = (f"{100 * end:.1f}" for end in interval)
    if interval[1] == float("inf"):
        return f"at least {low} %"
    return f"{low} %" if low == high else f"{low} to {high} %"


def times(interval: Interval) -> str:
    """Write an interval of multiples: 2.19 to 2.21 times."""
    low, high = (f"{end:.4g}" for end in interval)
    return f"{low} times" if low == high else f"{low} to {high} times"


def growth(interval: Interval) -> str:
    """Write an interval of growth rates: growth of 8.2 to 10.3 %, a fall of 67.0 to 71.7 %, or a change of either."""
    low, high = interval
    if low < 0 <= high:
        return f"a change of {percent(interval)}"
    return f"a fall of {percent((-high, -low))}" if high < 0 else f"growth of {percent(interval)}"


def told(row: Row) -> str:
    """Write a figure as its source does, with the number in front where the source isn't in English."""
    if row["printed_language"] == "en":
        return str(row["printed"])
    value = row["value"]
    name, size = next(((n, s) for n, s in (("billion", 1e9), ("million", 1e6)) if value >= s), ("", 1.0))
    amount = f"{value / size:.9g} {name}" if name else number(value)
    written = f"{_QUALIFIERS.get(row['qualifier'], '')}{amount}{_UNITS.get(row['unit'], '')}"
    return (
        written if row["qualifier"] == "exact" and _PLAIN.fullmatch(row["printed"]) else f"{written} ({row['printed']})"
    )


@cache
def area(code: str) -> str:
    """Name an area in English: Yunnan for CN-YN."""
    found = pycountry.subdivisions.get(code=code) if "-" in code else pycountry.countries.get(alpha_2=code)
    name = code if found is None else str(found.name)
    return " ".join(word for word in name.split() if word not in _KINDS_OF_AREA)


def subject(row: Row) -> str:
    """Name what a figure counts, where and in which scope, as it stands within a sentence."""
    label = row["metric_label"]
    if not label[1:2].isupper():
        label = label[:1].lower() + label[1:]
    place = "" if row["area"] == "CN" else f" in {area(row['area'])}"
    where = "" if row["scope_id"] == "all" else f" ({row['scope_label']})"
    return f"{label}{place}{where}" + ("," if ", " in label and not where else "")


def figure(row: Row) -> str:
    """Name a figure: border crossings in 2018."""
    return f"{subject(row)} {period(row['period_start'], row['period_end'])}"


def _given(row: Row) -> str:
    return f"the release of {day(row['announced'])} gives {told(row)} for {figure(row)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _change(reading: str, ratio: Interval, is_multiple: bool) -> str:
    """Write what a change can have been, in the terms of the claim."""
    if reading == "growth":
        return f"it can only have been {growth((ratio[0] - 1, ratio[1] - 1))}"
    return f"the ratio can only have been {times(ratio) if is_multiple else percent(ratio)}"


def stated_change(row: Row, base: Row, change: Row, ratio: Interval) -> str:
    """Explain a stated change against its published base."""
    given = f"{_given(row)} and says “{change['quote']}”"
    known = f"the {told(base)} published on {day(base['announced'])} for {period_name(base)}"
    possible = _change(change["reading"], ratio, "%" not in change["printed"])
    return _sentence(f"{given}; against {known}, and whatever the rounding hides, {possible}")


def period_name(row: Row) -> str:
    """Name the period of a figure whose subject is known from the context."""
    return re.sub("^(in|on|from) ", "", period(row["period_start"], row["period_end"]))


def share(row: Row, part: Row, whole: Row, ratio: Interval) -> str:
    """Explain a printed share against its part and whole."""
    return (
        f"The release of {day(row['announced'])} gives {told(row)} as {figure(row)}, but {told(part)} of "
        f"{told(whole)} can only be {percent(ratio)}."
    )


def parts_sum(whole: Row, parts: Sequence[Row], expected: Interval) -> str:
    """Explain parts against their whole."""
    if len(parts) == 1:
        (part,) = parts
        days = "period_start", "period_end"
        name = subject(part) if all(part[end] == whole[end] for end in days) else figure(part)
        alone = f"that of {day(part['announced'])} gives {told(part)} for a part of it, {name.rstrip(',')}"
        return _sentence(f"{_given(whole)}; {alone}")
    printed = ", ".join(f"{told(part)} for {subject(part).rstrip(',')}" for part in parts)
    return _sentence(f"{_given(whole)}; its parts, {printed}, add up to {span(expected)}")


def periods_add(whole: Row, parts: Sequence[Row], expected: Interval) -> str:
    """Explain shorter periods against a longer one."""
    if len(parts) == 1:
        return _sentence(f"{_given(whole)}; {period_name(parts[0])} alone makes {told(parts[0])}")
    printed = ", ".join(f"{told(part)} {period(part['period_start'], part['period_end'])}" for part in parts)
    return _sentence(f"{_given(whole)}; {printed} add up to {span(expected)}")


def cumulative_rises(later: Row, earlier: Row) -> str:
    """Explain a running total against its earlier state."""
    then = "but only" if later["upper"] < earlier["lower"] else "and"
    return (
        f"The running total of {subject(later).rstrip(',')} is {told(earlier)} up to {day(earlier['period_end'])} "
        f"{then} {told(later)} up to {day(later['period_end'])}."
    )


def out_of_proportion(later: Row, earlier: Row, rise: float, usual: float) -> str:
    """Explain a rise out of proportion to that of its companions."""
    return (
        f"{cumulative_rises(later, earlier)[:-1]}: it rises {rise:.1f}-fold while the other totals of the same two "
        f"releases rise {usual:.1f}-fold, so that a change of what is counted is suspected{_marked(later)}."
    )


def _marked(row: Row) -> str:
    return "; curators mark a break there" if row["obs_status"] == "B" else ""


def kindred_totals(later: Row, earlier: Row) -> str:
    """Explain a running total beside an earlier one of another definition."""
    then = "but only" if later["upper"] < earlier["lower"] else "and"
    return (
        f"Up to {day(earlier['period_end'])} the running total of {subject(earlier).rstrip(',')} is {told(earlier)}, "
        f"{then} {told(later)} up to {day(later['period_end'])} for {subject(later).rstrip(',')}: akin, but not one "
        "count."
    )


def kindred_periods(whole: Row, parts: Sequence[Row], least: float) -> str:
    """Explain a long period beside shorter ones of other definitions."""
    named = ", ".join(f"{told(part)} for {figure(part).rstrip(',')}" for part in parts)
    doubt = ", so that neither need be wrong" if least > whole["upper"] else ""
    return _sentence(f"{_given(whole)}; {named} make at least {number(least)}: akin, but not one count{doubt}")


def readings(
    row: Row,
    change: Row,
    bases: Mapping[str, Interval],
    allowed: Interval,
    floor: tuple[str, date | None, date, float] | None,
    plain: Sequence[str],
) -> str:
    """Explain an ambiguous change whose base isn't published: what each reading makes of the base, and what is left.

    Parameters
    ----------
    row, change : dict
        The figure, and the change with its ``readings_left``.
    bases : mapping
        What the base is under each reading.
    allowed : tuple of float
        What all other figures leave to the base.
    floor : tuple, optional
        A kindred count for a shorter period: its label, first and last day, and least value.
    plain : sequence of str
        Quotes of the same claim in words that allow one reading alone.
    """
    level, more = span(bases["level"]), span(bases["growth"])
    said = f"{_given(row)} and says “{change['quote']}”: if that means as many times the base, the base was {level}"
    told_both = f"{said}; if it means as many times more, {more}"
    rest = "" if allowed == (0.0, float("inf")) else f"; the other figures leave {span(allowed)}"
    if floor is not None and floor[3] > bases["growth"][0]:
        label, start, end, least = floor
        name = label[:1].lower() + label[1:]
        rest += f"; {name}, a kindred count, were at least {number(least)} {period(start, end)} already"
    words = f"; in plainer words the same claim is “{plain[0]}”" if plain else ""
    left = {
        "level": "only the first can be true, and the figure didn't grow by so many times",
        "growth": "only the second can be true",
        "both": "nothing tells which is meant",
        "none": "neither fits",
    }[change["readings_left"]]
    return _sentence(f"{told_both}{rest}{words}: {left}")


def average_times_days(total: Row, average: Row, days: float, expected: Interval) -> str:
    """Explain a total against its daily average."""
    made = f"a daily average of {told(average)} over {days:.0f} days makes {span(expected)}"
    return _sentence(f"{_given(total)}; {made}")


def reannounced(later: Row, earlier: Row) -> str:
    """Explain two announcements of one quantity."""
    first = f"the release of {day(earlier['announced'])} gives {told(earlier)}"
    return _sentence(f"{first} and that of {day(later['announced'])} {told(later)} for {figure(later)}")


def sources_agree(row: Row, disagreeing: Sequence[Row], printings: int) -> str:
    """Explain the printings of one figure: those that disagree, if any do."""
    if not disagreeing:
        where = "in one source" if row["n_sources"] == 1 else f"in {row['n_sources']} sources"
        return _sentence(f"{_given(row)}, and its {printings} printings {where} agree within rounding")
    outlets: dict[str, dict[str, None]] = {}
    for citation in disagreeing:
        outlets.setdefault(citation["printed"], {})[citation["source_id"].split(":")[-1]] = None
    others = (f"“{printed}” ({', '.join(names)})" for printed, names in outlets.items())
    return _sentence(f"{_given(row)}, but sources also print {' and '.join(others)}")


def claim(row: Row, change: Row | None = None) -> str:
    """Name a claim: a figure as printed, or what was said of its change."""
    when = f"({day(row['announced'])})"
    if change is None:
        return f"{told(row)} for {figure(row)} {when}"
    if change["reading"] != "growth" or change["basis"] not in _BASES:
        return f"“{change['quote']}” for {figure(row)} {when}"
    move = "fall" if change["ratio_upper"] < 1 else "rise"
    return f"a {move} of {change['printed']} {_BASES[change['basis']]} in {figure(row)} {when}"


def joint(suspect: str, others: Sequence[str], allowed: str) -> str:
    """Explain claims that can't all be true, the least trusted of them in front."""
    return _sentence(f"{suspect} doesn't fit the rest, which leaves only {allowed}: {'; '.join(others)}")


def allowed_ratio(ratio: Interval, change: Row | None) -> str:
    """Write what the rest leaves to a ratio: a growth, a multiple or a share."""
    if change is not None and change["reading"] == "growth":
        return growth((ratio[0] - 1, ratio[1] - 1))
    return percent(ratio) if change is None or "%" in change["printed"] else times(ratio)
