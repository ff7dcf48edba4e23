"""Laws of reconciliation, on made-up systems of figures whose truth is known.

What is true can't contradict itself; what is wrong by half is found.
"""

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from china_border_statistics.curation.feasibility import Programme, groups, localise
from china_border_statistics.curation.reconcile import _record, reconcile
from china_border_statistics.curation.relations import Quantity
from systems import (
    FIRST_YEAR,
    NO_SCOPE,
    STRETCHES,
    Row,
    Rows,
    System,
    corrupt,
    made_up,
    stretch,
    tokens,
    well_connected,
)

# A seed isn't simpler for being smaller.
SEEDS = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))


def wrong(tables: dict[str, Any]) -> list[str]:
    """What is contradicted."""
    found = [row["explanation"] for row in tables["reconciliation"].to_pylist() if row["verdict"] == "contradiction"]
    return found + [row["change_id"] for row in tables["changes"].to_pylist() if row["verdict"] == "contradiction"]


def check_truth(seed: int, most_years: int = 3) -> None:
    """Nothing that is true is contradicted, and no bounds shut the truth out."""
    system = made_up(seed, most_years)
    tables = reconcile(system.tables(), {})
    assert wrong(tables) == []
    for row in tables["implied"].to_pylist():
        quantity = Quantity(row["metric_id"], "all", "CN", row["period_start"], row["period_end"])
        if quantity.start is not None and quantity.start.year >= FIRST_YEAR:
            truth = float(system.true(quantity))
            assert row["lower"] <= truth * (1 + 1e-6) + 1e-6, row
            assert truth <= row["upper"] * (1 + 1e-6) + 1e-6, row


def check_bounds(seed: int) -> None:
    """The bounds of what was published hold its true value, and lie within what was printed."""
    system = made_up(seed)
    record = _record(system.tables())
    for group in groups(record.claims, record.relations):
        programme = Programme(group)
        for quantity in group.quantities:
            if quantity in record.vintages:
                bounds, truth = programme.bounds(quantity), float(system.true(quantity))
                slack = 1e-6 * truth + 1e-6
                assert bounds.lower - slack <= truth <= bounds.upper + slack
                for row in record.vintages[quantity]:
                    assert row["lower"] - slack <= bounds.lower
                    assert bounds.upper <= row["upper"] + slack


@settings(SEEDS, max_examples=200)
@given(st.integers(0, 10**9))
def test_what_is_true_doesnt_contradict_itself(seed: int) -> None:
    check_truth(seed, most_years=2)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(20))
def test_what_is_true_doesnt_contradict_itself_at_length(block: int) -> None:
    for seed in range(100 * block, 100 * block + 100):
        check_truth(seed)


