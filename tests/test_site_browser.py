"""The site in a real browser: Debian's Chromium, driven by Playwright, served under a subpath."""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from china_border_statistics.curation.package import build
from china_border_statistics.curation.site.build import SiteError, build_site
from conftest import HOSTILE, TRICKS, add_hostile_records, make_hostile

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
NOVEMBER = "announcements/2021-11-05-campaign-and-jan24-case.html"
PAGES = [
    "index.html",
    "metrics/index.html",
    "metrics/border_crime.html",
    "metrics/crossings.html",
    "announcements/index.html",
    NOVEMBER,
    "findings.html",
    "coverage.html",
    "data-dictionary.html",
    "loading.html",
    "search.html",
]
MARCH, MAY = "2021-03-29-campaign/suspects_arrested", "2021-05-31-campaign/suspects_arrested"
OLD = {"2019-01-01-gone/boats": MARCH, "2021-03-29-campaign/suspects": MARCH, "2021-03-29-campaign/lost": MAY}
ALIASES = [
    {"of_table": "observations", "old_id": old, "new_id": new, "reason": "made up", "since": "0.3.0"}
    for old, new in OLD.items()
]


POINT = ".drawing path[aria-roledescription='point']"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as a file server does; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The project's own site, served under a subpath, with old ids that were never there."""
    folder = tmp_path_factory.mktemp("served")
    build_site(ROOT, folder / "some/where", aliases=ALIASES)
    with served(folder) as address:
        yield f"{address}some/where/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Of this module alone: while Playwright is open, nothing else can run an event loop.
    chromium = shutil.which("chromium")
    assert chromium, "these tests need Chromium: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Any]:
    """Open a page and see to it that it makes no error and asks no other host for anything."""
    contexts, faults = [], []

    def open_page(address: str, **settings: Any) -> Page:
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        host = address.split("/")[2]
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(dialog.message))
        page.on("request", lambda request: faults.append(request.url) if host not in request.url[:30] else None)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not [fault for fault in faults if not fault.startswith(("data:", "blob:"))]


def draw(page: Page, most: int = 1000) -> int:
    """Bring charts into view until they are drawn; how many."""
    count = min(page.locator(".drawing").count(), most)
    for at in range(count):
        page.locator(".drawing").nth(at).scroll_into_view_if_needed()
        page.wait_for_function("at => document.querySelectorAll('.drawing')[at].matches('.drawn')", arg=at)
    return count


@pytest.mark.parametrize("path", PAGES)
def test_pages_load_draw_and_fit_a_phone(site, open_page, path):
    page = open_page(site + path, viewport={"width": 360, "height": 740})
    charts = draw(page)
    assert page.locator(".drawing svg").count() == charts
    assert page.locator("path[aria-roledescription='point']").count() >= 2 * charts
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", [path for path in PAGES if path != "metrics/crossings.html"])
def test_axe_finds_nothing_serious(site, open_page, path, theme):
    width = {"light": 1280, "dark": 360}[theme]
    page = open_page(site + path, viewport={"width": width, "height": 800}, color_scheme=theme)
    draw(page, 3)
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    violations = Axe().run(page).response["violations"]
    grave = [v for v in violations if v["impact"] in ("serious", "critical")]
    assert not [(v["id"], v["nodes"][0]["html"], len(v["nodes"])) for v in grave]


@pytest.mark.parametrize(("path", "chart"), [("index.html", 0), ("metrics/border_crime.html", 2)])
def test_a_click_on_a_point_lands_on_its_figure(site, open_page, path, chart):
    page = open_page(site + path)
    drawing = page.locator(".drawing").nth(chart)
    drawing.scroll_into_view_if_needed()
    point = drawing.locator("path[aria-roledescription='point']").last
    words = point.get_attribute("aria-label")
    point.click()
    page.wait_for_url("**/announcements/**")
    figure = page.locator("article.figure:target")
    assert figure.count() == 1
    assert figure.is_visible()
    printed = words.split("printed ")[1]
    assert printed in figure.inner_text()


