"""Where the quotes stand in the texts that are held: offsets found once, kept in ``data/anchors.csv``.

The texts belong to their publishers and aren't part of the package; their hashes and the offsets are. So whoever holds
a text can check every quote to the character, and a build without the texts still publishes the offsets.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from china_border_statistics.curation.problems import Problem
from china_border_statistics.curation.records import Quote, Record
from china_border_statistics.exports import replace_file

PATH = "data/anchors.csv"
_OFFSET = re.compile(r"\d{1,12}", re.ASCII)
_WRITE_ANEW = "Write the file anew: python scripts/verify.py --texts DIR --write."


@dataclass(frozen=True, order=True)
class Anchor:
    """One quote of one held text: it begins at ``start`` and ends before ``end``, in code points."""

    source_id: str
    text_sha256: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Finding:
    """What became of one quote, or of one text.

    ``state`` is ``intact``, ``moved``, ``vanished``, ``repeated``, ``new``, ``text changed`` or ``text not held``.
    """

    source_id: str
    state: str
    quote: str
    detail: str


AnchorKey = tuple[str, str, str]


def read_anchors(root: Path) -> tuple[dict[AnchorKey, Anchor], list[Problem]]:
    """Read ``data/anchors.csv`` by source, hash and quote; a project without held texts has no such file."""
    path = root / PATH
    if not path.exists():
        return {}, []
    header = [field.name for field in fields(Anchor)]
    anchors: dict[AnchorKey, Anchor] = {}
    problems: list[Problem] = []
    # A byte that isn't UTF-8 becomes a quote that no record has.
    reader = csv.reader(io.StringIO(path.read_bytes().decode(errors="replace"), newline=""))
    for row in reader:
        if reader.line_num == 1 and row == header:
            continue
        anchor = _parse_row(row)
        if anchor is None:
            problems.append(Problem(PATH, reader.line_num, "row", ",".join(row), ",".join(header), _WRITE_ANEW))
            continue
        anchors[anchor.source_id, anchor.text_sha256, anchor.quote] = anchor
    return anchors, problems


def _parse_row(row: list[str]) -> Anchor | None:
    match row:
        case [source_id, sha256, quote, start, end] if _OFFSET.fullmatch(start) and _OFFSET.fullmatch(end):
            return Anchor(source_id, sha256, quote, int(start), int(end))
    return None


def write_anchors(root: Path, anchors: Iterable[Anchor]) -> None:
    """Write ``data/anchors.csv``, sorted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([field.name for field in fields(Anchor)])
    writer.writerows(astuple(anchor) for anchor in sorted(set(anchors)))
    replace_file(root / PATH, buffer.getvalue().encode())


def quotes_by_source(records: Iterable[Record]) -> dict[str, tuple[str, list[str]]]:
    """Source id → hash of its text and all quotes from it, for every source whose text is held."""
    held: dict[str, tuple[str, list[str]]] = {}
    for record in records:
        for key, source in record.content.sources.items():
            if source.sha256 is not None:
                quotes = (quote.text for quote in quotes_of(record, key))
                held[f"{record.content.announcement}:{key}"] = (source.sha256, list(dict.fromkeys(quotes)))
    return held


def quotes_of(record: Record, key: str) -> list[Quote]:
    """All quotes of a record from one of its sources, each once: those of figures and of changes."""
    figures = record.content.figures
    printings = [p for f in figures for p in (f.printed, *(c.printed for c in f.change)) if key in p]
    return list(dict.fromkeys(quote for printed in printings for quote in printed[key]))


def verify(
    held: Mapping[str, tuple[str, list[str]]], known: Mapping[AnchorKey, Anchor], folder: Path
) -> tuple[list[Finding], list[Anchor]]:
    """Anchor every quote in the texts of a folder.

    A text is recognised by its hash; where none has it, the file that holds most of a source's quotes is taken for
    its changed text.

    Parameters
    ----------
    held : mapping
        Source id → (SHA-256, quotes), from ``quotes_by_source``.
    known : mapping
        The anchors on record.
    folder : Path
        Where the texts are; every file directly in it is read as UTF-8.

    Returns
    -------
    findings : list of Finding
        One for each quote, and one for each text that changed or isn't there.
    anchors : list of Anchor
        The anchors found in texts whose hash is that of the record.
    """
    texts = dict(_read_texts(folder))
    findings: list[Finding] = []
    anchors: list[Anchor] = []
    for source_id, (sha256, quotes) in sorted(held.items()):
        text, actual = texts.get(sha256), sha256
        if text is None:
            claimed = {sha for sha, _ in held.values()}
            strangers = {sha: other for sha, other in texts.items() if sha not in claimed}
            actual = max(strangers, key=lambda sha: sum(q in strangers[sha] for q in quotes), default="")
            text = strangers.get(actual)
            if text is None or not any(quote in text for quote in quotes):
                findings.append(Finding(source_id, "text not held", "", f"no file of {folder} has SHA-256 {sha256}"))
                continue
            findings.append(Finding(source_id, "text changed", "", f"SHA-256 is now {actual}"))
        for quote in quotes:
            finding, anchor = _anchor(source_id, sha256, quote, text, known.get((source_id, sha256, quote)))
            findings.append(finding)
            if anchor is not None and actual == sha256:
                anchors.append(anchor)
    return findings, anchors


def _read_texts(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            content = path.read_bytes()
            yield hashlib.sha256(content).hexdigest(), content.decode("utf-8", errors="replace")


def _anchor(source_id: str, sha256: str, quote: str, text: str, known: Anchor | None) -> tuple[Finding, Anchor | None]:
    start = text.find(quote)
    if start < 0:
        return Finding(source_id, "vanished", quote, "the text doesn't hold it"), None
    if text.find(quote, start + 1) >= 0:
        return Finding(source_id, "repeated", quote, "the text holds it twice; lengthen the quote"), None
    anchor = Anchor(source_id, sha256, quote, start, start + len(quote))
    if known is None:
        return Finding(source_id, "new", quote, f"at {anchor.start}, not on record yet"), anchor
    if known != anchor:
        return Finding(source_id, "moved", quote, f"from {known.start} to {anchor.start}"), anchor
    return Finding(source_id, "intact", quote, f"at {anchor.start}"), anchor