@settings(SEEDS, max_examples=15)
@given(st.integers(0, 10**9))
def test_bounds_hold_the_truth(seed: int) -> None:
    check_bounds(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_bounds_hold_the_truth_at_length(block: int) -> None:
    for seed in range(50 * block, 50 * block + 50):
        check_bounds(seed)


def check_corruption(seed: int, which: int, times: float) -> None:
    system = well_connected(seed)
    assert wrong(reconcile(system.tables(), {})) == []
    row = system.observations[which % len(system.observations)]
    corrupt(row, times)
    record = _record(system.tables())
    found = [localise(group) for group in groups(record.claims, record.relations)]
    assert [[claim.id for claim in one.localised] for one in found if one] == [[row["observation_id"]]]
    tables = reconcile(system.tables(), {})
    contradicted = {r["relation_id"] for r in tables["reconciliation"].to_pylist() if r["verdict"] == "contradiction"}
    members = tables["reconciliation_members"].to_pylist()
    assert contradicted
    for relation in contradicted:
        assert row["observation_id"] in {m["observation_id"] for m in members if m["relation_id"] == relation}


@settings(SEEDS, max_examples=8)
@given(st.integers(0, 10**9), st.integers(0, 10**3), st.sampled_from((0.5, 1.5)))
def test_a_figure_that_is_wrong_by_half_is_found(seed: int, which: int, times: float) -> None:
    check_corruption(seed, which, times)


@pytest.mark.slow
@pytest.mark.parametrize("which", range(64))
def test_each_figure_that_is_wrong_by_half_is_found(which: int) -> None:
    for times in (0.5, 1.5):
        check_corruption(which, which, times)


@settings(SEEDS, max_examples=20)
@given(st.integers(0, 10**9))
def test_the_order_of_rows_doesnt_matter(seed: int) -> None:
    chance, system = Random(seed), made_up(seed, most_years=2)
    # Something wrong too, so that there is more to find than agreement.
    for row in chance.sample(system.observations, min(2, len(system.observations))):
        row["value"], row["lower"], row["upper"] = (1.5 * row[end] for end in ("value", "lower", "upper"))
    before = reconcile(system.tables(), {})

    def mixed(rows: Sequence[Row]) -> Rows:
        return Rows(chance.sample(rows, len(rows)))

    after = reconcile({name: mixed(rows) for name, rows in system.tables().items()}, {})
    for table in ("reconciliation", "reconciliation_members"):
        ids = [[row["relation_id"] for row in tables[table].to_pylist()] for tables in (before, after)]
        assert ids[0] == ids[1]
    assert len(set(before["reconciliation"]["relation_id"].to_pylist())) == before["reconciliation"].num_rows


# Ports in stations in provinces in the country: scope, area, and the scope that holds it.
PLACES: dict[tuple[str, str], str | None] = {
    ("port-lantern", "CN-GD"): "station-south",
    ("port-paper", "CN-GD"): "station-south",
    ("port-kite", "CN-YN"): "all",
    ("station-south", "CN-GD"): "all",
    ("all", "CN-GD"): None,
    ("all", "CN-YN"): None,
    ("all", "CN"): None,
}
HELD: dict[tuple[str, str], list[tuple[str, str]]] = {
    ("port-lantern", "CN-GD"): [("station-south", "CN-GD"), ("all", "CN-GD"), ("all", "CN")],
    ("port-paper", "CN-GD"): [("station-south", "CN-GD"), ("all", "CN-GD"), ("all", "CN")],
    ("port-kite", "CN-YN"): [("all", "CN-YN"), ("all", "CN")],
    ("station-south", "CN-GD"): [("all", "CN-GD"), ("all", "CN")],
    ("all", "CN-GD"): [("all", "CN")],
    ("all", "CN-YN"): [("all", "CN")],
    ("all", "CN"): [],
}


def placed(seed: int) -> tuple[dict[str, Any], list[Row]]:
    """Figures of places within places, printed truthfully; the tables, and the rows of observations among them."""
    chance, system = Random(seed), System({})
    truth = {place: [chance.randint(0, 10**5) for _ in range(4)] for place in PLACES}
    for place, own in list(truth.items()):
        for holder in HELD[place]:
            truth[holder] = [one + other for one, other in zip(truth[holder], own, strict=True)]
    for (scope, area), counts in truth.items():
        for span, kind in STRETCHES.items():
            if chance.random() < 0.3:
                metric = chance.choice(("crossings", "crossings_daily_average"))
                quantity = stretch(metric, FIRST_YEAR, span)
                total = Fraction(sum(counts[slice(*span)]))
                value = total / quantity.days if metric.endswith("average") and quantity.days else total
                row = system.announce(quantity, kind, *chance.choice(tokens(value) or [("0", "en")]))
                name = f"{row['observation_id']}-{scope}-{area.lower()}"
                row.update(observation_id=name, scope_id=scope, scope_label=scope, area=area)
    kinds = {scope: {"kind": scope.partition("-")[0], "parent_scope_id": held} for (scope, _), held in PLACES.items()}
    scopes = Rows(NO_SCOPE | {"scope_id": scope} | kind for scope, kind in kinds.items())
    return system.tables() | {"scopes": scopes}, system.observations


@settings(SEEDS, max_examples=60)
@given(st.integers(0, 10**9))
def test_true_figures_of_places_dont_contradict_each_other(seed: int) -> None:
    tables, _ = placed(seed)
    assert wrong(reconcile(tables, {})) == []


@settings(SEEDS, max_examples=60)
@given(st.integers(0, 10**9), st.integers(0, 10**3))
def test_a_part_that_exceeds_what_holds_it_is_found(seed: int, which: int) -> None:
    tables, rows = placed(seed)
    totals = [row for row in rows if row["metric_id"] == "crossings"]
    pairs = [
        (part, whole)
        for part in totals
        for whole in totals
        if part is not whole
        and (whole["scope_id"], whole["area"])
        in [(part["scope_id"], part["area"]), *HELD[part["scope_id"], part["area"]]]
        and whole["period_start"] <= part["period_start"]
        and part["period_end"] <= whole["period_end"]
    ]
    if pairs:
        part, whole = pairs[which % len(pairs)]
        part["value"] = part["lower"] = part["upper"] = 2 * whole["upper"] + 10
        assert wrong(reconcile(tables, {}))
