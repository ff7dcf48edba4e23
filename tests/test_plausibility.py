"""What can hardly be so is refused: of sources, periods, places, brackets, code lists; and of new figures, doubted."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from china_border_statistics.curation.anchors import read_anchors
from china_border_statistics.curation.package import derive
from china_border_statistics.curation.plausibility import doubts, implausible
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.tables import build_tables
from china_border_statistics.curation.vocabulary import read_vocabulary
from china_border_statistics.curation.wording import read_wording

Edit = Callable[[str, str, str], None]

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
AUTUMN = "data/records/2024/2024-09-10-harbour.yaml"
METRICS, PHRASES, PUBLISHERS, SCOPES = (
    f"data/vocabulary/{name}.csv" for name in ("metrics", "phrases", "publishers", "scopes")
)
VISITS = '    printed:\n      office-en: "[45,800] visits in February after a recount"\n      copy-zh: 二月來客'
SAIL = 'lantern-en: "[310] of them sail"'


class Case(NamedTuple):
    """A text of a file replaced, and words of the only problem; None where there is none."""

    old: str
    new: str
    words: str | None
    file: str = SPRING


CASES = {
    # Sources
    "another publisher's host": Case(
        "https://lantern.example/2024/spring",
        "https://www.harbour.example/2024/spring",
        "sources.lantern-en.publisher: found daily-lantern; expected harbour-office, whose host the address names",
    ),
    "a host within one's own": Case("https://lantern.example/", "https://news.lantern.example/", None),
    "a host of nobody": Case("https://lantern.example/", "https://lantern.test/", None),
    "a newspaper's page as official": Case("kind: wire", "kind: official", "kind: found official; expected a kind of"),
    "an authority's page as wire": Case("kind: official", "kind: wire", "that harbour-office prints"),
    "a newspaper as a mirror": Case("kind: wire", "kind: mirror", "that daily-lantern prints"),
    "an issuer that is no authority": Case(
        "issuer: harbour-office", "issuer: daily-lantern", "issuer: found daily-lantern, of kind newspaper"
    ),
    "before the announcement": Case(
        "published: 2024-03-10", "published: 2024-03-09", "found 2024-03-09; expected a day on or after 2024-03-10"
    ),
    "the day before, abroad": Case("published: 2024-03\n", "published: 2024-03-09\n", None),
    "two days before, abroad": Case("published: 2024-03\n", "published: 2024-03-08\n", "a day on or after 2024-03-10"),
    "some days before, with a note": Case(
        "published: 2024-03-10", "published: 2024-03-04", None, "data/records/2024/noted.yaml"
    ),
    "long before, with a note": Case(
        "published: 2024-03-10", "published: 2024-03-02", "on or after", "data/records/2024/noted.yaml"
    ),
    "long after": Case("published: 2024-03-10", "published: 2024-04-25", "at most 45 days after the announcement"),
    "within weeks": Case("published: 2024-03-10", "published: 2024-04-24", None),
    "an address that is dated": Case("example/zh/1", "example/zh/20240310/1", None),
    "an address of the next day": Case("example/zh/1", "example/zh/2024-03/11/1", None),
    "an address of another day": Case("example/zh/1", "example/zh/20240313/1", "expected 2024-03-13, as the address"),
    "an address of another month": Case("example/zh/1", "example/zh/2024/05/1", "expected 2024-05, as the address"),
    "an address of a number": Case("example/zh/1", "example/c90000-20240513.html", None),
    "an address of no day": Case("example/zh/1", "example/zh/20240231/1", None),
    # Periods, places
    "words of another period": Case(
        "as_stated: 今年以来",
        "as_stated: 2022年",
        "period: found 2024-01-01..2024-03-10; expected 2022-01-01..2022-12-31, which '2022年' says",
    ),
    "words with the same first day": Case("as_stated: 今年以来", "as_stated: 今年一月", None),
    "words in brackets of their own": Case("as_stated: 今年以来", "as_stated: 「今年」以来", None),
    "words of no period": Case("as_stated: 今年以来", "as_stated: 近来", None),
    "a calendar year as a running total": Case(
        "{kind: year, start: 2024, end: 2024}",
        "{kind: cumulative, start: 2024, end: 2024}",
        "found 2024-01-01 to 2024-12-31; expected the kind year, as for any year of the calendar",
        AUTUMN,
    ),
    "a period before the scope began": Case(
        "{kind: holiday, start: 2024-02-20, end: 2024-02-25}",
        "{kind: holiday, start: 2024-02-10, end: 2024-02-19}",
        "found 2024-02-19; expected an end on or after 2024-02-20, the first day of lantern-fair",
        AUTUMN,
    ),
    "a period after the scope ended": Case(
        "{kind: holiday, start: 2024-02-20, end: 2024-02-25}",
        "{kind: holiday, start: 2024-02-26, end: 2024-02-27}",
        "found 2024-02-26; expected a start on or before 2024-02-25, the last day of lantern-fair",
        AUTUMN,
    ),
    "an area out of the scope's": Case(
        "    scope: lantern-fair", "    scope: lantern-fair\n    area: HK", "found HK; expected CN, the area of", AUTUMN
    ),
    "a province that nobody names": Case(SAIL, f"{SAIL}\n    area: CN-YN", "none of their words is Yunnan"),
    "a province that a note names": Case(SAIL, f"{SAIL}\n    area: CN-YN\n    note: in yunnan", None),
    "a share of more than all": Case("[52%]", "[520%]", "found 52;", AUTUMN),
    "a part of a boat": Case(
        "310", "310.5", "found 310.5; expected a whole number: boats_registered_sail is counted (boat)"
    ),
    # Quotes
    "a qualifier outside": Case(
        '"[310] of', '"over [310] of', "found 'over' outside the brackets of 'over 310 of them"
    ),
    "a Chinese qualifier outside": Case(
        f"      copy-zh: nearly\n{VISITS}[近4.6萬",
        f"      copy-zh: none\n{VISITS}近[4.6萬",
        "found '近' outside",
        AUTUMN,
    ),
    "a qualifier behind outside": Case("[52%]", "[52%]多", "found '多' outside the brackets", AUTUMN),
    "a part of a word": Case("a list of [over 1,200]", "moreover [over 1,200]", None),
    "a digit outside": Case('"[310] of', '"1[310] of', "found '1' outside the brackets"),
    "decimals outside": Case('"[310] of', '"[310].5 of', "found '.5' outside the brackets"),
    "a list of numbers": Case('"[310] of', '"12, [310] of', None),
    "the same words twice": Case(
        SAIL,
        f"{SAIL}\n\n  - metric: boats_registered_sail\n    key: again\n    scope: lantern-fair\n"
        f"    period: {{kind: day, start: 2024-02-20, end: 2024-02-20}}\n    value: 310\n    printed:\n      {SAIL}",
        "figures[2].printed.lantern-en: found '310 of them sail'; expected words that don't stand under figures[1] too",
    ),
    "another basis": Case("basis: yoy", "basis: vs_2019", "change[0].basis: found vs_2019; expected yoy, which '同比"),
    "another basis, with a note": Case("basis: yoy", "basis: other\n      note: the words are loose", None),
    "a reason that names a part of the token": Case(
        "for its 45,700 the", "for its 145,700 the", "expected a reason that names '45,700'"
    ),
    "a start without a day": Case(
        "start: 2024-01, end: 2024-03-10, as_stated: 今年以来",
        "start: 2024-01-01, end: 2024-03-10, as_stated: 自今年年初",
        "period.start: found 2024-01-01; expected a month or a year: '自今年年初' names no day",
    ),
    "a start of a month": Case("as_stated: 今年以来", "as_stated: 自今年年初", None),
    "a share's change under a number": Case(
        '"[24 percent] more than',
        '"a share [24 percent] more than',
        "figures[0].change[0].printed.lantern-en: found 'a share 24 percent more than last spring'; expected",
    ),
    "a share's change, with a note": Case("basis: yoy", "basis: yoy\n      note: of the share, as printed", None),
    "traditional as simplified": Case(
        "language: zh-Hant", "language: zh-Hans", "sources.copy-zh.language: found zh-Hans; expected the other", AUTUMN
    ),
    "simplified as traditional": Case(
        "二月來客[", "二月来客达[", "found zh-Hant; expected the other script (达 in", AUTUMN
    ),
    # Code lists
    "a label twice": Case("sailing boats registered", "boats registered", "a label that boats_registered", METRICS),
    "a host twice": Case(
        "https://lantern.example/", "https://www.harbour.example/", "another host than that of", PUBLISHERS
    ),
    "a listing elsewhere": Case(
        "https://lantern.example/,", "https://lantern.example/,https://news.test/", "a page of lantern.ex", PUBLISHERS
    ),
    "a direction against the id": Case("catch_landed,", "exits_fish,", "expected out, as the id says", METRICS),
    "a subject against the id": Case("catch_landed,", "boats_trawled,", "expected boats, as the id says", METRICS),
    "a direction against the whole's": Case(
        "registered,boats,,boats_reg", "registered,boats,in,boats_reg", "that of its whole, boats_registered", METRICS
    ),
    "a scope of another kind": Case("lantern-fair,", "port-fair,", "expected port, as the id says", SCOPES),
    "a scope that ends before it starts": Case(",2024-02-25,", ",2024-02-19,", "days in order, and within", SCOPES),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_can_hardly_be_so(project: Path, case: Case) -> None:
    file = case.file if (project / case.file).exists() else SPRING
    text = (project / file).read_text("utf-8")
    if file != case.file:
        text = text.replace("occasion:", "note: the lantern had it before\noccasion:")
    assert text.count(case.old) >= 1
    (project / file).write_text(text.replace(case.old, case.new, 2 if case.old == "310" else 1), "utf-8")
    said = []
    try:
        derive(project)
    except CurationError as error:
        said = [str(problem) for problem in error.problems]
    if case.words is None:
        assert said == []
    else:
        assert any(case.words in line for line in said), said


class _Doubted:
    """The made-up project, its figures held by no release, or by one that holds them all."""

    def __init__(self, project: Path) -> None:
        self.records, _ = read_records(project)
        self.vocabulary, _ = read_vocabulary(project)
        self.tables, problems = build_tables(self.records, self.vocabulary, read_anchors(project)[0])
        assert [*problems, *implausible(self.records, self.vocabulary, read_wording(project))] == []
        self.wording = read_wording(project)

    def said(self, *new: str) -> list[str]:
        """Doubts of those figures that no release holds yet."""
        observations = self.tables["observations"]
        names = observations["observation_id"].to_pylist()
        held = observations.filter(pa.array([name not in new for name in names]))
        return [str(p) for p in doubts(self.records, observations, held, self.vocabulary, self.wording)]


FORECAST, FEBRUARY = "2024-09-10-harbour/boats_registered", "2024-09-10-harbour/guests_counted"


def test_nothing_is_doubted_that_is_as_the_others_are(project: Path) -> None:
    assert _Doubted(project).said(FEBRUARY) == []


def test_a_figure_whose_words_name_another_metric(project: Path, edit: Edit) -> None:
    edit(AUTUMN, "[45,800] visits in", "[45,800] boats in")
    edit(AUTUMN, "二月來客[", "登记船只[")
    doubted = _Doubted(project)
    (said,) = doubted.said(FEBRUARY)
    assert "figures[0].metric: found guests_counted; expected boats_registered, which the quotes' words name" in said
    assert "unusual: {metric: …}" in said
    assert doubted.said() == [], "what a release holds isn't doubted again"


FAIR = "2024-09-10-harbour/guests_counted-fair"
ANOTHER = "which the quotes' words name"


def test_a_scope_says_what_its_figures_leave_out(project: Path, edit: Edit) -> None:
    edit(AUTUMN, "[nearly 9,000] visits", "[nearly 9,000] boats")
    (said,) = _Doubted(project).said(FAIR)
    assert ANOTHER in said
    edit(SCOPES, "lantern fair", "guests of the fair")
    assert _Doubted(project).said(FAIR) == []


def test_the_unit_within_the_token_is_a_word(project: Path, edit: Edit) -> None:
    edit(PHRASES, "boats_registered,en,boats", "boats_registered,en,all the boats")
    edit(AUTUMN, "[45,800] visits in", "all the boats: [45,800 person-times] in")
    edit(AUTUMN, "二月來客[", "二月[")
    (said,) = _Doubted(project).said(FEBRUARY)
    assert ANOTHER in said
    edit(PHRASES, "guests_counted,en,guests", "guests_counted,en,person-times")
    assert _Doubted(project).said(FEBRUARY) == []


@pytest.mark.parametrize(("status", "year", "doubts_it"), [("F", 2024, False), ("P", 2023, True)])
def test_a_forecast_may_leave_out_that_it_is_an_average(
    project: Path, edit: Edit, status: str, year: int, doubts_it: bool
) -> None:
    _add_metric(project, "boats_registered_daily_average")
    edit(AUTUMN, "  - metric: boats_registered\n", "  - metric: boats_registered_daily_average\n")
    edit(AUTUMN, "{kind: year, start: 2024, end: 2024}", f"{{kind: year, start: {year}, end: {year}}}")
    edit(AUTUMN, "status: F", f"status: {status}")
    said = _Doubted(project).said("2024-09-10-harbour/boats_registered_daily_average")
    assert [ANOTHER in line for line in said] == [True] * doubts_it


@pytest.mark.parametrize(
    ("period", "doubts_it"),
    [
        ("{kind: day, start: 2024-02-20, end: 2024-02-20}", False),
        ("{kind: holiday, start: 2024-02-20, end: 2024-02-25}", True),
    ],
)
def test_a_single_day_may_be_called_a_peak(project: Path, edit: Edit, period: str, doubts_it: bool) -> None:
    _add_metric(project, "guests_counted_daily_peak")
    edit(PHRASES, "guests_counted,zh,来客#,\n", "guests_counted,zh,来客#,\nguests_counted_daily_peak,en,busiest,\n")
    edit(AUTUMN, "visits at the fair", "on the busiest day")
    edit(AUTUMN, "{kind: holiday, start: 2024-02-20, end: 2024-02-25}", period)
    assert [ANOTHER in line for line in _Doubted(project).said(FAIR)] == [True] * doubts_it


def _add_metric(project: Path, name: str) -> None:
    """Add a metric of the kind of the one that it is the average or the peak of."""
    path = project / METRICS
    head, *rows = path.read_text("utf-8").splitlines()
    (like,) = [row for row in rows if row.startswith(f"{name.partition('_daily')[0]},")]
    _, label, label_zh, *rest = like.split(",")
    suffix = name.rpartition("_")[2]
    added = ",".join([name, f"{label} {suffix}", f"{label_zh}{suffix}", *rest])
    path.write_text("\n".join([head, *sorted([*rows, added])]) + "\n", "utf-8")


def test_a_figure_of_another_size(project: Path, edit: Edit) -> None:
    edit(AUTUMN, "value: 45800", "value: 458000")
    edit(AUTUMN, "[45,800] visits", "[458,000] visits")
    edit(AUTUMN, "近4.6萬", "近46萬")
    (said,) = _Doubted(project).said(FEBRUARY)
    assert "figures[0].value: found a value of 10 times the greatest of the only other of its metric" in said


def test_a_figure_under_another_id_is_the_same(project: Path) -> None:
    doubted = _Doubted(project)
    observations = doubted.tables["observations"]
    assert doubted.said(FORECAST) != []
    renamed = pa.array([f"{name}-old" for name in observations["observation_id"].to_pylist()])
    held = observations.set_column(0, observations.schema.field(0), renamed)
    assert list(doubts(doubted.records, observations, held, doubted.vocabulary, doubted.wording)) == []


def test_what_is_unusual_is_said_and_for_a_reason(project: Path, edit: Edit) -> None:
    edit(AUTUMN, "    value: 2000\n", "    value: 2000\n    unusual: {size: it is a forecast}\n")
    edit(AUTUMN, "    value: 45800\n", "    value: 45800\n    unusual: {metric: guests row, size: it was cold}\n")
    doubted = _Doubted(project)
    assert doubted.said(FORECAST) == []
    (said,) = doubted.said(FEBRUARY)
    assert "figures[0].unusual.metric: found guests row; expected nothing: there is no doubt. Remove it." in said
