"""Made-up states of tables, small enough to read at a glance, and releases made of them."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from china_border_statistics.curation.changelog import section_hash
from china_border_statistics.curation.history import append
from china_border_statistics.past_releases import History, Release

State = Mapping[str, tuple[Mapping[str, Any], pa.Table]]


def table(
    columns: Mapping[str, str], rows: Iterable[Iterable[object]], key: int = 1
) -> tuple[dict[str, Any], pa.Table]:
    """A table with its description as a manifest holds it; its first ``key`` columns are its primary key."""
    description = {"primary_key": list(columns)[:key], "columns": dict(columns)}
    schema = Release({"tables": {"it": description}}).schema("it")
    return description, pa.Table.from_pylist([dict(zip(columns, row, strict=True)) for row in rows], schema=schema)


def release_all(root: Path, states: Iterable[State]) -> History:
    """Release one state after another, as 0.1.0, 0.2.0 and so on, on the first of January, February and so on."""
    for number, state in enumerate(states, start=1):
        release_one(root, number, state)
    return History(root)


def release_one(root: Path, number: int, state: State) -> Release:
    version, released = f"0.{number}.0", f"2024-{number:02}-01"
    return append(History(root), root, version, released, state, section_hash(heading(version, released)))


def heading(version: str, released: str) -> str:
    """All that the changelog says of such a release."""
    return f"## {version} — {released}\n"


_OBSERVATION = {
    "observation_id": "string!",
    "announcement_id": "string!",
    "announced": "date!",
    "series_id": "string!",
    "period_start": "date",
    "period_end": "date!",
    "value": "number!",
    "is_latest": "boolean!",
}
_ANNOUNCEMENT = {"announcement_id": "string!", "announced": "date!", "occasion": "string"}
_MARCH, _MAY, _JULY = (date(2024, month, 10) for month in (3, 5, 7))
_X = ("x", date(2024, 1, 1), date(2024, 1, 31))
_Y = ("y", None, date(2024, 1, 31))

SPRING, SUMMER, AUTUMN = ("march", _MARCH, "spring"), ("may", _MAY, None), ("july", _JULY, "autumn")
MARCH_X = ("march/x", "march", _MARCH, *_X, 1.5, True)
MARCH_Y = ("march/y", "march", _MARCH, *_Y, 7.0, True)
MAY_X = ("may/x", "may", _MAY, *_X, 2.0, True)
JULY_X = ("july/x", "july", _JULY, *_X, 0.1 + 0.2, True)

_PAIR = {"left": "string!", "right": "string!"}
CORRECTED = table(
    {"observation_id": "string!", "field": "string!", "corrected": "date!", "was": "string!", "reason": "string!"},
    [("march/x", "value", date(2024, 1, 20), "1.5", "a slip of the pen")],
    key=3,
)

# Three releases: rows that stay, change, go, come and come back; columns and tables that come and go.
STATES: list[State] = [
    {
        "announcements": table(_ANNOUNCEMENT, [SPRING]),
        "observations": table(_OBSERVATION, [MARCH_X, MARCH_Y]),
        "drafts": table({"draft_id": "string!", "pages": "integer!"}, [("one", 3), ("two", 4)]),
        "pairs": table(_PAIR, [("a", "b"), ("a", "c")], key=2),
    },
    {
        "announcements": table(_ANNOUNCEMENT, [SUMMER, SPRING][::-1]),
        "observations": table(
            _OBSERVATION | {"note": "string", "unit": "string! boat|kg"},
            [(*MARCH_X[:6], 1.75, False, None, "kg"), (*MAY_X, None, "kg")],
        ),
        "pairs": table(_PAIR | {"why": "string"}, [("a", "b", None), ("a", "c", None)], key=2),
        "corrections": CORRECTED,
    },
    {
        "announcements": table(_ANNOUNCEMENT, [AUTUMN, SPRING, SUMMER]),
        "observations": table(
            {name: kind for name, kind in _OBSERVATION.items() if name != "is_latest"}
            | {"note": "string", "unit": "string! boat|kg|item", "n_sources": "integer!"},
            [
                (*JULY_X[:7], "new", "item", 3),
                (*MARCH_X[:6], 1.75, None, "kg", 2),
                (*MARCH_Y[:7], "back", "boat", 1),
                (*MAY_X[:7], None, "kg", 1),
            ],
        ),
        "pairs": table(_PAIR | {"why": "string"}, [("a", "c", "now said")], key=2),
        "corrections": CORRECTED,
        "scopes": table({"scope_id": "string!", "start": "date"}, [("all", None), ("fair", date(2024, 2, 20))]),
    },
]  # fmt: skip
VERSIONS = ["0.1.0", "0.2.0", "0.3.0"]
