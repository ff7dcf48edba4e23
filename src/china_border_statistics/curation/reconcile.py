"""Whether the published figures fit together: every relation tested by interval arithmetic, and all of them at once.

``relations`` derives what figures must satisfy, ``feasibility`` solves groups of them; here the verdicts are given
and put into rows, with a sentence for each that a journalist could quote (``explanations``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import explanations, schema
from china_border_statistics.curation.feasibility import (
    Group,
    Infeasibility,
    Programme,
    groups,
    localise,
    ratio_bounds,
    readings_left,
)
from china_border_statistics.curation.relations import (
    Claim,
    Interval,
    Quantity,
    RatioClaim,
    Relation,
    base_quantity,
    derive_relations,
    figure_claims,
    known_beside,
    quantity_of,
    ratio_claims,
    readings_of,
)

Row = dict[str, Any]

# Bounds are decimal fractions kept as binary ones: a gap smaller than this share of them is none.
TOLERANCE = 1e-9
# A running total that rises so many times more than its companions is suspected of a break.
OUT_OF_PROPORTION = 2.5
_COMPANIONS = 3
# Figures with a definition of their own, and forecasts, are held against nothing.
_APART = ("D", "F")
# How far a claim is trusted when one of several must be wrong: curators' judgement, in no unit.
QUALIFIER_WEIGHTS = {"exact": 3.0, "rounded": 2.0, "over": 1.5, "nearly": 1.5, "about": 1.0}
SOURCE_WEIGHTS = {"official": 2.0, "wire": 1.5, "republication": 1.2, "machine_translation": 0.8, "mirror": 0.5}

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

    def member_rows(self) -> Iterator[Row]:
        """Rows of ``reconciliation_members``."""
        for observation, role in dict.fromkeys(self.members):
            yield {"relation_id": self.id, "observation_id": observation, "role": role}

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
    quantities: Mapping[str, Quantity]
    claims: list[Claim]
    relations: list[Relation]

    @cached_property
    def vintages(self) -> dict[Quantity, list[Row]]:
        """Observations of each quantity, by announcement; those of definitions of their own are left out."""
        rows: dict[Quantity, list[Row]] = defaultdict(list)
        for row in sorted(self.observations.values(), key=lambda row: (row["announced"], row["observation_id"])):
            if row["obs_status"] not in _APART:
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
            rows[_said(change)].append(change)
        return rows

    def name(self, claim: Claim) -> str:
        """Name a claim by what it says, whichever source says it."""
        change = self.changes_by_id.get(claim.id)
        return _change_name(change) if change else claim.id

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


def reconcile(tables: Mapping[str, pa.Table], accepted: Mapping[str, str]) -> dict[str, pa.Table]:
    """Test every relation between the published figures.

    Parameters
    ----------
    tables : mapping
        ``observations``, ``citations``, ``changes``, ``sources``, ``metrics`` and ``scopes``.
    accepted : mapping
        Relation id → why curators accept that it is contradicted.

    Returns
    -------
    dict of str to pyarrow.Table
        ``changes`` with bases, readings and verdicts filled in; ``reconciliation`` and ``reconciliation_members``;
        ``implied``, the tightest bounds of what was never printed.
    """
    record = _record(tables)
    findings = [
        *_source_findings(record),
        *_vintage_findings(record),
        *_relation_findings(record),
        *_share_findings(record),
        *_change_findings(record),
    ]
    # Sources that disagree say nothing of other figures: only the chosen printing is a claim.
    contradicted = [record.subjects(f) for f in findings if f.verdict == "contradiction" and f.kind != "sources_agree"]
    implied: list[Row] = []
    for group in groups(record.claims, record.relations):
        if len(group.quantities) == 1 and len(group.claims) == 1:
            continue
        infeasibility = localise(group)
        given_up = infeasibility.localised if infeasibility else ()
        if infeasibility:
            findings += _joint_findings(group, infeasibility, contradicted, record)
        _judge_group(group, given_up, record)
        implied += _implied(group, given_up, record)
    _settle_by_siblings(record.changes)
    reasons = _reasons(record) | dict(accepted)
    return {
        "changes": _as_table("changes", record.changes),
        "reconciliation": _as_table("reconciliation", (_finding_row(f, reasons) for f in findings)),
        "reconciliation_members": _as_table(
            "reconciliation_members", (row for f in findings for row in f.member_rows())
        ),
        "implied": _as_table("implied", implied),
    }


def _record(tables: Mapping[str, pa.Table]) -> Record:
    observations = {row["observation_id"]: row for row in _in_order(tables["observations"], "observation_id")}
    metrics = {row["metric_id"]: row for row in _in_order(tables["metrics"], "metric_id")}
    changes = [
        row
        | {
            "base_observation_id": None,
            "readings_left": "both" if row["reading"] == "ambiguous" else row["reading"],
            "verdict": "undetermined",
        }
        for row in _in_order(tables["changes"], "change_id")
    ]
    kinds = {row["source_id"]: row["kind"] for row in tables["sources"].to_pylist()}
    starts = {row["scope_id"]: row["start"] for row in tables["scopes"].to_pylist() if row["start"] is not None}
    citations: dict[str, list[Row]] = defaultdict(list)
    for citation in _in_order(tables["citations"], "citation_id"):
        citations[citation["observation_id"]].append(citation)
    for row in observations.values():
        row["weight"] = QUALIFIER_WEIGHTS[row["qualifier"]] * SOURCE_WEIGHTS[kinds[row["source_id"]]]
    quantities = {name: quantity_of(row, starts) for name, row in observations.items()}
    comparable = {name: row for name, row in observations.items() if row["obs_status"] not in _APART}
    claims: list[Claim] = [
        *figure_claims(comparable.values(), quantities),
        *ratio_claims(comparable, changes, quantities, metrics),
    ]
    spoken_of = [quantity for claim in claims for quantity in claim.quantities]
    stocks = {quantities[name] for name, row in comparable.items() if row["period_kind"] == "point"}
    breaks = {quantities[name] for name, row in comparable.items() if row["obs_status"] == "B"}
    relations = [
        relation
        for relation in derive_relations(spoken_of, metrics, stocks)
        # What follows a break doesn't continue what was before; within one period its parts still add up.
        if not (relation.kind in ("periods_add", "cumulative_rises") and breaks.intersection(relation.quantities))
    ]
    return Record(observations, citations, changes, metrics, quantities, claims, relations)


def _in_order(table: pa.Table, key: str) -> list[Row]:
    """Rows by their key: what is found doesn't hang on the order in which they come."""
    return sorted(table.to_pylist(), key=lambda row: str(row[key]))


