"""Reading records: what stands in the file, with its line, and nothing made of it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from china_border_statistics.curation.periods import PartialDate
from china_border_statistics.curation.records import Location, Quote, Record, field_name, read_record, read_records

SPRING = "data/records/2024/2024-03-10-harbour.yaml"


@pytest.fixture
def spring(project: Path) -> Record:
    record = read_record(project / SPRING, SPRING)
    assert isinstance(record, Record)
    return record


def test_records_come_by_id(project: Path) -> None:
    (project / "data/records/2024/.editor-leftover.swp").touch()
    records, problems = read_records(project)
    assert not problems
    assert [record.content.announcement for record in records] == ["2024-03-10-harbour", "2024-09-10-harbour"]
    assert records[0].file == SPRING


def test_a_record_is_read_as_it_is_written(spring: Record) -> None:
    content = spring.content
    assert list(content.sources) == ["office-zh", "lantern-en"]
    assert content.sources["lantern-en"].published == PartialDate.parse("2024-03")
    assert content.period.as_stated == "今年以来"
    assert [figure.observation_key for figure in content.figures][:2] == ["boats_registered", "boats_registered_sail"]
    assert content.figures[0].value == Decimal(1240)
    assert content.figures[0].change[0].value == "24 %"
    assert content.figures[2].disagrees == {"lantern-en": "for its 45,700 the paper counts the crews too"}
    assert content.figures[3].printed_unit == {"lantern-en": "tonnes"}


@pytest.mark.parametrize("one", ['"[310] of them sail"', '["[310] of them sail"]', '\n        - "[310] of them sail"'])
def test_one_quote_needs_no_list(project: Path, edit: Callable[[str, str, str], None], one: str) -> None:
    edit(SPRING, '"[310] of them sail"', one)
    record = read_record(project / SPRING, SPRING)
    assert isinstance(record, Record)
    assert record.content.figures[1].printed == {"lantern-en": [Quote("", "310", " of them sail")]}


@pytest.mark.parametrize(
    ("number", "value"),
    [("310", "310"), ("310.0", "310"), ("0.1", "0.1"), ("12345678901234567.8", "12345678901234567.8")],
)
def test_a_control_is_decimal_and_exact(
    project: Path, edit: Callable[[str, str, str], None], number: str, value: str
) -> None:
    edit(SPRING, "value: 310", f"value: {number}")
    record = read_record(project / SPRING, SPRING)
    assert isinstance(record, Record)
    assert record.content.figures[1].value == Decimal(value)


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (">-\n      folded over\n      two lines", "folded over two lines"),
        ("|-\n      kept on\n      two lines", "kept on\ntwo lines"),
        ("plain, over\n      two lines", "plain, over two lines"),
        ("2024-03-10", "2024-03-10"),
        ("no  # a comment", "no"),
    ],
)
def test_a_text_is_what_stands_there(
    project: Path, edit: Callable[[str, str, str], None], note: str, text: str
) -> None:
    edit(SPRING, "note: an account of its own", f"note: {note}")
    record = read_record(project / SPRING, SPRING)
    assert isinstance(record, Record)
    assert record.content.sources["lantern-en"].note == text


@pytest.mark.parametrize(
    ("location", "line"),
    [
        ((), "# A made-up"),
        (("announced",), "announced:"),
        (("period", "end"), "period:"),
        (("sources", "lantern-en", "url"), '    url: "https://lantern'),
        (("figures", 1), "  - metric: boats_registered_sail"),
        (("figures", 1, "printed", "lantern-en"), '      lantern-en: "[310]'),
        # What is missing, or a part that pydantic adds, has the line of what is around it.
        (("figures", 1, "unheard-of"), "  - metric: boats_registered_sail"),
        (("figures", 1, "printed", "lantern-en", 0), '      lantern-en: "[310]'),
        (("figures", 0, "change", 0, "value"), "      value: 24 %"),
    ],
)
def test_every_field_has_its_line(project: Path, spring: Record, location: Location, line: str) -> None:
    lines = (project / SPRING).read_text("utf-8").splitlines()
    assert lines[spring.line_of(location) - 1].startswith(line)


def test_an_alias_has_the_lines_of_its_anchor(project: Path) -> None:
    record = read_records(project)[0][1]
    assert record.content.figures[1].period == record.content.period
    assert record.line_of(("figures", 1, "period", "end")) == record.line_of(("period",))


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ((), "record"),
        (("announced",), "announced"),
        (("figures", 3, "printed", "lantern-en"), "figures[3].printed.lantern-en"),
    ],
)
def test_a_field_is_named_as_people_write_it(location: Location, name: str) -> None:
    assert field_name(location) == name


@pytest.mark.parametrize(
    ("written", "before", "token", "after"),
    [
        ("登记船只[1240艘]", "登记船只", "1240艘", ""),
        ("[310] of them sail", "", "310", " of them sail"),
        ("a list of [over 1,200] boats", "a list of ", "over 1,200", " boats"),
        ("乘船[3艘(条)]来", "乘船", "3艘(条)", "来"),
    ],
)
def test_quote(written: str, before: str, token: str, after: str) -> None:
    quote = Quote.parse(written)
    assert quote == Quote(before, token, after)
    assert quote.text == written.replace("[", "").replace("]", "")


@pytest.mark.parametrize("length", [80, 81])
def test_the_brackets_of_a_quote_do_not_count(length: int) -> None:
    written = f"[12]{'字' * (length - 2)}"
    if length == 80:
        assert len(Quote.parse(written).text) == 80
    else:
        with pytest.raises(ValueError, match="at most 80 characters, not 81"):
            Quote.parse(written)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (310, "in brackets"),
        ("", "in brackets"),
        ("310 sail", "in brackets"),
        ("[] sail", "in brackets"),
        ("[3] and [10] sail", "in brackets"),
        ("[3[1]0] sail", "in brackets"),
        ("310] sail", "in brackets"),
        (" [310] sail", "without a space"),
        ("[310 ] sail", "without a space"),
        ("[310] sail\n", "without a space"),
        ("[310] sail.", "never a sentence"),
        ("船有[310艘]。", "never a sentence"),
        ("“船有[310艘]。”", "never a sentence"),
        ("does it hold [310]?", "never a sentence"),
    ],
)
def test_what_is_no_quote(written: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Quote.parse(written)


@pytest.mark.parametrize(
    ("written", "first", "last", "precision"),
    [
        ("2024-02-29", "2024-02-29", "2024-02-29", "day"),
        ("2024-02", "2024-02-01", "2024-02-29", "month"),
        ("2023-02", "2023-02-01", "2023-02-28", "month"),
        (2024, "2024-01-01", "2024-12-31", "year"),
        (Decimal(2024), "2024-01-01", "2024-12-31", "year"),
    ],
)
def test_partial_date(written: object, first: str, last: str, precision: str) -> None:
    date = PartialDate.parse(written)
    assert (date.first.isoformat(), date.last.isoformat(), date.precision) == (first, last, precision)
    assert PartialDate.parse(date) is date


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("2023-02-29", "of the calendar"),
        ("2024-13", "of the calendar"),
        ("0000", "of the calendar"),
        ("2024-2-3", "written 2021-03-29"),
        ("20240203", "written 2021-03-29"),
        ("２０２４", "written 2021-03-29"),
        ("2024-02-03\n", "written 2021-03-29"),
        ("2024-02-03 10:00", "written 2021-03-29"),
        (True, "written 2021-03-29"),
        (None, "written 2021-03-29"),
    ],
)
def test_what_is_no_date(written: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PartialDate.parse(written)
