"""Which mistakes of people the checks notice: on the made-up project exactly, on the real records in a sample."""

from collections import Counter
from pathlib import Path

import pytest

from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.records import Record, check_record
from china_border_statistics.curation.tables import build_tables
from mistakes import Mistake, make, token_slips
from mutation import Bench, Outcome, check_of, refusals, sample
from tallies import Tally, caught, tallies, unexplained

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bench() -> Bench:
    """The made-up project as it stands in the repository: nothing is written to it."""
    return Bench(ROOT / "tests/project")


@pytest.fixture(scope="module", params=[10, pytest.param(1, marks=pytest.mark.slow)], ids=["a tenth", "all"])
def every(request: pytest.FixtureRequest) -> int:
    """Of how many mistakes one is made."""
    return int(request.param)


@pytest.fixture(scope="module")
def outcomes(bench: Bench, every: int) -> list[Outcome]:
    """What becomes of the mistakes in its records."""
    made = [mistake for mistake in bench.mistakes() if mistake.file in bench.records]
    return [bench.outcome(mistake) for mistake in made[::every]]


@pytest.fixture(scope="module")
def found(outcomes: list[Outcome]) -> list[Tally]:
    return tallies(outcomes, Counter((o.mistake.part, o.mistake.kind) for o in outcomes))


# What survives of the mistakes in a new figure of the made-up project, exactly: a better check shortens it.
SURVIVING = {
    "change": {"left out", "under the next figure"},
    "figure": {"left out"},
    "key": {"mistyped"},
    "metric": {"another of the same family"},
    "period": {
        "both ends a year off", "end: wrong day", "end: wrong month", "left out", "start left out", "start: wrong day",
        "start: wrong month", "start: wrong year", "the month before", "wrong kind",
    },
    "prose": {"word mistyped"},
    "quote": {"under a wrong source", "word mistyped"},
    "scope": {"another", "left out"},
    "source": {
        "address: a digit doubled", "address: a digit dropped", "address: a digit mistyped",
        "address: decimal point dropped", "address: two digits swapped", "published: wrong day",
        "published: wrong month", "wrong kind",
    },
    "token": {"a digit mistyped"},
    "token and qualifier": {"qualifier dropped"},
    "token and value": {
        "a digit doubled", "a digit dropped", "a digit mistyped", "decimal point dropped", "two digits swapped", "×10",
        "÷10",
    },
}  # fmt: skip


def test_what_survives_in_the_made_up_project(found: list[Tally], every: int) -> None:
    surviving: dict[str, set[str]] = {}
    for tally in found:
        if tally.survivors:
            surviving.setdefault(tally.part, set()).add(tally.kind)
    if every == 1:
        assert surviving == SURVIVING
    for part, kinds in surviving.items():
        assert kinds <= SURVIVING[part]


def test_a_value_that_is_mistyped_never_survives(found: list[Tally]) -> None:
    assert caught(tally for tally in found if tally.part in ("value", "change: value")) == (1.0, 1.0, 1.0)


