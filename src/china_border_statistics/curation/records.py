"""Records: one YAML file per announcement, its sources and figures as printed, read with the line of every field.

Nothing in a record is computed. A quote holds its token in brackets (``刑事案件[2514起]``); the value is typed once
more beside it as a control, and so is its qualifier, in the manner of double keying.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from china_border_statistics.curation import schema
from china_border_statistics.curation.constraints import CONTROL_CHARACTERS, WITHOUT_CONTROL, in_words
from china_border_statistics.curation.periods import PartialDate
from china_border_statistics.curation.problems import Problem
from china_border_statistics.past_releases import CORRECTED

Location = tuple[int | str, ...]

# Under ``qualifier``: of every source's tokens; and of a number without one.
EVERY, NONE = "", "none"
_QUOTE = re.compile(r"^(?P<before>[^\[\]]*)\[(?P<token>[^\[\]]+)\](?P<after>[^\[\]]*)$")
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
_CLOSING_MARKS = "\"'”’»）)」』"
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_CONTROL_CHARACTERS = re.compile(CONTROL_CHARACTERS)
_YAML_TAG = "tag:yaml.org,2002:"
# No record comes near these; aliases of aliases make as much of a few lines as they like.
_MOST_FIELDS, _MOST_DEPTH = 50_000, 10
_MOST_SHOWN = 120


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
            raise ValueError("a quote with its token once, in brackets: some words [2,514] more words")
        quote = cls(match["before"], match["token"], match["after"])
        if len(quote.text) > schema.QUOTE_LENGTH:
            raise ValueError(f"a quote of at most {schema.QUOTE_LENGTH} characters, not {len(quote.text)}")
        if quote.text != quote.text.strip() or quote.token != quote.token.strip():
            raise ValueError("a quote and a token that begin and end without a space")
        if quote.text.rstrip(_CLOSING_MARKS).endswith(_SENTENCE_ENDS):
            raise ValueError("a few words, never a sentence: leave out the full stop")
        return quote

    @property
    def text(self) -> str:
        """The quote as it stands in the source."""
        return self.before + self.token + self.after


def _control(found: object) -> Decimal:
    if isinstance(found, bool) or not isinstance(found, int | float | Decimal):
        raise ValueError("a plain number, such as 2514 or 62.13")
    return Decimal(str(found))


def _as_text(found: object) -> object:
    return str(found) if isinstance(found, int | Decimal) else found


def _as_list(found: object) -> object:
    return found if isinstance(found, list) else [found]


def _by_source(found: object) -> object:
    return {EVERY: found} if isinstance(found, str) else found


def one_of(codes: tuple[str, ...]) -> AfterValidator:
    """Accept only the codes of a list."""

    def check(found: str) -> str:
        if found not in codes:
            raise ValueError(f"one of {', '.join(codes)}")
        return found

    return AfterValidator(check)


def like(pattern: str, words: str | None = None) -> AfterValidator:
    """Accept only texts of a pattern; ``words`` say it where the schema has none for it."""

    def check(found: str) -> str:
        if not re.fullmatch(pattern, found, re.ASCII):
            raise ValueError(words or in_words(pattern))
        return found

    return AfterValidator(check)


def stated_qualifier(qualifier: str) -> str:
    """How a record says the qualifier of a token: ``none`` where no word bounds the number."""
    return qualifier if qualifier in schema.BOUNDING else NONE


Day = Annotated[PartialDate, BeforeValidator(PartialDate.parse)]
Quoted = Annotated[Quote, BeforeValidator(Quote.parse)]
Quotes = Annotated[list[Quoted], BeforeValidator(_as_list), Field(min_length=1)]
Control = Annotated[Decimal, BeforeValidator(_control)]
Text = Annotated[str, Field(min_length=1)]
Qualifiers = Annotated[
    dict[str, Annotated[list[Annotated[str, one_of((*schema.BOUNDING, NONE))]], BeforeValidator(_as_list)]],
    BeforeValidator(_by_source),
]
Code = Annotated[str, like(schema.CODE)]
Area = Annotated[str, like(schema.AREA)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class _Printed(_Part):
    """What is printed: ``qualifier`` says the qualifiers of its tokens a second time.

    One word for all, or by source; there a list, one for each quote, where they differ, ``none`` for a number without.
    """

    qualifier: Qualifiers = {}

    def qualifiers_of(self, key: str) -> list[str]:
        """The qualifiers stated for the quotes of a source: one for all of them, or one for each."""
        return self.qualifier.get(key, self.qualifier.get(EVERY, [NONE]))


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
    url: Annotated[str, like(schema.URL)]
    sha256: Annotated[str, like(schema.SHA256)] | None = None
    note: Text | None = None


class Change(_Printed):
    """A growth claim printed beside a figure."""

    basis: Annotated[str, one_of(schema.BASES)]
    value: Annotated[str, like(r"-?\d+(\.\d+)? (%|times)", "a number and its unit, such as 198 % or 2.2 times")]
    printed: dict[str, Quotes]
    note: Text | None = None


class Correction(_Part):
    """What a past release holds otherwise; ``was`` guards it: what is replaced."""

    field: Annotated[str, one_of(tuple(CORRECTED))] = "value"
    was: Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=schema.QUOTE_LENGTH)]
    date: Day
    reason: Text


class Figure(_Printed):
    """One figure: an observation, every printing of it, and the changes stated beside it.

    ``printed_unit`` gives, by source, the unit's word where it stands outside the token; ``disagrees`` gives, by
    source, why a printing contradicts the others: without it, a printing that doesn't fit is an error. ``unusual`` says
    why a figure is right though its quotes name another ``metric``, or its ``size`` isn't that of its metric's others.
    """

    metric: Code
    key: Code | None = None
    scope: Code | None = None
    area: Area | None = None
    period: Period | None = None
    value: Control
    printed_unit: dict[str, Text] = {}
    status: Annotated[str, one_of(schema.OBS_STATUSES)] | None = None
    printed: Annotated[dict[str, Quotes], Field(min_length=1)]
    disagrees: dict[str, Text] = {}
    unusual: dict[Annotated[str, one_of(("metric", "size"))], Text] = {}
    change: Annotated[list[Change], BeforeValidator(_as_list)] = []
    corrected: Annotated[list[Correction], BeforeValidator(_as_list)] = []
    note: Text | None = None

    @property
    def observation_key(self) -> str:
        """The last part of the observation's id: ``key`` where given, else the metric."""
        return self.key or self.metric


