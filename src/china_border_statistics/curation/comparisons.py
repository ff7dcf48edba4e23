"""Figures that are akin but not of one definition: held beside each other, never forced together.

Cases filed, handled and solved are different counts, and so are suspects and offenders; the vocabulary's
``comparison_group`` says which belong together. A comparison can make one doubt a figure, never contradict it: what
doesn't fit is *undetermined*, with both definitions named.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from china_border_statistics.curation import explanations
from china_border_statistics.curation.feasibility import Bounds
from china_border_statistics.curation.findings import Finding, Record, interval_of, observation_of
from china_border_statistics.curation.relations import Quantity, Relation, covering, is_additive

Row = dict[str, Any]


@dataclass(frozen=True)
class Floor:
    """What a kindred quantity of a shorter period from the same start makes one expect at least."""

    metric_label: str
    quantity: Quantity
    lower: float
    evidence: tuple[str, ...]
    """Observations that it rests on."""

    @property
    def told(self) -> tuple[str, date | None, date, float]:
        """What an explanation needs of it: label, first and last day, least value."""
        return self.metric_label, self.quantity.start, self.quantity.end, self.lower


def kindred_findings(record: Record) -> Iterator[Finding]:
    """Compare running totals, and long periods with the shorter ones in them, across definitions.

    Parameters
    ----------
    record : Record
        The published figures; those with definitions of their own (status D) and after breaks (B) are compared too.

    Yields
    ------
    Finding
        ``consistent`` or ``undetermined``; only where definitions differ, for the others are relations.
    """
    figures = [
        row
        for _, row in sorted(record.observations.items())
        if row["obs_status"] != "F" and row["period_kind"] != "point" and is_additive(record.metrics[row["metric_id"]])
    ]

    def start(row: Row) -> tuple[object, ...]:
        return (*_place(record.quantities[row["observation_id"]], record), record.quantities[row["observation_id"]][3])

    def place(row: Row) -> tuple[object, ...]:
        return _place(record.quantities[row["observation_id"]], record)

    known = [row for row in figures if record.quantities[row["observation_id"]].start is not None]
    for totals in _grouped(known, start):
        yield from _running_totals(totals, record)
    for members in _grouped(known, place):
        yield from _long_periods(members, record)


class Floors:
    """Lower bounds of kindred counts, for the bases of stated changes.

    Parameters
    ----------
    record : Record
        The published figures.
    unpublished : mapping
        Bounds of the quantities that nobody printed.
    """

    def __init__(self, record: Record, unpublished: Mapping[Quantity, Bounds]) -> None:
        self._record = record
        self._floors: dict[tuple[object, ...], list[Floor]] = defaultdict(list)
        for quantity, bounds in unpublished.items():
            claims = (origin for origin in bounds.binding if not isinstance(origin, Relation))
            self._add(quantity, bounds.lower, dict.fromkeys(observation_of(claim) for claim in claims))
        for quantity, rows in record.vintages.items():
            highest = max(rows, key=lambda row: row["lower"])
            self._add(quantity, highest["lower"], [highest["observation_id"]])

    def _add(self, quantity: Quantity, lower: float, evidence: Iterable[str]) -> None:
        label = self._record.metrics[quantity.metric]["label_en"]
        floor = Floor(label, quantity, lower, tuple(evidence))
        self._floors[*_place(quantity, self._record), quantity.start].append(floor)

    def below(self, base: Quantity) -> Floor | None:
        """The highest one of another metric that began with a base and ended no later; None where there is none."""
        kindred = [
            floor
            for floor in self._floors.get((*_place(base, self._record), base.start), ())
            if floor.quantity.metric != base.metric and floor.quantity.end <= base.end and floor.lower > 0
        ]
        return max(kindred, key=lambda floor: (floor.lower, str(floor.quantity)), default=None)


def _place(quantity: Quantity, record: Record) -> tuple[object, ...]:
    """What kindred quantities have in common: the group of their metric, that of their scope, and the area."""
    metric, scope = record.metrics[quantity.metric], record.scopes[quantity.scope]
    return (
        metric["comparison_group"] or quantity.metric,
        scope["comparison_group"] or quantity.scope,
        quantity.area,
    )


def _grouped(rows: Iterable[Row], key: Callable[[Row], tuple[object, ...]]) -> Iterator[list[Row]]:
    grouped: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[key(row)].append(row)
    return (members for members in grouped.values() if len(members) > 1)


def _is_one_definition(rows: Iterable[Row], record: Record) -> bool:
    """Whether figures are of one metric and scope, none with a definition of its own: then relations hold for them."""
    quantities = {record.quantities[row["observation_id"]][:3] for row in rows}
    return len(quantities) == 1 and not any(row["obs_status"] in ("B", "D") for row in rows)


def _running_totals(totals: list[Row], record: Record) -> Iterator[Finding]:
    """Consecutive states of kindred totals from one start."""
    by_end: dict[object, list[Row]] = defaultdict(list)
    for row in totals:
        by_end[row["period_end"]].append(row)
    for end, next_end in pairwise(sorted(by_end, key=str)):
        for later in by_end[next_end]:
            earlier = min(by_end[end], key=lambda row: _distance(later, row))
            if _is_one_definition((earlier, later), record):
                continue
            expected = (earlier["lower"], float("inf"))
            yield Finding(
                f"kindred:{later['observation_id']}>{earlier['observation_id']}",
                "kindred",
                "consistent" if later["upper"] >= earlier["lower"] else "undetermined",
                expected,
                interval_of(later),
                ((later["observation_id"], "later"), (earlier["observation_id"], "earlier")),
                explanations.kindred_totals(later, earlier),
            )


def _long_periods(members: list[Row], record: Record) -> Iterator[Finding]:
    """Long periods against the shorter ones of kindred counts that cover most of their days."""
    of_period: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in members:
        of_period[record.quantities[row["observation_id"]][3:]].append(row)
    for whole in members:
        span = record.quantities[whole["observation_id"]]
        chosen = {
            record.quantities[row["observation_id"]]: row
            for rows in of_period.values()
            for row in [min(rows, key=lambda other: _distance(whole, other))]
        }
        parts = [chosen[quantity] for quantity in covering(span, chosen)]
        if len(parts) < 2 or _is_one_definition((whole, *parts), record):
            continue
        expected = (sum(part["lower"] for part in parts), float("inf"))
        yield Finding(
            f"kindred:{whole['observation_id']}>{'+'.join(part['observation_id'] for part in parts)}",
            "kindred",
            "consistent" if whole["upper"] >= expected[0] else "undetermined",
            expected,
            interval_of(whole),
            ((whole["observation_id"], "whole"), *((part["observation_id"], "part") for part in parts)),
            explanations.kindred_periods(whole, parts, expected[0]),
        )


def _distance(row: Row, other: Row) -> tuple[object, ...]:
    """How far another figure's definition is from that of a figure; of equals the latest, and then the smallest."""
    return (
        other["metric_id"] != row["metric_id"],
        other["scope_id"] != row["scope_id"],
        other["obs_status"] in ("B", "D"),
        -other["announced"].toordinal(),
        other["lower"],
        other["observation_id"],
    )
