"""Records: one YAML file per announcement, its sources and figures as printed, read with the line of every field.

Nothing in a record is computed. A quote holds its token in brackets (``刑事案件[2514起]``); the value is typed once
more beside it as a control, in the manner of double keying.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from china_border_statistics.curation import schema
from china_border_statistics.curation.periods import PartialDate
from china_border_statistics.curation.problems import Problem

Location = tuple[int | str, ...]

_QUOTE = re.compile(r"^(?P<before>[^\[\]]*)\[(?P<token>[^\[\]]+)\](?P<after>[^\[\]]*)$")
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")


@dataclass(frozen=True)
class Quote:
    """A few words of a source with the token among them."""

    before: str
    token: str
    after: str

    @classmethod
    def parse(cls, found: object) -> "Quote":
        """Read ``words [token] words``.

        Raises
        ------
        ValueError
            If there isn't one token in brackets, or the quote is too long or a sentence.
        """
        if isinstance(found, cls):
            return found
        match = _QUOTE.match(found) if isinstance(found, str) else None
        if match is None:
            raise ValueError("a quote holds its token once, in brackets: some words [2,514] more words")
        quote = cls(match["before"], match["token"], match["after"])
        if len(quote.text) > schema.QUOTE_LENGTH:
            raise ValueError(f"a quote has at most {schema.QUOTE_LENGTH} characters, not {len(quote.text)}; shorten it")
        if quote.text != quote.text.strip() or quote.token != quote.token.strip():
            raise ValueError("a quote and its token begin and end with a character that isn't a space")
        if quote.text.endswith(_SENTENCE_ENDS):
            raise ValueError("a quote is a few words, never a sentence; leave out the full stop")
        return quote

    @property
    def text(self) -> str:
        """The quote as it stands in the source."""
        return self.before + self.token + self.after


def _control(found: object) -> Decimal:
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise ValueError("a value is a plain number, such as 2514 or 62.13")
    return Decimal(str(found))


def _as_list(found: object) -> object:
    return found if isinstance(found, list) else [found]


def one_of(codes: tuple[str, ...]) -> AfterValidator:
    """Accept only the codes of a list."""

    def check(found: str) -> str:
        if found not in codes:
            raise ValueError(f"one of {', '.join(codes)}")
        return found

    return AfterValidator(check)


Day = Annotated[PartialDate, BeforeValidator(PartialDate.parse)]
Quoted = Annotated[Quote, BeforeValidator(Quote.parse)]
Quotes = Annotated[list[Quoted], BeforeValidator(_as_list), Field(min_length=1)]
Control = Annotated[Decimal, BeforeValidator(_control)]
Text = Annotated[str, Field(min_length=1)]
Code = Annotated[str, Field(pattern=schema.CODE)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class Period(_Part):
    """The reference period, both days included; ``start`` is left out where no source states it."""

    kind: Annotated[str, one_of(schema.PERIOD_KINDS)]
    start: Day | None = None
    end: Day
    as_stated: Annotated[str, Field(min_length=1, max_length=schema.QUOTE_LENGTH)] | None = None


class Source(_Part):
    """One document that carries the announcement."""

    publisher: Code
    language: Annotated[str, one_of(schema.LANGUAGES)]
    kind: Annotated[str, one_of(schema.SOURCE_KINDS)]
    published: Day | None = None
    url: Annotated[str, Field(pattern=schema.URL)]
    sha256: Annotated[str, Field(pattern=schema.SHA256)] | None = None
    note: Text | None = None


class Change(_Part):
    """A growth claim printed beside a figure."""

    basis: Annotated[str, one_of(schema.BASES)]
    value: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)? (%|times)$")]
    printed: dict[str, Quotes]
    note: Text | None = None


class Figure(_Part):
    """One figure: an observation, every printing of it, and the changes stated beside it.

    ``printed_unit`` gives, by source, the unit's word where it stands outside the token; ``disagrees`` gives, by
    source, why a printing contradicts the others: without it, a printing that doesn't fit is an error.
    """

    metric: Code
    key: Code | None = None
    scope: Code | None = None
    area: Annotated[str, Field(pattern=schema.AREA)] | None = None
    period: Period | None = None
    value: Control
    printed_unit: dict[str, Text] = {}
    status: Annotated[str, one_of(schema.OBS_STATUSES)] | None = None
    printed: Annotated[dict[str, Quotes], Field(min_length=1)]
    disagrees: dict[str, Text] = {}
    change: Annotated[list[Change], BeforeValidator(_as_list)] = []
    note: Text | None = None

    @property
    def observation_key(self) -> str:
        """The last part of the observation's id: ``key`` where given, else the metric."""
        return self.key or self.metric


