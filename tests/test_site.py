"""The site's sources: what is on the pages, that data is text and nothing else, old ids, the feed, words."""

import datetime
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest

from china_border_statistics.curation import schema
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import build
from china_border_statistics.curation.site import feed, pages, words
from china_border_statistics.curation.site.content import Content, read_tables
from china_border_statistics.curation.site.redirects import Redirects, redirects
from china_border_statistics.curation.vocabulary import read_holidays
from conftest import HOSTILE, make_hostile

ROOT = Path(__file__).parents[1]
NONE = Redirects({}, {})
SPRING = "announcements/2024-03-10-harbour.md"


class Elements(HTMLParser):
    """Elements of an HTML text with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def attributes(self, name: str) -> set[str | None]:
        return {attributes[name] for _, attributes in self.elements if name in attributes}


def sources(root: Path, moved: Redirects = NONE) -> dict[str, str]:
    return pages.pages(Content(read_tables(root)), Metadata.read(root), moved, {"method": "# Method"})


@pytest.fixture(scope="module")
def made(pristine: Path) -> dict[str, str]:
    return sources(pristine)


def test_there_is_a_page_for_each_family_and_announcement(made):
    assert set(made) == {
        "index.md",
        "findings.md",
        "coverage.md",
        "method.md",
        "metrics/index.md",
        "metrics/harbour.md",
        "announcements/index.md",
        SPRING,
        "announcements/2024-09-10-harbour.md",
    }


def test_a_figure_has_its_id_as_anchor_and_its_words_with_their_language(made):
    page = Elements(made[SPRING])
    ids = [attributes["id"] for tag, attributes in page.elements if tag == "article"]
    assert ids == [
        "2024-03-10-harbour/boats_registered",
        "2024-03-10-harbour/boats_registered_sail",
        "2024-03-10-harbour/catch_landed",
        "2024-03-10-harbour/guests_counted",
    ]
    for words_on_page in (
        "登记船只1240艘",
        "a list of over 1,200 boats",
        "同比增长24%",
        "the paper counts the crews too",
    ):
        assert words_on_page in page.text
    assert ("q", {"lang": "zh-Hans"}) in page.elements
    assert "https://harbour.example/zh/1" in page.attributes("href")


def test_every_figure_of_a_metric_leads_to_its_announcement(made):
    content_links = Elements(made["metrics/harbour.md"]).attributes("href")
    assert {
        "../announcements/2024-03-10-harbour.html#2024-03-10-harbour/guests_counted",
        "../announcements/2024-09-10-harbour.html#2024-09-10-harbour/guests_counted",
    } <= content_links


def test_a_series_of_two_figures_has_a_chart_beside_its_table(pristine, made):
    content = Content(read_tables(pristine))
    several = {name for name, rows in content.series.items() if len(rows) > 1}
    assert several
    assert set(content.charts) == several
    page = Elements(made["metrics/harbour.md"])
    assert {name.removesuffix(".json") for name in page.attributes("data-chart")} == several
    assert page.text.count("every figure") == 0


def test_charts_are_valid_vega_lite(pristine):
    import altair as alt

    for spec in Content(read_tables(pristine)).charts.values():
        alt.LayerChart.from_dict(spec, validate=True)


def test_findings_show_the_figures_behind_them(made):
    page = Elements(made["findings.md"])
    identifier = "reannounced:2024-09-10-harbour/guests_counted<2024-03-10-harbour"
    assert identifier in page.attributes("id")
    assert "the autumn count corrected the spring's" in page.text
    assert "announcements/2024-03-10-harbour.html#2024-03-10-harbour/guests_counted" in page.attributes("href")


def test_the_coverage_leads_to_families_and_announcements():
    root = Content(read_tables(ROOT), read_holidays(ROOT)[0])
    made = pages.pages(root, Metadata.read(ROOT), NONE, {})
    page = Elements(made["coverage.md"])
    links = page.attributes("href")
    assert {f"metrics/{family}.html" for family in root.families} <= links
    assert {"metrics/crossings.html#crossings", "announcements/2024-07-05-h1-2024.html"} <= links
    assert "crossings.all.CN.year.json" in page.attributes("data-chart")
    cells = root.coverage.cells
    titles = page.attributes("title")
    for at in [("crossings", 2024), ("border_crime", 2021)]:
        cell = cells[at]
        said = f"{cell.national} of the whole country ({cell.mirrored} on mirrors only), {cell.regional} of its parts"
        assert said in titles
    assert f"{cells['prosecution', 2014].regional} of parts of the country alone" in titles
    assert "2005, 2007, 2011, 2013, 2017 ‖ 2018, 2019" in page.text
    assert {"lang": "zh-Hans", "class": "in-zh"} in [attributes for _, attributes in page.elements]
    assert "\nfindings\ncoverage\n" in made["index.md"]


def test_links_between_pages_lead_to_anchors_that_exist(made):
    ids = {f"{name.removesuffix('.md')}.html": Elements(text).attributes("id") for name, text in made.items()}
    checked = 0
    for name, text in made.items():
        for link in Elements(text).attributes("href"):
            target, _, anchor = str(link).partition("#")
            if target.startswith("http"):
                continue
            folder = name.rpartition("/")[0]
            page = "/".join([*folder.split("/"), target]) if target else f"{name.removesuffix('.md')}.html"
            page = re.sub(r"^/|[^/]+/\.\./", "", page)
            if page in ids and anchor:
                checked += 1
                assert re.sub("%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), anchor) in ids[page], link
    assert checked > 20


def test_texts_of_the_data_are_text_and_nothing_else(project):
    make_hostile(project)
    build(project)
    made = sources(project)
    for name, text in made.items():
        found = Elements(re.sub(r"^#+ .*", "", text, flags=re.M))
        assert not [tag for tag, _ in found.elements if tag in ("script", "img", "iframe", "svg")], name
        assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")], name
        assert not [link for link in found.attributes("href") if str(link).startswith("javascript")], name
    assert HOSTILE in Elements(made[SPRING]).text
    # In a heading every mark that Markdown could read stands behind a backslash, but for our own of the language.
    headings = re.findall(r"^#+ .*", "\n".join(made.values()), flags=re.M)
    assert any("pwned" in heading for heading in headings)
    assert not [heading for heading in headings if re.search(r"(?<!\\)[<`{](?!\.(?:language|in)-)", heading)]


@pytest.mark.parametrize("html", ["plain", "a ``` fence", "``````\n{raw}", "`"])
def test_html_cannot_close_its_fence(html):
    first, *middle, last = pages._raw(html).split("\n")
    assert first == f"{last}{{raw}} html"
    assert set(last) == {"`"}
    assert not [line for line in middle if line.startswith(last)]


def test_the_dataset_is_described_to_machines_and_ends_no_script(pristine):
    described = {"@type": "Dataset", "name": "</script><script>pwned</script>"}
    content, metadata = Content(read_tables(pristine)), Metadata.read(pristine)
    home = pages.pages(content, metadata, NONE, {}, described)["index.md"]
    (written,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', home)
    assert json.loads(written) == described


# --- Old ids

ALIAS = {"of_table": "observations", "reason": "two metrics were one", "since": "0.3.0"}
NOW = ["b/two", "b/three", "c/x"]


def test_old_ids_are_answered_where_their_links_look():
    found = redirects(
        [
            {"old_id": "b/one", "new_id": "b/two", **ALIAS},
            {"old_id": "a/x", "new_id": "a/y", **ALIAS},
            {"old_id": "a/y", "new_id": "c/x", **ALIAS},
            {"old_id": "c/gone", "new_id": None, **ALIAS},
            {**ALIAS, "old_id": "paper", "new_id": "lantern", "of_table": "publishers"},
        ],
        NOW,
    )
    assert found.beside == {"b/two": ("b/one",)}
    assert {page: [(row.old_id, row.new_id) for row in rows] for page, rows in found.moved.items()} == {
        "a": [("a/x", "c/x"), ("a/y", "c/x")],
        "c": [("c/gone", None)],
    }


@pytest.mark.parametrize(
    ("aliases", "words_of_error"),
    [
        ([("b/one", "b/nine")], "leads to 'b/nine', which is no observation"),
        ([("b/one", "b/four"), ("b/four", "b/one")], "goes in a circle"),
        ([("b/two", "b/three")], "an id in use can't be an alias"),
    ],
)
def test_a_wrong_alias_is_refused(aliases, words_of_error):
    with pytest.raises(ValueError, match=re.escape(words_of_error)):
        redirects([{"old_id": old, "new_id": new, **ALIAS} for old, new in aliases], NOW)


def test_an_old_anchor_stands_beside_its_figure(pristine):
    moved = redirects(
        [
            {"old_id": "2024-03-10-harbour/boats", "new_id": "2024-03-10-harbour/boats_registered", **ALIAS},
            {"old_id": "2024-03-10-harbour/lost", "new_id": "2024-09-10-harbour/guests_counted", **ALIAS},
        ],
        ["2024-03-10-harbour/boats_registered", "2024-09-10-harbour/guests_counted"],
    )
    page = Elements(sources(pristine, moved)[SPRING])
    assert {"2024-03-10-harbour/boats", "2024-03-10-harbour/lost"} <= page.attributes("id")
    assert "../announcements/2024-09-10-harbour.html#2024-09-10-harbour/guests_counted" in page.attributes("href")


# --- The feed

CHANGELOG = """# Changelog

