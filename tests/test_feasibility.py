"""Groups of figures solved at once, held against brute force on systems small enough for it."""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import chain, combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from china_border_statistics.curation import feasibility
from china_border_statistics.curation.feasibility import (
    Group,
    Programme,
    _cheapest_cover,
    groups,
    localise,
    ratio_bounds,
    readings_left,
)
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.relations import Claim, FigureClaim, Interval, Quantity, RatioClaim, Relation

INFINITY = float("inf")
A, B, C, D = (Quantity(name, "all", "CN", date(2023, 1, 1), date(2023, 12, 31)) for name in "abcd")


def figure(
    quantity: Quantity, low: float, high: float | None = None, name: str = "", weight: float = 1.0
) -> FigureClaim:
    return FigureClaim(name or quantity.metric, quantity, (low, low if high is None else high), weight)


def ratio(value: Quantity, base: Quantity, weight: float = 1.0, name: str = "", **readings: Interval) -> RatioClaim:
    return RatioClaim(name or f"{value.metric}/{base.metric}", "stated_change", value, base, readings, weight)


def total(whole: Quantity, *parts: Quantity, upper: float = 0.0) -> Relation:
    return Relation("parts_sum", ((whole, 1.0), *((part, -1.0) for part in parts)), upper)


def group(*said: Claim | Relation) -> Group:
    (one,) = groups([s for s in said if not isinstance(s, Relation)], [s for s in said if isinstance(s, Relation)])
    return one


def bounds(of: Quantity, *said: Claim | Relation) -> tuple[float, float]:
    found = Programme(group(*said)).bounds(of)
    return found.lower, found.upper


# Groups


def test_groups_share_no_quantity() -> None:
    one, two = groups([figure(A, 1), figure(B, 2), figure(D, 3)], [total(A, B, C)])
    assert (one.quantities, [c.id for c in one.claims], len(one.relations)) == ((A, B, C), ["a", "b"], 1)
    assert (two.quantities, [c.id for c in two.claims], two.relations) == ((D,), ["d"], ())


def test_ratios_connect() -> None:
    assert len(list(groups([ratio(A, B, growth=(1, 2)), ratio(B, C, growth=(1, 2)), figure(D, 1)], []))) == 2


def test_groups_come_in_one_order() -> None:
    claims = [figure(q, 1) for q in (A, B, C, D)]
    assert list(groups(claims, [])) == list(groups(reversed(claims), []))


# Bounds


@pytest.mark.parametrize("size", [1, 1e3, 1e6, 1e9])
@pytest.mark.parametrize(
    ("said", "of", "expected"),
    [
        ([figure(A, 100), figure(B, 40), total(A, B, C)], C, (60, 60)),
        ([figure(A, 99, 101), figure(B, 39, 42), total(A, B, C)], C, (57, 62)),
        ([figure(A, 99, 101), figure(B, 100, 130), total(A, B, C)], C, (0, 1)),
        ([figure(A, 99, 101), figure(B, 39, 42), total(A, B, C, upper=INFINITY)], C, (0, 62)),
        ([figure(B, 39, 42), total(A, B, C)], A, (39, INFINITY)),
        ([figure(A, 200), ratio(A, B, growth=(1.25, 2))], B, (100, 160)),
        ([figure(A, 200), ratio(A, B, level=(0.5, 0.5), growth=(2, 2))], B, (100, 400)),
        ([figure(A, 200), ratio(A, B, growth=(0, 2))], B, (100, INFINITY)),
        ([figure(A, 200), ratio(A, B, growth=(2, 2)), ratio(B, C, growth=(4, 5))], C, (20, 25)),
        ([figure(A, 0), ratio(A, B, growth=(2, 2))], B, (0, 0)),
        ([figure(A, 310), Relation("average_times_days", ((A, 1.0), (B, -31.0)))], B, (10, 10)),
        # Two claims about one base: both hold.
        ([figure(A, 200), ratio(A, B, growth=(1.25, 2)), figure(B, 150, 170)], B, (150, 160)),
    ],
)
def test_bounds(size: float, said: Sequence[Claim | Relation], of: Quantity, expected: Interval) -> None:
    scaled = [
        FigureClaim(s.id, s.quantity, (s.interval[0] * size, s.interval[1] * size), 1)
        if isinstance(s, FigureClaim)
        else s
        for s in said
    ]
    low, high = expected
    assert bounds(of, *scaled) == pytest.approx((low * size, high * size), rel=1e-7, abs=1e-6 * size)