def test_a_point_tells_its_words_and_source_when_pointed_at(site, open_page):
    page = open_page(site + "index.html")
    draw(page, 3)
    page.locator(".drawing path[aria-roledescription='point']").nth(2).hover()
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    for words in ("3.08万人", "rounded", "30,750 to 30,850", "10 September 2021"):
        assert words in tooltip.inner_text()


def test_the_table_has_every_link_of_the_chart(site, open_page):
    """Points can't be reached by keyboard: the table beside them can."""
    page = open_page(site + "metrics/border_crime.html")
    draw(page, 3)
    links = page.evaluate(
        "[...document.querySelectorAll(\".drawing path[aria-roledescription='point']\")]"
        ".map(point => new URL('../' + point.__data__.datum.href, location).href)"
    )
    assert len(links) >= 6
    assert set(links) <= set(page.evaluate("[...document.querySelectorAll('table a')].map(link => link.href)"))


def test_the_choice_of_labels_is_remembered(site, open_page):
    page = open_page(site + NOVEMBER, viewport={"width": 1280, "height": 800})
    english, chinese = (page.locator(f"dl.facts dt .in-{language}").first for language in ("en", "zh"))
    assert (english.is_visible(), chinese.is_visible()) == (True, False)
    assert chinese.get_attribute("lang") == "zh-Hans"
    page.locator(".labels-switch:visible").click()
    assert (english.is_visible(), chinese.is_visible()) == (False, True)
    page.goto(site + "metrics/border_crime.html")
    draw(page, 1)
    axis = page.locator(".drawing").first.locator(".role-axis-title text")
    assert axis.all_text_contents() == ["时期末", "人"]
    page.locator(".labels-switch:visible").click()
    page.locator(".drawing").first.get_by_text("persons").wait_for()
    assert axis.all_text_contents() == ["end of period", "persons"]
    page.locator(".labels-switch:visible").click()
    assert page.locator("dl.facts dt .in-zh").first.is_visible()
    assert page.locator(".labels-switch:visible").inner_text() == "English"


def test_charts_follow_the_theme(site, open_page):
    page = open_page(site + "index.html", color_scheme="light", viewport={"width": 1280, "height": 800})
    draw(page, 3)
    colour = "getComputedStyle(document.querySelector('.drawing .role-axis-label text')).fill"
    light = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(colour) != light


def test_without_scripts_every_figure_is_there(site, open_page):
    page = open_page(site + "metrics/border_crime.html", java_script_enabled=False)
    assert page.get_by_text("6,261").first.is_visible()
    assert page.locator("dl.facts dt .in-en").first.is_visible()
    page.goto(site + f"{NOVEMBER}#2021-11-05-campaign-and-jan24-case/cases_handled")
    assert page.locator("article.figure:target").is_visible()


def test_in_print_only_the_page_is_left(site, open_page):
    page = open_page(site + NOVEMBER, viewport={"width": 1280, "height": 800})
    page.emulate_media(media="print")
    assert not page.locator(".sidebar-drawer").is_visible()
    assert not page.locator(".labels-switch:visible").count()
    assert page.locator("article.figure").first.is_visible()


@pytest.mark.parametrize("words", ["suspects arrested", "抓获犯罪", "嫌疑人"])
def test_search_finds_in_both_languages(site, open_page, words):
    page = open_page(f"{site}search.html?q={words}")
    page.locator("#search-results li a").first.wait_for()
    assert page.locator("#search-results a[href*='metrics/border_crime.html']").count()


@pytest.mark.parametrize(("old", "new"), [("2019-01-01-gone/boats", MARCH), ("2021-03-29-campaign/lost", MAY)])
def test_an_old_link_goes_on_to_the_figure(site, open_page, old, new):
    page = open_page(f"{site}announcements/{old.split('/')[0]}.html#{old}")
    page.wait_for_url(f"**#{new}")
    assert page.locator("article.figure:target").get_attribute("id") == new


