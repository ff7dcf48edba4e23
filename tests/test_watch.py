"""Listing pages and feeds: which announcements are new, whatever strangers write into titles and addresses."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from china_border_statistics.curation.fetching import Fetched
from china_border_statistics.curation.listings import (
    Link,
    ListingError,
    is_of_statistics,
    new_links,
    parse_listing,
    plain_address,
)

ROOT = Path(__file__).parents[1]
HOME = "https://harbour.example/news/index.html"
Run = Callable[..., tuple[int, str, str]]

HTML = """<html><head><meta charset="gb2312"></head><body><ul>
<li><a href="../zh/2" title="港务处：上半年查验出入境人员1.2万人次">港务处：上半年查验…</a> <span>2024-07-05</span></li>
<li><a href="http://harbour.example/zh/3/">Harbour day: 1,240 entries and exits\trecorded</a></li>
<li><a href="/about">About us</a></li>
<li><a href="javascript:alert(1)">Entries up 20 percent</a></li>
<li><a href="mailto:office@harbour.example">Visas: 2,000 issued</a></li>
<li><a>No address, 12 percent more visas</a></li>
<li><a href="/pictures"><img src="x.png"></a></li>
</ul></body></html>"""

RSS = """<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>Harbour</title>
<item><title>港务处：上半年查验出入境人员1.2万人次</title><link>https://harbour.example/zh/2</link>
<pubDate>Fri, 05 Jul 2024 10:00:00 +0800</pubDate></item>
<item><title><![CDATA[1,240 <b>entries</b> recorded]]></title><link>/zh/3</link></item>
<item><title>No link</title></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title>
<entry><title>Entries up 20 percent</title><link href="https://harbour.example/en/4"/>
<published>2024-07-05T10:00:00Z</published></entry></feed>"""


def read(content: bytes | str, url: str = HOME) -> list[tuple[str, str, str | None]]:
    content = content.encode() if isinstance(content, str) else content
    return [(link.url, link.title, link.published) for link in parse_listing(Fetched(url, None, content), "office")]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_links_of_a_page(codec: str) -> None:
    assert read(HTML.encode(codec)) == [
        ("https://harbour.example/zh/2", "港务处：上半年查验出入境人员1.2万人次", None),
        ("http://harbour.example/zh/3/", "Harbour day: 1,240 entries and exits recorded", None),
        ("https://harbour.example/about", "About us", None),
    ]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_links_of_an_rss_feed(codec: str) -> None:
    first, second = read(RSS.encode(codec))
    assert first == ("https://harbour.example/zh/2", "港务处：上半年查验出入境人员1.2万人次", "2024-07-05")
    assert (second[0], second[2]) == ("https://harbour.example/zh/3", None)


def test_links_of_an_atom_feed() -> None:
    assert read(ATOM) == [("https://harbour.example/en/4", "Entries up 20 percent", "2024-07-05")]


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "boats">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><rss><channel><item><title>&j;</title><link>https://harbour.example/1</link></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "without links"),
        (b"\x00\x01\x02" * 100, "no encoding"),
        (b"<html><body>Nothing here</body></html>", "without links"),
        (b"<html>" + b"<div>" * 1_000_000 + b"<a href=/1>x</a>", "nested deeper than 255"),
        (b"<?xml version='1.0'?><rss><channel></channel></rss>", "without links"),
    ],
)
def test_a_listing_that_is_none(content: bytes, words: str) -> None:
    with pytest.raises(ListingError, match=words):
        read(content)


def test_a_link_that_is_none_does_not_cost_the_others() -> None:
    page = b'<a href="http://[x/">Entries up 3 percent</a><a href="/2">Entries up 20 percent</a>'
    assert read(page) == [("https://harbour.example/2", "Entries up 20 percent", None)]
    assert plain_address("http://[x/") == "http://[x/"


def test_entities_of_entities_are_not_followed() -> None:
    assert read(LAUGHS) == [("https://harbour.example/1", "&j;", None)]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("上半年全国移民管理机构查验出入境人员2.87亿人次", True),
        ("国家移民管理局通报一季度主要数据", True),
        ("國慶假期日均出入境旅客按年增長兩成", True),
        ("Inbound trips by foreigners surge 50 percent in Q3", True),
        ("NIA releases main data for the first half", True),
        ("13 million exits and entries recorded during the holiday", True),
        ("国家移民管理局召开党组会议", False),
        ("Rice harvest up 3 percent", False),
        ("How to apply for a visa", False),
        ("", False),
    ],
)
def test_titles_of_statistics(title: str, expected: bool) -> None:
    assert is_of_statistics(title) is expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://www.harbour.example/1", "https://harbour.example/1/", True),
        ("https://HARBOUR.example/1#top", "https://harbour.example/1", True),
        ("https://harbour.example/1?utm_source=x&id=2", "https://harbour.example/1?id=2", True),
        ("https://harbour.example/1?id=2", "https://harbour.example/1?id=3", False),
        ("https://harbour.example/1", "https://harbour.example/2", False),
        ("https://harbour.example/A", "https://harbour.example/a", False),
    ],
)
def test_addresses_of_one_page(one: str, other: str, same: bool) -> None:
    assert (plain_address(one) == plain_address(other)) is same


def test_new_links_are_those_of_statistics_that_no_record_has() -> None:
    title = "Entries up 20 percent"
    links = [Link("office", f"https://harbour.example/{n}", title, None) for n in (1, 2, 3)]
    again = Link("paper", "http://www.harbour.example/3/", title, None)
    other = Link("office", "https://harbour.example/4", "Rice harvest", None)
    assert new_links([*links, again, other], ["http://harbour.example/1/"]) == links[1:]


@pytest.fixture
def listed(edit: Callable[[str, str, str], None]) -> None:
    """Give the made-up harbour office a listing."""
    publishers = "data/vocabulary/publishers.csv"
    edit(publishers, "https://harbour.example/,,made up", f"https://harbour.example/,{HOME},made up")


PAGE = f"""<html><head><title>Harbour</title></head><body><article>
<p>{"The harbour office said that 1,240 entries were recorded this year, up 24 percent. " * 3}</p>
</article></body></html>"""
NASTY = (
    '<a href="/zh/9">Entries up 20 percent\x1b[2J\u202e [red]</a> <a href="https://harbour.example/zh/1">Entries up</a>'
)
PAGES = {HOME: HTML.replace("</ul>", NASTY + "</ul>"), "https://harbour.example/zh/2": PAGE}


@pytest.mark.usefixtures("listed")
def test_watch_says_what_is_new(run: Run) -> None:
    code, out, err = run("watch", PAGES)
    assert (code, err) == (0, "")
    assert out.endswith("3 announcements that no record has\n")
    assert "day unknown harbour-office          港务处：上半年查验出入境人员1.2万人次\n" in out
    assert "https://harbour.example/zh/1\n" not in out, "a record has it"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out), "a terminal would obey it"


@pytest.mark.usefixtures("listed")
def test_watch_prints_json(run: Run) -> None:
    code, out, _ = run("watch", PAGES, "--json")
    assert code == 0
    assert [link["url"] for link in json.loads(out)] == [
        "https://harbour.example/zh/2",
        "http://harbour.example/zh/3/",
        "https://harbour.example/zh/9",
    ]
    assert out.isascii()


@pytest.mark.usefixtures("listed")
def test_a_listing_that_cannot_be_read_is_said(run: Run) -> None:
    code, out, err = run("watch", {HOME: 500})
    assert (code, out) == (3, "0 announcements that no record has\n")
    assert err == f"harbour-office: status 500 ({HOME})\n"


def test_without_listings_nothing_is_asked(run: Run) -> None:
    assert run("watch", {}) == (0, "0 announcements that no record has\n", "")


@pytest.mark.usefixtures("listed")
def test_watch_stops_at_records_that_are_wrong(run: Run, edit: Callable[[str, str, str], None]) -> None:
    edit("data/records/2024/2024-03-10-harbour.yaml", "value: 310", "value: many")
    code, out, err = run("watch", PAGES)
    assert (code, out) == (1, "")
    assert "a plain number" in err


@pytest.mark.usefixtures("listed")
def test_drafts_are_written_for_what_is_new(run: Run, tmp_path: Path) -> None:
    dated = PAGE.replace("<head>", '<head><meta name="PubDate" content="2024-07-05">')
    pages = {**PAGES, "https://harbour.example/zh/2": dated, "http://harbour.example/zh/3/": dated}
    for expected in (["", "-2"], ["", "-2", "-3", "-4"]):
        code, _, err = run("watch", pages, "--draft", str(tmp_path / "drafts"))
        assert code == 3
        assert "https://harbour.example/zh/9: no draft: status 404" in err
        names = sorted(path.name for path in (tmp_path / "drafts").iterdir())
        assert names == sorted(f"2024-07-05-harbour-office{suffix}.yaml" for suffix in expected)
    draft = (tmp_path / "drafts/2024-07-05-harbour-office.yaml").read_text("utf-8")
    assert "announcement: 2024-07-05-harbour-office\n" in draft
    assert '    url: "https://harbour.example/zh/2"\n' in draft


def test_the_workflow_pins_its_actions_and_has_the_least_leave() -> None:
    from ruamel.yaml import YAML

    workflow = YAML(typ="safe").load(ROOT / ".github/workflows/watch.yml")
    assert workflow["permissions"] == {}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"contents": "read", "issues": "write"}
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", step["uses"]) for step in job["steps"] if "uses" in step)
    assert not any("${{" in step.get("run", "") for step in job["steps"]), "no expression becomes a command"