def test_a_small_part_of_a_large_whole() -> None:
    said = [figure(A, 1_000_000_500), figure(B, 1_000_000_000), total(A, B, C), ratio(C, D, growth=(2, 2))]
    assert bounds(C, *said) == pytest.approx((500, 500), abs=5)
    assert bounds(D, *said) == pytest.approx((250, 250), abs=5)


def test_scales_follow_ties_to_what_nobody_printed() -> None:
    chain_of = [figure(A, 4e9), figure(B, 8), ratio(B, C, growth=(2, 2)), ratio(C, D, growth=(2, 2))]
    assert bounds(D, *chain_of, total(A, B, upper=INFINITY)) == pytest.approx((2, 2))


def test_what_binds_is_named() -> None:
    relation = total(A, B, C)
    found = Programme(group(figure(A, 99, 101), figure(B, 39, 42), figure(C, 0, 1000), relation)).bounds(C)
    assert [origin if isinstance(origin, Relation) else origin.id for origin in found.binding] == [relation, "a", "b"]


def test_bounds_dont_hang_on_what_was_asked_before() -> None:
    programme = Programme(group(figure(A, 99, 101), figure(B, 39, 42), total(A, B, C)))
    first = [programme.bounds(quantity) for quantity in (A, B, C)]
    assert [programme.bounds(quantity) for quantity in (A, B, C)] == first