def _interval(row: Row) -> Interval:
    return row["lower"], row["upper"]


def _meet(one: Interval, other: Interval) -> bool:
    slack = TOLERANCE * max(abs(end) for end in (*one, *other) if abs(end) < float("inf"))
    return one[0] <= other[1] + slack and other[0] <= one[1] + slack


def _verdict(one: Interval, other: Interval) -> str:
    return "consistent" if _meet(one, other) else "contradiction"


def _source_findings(record: Record) -> Iterator[Finding]:
    """Test every figure that more than one source prints: do they agree."""
    for name, row in record.observations.items():
        citations = record.citations[name]
        if len({citation["source_id"] for citation in citations}) < 2:
            continue
        disagreeing = [citation for citation in citations if citation["agreement"] == "disagrees"]
        others = disagreeing or citations
        expected = (min(c["lower"] for c in others), max(c["upper"] for c in others))
        verdict = "contradiction" if row["n_disagree"] else "consistent"
        text = explanations.sources_agree(row, disagreeing)
        yield Finding(
            f"sources_agree:{name}", "sources_agree", verdict, expected, _interval(row), ((name, "figure"),), text
        )


def _vintage_findings(record: Record) -> Iterator[Finding]:
    """Every figure that a later announcement gives again."""
    for rows in record.vintages.values():
        for earlier, later in pairwise(rows):
            members = ((later["observation_id"], "later"), (earlier["observation_id"], "earlier"))
            yield Finding(
                f"reannounced:{later['observation_id']}<{earlier['announcement_id']}",
                "reannounced",
                _verdict(_interval(earlier), _interval(later)),
                _interval(earlier),
                _interval(later),
                members,
                explanations.reannounced(later, earlier),
            )


def _relation_findings(record: Record) -> Iterator[Finding]:
    """Every relation whose quantities are all published."""
    rises: dict[tuple[object, ...], list[tuple[Relation, Row, Row]]] = defaultdict(list)
    for relation in record.relations:
        rows = record.chosen(relation.quantities)
        if rows is None:
            continue
        yield _relation_finding(relation, rows)
        if relation.kind == "cumulative_rises":
            later, earlier = rows
            # Totals that began on other days rise by other shares.
            place = relation.quantities[0][1:4]
            rises[later["announcement_id"], earlier["announcement_id"], *place].append((relation, later, earlier))
    for companions in rises.values():
        yield from _out_of_proportion(companions)


