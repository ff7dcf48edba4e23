"""Build the site: everything is staged, Sphinx makes HTML of it, and only then is the old site replaced."""

import json
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from china_border_statistics.curation import catalogues
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import DESCRIPTOR
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.curation.site import feed, pages, words
from china_border_statistics.curation.site.content import Content, Row, read_tables
from china_border_statistics.curation.site.redirects import Redirects, redirects
from china_border_statistics.curation.vocabulary import read_holidays

_HERE = Path(__file__).parent


# What Furo's and Sphinx's pages lack for readers with a keyboard or a screen reader.
_MENDED = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Site">',
    '<aside class="toc-drawer': '<aside aria-label="Page" class="toc-drawer',
    '<div class="table-wrapper': '<div tabindex="0" role="group" aria-label="Table" class="table-wrapper',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}


class SiteError(Exception):
    """Sphinx found something wrong with the pages; nothing was replaced."""


def build_site(root: Path, out: Path, *, aliases: list[Row] | None = None) -> int:
    """Build the site of a project.

    Parameters
    ----------
    root : Path
        The project's root, with the published tables in ``data`` and documents in ``docs``.
    out : Path
        Folder of the site; it is replaced as a whole, and only when everything has been made.
    aliases : list of mappings, optional
        Old ids, as rows of the code list ``aliases``, which they are where left out.

    Returns
    -------
    int
        Number of pages.

    Raises
    ------
    SiteError
        If Sphinx warns of anything, such as a link that leads nowhere.
    ValueError
        If an alias or the changelog is wrong.
    CurationError
        If the list of holidays is wrong.
    """
    metadata = Metadata.read(root)
    tables = read_tables(root)
    holidays, problems = read_holidays(root)
    if problems:
        raise CurationError(problems)
    content = Content(tables, holidays)
    moved = redirects(tables["aliases"] if aliases is None else aliases, list(content.observations))
    documents = pages.read_documents(root, metadata.homepage)
    described = json.loads((root / DESCRIPTOR).read_text("utf-8"))
    place = f"{metadata.homepage}/raw/main/", catalogues.coverage(pq.read_table(root / TABLES["observations"].path))
    dataset = catalogues.schema_org(described, *place)
    sources = pages.pages(content, metadata, moved, documents, dataset)
    extra = _extra(content, metadata, moved, (root / "CHANGELOG.md").read_text("utf-8"))
    extra["dcat.jsonld"] = json.dumps(catalogues.dcat(described, *place), ensure_ascii=False, indent=1)
    with tempfile.TemporaryDirectory(dir=_scratch(root)) as folder:
        staged = Path(folder)
        _write(sources, staged / "source")
        _write(extra, staged / "extra")
        _run_sphinx(staged, metadata)
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(staged / "html", out)
    return len(list(out.rglob("*.html")))


def _scratch(root: Path) -> Path:
    folder = root / ".build"
    folder.mkdir(exist_ok=True)
    return folder


def _write(texts: Mapping[str, str], folder: Path) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8", newline="\n")


def _extra(content: Content, metadata: Metadata, moved: Redirects, changelog: str) -> dict[str, str]:
    """Files that Sphinx only copies: charts and their runtime, the feed, pages of announcements that are no more."""
    from vl_convert import javascript_bundle

    there = {row["announcement_id"] for row in content.announcements}
    files = {f"charts/{name}.json": json.dumps(spec, ensure_ascii=False) for name, spec in content.charts.items()}
    if files:
        files["charts/zh.json"] = json.dumps(words.chart_words(content.units.values()), ensure_ascii=False)
        # In a function of its own: its names would clash with those of Sphinx's scripts.
        files["charts/vega.js"] = f"(() => {{{javascript_bundle('window.vegaEmbed = vegaEmbed;')}}})();\n"
    files["releases.xml"] = feed.atom(metadata, feed.releases(changelog))
    return files | {
        f"announcements/{name}.html": pages.moved_page(name, rows, metadata.title)
        for name, rows in moved.moved.items()
        if name not in there
    }


def _run_sphinx(staged: Path, metadata: Metadata) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.console import strip_colors
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    settings: dict[str, Any] = {
        "project": metadata.title,
        "author": metadata.contributor,
        "version": metadata.version,
        "release": metadata.version,
        "copyright": f"{metadata.released[:4]} {metadata.contributor}, {metadata.licence}",
        "extensions": ["myst_parser", "china_border_statistics.curation.site.search"],
        "html_search_language": "bilingual",
        "myst_enable_extensions": ["attrs_inline"],
        "myst_heading_anchors": 3,
        "smartquotes": False,
        "templates_path": [str(_HERE / "theme")],
        "html_theme": "furo",
        "html_title": metadata.title,
        "html_favicon": str(_HERE / "static" / "icon.svg"),
        "html_static_path": [str(_HERE / "static")],
        "html_css_files": ["site.css"],
        "html_js_files": ["site.js"],
        "html_extra_path": [str(staged / "extra")],
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_use_index": False,
        "html_theme_options": {"top_of_page_buttons": []},
    }
    said = (staged / "warnings.txt").open("w+", encoding="utf-8")
    with said, patch_docutils(), docutils_namespace(), warnings.catch_warnings():
        # What libraries tell each other about their next versions is nothing about the pages.
        for category in (DeprecationWarning, PendingDeprecationWarning):
            warnings.simplefilter("ignore", category)
        app = Sphinx(
            staged / "source", None, staged / "html", staged / "doctrees", "html", settings, status=None, warning=said
        )
        app.build()
        said.seek(0)
        found = strip_colors(said.read()).strip()
    if found or app.statuscode:
        raise SiteError(found.replace(f"{staged / 'source'}/", ""))
    for page in (staged / "html").rglob("*.html"):
        html = page.read_text("utf-8")
        for lacking, mended in _MENDED.items():
            html = html.replace(lacking, mended)
        page.write_text(html, "utf-8", newline="\n")
    (staged / "html" / ".buildinfo").unlink()  # for incremental builds, which there are none of
