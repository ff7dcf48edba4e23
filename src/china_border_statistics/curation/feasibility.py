"""What all claims and relations allow together: linear programmes over groups of connected quantities.

Bounds of unpublished quantities are linear programmes; where a group has no solution, a deletion filter finds an
irreducible infeasible subset of its claims (Chinneck), and error localisation after Fellegi and Holt, as a mixed
integer programme, the cheapest set of claims whose loss restores consistency. Solver: HiGHS.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import highspy

from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.relations import Claim, FigureClaim, Interval, Quantity, RatioClaim, Relation

# Rows and columns are scaled to about one. Bounds are decimal fractions kept as binary ones, so that rows are given
# this slack; a violation smaller than this share of a figure isn't seen here (interval arithmetic sees it).
_SLACK = 1e-9
_TOLERANCE = 1e-9
# Coefficients this small beside others still count: a part of one in a whole of a thousand million.
_SMALLEST = 1e-12
# More irreducible sets than this in one group would mean that its figures are not of one kind.
_MOST_SETS = 50
# Less than any two weights differ.
_TIE = 1e-4


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


def _solver() -> highspy.Highs:
    solver = highspy.Highs()
    solver.silent()
    solver.setOptionValue("threads", 1)
    return solver


@dataclass
class _Row:
    """A row of a programme: who says it, its bounds and terms, and whether it takes part."""

    origin: Claim | Relation
    lower: float
    upper: float
    columns: list[int]
    factors: list[float]
    # The reading that it belongs to, where it takes part only if its claim is held to one.
    reading: str | None = None
    takes_part: bool = True


class Programme:
    """The linear programme of one group; claims can be left out, or held to one reading, and taken in again."""

    def __init__(self, group: Group, without: Iterable[Claim] = ()) -> None:
        self.group = group
        self.solver = _solver()
        self.solver.setOptionValue("small_matrix_value", _SMALLEST)
        self.solver.setOptionValue("primal_feasibility_tolerance", _TOLERANCE)
        # Presolve would forget the proof that there is no solution, and where the last one was.
        self.solver.setOptionValue("presolve", "off")
        scales = _scales(group)
        self.columns = {quantity: index for index, quantity in enumerate(group.quantities)}
        self.sizes = [scales[quantity] for quantity in group.quantities]
        for _ in group.quantities:
            self.solver.addVar(0.0, highspy.kHighsInf)
        self.rows: list[_Row] = []
        for relation in group.relations:
            terms = [(self.columns[quantity], factor) for quantity, factor in relation.terms]
            self._add_row(relation, terms, relation.lower, relation.upper)
        claims = {claim.id: claim for claim in group.claims}
        for claim in claims.values():
            if isinstance(claim, FigureClaim):
                self._add_row(claim, [(self.columns[claim.quantity], 1.0)], *claim.interval)
            else:
                self._add_ratio(claim, claims)
        self.leave_out(without)

    def _add_ratio(self, claim: RatioClaim, claims: Mapping[str, Claim]) -> None:
        value, base = (
            self._as_printed(claim, quantity, figure, claims)
            for quantity, figure in zip(claim.quantities, claim.printed, strict=True)
        )
        several = claim.readings.items() if len(claim.readings) > 1 else ()
        for reading, (low, high) in ((None, claim.hull), *several):
            self._add_row(claim, [(value, 1.0), (base, -low)], 0.0, float("inf"), reading)
            self._add_row(claim, [(value, 1.0), (base, -high)], float("-inf"), 0.0, reading)

    def _as_printed(
        self, claim: RatioClaim, quantity: Quantity, figure: FigureClaim | None, claims: Mapping[str, Claim]
    ) -> int:
        """The column of what a ratio was worked out from: the quantity, or its figure anywhere within its rounding."""
        column = self.columns[quantity]
        if figure is None or not figure.width:
            return column
        self.solver.addVar(0.0, highspy.kHighsInf)
        self.sizes.append(self.sizes[column])
        printed = len(self.sizes) - 1
        self._add_row(claim, [(printed, 1.0), (column, -1.0)], -figure.width, figure.width)
        if figure.id in claims:
            self._add_row(claims[figure.id], [(printed, 1.0)], *figure.interval)
        return printed

    def _add_row(
        self,
        origin: Claim | Relation,
        terms: Sequence[tuple[int, float]],
        lower: float,
        upper: float,
        reading: str | None = None,
    ) -> None:
        columns = [column for column, _ in terms]
        factors = [factor * self.sizes[column] for column, factor in terms]
        size = max(map(abs, factors)) or 1.0
        infinity = highspy.kHighsInf
        low, high = max(lower / size - _SLACK, -infinity), min(upper / size + _SLACK, infinity)
        row = _Row(origin, low, high, columns, [factor / size for factor in factors], reading, reading is None)
        self.solver.addRow(*self._ends(row), len(columns), columns, row.factors)
        self.rows.append(row)

    @staticmethod
    def _ends(row: _Row) -> Interval:
        return (row.lower, row.upper) if row.takes_part else (-highspy.kHighsInf, highspy.kHighsInf)

    def leave_out(self, without: Iterable[Claim], held: tuple[RatioClaim, str] | None = None) -> None:
        """Leave out some claims and take in all others; a claim can be held to one of its readings."""
        left_out = {claim.id for claim in without}
        holding = (held[0].id, held[1]) if held else None
        for index, row in enumerate(self.rows):
            if isinstance(row.origin, Relation):
                continue
            is_read = row.reading is None or (row.origin.id, row.reading) == holding
            takes_part = is_read and row.origin.id not in left_out
            if takes_part != row.takes_part:
                row.takes_part = takes_part
                self.solver.changeRowBounds(index, *self._ends(row))

    def keep(self, claims: Iterable[Claim]) -> None:
        """Leave out all claims but these."""
        kept = {claim.id for claim in claims}
        self.leave_out(claim for claim in self.group.claims if claim.id not in kept)

    def is_feasible(self) -> bool:
        """Whether anything satisfies the group."""
        self.solver.run()
        return bool(self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def proof(self) -> tuple[Claim, ...]:
        """Claims with a part in a proof that the group has no solution; none where the solver gives no proof."""
        self.solver.run()
        _, has_ray, ray = self.solver.getDualRay()  # type: ignore[attr-defined]
        if not has_ray:
            return ()
        origins = (row.origin for row, part in zip(self.rows, ray, strict=True) if abs(part) > 1e-12)
        return tuple({origin.id: origin for origin in origins if not isinstance(origin, Relation)}.values())

    def bounds(self, quantity: Quantity) -> Bounds:
        """The least and the greatest value of a quantity; the group must be feasible."""
        (lower, one), (upper, other) = self._end(quantity, 1.0), self._end(quantity, -1.0)
        return Bounds(lower, upper, tuple({id(origin): origin for origin in (*one, *other)}.values()))

    def is_bounded(self, quantity: Quantity) -> bool:
        """Whether the group sets a quantity an upper bound."""
        return self._end(quantity, -1.0)[0] < float("inf")

    def _end(self, quantity: Quantity, sense: float) -> tuple[float, list[Claim | Relation]]:
        """One end of what the group allows, and what binds there."""
        column = self.columns[quantity]
        self.solver.changeColCost(column, sense)
        self.solver.run()
        is_found = self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        solution = self.solver.getSolution()
        self.solver.changeColCost(column, 0.0)
        if not is_found:
            return 0.0 if sense > 0 else float("inf"), []
        binding = [row.origin for row, dual in zip(self.rows, solution.row_dual, strict=True) if abs(dual) > 1e-9]
        return solution.col_value[column] * self.sizes[column], binding


def ratio_bounds(programme: Programme, value: Quantity, base: Quantity) -> Interval:
    """The least and the greatest ratio of two quantities, by the transformation of Charnes and Cooper (1962)."""
    solver, one = _solver(), len(programme.sizes)
    for _ in range(one + 1):
        solver.addVar(0.0, highspy.kHighsInf)
    for row in programme.rows:
        columns = [*row.columns, one]
        if row.takes_part and row.lower > -highspy.kHighsInf:
            solver.addRow(0.0, highspy.kHighsInf, len(columns), columns, [*row.factors, -row.lower])
        if row.takes_part and row.upper < highspy.kHighsInf:
            solver.addRow(-highspy.kHighsInf, 0.0, len(columns), columns, [*row.factors, -row.upper])
    above, below = programme.columns[value], programme.columns[base]
    solver.addRow(1.0, 1.0, 1, [below], [1.0])
    ends = []
    for sense, beyond in ((1.0, 0.0), (-1.0, float("inf"))):
        solver.changeColCost(above, sense)
        solver.run()
        is_found = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        ends.append(solver.getSolution().col_value[above] if is_found else beyond)
    unit = programme.sizes[above] / programme.sizes[below]
    return ends[0] * unit, ends[1] * unit


def _scales(group: Group) -> dict[Quantity, float]:
    """A size for each quantity: its greatest claim, else what the quantities it is tied to let one expect."""
    scale: dict[Quantity, float] = {}
    for claim in group.claims:
        if isinstance(claim, FigureClaim):
            scale[claim.quantity] = max(scale.get(claim.quantity, 0.0), claim.interval[1], 1.0)
    ties: list[tuple[tuple[Quantity, float], ...]] = [relation.terms for relation in group.relations]
    ratios = (claim for claim in group.claims if isinstance(claim, RatioClaim))
    ties += [((claim.value, 1.0), (claim.base, -max(claim.hull[1], 1e-6))) for claim in ratios]
    waiting = [tie for tie in ties if any(quantity not in scale for quantity, _ in tie)]
    while waiting:
        before = len(scale)
        for tie in waiting:
            known = [abs(factor) * scale[quantity] for quantity, factor in tie if quantity in scale]
            for quantity, factor in tie if known else ():
                scale.setdefault(quantity, max(max(known) / abs(factor), 1.0))
        if len(scale) == before:
            break
        waiting = [tie for tie in waiting if any(quantity not in scale for quantity, _ in tie)]
    return {quantity: scale.get(quantity, 1.0) for quantity in group.quantities}


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

    Raises
    ------
    CurationError
        If there are too many of them to say which figure is to blame: a figure in a wrong place, mostly.

    Notes
    -----
    Irreducible sets are found one at a time by deletion filtering, and the cheapest claims that hit all those found
    by a set-covering programme, until what is left is feasible (implicit hitting sets). The result is the minimal
    weighted set of Fellegi and Holt (1976), without the big constants of the usual formulation.
    """
    found: list[tuple[Claim, ...]] = []
    given_up: tuple[Claim, ...] = ()
    programme = Programme(group)
    while not programme.is_feasible():
        if len(found) == _MOST_SETS:
            raise _unsolved(group, f"more than {_MOST_SETS} sets of figures that can't all be true")
        irreducible = _irreducible(programme, given_up)
        if not irreducible:
            raise _unsolved(group, "relations that contradict each other whatever the figures are")
        found.append(irreducible)
        given_up = _cheapest_cover(found)
        programme.leave_out(given_up)
    return Infeasibility(tuple(found), given_up) if found else None


