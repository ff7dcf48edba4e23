"""From records to tables: which source an observation takes, what it is called, whether it is the last word."""

from collections.abc import Callable
from datetime import date
from decimal import Context, localcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from china_border_statistics.curation.package import derive as derive_tables
from china_border_statistics.curation.periods import base_period, period_fault
from china_border_statistics.curation.problems import CurationError
from conftest import LADDER

Derive = Callable[[dict[str, list[dict[str, Any]]]], dict[str, pa.Table]]
DAY = "2024-05-01"


def boats(value: float, printed: dict[str, str | list[str]], **fields: Any) -> dict[str, Any]:
    """A figure printed as bare tokens, or in lists of quotes; its qualifiers are told by the words met here."""
    quotes = {key: token if isinstance(token, list) else f"[{token}]" for key, token in printed.items()}
    words = {"over": "over", "多": "over", "余": "over", "近": "nearly", "nearly": "nearly", "约": "about"}
    qualifiers = {key: words[word] for key, token in printed.items() for word in words if word in str(token)}
    return {"metric": "boats_registered", "value": value, "printed": quotes, "qualifier": qualifiers} | fields


def only(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """The only observation, its source without the announcement."""
    (row,) = tables["observations"].to_pylist()
    return dict(row) | {"source": row["source_id"].partition(":")[2]}


QUALIFIED = {"official-zh": "1200多", "wire-en": ["[over 1,200] boats", "[nearly 1,300] boats"], "mirror-zh": "1240"}


@pytest.mark.parametrize(
    ("qualifier", "field", "found"),
    [
        ({"official-zh": "over", "wire-en": ["over", "nearly"]}, None, None),
        ({"official-zh": "about", "wire-en": ["over", "nearly"]}, "printed.official-zh", "'1200多', qualifier over"),
        ({"official-zh": "over", "wire-en": "over"}, "printed.wire-en", "'nearly 1,300', qualifier nearly"),
        ({"official-zh": "over", "wire-en": ["nearly", "over"]}, "printed.wire-en", "'over 1,200', qualifier over"),
        ({"official-zh": "over"}, "printed.wire-en", "'over 1,200', qualifier over"),
        ({"wire-en": ["over", "nearly"]}, "printed.official-zh", "'1200多', qualifier over"),
        ({"official-zh": "over", "wire-en": ["over", "nearly"], "mirror-zh": "over"}, "printed.mirror-zh", "'1240', "),
        ({"official-zh": "over", "wire-en": ["over", "nearly", "none"]}, "qualifier.wire-en", "3 for 2 quotes"),
        (
            {"official-zh": "over", "wire-en": ["over", "nearly"], "official-en": "over"},
            "qualifier.official-en",
            "1 for 0",
        ),
    ],
)
def test_a_qualifier_is_typed_a_second_time(
    derive: Derive, qualifier: dict[str, Any], field: str | None, found: str | None
) -> None:
    figure = boats(1240, QUALIFIED, qualifier=qualifier)
    if field is None or found is None:
        assert set(derive({DAY: [figure]})["citations"]["qualifier"].to_pylist()) == {"over", "nearly", "exact"}
        return
    with pytest.raises(CurationError) as caught:
        derive({DAY: [figure]})
    assert (f"figures[0].{field}", True) in [(p.field, str(p.found).startswith(found)) for p in caught.value.problems]


def test_a_dropped_qualifier_does_not_accuse_the_others(derive: Derive) -> None:
    # Without its "over" the official number would be the narrower one, and contradict the others.
    figure = boats(1240, {"official-en": "1,200", "wire-zh": "1240"}, qualifier={"official-en": "over"})
    with pytest.raises(CurationError) as caught:
        derive({DAY: [figure]})
    assert [problem.field for problem in caught.value.problems] == ["figures[0].printed.official-en"]


def test_a_claims_qualifier_is_typed_a_second_time(derive: Derive) -> None:
    claim = {"basis": "yoy", "value": "7 %", "printed": {"wire-en": "up [over 7%]"}}
    figure = boats(1240, {"wire-en": "1,240"})
    assert derive({DAY: [figure | {"change": [claim | {"qualifier": "over"}]}]})["changes"].num_rows == 1
    with pytest.raises(CurationError, match="qualifier over; expected none"):
        derive({DAY: [figure | {"change": [claim]}]})


@pytest.mark.parametrize("rank", range(len(LADDER)))
def test_the_most_authoritative_source_is_taken(derive: Derive, rank: int) -> None:
    row = only(derive({DAY: [boats(12, dict.fromkeys(reversed(LADDER[rank:]), "12"))]}))
    assert (row["source"], row["n_sources"]) == (LADDER[rank], len(LADDER) - rank)


@pytest.mark.parametrize(
    ("printed", "value", "source", "agreement"),
    [
        # Narrower, and inside the better source's interval: it wins.
        ({"official-en": "over 1,200", "wire-zh": "1240"}, 1240, "wire-zh", {"official-en": "rounds"}),
        ({"official-zh": "1.2万", "mirror-zh": "1.21万"}, 12100, "mirror-zh", {"official-zh": "rounds"}),
        (
            {"official-zh": "1200多", "wire-zh": "约1250", "mirror-zh": "1249"},
            1249,
            "mirror-zh",
            {"official-zh": "rounds", "wire-zh": "rounds"},
        ),
        # At the edge of the interval is inside it.
        ({"official-en": "over 1,200", "wire-zh": "1300"}, 1300, "wire-zh", {"official-en": "rounds"}),
        # Narrower, but not wholly inside: it loses.
        ({"official-zh": "1.2万", "wire-zh": "1.25万"}, 12000, "official-zh", {"wire-zh": "rounds"}),
        # A translation that writes a rounded Chinese number out knows no more than it, whatever its rank.
        ({"official-en": "16,700", "republication-zh": "1.67万"}, 16700, "republication-zh", {"official-en": "rounds"}),
        ({"wire-zh": "1.8万余", "official-en": "18,000"}, 18000, "wire-zh", {"official-en": "rounds"}),
        ({"official-zh": "1.67万", "wire-en": "16,712"}, 16712, "wire-en", {"official-zh": "rounds"}),
        # The same interval: authority decides.
        ({"wire-en": "12 thousand", "official-zh": "1.2万"}, 12000, "official-zh", {"wire-en": "same"}),
        ({"wire-zh": "1240", "official-en": "1,240"}, 1240, "official-en", {"wire-zh": "same"}),
        # Translations of a number in words of a scale, be it in a third language.
        (
            {"wire-en": "14.094 million", "republication-fr": "14 094 000"},
            14094000,
            "wire-en",
            {"republication-fr": "rounds"},
        ),
        ({"wire-en": "2.0 thousand", "republication-fr": "2 000"}, 2000, "republication-fr", {"wire-en": "rounds"}),
        # Between two of one rank the narrower, then the Chinese one.
        (
            {"republication-en": "1,240", "republication-zh": "1200多"},
            1240,
            "republication-en",
            {"republication-zh": "rounds"},
        ),
        (
            {"republication-en": "1,240", "republication-zh": "1240"},
            1240,
            "republication-zh",
            {"republication-en": "same"},
        ),
    ],
)
def test_a_narrower_printing_inside_wins(
    derive: Derive, printed: dict[str, str | list[str]], value: float, source: str, agreement: dict[str, str]
) -> None:
    tables = derive({DAY: [boats(value, printed)]})
    assert (only(tables)["source"], only(tables)["value"]) == (source, value)
    found = {row["source_id"].partition(":")[2]: row["agreement"] for row in tables["citations"].to_pylist()}
    assert found == agreement | {source: "same"}


def test_who_disagrees_is_counted_by_source(derive: Derive) -> None:
    printed = {"official-zh": "1240", "wire-en": ["[1,340]", "all [1,340] of them"], "mirror-zh": "1200多"}
    tables = derive({DAY: [boats(1240, printed, disagrees={"wire-en": "1,340 is a slip of theirs"})]})
    row = only(tables)
    assert (row["value"], row["n_sources"], row["n_disagree"]) == (1240, 3, 1)
    notes = {row["citation_id"].partition("@")[2]: row["note"] for row in tables["citations"].to_pylist()}
    reason = "1,340 is a slip of theirs"
    assert notes == {"official-zh": None, "wire-en": reason, "wire-en.2": reason, "mirror-zh": None}


@pytest.mark.parametrize(
    ("printed", "status", "expected"),
    [
        (["mirror-zh"], None, "U"),
        (["mirror-zh", "machine_translation-en"], None, "A"),
        (["official-zh"], None, "A"),
        (["mirror-zh"], "P", "P"),
    ],
)
def test_a_figure_that_only_mirrors_print_is_unreliable(
    derive: Derive, printed: list[str], status: str | None, expected: str
) -> None:
    figure = boats(12, dict.fromkeys(printed, "12"), **({"status": status} if status else {}))
    assert only(derive({DAY: [figure]}))["obs_status"] == expected


def test_figures_inherit_scope_area_and_period(pristine: Path) -> None:
    rows = {row["observation_id"].partition("/")[2]: row for row in derive_tables(pristine)["observations"].to_pylist()}
    found = [
        (key, rows[key]["scope_id"], str(rows[key]["period_start"]), str(rows[key]["period_end"]))
        for key in ("boats_registered_sail", "guests_by_ferry_share", "guests_counted-fair")
    ]
    assert found == [
        ("boats_registered_sail", "all", "2024-01-01", "2024-03-10"),
        ("guests_by_ferry_share", "all", "2024-02-01", "2024-02-29"),
        ("guests_counted-fair", "lantern-fair", "2024-02-20", "2024-02-25"),
    ]


def test_the_last_announcement_is_the_latest(derive: Derive) -> None:
    def guests(value: int, **fields: Any) -> dict[str, Any]:
        return {"metric": "guests_counted", "value": value, "printed": {"wire-en": f"[{value}]"}} | fields

    month = {"kind": "month", "start": "2024-02", "end": "2024-02"}
    tables = derive(
        {
            "2024-05-01": [guests(100, period=month)],
            "2024-03-01": [guests(90, period=month), guests(7, key="elsewhere", period=month, area="CN-YN")],
            "2024-04-01": [guests(95, period=month), guests(400, key="all-year")],
        }
    )
    latest = [row["observation_id"] for row in tables["observations"].to_pylist() if row["is_latest"]]
    assert latest == [
        "2024-03-01-made-up/elsewhere",
        "2024-04-01-made-up/all-year",
        "2024-05-01-made-up/guests_counted",
    ]


def test_a_month_of_announcement_ends_with_it(project: Path, edit: Callable[[str, str, str], None]) -> None:
    old, new = (project / f"data/records/2024/{day}-harbour.yaml" for day in ("2024-09-10", "2024-09"))
    file = f"data/records/2024/{new.name}"
    old.rename(new)
    edit(file, "announcement: 2024-09-10-harbour", "announcement: 2024-09-harbour")
    edit(file, "announced: 2024-09-10", "announced: 2024-09")
    rows = derive_tables(project)["announcements"].to_pylist()
    assert [(str(row["announced"]), row["announced_precision"]) for row in rows] == [
        ("2024-03-10", "day"),
        ("2024-09-30", "month"),
    ]


def test_ids(derive: Derive) -> None:
    rise = {"basis": "yoy", "value": "24 %", "printed": {"wire-en": ["up [24%]", "up [24 percent]"]}}
    finer = {"basis": "yoy", "value": "24.1 %", "printed": {"wire-en": "up [24.1%]", "official-zh": "增长[24.1%]"}}
    other = {"basis": "vs_2019", "value": "3 %", "printed": {"wire-en": "up [3%]"}}
    tables = derive(
        {
            DAY: [
                boats(12, {"wire-en": ["[12]", "[twelve]", "all [12]"], "mirror-zh": "12"}),
                boats(9, {"wire-en": "9"}, key="south", area="CN-YN", change=[rise, finer, other]),
            ]
        }
    )
    here = f"{DAY}-made-up"
    assert tables["observations"]["observation_id"].to_pylist() == [f"{here}/boats_registered", f"{here}/south"]
    assert tables["observations"]["series_id"].to_pylist() == [
        "boats_registered.all.CN.year",
        "boats_registered.all.CN-YN.year",
    ]
    assert tables["citations"]["citation_id"].to_pylist() == [
        f"{here}/boats_registered@mirror-zh",
        f"{here}/boats_registered@wire-en",
        f"{here}/boats_registered@wire-en.2",
        f"{here}/boats_registered@wire-en.3",
        f"{here}/south@wire-en",
    ]
    assert tables["changes"]["change_id"].to_pylist() == [
        f"{here}/south~vs_2019@wire-en",
        f"{here}/south~yoy@official-zh",
        f"{here}/south~yoy@wire-en",
        f"{here}/south~yoy@wire-en.2",
        f"{here}/south~yoy@wire-en.3",
    ]


def test_the_order_of_figures_changes_nothing(derive: Derive) -> None:
    figures = [
        boats(12, {"wire-en": "12", "official-zh": "12"}),
        boats(9, {"wire-en": "9"}, key="south", area="CN-YN"),
        {"metric": "catch_landed", "value": 3500, "printed": {"wire-en": "[3.5 tonnes]"}},
    ]
    tables = derive({DAY: figures})
    again = derive({DAY: figures[::-1]})
    assert all(tables[name].equals(again[name]) for name in tables)


@pytest.mark.parametrize(
    ("period", "start", "precision"),
    [
        ({"kind": "cumulative", "start": "2023-12", "end": "2024-04-30"}, "2023-12-01", "month"),
        ({"kind": "cumulative", "start": "2023", "end": "2024-04-30"}, "2023-01-01", "year"),
        ({"kind": "cumulative", "end": "2024-04-30"}, None, None),
        # A stretch of the calendar is known to the day, however it is written.
        ({"kind": "month", "start": "2024-04", "end": "2024-04"}, "2024-04-01", "day"),
        # A stock stands at the last day of the time it is given for.
        ({"kind": "point", "end": "2024-04-12"}, "2024-04-12", "day"),
        ({"kind": "point", "end": "2024-04"}, "2024-04-30", "month"),
    ],
)
def test_how_exactly_a_period_starts(
    derive: Derive, period: dict[str, str], start: str | None, precision: str | None
) -> None:
    row = only(derive({DAY: [boats(12, {"wire-en": "12"}, period=period)]}))
    assert (row["period_start"] and str(row["period_start"]), row["period_precision"]) == (start, precision)
    assert period_fault(row["period_kind"], row["period_start"], row["period_end"]) is None


def test_a_wrong_printing_does_not_accuse_the_others(derive: Derive) -> None:
    # Without the official token the wire's would be chosen, and then the value would seem wrong too.
    with pytest.raises(CurationError) as caught:
        derive({DAY: [boats(1240, {"official-zh": "1240吨", "wire-en": "over 1,200"})]})
    assert [problem.field for problem in caught.value.problems] == ["figures[0].printed.official-zh"]


def day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


@pytest.mark.parametrize(
    ("kind", "start", "end", "fault"),
    [
        ("year", "2024-01-01", "2024-12-31", None),
        ("year", "2024-01-01", "2024-12-30", "one year of the calendar"),
        ("year", "2024-07-01", "2025-06-30", "one year of the calendar"),
        ("half", "2024-07-01", "2024-12-31", None),
        ("half", "2024-04-01", "2024-09-30", "one half"),
        ("quarter", "2024-10-01", "2024-12-31", None),
        ("quarter", "2024-02-01", "2024-04-30", "one quarter"),
        ("month", "2024-02-01", "2024-02-29", None),
        ("month", "2023-02-01", "2023-02-28", None),
        ("month", "2024-02-01", "2024-02-28", "one month"),
        ("month", None, "2024-02-29", "one month"),
        ("day", "2024-02-29", "2024-02-29", None),
        ("day", "2024-02-28", "2024-02-29", "one day"),
        ("day", None, "2024-02-29", "a start"),
        ("point", None, "2024-02-29", None),
        ("point", "2024-02-01", "2024-02-29", "one day, as point means"),
        ("holiday", "2024-02-10", "2024-02-17", None),
        ("holiday", None, "2024-02-17", "a start"),
        ("cumulative", None, "2024-02-17", None),
        ("cumulative", "2024-02-17", "2024-02-17", None),
        ("cumulative", "2024-02-18", "2024-02-17", "a start on or before the end"),
        ("event", None, "2024-02-17", None),
    ],
)
def test_period_fault(kind: str, start: str | None, end: str, fault: str | None) -> None:
    found = period_fault(kind, day(start), date.fromisoformat(end))
    assert found is None if fault is None else (found or "").startswith(fault)


@pytest.mark.parametrize(
    ("basis", "kind", "start", "end", "base"),
    [
        ("yoy", "year", "2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31")),
        ("yoy", "cumulative", "2024-03-05", "2024-11-05", ("2023-03-05", "2023-11-05")),
        # The last of February stays the last.
        ("yoy", "month", "2024-02-01", "2024-02-29", ("2023-02-01", "2023-02-28")),
        ("yoy", "month", "2025-02-01", "2025-02-28", ("2024-02-01", "2024-02-29")),
        ("yoy", "point", "2024-06-30", "2024-06-30", ("2023-06-30", "2023-06-30")),
        ("vs_2019", "quarter", "2023-01-01", "2023-03-31", ("2019-01-01", "2019-03-31")),
        ("vs_2019", "year", "2019-01-01", "2019-12-31", None),
        ("vs_2019", "year", "2018-01-01", "2018-12-31", None),
        ("previous_period", "month", "2024-01-01", "2024-01-31", ("2023-12-01", "2023-12-31")),
        ("previous_period", "month", "2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("previous_period", "quarter", "2024-01-01", "2024-03-31", ("2023-10-01", "2023-12-31")),
        ("previous_period", "half", "2024-07-01", "2024-12-31", ("2024-01-01", "2024-06-30")),
        ("previous_period", "year", "2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31")),
        ("previous_period", "cumulative", "2024-03-05", "2024-11-05", None),
        # Holidays move, and a start that isn't stated might be any.
        ("yoy", "holiday", "2024-02-10", "2024-02-17", None),
        ("previous_holiday", "holiday", "2024-02-10", "2024-02-17", None),
        ("yoy", "cumulative", None, "2024-11-05", None),
        ("other", "year", "2024-01-01", "2024-12-31", None),
    ],
)
def test_base_period(basis: str, kind: str, start: str | None, end: str, base: tuple[str, str] | None) -> None:
    found = base_period(basis, kind, day(start), date.fromisoformat(end))
    assert (found and tuple(map(str, found))) == base


def test_a_coarse_decimal_context_elsewhere_changes_nothing(derive: Derive) -> None:
    figure = boats(
        1240, {"wire-en": "1,240"}, change=[{"basis": "yoy", "value": "7 %", "printed": {"wire-en": "up [7%]"}}]
    )
    usual = derive({DAY: [figure]})["changes"].to_pylist()
    with localcontext(Context(prec=6)):
        assert derive({DAY: [figure]})["changes"].to_pylist() == usual
