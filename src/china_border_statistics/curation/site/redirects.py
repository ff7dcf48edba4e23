"""Old links that still lead to their figures.

A figure's address is its id. Where an id had to change, the code list of aliases says what became of it; the old
anchor is then put where its link will look for it: beside the figure, or on the page of the old announcement.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """An old id and where its figure is now; ``new_id`` is None where the figure was withdrawn."""

    old_id: str
    new_id: str | None
    reason: str
    since: str


@dataclass(frozen=True)
class Redirects:
    """Where old ids are to be answered."""

    beside: Mapping[str, tuple[str, ...]]
    """By observation: old ids of the same announcement, to be anchors beside the figure."""
    moved: Mapping[str, tuple[Moved, ...]]
    """By announcement id of the old id, on record or not: figures that are elsewhere now, or nowhere."""


def redirects(aliases: Sequence[Row], observations: Sequence[str]) -> Redirects:
    """Arrange aliases by the page that must answer them.

    Parameters
    ----------
    aliases : sequence of mappings
        Rows of ``aliases``; those of other tables than ``observations`` have no address.
    observations : sequence of str
        The observation ids that there are.

    Returns
    -------
    Redirects
        Anchors beside figures, and moved figures by announcement.

    Raises
    ------
    ValueError
        If aliases go in a circle, or end at an id that isn't there, or an old id is still in use.
    """
    aliases = sorted((row for row in aliases if row["of_table"] == "observations"), key=lambda row: str(row["old_id"]))
    following = {row["old_id"]: row["new_id"] for row in aliases}
    there = set(observations)
    beside: dict[str, list[str]] = defaultdict(list)
    moved: dict[str, list[Moved]] = defaultdict(list)
    for row in aliases:
        old = row["old_id"]
        if old in there:
            raise ValueError(f"aliases: old_id {old!r} is an observation; an id in use can't be an alias. Remove it")
        new = _end(old, following)
        if new is not None and new not in there:
            raise ValueError(f"aliases: {old!r} leads to {new!r}, which is no observation. Correct new_id")
        announcement = old.split("/")[0]
        if new is not None and new.split("/")[0] == announcement:
            beside[new].append(old)
        else:
            moved[announcement].append(Moved(old, new, row["reason"], str(row["since"])))
    return Redirects(
        {new: tuple(old) for new, old in beside.items()}, {page: tuple(rows) for page, rows in moved.items()}
    )


def _end(old: str, following: Mapping[str, str | None]) -> str | None:
    """Follow an id through all its changes."""
    seen, now = {old}, following[old]
    while now is not None and now in following:
        if now in seen:
            raise ValueError(f"aliases: {old!r} goes in a circle through {', '.join(sorted(seen))}. Correct new_id")
        seen.add(now)
        now = following[now]
    return now