def _unsolved(group: Group, found: str) -> CurationError:
    metric, scope, area, *_ = group.quantities[0]
    action = "Look at the figures changed last: at least one has a wrong value, metric, scope or period."
    where = f"the group of {metric}, {scope}, {area}"
    return CurationError([Problem("data/records", 0, where, found, "figures that fit together", action)])


def _irreducible(programme: Programme, given_up: Sequence[Claim]) -> tuple[Claim, ...]:
    """The smallest of some irreducible infeasible subsets of the claims that aren't given up.

    Deletion filtering finds one set for each order in which claims are tried; the least exact first, the least
    trusted first and last, and by id both ways, usually find a small one. Of sets of one size, the most exact says
    most.
    """
    orders: tuple[Callable[[Claim], tuple[object, ...]], ...] = (
        lambda c: (-_looseness(c), c.id),
        lambda c: (-c.weight, c.id),
        lambda c: (c.weight, c.id),
        lambda c: (c.id,),
    )
    kept = _conflicting(programme, given_up)
    found = [_filter(programme, kept, sorted(kept, key=order)) for order in orders]
    found.append(_filter(programme, kept, sorted(kept, key=orders[-1], reverse=True)))
    return min(found, key=lambda claims: (len(claims), sum(map(_looseness, claims))))


