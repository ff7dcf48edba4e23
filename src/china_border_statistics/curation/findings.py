"""Findings: single relations between published figures, each tested by interval arithmetic.

What several claims together leave room for is for ``reconcile``; figures that are only akin are for ``comparisons``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

from china_border_statistics.curation import explanations
from china_border_statistics.curation.relations import (
    Claim,
    Interval,
    Quantity,
    RatioClaim,
    Relation,
    base_quantity,
    known_beside,
    readings_of,
)

Row = dict[str, Any]

# Bounds are decimal fractions kept as binary ones: a gap smaller than this share of them is none.
TOLERANCE = 1e-9
# A running total that rises so many times more than its companions is suspected of a break.
OUT_OF_PROPORTION = 2.5
_COMPANIONS = 3
# Figures with a definition of their own, and forecasts, are held against nothing.
APART = ("D", "F")

# Roles of the first quantity of a relation and of the others.
ROLES = {
    "parts_sum": ("whole", "part"),
    "periods_add": ("whole", "part"),
    "cumulative_rises": ("later", "earlier"),
    "average_times_days": ("total", "average"),
}


@dataclass(frozen=True)
class Finding:
    """One relation tested."""

    id: str
    kind: str
    verdict: str
    expected: Interval
    found: Interval
    members: tuple[tuple[str, str], ...]
    explanation: str
    ratio: RatioClaim | None = None
    localised: tuple[str, ...] = ()
    """Claims that error localisation gives up, by id."""

    def member_rows(self) -> Iterator[Row]:
        """Rows of ``reconciliation_members``."""
        for observation, role in dict.fromkeys(self.members):
            yield {"relation_id": self.id, "observation_id": observation, "role": role}

    @property
    def claims(self) -> set[str]:
        """Ids of the claims that it speaks of: observations, and the change among them."""
        return {name for name, _ in self.members} | ({self.ratio.id} if self.ratio else set())

    @property
    def gap(self) -> float:
        """Distance between the two intervals as a share of what was found; 0 where they meet."""
        distance = max(self.expected[0] - self.found[1], self.found[0] - self.expected[1], 0.0)
        size = max(abs(self.found[1]), abs(self.found[0]))
        return distance / size if distance > 0 and size else 0.0


@dataclass(frozen=True)
class Record:
    """The published rows that reconciliation works on, and what it derives from them."""

    observations: Mapping[str, Row]
    citations: Mapping[str, list[Row]]
    changes: list[Row]
    metrics: Mapping[str, Row]
    scopes: Mapping[str, Row]
    quantities: Mapping[str, Quantity]
    claims: list[Claim]
    relations: list[Relation]
    across_breaks: list[Relation]
    """Relations that would hold but for a break in the series: what follows one doesn't continue what was before."""

    @cached_property
    def vintages(self) -> dict[Quantity, list[Row]]:
        """Observations of each quantity, by announcement; those of definitions of their own are left out."""
        rows: dict[Quantity, list[Row]] = defaultdict(list)
        for row in sorted(self.observations.values(), key=lambda row: (row["announced"], row["observation_id"])):
            if row["obs_status"] not in APART:
                rows[self.quantities[row["observation_id"]]].append(row)
        return rows

    def subjects(self, finding: Finding) -> Counter[tuple[Quantity, ...]]:
        """The quantities, and for ratios the pairs of them, that a finding speaks of, and how often."""
        figures = Counter((self.quantities[name],) for name, role in finding.members if role != "share")
        return figures + Counter([finding.ratio.quantities] if finding.ratio else ())

    @cached_property
    def ratios(self) -> dict[str, RatioClaim]:
        """Stated changes and shares by the name that all printings of one have in common."""
        return {self.name(claim): claim for claim in self.claims if isinstance(claim, RatioClaim)}

    @cached_property
    def changes_by_id(self) -> dict[str, Row]:
        """Stated changes by id."""
        return {change["change_id"]: change for change in self.changes}

    @cached_property
    def printings(self) -> dict[tuple[object, ...], list[Row]]:
        """Stated changes that say the same, whichever source prints them."""
        rows: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for change in self.changes:
            rows[said(change)].append(change)
        return rows

    def name(self, claim: Claim) -> str:
        """Name a claim by what it says, whichever source says it."""
        change = self.changes_by_id.get(claim.id)
        return change_name(change) if change else claim.id

    def chosen(self, quantities: Sequence[Quantity]) -> list[Row] | None:
        """One observation for each quantity: of one announcement if one has them all, else the latest of each."""
        if not all(quantity in self.vintages for quantity in quantities):
            return None
        of = [{row["announcement_id"]: row for row in self.vintages[quantity]} for quantity in quantities]
        shared = [
            row["announcement_id"]
            for row in self.vintages[quantities[0]]
            if all(row["announcement_id"] in o for o in of)
        ]
        return [rows[shared[-1]] if shared else list(rows.values())[-1] for rows in of]


