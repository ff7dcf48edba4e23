"""Double keying: a digit mistyped anywhere in two real records is noticed.

A figure is keyed twice, as printed and as a plain number, and most are printed by more than one source. So a slip in
a value or a token is refused; one elsewhere (a date, an address, a note) at least changes the tables, where a reviewer
sees it as a difference.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from china_border_statistics.curation.anchors import read_anchors
from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import Record, read_record
from china_border_statistics.curation.tables import build_tables
from china_border_statistics.curation.vocabulary import read_vocabulary

ROOT = Path(__file__).parents[1]
FILES = (
    "data/records/2021/2021-03-29-campaign.yaml",
    "data/records/2021/2021-11-05-campaign-and-jan24-case.yaml",
)
COMMENT = re.compile(r"(?m)(?:^|\s)#.*")
TOKEN_OR_VALUE = re.compile(r"(?<=\[)[^\]]*(?=\])|(?<=value: ).*")

# The slips that contradict nothing: the token allows an interval, and after the slip it still meets the other
# sources'. No exact token is among them, and none from which the observation takes its value.
STILL_MEETING = {
    ("over 6,200", "over 6,000"),  # 6,261 elsewhere
    ("over 6,200", "over 6,260"),
    ("1200多名", "1000多名"),  # 1,292 elsewhere
    ("1200多名", "1290多名"),
    ("more than 60", "more than 50"),  # as below
    ("more than 60", "more than 70"),
    ("60多個", "50多個"),  # more than 60 elsewhere: 50 to 60 meets 60 to 70
    ("60多個", "70多個"),
    ("174.81萬元", "174.80萬元"),  # neighbours in the last rounded digit have an end in common
    ("174.81萬元", "174.82萬元"),
    ("62.13公斤", "62.12公斤"),
    ("62.13公斤", "62.14公斤"),
}


class _Slips:
    """The real records, and what becomes of them when one digit is another."""

    def __init__(self, folder: Path) -> None:
        records = [read_record(ROOT / file, file) for file in FILES]
        self.folder = folder
        self.records = {record.file: record for record in records if isinstance(record, Record)}
        assert len(self.records) == len(FILES)
        self.vocabulary, self.anchors = read_vocabulary(ROOT)[0], read_anchors(ROOT)[0]
        self.tables, _ = self.build(self.records)

    def build(self, records: dict[str, Record]) -> tuple[dict[str, pa.Table], list[Problem]]:
        ordered = sorted(records.values(), key=lambda record: record.content.announcement)
        return build_tables(ordered, self.vocabulary, self.anchors)

    def outcome(self, file: str, text: str) -> str:
        """Say whether a record is refused, changes the tables, or goes unnoticed."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        record = read_record(path, file)
        if not isinstance(record, Record):
            return "refused"
        tables, problems = self.build(self.records | {file: record})
        if problems:
            return "refused"
        return "unnoticed" if all(tables[name].equals(self.tables[name]) for name in tables) else "changed"


@pytest.fixture
def slips(tmp_path: Path) -> _Slips:
    return _Slips(tmp_path)


def digits(text: str, spans: Iterator[re.Match[str]]) -> Iterator[int]:
    """Places of the digits within some spans of the text, comments left out."""
    comments = {at for match in COMMENT.finditer(text) for at in range(*match.span())}
    return (at for span in spans for at in range(*span.span()) if text[at] in "0123456789" and at not in comments)


@pytest.mark.parametrize("every", [50, pytest.param(1, marks=pytest.mark.slow)])
def test_no_mistyped_digit_goes_unnoticed(slips: _Slips, every: int) -> None:
    for file in FILES:
        text = (ROOT / file).read_text("utf-8")
        for at in list(digits(text, re.finditer(r"(?s).+", text)))[::every]:
            # Another digit for every place, so that all differences between digits come up.
            digit = str((int(text[at]) + 1 + at % 9) % 10)
            outcome = slips.outcome(file, text[:at] + digit + text[at + 1 :])
            line = text.count("\n", 0, at) + 1
            assert outcome != "unnoticed", f"{file}:{line}: {text[at]} mistyped as {digit} goes unnoticed"


@pytest.mark.parametrize("every", [150, pytest.param(1, marks=pytest.mark.slow)])
def test_a_mistyped_value_or_token_is_refused(slips: _Slips, every: int) -> None:
    accepted = set()
    for file in FILES:
        text = (ROOT / file).read_text("utf-8")
        places = digits(text, TOKEN_OR_VALUE.finditer(text))
        for at, digit in [(at, digit) for at in places for digit in "0123456789" if digit != text[at]][::every]:
            slip = text[:at] + digit + text[at + 1 :]
            if slips.outcome(file, slip) != "refused":
                token = next(match for match in TOKEN_OR_VALUE.finditer(text) if match.start() <= at < match.end())
                accepted.add((token[0], slip[slice(*token.span())]))
    assert accepted == STILL_MEETING if every == 1 else accepted <= STILL_MEETING