Words.

## 0.2.0 — 2026-02-03

- More <b>.

### Schema

- Details.

## 0.1.0 — 2026-01-02

- First.
"""


def test_releases_are_read_from_the_changelog():
    assert feed.releases(CHANGELOG) == [
        feed.Release("0.2.0", datetime.date(2026, 2, 3), "- More <b>."),
        feed.Release("0.1.0", datetime.date(2026, 1, 2), "- First."),
    ]


def test_the_changelog_of_the_project_is_read():
    assert feed.releases((ROOT / "CHANGELOG.md").read_text("utf-8"))[-1].version == "0.1.0"


@pytest.mark.parametrize("heading", ["## 0.3.0", "## v0.3.0 — 2026-02-03", "## 0.3.0 - 2026-02-03", "## Unreleased"])
def test_a_heading_that_is_no_release_is_refused(heading):
    with pytest.raises(ValueError, match=re.escape(f"found heading {heading!r}")):
        feed.releases(f"{CHANGELOG}\n{heading}\n\n- Words.\n")


def test_the_feed_is_atom():
    """What RFC 4287, section 4, requires of a feed and its entries."""
    root = ET.fromstring(feed.atom(Metadata.read(ROOT), feed.releases(CHANGELOG)))
    space = f"{{{feed.ATOM}}}"
    assert root.tag == f"{space}feed"
    entries = root.findall(f"{space}entry")
    instant = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
    for element in (root, *entries):
        for once in ("id", "title", "updated"):
            assert len(element.findall(f"{space}{once}")) == 1
        assert re.match(r"https://\S+$", element.findtext(f"{space}id") or "")
        assert instant.fullmatch(element.findtext(f"{space}updated") or "")
        links = [link.attrib for link in element.findall(f"{space}link")]
        assert len([link for link in links if link["rel"] == "alternate"]) == 1
    assert root.find(f"{space}author/{space}name") is not None
    assert [link.attrib["href"] for link in root.findall(f"{space}link[@rel='self']")] == ["releases.xml"]
    assert [entry.findtext(f"{space}content") for entry in entries] == ["- More <b>.", "- First."]
    identifiers = [element.findtext(f"{space}id") for element in (root, *entries)]
    assert len(set(identifiers)) == 3
    assert root.findtext(f"{space}updated") == "2026-02-03T00:00:00Z"


# --- Words


def when(start: str | None, end: str, precision: str = "day") -> tuple[str, str]:
    first = None if start is None else datetime.date.fromisoformat(start)
    return words.period(
        {"period_start": first, "period_end": datetime.date.fromisoformat(end), "period_precision": precision}
    )


@pytest.mark.parametrize(
    ("period", "english", "chinese"),
    [
        (("2021-01-01", "2021-12-31"), "2021", "2021年"),
        (("2021-07-01", "2021-12-31"), "second half of 2021", "2021年下半年"),
        (("2021-04-01", "2021-06-30"), "second quarter of 2021", "2021年第二季度"),
        (("2021-10-01", "2021-12-31"), "fourth quarter of 2021", "2021年第四季度"),
        (("2021-02-01", "2021-02-28"), "February 2021", "2021年2月"),
        (("2021-02-01", "2021-02-01"), "1 February 2021", "2021年2月1日"),
        (("2020-12-05", "2021-03-29"), "5 December 2020 to 29 March 2021", "2020年12月5日至2021年3月29日"),
        (("2020-12-01", "2021-03-29", "month"), "December 2020 to 29 March 2021", "2020年12月至2021年3月29日"),
        ((None, "2021-03-29"), "up to 29 March 2021", "截至2021年3月29日"),
    ],
)
def test_periods_are_written_in_both_languages(period, english, chinese):
    assert when(*period) == (english, chinese)


def test_every_code_that_a_page_shows_has_words():
    codes = {code for table in schema.TABLES.values() for column in table.columns for code in column.enum}
    lists = "PERIOD_KINDS QUALIFIERS BASES READINGS VERDICTS SOURCE_KINDS".split()
    shown = {code for name in lists for code in getattr(schema, name)}
    assert shown <= codes
    assert not shown - set(words.WORDS)
    assert {f"status_{status}" for status in schema.OBS_STATUSES if status != "A"} <= set(words.WORDS)


def test_every_word_of_a_chart_has_a_chinese_one():
    from china_border_statistics import plots

    shown = {
        *plots._TOOLTIP,
        *(title for _, title in plots._AXES.values()),
        *plots._SHAPES,
        *plots._STATUSES.values(),
        *schema.QUALIFIERS,
    }
    assert shown <= set(words.chart_words([]))


@pytest.mark.parametrize(
    ("label", "expected"),
    [("人、名", "人"), ("辆（架、列、艘）次", "辆次"), ("元（人民币）", "元"), ("本、张、件、枚", ""), (None, "")],
)
def test_a_chinese_counter_is_one_word_or_none(label, expected):
    assert words.counter({"label_zh": label}) == expected


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((4607.077, 6964.186), "4,607–6,965"),
        ((51.5, 52.5), "51.5–52.5"),
        ((2, None), "≥ 2"),
        ((7, 7), "7"),
    ],
)
def test_intervals_are_written_no_narrower_than_they_are(bounds, expected):
    assert words.interval(*bounds) == expected


def test_a_family_has_a_name_in_both_languages():
    families = {row["family"] for row in read_tables(ROOT)["metrics"]}
    assert not [family for family in families if not words.family_name(family)[1]]
    assert words.family_name("made_up") == ("Made up", "")


def test_chinese_is_searched_by_pairs():
    from china_border_statistics.curation.site.search import SearchBilingual

    split = SearchBilingual({}).split
    assert split("抓获嫌疑人6261名 in suspects_arrested") == [
        "抓获",
        "获嫌",
        "嫌疑",
        "疑人",
        "6261",
        "名",
        "in",
        "suspects_arrested",
    ]


def test_documents_are_pages_and_the_findings_are_our_own():
    documents = pages.read_documents(ROOT, "https://home.example")
    assert {"method", "loading", "data-dictionary", "records", "changelog"} <= set(documents)
    assert not {"findings", "coverage"} & documents.keys()
    assert not [name for name, text in documents.items() if "](../" in text]
