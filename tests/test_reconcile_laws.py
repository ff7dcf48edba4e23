"""Laws of reconciliation, on made-up systems of figures whose truth is known.

What is true can't contradict itself; what is wrong by half is found.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from china_border_statistics.curation.feasibility import Programme, groups, localise
from china_border_statistics.curation.reconcile import _record, reconcile
from china_border_statistics.curation.relations import Quantity
from systems import FIRST_YEAR, Row, Rows, corrupt, made_up, well_connected

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
