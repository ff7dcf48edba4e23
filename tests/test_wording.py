"""Phrases as data: what they may say, how they are matched, and what is wrong with a file of them."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.tokens import fold_in_place
from china_border_statistics.curation.vocabulary import read_holidays, read_phrases, read_scope_names, read_synonyms
from china_border_statistics.curation.wording import Wording, read_wording

ROOT = Path(__file__).parents[1]
ANNOUNCED = date(2024, 7, 5)
METRICS = {
    "boats_registered": {"unit": "item", "label_en": "", "label_zh": "", "parent_metric_id": None},
    "boats_registered_sail": {"unit": "item", "label_en": "", "label_zh": "", "parent_metric_id": "boats_registered"},
    "guests_counted": {"unit": "person", "label_en": "", "label_zh": "", "parent_metric_id": None},
    "guests_counted_daily_average": {"unit": "person", "label_en": "", "label_zh": "", "parent_metric_id": None},
}


def best(text: str, *phrases: tuple[str, str, str], without: str | None = None) -> str | None:
    """The metric of a text's last figure, with only these phrases: metric, language, phrase."""
    rows = [
        dict(zip(("metric_id", "language", "phrase"), phrase, strict=True)) | {"without": without} for phrase in phrases
    ]
    language = "en" if text.isascii() else "zh-Hans"
    found = propose(text, language, ANNOUNCED, Wording(rows, METRICS, {}))
    return found[-1].metric_id if found else None


BOATS, SAIL = ("boats_registered", "zh", "登记船只#"), ("boats_registered_sail", "zh", "登记…帆船#")
GUESTS = ("guests_counted", "zh", "接待游客")
DAILY = ("guests_counted_daily_average", "zh", "=日均…接待游客")


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("港口登记船只360艘", (BOATS,), "boats_registered"),
        ("港口登記船隻360艘", (BOATS,), "boats_registered"),
        ("360艘登记船只入港", (BOATS,), None),
        ("港口登记了许多帆船360艘", (BOATS, SAIL), "boats_registered_sail"),
        ("登记船只360艘，其中帆船120艘", (BOATS, SAIL), "boats_registered_sail"),
        ("日均接待游客360人", (GUESTS, DAILY), "guests_counted_daily_average"),
        ("日均支出8元，接待游客360人", (GUESTS, DAILY), "guests_counted"),
        ("A list of 360 fishing boats", (("boats_registered", "en", "#fishing boat"),), "boats_registered"),
        ("A list of 360 houseboats", (("boats_registered", "en", "boat"),), None),
        (
            "Guests: 3,600 boats",
            (("guests_counted", "en", "guest"), ("boats_registered", "en", "boats")),
            "boats_registered",
        ),
    ],
)
def test_a_phrase_is_matched_by_its_fragments_and_their_places(
    text: str, phrases: tuple[tuple[str, str, str], ...], expected: str | None
) -> None:
    assert best(text, *phrases) == expected


def test_a_word_may_speak_against_a_metric() -> None:
    assert best("登记沉没船只360艘", ("boats_registered", "zh", "船只#")) == "boats_registered"
    assert best("登记沉没船只360艘", ("boats_registered", "zh", "船只#"), without="沉没") is None


def test_words_inside_a_longer_word_are_not_it() -> None:
    wording = Wording(
        [{"metric_id": "guests_counted", "language": "zh", "phrase": "入境#", "without": None}], METRICS, {}
    )
    assert [hit[0] for hit in wording.find("出入境与入境", "zh-Hans")] == [4]


def test_both_scripts_are_one_to_the_phrases() -> None:
    assert fold_in_place("查獲偷渡人員１２人", "zh-Hant") == "查获偷渡人员12人"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_folding_moves_no_character(language: str) -> None:
    text = "ＡＢＣ（１２％）“İ”ß 國（邊）境　１，２１１–x…"
    assert len(fold_in_place(text, language)) == len(text)


