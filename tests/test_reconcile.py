"""Reconciliation: stated changes judged by their base, by plainer words or not at all; every finding, by example."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from china_border_statistics.curation.reconcile import reconcile
from systems import NO_SCOPE, SCOPES, Rows, System, stretch

Derive = Callable[[dict[str, list[dict[str, Any]]]], dict[str, pa.Table]]

PLAIN = ("120 %", {"wire-en": "up [120%]"})
AMBIGUOUS = ("2.2 times", {"wire-en": "[2.2 times] higher"})
LEVEL = ("2.2 times", {"wire-en": "[2.2 times] higher", "wire-zh": "是上年的[2.2倍]"})
GROWTH = ("2.2 times", {"wire-en": "[2.2 times] higher", "wire-zh": "增长[2.2倍]"})

BEFORE, CLAIMED, AFTER = "2023-05-01", "2024-05-01", "2024-09-01"


def boats(token: str, value: float, year: str, **fields: Any) -> dict[str, Any]:
    period = {"kind": "year", "start": year, "end": year}
    return {
        "metric": "boats_registered",
        "value": value,
        "period": period,
        "printed": {"wire-en": f"[{token}]"},
    } | fields


def claims(*changes: tuple[str, dict[str, str]], basis: str = "yoy") -> list[dict[str, Any]]:
    return [{"basis": basis, "value": value, "printed": printed} for value, printed in changes]


def judged(tables: dict[str, pa.Table]) -> dict[str, tuple[str, str, str | None]]:
    """By source: the readings left, the verdict and the base."""
    return {
        row["change_id"].partition("@")[2]: (row["readings_left"], row["verdict"], row["base_observation_id"])
        for row in tables["changes"].to_pylist()
    }


@pytest.mark.parametrize(
    ("change", "base", "expected"),
    [
        # 2,200 is 120 % more than 1,000.
        (PLAIN, ("1,000", 1000), ("growth", "consistent")),
        (PLAIN, ("1,001", 1001), ("growth", "consistent")),
        (PLAIN, ("1,003", 1003), ("none", "contradiction")),
        (PLAIN, ("over 900", 900), ("growth", "consistent")),
        (PLAIN, ("over 800", 800), ("none", "contradiction")),
        # 2.2 times as many as 1,000, and 2.2 times more than 688.
        (AMBIGUOUS, ("1,000", 1000), ("level", "consistent")),
        (AMBIGUOUS, ("688", 688), ("growth", "consistent")),
        (AMBIGUOUS, ("800", 800), ("none", "contradiction")),
    ],
)
def test_a_published_base_judges(
    derive: Derive, change: tuple[str, dict[str, str]], base: tuple[str, float], expected: tuple[str, str]
) -> None:
    figure = boats("2,200", 2200, "2023", change=claims(change))
    tables = derive({BEFORE: [boats(*base, "2022")], CLAIMED: [figure]})
    assert judged(tables) == {"wire-en": (*expected, f"{BEFORE}-made-up/boats_registered")}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([PLAIN], {"wire-en": ("growth", "undetermined", None)}),
        ([AMBIGUOUS], {"wire-en": ("both", "undetermined", None)}),
        # The same claim in plain words settles the ambiguous ones.
        ([LEVEL], {"wire-en": ("level", "undetermined", None), "wire-zh": ("level", "undetermined", None)}),
        ([GROWTH], {"wire-en": ("growth", "undetermined", None), "wire-zh": ("growth", "undetermined", None)}),
        # 2.2 and 3.2 times are both far from 5 times.
        (
            [AMBIGUOUS, ("5 times", {"wire-zh": "是上年的[5倍]"})],
            {"wire-en": ("none", "contradiction", None), "wire-zh": ("level", "undetermined", None)},
        ),
    ],
)
def test_without_a_base_the_siblings_judge(
    derive: Derive, changes: list[tuple[str, dict[str, str]]], expected: dict[str, tuple[str, str, str | None]]
) -> None:
    assert judged(derive({CLAIMED: [boats("2,200", 2200, "2023", change=claims(*changes))]})) == expected


def test_siblings_on_another_basis_settle_nothing(derive: Derive) -> None:
    other = claims(("2.2 times", {"wire-zh": "是2019年的[2.2倍]"}), basis="vs_2019")
    tables = derive({CLAIMED: [boats("2,200", 2200, "2023", change=claims(AMBIGUOUS) + other)]})
    assert judged(tables)["wire-en"] == ("both", "undetermined", None)


@pytest.mark.parametrize(
    ("vintages", "base"),
    [
        # The last vintage up to the claim, else the first after it.
        ({BEFORE: 900, "2023-09-01": 1000}, "2023-09-01"),
        ({BEFORE: 1000, AFTER: 900}, BEFORE),
        ({AFTER: 1000, "2024-12-01": 900}, AFTER),
    ],
)
def test_the_base_is_the_one_known_when_the_claim_was_made(derive: Derive, vintages: dict[str, int], base: str) -> None:
    figures = {announced: [boats(str(value), value, "2022")] for announced, value in vintages.items()}
    tables = derive(figures | {CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "consistent", f"{base}-made-up/boats_registered")}


@pytest.mark.parametrize(
    "base",
    [
        boats("1,000", 1000, "2021"),
        boats("1,000", 1000, "2022", area="CN-YN"),
        boats("1,000", 1000, "2022", scope="lantern-fair"),
        boats("1,000", 1000, "2022", metric="boats_registered_sail"),
    ],
    ids=["another year", "another area", "another scope", "another metric"],
)
def test_what_is_no_base(derive: Derive, edit: Callable[[str, str, str], None], base: dict[str, Any]) -> None:
    edit("data/vocabulary/scopes.csv", ",2024-02-20,2024-02-25,", ",,,")
    tables = derive({BEFORE: [base], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}


def test_the_same_days_are_the_same_base_whatever_they_are_called(derive: Derive) -> None:
    base = boats("1,000", 1000, "2022", period={"kind": "event", "start": "2022", "end": "2022"})
    tables = derive({BEFORE: [base], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables)["wire-en"][:2] == ("growth", "consistent")


def test_nothing_grows_from_nothing(derive: Derive) -> None:
    figure = boats("2,200", 2200, "2023", change=claims(PLAIN))
    tables = derive({BEFORE: [boats("zero", 0, "2022")], CLAIMED: [figure]})
    assert judged(tables)["wire-en"][:2] == ("none", "contradiction")


def test_a_forecast_is_no_base(derive: Derive) -> None:
    forecast = boats("1,000", 1000, "2022", status="F")
    tables = derive({"2022-05-01": [forecast], CLAIMED: [boats("2,200", 2200, "2023", change=claims(PLAIN))]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}


def test_two_stretches_whose_start_is_not_stated_are_not_compared(derive: Derive) -> None:
    def stretch(end: str) -> dict[str, str]:
        return {"kind": "cumulative", "end": end}

    figure = boats("2,200", 2200, "2023", change=claims(PLAIN), period=stretch("2024-04-30"))
    tables = derive({BEFORE: [boats("10", 10, "2022", period=stretch("2023-04-30"))], CLAIMED: [figure]})
    assert judged(tables) == {"wire-en": ("growth", "undetermined", None)}


# Findings of other kinds, on figures of 2019 and 2020 in quarters

YEAR, HALF, SECOND_HALF = (0, 4), (0, 2), (2, 4)
Q1, Q2, Q3, Q4 = (0, 1), (1, 2), (2, 3), (3, 4)
KINDS = {4: "year", 3: "cumulative", 2: "half", 1: "quarter"}


class Releases(System):
    """Figures announced one by one."""

    def __init__(self) -> None:
        super().__init__({})

    def say(
        self,
        quarters: tuple[int, int],
        token: str,
        metric: str = "crossings",
        year: int = 2019,
        days: int = 15,
        **changed: Any,
    ) -> dict[str, Any]:
        quantity = stretch(metric, year, quarters)
        row = self.announce(quantity, KINDS[quarters[1] - quarters[0]], token, "en", days)
        row.update(changed)
        return row

    def found(self, kind: str = "") -> dict[str, str]:
        """Verdicts by relation, of one kind or of all that prove something."""
        rows = reconcile(self.tables(), {})["reconciliation"].to_pylist()
        return {
            row["relation_id"]: row["verdict"]
            for row in rows
            if (row["kind"] == kind if kind else row["kind"] not in ("kindred", "reading"))
        }

    def sentences(self) -> list[str]:
        rows = reconcile(self.tables(), {})["reconciliation"].to_pylist()
        return [row["explanation"] for row in rows if row["verdict"] == "contradiction"]

    def implied(self) -> dict[str, tuple[float, float]]:
        rows = reconcile(self.tables(), {})["implied"].to_pylist()
        return {row["implied_id"]: pytest.approx((row["lower"], row["upper"]), rel=1e-6) for row in rows}


@pytest.fixture
def releases() -> Releases:
    return Releases()


def names(*ends: str, of: str = "crossings") -> str:
    return f"{of}.all.CN.{ends[0]}..{ends[1]}"


@pytest.mark.parametrize(
    ("figures", "relation", "verdict"),
    [
        ({YEAR: "100", HALF: "60", SECOND_HALF: "40"}, "periods_add:{year}=2019-06-30+2019-12-31", "consistent"),
        ({YEAR: "100", HALF: "60", SECOND_HALF: "41"}, "periods_add:{year}=2019-06-30+2019-12-31", "contradiction"),
        ({YEAR: "100", Q2: "30"}, "periods_add:{year}>2019-04-01..2019-06-30", "consistent"),
        ({YEAR: "100", Q2: "130"}, "periods_add:{year}>2019-04-01..2019-06-30", "contradiction"),
        ({YEAR: "100", HALF: "60"}, "cumulative_rises:{year}>2019-06-30", "consistent"),
        ({YEAR: "100", HALF: "160"}, "cumulative_rises:{year}>2019-06-30", "contradiction"),
        # What rounding hides is no contradiction.
        ({YEAR: "0.1 million", HALF: "over 104,000"}, "cumulative_rises:{year}>2019-06-30", "consistent"),
        ({YEAR: "0.1 million", HALF: "over 160,000"}, "cumulative_rises:{year}>2019-06-30", "contradiction"),
    ],
)
def test_periods(releases: Releases, figures: dict[tuple[int, int], str], relation: str, verdict: str) -> None:
    for quarters, token in figures.items():
        releases.say(quarters, token)
    year = "2020-01-15-made-up/crossings-0-year"
    assert releases.found()[relation.format(year=year)] == verdict
    assert bool(releases.sentences()) == (verdict == "contradiction")


@pytest.mark.parametrize(
    ("parts", "relation", "verdict"),
    [
        ({"green": "50", "red": "30", "white": "20"}, "=colour", "consistent"),
        ({"green": "50", "red": "30", "white": "21"}, "=colour", "contradiction"),
        ({"green": "50", "red": "30"}, "=colour", "consistent"),
        ({"green": "50", "red": "51"}, "=colour", "contradiction"),
        ({"green": "101"}, ">crossings_green", "contradiction"),
        ({"night": "99"}, ">crossings_night", "consistent"),
        ({"night": "101"}, ">crossings_night", "contradiction"),
    ],
)
def test_parts(releases: Releases, parts: dict[str, str], relation: str, verdict: str) -> None:
    releases.say(YEAR, "100")
    for part, token in parts.items():
        releases.say(YEAR, token, f"crossings_{part}")
    assert releases.found() == {f"parts_sum:2020-01-15-made-up/crossings-0-year{relation}": verdict}


@pytest.mark.parametrize(("average", "verdict"), [("100", "consistent"), ("101", "contradiction")])
def test_averages(releases: Releases, average: str, verdict: str) -> None:
    releases.say(YEAR, "36,500")
    releases.say(YEAR, average, "crossings_daily_average")
    assert releases.found() == {"average_times_days:2020-01-15-made-up/crossings-0-year": verdict}


@pytest.mark.parametrize(("share", "verdict"), [("30%", "consistent"), ("31%", "contradiction")])
def test_shares(releases: Releases, share: str, verdict: str) -> None:
    for token, metric in (("1,000", "crossings"), ("301", "crossings_red"), (share, "crossings_red_share")):
        releases.say(YEAR, token, metric)
    assert releases.found("share") == {"share:2020-01-15-made-up/crossings_red_share-0-year": verdict}


@pytest.mark.parametrize(("again", "verdict"), [("1,500", "consistent"), ("1,490", "contradiction")])
def test_what_is_announced_again(releases: Releases, again: str, verdict: str) -> None:
    releases.say(YEAR, "over 1,500" if verdict == "consistent" else "1,500")
    releases.say(YEAR, again, days=40)
    assert releases.found() == {"reannounced:2020-02-09-made-up/crossings-0-year<2020-01-15-made-up": verdict}


@pytest.mark.parametrize("status", ["D", "F"])
def test_other_definitions_and_forecasts_are_held_against_nothing(releases: Releases, status: str) -> None:
    releases.say(YEAR, "100")
    apart = releases.say(HALF, "200", obs_status=status)
    releases.say(YEAR, "300", "crossings_night", obs_status=status)
    releases.say(YEAR, "50", days=40, obs_status=status)
    releases.state(apart, "yoy", "10%", "up ", "", "en")
    assert releases.found() == {}
    assert releases.implied() == {}
    (change,) = reconcile(releases.tables(), {})["changes"].to_pylist()
    assert change["verdict"] == "undetermined"


def test_what_follows_a_break_doesnt_continue_what_was_before(releases: Releases) -> None:
    releases.say(HALF, "200")
    releases.say(YEAR, "100", obs_status="B")
    assert releases.found() == {}
    # Within one period the parts still add up.
    releases.say(YEAR, "120", "crossings_red")
    assert list(releases.found().values()) == ["contradiction"]


def test_a_rise_out_of_proportion_is_suspected(releases: Releases) -> None:
    for metric, half, year in (
        ("crossings", "1,000", "2,000"),
        ("crossings_green", "100", "220"),
        ("crossings_red", "100", "210"),
        ("crossings_white", "100", "900"),
    ):
        releases.say(HALF, half, metric)
        releases.say(YEAR, year, metric)
    suspected = {name: verdict for name, verdict in releases.found().items() if name.startswith("suspected")}
    assert suspected == {"suspected_break:2020-01-15-made-up/crossings_white-0-year": "undetermined"}


@pytest.mark.parametrize("status", ["A", "B"])
def test_a_rise_is_suspected_on_both_sides_of_a_break(releases: Releases, status: str) -> None:
    for metric, year in (("crossings", "200"), ("crossings_green", "220"), ("crossings_red", "900")):
        releases.say(HALF, "100", metric)
        releases.say(YEAR, year, metric, obs_status=status if metric == "crossings_red" else "A")
    (row,) = (
        row
        for row in reconcile(releases.tables(), {})["reconciliation"].to_pylist()
        if row["relation_id"].startswith("suspected_break")
    )
    assert row["relation_id"] == "suspected_break:2020-01-15-made-up/crossings_red-0-year"
    assert ("curators mark a break" in row["explanation"]) == (status == "B")


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        # The count at night and that of the green ones are of one group: (metric, quarters, token, status).
        (
            [("night", HALF, "100", "A"), ("green", YEAR, "90", "A")],
            {"crossings_green-0-year>2019-07-15-made-up/crossings_night-0-half": "undetermined"},
        ),
        (
            [("night", HALF, "100", "A"), ("green", YEAR, "over 100", "A")],
            {"crossings_green-0-year>2019-07-15-made-up/crossings_night-0-half": "consistent"},
        ),
        # One metric, but a definition of its own.
        (
            [("night", HALF, "100", "A"), ("night", YEAR, "90", "D")],
            {"crossings_night-0-year>2019-07-15-made-up/crossings_night-0-half": "undetermined"},
        ),
        # One definition is for relations, and two groups have nothing in common.
        ([("night", HALF, "100", "A"), ("night", YEAR, "120", "A")], {}),
        ([("night", HALF, "100", "A"), ("red", YEAR, "90", "A")], {}),
        ([("night", HALF, "100", "F"), ("green", YEAR, "90", "A")], {}),
        # Shorter periods in a long one; between them, what starts with it.
        (
            [("night", Q2, "60", "A"), ("green", Q4, "50", "A"), ("green", YEAR, "100", "A")],
            {
                "crossings_green-0-year>2019-07-15-made-up/crossings_night-1-quarter+2020-01-15-made-up/"
                "crossings_green-3-quarter": "undetermined"
            },
        ),
        (
            [("night", Q2, "60", "A"), ("green", Q4, "50", "A"), ("green", YEAR, "over 100", "A")],
            {
                "crossings_green-0-year>2019-07-15-made-up/crossings_night-1-quarter+2020-01-15-made-up/"
                "crossings_green-3-quarter": "consistent"
            },
        ),
        # Of two counts of one period, that of the longer one's own definition.
        (
            [("green", Q2, "60", "A"), ("night", Q2, "90", "A"), ("green", Q4, "30", "A"), ("green", YEAR, "100", "A")],
            {},
        ),
    ],
)
def test_kindred_counts_are_compared_and_never_contradicted(
    releases: Releases, figures: list[tuple[str, tuple[int, int], str, str]], expected: dict[str, str]
) -> None:
    for metric, quarters, token, status in figures:
        releases.say(quarters, token, f"crossings_{metric}", obs_status=status)
    assert releases.found("kindred") == {f"kindred:2020-01-15-made-up/{name}": v for name, v in expected.items()}
    assert releases.sentences() == []


def test_kindred_scopes_are_compared(releases: Releases) -> None:
    releases.say(HALF, "100")
    releases.say(YEAR, "90", scope_id="fair")
    assert releases.found("kindred") == {}
    akin = Rows({**scope, "comparison_group": "everybody"} for scope in SCOPES)
    rows = reconcile(releases.tables() | {"scopes": akin}, {})["reconciliation"].to_pylist()
    assert [(row["kind"], row["verdict"]) for row in rows] == [("kindred", "undetermined")]


@pytest.mark.parametrize(
    ("others", "left", "verdict", "words"),
    [
        # 220 is 2.2 times 100, and 2.2 times more than 68.75.
        ([], "both", "undetermined", "nothing tells which is meant"),
        # The base is a year's; its first half alone is more than the second reading makes of it.
        ([("crossings", HALF, "80")], "level", "consistent", "the other figures leave at least 80: only the first"),
        ([("crossings", HALF, "60")], "both", "undetermined", "nothing tells which is meant"),
        ([("crossings", HALF, "110")], "none", "contradiction", "neither fits"),
        # A kindred count tells, and decides nothing.
        (
            [("crossings_green", HALF, "80")],
            "both",
            "undetermined",
            "were at least 80 in the first half of 2019 already",
        ),
    ],
)
def test_an_ambiguous_change_is_tried_both_ways(
    releases: Releases, others: list[tuple[str, tuple[int, int], str]], left: str, verdict: str, words: str
) -> None:
    akin = len(others) == 1 and others[0][0] == "crossings_green"
    figure = releases.say(YEAR, "220", "crossings_night" if akin else "crossings", year=2020)
    releases.state(figure, "yoy", "2.2 times", "", " higher", "en")
    for metric, quarters, token in others:
        releases.say(quarters, token, metric)
    tables = reconcile(releases.tables(), {})
    (row,) = (row for row in tables["reconciliation"].to_pylist() if row["kind"] == "reading")
    (change,) = tables["changes"].to_pylist()
    assert (change["readings_left"], row["verdict"]) == (left, verdict)
    assert words in row["explanation"]


@pytest.mark.parametrize(
    ("figures", "localised"),
    [
        # What is rounded or "over" is trusted less than what is exact.
        ([(YEAR, "1,500", 15), (YEAR, "1.4 thousand", 40)], "2020-02-09-made-up/crossings-0-year"),
        ([(HALF, "200", 15), (YEAR, "over 90", 15)], "2020-01-15-made-up/crossings-0-year"),
    ],
)
def test_a_contradiction_names_what_is_cheapest_given_up(
    releases: Releases, figures: list[tuple[tuple[int, int], str, int]], localised: str
) -> None:
    for quarters, token, days in figures:
        releases.say(quarters, token, days=days)
    (row,) = (
        r for r in reconcile(releases.tables(), {})["reconciliation"].to_pylist() if r["verdict"] == "contradiction"
    )
    assert row["localised"] == localised


@pytest.mark.parametrize(
    ("figures", "flow"),
    [
        ({HALF: "60", YEAR: "100"}, (40, 40)),
        ({HALF: "0.06 million", YEAR: "over 100,000"}, (35000, 145000)),
        ({HALF: "0.06 million", YEAR: "about 60,000"}, (0, 15000)),
        # A flow that is published is implied by nothing.
        ({HALF: "60", SECOND_HALF: "40", YEAR: "100"}, None),
    ],
)
def test_what_ran_up_between_two_snapshots(
    releases: Releases, figures: dict[tuple[int, int], str], flow: tuple[float, float] | None
) -> None:
    for quarters, token in figures.items():
        releases.say(quarters, token)
    assert releases.implied() == ({names("2019-07-01", "2019-12-31"): flow} if flow else {})


def test_an_unpublished_base_gets_all_that_is_known_of_it(releases: Releases) -> None:
    figure = releases.say(HALF, "220", year=2020)
    releases.state(figure, "yoy", "10%", "up ", "", "en")
    base = names("2019-01-01", "2019-06-30")
    assert releases.implied()[base] == (220 / 1.105, 220 / 1.095)
    # The year, when it comes, must hold it.
    releases.say(YEAR, "200")
    assert releases.implied()[base] == (220 / 1.105, 200)
    changes = reconcile(releases.tables(), {})["changes"].to_pylist()
    assert [(row["readings_left"], row["verdict"]) for row in changes] == [("growth", "consistent")]


def test_a_base_below_what_is_known_of_it_is_a_contradiction(releases: Releases) -> None:
    releases.say(Q2, "250")
    figure = releases.say(HALF, "220", year=2020)
    releases.state(figure, "yoy", "10%", "up ", "", "en")
    tables = reconcile(releases.tables(), {})
    assert [(row["readings_left"], row["verdict"]) for row in tables["changes"].to_pylist()] == [
        ("none", "contradiction")
    ]
    assert list(releases.found("joint")) == ["joint:2020-07-15-made-up/crossings-4-half~yoy=1.095..1.105"]


def test_totals_since_the_month_of_a_campaign_begin_with_it(releases: Releases) -> None:
    for quarters in (HALF, (0, 3)):
        releases.say(quarters, "100", scope_id="fair", period_precision="month", period_start=date(2019, 1, 1))
    tables = releases.tables() | {"scopes": Rows([NO_SCOPE | {"scope_id": "fair", "start": date(2019, 1, 5)}])}
    (row,) = reconcile(tables, {})["implied"].to_pylist()
    assert row["implied_id"] == "crossings.fair.CN.2019-07-01..2019-09-30"
    assert (row["lower"], row["upper"]) == pytest.approx((0, 0), abs=1e-6)
    releases.observations[0]["period_start"] = date(2019, 1, 5)
    releases.observations[0]["period_precision"] = "day"
    assert reconcile(tables, {})["implied"].num_rows == 1


def test_one_cause_is_one_finding(releases: Releases) -> None:
    """The third part is impossible, by the total as first announced and as announced again: one finding names it."""
    for days, token in ((15, "over 1,000"), (40, "1,050")):
        releases.say(YEAR, token, days=days)
        releases.say(YEAR, "400", "crossings_green", days=days)
    for part in ("red", "white"):
        figure = releases.say(YEAR, "300", f"crossings_{part}", year=2020)
        releases.state(figure, "yoy", "0.0%" if part == "red" else "200%", "up ", "", "en")
    joint = releases.found("joint")
    assert len(joint) == 1
    assert all(name.startswith("joint:2021-01-15-made-up/crossings_") for name in joint)
    assert releases.found() == releases.found("reannounced") | joint


def test_sources_that_disagree_hide_nothing(releases: Releases) -> None:
    test_one_cause_is_one_finding(releases)
    total = releases.observations[0]
    total["n_disagree"] = 1
    citation = {"observation_id": total["observation_id"], "printed": "1,900", "lower": 1900, "upper": 1900}
    printings = (
        citation | {"citation_id": key, "source_id": f"made-up:{key}", "agreement": agreement, "note": None}
        for key, agreement in (("x", "same"), ("y", "disagrees"))
    )
    tables = releases.tables() | {"citations": Rows(printings)}
    found = reconcile(tables, {})["reconciliation"].to_pylist()
    kinds = sorted(row["kind"] for row in found if row["verdict"] == "contradiction")
    assert kinds == ["joint", "sources_agree"]


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        (["a slip of the pen"], "a slip of the pen"),
        (["a slip", "another"], "a slip another"),
        (["a slip", "a slip"], "a slip"),
        ([None], None),
        # One printing explained doesn't explain the other.
        (["a slip", None], None),
    ],
)
def test_sources_that_disagree_are_accepted_where_the_record_says_why(
    releases: Releases, notes: list[str | None], reason: str | None
) -> None:
    name = releases.say(YEAR, "100", n_disagree=len(notes))["observation_id"]
    printing = {"observation_id": name, "printed": "1", "lower": 1, "upper": 1}
    printings = Rows([printing | {"citation_id": "", "source_id": "m:", "agreement": "same", "note": "neat"}])
    for key, note in enumerate(notes):
        how = {"citation_id": str(key), "source_id": f"m:{key}", "agreement": "disagrees", "note": note}
        printings.append(printing | how)
    (row,) = reconcile(releases.tables() | {"citations": printings}, {})["reconciliation"].to_pylist()
    assert (row["verdict"], row["accepted"], row["accepted_reason"]) == ("contradiction", reason is not None, reason)


def test_a_joint_finding_says_what_the_rest_leaves(releases: Releases) -> None:
    test_one_cause_is_one_finding(releases)
    (row,) = (r for r in reconcile(releases.tables(), {})["reconciliation"].to_pylist() if r["kind"] == "joint")
    assert row["relative_gap"] > 0
    assert "doesn't fit the rest, which leaves only" in row["explanation"]


def test_findings_say_nothing_of_the_scope_of_everything(releases: Releases) -> None:
    releases.say(HALF, "200", scope_label="Everything there is")
    releases.say(YEAR, "100", scope_label="Everything there is")
    (sentence,) = releases.sentences()
    assert sentence == "The running total of crossings is 200 up to 30 June 2019 but only 100 up to 31 December 2019."


def test_what_curators_accept_is_marked(releases: Releases) -> None:
    releases.say(HALF, "200")
    releases.say(YEAR, "100")
    (relation,) = releases.found()
    (row,) = reconcile(releases.tables(), {relation: "the office miscounted"})["reconciliation"].to_pylist()
    assert (row["accepted"], row["accepted_reason"]) == (True, "the office miscounted")


def test_unrelated_figures_change_no_finding(releases: Releases) -> None:
    test_one_cause_is_one_finding(releases)
    before = releases.found()
    releases.say(YEAR, "7", "crossings_night", scope_id="fair")
    releases.say(Q1, "7", area="CN-YN")
    assert releases.found() == before


def test_every_contradicted_change_has_its_finding(releases: Releases) -> None:
    test_one_cause_is_one_finding(releases)
    releases.state(releases.observations[-1], "other", "5%", "up ", "", "en")
    tables = reconcile(releases.tables(), {})
    accused = {row["observation_id"] for row in tables["changes"].to_pylist() if row["verdict"] == "contradiction"}
    assert accused <= {row["observation_id"] for row in tables["reconciliation_members"].to_pylist()}
    assert accused
