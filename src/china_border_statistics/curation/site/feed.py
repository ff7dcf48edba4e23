"""The Atom feed of releases (RFC 4287), read from the changelog."""

import datetime
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass

from china_border_statistics.curation.metadata import Metadata

ATOM = "http://www.w3.org/2005/Atom"
_RELEASE = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+) — (?P<day>\d{4}-\d{2}-\d{2})\n(?P<text>.*?)(?=^## |\Z)", re.M | re.S
)


@dataclass(frozen=True)
class Release:
    """A version of the package, its day, and what happened to the data in it, without the details."""

    version: str
    released: datetime.date
    summary: str


def releases(changelog: str) -> list[Release]:
    """Read the releases of a changelog, the newest first.

    Raises
    ------
    ValueError
        If a heading isn't of the form ``## 0.2.0 — 2026-11-22``.
    """
    found = [
        Release(match["version"], datetime.date.fromisoformat(match["day"]), match["text"].split("\n###")[0].strip())
        for match in _RELEASE.finditer(changelog)
    ]
    headings = re.findall(r"^## .*", changelog, flags=re.M)
    if len(found) != len(headings):
        read = {f"## {release.version} — {release.released}" for release in found}
        odd = next(heading for heading in headings if heading not in read)
        raise ValueError(f"CHANGELOG.md: found heading {odd!r}; expected '## <version> — <year>-<month>-<day>'")
    return found


def atom(metadata: Metadata, history: Sequence[Release]) -> str:
    """Write the feed; its links are relative to it, so that it works wherever the site is put."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "en"})
    _add(feed, "id", f"{metadata.homepage}/releases")
    _add(feed, "title", f"{metadata.title}: releases")
    _add(feed, "subtitle", metadata.description)
    _add(feed, "updated", _instant(max(release.released for release in history)))
    _add(_add(feed, "author"), "name", metadata.contributor)
    _add(feed, "rights", metadata.licence_title)
    _add(feed, "link", rel="self", type="application/atom+xml", href="releases.xml")
    _add(feed, "link", rel="alternate", type="text/html", href="changelog.html")
    for release in history:
        entry = _add(feed, "entry")
        _add(entry, "id", f"{metadata.homepage}/releases/{release.version}")
        _add(entry, "title", f"Version {release.version}")
        _add(entry, "updated", _instant(release.released))
        _add(entry, "link", rel="alternate", type="text/html", href="changelog.html")
        _add(entry, "content", release.summary, type="text")
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, "unicode")}\n'


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    child.text = text
    return child


def _instant(day: datetime.date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
