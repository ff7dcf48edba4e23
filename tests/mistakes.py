"""The mistakes that people make in records and code lists, one at a time: what ``scripts/mutate.py`` makes and counts.

A mistake is made in the plain content of a file (mappings, lists, texts and numbers), never in its YAML: what a broken
YAML does is tested elsewhere. Every function yields all mistakes of its kind in a file, in the file's order.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from china_border_statistics.curation.numerals import UnreadableNumberError, read_number

Path = tuple[int | str, ...]
Plain = dict[str, Any]
Edit = tuple[Path, Any]
Codes = Mapping[str, Mapping[str, Mapping[str, Any]]]

DROP = "(left out)"
# Parts in which a slip is made a second time, where the first would have been noticed.
TWICE = ("change: token and value", "every like token and value", "token and qualifier", "token and value")
_QUALIFIERS = re.compile(r"(?:余|多|近|约|超过|超|逾|over |more than |nearly |about |some |almost |around )")
_SCALES = (("亿", "万"), ("億", "萬"), ("万", "亿"), ("萬", "億"), ("billion", "million"), ("million", "billion"))
_UNITS = (
    ("人次", "人"), ("人", "人次"), ("公斤", "吨"), ("千克", "吨"), ("吨", "公斤"), ("kilograms", "tonnes"),
    ("tons", "kg"), ("tonnes", "kg"), ("%", "倍"), ("起", "名"), ("名", "起"), ("元", "美元"), ("percent", "times"),
)  # fmt: skip
# An address may have dozens of digits: as many slips as a date of it has.
_OF_AN_ADDRESS = 4
_FALLS = (("上升", "下降"), ("增长", "下降"), ("下降", "增长"), ("减少", "增加"), ("up ", "down "), ("down ", "up "))


@dataclass(frozen=True)
class Mistake:
    """One mistake in one file.

    Attributes
    ----------
    part : str
        What it is made in: ``value``, ``token``, ``token and value``, ``change``, ``period`` …
    kind : str
        What was done: ``two digits swapped``.
    file : str
        The file, relative to the project's root.
    where, was, now : str
        The field, and what stands there before and after.
    edits : tuple
        Paths in the plain content and what is put there; ``DROP`` takes the field out.
    """

    part: str
    kind: str
    file: str
    where: str
    was: str
    now: str
    edits: tuple[Edit, ...]

    def __str__(self) -> str:
        return f"{self.part}, {self.kind}: {self.file}: {self.where}: {self.was} → {self.now}"


def make(plain: Any, mistake: Mistake) -> Any:
    """A copy of a file's content with a mistake in it; what the mistake doesn't touch is shared."""
    for path, value in mistake.edits:
        plain = _put(plain, path, value)
    return plain


def _put(plain: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    first: Any = path[0]
    rest = path[1:]
    copy: Any = plain.copy()
    if not rest and value is DROP:
        del copy[first]
    else:
        before = copy[first] if isinstance(copy, list) or first in copy else {}
        copy[first] = _put(before, rest, value)
    return copy


# --- Slips of the keyboard ---------------------------------------------------------------------------------------


def digit_slips(text: str) -> Iterator[tuple[str, str]]:
    """Kind and result of every slip in the digits of a number or a token."""
    places = [at for at, character in enumerate(text) if character in "0123456789"]
    for at in places:
        following = at + 1
        if following in places and text[at] != text[following]:
            yield "two digits swapped", text[:at] + text[following] + text[at] + text[following + 1 :]
        if len(places) > 1:
            yield "a digit dropped", text[:at] + text[following:]
        yield "a digit doubled", text[:following] + text[at:]
        yield "a digit mistyped", text[:at] + str((int(text[at]) + 1 + at % 8) % 10) + text[following:]
    if "." in text:
        yield "decimal point dropped", text.replace(".", "", 1)


def value_slips(value: Decimal) -> Iterator[tuple[str, Decimal]]:
    """Kind and result of every slip in a control value."""
    for kind, text in digit_slips(f"{value:f}"):
        yield kind, Decimal(text)
    for kind, power in (("×10", 1), ("÷10", -1), ("万 for 亿", -4), ("亿 for 万", 4)):
        yield kind, _plain(value.scaleb(power))


def token_slips(token: str) -> Iterator[tuple[str, str]]:
    """Kind and result of every slip in a printed token."""
    yield from digit_slips(token)
    number = re.search(r"\d+(?:\.\d+)?", token)
    if number:
        for kind, power in (("×10", 1), ("÷10", -1)):
            moved = f"{Decimal(number[0]).scaleb(power):f}"
            yield kind, token[: number.start()] + moved + token[number.end() :]
    for was, now in _SCALES:
        if was in token:
            yield "万 for 亿" if was in "亿億billion" else "亿 for 万", token.replace(was, now)
            break
    for match in _QUALIFIERS.finditer(token):
        yield "qualifier dropped", token[: match.start()] + token[match.end() :]
    for was, now in _UNITS:
        if was in token:
            yield "wrong unit", token.replace(was, now)
            break


def day_slips(text: str) -> Iterator[tuple[str, str]]:
    """Kind and result of slips in a date; only those that leave a day, a month or a year of the calendar."""
    parts = text.split("-")
    year = int(parts[0])
    for by in (-1, 1):
        yield "wrong year", "-".join([str(year + by), *parts[1:]])
    if len(parts) > 1:
        for by in (-1, 1):
            yield "wrong month", "-".join([parts[0], f"{(int(parts[1]) - 1 + by) % 12 + 1:02d}", *parts[2:]])
    if len(parts) == 3:
        for by in (-1, 1, 10):
            yield "wrong day", (date.fromisoformat(text) + timedelta(days=by)).isoformat()


def _plain(value: Decimal) -> Decimal:
    """Without an exponent, as a number is typed."""
    return Decimal(f"{value.normalize():f}")


# --- Records -----------------------------------------------------------------------------------------------------


def record_mistakes(file: str, plain: Plain, codes: Codes) -> Iterator[Mistake]:
    """Every mistake in a record.

    Parameters
    ----------
    file : str
        Its name.
    plain : dict
        What it holds.
    codes : mapping
        The code lists ``metrics``, ``publishers`` and ``scopes`` by id: what is wrong is another entry.
    """
    maker = _Maker(file, plain, codes)
    yield from maker.of_announcement()
    yield from maker.of_sources()
    for index in range(len(plain["figures"])):
        yield from maker.of_value(index)
        yield from maker.of_tokens(index)
        yield from maker.of_quotes(index)
        yield from maker.of_changes(index)
        yield from maker.of_figure(index)


class _Maker:
    """Makes the mistakes of one record."""

    def __init__(self, file: str, plain: Plain, codes: Codes) -> None:
        self.file, self.plain, self.codes = file, plain, codes
        self.figures, self.sources = plain["figures"], plain["sources"]

    def _mistake(self, part: str, kind: str, path: Path, value: Any, *more: Edit, was: object = None) -> Mistake:
        found: Any = self.plain
        for step in path:
            found = found.get(step) if isinstance(found, dict) else found[step]
        before = found if was is None else was
        now = value if not isinstance(value, dict | list) else "another"
        where = ".".join(map(str, path))
        return Mistake(part, kind, self.file, where, _short(before), _short(now), ((path, value), *more))

    def of_announcement(self) -> Iterator[Mistake]:
        yield from (self._mistake("announced", kind, ("announced",), day) for kind, day in day_slips(self._announced))
        for kind, day in day_slips(self._announced):
            name = self.plain["announcement"].replace(self._announced, day, 1)
            more: Edit = (("announced",), day)
            yield self._mistake("announced, id and file", kind, ("announcement",), name, more)
        yield self._mistake("announcement", "id mistyped", ("announcement",), f"{self.plain['announcement']}s")
        if self._other_issuer() != self.plain["issuer"]:
            yield self._mistake("announcement", "wrong issuer", ("issuer",), self._other_issuer())
        yield self._mistake("announcement", "wrong area", ("area",), "CN-YN" if self._area != "CN-YN" else "CN-GX")
        yield self._mistake("prose", "word mistyped", ("occasion",), _mistyped(self.plain["occasion"]))
        if "note" in self.plain:
            yield self._mistake("prose", "word mistyped", ("note",), _mistyped(self.plain["note"]))
        yield from self._period(("period",))

    @property
    def _announced(self) -> str:
        return str(self.plain["announced"])

    @property
    def _area(self) -> str:
        return str(self.plain.get("area", "CN"))

    def _other_issuer(self) -> str:
        kind = self.codes["publishers"][self.plain["issuer"]]["kind"]
        alike = [name for name, row in self.codes["publishers"].items() if row["kind"] == kind]
        return alike[(alike.index(self.plain["issuer"]) + 1) % len(alike)]

    def _period(self, at: Path) -> Iterator[Mistake]:
        period: Any = self.plain
        for step in at:
            period = period[step]
        for name in ("start", "end"):
            if name in period:
                for kind, day in day_slips(str(period[name])):
                    yield self._mistake("period", f"{name}: {kind}", (*at, name), day)
        if "start" in period:
            yield self._mistake("period", "start left out", (*at, "start"), DROP)
            for by in (-1, 1):
                moved = {name: _years_later(str(period[name]), by) for name in ("start", "end")}
                more: Edit = ((*at, "end"), moved["end"])
                yield self._mistake("period", "both ends a year off", (*at, "start"), moved["start"], more)
            if period["kind"] in ("quarter", "half", "month"):
                yield self._next_stretch(at, period)
        other = "cumulative" if period["kind"] != "cumulative" else "event"
        yield self._mistake("period", "wrong kind", (*at, "kind"), other)

    def _next_stretch(self, at: Path, period: Plain) -> Mistake:
        """The quarter, half or month before."""
        months = {"quarter": 3, "half": 6, "month": 1}[period["kind"]]
        year, month = map(int, str(period["start"]).split("-")[:2])
        first = year * 12 + month - 1 - months
        last = first + months - 1
        start, end = (f"{n // 12}-{n % 12 + 1:02d}" for n in (first, last))
        return self._mistake("period", f"the {period['kind']} before", (*at, "start"), start, ((*at, "end"), end))

    def of_sources(self) -> Iterator[Mistake]:
        keys = list(self.sources)
        for number, key in enumerate(keys):
            source, at = self.sources[key], ("sources", key)
            other = keys[(number + 1) % len(keys)]
            if other != key:
                before: Edit = (("sources", other), source)
                yield self._mistake("source", "two sources swapped", at, self.sources[other], before, was=key)
                yield self._mistake(
                    "source",
                    "addresses swapped",
                    (*at, "url"),
                    self.sources[other]["url"],
                    (("sources", other, "url"), source["url"]),
                )
                if self.sources[other]["publisher"] != source["publisher"]:
                    name = self.sources[other]["publisher"]
                    yield self._mistake("source", "wrong publisher", (*at, "publisher"), name)
            yield self._mistake("source", "left out", at, DROP)
            for name, kinds in (
                ("kind", ("official", "wire", "republication", "mirror")),
                ("language", ("zh-Hans", "en")),
            ):
                wrong = kinds[(kinds.index(source[name]) + 1) % len(kinds)] if source[name] in kinds else kinds[0]
                yield self._mistake("source", f"wrong {name}", (*at, name), wrong)
            if "published" in source:
                for kind, day in day_slips(str(source["published"])):
                    yield self._mistake("source", f"published: {kind}", (*at, "published"), day)
            for kind, address in list(digit_slips(source["url"]))[:_OF_AN_ADDRESS]:
                yield self._mistake("source", f"address: {kind}", (*at, "url"), address)
            if "sha256" in source:
                wrong = source["sha256"].translate(str.maketrans("01", "10"))
                yield self._mistake("source", "sha256 mistyped", (*at, "sha256"), wrong)
            if "note" in source:
                yield self._mistake("prose", "word mistyped", (*at, "note"), _mistyped(source["note"]))

    def of_value(self, index: int) -> Iterator[Mistake]:
        at = ("figures", index, "value")
        for kind, value in value_slips(self.figures[index]["value"]):
            if value != self.figures[index]["value"]:
                yield self._mistake("value", kind, at, value)

    def _printings(self, printed: Plain, at: Path) -> Iterator[tuple[Path, str, str]]:
        """Path, source and text of every quote."""
        for key, quotes in printed.items():
            if isinstance(quotes, list):
                yield from (((*at, key, number), key, quote) for number, quote in enumerate(quotes))
            else:
                yield (*at, key), key, quotes

    def of_tokens(self, index: int) -> Iterator[Mistake]:
        figure, at = self.figures[index], ("figures", index)
        printings = list(self._printings(figure["printed"], (*at, "printed")))
        for path, key, quote in printings:
            token = _token(quote)
            for kind, slip in token_slips(token):
                wrong = quote.replace(f"[{token}]", f"[{slip}]")
                if slip == token or not slip:
                    continue
                yield self._mistake("token", kind, path, wrong)
                if kind == "qualifier dropped" and len(path) == 4:
                    yield self._mistake(
                        "token and qualifier", kind, path, wrong, ((*at, "qualifier"), _without_qualifier(figure, key))
                    )
                value = self._value_of(slip, key, figure)
                if value is None or value == figure["value"] or kind == "wrong unit":
                    continue
                edit: Edit = ((*at, "value"), value)
                yield self._mistake("token and value", kind, path, wrong, edit)
                # Whoever reads a number wrong reads it wrong wherever it is printed in the same digits.
                others = [(p, q) for p, _, q in printings if p != path and _token(q) == token]
                if path == printings[0][0] and others:
                    edits = [(p, q.replace(f"[{token}]", f"[{slip}]")) for p, q in others]
                    yield self._mistake("every like token and value", kind, path, wrong, edit, *edits)

    def _value_of(self, token: str, key: str, figure: Plain) -> Decimal | None:
        if key not in self.sources:
            return None
        try:
            reading = read_number(token, self.sources[key]["language"], figure.get("printed_unit", {}).get(key))
        except UnreadableNumberError:
            return None
        return _plain(reading.value)

    def of_quotes(self, index: int) -> Iterator[Mistake]:
        figure, at = self.figures[index], ("figures", index)
        other = self.figures[(index + 1) % len(self.figures)]
        for path, key, quote in self._printings(figure["printed"], (*at, "printed")):
            token = _token(quote)
            yield self._mistake("quote", "token without brackets", path, quote.replace(f"[{token}]", token))
            yield from self._wrong_brackets(path, quote, token)
            words = _mistyped(quote.replace(f"[{token}]", "\0")).replace("\0", f"[{token}]")
            if words != quote:
                yield self._mistake("quote", "word mistyped", path, words)
            following = other["printed"].get(key)
            if following is not None and other is not figure:
                yield self._mistake("quote", "the next figure's quote", path, _first(following))
                next_path = ("figures", (index + 1) % len(self.figures), "printed", key)
                if len(path) == 4 and not isinstance(following, list):
                    yield self._mistake("quote", "two figures' quotes swapped", path, following, (next_path, quote))
                    values = (((*at, "value"), other["value"]), ((*next_path[:2], "value"), figure["value"]))
                    yield self._mistake(
                        "quote", "two figures' quotes and values swapped", path, following, (next_path, quote), *values
                    )
            keys = [k for k in self.sources if k not in figure["printed"]]
            if keys and len(path) == 4:
                moved = {(keys[0] if k == key else k): q for k, q in figure["printed"].items()}
                yield self._mistake("quote", "under a wrong source", (*at, "printed"), moved, was=key)
            if len(figure["printed"]) > 1 and len(path) == 4:
                yield self._mistake("quote", "printing left out", path, DROP)
        keys = list(figure["printed"])
        if len(keys) > 1:
            swapped = figure["printed"] | {keys[0]: figure["printed"][keys[1]], keys[1]: figure["printed"][keys[0]]}
            yield self._mistake("quote", "two sources' quotes swapped", (*at, "printed"), swapped, was=keys[0])

    def _wrong_brackets(self, path: Path, quote: str, token: str) -> Iterator[Mistake]:
        """The brackets put around less than the token: without its qualifier, or its first digit."""
        match = _QUALIFIERS.match(token)
        if match:
            narrower = f"{match[0]}[{token[match.end() :]}]"
            yield self._mistake("quote", "qualifier outside the brackets", path, quote.replace(f"[{token}]", narrower))
        if re.match(r"\d\d", token):
            narrower = f"{token[0]}[{token[1:]}]"
            yield self._mistake("quote", "digit outside the brackets", path, quote.replace(f"[{token}]", narrower))

    def of_changes(self, index: int) -> Iterator[Mistake]:
        figure = self.figures[index]
        changes = figure.get("change", [])
        single = not isinstance(changes, list)
        for number, change in enumerate([changes] if single else changes):
            at = ("figures", index, "change") if single else ("figures", index, "change", number)
            amount, unit = change["value"].split(" ")
            for kind, slip in value_slips(Decimal(amount)):
                if kind not in ("万 for 亿", "亿 for 万") and slip != Decimal(amount):
                    yield self._mistake("change: value", kind, (*at, "value"), f"{slip:f} {unit}")
            for path, _, quote in self._printings(change["printed"], (*at, "printed")):
                yield from self._change_slips(at, path, quote, amount, unit)
            yield self._mistake("change", "left out", at, DROP)
            wrong = "vs_2019" if change["basis"] != "vs_2019" else "yoy"
            yield self._mistake("change", "wrong basis", (*at, "basis"), wrong)
            if single and index + 1 < len(self.figures) and "change" not in self.figures[index + 1]:
                to: Edit = (("figures", index + 1, "change"), change)
                yield self._mistake("change", "under the next figure", at, DROP, to)
            sign = amount[1:] if amount.startswith("-") else f"-{amount}"
            yield self._mistake("change: value", "sign", (*at, "value"), f"{sign} {unit}")
            if unit == "times":
                yield self._mistake("change: value", "倍 as growth", (*at, "value"), f"{Decimal(amount) - 1:f} {unit}")

    def _change_slips(self, at: Path, path: Path, quote: str, amount: str, unit: str) -> Iterator[Mistake]:
        token = _token(quote)
        for kind, slip in token_slips(token):
            wrong = quote.replace(f"[{token}]", f"[{slip}]")
            if slip == token or not slip or slip.startswith("."):
                continue
            yield self._mistake("change: token", kind, path, wrong)
            number = re.search(r"\d+(?:\.\d+)?", slip)
            if number and kind not in ("wrong unit", "qualifier dropped"):
                signed = f"{'-' if amount.startswith('-') else ''}{number[0]} {unit}"
                yield self._mistake("change: token and value", kind, path, wrong, ((*at, "value"), signed))
        for was, now in _FALLS:
            if was in quote:
                yield self._mistake("change: token", "rise for fall", path, quote.replace(was, now))
                break
        level = re.sub(r"(?:是|为)?(?:去年|上年)?同期的\[", "同比增长[", quote)
        level = re.sub(r"(\[[\d.]+ times\]) (?:that|the number|the figure)\b", r"up \1", level)
        if level != quote:
            yield self._mistake("change: token", "倍 as growth", path, level)

    def of_figure(self, index: int) -> Iterator[Mistake]:
        figure, at = self.figures[index], ("figures", index)
        yield self._mistake("figure", "left out", ("figures",), _without(self.figures, index), was=figure["metric"])
        yield from self._twice(figure)
        yield from self._metric(figure, at)
        yield from self._place(figure, at)
        if "period" in figure:
            yield from self._period((*at, "period"))
            yield self._mistake("period", "left out", (*at, "period"), DROP)
        if "key" in figure:
            yield self._mistake("key", "left out", (*at, "key"), DROP)
            yield self._mistake("key", "mistyped", (*at, "key"), f"{figure['key']}s")
        if "status" in figure:
            yield self._mistake("status", "left out", (*at, "status"), DROP)
        else:
            yield self._mistake("status", "F for a figure", (*at, "status"), "F")
        if "qualifier" in figure:
            yield self._mistake("qualifier", "left out", (*at, "qualifier"), DROP)
        wrong = "about" if figure.get("qualifier") == "over" else "over"
        yield self._mistake("qualifier", "wrong", (*at, "qualifier"), wrong)
        for source in figure.get("printed_unit", {}):
            yield self._mistake("token", "printed_unit left out", (*at, "printed_unit", source), DROP)
            yield self._mistake("token", "wrong unit", (*at, "printed_unit", source), "kg")
        for source in figure.get("disagrees", {}):
            yield self._mistake("quote", "disagreement's reason left out", (*at, "disagrees", source), DROP)
        if "note" in figure:
            yield self._mistake("prose", "word mistyped", (*at, "note"), _mistyped(figure["note"]))

    def _twice(self, figure: Plain) -> Iterator[Mistake]:
        again = figure | {"key": f"{figure.get('key', figure['metric'])}-2"}
        elsewhere = again | {"scope": self._other_scope(figure)}
        for kind, copy in (
            ("twice", figure),
            ("twice, with a key", again),
            ("twice, under another scope", elsewhere),
        ):
            yield self._mistake("figure", kind, ("figures",), [*self.figures, copy], was=figure["metric"])

    def _metric(self, figure: Plain, at: Path) -> Iterator[Mistake]:
        metrics = self.codes["metrics"]
        own = metrics[figure["metric"]]
        kin = [name for name, row in metrics.items() if row["family"] == own["family"]]
        alike = [name for name in kin if metrics[name]["unit"] == own["unit"]]
        for kind, names in (("of the same family", kin), ("of the same family and unit", alike)):
            if len(names) > 1:
                wrong = names[(names.index(figure["metric"]) + 1) % len(names)]
                yield self._mistake("metric", f"another {kind}", (*at, "metric"), wrong)
        yield self._mistake("metric", "id mistyped", (*at, "metric"), figure["metric"][:-1])

    def _place(self, figure: Plain, at: Path) -> Iterator[Mistake]:
        yield self._mistake("scope", "another", (*at, "scope"), self._other_scope(figure))
        area = figure.get("area", self._area)
        yield self._mistake("area", "wrong", (*at, "area"), "CN-YN" if area != "CN-YN" else "CN-GX")
        for name in ("scope", "area"):
            if name in figure:
                yield self._mistake(name, "left out", (*at, name), DROP)

    def _other_scope(self, figure: Plain) -> str:
        """A scope that another figure of the record has, or the next one of the code list."""
        own = str(figure.get("scope", self.plain["scope"]))
        near = sorted({str(other.get("scope", self.plain["scope"])) for other in self.figures} - {own})
        known = list(self.codes["scopes"])
        return near[0] if near else known[(known.index(own) + 1) % len(known)]


def _without_qualifier(figure: Plain, key: str) -> Any:
    """The field ``qualifier`` without that of a source."""
    stated = figure["qualifier"]
    by_source = dict.fromkeys(figure["printed"], stated) if isinstance(stated, str) else stated
    left = {name: words for name, words in by_source.items() if name != key}
    return left or DROP


def _token(quote: str) -> str:
    match = re.search(r"\[([^\[\]]+)\]", quote)
    return match[1] if match else ""


def _first(quotes: Any) -> str:
    return str(quotes[0] if isinstance(quotes, list) else quotes)


def _without(items: list[Any], index: int) -> list[Any]:
    return items[:index] + items[index + 1 :]


def _years_later(text: str, years: int) -> str:
    return f"{int(text[:4]) + years}{text[4:]}"


def _mistyped(text: str) -> str:
    """Two neighbouring letters of the middle swapped."""
    letters = [at for at in range(len(text) - 1) if text[at].isalpha() and text[at + 1].isalpha()]
    letters = [at for at in letters if text[at] != text[at + 1]]
    if not letters:
        return text
    at = letters[len(letters) // 2]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _short(found: object) -> str:
    text = str(found) if not isinstance(found, dict | list) else "…"
    return text if len(text) <= 70 else f"{text[:70]}…"


# --- Code lists --------------------------------------------------------------------------------------------------

_PROSE = frozenset("label_en label_zh definition comparability note reason rule".split())


def code_list_mistakes(file: str, rows: list[dict[str, str]], key: str) -> Iterator[Mistake]:
    """Every mistake in a code list: another row's cell in this one, a cell left out, rows left out or twice.

    Parameters
    ----------
    file : str
        Its name.
    rows : list of dict
        Its cells.
    key : str
        The column of its ids.
    """
    part = f"{file.rpartition('/')[2]}"
    for number, row in enumerate(rows):

        def mistake(kind: str, column: str, now: str, number: int = number, row: dict[str, str] = row) -> Mistake:
            where = f"{row[key]}.{column}"
            return Mistake(part, kind, file, where, _short(row[column]), _short(now), (((number, column), now),))

        yield Mistake(part, "row left out", file, row[key], "", "", (((), _without(rows, number)),))
        yield Mistake(part, "row twice", file, row[key], "", "", (((), [*rows[: number + 1], *rows[number:]]),))
        for column, cell in row.items():
            others = sorted({other[column] for other in rows} - {cell, ""})
            if column == key:
                yield mistake("id mistyped", column, cell[:-1])
            elif column in _PROSE and _mistyped(cell) != cell:
                yield replace(mistake("word mistyped", column, _mistyped(cell)), part="prose")
            if column in ("label_en", "label_zh"):
                yield mistake(f"{column}: the next row's", column, rows[(number + 1) % len(rows)][column])
            elif column not in _PROSE and column != key:
                if cell and others:
                    yield mistake(f"{column}: another's", column, others[number % len(others)])
                if cell:
                    yield mistake(f"{column}: left out", column, "")
