"""The site in a browser: what its pages weigh, and how long until a chart is there."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.parts import ROOT, Part, Settings
from benchmarks.results import Result, of_pairs
from benchmarks.serving import served
from china_border_statistics.curation.site.build import build_site

PAGES = {
    "home": "index.html",
    "a metric's page": "metrics/border_crime.html",
    "the largest metric's page": "metrics/crossings.html",
    "an announcement's page": "announcements/2021-11-05-campaign-and-jan24-case.html",
    "data dictionary": "data-dictionary.html",
}
CHARTS = ("home", "a metric's page", "the largest metric's page")
EMPTY = "<!doctype html><html lang=en><title>empty</title><svg></svg>"


def measure(settings: Settings) -> Iterator[Result]:
    """Build the site, then open its pages in Chromium with an empty cache.

    Raises
    ------
    FileNotFoundError
        If there is no Chromium.
    """
    folder = settings.folder / "site"
    start = time.perf_counter()
    pages = build_site(ROOT, folder)
    yield Result("site", "building the site", "s", time.perf_counter() - start)
    whole = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    yield Result("site", f"whole site, {pages} pages", "kB", whole / 1e3)
    (folder / "empty.html").write_text(EMPTY, "utf-8")
    chromium = shutil.which("chromium")
    if chromium is None:
        raise FileNotFoundError("Chromium is needed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path in PAGES.items():
            _, weight, requests = opened(browser, folder, path, has_chart=name in CHARTS)
            yield Result("site", f"{name}, with all it loads", "kB", weight / 1e3)
            yield Result("site", f"{name}: requests", "requests", requests)
        for name in CHARTS:
            pairs = [
                (opened(browser, folder, PAGES[name], has_chart=True)[0], opened(browser, folder, "empty.html")[0])
                for _ in range(settings.runs)
            ]
            yield of_pairs("site", f"{name}, until its first chart is drawn / an empty page", "s", pairs)
        browser.close()


def opened(browser: Browser, folder: Path, path: str, *, has_chart: bool = False) -> tuple[float, int, int]:
    """Open a page anew: seconds until its first chart is drawn, or it is loaded; bytes and requests till then."""
    with served(folder) as log:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        start = time.perf_counter()
        page.goto(f"{log.address}/{path}")
        if has_chart:
            page.locator(".drawing").first.scroll_into_view_if_needed()
            page.locator(".drawing.drawn svg").first.wait_for()
        seconds = time.perf_counter() - start
        page.wait_for_load_state("networkidle")
        context.close()
        return seconds, log.bytes, log.requests


PART = Part(
    "Site",
    """\
Pages in Chromium, each with an empty cache, from a server on the same machine, without compression. The chart's time
runs from the request until the first chart of the page is drawn, and includes bringing it into view.""",
    measure,
)
