"""Listing pages and feeds of publishers: which of their announcements of statistics the records don't have yet."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from china_border_statistics.curation.decoding import UndecodableError, decode
from china_border_statistics.curation.fetching import Fetched, Fetcher, FetchError
from china_border_statistics.curation.isolation import parse_apart

# What a title of border statistics speaks of, and how it says that there are figures.
_SUBJECT = re.compile(
    r"出入境|移民管理|边检|邊檢|口岸|入境|出境|偷渡|妨害国\(边\)境|妨害國\(邊\)境|国境|國境|护照|護照|签证|簽證|"
    r"\b(border|entr(y|ies)|exits?|exit-entry|immigration|NIA|passports?|visas?|visa-free|inbound|outbound|cross-border|"
    r"smuggl\w+|crossings?|travell?ers?)\b",
    re.I,
)
_FIGURES = re.compile(
    r"\d[\d.,]*\s*(%|％|percent|万|萬|亿|億|人|名|起|million|thousand|exits|entries|trips|cases)|"
    r"同比|環比|环比|增长|增長|上升|下降|数据|數據|人次|通报|通報|统计|統計|"
    r"\b(million|percent|statistics|main data|figures|year[- ]on[- ]year|"
    r"surge[sd]?|r[io]se|up|down|record|recorded)\b",
    re.I,
)
_TRACKING = re.compile(r"^(utm_\w+|spm|from|fbclid)=")


@dataclass(frozen=True, order=True)
class Link:
    """One announcement that a publisher lists: its address, its title, and the day it gives, where it gives one."""

    publisher: str
    url: str
    title: str
    published: str | None


class ListingError(ValueError):
    """A listing that can't be read, and what was found instead."""


async def read_listing(fetcher: Fetcher, publisher: str, url: str) -> list[Link]:
    """Get a publisher's listing page or feed (RSS or Atom) and read its links.

    Raises
    ------
    ListingError
        If it can't be got, can't be read, or holds no link.
    """
    try:
        return parse_listing(await fetcher.get(url), publisher)
    except FetchError as error:
        raise ListingError(str(error)) from error


def parse_listing(got: Fetched, publisher: str) -> list[Link]:
    """Read the links of a listing page or feed; see ``read_listing``."""
    try:
        text = decode(got.content, got.charset)
    except UndecodableError as error:
        raise ListingError(str(error)) from error
    made: dict[str, Any] = parse_apart("listing", text.encode(), got.url) if text.strip() else {"links": []}
    if "error" in made:
        raise ListingError(made["error"])
    links = [Link(publisher, link["url"], link["title"], link["published"]) for link in made["links"]]
    if not links:
        raise ListingError("a page without links")
    return list(dict.fromkeys(links))


def is_of_statistics(title: str) -> bool:
    """Whether a title reads as that of border statistics: it names the subject, and that there are figures."""
    return bool(_SUBJECT.search(title) and _FIGURES.search(title))


def new_links(links: Iterable[Link], known: Iterable[str]) -> list[Link]:
    """Those links that read as announcements of statistics and whose address isn't among the known ones, each once.

    Addresses are the same whatever their scheme, ``www.``, closing slash, fragment and marks of tracking.
    """
    seen = {plain_address(url) for url in known}
    found: dict[str, Link] = {}
    for link in links:
        address = plain_address(link.url)
        if address not in seen and is_of_statistics(link.title):
            found.setdefault(address, link)
    return list(found.values())


def plain_address(url: str) -> str:
    """An address without what doesn't tell pages apart; one that is none stays as it is."""
    try:
        parts = urlsplit(url)
    except ValueError:  # http://[
        return url
    query = "&".join(part for part in parts.query.split("&") if part and not _TRACKING.match(part))
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}{'?' + query if query else ''}"


def listings_of(publishers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Publisher id → address of its listing, for those that have one."""
    return {row["publisher_id"]: row["listing"] for row in publishers if row["listing"]}
