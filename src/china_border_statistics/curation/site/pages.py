"""The sources of the pages, in MyST Markdown: headings, and HTML made by templates that escape whatever is data.

Sphinx sees headings (for contents and search) and raw HTML. Texts of the data enter a heading only through
``_plain``, and HTML only through the templates.
"""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from china_border_statistics import plots
from china_border_statistics.curation import documents as texts
from china_border_statistics.curation import explanations, heat_map
from china_border_statistics.curation.documents import FINDINGS
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.site import words
from china_border_statistics.curation.site.content import Content, Row
from china_border_statistics.curation.site.redirects import Moved, Redirects

CROSSINGS = "crossings.all.CN.year"
HOME_SERIES = "suspects_arrested.campaign-2020-12.CN.cumulative"
# The documents in the order of the menu; others in docs/ follow them.
_DOCUMENTS = "loading command method reading-rules data-dictionary left-out records decisions changelog".split()
# Documents of which the site has a page of its own.
_OWN = ("findings", "coverage")
_ELSEWHERE = {"data/README.md": "records", "CHANGELOG.md": "changelog"}


def pages(
    content: Content,
    metadata: Metadata,
    redirects: Redirects,
    documents: Mapping[str, str],
    dataset: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Write the source of every page.

    Parameters
    ----------
    content : Content
        What the pages show.
    metadata : Metadata
        What the package says of itself.
    redirects : Redirects
        Old ids and where they must be answered.
    documents : mapping of str to str
        Markdown by name of page, as ``read_documents`` gives it.
    dataset : mapping, optional
        The package as a schema.org Dataset (JSON-LD), for the home page.

    Returns
    -------
    dict of str to str
        MyST Markdown by path, relative to Sphinx's source folder.
    """
    writer = _Writer(content, metadata, redirects)
    made = {
        "index.md": writer.home(documents, dataset),
        "findings.md": writer.findings(),
        "coverage.md": writer.coverage(),
        "metrics/index.md": writer.families(),
        "announcements/index.md": writer.announcements(),
    }
    made |= {f"metrics/{family}.md": writer.family(family) for family in content.families}
    made |= {f"announcements/{row['announcement_id']}.md": writer.announcement(row) for row in content.announcements}
    return made | {f"{name}.md": text for name, text in documents.items()}


def read_documents(root: Path, homepage: str) -> dict[str, str]:
    """Read the project's documents, by name of page; findings and coverage have pages of their own.

    Links that leave ``docs/`` lead to the repository.
    """
    paths = {path.stem: path for path in sorted((root / "docs").glob("*.md")) if path.stem not in _OWN}
    paths |= {name: root / path for path, name in _ELSEWHERE.items()}
    return {
        name: re.sub(r"\]\(\.\./([^)]+)\)", rf"]({homepage}/blob/main/\1)", path.read_text("utf-8"))
        for name, path in paths.items()
    }


class _Writer:
    """Writes pages of one content."""

    def __init__(self, content: Content, metadata: Metadata, redirects: Redirects) -> None:
        self.content, self.metadata, self.redirects = content, metadata, redirects
        loader = PackageLoader("china_border_statistics.curation.site")
        self.templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self.templates.globals |= {
            "content": content,
            "package": metadata,
            "word": words.word,
            "bilingual": words.bilingual,
            "label": _label,
            "written": _written,
            "unit": words.unit,
            "period": lambda row: words.bilingual(*words.period(row)),
            "family_name": lambda family: words.bilingual(*words.family_name(family)),
            "span": words.interval,
            "number": explanations.number,
            "area": explanations.area,
            "ratio": words.growth_or_level,
            "claims": _claims,
            "marked": _marked,
            "by_limits": _by_limits,
            "address": plots.address,
            "quote": quote,
            "cell_words": heat_map.written,
            "is_mirrored": heat_map.is_mirrored,
            "shade": heat_map.shade,
            "shades": heat_map.SHADES,
            "year_name": heat_map.year_name,
            "by_kind": texts.by_kind,
            "occasion_name": words.occasion,
            "spans": texts.spans,
            "years_on_record": texts.years_on_record,
            "left_open": texts.left_open,
            "is_link": lambda url: str(url).startswith(("http://", "https://")),
        }

    def html(self, template: str, **values: Any) -> str:
        """Fill a template and hand it to Sphinx as it is."""
        return _raw(self.templates.get_template(template).render(**values))

    def home(self, documents: Mapping[str, str], dataset: Mapping[str, Any] | None) -> str:
        newest = self.content.announcements[0]
        known = [name for name in _DOCUMENTS if name in documents]
        menu = [*known, *sorted(documents.keys() - set(known))]
        charted = HOME_SERIES in self.content.charts
        body = self.html("home.html", newest=newest, series=HOME_SERIES if charted else None, root="")
        return _page(
            self.metadata.title,
            body,
            *([_json_ld(dataset)] if dataset else []),
            _toctree("Figures", ["metrics/index", "announcements/index", "findings", "coverage"]),
            _toctree("Documents", menu),
        )

    def families(self) -> str:
        entries = _toctree("", list(self.content.families))
        return _page("Metrics", self.html("families.html", root="../"), entries)

    def family(self, family: str) -> str:
        english, chinese = words.family_name(family)
        parts = [self.html("family.html", family=family, root="../")]
        for metric in self.content.families[family]:
            parts += [
                _anchor(metric["metric_id"]),
                f"## {_heading(metric['label_en'], metric['label_zh'])}",
                self.html("metric.html", metric=metric, series=self.content.series_of[metric["metric_id"]], root="../"),
            ]
        return _page(english, *parts, chinese=chinese)

    def announcements(self) -> str:
        parts = []
        for year, rows in groupby(self.content.announcements, key=lambda row: row["announced"].year):
            parts += [
                _anchor(f"year-{year}"),
                f"## {year}",
                self.html("announcements.html", rows=list(rows), year=year, root="../"),
            ]
        return _page("Announcements", *parts)

    def announcement(self, row: Row) -> str:
        identifier = row["announcement_id"]
        figures = self.content.figures_of.get(identifier, [])
        at = self.content.announcements.index(row)
        shown: dict[str, Any] = {
            "row": row,
            "figures": figures,
            "later": self.content.announcements[at - 1] if at else None,
            "earlier": next(iter(self.content.announcements[at + 1 :]), None),
            "beside": self.redirects.beside,
            "moved": self.redirects.moved.get(identifier, ()),
            "root": "../",
        }
        title = f"{_date(row)}: {row['occasion']}"
        return "---\norphan: true\n---\n\n" + _page(
            title,
            self.html("announcement.html", **shown),
            f"## {_switched(*words.WORDS['figures'])}",
            self.html("figures.html", **shown),
            f"## {_switched(*words.WORDS['sources'])}",
            self.html("sources.html", **shown),
        )

    def findings(self) -> str:
        parts = [self.html("findings.html", root="")]
        for kind, title in FINDINGS.items():
            rows = [row for row in self.content.doubtful if row["kind"] == kind]
            if rows:
                rows.sort(key=lambda row: (-row["relative_gap"], row["relation_id"]))
                parts += [f"## {_plain(title)}", self.html("finding.html", rows=rows, root="")]
        return _page("Findings", *parts)

    def coverage(self) -> str:
        parts = [self.html("coverage.html", root="")]
        for name in ("heat_map", "occasions", "long_series"):
            title = f"## {_switched(*words.WORDS[name])}"
            parts += [title, self.html(f"coverage_{name}.html", root="", series=CROSSINGS)]
        return _page("Coverage", *parts)


def moved_page(announcement_id: str, moved: Iterable[Moved], title: str) -> str:
    """Write a page for an announcement id that is no more: it says where its figures are, and leads there."""
    environment = Environment(
        loader=PackageLoader("china_border_statistics.curation.site"), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("moved_page.html")
    return template.render(announcement_id=announcement_id, moved=list(moved), title=title, address=plots.address)


def _page(title: str, *parts: str, chinese: str = "") -> str:
    return "\n\n".join([f"# {_heading(title, chinese)}", *parts]) + "\n"


def _toctree(caption: str, names: list[str]) -> str:
    options = [":hidden:", *([f":caption: {caption}"] if caption else [])]
    return "\n".join(["```{toctree}", *options, "", *names, "```"])


def _raw(html: str) -> str:
    """Hand HTML to Sphinx; the fence is longer than any row of backticks within."""
    fence = "`" * (3 + max((len(ticks) for ticks in re.findall(r"`+", html)), default=0))
    return f"{fence}{{raw}} html\n{html.strip()}\n{fence}"


def _json_ld(described: Mapping[str, Any]) -> str:
    """Embed JSON-LD; no text in it can end the script that holds it."""
    written = json.dumps(described, ensure_ascii=False).replace("<", "\\u003c")
    return _raw(f'<script type="application/ld+json">{written}</script>')


def _anchor(identifier: str) -> str:
    """Put an anchor of our own before a heading: Sphinx's depend on the wording."""
    return _raw(Markup('<span class="anchor" id="{}"></span>').format(identifier))


def _plain(text: str) -> str:
    """Write a text of the data so that Markdown finds nothing in it to read."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def _heading(english: str, chinese: str | None) -> str:
    return _plain(english) + (f" [{_plain(chinese)}]{{.language-zh-Hans}}" if chinese else "")


def _switched(english: str, chinese: str) -> str:
    """Write a heading of which the reader's choice shows one language."""
    return f"[{_plain(english)}]{{.in-en .language-en}} [{_plain(chinese)}]{{.in-zh .language-zh-Hans}}"


def _date(row: Row) -> str:
    return words.day(row["announced"], row["announced_precision"])[0]


def _written(when: datetime.date, precision: str | None = "day") -> Markup:
    return words.bilingual(*words.day(when, precision))


def _label(row: Row) -> Markup:
    return words.bilingual(row["label_en"], row["label_zh"])


def _marked(quote: str, token: str) -> Markup:
    """Mark a token where it stands in its quote."""
    before, found, after = quote.partition(token)
    return Markup("{}<mark>{}</mark>{}").format(before, found, after)


def _by_limits(figures: Iterable[Row], scope: str) -> list[list[Row]]:
    """Figures by scope and area, those of the announcement's own scope first."""

    def limits(row: Row) -> tuple[bool, str, str]:
        return row["scope_id"] != scope, row["scope_id"], row["area"]

    return [list(group) for _, group in groupby(sorted(figures, key=limits), key=limits)]


def _claims(changes: Iterable[Row]) -> Iterator[tuple[Row, list[Row]]]:
    """Stated changes that say the same, together: the first, and all that print it."""

    def said(row: Row) -> tuple[str, ...]:
        names = "basis reading ratio_lower ratio_upper readings_left verdict base_observation_id".split()
        return tuple(str(row[name]) for name in names)

    for _, group in groupby(sorted(changes, key=said), key=said):
        rows = list(group)
        yield rows[0], rows