class Announcement(_Part):
    """What a record file holds."""

    announcement: Annotated[str, like(schema.ANNOUNCEMENT_ID)]
    announced: Day
    issuer: Code
    occasion: Text
    scope: Code
    area: Area = "CN"
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
    folder = root / "data" / "records"
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        file = path.relative_to(root).as_posix()
        if path.parent.parent != folder or path.suffix != ".yaml":
            expected = "data/records/<year>/<announcement>.yaml"
            problems.append(Problem(file, 0, "file", "a file that is no record", expected, "Move or rename it."))
            continue
        found = read_record(path, file)
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
    document = _Document(file)
    try:
        # Composed, never constructed: a record is texts and numbers, and no tag can make anything else of them.
        plain = document.read(YAML(typ="safe", pure=True).compose(text))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        found = " ".join((error.problem or "broken YAML").split()).removeprefix("but ").removeprefix("found ")
        return [Problem(file, line, "YAML", found, "a well-formed record", "Mend the YAML at or above this line.")]
    except (YAMLError, ValueError, RecursionError) as error:
        position = getattr(error, "position", None)
        line = 0 if position is None else text.count("\n", 0, position) + 1
        found = str(error).strip().partition("\n")[0] or type(error).__name__
        return [Problem(file, line, "YAML", found, "a well-formed record", "Mend the YAML.")]
    if document.problems:
        return document.problems
    return check_record(plain, path, file, document.line_of)


def check_record(plain: object, path: Path, file: str, line_of: Callable[[Location], int]) -> Record | list[Problem]:
    """Make a record of what a file holds, as mappings, lists, texts and numbers (``Decimal``), or say what is wrong.

    Parameters
    ----------
    plain : object
        What the file holds.
    path : Path
        The file: its name and folder must say what the record does.
    file : str
        The name that problems give it.
    line_of : callable
        Line of a field in the file.
    """
    try:
        content = Announcement.model_validate(plain)
    except ValidationError as error:
        return list(_validation_problems(error, file, line_of))
    problems = list(_file_problems(path, file, content, line_of))
    return problems or Record(file, content, line_of)


