"""What all claims and relations allow together: linear programmes over groups of connected quantities.

Bounds of unpublished quantities are linear programmes; where a group has no solution, a deletion filter finds an
irreducible infeasible subset of its claims (Chinneck), and error localisation after Fellegi and Holt, as a mixed
integer programme, the cheapest set of claims whose loss restores consistency. Solver: HiGHS.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import highspy

from china_border_statistics.curation.relations import Claim, FigureClaim, Quantity, RatioClaim, Relation

# Rows and columns are scaled to about one; HiGHS is content within 1e-7, so a violation smaller than this share of
# a figure isn't seen here (interval arithmetic sees it).
_SLACK = 1e-9
# More irreducible sets than this in one group would mean that its figures are not of one kind.
_MOST_SETS = 50


@dataclass(frozen=True)
class Group:
    """Quantities that relations and claims connect, with all that is said of them."""

    quantities: tuple[Quantity, ...]
    claims: tuple[Claim, ...]
    relations: tuple[Relation, ...]


@dataclass(frozen=True)
class Bounds:
    """The tightest interval of a quantity, and the claims and relations that bind at its ends."""

    lower: float
    upper: float
    binding: tuple[Claim | Relation, ...]


def groups(claims: Iterable[Claim], relations: Iterable[Relation]) -> Iterator[Group]:
    """Split claims and relations into groups that share no quantity, in a stable order."""
    parent: dict[Quantity, Quantity] = {}

    def find(quantity: Quantity) -> Quantity:
        parent.setdefault(quantity, quantity)
        while parent[quantity] != quantity:
            parent[quantity] = parent[parent[quantity]]
            quantity = parent[quantity]
        return quantity

    said, tied = list(claims), list(relations)
    for quantities in [*(claim.quantities for claim in said), *(relation.quantities for relation in tied)]:
        first, *others = quantities
        root = find(first)
        for other in others:
            parent[find(other)] = root
    members: dict[Quantity, list[Quantity]] = defaultdict(list)
    for quantity in sorted(parent, key=str):
        members[find(quantity)].append(quantity)
    claims_of: dict[Quantity, list[Claim]] = defaultdict(list)
    relations_of: dict[Quantity, list[Relation]] = defaultdict(list)
    for claim in said:
        claims_of[find(claim.quantities[0])].append(claim)
    for relation in tied:
        relations_of[find(relation.quantities[0])].append(relation)
    for root, quantities_ in members.items():
        yield Group(tuple(quantities_), tuple(claims_of[root]), tuple(relations_of[root]))


class Programme:
    """The linear programme of one group; claims can be left out, or held to one reading."""

    def __init__(self, group: Group, without: Iterable[Claim] = (), readings: Mapping[str, str] | None = None) -> None:
        left_out = {claim.id for claim in without}
        self.solver = highspy.Highs()
        self.solver.silent()
        self.scale = _scales(group)
        self.columns = {quantity: index for index, quantity in enumerate(group.quantities)}
        for _ in group.quantities:
            self.solver.addVar(0.0, highspy.kHighsInf)
        self.rows: list[Claim | Relation] = []
        for relation in group.relations:
            self._add_row(relation, relation.terms, relation.lower, relation.upper)
        for claim in group.claims:
            if claim.id not in left_out:
                self._add_claim(claim, (readings or {}).get(claim.id))

    def _add_claim(self, claim: Claim, reading: str | None) -> None:
        if isinstance(claim, FigureClaim):
            self._add_row(claim, ((claim.quantity, 1.0),), *claim.interval)
            return
        low, high = claim.readings[reading] if reading else claim.hull
        self._add_row(claim, ((claim.value, 1.0), (claim.base, -low)), 0.0, float("inf"))
        self._add_row(claim, ((claim.value, 1.0), (claim.base, -high)), float("-inf"), 0.0)

    def _add_row(
        self, origin: Claim | Relation, terms: Sequence[tuple[Quantity, float]], lower: float, upper: float
    ) -> None:
        size = max(abs(factor) * self.scale[quantity] for quantity, factor in terms) or 1.0
        columns = [self.columns[quantity] for quantity, _ in terms]
        factors = [factor * self.scale[quantity] / size for quantity, factor in terms]
        infinity = highspy.kHighsInf
        low, high = max(lower / size - _SLACK, -infinity), min(upper / size + _SLACK, infinity)
        self.solver.addRow(low, high, len(columns), columns, factors)
        self.rows.append(origin)

    def is_feasible(self) -> bool:
        """Whether anything satisfies the group."""
        self.solver.run()
        return bool(self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def proof(self) -> tuple[Claim, ...]:
        """Claims with a part in a proof that the group has no solution; none where the solver gives no proof."""
        self.solver.setOptionValue("presolve", "off")
        self.solver.run()
        _, has_ray, ray = self.solver.getDualRay()  # type: ignore[attr-defined]
        if not has_ray:
            return ()
        named = {id(row): row for row, part in zip(self.rows, ray, strict=True) if abs(part) > 1e-12}
        return tuple(row for row in named.values() if not isinstance(row, Relation))

    def bounds(self, quantity: Quantity) -> Bounds:
        """The least and the greatest value of a quantity; the group must be feasible."""
        column, scale = self.columns[quantity], self.scale[quantity]
        ends, binding = [], []
        for sense in (1.0, -1.0):
            self.solver.changeColCost(column, sense)
            self.solver.run()
            if self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
                solution = self.solver.getSolution()
                ends.append(solution.col_value[column] * scale)
                binding += [self.rows[i] for i, dual in enumerate(solution.row_dual) if abs(dual) > 1e-9]
            else:
                ends.append(0.0 if sense > 0 else float("inf"))
        self.solver.changeColCost(column, 0.0)
        return Bounds(ends[0], ends[1], tuple({id(origin): origin for origin in binding}.values()))


def _scales(group: Group) -> dict[Quantity, float]:
    """A size for each quantity: its greatest claim, or that of what it is tied to."""
    scale: dict[Quantity, float] = {}
    for claim in group.claims:
        if isinstance(claim, FigureClaim):
            scale[claim.quantity] = max(scale.get(claim.quantity, 0.0), claim.interval[1], 1.0)
    for claim in group.claims:
        if isinstance(claim, RatioClaim) and claim.base not in scale and claim.value in scale:
            scale[claim.base] = max(scale[claim.value] / max(claim.hull[1], 1e-6), 1.0)
    usual = max(scale.values(), default=1.0)
    return {quantity: scale.get(quantity, usual) for quantity in group.quantities}


@dataclass(frozen=True)
class Infeasibility:
    """What is wrong with a group that has no solution.

    Attributes
    ----------
    sets : tuple of tuples of Claim
        Irreducible infeasible subsets: in each, not all claims can be true, and all but any one can.
    localised : tuple of Claim
        The cheapest claims, by weight, that meet every set: without them the group is consistent.
    """

    sets: tuple[tuple[Claim, ...], ...]
    localised: tuple[Claim, ...]


def localise(group: Group) -> Infeasibility | None:
    """Find the irreducible sets of a group and the cheapest claims to give up; None where it is feasible.

    Notes
    -----
    Irreducible sets are found one at a time by deletion filtering, and the cheapest claims that hit all those found
    by a set-covering programme, until what is left is feasible (implicit hitting sets). The result is the minimal
    weighted set of Fellegi and Holt (1976), without the big constants of the usual formulation.
    """
    found: list[tuple[Claim, ...]] = []
    given_up: tuple[Claim, ...] = ()
    while not Programme(group, given_up).is_feasible():
        if len(found) == _MOST_SETS:
            raise RuntimeError(f"more than {_MOST_SETS} irreducible sets in the group of {group.quantities[0]}")
        irreducible = _irreducible(group, given_up)
        if not irreducible:
            raise RuntimeError(f"relations alone are infeasible in the group of {group.quantities[0]}")
        found.append(irreducible)
        given_up = _cheapest_cover(found)
    return Infeasibility(tuple(found), given_up) if found else None


def _irreducible(group: Group, given_up: Sequence[Claim]) -> tuple[Claim, ...]:
    """The smallest of some irreducible infeasible subsets of the claims that aren't given up.

    Deletion filtering finds one set for each order in which claims are tried; the least trusted first and last, and
    by id both ways, usually find a small one.
    """
    orders: tuple[Callable[[Claim], tuple[object, ...]], ...] = (
        lambda c: (-c.weight, c.id),
        lambda c: (c.weight, c.id),
        lambda c: (c.id,),
    )
    kept = _conflicting(group, given_up)
    found = [_filter(group, kept, sorted(kept, key=order)) for order in orders]
    found.append(_filter(group, kept, sorted(kept, key=orders[2], reverse=True)))
    return min(found, key=len)


def _conflicting(group: Group, given_up: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims that already conflict among themselves: those with a part in a proof of infeasibility (a dual ray)."""
    gone = {claim.id for claim in given_up}
    kept = tuple(claim for claim in group.claims if claim.id not in gone)
    while True:
        named = {claim.id for claim in Programme(group, _others(group, kept)).proof()}
        fewer = tuple(claim for claim in kept if claim.id in named)
        if not fewer or len(fewer) == len(kept) or Programme(group, _others(group, fewer)).is_feasible():
            return kept
        kept = fewer


