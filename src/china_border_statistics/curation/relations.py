"""What figures must satisfy together, derived from what records and vocabulary already say.

A *quantity* is what is counted, for one scope, area and period, whoever says it. A *claim* is what somebody said of
quantities: a figure, or a ratio between two (a stated change, a share). A *relation* is what arithmetic says of
them, whoever speaks: parts make a whole, periods add, an average times its days is the total.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise, permutations
from typing import Any, NamedTuple

from china_border_statistics.curation.periods import base_period

Row = dict[str, Any]
Interval = tuple[float, float]

# What the metric of a daily average ends with, after the name of its total.
AVERAGE = "_daily_average"
# Suffixes of the naming rules: metrics of these kinds are no totals, so that their periods don't add.
_NOT_ADDITIVE = (AVERAGE, "_daily_peak", "_share", "_average", "_peak")
# Kinds of scope that hold all days of a period: a population may be counted at weekends or by night alone.
_PLACES = ("all", "port", "station")
# How the id of a single port begins; nothing is counted at two of them.
_ONE_PORT = "port-"
# Units of what each part may count anew: the same country at every port, the same day in every province.
_COUNTED_ANEW = ("day", "place")
# The most published periods that a longer one may be laid out with.
_PIECES = 12
# A growth rate or a share is trusted less than the figures it stands beside: it is derived, and rounded once more.
DERIVED_WEIGHT = 0.5


class Quantity(NamedTuple):
    """What is counted, for one scope, area and period (both days included; a stock has one day)."""

    metric: str
    scope: str
    area: str
    start: date | None
    end: date

    @property
    def days(self) -> int | None:
        """Length of the period in days; None where its start isn't known."""
        return None if self.start is None else (self.end - self.start).days + 1


@dataclass(frozen=True)
class FigureClaim:
    """A published figure: the quantity lies in an interval."""

    id: str
    quantity: Quantity
    interval: Interval
    weight: float

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantity it speaks of."""
        return (self.quantity,)

    @property
    def width(self) -> float:
        """How much its rounding leaves open."""
        return self.interval[1] - self.interval[0]


@dataclass(frozen=True)
class RatioClaim:
    """A stated ratio: value / base lies in one of the intervals, one for each reading of the words.

    Agencies work ratios out from exact figures and from rounded ones: 424 million is 266.5 % more than 115.699
    million, though the parts make it 424.48. ``printed`` are the published figures of value and base (None where
    there is none) that the issuer may have used, anywhere within their rounding, instead of the true quantities.
    """

    id: str
    kind: str
    value: Quantity
    base: Quantity
    readings: Mapping[str, Interval]
    weight: float
    printed: tuple[FigureClaim | None, FigureClaim | None] = (None, None)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The two quantities it speaks of."""
        return self.value, self.base

    @property
    def hull(self) -> Interval:
        """All readings together."""
        return min(low for low, _ in self.readings.values()), max(high for _, high in self.readings.values())


Claim = FigureClaim | RatioClaim