def solve(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> list[Fraction] | None:
    """Solve a square system by elimination; None where it has no single solution."""
    table = [[*row, end] for row, end in zip(rows, right, strict=True)]
    for column in range(len(table)):
        pivot = next((r for r in range(column, len(table)) if table[r][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [cell / table[column][column] for cell in table[column]]
        for r in range(len(table)):
            if r != column:
                table[r] = [cell - table[r][column] * own for cell, own in zip(table[r], table[column], strict=True)]
    return [row[-1] for row in table]


def vertices(half_planes: Sequence[tuple[Sequence[int], int]], unknowns: int) -> Iterator[list[Fraction]]:
    """Every vertex of ``factors · x <= end``."""
    for chosen in combinations(half_planes, unknowns):
        point = solve([[Fraction(f) for f in factors] for factors, _ in chosen], [Fraction(end) for _, end in chosen])
        if point is not None and all(
            sum(f * x for f, x in zip(factors, point, strict=True)) <= end for factors, end in half_planes
        ):
            yield point


intervals = st.tuples(st.integers(0, 60), st.integers(0, 30)).map(lambda pair: (pair[0], sum(pair)))


@st.composite
def systems(draw: st.DrawFn) -> tuple[list[Claim | Relation], list[tuple[list[int], int]]]:
    """Figures for three quantities, a sum and a ratio, some of them; and the same as half-planes."""
    said: list[Claim | Relation] = []
    planes: list[tuple[list[int], int]] = [([-1, 0, 0], 0), ([0, -1, 0], 0), ([0, 0, -1], 0)]
    for position, quantity in enumerate((A, B, C)):
        low, high = draw(intervals)
        if quantity is A or draw(st.booleans()):
            said.append(figure(quantity, low, high))
            unit = [int(position == other) for other in range(3)]
            planes += [(unit, high), ([-u for u in unit], -low)]
    is_exhaustive = draw(st.booleans())
    said.append(total(A, B, C, upper=0.0 if is_exhaustive else INFINITY))
    planes.append(([-1, 1, 1], 0))
    planes += [([1, -1, -1], 0)] if is_exhaustive else []
    if draw(st.booleans()):
        low, more = draw(st.integers(0, 3)), draw(st.integers(0, 2))
        said.append(ratio(B, C, growth=(low, low + more)))
        planes += [([0, -1, low], 0), ([0, 1, -low - more], 0)]
    return said, planes


@settings(max_examples=80, deadline=None)
@given(systems())
def test_bounds_are_those_of_the_vertices(system: tuple[list[Claim | Relation], list[tuple[list[int], int]]]) -> None:
    said, planes = system
    corners = list(vertices(planes, 3))
    programme = Programme(group(*said))
    assert programme.is_feasible() == bool(corners)
    for position, quantity in enumerate((A, B, C) if corners else ()):
        # A is bounded above, and with it its parts.
        expected = [float(end(corner[position] for corner in corners)) for end in (min, max)]
        found = programme.bounds(quantity)
        assert [found.lower, found.upper] == pytest.approx(expected, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(systems())
def test_ratio_bounds_are_those_of_the_vertices(
    system: tuple[list[Claim | Relation], list[tuple[list[int], int]]],
) -> None:
    said, planes = system
    corners = list(vertices(planes, 3))
    if not corners or any(not corner[1] for corner in corners):
        return
    expected = [float(end(corner[2] / corner[1] for corner in corners)) for end in (min, max)]
    assert list(ratio_bounds(Programme(group(*said)), C, B)) == pytest.approx(expected, abs=1e-5)


def test_a_ratio_without_an_end() -> None:
    programme = Programme(group(figure(A, 10, 20), total(A, B, upper=INFINITY)))
    assert ratio_bounds(programme, A, B) == pytest.approx((1, INFINITY))


# Ratios worked out from rounded figures


def test_a_ratio_may_have_been_worked_out_from_rounded_figures() -> None:
    rounded = figure(A, 4.235, 4.245)
    exact = [figure(B, 2.0599), figure(C, 2.18468), total(A, B, C)]
    # 4.24458 is 3.6686 times as many as 1.157, and 4.24 is 3.6646 times as many.
    claim = RatioClaim("r", "stated_change", A, D, {"growth": (3.6645, 3.6655)}, 1.0, (rounded, None))
    assert Programme(group(rounded, *exact, figure(D, 1.157), claim)).is_feasible()
    strict = RatioClaim("r", "stated_change", A, D, {"growth": (3.6645, 3.6655)}, 1.0)
    assert not Programme(group(rounded, *exact, figure(D, 1.157), strict)).is_feasible()
    # No further than the rounding goes.
    beyond = RatioClaim("r", "stated_change", A, D, {"growth": (3.675, 3.676)}, 1.0, (rounded, None))
    assert not Programme(group(rounded, *exact, figure(D, 1.157), beyond)).is_feasible()


def test_a_rounded_figure_alone_bounds_its_base_as_before() -> None:
    rounded = figure(A, 90, 110)
    claim = RatioClaim("r", "stated_change", A, B, {"growth": (2, 2)}, 1.0, (rounded, None))
    assert bounds(B, rounded, claim) == pytest.approx((45, 55))
    # Without the figure, the claim still ties the two, within what the rounding hides.
    assert bounds(B, figure(A, 100, name="other"), claim) == pytest.approx((40, 60))


# What is wrong with a group


def feasible(one: Group, claims: Sequence[Claim]) -> bool:
    kept = {claim.id for claim in claims}
    return Programme(one, [claim for claim in one.claims if claim.id not in kept]).is_feasible()


def cheapest(one: Group) -> float:
    """The least weight whose loss makes the group feasible, by trying every set of claims."""
    sets = chain.from_iterable(combinations(one.claims, size) for size in range(len(one.claims) + 1))
    return min(
        sum(claim.weight for claim in lost)
        for lost in sets
        if feasible(one, [claim for claim in one.claims if claim not in lost])
    )


@pytest.mark.parametrize(
    ("said", "sets", "given_up"),
    [
        ([figure(A, 100), figure(B, 60), figure(C, 40), total(A, B, C)], [], None),
        ([figure(A, 100), figure(B, 70), figure(C, 40, weight=0.5), total(A, B, C)], ["abc"], "c"),
        ([figure(A, 100), figure(B, 170), figure(C, 40), total(A, B, C)], ["ab"], "a"),
        # Who contradicts two others is given up, though each of them is lighter.
        (
            [figure(A, 1, name="1", weight=1.5), figure(A, 2, name="2"), figure(A, 2, name="3"), total(A, B)],
            ["12", "13"],
            "1",
        ),
        ([figure(A, 100), figure(B, 10), ratio(A, B, 0.5, "r", growth=(2, 3))], ["abr"], "r"),
        # Of claims that weigh the same, the first by its id.
        ([figure(A, 1, name="y"), figure(A, 2, name="x"), total(A, B)], ["xy"], "x"),
    ],
)
def test_localise(said: Sequence[Claim | Relation], sets: list[str], given_up: str | None) -> None:
    found = localise(group(*said))
    if given_up is None:
        assert found is None
        return
    assert found is not None
    assert sorted("".join(sorted(claim.id for claim in claims)) for claims in found.sets) == sets
    assert "".join(claim.id for claim in found.localised) == given_up


@st.composite
def quarrels(draw: st.DrawFn) -> Group:
    """Up to eight claims about four quantities, made so that they often quarrel."""
    claims: list[Claim] = []
    for number in range(draw(st.integers(3, 7))):
        quantity = draw(st.sampled_from((A, B, C, D)))
        low, high = draw(intervals)
        weight = draw(st.sampled_from((0.5, 1.0, 1.5, 2.0, 3.0)))
        if draw(st.booleans()):
            claims.append(figure(quantity, low, high, name=f"f{number}", weight=weight))
        else:
            base = draw(st.sampled_from([q for q in (A, B, C, D) if q != quantity]))
            start = draw(st.integers(0, 3))
            claims.append(ratio(quantity, base, weight, f"r{number}", growth=(start, start + draw(st.integers(0, 1)))))
    figures = [figure(A, 1, 50, name="fa"), figure(B, 1, 50, name="fb")]
    if draw(st.booleans()):
        # A ratio that may have been worked out from a rounded figure.
        claims.append(RatioClaim("rp", "stated_change", A, B, {"growth": (1, 2)}, 1.0, (figures[0], figures[1])))
    return group(*claims, *figures, total(A, B, C), total(D, A, upper=INFINITY))


@settings(max_examples=30, deadline=None)
@given(quarrels())
def test_sets_are_irreducible_and_the_cover_is_cheapest(one: Group) -> None:
    found = localise(one)
    assert (found is None) == Programme(one).is_feasible()
    if found is None:
        return
    for claims in found.sets:
        assert not feasible(one, claims)
        for claim in claims:
            assert feasible(one, [other for other in claims if other is not claim])
        assert {claim.id for claim in claims} & {claim.id for claim in found.localised}
    assert feasible(one, [claim for claim in one.claims if claim not in found.localised])
    assert sum(claim.weight for claim in found.localised) == pytest.approx(cheapest(one))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sets(st.integers(0, 6), min_size=1, max_size=4), min_size=1, max_size=6),
    st.lists(st.sampled_from((0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 6.0)), min_size=7, max_size=7),
)
def test_the_cheapest_cover(sets: list[set[int]], weights: list[float]) -> None:
    claims = [figure(A, 1, name=str(number), weight=weight) for number, weight in enumerate(weights)]
    cover = _cheapest_cover([[claims[n] for n in sorted(members)] for members in sets])
    covers = (
        sum(weight for weight, taken in zip(weights, chosen, strict=True) if taken)
        for chosen in product((False, True), repeat=7)
        if all(any(chosen[n] for n in members) for members in sets)
    )
    assert all(any(str(n) in {c.id for c in cover} for n in members) for members in sets)
    assert sum(claim.weight for claim in cover) == min(covers)


def test_a_large_quarrel_is_settled() -> None:
    parts = [Quantity(f"p{n}", "all", "CN", A.start, A.end) for n in range(40)]
    said = [figure(part, 10) for part in parts]
    found = localise(group(figure(A, 600, weight=3), *said, total(A, *parts)))
    assert found is not None
    assert [claim.id for claim in found.localised] == ["p0"]


# Readings


@pytest.mark.parametrize(
    ("base", "left"),
    [
        ((90, 110), ("level",)),
        ((60, 70), ("growth",)),
        ((60, 110), ("level", "growth")),
        ((300, 400), ()),
    ],
)
def test_readings_left(base: Interval, left: tuple[str, ...]) -> None:
    claim = ratio(A, B, level=(2.15, 2.25), growth=(3.15, 3.25))
    one = group(figure(A, 220), figure(B, *base), claim)
    assert readings_left(Programme(one), claim) == left
    # Nothing speaks against either once the base is given up; the claim itself can't be.
    assert readings_left(Programme(one), claim, [c for c in one.claims if c.id in ("b", claim.id)]) == (
        "level",
        "growth",
    )


def test_more_contradictions_than_can_be_told_apart_are_an_error_that_says_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feasibility, "_MOST_SETS", 0)
    words = r"more than 0 sets of figures .* Look at the figures changed last"
    with pytest.raises(CurationError, match=words) as error:
        localise(group(figure(A, 10), figure(B, 20), total(A, B)))
    assert error.value.problems[0].field.startswith("the group of ")