@dataclass
class _Document:
    """A YAML document made into mappings, lists, texts and numbers, with the line of each."""

    file: str
    lines: dict[Location, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, location: Location) -> int:
        """Line of a field; that of the nearest thing around it where the field itself is missing."""
        known: Location = ()
        for part in location:
            # Pydantic adds parts of its own: the "[key]" of a mapping, the [0] of what might have been a list.
            if (*known, part) in self.lines:
                known = (*known, part)
        return self.lines.get(known, 1)

    def read(self, node: Node | None, at: Location = ()) -> object:
        if len(self.lines) > _MOST_FIELDS or len(at) > _MOST_DEPTH:
            raise ValueError("more fields than a record can have: aliases of aliases, or too deep a nesting")
        match node, node and str(node.tag).removeprefix(_YAML_TAG):
            case None, _:
                return None
            case MappingNode(), "map":
                return self._read_mapping(node, at)
            case SequenceNode(), "seq":
                self.lines |= {(*at, index): item.start_mark.line + 1 for index, item in enumerate(node.value)}
                return [self.read(item, (*at, index)) for index, item in enumerate(node.value)]
            case ScalarNode(value=text), "str" | "timestamp":
                if _CONTROL_CHARACTERS.search(text):
                    self._add_problem(node, at, _shown(text), WITHOUT_CONTROL, "Take them out of the text.")
                return text
            case ScalarNode(value=text), "int" | "float":
                return Decimal(text) if _PLAIN_NUMBER.fullmatch(text) else text
            case ScalarNode(value=text), "bool":
                return text.lower() == "true"
            case ScalarNode(), "null":
                return None
            case _:
                found = f"the tag {str(node.tag).replace(_YAML_TAG, '!!')}"
                self._add_problem(node, at, found, "a mapping, a list, a text or a number", "Remove the tag.")
                return None

    def _read_mapping(self, node: MappingNode, at: Location) -> dict[str, object]:
        content: dict[str, object] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "a list or a mapping"
            if not isinstance(key, ScalarNode) or str(key.tag) != f"{_YAML_TAG}str":
                action = "Write a name; one that looks like a number is quoted."
                self._add_problem(key, at, name, "the name of a field", action)
            elif name in content:
                self._add_problem(key, (*at, name), "the field again", "every field once", "Remove one of the two.")
            else:
                self.lines[*at, name] = key.start_mark.line + 1
                content[name] = self.read(value, (*at, name))
        return content

    def _add_problem(self, node: Node, at: Location, found: str, expected: str, action: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(self.file, line, field_name(at), found, expected, action))


_EXPECTED = {
    "model_type": "a mapping of fields",
    "dict_type": "a mapping",
    "list_type": "a list",
    "string_type": "a text; quote it if it looks like a number",
    "string_too_short": "a text that isn't empty",
    "too_short": "at least one",
}


def _validation_problems(error: ValidationError, file: str, line_of: Callable[[Location], int]) -> Iterator[Problem]:
    for fault in error.errors():
        location = fault["loc"]
        name, line, found = field_name(location), line_of(location), _shown(fault["input"])
        match fault["type"]:
            case "missing":
                yield Problem(file, line, name, "nothing", "a value", "Add the field.")
            case "extra_forbidden":
                yield Problem(file, line, name, found, "no such field", "Remove it, or mend its name.")
            case kind:
                expected = _EXPECTED.get(kind, fault["msg"].removeprefix("Value error, "))
                yield Problem(file, line, name, found, expected, "Mend the field.")


def _shown(found: object) -> str:
    """What stands in a field, as a person would say it."""
    match found:
        case None:
            return "nothing"
        case dict():
            return "a mapping"
        case list():
            return "a list" if found else "an empty list"
        case str():
            return repr(found if len(found) <= _MOST_SHOWN else f"{found[:_MOST_SHOWN]}…")
        case bool():
            return str(found).lower()
    return str(found)


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
    # A month must not be taken from an id that gives the day.
    dated = re.match(r"\d{4}-\d{2}(?:-\d{2}(?=-))?", announcement)
    if dated is None or dated[0] != day:
        expected = f"the day or month that {announcement!r} begins with"
        yield problem("announced", day, expected, "Mend the date or the id.")
    if path.parent.name != day[:4]:
        yield problem("announced", day, f"a date in {path.parent.name}, the file's folder", "Move the file.")