def published_findings(record: Record) -> Iterator[Finding]:
    """Test every relation whose figures are all published; fills in changes whose base is.

    Parameters
    ----------
    record : Record
        Its ``changes`` get ``base_observation_id``, ``readings_left`` and ``verdict`` where their base is published.

    Yields
    ------
    Finding
        Of every kind but ``joint``.
    """
    yield from _source_findings(record)
    yield from _vintage_findings(record)
    yield from _relation_findings(record)
    yield from _share_findings(record)
    yield from _change_findings(record)


def interval_of(row: Row) -> Interval:
    """What a figure can be."""
    return row["lower"], row["upper"]


def meet(one: Interval, other: Interval) -> bool:
    """Whether two intervals have a value in common."""
    slack = TOLERANCE * max(abs(end) for end in (*one, *other) if abs(end) < float("inf"))
    return one[0] <= other[1] + slack and other[0] <= one[1] + slack


def _verdict(one: Interval, other: Interval) -> str:
    return "consistent" if meet(one, other) else "contradiction"


def _source_findings(record: Record) -> Iterator[Finding]:
    """Every figure that is printed more than once, in several sources or in the headline and the text of one."""
    for name, row in record.observations.items():
        citations = record.citations[name]
        if len(citations) < 2:
            continue
        disagreeing = [citation for citation in citations if citation["agreement"] == "disagrees"]
        others = disagreeing or citations
        expected = (min(c["lower"] for c in others), max(c["upper"] for c in others))
        verdict = "contradiction" if row["n_disagree"] else "consistent"
        text = explanations.sources_agree(row, disagreeing, len(citations))
        yield Finding(
            f"sources_agree:{name}", "sources_agree", verdict, expected, interval_of(row), ((name, "figure"),), text
        )


def _vintage_findings(record: Record) -> Iterator[Finding]:
    """Every figure that a later announcement gives again."""
    for rows in record.vintages.values():
        for earlier, later in pairwise(rows):
            members = ((later["observation_id"], "later"), (earlier["observation_id"], "earlier"))
            yield Finding(
                f"reannounced:{later['observation_id']}<{earlier['announcement_id']}",
                "reannounced",
                _verdict(interval_of(earlier), interval_of(later)),
                interval_of(earlier),
                interval_of(later),
                members,
                explanations.reannounced(later, earlier),
            )


def _relation_findings(record: Record) -> Iterator[Finding]:
    """Every relation whose quantities are all published."""
    rises: dict[tuple[object, ...], list[tuple[Row, Row]]] = defaultdict(list)
    for relation in record.relations:
        rows = record.chosen(relation.quantities)
        if rows is None:
            continue
        yield _relation_finding(relation, rows)
    # Where curators have marked a break, the rise itself says whether they are right.
    for relation in (*record.relations, *record.across_breaks):
        rows = record.chosen(relation.quantities) if relation.kind == "cumulative_rises" else None
        if rows is not None:
            later, earlier = rows
            # Totals that began on other days rise by other shares.
            place = relation.quantities[0][1:4]
            rises[later["announcement_id"], earlier["announcement_id"], *place].append((later, earlier))
    for companions in rises.values():
        yield from _out_of_proportion(companions)


def _relation_finding(relation: Relation, rows: Sequence[Row]) -> Finding:
    first, *others = rows
    factors = [-factor for _, factor in relation.terms[1:]]
    low = relation.lower + sum(factor * row["lower"] for factor, row in zip(factors, others, strict=True))
    high = relation.upper + sum(factor * row["upper"] for factor, row in zip(factors, others, strict=True))
    expected, found = (low, high), interval_of(first)
    explain = {
        "parts_sum": lambda: explanations.parts_sum(first, others, expected),
        "periods_add": lambda: explanations.periods_add(first, others, expected),
        "cumulative_rises": lambda: explanations.cumulative_rises(first, others[0]),
        "average_times_days": lambda: explanations.average_times_days(first, others[0], factors[0], expected),
    }
    roles = ROLES[relation.kind]
    members = ((first["observation_id"], roles[0]), *((row["observation_id"], roles[1]) for row in others))
    name = f"{relation.kind}:{first['observation_id']}{relation.name}"
    return Finding(name, relation.kind, _verdict(expected, found), expected, found, members, explain[relation.kind]())


