"""Citations of one figure in the styles that people paste.

A citation names who announced the figure and when, what it says with its bounds, the words it was printed in and
where, and this package with its version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime


@dataclass(frozen=True)
class Reference:
    """What a citation of one observation says, in whatever style."""

    observation_id: str
    issuer: str
    announced: datetime.date
    announced_precision: str
    """``day`` or ``month``: how exactly ``announced`` is known."""
    title: str
    """What is counted, the figure with its unit and bounds, scope, area and period."""
    printed: str
    publisher: str
    url: str
    package: str
    version: str
    homepage: str
    contributor: str


def text(reference: Reference) -> str:
    """One sentence and its source, for a note or a footnote."""
    return (
        f"{reference.issuer} ({_day_first(reference)}): {reference.title}; {_printing(reference)}, {reference.url}. "
        f"In: {reference.package}, version {reference.version}, {reference.observation_id}, {reference.homepage}."
    )


def apa(reference: Reference) -> str:
    """APA, 7th edition: a data set's entry, in plain text (titles aren't in italics)."""
    date = f"{reference.announced:%Y, %B}"
    if reference.announced_precision == "day":
        date += f" {reference.announced.day}"
    return (
        f"{reference.issuer}. ({date}). {reference.title} [Figure {_printing(reference)}, {reference.url}]. In "
        f"{reference.contributor}, {reference.package} (Version {reference.version}; {reference.observation_id}) "
        f"[Data set]. {reference.homepage}"
    )


def bibtex(reference: Reference) -> str:
    """An ``@misc`` entry, which BibTeX and BibLaTeX both know; UTF-8."""
    fields = {
        "author": f"{{{_tex(reference.issuer)}}}",
        "title": f"{{{_tex(reference.title)}}}",
        "year": str(reference.announced.year),
        "month": str(reference.announced.month),
        "day": str(reference.announced.day),
        "howpublished": _tex(_printing(reference)),
        "url": reference.url,
        "note": _tex(
            f"In: {reference.package}, version {reference.version}, {reference.observation_id}, {reference.homepage}"
        ),
    }
    if reference.announced_precision != "day":
        del fields["day"]
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{reference.observation_id.replace('/', ':')},", *lines, "}"])


def csl_json(reference: Reference) -> str:
    """CSL-JSON, which Zotero, Pandoc and citeproc read: a list of one item."""
    issued = [reference.announced.year, reference.announced.month, reference.announced.day]
    item: dict[str, Any] = {
        "id": reference.observation_id,
        "type": "dataset",
        "title": reference.title,
        "author": [{"literal": reference.issuer}],
        "issued": {"date-parts": [issued if reference.announced_precision == "day" else issued[:2]]},
        "container-title": reference.package,
        "version": reference.version,
        "URL": reference.url,
        "note": f"{_printing(reference)}; {reference.package}: {reference.homepage}",
    }
    return json.dumps([item], ensure_ascii=False, indent=2)


STYLES: dict[str, Callable[[Reference], str]] = {"text": text, "bibtex": bibtex, "csl-json": csl_json, "apa": apa}

_TEX = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def _tex(words: str) -> str:
    return "".join(_TEX.get(character, character) for character in words)


def _printing(reference: Reference) -> str:
    return f"printed “{reference.printed}” by {reference.publisher}"


def _day_first(reference: Reference) -> str:
    month = f"{reference.announced:%B} {reference.announced.year}"
    return f"{reference.announced.day} {month}" if reference.announced_precision == "day" else month