def _relation_finding(relation: Relation, rows: Sequence[Row]) -> Finding:
    first, *others = rows
    factors = [-factor for _, factor in relation.terms[1:]]
    low = relation.lower + sum(factor * row["lower"] for factor, row in zip(factors, others, strict=True))
    high = relation.upper + sum(factor * row["upper"] for factor, row in zip(factors, others, strict=True))
    expected, found = (low, high), _interval(first)
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


def _out_of_proportion(companions: Sequence[tuple[Relation, Row, Row]]) -> Iterator[Finding]:
    """Totals that rise many times more than the others between the same two releases."""
    times = {
        later["observation_id"]: later["value"] / earlier["value"]
        for _, later, earlier in companions
        if earlier["value"]
    }
    if len(times) < _COMPANIONS:
        return
    for _, later, earlier in companions:
        name = later["observation_id"]
        usual = median(value for other, value in times.items() if other != name)
        if name in times and times[name] > OUT_OF_PROPORTION * usual:
            members = ((name, "later"), (earlier["observation_id"], "earlier"))
            expected = (earlier["lower"] * usual, earlier["upper"] * usual * OUT_OF_PROPORTION)
            text = explanations.out_of_proportion(later, earlier, times[name], usual)
            yield Finding(
                f"suspected_break:{name}", "cumulative_rises", "undetermined", expected, _interval(later), members, text
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
        if base is None or ratio is None or figure["obs_status"] in _APART:
            continue
        left = [name for name, interval in readings_of(change).items() if _meet(interval, ratio)]
        change["base_observation_id"] = base["observation_id"]
        _judge(change, left, "consistent" if left else "contradiction")
        name = _change_name(change)
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


def _change_name(change: Row) -> str:
    """Name a stated change by its figure, basis and ratio: all printings of one claim have one name."""
    ends = f"{change['ratio_lower']:.10g}..{change['ratio_upper']:.10g}"
    reading = "" if change["reading"] == "growth" else f"{change['reading']}:"
    return f"{change['observation_id']}~{change['basis']}={reading}{ends}"


def _judge(change: Row, left: Sequence[str], verdict: str) -> None:
    """Note which readings of a change are left."""
    change["readings_left"] = "both" if len(left) == 2 else left[0] if left else "none"
    change["verdict"] = verdict


def _joint_findings(
    group: Group,
    infeasibility: Infeasibility,
    contradicted: Sequence[Counter[tuple[Quantity, ...]]],
    record: Record,
) -> Iterator[Finding]:
    """For each claim that must be given up, the smallest set that shows it, unless a single relation does already."""
    given_up = {claim.id for claim in infeasibility.localised}
    for suspect in infeasibility.localised:
        # A cover of least weight meets, with each of its claims, some set that no other of them meets.
        sets = [s for s in infeasibility.sets if [claim.id for claim in s if claim.id in given_up] == [suspect.id]]
        subjects = [Counter(claim.quantities for claim in claims) for claims in sets]
        if any(known <= those for known in contradicted for those in subjects):
            continue
        smallest = min(sets, key=lambda claims: (len(claims), sorted(claim.id for claim in claims)))
        yield _joint_finding(group, suspect, [claim for claim in smallest if claim is not suspect], record)


def _joint_finding(group: Group, suspect: Claim, others: Sequence[Claim], record: Record) -> Finding:
    """One claim against others that leave it no room."""

    def words(claim: Claim) -> str:
        change = record.changes_by_id.get(claim.id)
        return explanations.claim(record.observations[_observation(claim)], change)

    kept = {claim.id for claim in others}
    programme = Programme(group, [claim for claim in group.claims if claim.id not in kept])
    if isinstance(suspect, RatioClaim):
        low, high = ratio_bounds(programme, suspect.value, suspect.base)
        found, expected = suspect.hull, (_shown(low), _shown(high))
        allowed = explanations.allowed_ratio(expected, record.changes_by_id.get(suspect.id))
    else:
        bounds = programme.bounds(suspect.quantity)
        found, expected = suspect.interval, (_shown(bounds.lower), _shown(bounds.upper))
        allowed = explanations.span(expected)
    return Finding(
        f"joint:{record.name(suspect)}",
        "joint",
        "contradiction",
        expected,
        found,
        ((_observation(suspect), "localised"), *((_observation(claim), "claim") for claim in others)),
        explanations.joint(words(suspect), [words(claim) for claim in others], allowed),
    )


def _observation(claim: Claim) -> str:
    """The observation that a claim is, or stands beside."""
    return claim.id.split("~")[0]


def _judge_group(group: Group, given_up: Sequence[Claim], record: Record) -> None:
    """Fill in readings and verdicts of changes whose base isn't published, from all the rest of the group."""
    programme = Programme(group)
    for claim in group.claims:
        if not isinstance(claim, RatioClaim) or claim.kind != "stated_change":
            continue
        change = record.changes_by_id[claim.id]
        if change["base_observation_id"]:
            continue
        # Other words for the same claim are no evidence for it.
        same = [other for other in group.claims if other.quantities == claim.quantities]
        rest = [*given_up, *same]
        left = readings_left(programme, claim, rest)
        programme.leave_out(rest)
        if left and not programme.is_bounded(claim.base):
            continue
        for printing in record.printings[_said(change)]:
            _judge(printing, left, "consistent" if left else "contradiction")


def _said(change: Row) -> tuple[object, ...]:
    """What a stated change says, whichever source says it."""
    return tuple(change[name] for name in ("observation_id", "basis", "reading", "ratio_lower", "ratio_upper"))


def _settle_by_siblings(changes: Iterable[Row]) -> None:
    """Let an unambiguous printing of the same claim settle an ambiguous one."""
    siblings: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for change in changes:
        siblings[change["observation_id"], change["basis"]].append(change)
    for printings in siblings.values():
        plain = [(c["ratio_lower"], c["ratio_upper"]) for c in printings if c["reading"] != "ambiguous"]
        for change in printings:
            if change["readings_left"] == "both" and plain:
                left = [
                    name for name, ends in readings_of(change).items() if any(_meet(ends, other) for other in plain)
                ]
                _judge(change, left, change["verdict"] if left else "contradiction")


def _implied(group: Group, given_up: Sequence[Claim], record: Record) -> Iterator[Row]:
    """Bounds of the group's quantities that nobody printed."""
    programme = Programme(group, given_up)
    if not programme.is_feasible():
        return
    for quantity in group.quantities:
        if quantity in record.vintages:
            continue
        bounds = programme.bounds(quantity)
        if bounds.upper == float("inf"):
            continue
        start = quantity.start.isoformat() if quantity.start else ""
        yield {
            "implied_id": f"{quantity.metric}.{quantity.scope}.{quantity.area}.{start}..{quantity.end.isoformat()}",
            "metric_id": quantity.metric,
            "scope_id": quantity.scope,
            "area": quantity.area,
            "period_start": quantity.start,
            "period_end": quantity.end,
            "unit": record.metrics[quantity.metric]["unit"],
            "lower": _shown(bounds.lower),
            "upper": _shown(bounds.upper),
            "binding": "; ".join(sorted({_origin(origin) for origin in bounds.binding})),
        }


def _shown(bound: float) -> float:
    """A bound to eight digits: what follows is the solver's slack, and differs from machine to machine."""
    return float(f"{bound:.8g}")


def _origin(origin: Claim | Relation) -> str:
    return origin.kind if isinstance(origin, Relation) else origin.id


def _reasons(record: Record) -> dict[str, str]:
    """Why printings disagree, as their records say under ``disagrees``: where each has a reason, that accepts it."""
    reasons = {}
    for name, citations in record.citations.items():
        notes = [citation["note"] for citation in citations if citation["agreement"] == "disagrees"]
        if notes and all(notes):
            reasons[f"sources_agree:{name}"] = " ".join(dict.fromkeys(notes))
    return reasons


def _finding_row(finding: Finding, accepted: Mapping[str, str]) -> Row:
    def end(value: float) -> float | None:
        return value if abs(value) < float("inf") else None

    return {
        "relation_id": finding.id,
        "kind": finding.kind,
        "verdict": finding.verdict,
        "expected_lower": end(finding.expected[0]),
        "expected_upper": end(finding.expected[1]),
        "found_lower": end(finding.found[0]),
        "found_upper": end(finding.found[1]),
        "relative_gap": finding.gap,
        "explanation": finding.explanation,
        "accepted": finding.id in accepted,
        "accepted_reason": accepted.get(finding.id),
    }


def _as_table(name: str, rows: Iterable[Row]) -> pa.Table:
    definition = schema.TABLES[name]
    ordered = sorted(rows, key=lambda row: tuple(str(row[key]) for key in definition.primary_key))
    return pa.Table.from_pylist(ordered, schema=definition.arrow_schema)