def _others(group: Group, claims: Iterable[Claim]) -> tuple[Claim, ...]:
    kept = {claim.id for claim in claims}
    return tuple(claim for claim in group.claims if claim.id not in kept)


def _filter(group: Group, conflicting: Sequence[Claim], order: Sequence[Claim]) -> tuple[Claim, ...]:
    """Delete conflicting claims one by one, in an order, while what is left stays infeasible."""
    kept = list(conflicting)
    for claim in order:
        fewer = [other for other in kept if other is not claim]
        if not Programme(group, _others(group, fewer)).is_feasible():
            kept = fewer
    return tuple(kept)


def _cheapest_cover(sets: Sequence[Sequence[Claim]]) -> tuple[Claim, ...]:
    """The claims of least weight that meet every set."""
    claims = {claim.id: claim for members in sets for claim in members}
    columns = {name: index for index, name in enumerate(sorted(claims))}
    solver = highspy.Highs()
    solver.silent()
    for name in columns:
        solver.addVar(0.0, 1.0)
        solver.changeColCost(columns[name], claims[name].weight)
        solver.changeColIntegrality(columns[name], highspy.HighsVarType.kInteger)
    for members in sets:
        chosen = [columns[claim.id] for claim in members]
        solver.addRow(1.0, highspy.kHighsInf, len(chosen), chosen, [1.0] * len(chosen))
    solver.run()
    values = solver.getSolution().col_value
    return tuple(claims[name] for name, index in columns.items() if values[index] > 0.5)


def readings_left(group: Group, claim: RatioClaim, without: Iterable[Claim] = ()) -> tuple[str, ...]:
    """The readings of a claim that the rest of the group allows."""
    given_up = [other for other in without if other.id != claim.id]
    return tuple(r for r in claim.readings if Programme(group, given_up, {claim.id: r}).is_feasible())
