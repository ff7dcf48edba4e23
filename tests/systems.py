"""Made-up systems of figures whose truth is known, printed as an agency prints them.

A true series by quarter, in three parts, is printed as totals, halves, years, running totals, daily averages, shares
and growth rates, rounded and qualified in Chinese and in English, here and there twice.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random
from typing import Any

from china_border_statistics.curation.numerals import Reading, read_number
from china_border_statistics.curation.relations import Quantity, base_quantity, known_beside, quantity_of
from china_border_statistics.curation.stated_changes import read_change

Row = dict[str, Any]

PARTS = ("crossings_green", "crossings_red", "crossings_white")
METRICS = (
    ("crossings", "person_time", None, None),
    *((part, "person_time", "crossings", "colour") for part in PARTS),
    ("crossings_night", "person_time", "crossings", None),
    ("crossings_daily_average", "person_time", None, None),
    *((f"{part}_share", "percent", None, None) for part in PARTS),
)
# Quarters of a year, with the kind of period they make.
STRETCHES = {
    (0, 1): "quarter",
    (1, 2): "quarter",
    (2, 3): "quarter",
    (3, 4): "quarter",
    (0, 2): "half",
    (2, 4): "half",
    (0, 3): "cumulative",
    (0, 4): "year",
}
FIRST_YEAR = 2019
# The count at night is akin to that of the green ones, says the made-up vocabulary.
GROUPS = {"crossings_night": "dark", "crossings_green": "dark"}
NO_SCOPE = {"kind": "all", "start": None, "parent_scope_id": None, "partition": None, "comparison_group": None}
SCOPES = [{"scope_id": name, **NO_SCOPE} for name in ("all", "fair")]


class Rows(list[Row]):
    """Rows that pass for an Arrow table."""

    def to_pylist(self) -> list[Row]:
        return [dict(row) for row in self]


@dataclass
class System:
    """A truth, and what was printed of it."""

    truth: dict[str, list[int]]
    observations: Rows = field(default_factory=Rows)
    changes: Rows = field(default_factory=Rows)

    def true(self, quantity: Quantity) -> Fraction:
        """The true value of a quantity that is made of quarters."""
        metric = quantity.metric.removesuffix("_daily_average").removesuffix("_share")
        assert quantity.start is not None
        count = Fraction(sum(self.truth[metric][quarter(quantity.start) : quarter(quantity.end) + 1]))
        if quantity.metric.endswith("_daily_average"):
            assert quantity.days is not None
            return count / quantity.days
        if quantity.metric.endswith("_share"):
            return 100 * count / self.true(quantity._replace(metric="crossings"))
        return count

    def tables(self) -> dict[str, Any]:
        metrics = Rows(
            {
                "metric_id": name,
                "label_en": name,
                "unit": unit,
                "parent_metric_id": parent,
                "partition": partition,
                "comparison_group": GROUPS.get(name),
            }
            for name, unit, parent, partition in METRICS
        )
        sources = Rows([{"source_id": "s", "kind": "official"}])
        return {
            "observations": self.observations,
            "changes": self.changes,
            "citations": Rows(),
            "sources": sources,
            "metrics": metrics,
            "scopes": Rows(SCOPES),
        }

    def announce(self, quantity: Quantity, kind: str, token: str, language: str, days_later: int = 15) -> Row:
        """Print a figure."""
        reading = read_number(token, language)
        announced = quantity.end + timedelta(days_later)
        announcement = f"{announced}-made-up"
        row = {
            "observation_id": f"{announcement}/{quantity.metric}-{quarter(quantity.start or date.min)}-{kind}",
            "announcement_id": announcement,
            "announced": announced,
            "metric_id": quantity.metric,
            "metric_label": quantity.metric,
            "scope_id": "all",
            "scope_label": "all",
            "area": "CN",
            "period_start": quantity.start,
            "period_end": quantity.end,
            "period_kind": kind,
            "period_precision": "day",
            "qualifier": reading.qualifier,
            "unit": "percent" if quantity.metric.endswith("_share") else "person_time",
            "obs_status": "A",
            "printed": token,
            "printed_language": language,
            "source_id": "s",
            "n_sources": 1,
            "n_disagree": 0,
        } | ends(reading)
        self.observations.append(row)
        return row

    def state(self, figure: Row, basis: str, token: str, before: str, after: str, language: str) -> None:
        """Print a change beside a figure."""
        reading = read_change(token, before, after, language)
        self.changes.append(
            {
                "change_id": f"{figure['observation_id']}~{basis}@s{len(self.changes)}",
                "observation_id": figure["observation_id"],
                "basis": basis,
                "quote": f"{before}{token}{after}",
                "printed": token,
                "reading": reading.reading,
                "ratio_lower": float(reading.ratio_lower),
                "ratio_upper": float(reading.ratio_upper),
            }
        )


def quarter(day: date) -> int:
    return 4 * (day.year - FIRST_YEAR) + (day.month - 1) // 3


def stretch(metric: str, year: int, quarters: tuple[int, int]) -> Quantity:
    first, after = (4 * (year - FIRST_YEAR) + q for q in quarters)
    start, end = (date(FIRST_YEAR + q // 4, q % 4 * 3 + 1, 1) for q in (first, after))
    return Quantity(metric, "all", "CN", start, end - timedelta(1))


def ends(reading: Reading) -> Row:
    return {"value": float(reading.value), "lower": float(reading.lower), "upper": float(reading.upper)}


def rounded(value: Fraction, step: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator) / step).quantize(Decimal(1), rounding) * step


def plain(number: Decimal) -> str:
    return f"{number:f}"


def tokens(value: Fraction) -> list[tuple[str, str]]:
    """Ways to print a count truthfully, with their language."""
    found = []
    for scale, zh in ((10**4, "万"), (10**8, "亿")):
        for places in (1, 2, 3):
            short = rounded(value / scale, Decimal(1).scaleb(-places))
            if short:
                found.append((f"{plain(short)}{zh}人次", "zh-Hans"))
    million = rounded(value / 10**6, Decimal("0.001"))
    if million:
        found.append((f"{plain(million)} million", "en"))
    magnitude = len(str(int(value))) - 2
    if magnitude > 0 and value >= 100:
        step = Decimal(10) ** magnitude
        low, high = rounded(value, step, ROUND_FLOOR), rounded(value, step, ROUND_CEILING)
        found += [(f"{plain(low)}余人次", "zh-Hans"), (f"over {int(low):,}", "en"), (f"nearly {int(high):,}", "en")]
        found += [(f"约{plain(rounded(value, step))}人次", "zh-Hans"), (f"近{plain(high)}人次", "zh-Hans")]
    if value.denominator == 1:
        found += [(f"{value}人次", "zh-Hans"), (f"{int(value):,}", "en")]
    return found


def print_change(system: System, figure: Row, quantity: Quantity, basis: str, chance: Random) -> None:
    """Print a change worked out from exact or from printed figures."""
    base = base_quantity(figure, quantity, basis)
    if base is None or base.start is None or base.start.year < FIRST_YEAR or quantity.metric.endswith("_share"):
        return
    published = [row for row in system.observations if quantity_of(row) == base]
    known = known_beside(sorted(published, key=lambda row: row["announced"]), figure)
    value, under = system.true(quantity), system.true(base)
    if chance.random() < 0.4:
        value = Fraction(str(figure["value"]))
    if known and chance.random() < 0.4:
        under = Fraction(str(known["value"]))
    if not under or not value:
        return
    ratio = value / under
    step = chance.choice((Decimal(1), Decimal("0.1"), Decimal("0.01")))
    growth = rounded(100 * (ratio - 1), step)
    multiple = plain(rounded(ratio, Decimal("0.1")))
    match chance.choice(("zh", "en", "level", "ambiguous", "times")):
        case "zh" if growth > -100:
            system.state(
                figure, basis, f"{plain(abs(growth))}%", "同比下降" if ratio < 1 else "同比增长", "", "zh-Hans"
            )
        case "en" if growth > -100:
            system.state(figure, basis, f"{plain(abs(growth))}%", "down " if ratio < 1 else "up ", "", "en")
        case "level":
            system.state(figure, basis, f"{plain(rounded(100 * ratio, step))}%", "恢复至同期的", "", "zh-Hans")
        case "ambiguous" if ratio > 1:
            more = plain(rounded(ratio - chance.choice((0, 1)), Decimal("0.1")))
            system.state(figure, basis, f"{more} times", "", " higher", "en")
        case "times":
            system.state(figure, basis, f"{multiple}倍", "是上年同期的", "", "zh-Hans")


def made_up(seed: int, most_years: int = 3) -> System:
    """A consistent system of figures."""
    chance = Random(seed)
    quarters = 4 * chance.randint(2, most_years)
    size = 10 ** chance.uniform(1, 8)
    truth = {part: [int(size * chance.lognormvariate(0, 1)) + 1 for _ in range(quarters)] for part in PARTS}
    truth["crossings"] = [sum(column) for column in zip(*truth.values(), strict=True)]
    truth["crossings_night"] = [chance.randint(0, total) for total in truth["crossings"]]
    system = System(truth)
    density = chance.uniform(0.05, 0.3 * (most_years - 1))
    every = [
        (stretch(metric, FIRST_YEAR + year, span), kind)
        for year in range(quarters // 4)
        for span, kind in STRETCHES.items()
        for metric, *_ in METRICS
    ]
    printed: list[tuple[Row, Quantity]] = []
    for quantity, kind in every:
        for days_later in (15, 80):
            if chance.random() < density * (1 if days_later == 15 else 0.15):
                value = system.true(quantity)
                if quantity.metric.endswith("_share"):
                    short = rounded(value, chance.choice((Decimal(1), Decimal("0.1"))))
                    ways = [(f"{plain(short)}%", "zh-Hans")]
                else:
                    ways = tokens(value)
                if ways:
                    printed.append((system.announce(quantity, kind, *chance.choice(ways), days_later), quantity))
    for figure, quantity in printed:
        for basis in ("yoy", "vs_2019", "previous_period"):
            if chance.random() < density / 2:
                print_change(system, figure, quantity, basis, chance)
    return system


def well_connected(seed: int) -> System:
    """Two years printed in full: every part and total, by quarter, half and year, to the last digit."""
    chance = Random(seed)
    size = 10 ** chance.uniform(2, 8)
    truth = {part: [int(size * chance.uniform(0.5, 2)) for _ in range(8)] for part in PARTS}
    truth["crossings"] = [sum(column) for column in zip(*truth.values(), strict=True)]
    system = System(truth)
    for year in (0, 1):
        for span, kind in STRETCHES.items():
            for metric in truth:
                quantity = stretch(metric, FIRST_YEAR + year, span)
                system.announce(quantity, kind, f"{system.true(quantity)}人次", "zh-Hans")
    return system


def corrupt(row: Row, times: float) -> None:
    row["value"] = row["lower"] = row["upper"] = round(row["value"] * times)