def _looseness(claim: Claim) -> float:
    """How wide the interval of a claim is, as a share of its upper end."""
    low, high = claim.interval if isinstance(claim, FigureClaim) else claim.hull
    return (high - low) / high if high else 0.0


def _conflicting(programme: Programme, given_up: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims that already conflict among themselves: those with a part in a proof of infeasibility (a dual ray)."""
    gone = {claim.id for claim in given_up}
    kept = tuple(claim for claim in programme.group.claims if claim.id not in gone)
    while True:
        programme.keep(kept)
        named = {claim.id for claim in programme.proof()}
        fewer = tuple(claim for claim in kept if claim.id in named)
        programme.keep(fewer)
        if not fewer or len(fewer) == len(kept) or programme.is_feasible():
            return kept
        kept = fewer


def _filter(programme: Programme, conflicting: Sequence[Claim], order: Sequence[Claim]) -> tuple[Claim, ...]:
    """Delete conflicting claims one by one, in an order, while what is left stays infeasible."""
    kept = list(conflicting)
    for claim in order:
        fewer = [other for other in kept if other is not claim]
        programme.keep(fewer)
        if not programme.is_feasible():
            kept = fewer
    return tuple(kept)


def _cheapest_cover(sets: Sequence[Sequence[Claim]]) -> tuple[Claim, ...]:
    """The claims of least weight that meet every set."""
    claims = {claim.id: claim for members in sets for claim in members}
    columns = {name: index for index, name in enumerate(sorted(claims))}
    solver = _solver()
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.0)
    for name in columns:
        solver.addVar(0.0, 1.0)
        # Of covers that weigh the same, the one that comes first by its ids.
        solver.changeColCost(columns[name], claims[name].weight + _TIE * columns[name] / len(columns))
        solver.changeColIntegrality(columns[name], highspy.HighsVarType.kInteger)
    for members in sets:
        chosen = [columns[claim.id] for claim in members]
        solver.addRow(1.0, highspy.kHighsInf, len(chosen), chosen, [1.0] * len(chosen))
    solver.run()
    values = solver.getSolution().col_value
    return tuple(claims[name] for name, index in columns.items() if values[index] > 0.5)


def readings_left(programme: Programme, claim: RatioClaim, without: Iterable[Claim] = ()) -> tuple[str, ...]:
    """The readings of a claim that the rest of the group allows."""
    given_up = [other for other in without if other.id != claim.id]
    left = []
    for reading in claim.readings:
        programme.leave_out(given_up, (claim, reading))
        if programme.is_feasible():
            left.append(reading)
    return tuple(left)