def _out_of_proportion(companions: Sequence[tuple[Row, Row]]) -> Iterator[Finding]:
    """Totals that rise many times more than the others between the same two releases."""
    times = {
        later["observation_id"]: later["value"] / earlier["value"] for later, earlier in companions if earlier["value"]
    }
    if len(times) < _COMPANIONS:
        return
    for later, earlier in companions:
        name = later["observation_id"]
        usual = median(value for other, value in times.items() if other != name)
        if name in times and times[name] > OUT_OF_PROPORTION * usual:
            members = ((name, "later"), (earlier["observation_id"], "earlier"))
            expected = (earlier["lower"] * usual, earlier["upper"] * usual * OUT_OF_PROPORTION)
            text = explanations.out_of_proportion(later, earlier, times[name], usual)
            yield Finding(
                f"suspected_break:{name}",
                "cumulative_rises",
                "undetermined",
                expected,
                interval_of(later),
                members,
                text,
            )


def _ratio(value: Row, base: Row) -> Interval | None:
    return (value["lower"] / base["upper"], value["upper"] / base["lower"]) if base["lower"] > 0 else None


def _share_findings(record: Record) -> Iterator[Finding]:
    """Every printed share whose part and whole are published."""
    for claim in record.ratios.values():
        rows = record.chosen((claim.value, claim.base)) if claim.kind == "share" else None
        ratio = _ratio(*rows) if rows else None
        if rows is None or ratio is None:
            continue
        part, whole = rows
        share = record.observations[claim.id]
        members = ((claim.id, "share"), (part["observation_id"], "part"), (whole["observation_id"], "whole"))
        text = explanations.share(share, part, whole, ratio)
        verdict = _verdict(claim.hull, ratio)
        yield Finding(f"share:{claim.id}", "share", verdict, claim.hull, ratio, members, text, claim)


def _change_findings(record: Record) -> Iterator[Finding]:
    """Every stated change whose base is published; fills in base, readings and verdict of the change."""
    told: set[str] = set()
    for change in record.changes:
        figure = record.observations[change["observation_id"]]
        quantity = record.quantities[change["observation_id"]]
        base_of = base_quantity(figure, quantity, change["basis"])
        bases = [row for row in record.vintages.get(base_of, ()) if row["lower"] > 0] if base_of else []
        base = known_beside(bases, figure)
        ratio = _ratio(figure, base) if base else None
        if base is None or ratio is None or figure["obs_status"] in APART:
            continue
        left = [name for name, interval in readings_of(change).items() if meet(interval, ratio)]
        change["base_observation_id"] = base["observation_id"]
        judge(change, left, "consistent" if left else "contradiction")
        name = change_name(change)
        if name in told:
            continue
        told.add(name)
        yield Finding(
            f"stated_change:{name}",
            "stated_change",
            change["verdict"],
            (change["ratio_lower"], change["ratio_upper"]),
            ratio,
            ((figure["observation_id"], "figure"), (base["observation_id"], "base")),
            explanations.stated_change(figure, base, change, ratio),
            record.ratios[name],
        )


def change_name(change: Row) -> str:
    """Name a stated change by its figure, basis and ratio: all printings of one claim have one name."""
    ends = f"{change['ratio_lower']:.10g}..{change['ratio_upper']:.10g}"
    reading = "" if change["reading"] == "growth" else f"{change['reading']}:"
    return f"{change['observation_id']}~{change['basis']}={reading}{ends}"


def said(change: Mapping[str, Any]) -> tuple[object, ...]:
    """What a stated change says, whichever source says it."""
    return tuple(change[name] for name in ("observation_id", "basis", "reading", "ratio_lower", "ratio_upper"))


def judge(change: Row, left: Sequence[str], verdict: str) -> None:
    """Note which readings of a change are left, and whether it fits."""
    change["readings_left"] = "both" if len(left) == 2 else left[0] if left else "none"
    change["verdict"] = verdict


def observation_of(claim: Claim) -> str:
    """The observation that a claim is, or stands beside."""
    return claim.id.split("~")[0]