def test_what_survives_of_a_token_leaves_the_figure_as_it_is(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.mistake.part == "token" and not outcome.caught_by and outcome.changes_figure:
            assert outcome.mistake.kind == "qualifier dropped"


def test_a_release_that_holds_a_figure_keeps_its_value_metric_scope_area_and_period(found: list[Tally]) -> None:
    kept = (
        "value",
        "token and value",
        "every like token and value",
        "metric",
        "scope",
        "area",
        "period",
        "figure",
        "key",
    )
    assert caught(tally for tally in found if tally.part in kept)[-1] == 1.0


def test_every_kind_that_survives_has_a_reason(found: list[Tally]) -> None:
    assert unexplained(found) == []


def test_every_problem_is_known_to_be_of_some_check(outcomes: list[Outcome]) -> None:
    assert [check for outcome in outcomes for check in outcome.caught_by if check.startswith("?")] == []
    assert check_of(Problem("a", 1, "b", "c", "d", "e")).startswith("? a:1: b: found c")


def test_pages_tell_what_stands_on_them(outcomes: list[Outcome]) -> None:
    """A wrong word or address, and a slip that is keyed twice; not what nobody quoted."""

    def survivors(part: str) -> list[Outcome]:
        found = [o for o in outcomes if f"{o.mistake.part}: {o.mistake.kind}".startswith(part)]
        return [outcome for outcome in found if not outcome.caught_by and not outcome.changes_nothing]

    for part in ("quote: word mistyped", "source: address: ", "token and value: "):
        assert survivors(part)
        assert all(outcome.is_off_page for outcome in survivors(part)), part
    assert not any(outcome.is_off_page for outcome in survivors("period: "))


def test_mistakes_in_code_lists(bench: Bench) -> None:
    """A few of each list; all of them take a minute."""
    drawn, _ = sample((m for m in bench.mistakes() if m.file.endswith(".csv")), 25, seed=1)
    told = {str(m): bench.outcome(m).caught_by for m in drawn}
    assert any(told.values())
    assert {check for checks in told.values() for check in checks} <= {
        "code list", "codes", "unit", "reading", "reconciliation", "accepted findings", "scope's area and days",
        "kind of source", "publisher's host", "area's name", "invariants", "issuer",
    }  # fmt: skip


def test_a_mistake_is_made_in_a_copy() -> None:
    plain = {"figures": [{"value": 1, "note": "a"}, {"value": 2}]}
    mistake = Mistake(
        "value", "a digit mistyped", "a.yaml", "figures.0.value", "1", "3", ((("figures", 0, "value"), 3),)
    )
    assert make(plain, mistake) == {"figures": [{"value": 3, "note": "a"}, {"value": 2}]}
    assert plain["figures"][0]["value"] == 1


@pytest.mark.parametrize(
    ("token", "slips"),
    [
        ("1.2万余", {"11.2万余", "1.5万余", "12万余", "0.12万余", "1.2亿余", "1.2万"}),
        ("over 310 kilograms", {"over 130 kilograms", "310 kilograms", "over 310 tonnes", "over 3100 kilograms"}),
        ("52%", {"25%", "2%", "5%", "520%", "5.2%", "52倍"}),
    ],
)
def test_slips_of_a_token(token: str, slips: set[str]) -> None:
    made = {slip for _, slip in token_slips(token)}
    assert slips <= made
    assert token not in made


def test_a_sample_takes_rare_kinds_whole_and_repeats() -> None:
    rare, common = (
        [Mistake("a", kind, "f", str(n), "", "", ()) for n in range(count)] for kind, count in (("r", 3), ("c", 90))
    )
    drawn, population = sample([*common, *rare], 13, seed=4)
    assert Counter(m.kind for m in drawn) == {"r": 3, "c": 10}
    assert population == {("a", "r"): 3, ("a", "c"): 90}
    assert sample([*common, *rare], 13, seed=4)[0] == drawn
    assert len(sample([*common, *rare], None, seed=4)[0]) == 93


@pytest.mark.slow
def test_relations_of_kin_are_those_of_all() -> None:
    """What the reconciliation finds among the figures that hang together with a changed one is what it finds at all."""
    bench = Bench(ROOT)
    drawn, _ = sample(
        (m for m in bench.mistakes() if m.part in ("every like token and value", "period", "metric")), 40, 3
    )
    for mistake in drawn:
        few = bench.outcome(mistake).caught_by
        if few <= {"reconciliation", "accepted findings"}:
            assert few == contradictions(bench, mistake), mistake


def contradictions(bench: Bench, mistake: Mistake) -> set[str]:
    """What the reconciliation of all figures refuses."""
    record = check_record(make(bench.plains[mistake.file], mistake), ROOT / mistake.file, mistake.file, lambda _: 1)
    assert isinstance(record, Record)
    records = [record if other.file == record.file else other for other in bench.records.values()]
    tables, problems = build_tables(records, bench.vocabulary, bench.anchors)
    assert problems == []
    return set(
        refusals(
            reconcile(tables | dict(bench.vocabulary.tables), bench.accepted), bench.accepted, bench.accepted.keys()
        )
    )


@pytest.mark.slow
def test_the_real_records() -> None:
    bench = Bench(ROOT)
    drawn, population = sample(bench.mistakes(), 400, seed=5)
    found = tallies(map(bench.outcome, drawn), population)
    assert unexplained(found) == []
    shares = {part: caught(t for t in found if t.part == part) for part in {t.part for t in found}}
    assert shares["value"] == shares["change: value"] == (1.0, 1.0, 1.0)
    assert min(shares["token"]) > 0.95
    for part in ("token and value", "every like token and value", "metric", "scope", "area", "figure"):
        assert shares[part][-1] == 1.0, part
    # Where a figure's period is the announcement's in other words, these may be left out.
    assert shares["period"][-1] > 0.95
