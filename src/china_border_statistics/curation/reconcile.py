"""Whether the published figures fit together: every relation tested by interval arithmetic, and all of them at once.

``relations`` derives what figures must satisfy, ``feasibility`` solves groups of them; here the verdicts are given
and put into rows, with a sentence for each that a journalist could quote (``explanations``).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import explanations, schema
from china_border_statistics.curation.comparisons import Floors, kindred_findings
from china_border_statistics.curation.feasibility import (
    Bounds,
    Group,
    Infeasibility,
    Programme,
    groups,
    localise,
    ratio_bounds,
    readings_left,
)
from china_border_statistics.curation.findings import (
    APART,
    Finding,
    Record,
    judge,
    meet,
    observation_of,
    published_findings,
    said,
)
from china_border_statistics.curation.forecasts import forecast_errors
from china_border_statistics.curation.relations import (
    Claim,
    Interval,
    Quantity,
    RatioClaim,
    Relation,
    derive_relations,
    figure_claims,
    quantity_of,
    ratio_claims,
    readings_of,
)

Row = dict[str, Any]

# How far a claim is trusted when one of several must be wrong: curators' judgement, in no unit.
QUALIFIER_WEIGHTS = {"exact": 3.0, "rounded": 2.0, "over": 1.5, "nearly": 1.5, "about": 1.0}
SOURCE_WEIGHTS = {"official": 2.0, "wire": 1.5, "republication": 1.2, "machine_translation": 0.8, "mirror": 0.5}


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
        ``implied``, the tightest bounds of what was never printed; ``forecast_errors``.
    """
    record = _record(tables)
    findings = [*published_findings(record), *kindred_findings(record)]
    # Sources that disagree say nothing of other figures: only the chosen printing is a claim.
    contradicted = [f for f in findings if f.verdict == "contradiction" and f.kind != "sources_agree"]
    solved = _Solution()
    for group in groups(record.claims, record.relations):
        if len(group.quantities) == 1 and len(group.claims) == 1:
            continue
        infeasibility = localise(group)
        given_up = infeasibility.localised if infeasibility else ()
        if infeasibility:
            findings += _joint_findings(group, infeasibility, contradicted, record)
        _judge_group(group, given_up, record, solved)
        _solve(group, given_up, record, solved)
    _settle_by_siblings(record.changes)
    findings = [_localised(finding, solved.given_up) for finding in findings]
    findings += _reading_findings(record, solved)
    reasons = _reasons(record) | dict(accepted)
    return {
        "changes": _as_table("changes", record.changes),
        "reconciliation": _as_table("reconciliation", (_finding_row(f, reasons) for f in findings)),
        "reconciliation_members": _as_table(
            "reconciliation_members", (row for f in findings for row in f.member_rows())
        ),
        "implied": _as_table("implied", solved.implied),
        "forecast_errors": _as_table("forecast_errors", forecast_errors(record)),
    }


@dataclass
class _Solution:
    """What the groups' programmes give."""

    given_up: set[str] = field(default_factory=set)
    """Ids of the claims that error localisation gives up."""
    implied: list[Row] = field(default_factory=list)
    unpublished: dict[Quantity, Bounds] = field(default_factory=dict)
    bases: dict[str, Bounds] = field(default_factory=dict)
    """By ambiguous change: what the base can be without it."""


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
    scopes = {row["scope_id"]: row for row in _in_order(tables["scopes"], "scope_id")}
    starts = {name: row["start"] for name, row in scopes.items() if row["start"] is not None}
    citations: dict[str, list[Row]] = defaultdict(list)
    for citation in _in_order(tables["citations"], "citation_id"):
        citations[citation["observation_id"]].append(citation)
    for row in observations.values():
        row["weight"] = QUALIFIER_WEIGHTS[row["qualifier"]] * SOURCE_WEIGHTS[kinds[row["source_id"]]]
    quantities = {name: quantity_of(row, starts) for name, row in observations.items()}
    comparable = {name: row for name, row in observations.items() if row["obs_status"] not in APART}
    claims: list[Claim] = [
        *figure_claims(comparable.values(), quantities),
        *ratio_claims(comparable, changes, quantities, metrics),
    ]
    spoken_of = [quantity for claim in claims for quantity in claim.quantities]
    stocks = {quantities[name] for name, row in comparable.items() if row["period_kind"] == "point"}
    breaks = {quantities[name] for name, row in comparable.items() if row["obs_status"] == "B"}
    relations: list[Relation] = []
    across_breaks: list[Relation] = []
    published = [quantities[name] for name in comparable]
    for relation in derive_relations(spoken_of, metrics, scopes, stocks, published):
        # Within one period the parts of a broken series still add up.
        periods = {(quantity.start, quantity.end) for quantity in relation.quantities}
        is_broken = len(periods) > 1 and breaks.intersection(relation.quantities)
        (across_breaks if is_broken else relations).append(relation)
    return Record(observations, citations, changes, metrics, scopes, quantities, claims, relations, across_breaks)


def _in_order(table: pa.Table, key: str) -> list[Row]:
    """Rows by their key: what is found doesn't hang on the order in which they come."""
    return sorted(table.to_pylist(), key=lambda row: str(row[key]))


