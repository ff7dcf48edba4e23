"""Whatever is wrong with an input is reported by file, line and field, once, with what to do about it.

Every case is one edit of the made-up project. The line expected is that of the new text, unless ``at`` gives another.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from china_border_statistics.curation.package import build, derive
from china_border_statistics.curation.problems import CurationError, Problem

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
AUTUMN = "data/records/2024/2024-09-10-harbour.yaml"
METRICS, SCOPES = "data/vocabulary/metrics.csv", "data/vocabulary/scopes.csv"

Edit = Callable[[str, str, str], None]


class Case(NamedTuple):
    old: str
    new: str
    field: str
    words: str
    at: str = ""
    file: str = SPRING
    count: int = 1


SAIL = '"[310] of them sail"'
WHOLE_FILE = "(the fault is the whole file's)"
FEBRUARY = "{kind: month, start: 2024-02, end: 2024-02}"

CASES = {
    # Codes
    "unknown metric": Case("metric: catch_landed", "metric: catches_landed", "figures[3].metric", "(catch_landed?)"),
    "unknown publisher": Case("daily-lantern", "daily-lantrn", "sources.lantern-en.publisher", "(daily-lantern?)"),
    "unknown issuer": Case("issuer: harbour-office", "issuer: harbor-office", "issuer", "(harbour-office?)"),
    "unknown scope": Case("scope: all", "scope: everywhere", "scope", "an id of data/vocabulary/scopes.csv. Mend"),
    "unknown scope of a figure": Case(
        "scope: lantern-fair", "scope: lantern-fare", "figures[2].scope", "(lantern-fair?)", file=AUTUMN
    ),
    "an id with capitals": Case("issuer: harbour", "issuer: Harbour", "issuer", "small letters, digits"),
    "a key with a space": Case(
        "    value: 310", "    key: sail boats\n    value: 310", "figures[1].key", "small letters, digits"
    ),
    "a country's name": Case("scope: all", "area: China\nscope: all", "area", "such as CN or CN-YN"),
    "an area that isn't one": Case("scope: all", "area: CN-ZZ\nscope: all", "area", "an ISO 3166-1 or 3166-2 code"),
    "unknown language": Case("language: en", "language: english", "sources.lantern-en.language", "de, en, es"),
    "unknown status": Case(
        "    value: 310", "    status: Q\n    value: 310", "figures[1].status", "found 'Q'; expected one of A, B"
    ),
    "unknown kind of period": Case("kind: month", "kind: fortnight", "figures[2].period.kind", "quarter, month"),
    # Tokens and controls
    "unreadable token": Case("[310]", "[three tens]", "figures[1].printed.lantern-en", "'three tens'; expected a numb"),
    "value and token differ": Case("value: 310", "value: 311", "figures[1].value", "found 311; expected 310, which"),
    "value as text": Case("value: 310", "value: many", "figures[1].value", "a plain number, such as 2514"),
    "value quoted": Case("value: 310", 'value: "310"', "figures[1].value", "found '310'; expected a plain number"),
    "value as bool": Case("value: 310", "value: true", "figures[1].value", "found true; expected a plain number"),
    "value in hexadecimal": Case("value: 310", "value: 0x136", "figures[1].value", "a plain number"),
    "value infinite": Case("value: 310", "value: .inf", "figures[1].value", "a plain number"),
    "value empty": Case(
        "value: 310", "value:", "figures[1].value", "found nothing; expected a plain number", "value:\n"
    ),
    "another unit": Case("4.56万人次", "4.56万人", "figures[2].printed.office-zh", "in person; expected person_time"),
    "mass without unit": Case(
        "    printed_unit:\n      lantern-en: tonnes\n",
        "",
        "figures[3].printed.lantern-en",
        "in no unit; expected kg, the unit of catch_landed",
        'lantern-en: "[3.5]',
    ),
    "share without unit": Case(
        "[52%]", "[52]%", "figures[1].printed.copy-zh", "in no unit; expected percent", file=AUTUMN
    ),
    "unknown word for a unit": Case(
        "lantern-en: tonnes", "lantern-en: barrels", "figures[3].printed.lantern-en", "'barrels'", 'lantern-en: "[3.5]'
    ),
    "unit of a source that doesn't print": Case(
        "lantern-en: tonnes",
        "lantern-en: tonnes\n      office-zh: 吨",
        "figures[3].printed_unit.office-zh",
        "a source that prints the figure: lantern-en",
        "office-zh: 吨",
    ),
    # Quotes
    "no token": Case(SAIL, '"310 of them sail"', "figures[1].printed.lantern-en[0]", "its token once, in brackets"),
    "two tokens": Case(SAIL, '"[310] of [620] sail"', "figures[1].printed.lantern-en[0]", "its token once"),
    "a long quote": Case(SAIL, f'"[310] {"x" * 77}"', "figures[1].printed.lantern-en[0]", "at most 80 characters, not"),
    "a sentence": Case(SAIL, '"[310] of them sail."', "figures[1].printed.lantern-en[0]", "leave out the full stop"),
    "no quote": Case(SAIL, "[]", "figures[1].printed.lantern-en", "an empty list; expected at least one"),
    "a quote that isn't anchored": Case(
        "登记船只[1240艘]", "登记船[1240艘]", "figures[0].printed.office-zh", "verify.py --texts DIR --write"
    ),
    # Sources
    "source not in the record": Case(
        f"lantern-en: {SAIL}",
        f"moon-en: {SAIL}",
        "figures[1].printed.moon-en",
        "a source of this record: office-zh, lantern-en",
    ),
    "no sources": Case("sources:", "springs:", "sources", "found nothing; expected a value", "# A made-up", count=2),
    "no address": Case(
        '"https://harbour.example/zh/1"', "harbour.example/zh", "sources.office-zh.url", "begins with http://"
    ),
    "no hash": Case("sha256: 54b9", "sha256: 54b", "sources.office-zh.sha256", "a SHA-256, 64 of 0 to 9 and a to f"),
    "disagreement without a reason": Case(
        "    disagrees:\n      lantern-en: for its 45,700 the paper counts the crews too\n",
        "",
        "figures[2].printed.lantern-en",
        "found '45,700', 45700 to 45700; expected a figure that meets '4.56万人次' of office-zh, 45550 to 45650",
        "lantern-en: the gate clicked",
    ),
    "a reason without a disagreement": Case(
        "[45,700]", "[45,600]", "figures[2].disagrees.lantern-en", "whose printing disagrees", "lantern-en: for its"
    ),
    "a reason of another source": Case(
        "lantern-en: tonnes",
        "lantern-en: tonnes\n    disagrees:\n      moon-en: it shines",
        "figures[3].disagrees.moon-en",
        "mend its key",
        "moon-en: it shines",
    ),
    # Changes
    "change and token differ": Case(
        "office-zh: 同比增长[24%]", "office-zh: 同比增长[25%]", "figures[0].change[0].printed.office-zh", "found 25 %"
    ),
    "change without up or down": Case(
        "同比增长[24%]", "同比[24%]", "figures[0].change[0].printed.office-zh", "the word that says up, down or of"
    ),
    "change without its unit": Case(
        "value: 24 %", "value: 24", "figures[0].change[0].value", "found 24; expected a tex"
    ),
    "change written closely": Case("value: 24 %", "value: 24%", "figures[0].change[0].value", "such as 198 % or 2.2"),
    "unknown basis": Case("basis: yoy", "basis: year", "figures[0].change[0].basis", "yoy, previous_period"),
    # Dates and periods
    "an impossible date": Case(
        "published: 2024-03-10", "published: 2024-02-30", "sources.office-zh.published", "a date of the calendar: day"
    ),
    "a date in words": Case(
        "published: 2024-03\n", "published: March 2024\n", "sources.lantern-en.published", "written 2021-03-29"
    ),
    "announced on another day": Case("announced: 2024-03-10", "announced: 2024-03-12", "announced", "begins with"),
    "announced less exactly": Case(
        "announced: 2024-03-10", "announced: 2024-03", "announced", "begins with", "announced: 2024-03"
    ),
    "a year is no announcement": Case("announced: 2024-03-10", "announced: 2024", "announced", "begins with"),
    "an end after the announcement": Case(
        "end: 2024-03-10,", "end: 2024-03-11,", "period.end", "on or before 2024-03-10, the announcement, or status F"
    ),
    "a forecast of the past": Case(
        "{kind: year, start: 2024, end: 2024}",
        "{kind: year, start: 2023, end: 2023}",
        "figures[3].period.end",
        "a forecast's end after 2024-09-10",
        file=AUTUMN,
    ),
    "a month of two": Case(
        FEBRUARY, "{kind: month, start: 2024-01, end: 2024-02}", "figures[2].period", "one month of the calendar"
    ),
    "a period in words": Case(FEBRUARY, "February", "figures[2].period", "a mapping of fields"),
    "a break without a note": Case(
        "    value: 310", "    status: B\n    value: 310", "figures[1].status", "Say in a note what changes"
    ),
    # Form
    "a field twice": Case(
        "    value: 310\n",
        "    value: 310\n    value: 311\n",
        "figures[1].value",
        "found the field again; expected every field once",
        "    value: 311",
    ),
    "a key twice": Case(
        "metric: boats_registered_sail",
        "metric: boats_registered\n    area: CN-YN",
        "figures[1]",
        "another key than figures[0] has",
        "metric: boats_registered\n    area",
    ),
    "a figure twice": Case(
        "metric: boats_registered_sail",
        "metric: boats_registered\n    key: again",
        "figures[1]",
        "Make it a printing of figures[0]",
        "metric: boats_registered\n    key",
    ),
    "an unknown field": Case(
        "    value: 310", "    valeu: 310\n    value: 310", "figures[1].valeu", "mend its name", "    valeu"
    ),
    "a missing field": Case(
        "    value: 310\n",
        "",
        "figures[1].value",
        "found nothing; expected a value. Add the field",
        "- metric: boats_registered_sail",
    ),
    "a list for a mapping": Case(
        f"    printed:\n      lantern-en: {SAIL}",
        f"    printed: [{SAIL}]",
        "figures[1].printed",
        "a list; expected a map",
    ),
    "no figures": Case("figures:\n", "figures: []\nothers:\n", "figures", "at least one", "figures: []", count=2),
    "an empty note": Case("note: an account of its own", 'note: ""', "sources.lantern-en.note", "isn't empty"),
    "broken YAML": Case("    value: 310", "   value: 310", "YAML", "at or above this line"),
    "an unclosed brace": Case("今年以来}", "今年以来", "YAML", "at or above this line", "sources:"),
    "an unquoted bracket": Case(SAIL, "[310] of them sail", "YAML", "a well-formed record"),
    "two documents": Case("sources:\n", "---\nsources:\n", "YAML", "another document", "---"),
    "an unknown alias": Case("value: 310", "value: *nope", "YAML", "undefined alias 'nope'"),
    "a control character": Case("spring count", "spring \a count", "YAML", "#x0007"),
    "a number for a name": Case("    value: 310", "    310: yes\n    value: 310", "figures[1]", "a field", "    310"),
    "a list for a name": Case(
        "    value: 310", "    ? [a]\n    : b\n    value: 310", "figures[1]", "a field", "    ? ["
    ),
    "a merged mapping": Case("{kind: month, start", "{<<: {kind: month}, start", "figures[2].period", "found <<"),
    "a tag of Python's": Case(
        "value: 310",
        'value: !!python/object/apply:os.mkdir ["pwned"]',
        "figures[1].value",
        "found the tag !!python/object/apply:os.mkdir",
    ),
    "a tag on a mapping": Case("sources:\n", "sources: !odd\n", "sources", "found the tag !odd"),
    "an alias of itself": Case("value: 310", "value: &it [*it]", "YAML", "aliases of aliases", WHOLE_FILE),
    # Vocabulary
    "a wrong header": Case("metric_id,label_en", "id,label_en", "header", "expected metric_id,label_en", file=METRICS),
    "a row too short": Case(
        "fish,in,,", "fish,in,", "row", "found 12 fields; expected 13 fields", "catch_landed", file=METRICS
    ),
    "a comma unquoted": Case(
        '"Fish brought ashore, weighed on the quay."',
        "Fish brought ashore, weighed on the quay.",
        "row",
        "found 14 fields; expected 13 fields. Mend the commas",
        file=METRICS,
    ),
    "a stray quotation mark": Case('on the quay."', 'on the quay." x', "row", "well-formed CSV", file=METRICS),
    "an empty line": Case("catch_landed,", "\ncatch_landed,", "row", "an empty line", "\ncatch", file=METRICS),
    "an id twice": Case(
        "guests_by_ferry_share", "catch_landed", "metric_id", "an id given once", "catch_landed,share", file=METRICS
    ),
    "ids out of order": Case(
        "lantern-fair,lantern", "aaa,lantern", "scope_id", "an id after 'all': rows are sorted by it", file=SCOPES
    ),
    "an unknown direction": Case("fish,in,", "fish,inwards,", "direction", "one of in, out, both", file=METRICS),
    "a label left out": Case(
        "上岸渔获", "", "label_zh", "found nothing; expected a value", "catch_landed", file=METRICS
    ),
    "a control character in a label": Case(
        "上岸渔获", "上岸\0渔获", "label_zh", "without control characters", file=METRICS
    ),
    "a date that isn't": Case("2024-02-25", "2024-02-31", "end", "a day of the calendar", file=SCOPES),
    "a date without its lines": Case("2024-02-25", "20240225", "end", "written 2021-03-29", file=SCOPES),
    "a month for a day": Case("2024-02-25", "2024-02", "end", "a day of the calendar", "lantern-fair", file=SCOPES),
    "an unknown whole": Case(
        ",boats,,boats_registered,", ",boats,,ships,", "parent_metric_id", "found 'ships'", file=METRICS
    ),
    "a whole that is its part": Case(
        "boats,,,,,\n", "boats,,boats_registered,,,\n", "parent_metric_id", "isn't itself a part", file=METRICS
    ),
    "a scope that is its part": Case(
        "lantern-fair,lantern fair,灯笼集市,campaign,CN,2024-02-20,2024-02-25,",
        "lantern-fair,lantern fair,灯笼集市,campaign,CN,2024-02-20,2024-02-25,lantern-fair",
        "parent_scope_id",
        "isn't itself a part",
        file=SCOPES,
    ),
    "a whole in another unit": Case(
        ",fish,in,,",
        ",fish,in,boats_registered,",
        "unit",
        "expected boat, the unit of its whole, boats_registered",
        file=METRICS,
    ),
    "an unknown unit": Case(",kg,harbour", ",stone,harbour", "unit", "an id of units", file=METRICS),
    "a byte order mark": Case("metric_id,label", "\ufeffmetric_id,label", "file", "without the mark", file=METRICS),
    # Anchors
    "an offset that is no number": Case(
        ",37,48", ",x,48", "row", "Write the file anew", file="data/anchors.csv", count=2
    ),
    "an offset before the text": Case(",37,48", ",-1,10", "row", "Write the file", file="data/anchors.csv", count=2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_edit(project: Path, edit: Edit, case: Case) -> None:
    edit(case.file, case.old, case.new)
    problems = problems_of(project)
    text = (project / case.file).read_text("utf-8")
    line = 0 if case.at is WHOLE_FILE else text[: text.index(case.at or case.new)].count("\n") + 1
    assert len(problems) == case.count, problems
    found = next(problem for problem in problems if problem.field == case.field)
    assert (found.file, found.line) == (case.file, line)
    assert case.words in str(found)
    assert "Input should" not in str(found), "pydantic's own words aren't plain enough"


@pytest.mark.parametrize("file", [SPRING, METRICS])
def test_a_file_that_is_not_utf8(project: Path, file: str) -> None:
    (project / file).write_bytes(b"caf\xe9")
    assert "found a byte that isn't UTF-8 at 3; expected UTF-8 text. Save it as UTF-8." in str(problems_of(project)[0])


@pytest.mark.parametrize(
    ("moved_to", "line", "field", "expected"),
    [
        ("2023/2024-03-10-harbour.yaml", 3, "announced", "a date in 2023, the file's folder"),
        ("2024/2024-03-10-harbor.yaml", 2, "announcement", "2024-03-10-harbor, the file's name"),
        ("2024/2024-03-10-harbour.yml", 0, "file", "data/records/<year>/<announcement>.yaml"),
        ("2024-03-10-harbour.yaml", 0, "file", "data/records/<year>/<announcement>.yaml"),
        ("2024/03/2024-03-10-harbour.yaml", 0, "file", "data/records/<year>/<announcement>.yaml"),
    ],
)
def test_a_record_in_a_wrong_place(project: Path, moved_to: str, line: int, field: str, expected: str) -> None:
    file = f"data/records/{moved_to}"
    (project / file).parent.mkdir(parents=True, exist_ok=True)
    (project / SPRING).rename(project / file)
    problems = [(problem.file, problem.line, problem.field, problem.expected) for problem in problems_of(project)]
    assert problems == [(file, line, field, expected)]


def test_a_project_without_records(project: Path) -> None:
    shutil.rmtree(project / "data/records")
    assert "found no record; expected data/records/<year>" in str(problems_of(project)[0])


def test_a_code_list_that_is_missing_or_empty(project: Path) -> None:
    (project / SCOPES).unlink()
    header = (project / METRICS).read_text("utf-8").splitlines()[0]
    (project / METRICS).write_text(f"{header}\n", "utf-8")
    assert [(problem.file, problem.found) for problem in problems_of(project)] == [
        (METRICS, "no row"),
        (SCOPES, "no file"),
    ]


def test_an_anchors_file_that_is_not_utf8(project: Path) -> None:
    (project / "data/anchors.csv").write_bytes(b"\xff")
    assert all("verify.py --texts DIR --write" in problem.action for problem in problems_of(project))


@pytest.mark.parametrize("bomb", ["list", "mapping"])
def test_aliases_of_aliases_do_not_hang(project: Path, bomb: str) -> None:
    # Nine lines that stand for a thousand million fields.
    item = "[{0}]" if bomb == "list" else "{{{0}}}"
    lines = ["a0: &a0 x"]
    for level in range(1, 10):
        aliases = [f"*a{level - 1}" if bomb == "list" else f"k{n}: *a{level - 1}" for n in range(10)]
        lines.append(f"a{level}: &a{level} " + item.format(", ".join(aliases)))
    (project / SPRING).write_text("\n".join(lines), "utf-8")
    assert "aliases of aliases" in str(problems_of(project)[0])


# At the larger depth Python itself gives up first.
@pytest.mark.parametrize("depth", [50, pytest.param(2_000, marks=pytest.mark.slow)])
def test_a_deep_nesting_does_not_crash(project: Path, depth: int) -> None:
    (project / SPRING).write_text("[" * depth + "]" * depth, "utf-8")
    assert [problem.field for problem in problems_of(project)] == ["YAML"]


def test_a_tag_builds_nothing(project: Path, edit: Edit) -> None:
    made = project / "made-by-a-tag"
    edit(SPRING, "value: 310", f"value: !!python/object/apply:os.mkdir ['{made}']")
    problems_of(project)
    assert not made.exists()


def test_all_problems_come_together_and_nothing_is_written(built: Path) -> None:
    faults = {SPRING: ("value: 310", "value: 311"), AUTUMN: ("[52%]", "[many%]"), SCOPES: (",campaign,", ",fair,")}
    for file, (old, new) in faults.items():
        text = (built / file).read_text("utf-8")
        (built / file).write_text(text.replace(old, new), "utf-8")
    before = contents(built)
    with pytest.raises(CurationError) as caught:
        build(built)
    assert [problem.file for problem in caught.value.problems] == list(faults)
    assert str(caught.value).startswith("3 problems; nothing was written.\n")
    assert contents(built) == before


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def problems_of(root: Path) -> tuple[Problem, ...]:
    with pytest.raises(CurationError) as caught:
        derive(root)
    return caught.value.problems