def test_machines_are_told_of_the_dataset(site, open_page):
    page = open_page(site + "index.html")
    described = json.loads(page.locator("script[type='application/ld+json']").text_content())
    assert described["@type"] == "Dataset"
    assert len(described["distribution"]) > 10
    links = page.evaluate("[...document.querySelectorAll('link[rel=alternate]')].map(link => link.href)")
    assert sorted(link.removeprefix(site) for link in links) == ["dcat.jsonld", "releases.xml"]
    assert [page.request.get(link).status for link in links] == [200, 200]


def test_an_old_anchor_is_beside_its_figure(site, open_page):
    page = open_page(f"{site}announcements/2021-03-29-campaign.html#2021-03-29-campaign/suspects")
    figure = page.locator("article.figure:has(:target)")
    assert figure.get_attribute("id") == MARCH


# --- The made-up project


@pytest.fixture
def complete(project: Path) -> Path:
    """The made-up project with the documents that a site needs."""
    shutil.copy(ROOT / "CHANGELOG.md", project)
    shutil.copy(ROOT / "data/README.md", project / "data")
    shutil.copytree(ROOT / "docs", project / "docs")
    return project


def test_markup_in_the_data_does_nothing(complete, tmp_path, open_page):
    make_hostile(complete)
    build(complete)
    build_site(complete, tmp_path / "site")
    with served(tmp_path / "site") as address:
        _read_hostile(address, open_page)


def test_pages_full_of_scripts_do_nothing(complete, tmp_path, open_page):
    """From the page that a curator drafts from to the page that a reader opens."""
    names = add_hostile_records(complete)
    build(complete)
    build_site(complete, tmp_path / "site")
    with served(tmp_path / "site") as address:
        paths = [
            "index.html",
            "metrics/harbour.html",
            "announcements/index.html",
            "findings.html",
            "search.html?q=boats",
        ]
        for path in [*paths, *(f"announcements/{name}.html" for name in names)]:
            page = open_page(address + path)
            draw(page, 2)
            for at in range(min(3, page.locator(POINT).count())):
                page.locator(POINT).nth(at).hover(force=True)
            assert set(page.evaluate("[...document.links].map(link => link.protocol)")) <= {"http:", "https:"}
            assert page.evaluate("window.pwned") is None, path
            assert page.locator("article iframe, article svg:not(.drawing svg), article style, [onload]").count() == 0
        for name, trick in zip(names, TRICKS, strict=True):
            page = open_page(f"{address}announcements/{name}.html")
            assert " ".join(trick.split()) in page.locator("h1").inner_text()


def _read_hostile(address: str, open_page: Any) -> None:
    for path in ("index.html", "metrics/harbour.html", "announcements/2024-03-10-harbour.html", "findings.html"):
        page = open_page(address + path)
        draw(page, 3)
        assert page.evaluate("window.pwned") is None
        for at in range(page.locator(POINT).count()):
            page.locator(POINT).nth(at).hover(force=True)
        assert page.evaluate("window.pwned") is None
        ours = "script:not([type='application/ld+json'])"
        assert page.locator(f"article img, article {ours}, #vg-tooltip-element img").count() == 0
    page = open_page(address + "announcements/2024-03-10-harbour.html")
    assert HOSTILE in page.locator("h1").inner_text()


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_building_twice_gives_the_same_bytes(complete, tmp_path):
    build(complete)
    code = (
        "import sys; from pathlib import Path; from china_border_statistics.curation.site.build import build_site; "
        "build_site(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    made = []
    for seed in ("1", "2"):
        out = tmp_path / f"site-{seed}"
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(complete), str(out)], env=environment, check=True)
        made.append(digests(out))
    assert made[0] == made[1]
    assert "index.html" in made[0]


def test_a_link_that_leads_nowhere_stops_the_build_and_leaves_the_old_site(complete, tmp_path):
    build(complete)
    out = tmp_path / "site"
    out.mkdir()
    (out / "index.html").write_text("the old one", "utf-8")
    (complete / "docs/method.md").write_text("# Method\n\n[nowhere](no-such-page.md)\n", "utf-8")
    with pytest.raises(SiteError, match=r"method\.md:3.*no-such-page"):
        build_site(complete, out)
    assert (out / "index.html").read_text("utf-8") == "the old one"