def _joint_findings(
    group: Group,
    infeasibility: Infeasibility,
    contradicted: Sequence[Finding],
    record: Record,
) -> Iterator[Finding]:
    """For each claim that must be given up, the smallest set that shows it, unless a single relation does already."""
    given_up = {claim.id for claim in infeasibility.localised}
    for suspect in infeasibility.localised:
        # A cover of least weight meets, with each of its claims, some set that no other of them meets.
        sets = [s for s in infeasibility.sets if [claim.id for claim in s if claim.id in given_up] == [suspect.id]]
        subjects = [Counter(claim.quantities for claim in claims) for claims in sets]
        if any(
            finding.claims & given_up == {suspect.id} or any(record.subjects(finding) <= those for those in subjects)
            for finding in contradicted
        ):
            continue
        smallest = min(sets, key=lambda claims: (len(claims), sorted(claim.id for claim in claims)))
        yield _joint_finding(group, suspect, [claim for claim in smallest if claim is not suspect], record)


def _joint_finding(group: Group, suspect: Claim, others: Sequence[Claim], record: Record) -> Finding:
    """One claim against others that leave it no room."""

    def words(claim: Claim) -> str:
        change = record.changes_by_id.get(claim.id)
        return explanations.claim(record.observations[observation_of(claim)], change)

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
        ((observation_of(suspect), "localised"), *((observation_of(claim), "claim") for claim in others)),
        explanations.joint(words(suspect), [words(claim) for claim in others], allowed),
        localised=(suspect.id,),
    )


def _localised(finding: Finding, given_up: set[str]) -> Finding:
    """A contradiction with those of its claims that error localisation gives up."""
    if finding.verdict != "contradiction" or finding.localised or finding.kind == "sources_agree":
        return finding
    return replace(finding, localised=tuple(sorted(finding.claims & given_up)))


def _judge_group(group: Group, given_up: Sequence[Claim], record: Record, solved: _Solution) -> None:
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
        if len(claim.readings) > 1 and programme.is_feasible():
            solved.bases[claim.id] = programme.bounds(claim.base)
        # Nothing bears on a claim whose every reading is left by a base without bound.
        if len(left) == len(claim.readings) and not programme.is_bounded(claim.base):
            continue
        for printing in record.printings[said(change)]:
            judge(printing, left, "consistent" if left else "contradiction")


def _settle_by_siblings(changes: Iterable[Row]) -> None:
    """Let an unambiguous printing of the same claim settle an ambiguous one."""
    siblings: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for change in changes:
        siblings[change["observation_id"], change["basis"]].append(change)
    for printings in siblings.values():
        plain = [(c["ratio_lower"], c["ratio_upper"]) for c in printings if c["reading"] != "ambiguous"]
        for change in printings:
            if change["readings_left"] == "both" and plain:
                left = [name for name, ends in readings_of(change).items() if any(meet(ends, other) for other in plain)]
                judge(change, left, change["verdict"] if left else "contradiction")


def _solve(group: Group, given_up: Sequence[Claim], record: Record, solved: _Solution) -> None:
    """Note what is given up, and the bounds of the group's quantities that nobody printed."""
    solved.given_up.update(claim.id for claim in given_up)
    programme = Programme(group, given_up)
    if not programme.is_feasible():
        return
    for quantity in group.quantities:
        if quantity in record.vintages:
            continue
        bounds = solved.unpublished[quantity] = programme.bounds(quantity)
        if bounds.upper < float("inf"):
            solved.implied.append(_implied_row(quantity, bounds, record))


def _implied_row(quantity: Quantity, bounds: Bounds, record: Record) -> Row:
    start = quantity.start.isoformat() if quantity.start else ""
    return {
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


def _reading_findings(record: Record, solved: _Solution) -> Iterator[Finding]:
    """For every ambiguous change whose base isn't published: what each reading makes of the base, and what is left."""
    floors = Floors(record, solved.unpublished)
    plainly: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in record.changes:
        plainly[row["observation_id"], row["basis"], row["reading"]].append(row["quote"])
    for claim in record.ratios.values():
        change = record.changes_by_id.get(claim.id)
        bounds = solved.bases.get(claim.id)
        if change is None or bounds is None or change["base_observation_id"]:
            continue
        figure = record.observations[change["observation_id"]]
        bases = {reading: _base(figure, ratio) for reading, ratio in claim.readings.items()}
        floor = floors.below(claim.base)
        plain = plainly[change["observation_id"], change["basis"], change["readings_left"]]
        verdict = change["verdict"] if change["readings_left"] != "both" else "undetermined"
        allowed = (_shown(bounds.lower), _shown(bounds.upper))
        low, high = min(low for low, _ in bases.values()), max(high for _, high in bases.values())
        evidence = [origin for origin in bounds.binding if not isinstance(origin, Relation)]
        yield Finding(
            f"reading:{record.name(claim)}",
            "reading",
            verdict,
            allowed,
            (low, high),
            (
                (figure["observation_id"], "figure"),
                *((observation_of(claim), "claim") for claim in evidence),
                *((name, "claim") for name in (floor.evidence if floor else ())),
            ),
            explanations.readings(figure, change, bases, allowed, floor.told if floor else None, plain),
        )


def _base(figure: Row, ratio: Interval) -> Interval:
    """What a figure was compared with, by its ratio to it."""
    low, high = ratio
    return figure["lower"] / high if high else 0.0, figure["upper"] / low if low > 0 else float("inf")


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
        "localised": " ".join(finding.localised) or None,
        "accepted": finding.id in accepted,
        "accepted_reason": accepted.get(finding.id),
    }


def _as_table(name: str, rows: Iterable[Row]) -> pa.Table:
    definition = schema.TABLES[name]
    ordered = sorted(rows, key=lambda row: tuple(str(row[key]) for key in definition.primary_key))
    return pa.Table.from_pylist(ordered, schema=definition.arrow_schema)