@pytest.fixture
def phrases(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file of phrases below a root of its own."""

    def write(rows: str) -> Path:
        path = tmp_path / "data/vocabulary/phrases.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"metric_id,language,phrase,without\n{rows}", "utf-8")
        return tmp_path

    return write


FAULTS = {
    "boats_sunk,zh,沉没#,\n": (2, "metric_id", "'boats_sunk'", "an id of data/vocabulary/metrics.csv"),
    "guests_counted,zh,游客=今日,\n": (2, "phrase", "'游客=今日'", "= in front of one"),
    "guests_counted,zh,#游客#,\n": (2, "phrase", "'#游客#'", "at most one # for the number"),
    "guests_counted,zh,游客…,\n": (2, "phrase", "'游客…'", "fragments with … between them"),
    "guests_counted,fr,visiteurs,\n": (2, "language", "'fr'", "one of en, zh"),
    "guests_counted,zh,,\n": (2, "phrase", "nothing", "a value"),
    "guests_counted,zh,<舟>…登记,\n": (2, "phrase", "<舟>", "synonyms of data/vocabulary/synonyms.csv"),
    "guests_counted,zh,游客,\nboats_registered,zh,船,\n": (3, "metric_id", "'boats_registered', 'zh', '船'", "sorted"),
    "guests_counted,zh,游客,\nguests_counted,zh,游客,\n": (3, "metric_id", "'guests_counted', 'zh', '游客'", "once"),
}


@pytest.mark.parametrize("rows", FAULTS)
def test_what_is_wrong_with_a_phrase_is_said_with_its_line(phrases: Callable[[str], Path], rows: str) -> None:
    found, problems = read_phrases(phrases(rows), METRICS, {("船", "zh")})
    assert found == []
    line, field, shown, expected = FAULTS[rows]
    assert [(p.file, p.line, p.field, p.found) for p in problems] == [
        ("data/vocabulary/phrases.csv", line, field, shown)
    ]
    assert expected in problems[0].expected


SETS = [{"synonyms": "boat", "language": "en", "word": word} for word in ("boat", "vessel", "sailing ship")]


def metric_with_synonyms(text: str, *phrases: tuple[str, str]) -> str | None:
    rows = [{"metric_id": metric, "language": "en", "phrase": phrase, "without": None} for metric, phrase in phrases]
    found = propose(text, "en", ANNOUNCED, Wording(rows, METRICS, {}, SETS))
    return found[-1].metric_id if found else None


@pytest.mark.parametrize("word", ["boats", "vessels", "sailing ships"])
def test_synonyms_stand_for_one_another(word: str) -> None:
    assert metric_with_synonyms(f"A list of 360 {word}", ("boats_registered", "#<boat>")) == "boats_registered"


def test_a_name_that_holds_a_word_is_no_word() -> None:
    name = {"synonyms": "name", "language": "en", "word": "boat race cup"}
    rows = [{"metric_id": "boats_registered", "language": "en", "phrase": "<boat>", "without": None}]
    found = Wording(rows, METRICS, {}, [*SETS, name]).find("the boat race cup and a boat", "en")
    assert [hit[0] for hit in found] == [24]


def test_a_number_without_words_goes_on_with_those_of_the_one_before() -> None:
    rows = [(GUESTS[0], "en", "=daily…guest"), ("boats_registered", "en", "boat")]
    text = "Boats are many. The daily number of guests is 990 at Harbour Inn, 540 at Mill Lane and 330 at Old Quay."
    wording = Wording(
        [dict(zip(("metric_id", "language", "phrase"), row, strict=True)) | {"without": None} for row in rows],
        METRICS,
        {},
    )
    assert [figure.metric_id for figure in propose(text, "en", ANNOUNCED, wording)] == ["guests_counted"] * 3


ANNOTATED = re.compile(r"\[(.*?)\|(\w+)\]")


def test_english_wordings_are_told_apart(wording: Wording) -> None:
    """Paragraphs of ours in several manners; the shares are those reached, less what a change may cost."""
    first = among = total = 0
    for paragraph in (ROOT / "tests/wordings/en.txt").read_text("utf-8").split("\n\n"):
        text = ANNOTATED.sub(r"\1", paragraph)
        found = {figure.start: figure for figure in propose(text, "en", date(2025, 1, 14), wording)}
        removed = 0
        for match in ANNOTATED.finditer(paragraph):
            figure = found.get(match.start() - removed)
            removed += len(match[0]) - len(match[1])
            total += 1
            first += figure is not None and figure.metric_id == match[2]
            among += figure is not None and match[2] in figure.alternatives
    assert total > 400
    assert first / total > 0.8
    assert among / total > 0.95


WRONG_HOLIDAYS = {
    "may_day,2024,2024-05-05,2024-05-01\n": ("last_day", "2024: 2024-05-05 to 2024-05-01"),
    "may_day,2023,2024-05-01,2024-05-05\n": ("last_day", "2023: 2024-05-01 to 2024-05-05"),
    "mayday,2024,2024-05-01,2024-05-05\n": ("holiday", "'mayday'"),
    "may_day,2024,2024-05-01,2024-05-32\n": ("last_day", "'2024-05-32'"),
}


@pytest.mark.parametrize("row", WRONG_HOLIDAYS)
def test_what_is_wrong_with_a_holiday_is_said_with_its_line(project: Path, row: str) -> None:
    path = project / "data/vocabulary/holidays.csv"
    path.write_text(f"holiday,year,first_day,last_day\n{row}", "utf-8")
    holidays, problems = read_holidays(project)
    assert holidays == {}
    assert (problems[0].line, problems[0].field, problems[0].found) == (2, *WRONG_HOLIDAYS[row])


WRONG_NAMES = {
    "lantern-feast,zh,灯笼集\n": ("scope_id", "'lantern-feast'"),
    "lantern-fair,fr,marché\n": ("language", "'fr'"),
    "lantern-fair,zh,\n": ("name", "nothing"),
}


@pytest.mark.parametrize("row", WRONG_NAMES)
def test_what_is_wrong_with_a_scopes_name_is_said_with_its_line(project: Path, row: str) -> None:
    path = project / "data/vocabulary/scope_names.csv"
    path.write_text(f"scope_id,language,name\n{row}", "utf-8")
    names, problems = read_scope_names(project, {"lantern-fair"})
    assert names == []
    assert (problems[0].line, problems[0].field, problems[0].found) == (2, *WRONG_NAMES[row])


def test_a_longer_name_is_not_taken_for_the_shorter_within_it() -> None:
    names = [
        {"scope_id": "port-luohu", "language": "zh", "name": "罗湖"},
        {"scope_id": "port-new-luohu", "language": "zh", "name": "新罗湖"},
        {"scope_id": "port-luohu", "language": "en", "name": "Lo Wu"},
    ]
    wording = Wording([], {}, {}, scope_names=names)
    assert wording.find_scope_names("经新罗湖、罗湖", "zh-Hans") == [(1, 4, "port-new-luohu"), (5, 7, "port-luohu")]
    assert wording.find_scope_names("lo wu and lo wudu", "en") == [(0, 5, "port-luohu")]


def test_holidays_of_every_year_are_known() -> None:
    holidays, problems = read_holidays(ROOT)
    assert problems == []
    assert {year for _, year in holidays} == set(range(2018, 2027))
    assert len(holidays) == 7 * 9


def test_no_phrases_no_wording(project: Path) -> None:
    (project / "data/vocabulary/phrases.csv").unlink()
    with pytest.raises(CurationError, match=r"data/vocabulary/phrases\.csv: file: found no file"):
        read_wording(project)


def test_every_metric_has_phrases_in_both_languages(wording: Wording) -> None:
    synonyms, problems = read_synonyms(ROOT)
    assert problems == []
    rows, problems = read_phrases(ROOT, wording.units, {(row["synonyms"], row["language"]) for row in synonyms})
    assert problems == []
    assert {(row["metric_id"], row["language"]) for row in rows} == {
        (metric, language) for metric in wording.units for language in ("en", "zh")
    }
