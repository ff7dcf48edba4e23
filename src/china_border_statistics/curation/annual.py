"""Annual totals chained by the growth that was stated of them: each pair of years, tested or not, and why not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from china_border_statistics.curation import explanations
from china_border_statistics.curation.findings import APART, said

Row = Mapping[str, Any]

# A series of fewer published years is no chain.
LEAST_YEARS = 5


@dataclass(frozen=True)
class Link:
    """A year beside the one before."""

    year: int
    total: Row | None
    """The total announced last for the year; None where none is published."""
    before: Row | None
    """That of the year before."""
    changes: tuple[Row, ...]
    """Stated changes on the year before, each claim once."""

    @property
    def is_tested(self) -> bool:
        """Whether some stated change is held against a published base."""
        return any(change["base_observation_id"] for change in self.changes)

    def verdict(self) -> str:
        """Say in a few words what came of the pair."""
        if self.total is None:
            return "not tested: the year's total isn't published"
        if not self.changes and self.before is None:
            return "not tested: no growth stated, and the year before isn't published"
        if not self.changes:
            return f"not tested: no growth stated; the totals make {self._growth()}"
        return "; ".join(dict.fromkeys(map(self._of_change, self.changes)))

    def _growth(self) -> str:
        """The growth that two published totals make."""
        if self.total is None or self.before is None or self.before["lower"] <= 0:
            return "any growth"
        low, high = self.total["lower"] / self.before["upper"], self.total["upper"] / self.before["lower"]
        return explanations.growth((low - 1, high - 1))

    def _of_change(self, change: Row) -> str:
        if change["base_observation_id"]:
            return str(change["verdict"])
        ends = change["implied_base_lower"], change["implied_base_upper"]
        made = f", and would be {explanations.span(ends)}" if ends[1] is not None else ""
        others = {"undetermined": "not tested", "consistent": "consistent with other figures"}
        return (
            f"{others.get(change['verdict'], 'contradicted by other figures')}: the year before isn't published{made}"
        )


def chains(observations: Iterable[Row], changes: Iterable[Row]) -> Iterator[tuple[Row, list[Link]]]:
    """Chain the annual totals of every long series.

    Parameters
    ----------
    observations, changes : iterable of dict
        Rows of the tables of these names, the changes judged.

    Yields
    ------
    row : dict
        The last total of a series of at least ``LEAST_YEARS`` published years, of one of which growth is stated.
    links : list of Link
        A link for each year after the first published one, to the last. Forecasts and figures with definitions of
        their own are in none.
    """
    stated: dict[str, list[Row]] = defaultdict(list)
    for change in sorted(changes, key=lambda row: str(row["change_id"])):
        # A year's previous period is the year before.
        if change["basis"] in ("yoy", "previous_period"):
            stated[change["observation_id"]].append(change)
    series: dict[tuple[str, str, str], dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in sorted(observations, key=lambda row: (row["announced"], row["observation_id"])):
        if row["period_kind"] == "year" and row["obs_status"] not in APART:
            series[row["metric_id"], row["scope_id"], row["area"]][row["period_end"].year].append(row)
    for _, years in sorted(series.items()):
        links = [_link(year, years, stated) for year in range(min(years) + 1, max(years) + 1)]
        if len(years) >= LEAST_YEARS and any(link.changes for link in links):
            yield years[max(years)][-1], links


def _link(year: int, years: Mapping[int, list[Row]], stated: Mapping[str, list[Row]]) -> Link:
    totals, before = years.get(year, []), years.get(year - 1, [])
    claims = {said(change)[2:]: change for row in totals for change in stated.get(row["observation_id"], ())}
    return Link(year, totals[-1] if totals else None, before[-1] if before else None, tuple(claims.values()))


def chain_lines(observations: Iterable[Row], changes: Iterable[Row]) -> Iterator[str]:
    """Lines of the findings page on annual totals: what is tested, and what isn't, and why."""
    found = list(chains(observations, changes))
    links = [link for _, chain in found for link in chain]
    if not links:
        return
    tested = sum(link.is_tested for link in links)
    contradicted = sum(any(c["verdict"] == "contradiction" for c in link.changes) for link in links)
    yield from ("## Annual totals and the growth stated of them", "")
    yield (
        f"{len(found)} series have at least {LEAST_YEARS} published years. Of their {len(links)} pairs of years "
        f"{tested} are tested against a published base; {contradicted} of all are contradicted."
    )
    yield ""
    for row, chain in found:
        yield from (f"### {explanations.subject(row).rstrip(',')}", "", "| year | total | growth stated | verdict |")
        yield "| --- | --- | --- | --- |"
        yield from map(_line, _runs(chain))
        yield ""


def _runs(chain: Iterable[Link]) -> Iterator[list[Link]]:
    """Join years in a row that have no total."""
    run: list[Link] = []
    for link in chain:
        if run and not (link.total is None and run[-1].total is None):
            yield run
            run = []
        run.append(link)
    if run:
        yield run


def _line(run: list[Link]) -> str:
    first, last = run[0], run[-1]
    years = str(first.year) if first is last else f"{first.year} to {last.year}"
    growth = ", ".join(dict.fromkeys(f"{_sign(change)}{change['printed']}" for change in first.changes))
    total = explanations.told(first.total) if first.total else ""
    return f"| {years} | {total} | {growth} | {first.verdict()} |"


def _sign(change: Row) -> str:
    return "−" if change["reading"] == "growth" and change["ratio_upper"] < 1 else ""