@dataclass(frozen=True)
class Relation:
    """What arithmetic says: ``lower <= sum of coefficient × quantity <= upper``.

    The first term is the whole, the later or the total; the others, with negative coefficients, what it is held
    against. Its name tells it from the other relations of its kind with the same first term, and depends on nothing
    but its own terms.
    """

    kind: str
    terms: tuple[tuple[Quantity, float], ...]
    upper: float = 0.0
    lower: float = 0.0
    name: str = ""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities it speaks of, the whole first."""
        return tuple(quantity for quantity, _ in self.terms)


def quantity_of(row: Row, campaign_starts: Mapping[str, date] | None = None) -> Quantity:
    """The quantity of an observation.

    Parameters
    ----------
    row : dict
        A row of ``observations``.
    campaign_starts : mapping, optional
        First days of scopes: a total "since December" of a campaign that began on the fifth begins on the fifth.
    """
    start = row["period_end"] if row["period_kind"] == "point" else row["period_start"]
    began = (campaign_starts or {}).get(row["scope_id"])
    if start is not None and began is not None and row["period_precision"] in ("month", "year"):
        same_month = (start.year, start.month) == (began.year, began.month)
        if same_month or (row["period_precision"] == "year" and start.year == began.year):
            start = began
    return Quantity(row["metric_id"], row["scope_id"], row["area"], start, row["period_end"])


def figure_claims(observations: Iterable[Row], quantities: Mapping[str, Quantity]) -> Iterator[FigureClaim]:
    """What the observations claim; ``quantities`` are theirs, by observation id."""
    for row in observations:
        yield FigureClaim(
            row["observation_id"], quantities[row["observation_id"]], (row["lower"], row["upper"]), row["weight"]
        )


def ratio_claims(
    observations: Mapping[str, Row],
    changes: Iterable[Row],
    quantities: Mapping[str, Quantity],
    metrics: Mapping[str, Row],
) -> Iterator[RatioClaim]:
    """What stated changes and shares claim of two quantities; the same claim of two sources is one."""
    published: dict[Quantity, list[Row]] = defaultdict(list)
    for row in sorted(observations.values(), key=lambda row: (row["announced"], row["observation_id"])):
        published[quantities[row["observation_id"]]].append(row)

    def printed(quantity: Quantity, beside: Row) -> FigureClaim | None:
        row = known_beside(published.get(quantity, ()), beside)
        return next(figure_claims([row], quantities)) if row else None

    seen: set[tuple[object, ...]] = set()
    for change in changes:
        figure = observations.get(change["observation_id"])
        base = base_quantity(figure, quantities[change["observation_id"]], change["basis"]) if figure else None
        readings = readings_of(change)
        same = (change["observation_id"], change["basis"], tuple(sorted(readings.items())))
        if figure is None or base is None or same in seen:
            continue
        seen.add(same)
        weight = figure["weight"] * DERIVED_WEIGHT
        (own,) = figure_claims([figure], quantities)
        yield RatioClaim(
            change["change_id"], "stated_change", own.quantity, base, readings, weight, (own, printed(base, figure))
        )
    for row in observations.values():
        part = metrics.get(row["metric_id"].removesuffix("_share"))
        if part is None or part["metric_id"] == row["metric_id"] or part["parent_metric_id"] is None:
            continue
        share = quantities[row["observation_id"]]
        ends = {"share": (row["lower"] / 100, row["upper"] / 100)}
        value, whole = share._replace(metric=part["metric_id"]), share._replace(metric=part["parent_metric_id"])
        sides = (printed(value, row), printed(whole, row))
        yield RatioClaim(row["observation_id"], "share", value, whole, ends, row["weight"] * DERIVED_WEIGHT, sides)


def known_beside(published: Sequence[Row], beside: Row) -> Row | None:
    """The printing of a quantity that a claim printed beside another figure is held against.

    Parameters
    ----------
    published : sequence of dict
        Observations of one quantity, in the order of their announcement.
    beside : dict
        The observation that the claim stands beside.

    Returns
    -------
    dict or None
        That of the same announcement, else the last one known by then, else the first one after.
    """
    own = [row for row in published if row["announcement_id"] == beside["announcement_id"]]
    known = [row for row in published if row["announced"] <= beside["announced"]]
    candidates = own or known or published[:1]
    return candidates[-1] if candidates else None


def readings_of(change: Row) -> dict[str, Interval]:
    """The interval of value / base under each reading of a stated change."""
    lower, upper = change["ratio_lower"], change["ratio_upper"]
    if change["reading"] != "ambiguous":
        return {change["reading"]: (lower, upper)}
    # "x times higher" is level x or growth x, and growth is level plus one.
    return {"level": (lower, upper - 1), "growth": (lower + 1, upper)}


def is_additive(metric: Row) -> bool:
    """Whether periods of the metric add up, and its parts: a count or an amount, not an average, a peak or a share."""
    return not metric["metric_id"].endswith(_NOT_ADDITIVE) and metric["unit"] not in ("percent", "second", "hour")


def derive_relations(
    quantities: Iterable[Quantity],
    metrics: Mapping[str, Row],
    scopes: Mapping[str, Row] | None = None,
    is_stock: Iterable[Quantity] = (),
    published: Iterable[Quantity] = (),
) -> Iterator[Relation]:
    """Derive every relation between the quantities, published or not.

    Parameters
    ----------
    quantities : iterable of Quantity
        Those that some claim speaks of.
    metrics : mapping
        Metrics by id: ``parent_metric_id``, ``partition`` and ``unit`` are used.
    scopes : mapping, optional
        Scopes by id: ``parent_scope_id``, ``partition`` and ``kind`` are used.
    is_stock : iterable of Quantity
        Those that are stocks at a date, whose periods don't add.
    published : iterable of Quantity
        Those that figures say. Only these are held against longer periods elsewhere: that a port's base is less than
        what the country had in years proves nothing of the growth that was stated.

    Yields
    ------
    Relation
        ``parts_sum`` (parts make the whole, or don't exceed it), ``average_times_days``, ``periods_add`` and
        ``cumulative_rises``.
    """
    known = sorted(set(quantities), key=_in_order)
    stocks = set(is_stock)
    places: dict[tuple[object, ...], dict[str, Quantity]] = defaultdict(dict)
    series: dict[tuple[str, str, str], list[Quantity]] = defaultdict(list)
    for quantity in known:
        places[quantity[1:]][quantity.metric] = quantity
        if is_additive(metrics[quantity.metric]) and quantity.start is not None and quantity not in stocks:
            series[quantity[:3]].append(quantity)
    flows: list[Quantity] = []
    for members in series.values():
        for flow in _flows(members):
            places[flow[1:]][flow.metric] = flow
            flows.append(flow)
        yield from _periods(members)
    additive = (metric for metric in metrics.values() if is_additive(metric))
    children = _children(additive, "metric_id", "parent_metric_id")
    for place in places.values():
        yield from _averages(place)
        for name, whole in place.items():
            if is_additive(metrics[name]):
                yield from _parts(whole, place, children.get(name, {}))
    counted = dict.fromkeys([*(quantity for quantity in known if is_additive(metrics[quantity.metric])), *flows])
    places_of = _Places(scopes or {}, metrics)
    yield from places_of.parts([*counted, *(quantity for quantity in known if places_of.has_average(quantity))])
    figures = set(published)
    yield from places_of.shorter_parts(q for members in series.values() for q in members if q in figures)


def _in_order(quantity: Quantity) -> tuple[object, ...]:
    return (*quantity[:3], quantity.start or date.min, quantity.end)


def _children(entries: Iterable[Row], key: str, parent: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """Parts by their whole, and the partitions that each part belongs to."""
    children: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for entry in entries:
        if entry[parent] is not None:
            children[entry[parent]][entry[key]] = tuple((entry["partition"] or "").split())
    return children


def _parts(whole: Quantity, place: Mapping[str, Quantity], children: Mapping[str, Sequence[str]]) -> Iterator[Relation]:
    """Parts against their whole: all parts of a partition make it; fewer, or one alone, don't exceed it."""
    split: dict[str, list[str]] = defaultdict(list)
    for child, partitions in children.items():
        for partition in partitions:
            split[partition].append(child)
    alone = {child for child in children if child in place}
    for partition, members in split.items():
        parts = sorted(set(place).intersection(members))
        if len(parts) > 1:
            alone.difference_update(parts)
            terms = ((whole, 1.0), *((place[part], -1.0) for part in parts))
            upper = 0.0 if len(parts) == len(members) else float("inf")
            yield Relation("parts_sum", terms, upper, name=f"={partition}")
    for part in sorted(alone):
        yield Relation("parts_sum", ((whole, 1.0), (place[part], -1.0)), upper=float("inf"), name=f">{part}")


class _Places:
    """Scopes against the scope that holds them, areas against theirs: a port in its station, a province in the country.

    Parameters
    ----------
    scopes, metrics : mapping
        The code lists by id.
    """

    def __init__(self, scopes: Mapping[str, Row], metrics: Mapping[str, Row]) -> None:
        self._scopes, self._metrics = scopes, metrics
        self._children = _children(scopes.values(), "scope_id", "parent_scope_id")

    def has_average(self, quantity: Quantity) -> bool:
        """Whether it is a daily average over all days of its period: then those of the parts add up."""
        scope = self._scopes.get(quantity.scope)
        return quantity.metric.endswith(AVERAGE) and scope is not None and scope["kind"] in _PLACES

    def parts(self, quantities: Iterable[Quantity]) -> Iterator[Relation]:
        """Parts and wholes of one period.

        The parts of a partition of scopes make the whole of their area. Provinces are never all there, nor are ports:
        their sums don't exceed the whole.
        """
        alike: dict[tuple[object, ...], dict[str, list[Quantity]]] = defaultdict(lambda: defaultdict(list))
        for quantity in quantities:
            alike[quantity.metric, quantity.start, quantity.end][quantity.scope].append(quantity)
        for by_scope in alike.values():
            for whole in [quantity for members in by_scope.values() for quantity in members]:
                yield from self._parts_of(whole, by_scope)

    def _parts_of(self, whole: Quantity, by_scope: Mapping[str, Sequence[Quantity]]) -> Iterator[Relation]:
        children = self._children.get(whole.scope, {})
        below = [q for scope in self._below(whole.scope) for q in by_scope.get(scope, ()) if _is_in(q.area, whole.area)]
        areas = [q for q in by_scope[whole.scope] if _holds(whole.area, q.area)]
        ports = self._single_ports(below)
        adds = self._metrics[whole.metric]["unit"] not in _COUNTED_ANEW
        for parts, names in ((areas, [q.area for q in areas]), (ports, [f"{q.scope}.{q.area}" for q in ports])):
            together = [(parts, names)] if adds else [([q], [name]) for q, name in zip(parts, names, strict=True)]
            yield from (_at_least(whole, members, "+".join(named)) for members, named in together if members)
        rest = [q for q in below if q not in ports]
        place = {q.scope: q for q in rest if q.area == whole.area and q.scope in children}
        yield from _parts(whole, place, children)
        for part in rest:
            if place.get(part.scope) != part:
                yield _at_least(whole, [part], f"{part.scope}.{part.area}")

    def _single_ports(self, quantities: Iterable[Quantity]) -> list[Quantity]:
        """Ports none of which is a part of another, or belongs to a partition."""
        ports = {
            q.scope: q
            for q in quantities
            if q.scope.startswith(_ONE_PORT)
            and (self._scopes[q.scope]["kind"], self._scopes[q.scope]["partition"]) == ("port", None)
        }
        inner = {scope for port in ports for scope in self._below(port)}
        return [port for scope, port in ports.items() if scope not in inner]

    def shorter_parts(self, quantities: Iterable[Quantity]) -> Iterator[Relation]:
        """Parts of a shorter period than their whole: against the nearest that hold them, which the others hold.

        Other parts of one period are for ``parts``, other periods of one part for the relations of its series.
        """
        by_place: dict[tuple[str, str, str], list[Quantity]] = defaultdict(list)
        for quantity in quantities:
            by_place[quantity[:3]].append(quantity)
        above = {child: scope for scope, children in self._children.items() for child in children}
        for (metric, scope, area), parts in by_place.items():
            scopes = [scope]
            while scopes[-1] in above:
                scopes.append(above[scopes[-1]])
            around = [(metric, one, other) for one in scopes for other in dict.fromkeys((area, area.partition("-")[0]))]
            wider = [quantity for place in around for quantity in by_place.get(place, ())]
            for part in parts:
                holders = [q for q in wider if q != part and _holds_days(q, part)]
                for whole in holders:
                    is_other = whole[:3] != part[:3] and whole[3:] != part[3:]
                    if is_other and not any(self._is_between(q, whole) for q in holders if q != whole):
                        yield _at_least(whole, [part], f"{scope}.{area}.{part.start}..{part.end}")

    def _is_between(self, inner: Quantity, outer: Quantity) -> bool:
        """Whether of two quantities that hold a third one the first lies within the second."""
        is_below = inner.scope == outer.scope or inner.scope in self._below(outer.scope)
        return is_below and _is_in(inner.area, outer.area) and _holds_days(outer, inner)

    def _below(self, scope: str) -> Iterator[str]:
        """The scopes within another, and those within these."""
        for child in self._children.get(scope, {}):
            yield child
            yield from self._below(child)


def _at_least(whole: Quantity, parts: Sequence[Quantity], name: str) -> Relation:
    """A whole and parts that don't exceed it together."""
    return Relation("parts_sum", ((whole, 1.0), *((part, -1.0) for part in parts)), float("inf"), name=f">{name}")


def _is_in(area: str, whole: str) -> bool:
    return area == whole or _holds(whole, area)


def _holds_days(whole: Quantity, part: Quantity) -> bool:
    """Whether all days of a period are in another; the starts of both are known."""
    assert whole.start is not None  # noqa: S101  series have starts
    assert part.start is not None  # noqa: S101
    return whole.start <= part.start and part.end <= whole.end


def _holds(country: str, area: str) -> bool:
    """Whether an area is a subdivision of another: CN-YN of CN."""
    return area.startswith(f"{country}-")


def _averages(place: Mapping[str, Quantity]) -> Iterator[Relation]:
    for name, average in place.items():
        total = place.get(name.removesuffix(AVERAGE))
        if total is not None and total is not average and total.days is not None:
            yield Relation("average_times_days", ((total, 1.0), (average, -float(total.days))))


def _flows(members: Iterable[Quantity]) -> Iterator[Quantity]:
    """What ran up between consecutive snapshots of one running total."""
    for earlier, later in _snapshots(members):
        yield later._replace(start=earlier.end + timedelta(days=1))


def _snapshots(members: Iterable[Quantity]) -> Iterator[tuple[Quantity, Quantity]]:
    """Consecutive totals with the same start; the members are in order."""
    return ((one, other) for one, other in pairwise(members) if one.start == other.start)


def _periods(members: Sequence[Quantity]) -> Iterator[Relation]:
    """Relations of one series: layouts of a period by shorter ones, and running totals that don't fall.

    What ran up between two snapshots of a running total belongs to the series even if nobody published it.
    """
    by_start: dict[date | None, list[Quantity]] = defaultdict(list)
    for quantity in members:
        by_start[quantity.start].append(quantity)
    laid_out: set[tuple[Quantity, ...]] = set()
    flows = [flow for flow in dict.fromkeys(_flows(members)) if flow not in set(members)]
    for whole in (*members, *flows):
        pieces = _layout(whole, by_start)
        if pieces:
            laid_out |= {(whole, *pieces), *((whole, piece) for piece in pieces)}
            yield _sum_of_periods(whole, pieces)
        else:
            pieces = covering(whole, members)
            if len(pieces) > 1:
                laid_out |= {(whole, piece) for piece in pieces}
                yield _sum_of_periods(whole, pieces, upper=float("inf"))
    for earlier, later in _snapshots(members):
        flow = later._replace(start=earlier.end + timedelta(days=1))
        yield Relation("cumulative_rises", ((later, 1.0), (earlier, -1.0)), float("inf"), name=f">{earlier.end}")
        if (later, earlier, flow) not in laid_out:
            yield _sum_of_periods(later, (earlier, flow))
    for whole, part in permutations(members, 2):
        if _is_within(part, whole) and (whole, part) not in laid_out:
            name = f">{part.start}..{part.end}"
            yield Relation("periods_add", ((whole, 1.0), (part, -1.0)), upper=float("inf"), name=name)


def _sum_of_periods(whole: Quantity, pieces: Iterable[Quantity], upper: float = 0.0) -> Relation:
    """Periods one after the other, that make up a longer one or leave gaps in it: their last days name them."""
    terms = tuple((piece, -1.0) for piece in pieces)
    name = "+".join(str(piece.end) for piece, _ in terms)
    return Relation("periods_add", ((whole, 1.0), *terms), upper, name=f"{'>' if upper else '='}{name}")


def covering(whole: Quantity, pieces: Iterable[Quantity]) -> tuple[Quantity, ...]:
    """The shorter periods, none on top of another, that cover most days of a longer one (weighted interval scheduling).

    Parameters
    ----------
    whole : Quantity
        The longer period; its start must be known.
    pieces : iterable of Quantity
        Periods to choose from; those that reach out of the longer one, or are it, are left out.

    Returns
    -------
    tuple of Quantity
        In the order of their days; of choices that cover as much, the one of fewest periods.
    """
    first = whole.start or date.max
    inside = [q for q in pieces if q.start and first <= q.start and q.end <= whole.end and q[3:] != whole[3:]]
    best: list[tuple[date, tuple[int, int], tuple[Quantity, ...]]] = [(date.min, (0, 0), ())]
    for piece in sorted(inside, key=lambda q: (q.end, _in_order(q))):
        before = bisect_left([end for end, _, _ in best], piece.start or date.min) - 1
        days, number = best[before][1]
        cover = (days + (piece.days or 0), number - 1)
        if cover > best[-1][1]:
            best.append((piece.end, cover, (*best[before][2], piece)))
    return best[-1][2]


def _is_within(part: Quantity, whole: Quantity) -> bool:
    """Whether a period lies within another that began before it."""
    if part.start is None or whole.start is None:
        return False
    return whole.start < part.start and part.end <= whole.end


def _layout(whole: Quantity, by_start: Mapping[date | None, Sequence[Quantity]]) -> tuple[Quantity, ...] | None:
    """The fewest shorter periods of the series that follow each other and make up the whole one."""
    if whole.start is None:
        return None
    after_whole = whole.end + timedelta(days=1)
    best: dict[date, tuple[Quantity, ...]] = {whole.start: ()}
    newest = dict(best)
    for _ in range(_PIECES):
        longer: dict[date, tuple[Quantity, ...]] = {}
        for day, pieces in newest.items():
            for piece in by_start.get(day, ()):
                after = piece.end + timedelta(days=1)
                if after <= after_whole and piece != whole and after not in best and after not in longer:
                    longer[after] = (*pieces, piece)
        if after_whole in longer:
            return longer[after_whole]
        best |= longer
        newest = longer
    return None


def base_quantity(figure: Row, quantity: Quantity, basis: str) -> Quantity | None:
    """The quantity that a stated change of a figure compares with, published or not; None where no calendar tells."""
    period = base_period(basis, figure["period_kind"], quantity.start, quantity.end)
    if period is None:
        return None
    start = period[1] if figure["period_kind"] == "point" else period[0]
    return quantity._replace(start=start, end=period[1])