class Announcement(_Part):
    """What a record file holds."""

    announcement: Annotated[str, Field(pattern=schema.ANNOUNCEMENT_ID)]
    announced: Day
    issuer: Code
    occasion: Text
    scope: Code
    area: Annotated[str, Field(pattern=schema.AREA)] = "CN"
    period: Period
    sources: Annotated[dict[Code, Source], Field(min_length=1)]
    figures: Annotated[list[Figure], Field(min_length=1)]
    note: Text | None = None


@dataclass(frozen=True)
class Record:
    """A record file that has been read: its content, and where each field stands."""

    file: str
    content: Announcement
    line_of: Callable[[Location], int]

    def problem(self, location: Location, found: object, expected: str, action: str) -> Problem:
        """Say what is wrong with a field of this record."""
        return Problem(self.file, self.line_of(location), field_name(location), str(found), expected, action)


def field_name(location: Location) -> str:
    """Write a location as people do: ``figures[3].printed.xinhua-en``."""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return name.removeprefix(".") or "record"


def read_records(root: Path) -> tuple[list[Record], list[Problem]]:
    """Read all records below ``root / "data/records"``.

    Returns
    -------
    records : list of Record
        Those without problems of form, by announcement id.
    problems : list of Problem
        What is wrong with the others.
    """
    records: list[Record] = []
    problems: list[Problem] = []
    for path in sorted((root / "data" / "records").glob("*/*.y*ml")):
        found = read_record(path, path.relative_to(root).as_posix())
        if isinstance(found, Record):
            records.append(found)
        else:
            problems += found
    if not records and not problems:
        problems.append(
            Problem("data/records", 0, "folder", "no record", "data/records/<year>/<announcement>.yaml", "Add one.")
        )
    return sorted(records, key=lambda record: record.content.announcement), problems


def read_record(path: Path, file: str) -> Record | list[Problem]:
    """Read one record file; ``file`` is the name that problems give it."""
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        return [
            Problem(file, 0, "file", f"a byte that isn't UTF-8 at {error.start}", "UTF-8 text", "Save it as UTF-8.")
        ]
    try:
        document = YAML().load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        found = " ".join((error.problem or "broken YAML").split())
        return [Problem(file, line, "YAML", found, "a well-formed record", "Mend the YAML at or above this line.")]
    except (YAMLError, ValueError, RecursionError) as error:
        found = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return [Problem(file, 0, "YAML", found, "a well-formed record", "Mend the YAML.")]
    line_of = _line_finder(document)
    try:
        content = Announcement.model_validate(_plain(document))
    except ValidationError as error:
        return list(_validation_problems(error, file, line_of))
    problems = list(_file_problems(path, file, content, line_of))
    return problems or Record(file, content, line_of)


def _plain(node: Any) -> Any:
    """Plain Python objects of a round-trip document, so that strict types can be asked of them."""
    if isinstance(node, Mapping):
        return {_plain(key): _plain(value) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(item) for item in node]
    for plain in (str, float):
        if isinstance(node, plain):
            return plain(node)
    return int(node) if isinstance(node, int) and not isinstance(node, bool) else node


def _line_finder(document: Any) -> Callable[[Location], int]:
    def line_of(location: Location) -> int:
        node, line = document, 1
        for part in location:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line = node.lc.item(part)[0] + 1
            else:
                # A part of pydantic's own, such as the "[key]" of a mapping, or a field that is missing.
                continue
            node = node[part]
        return int(line)

    return line_of


def _validation_problems(error: ValidationError, file: str, line_of: Callable[[Location], int]) -> Iterator[Problem]:
    for fault in error.errors():
        location = fault["loc"]
        name, line = field_name(location), line_of(location)
        found = repr(fault["input"]) if not isinstance(fault["input"], dict) else "a mapping"
        match fault["type"]:
            case "missing":
                yield Problem(file, line, name, "nothing", "a value", "Add the field.")
            case "extra_forbidden":
                yield Problem(file, line, name, found, "no such field", "Remove it, or mend its name.")
            case _:
                yield Problem(file, line, name, found, fault["msg"].removeprefix("Value error, "), "Mend the field.")


def _file_problems(
    path: Path, file: str, content: Announcement, line_of: Callable[[Location], int]
) -> Iterator[Problem]:
    announcement, announced = content.announcement, content.announced

    def problem(field: str, found: str, expected: str, action: str) -> Problem:
        return Problem(file, line_of((field,)), field, found, expected, action)

    if path.stem != announcement:
        yield problem(
            "announcement", announcement, f"{path.stem}, the file's name", "Rename the file or the announcement."
        )
    day = announced.last.isoformat()[: {"day": 10, "month": 7, "year": 4}[announced.precision]]
    if announced.precision == "year" or not re.match(rf"{day}-(?!\d\d-)", announcement):
        expected = f"the day or month that {announcement!r} begins with"
        yield problem("announced", day, expected, "Mend the date or the id.")
    if path.parent.name != day[:4]:
        yield problem("announced", day, f"a date in {path.parent.name}, the file's folder", "Move the file.")
