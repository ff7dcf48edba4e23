"""Parsers of what strangers wrote, run in a process apart: HTML, PDF, feeds.

``python -m china_border_statistics.curation.parsing`` answers requests on its standard input: a line of JSON that
says what to do and how many bytes follow, those bytes, and a line of JSON in return. It holds itself to bounds of
memory and processor time, writes no file, and is meant to be killed when it takes too long (see ``pages``).
"""

import io
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

MOST_BYTES = 20_000_000
MOST_MEMORY = 2**30
MOST_SECONDS = 20
MOST_CHARACTERS = 2_000_000
_MEMORY = f"{MOST_MEMORY >> 20} MiB"
_TOO_LONG = f"a text of more than {MOST_CHARACTERS:,} characters"
MOST_NESTED = 255  # libxml2's own bound, beyond which it leaves content out

_MOST_LINKS = 5_000
_LONGEST_TITLE = 300

Answer = dict[str, Any]


class RefusedError(Exception):
    """A document that can't be read, and what was found instead: its words go into a problem."""


def read_html(content: bytes, url: str | None) -> Answer:
    """Main text, all text, title and date of a page, given as UTF-8."""
    import trafilatura
    from trafilatura.settings import Document

    markup = re.sub(r"^\s*<\?xml[^>]*>", "", content.decode())
    tree = _parse_html(markup)
    asks = bool(tree.xpath("//input[@type='password']"))
    whole = _visible_text(markup)
    found = trafilatura.bare_extraction(tree, url=url, with_metadata=True, include_comments=False)
    main = found.as_dict() if isinstance(found, Document) else {}
    return {
        "text": main.get("text") or "",
        "whole": whole,
        "title": main.get("title"),
        "published": main.get("date"),
        "site": main.get("sitename"),
        "asks_password": asks,
    }


def _parse_html(markup: str) -> Any:
    import lxml.html

    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True)
    tree = lxml.html.document_fromstring(markup, parser=parser)
    # Beyond its bound libxml2 leaves content out without an exception.
    for entry in parser.error_log:
        if entry.type_name == "ERR_RESOURCE_LIMIT":
            is_depth = "depth" in entry.message
            raise RefusedError(f"tags nested deeper than {MOST_NESTED}" if is_depth else "a text of 10 MB in one piece")
    return tree


def _visible_text(markup: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(markup)
    tree.strip_tags(["script", "style", "noscript", "template"])
    root = tree.body or tree.root
    return root.text(separator="\n", strip=True) if root else ""


def read_pdf(content: bytes, _url: str | None) -> Answer:
    """Text and title of a PDF."""
    import pypdf

    try:
        document = pypdf.PdfReader(io.BytesIO(content))
        if document.is_encrypted and not document.decrypt(""):
            raise RefusedError("a PDF that asks for a password")
        text = "\n".join(_bounded(page.extract_text() for page in document.pages))
        title = document.metadata.title if document.metadata else None
    except (pypdf.errors.PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise RefusedError(f"a PDF that can't be read ({type(error).__name__})") from error
    return {"text": text, "whole": text, "title": title, "published": None, "site": None, "asks_password": False}


def read_listing(content: bytes, url: str | None) -> Answer:
    """Links of a feed or of a listing page, with their titles, in its order; addresses are whole."""
    links = _links_of_feed(content) or _links_of_page(content.decode())
    whole = ((_whole_address(url or "", at), " ".join(title.split()), day) for at, title, day in links)
    fit = [link for link in whole if link[0] and link[1]]
    return {"links": [{"url": a, "title": t[:_LONGEST_TITLE], "published": p} for a, t, p in fit[:_MOST_LINKS]]}


def _whole_address(url: str, at: str) -> str:
    """Address of a link on a page; empty where it is none, which must not cost the page its other links."""
    try:
        address = urljoin(url, at) if at else ""
        is_of_web = urlsplit(address).scheme in ("http", "https")
    except ValueError:
        return ""
    return address if is_of_web else ""


def _links_of_feed(content: bytes) -> list[tuple[str, str, str | None]]:
    import feedparser

    if not re.match(rb"\s*(<\?xml|<rss|<feed|<rdf)", content, re.I) or b"<html" in content[:1000].lower():
        return []
    # It was decoded before; what it declares no longer holds.
    body = re.sub(rb"^\s*<\?xml[^>]*>", b"", content)
    entries = feedparser.parse(io.BytesIO(body), response_headers={"content-type": "text/xml; charset=utf-8"}).entries
    return [(e.get("link", ""), e.get("title", ""), _day(e.get("published_parsed"))) for e in entries]


def _day(parsed: Any) -> str | None:
    return f"{parsed[0]:04}-{parsed[1]:02}-{parsed[2]:02}" if parsed else None


def _links_of_page(markup: str) -> list[tuple[str, str, str | None]]:
    from selectolax.lexbor import LexborHTMLParser

    _parse_html(markup)  # refuses a nesting over which selectolax would take minutes
    links: list[tuple[str, str, str | None]] = []
    for anchor in LexborHTMLParser(markup).css("a[href]"):
        # A title that is cut short on the page is often whole in the attribute.
        texts = (anchor.attributes.get("title") or "", anchor.text(separator=" ", strip=True))
        links.append((anchor.attributes["href"] or "", max(texts, key=len), None))
    return links


def _bounded(texts: Iterable[str]) -> Iterator[str]:
    length = 0
    for text in texts:
        length += len(text)
        if length > MOST_CHARACTERS:
            raise RefusedError(_TOO_LONG)
        yield text


TASKS: dict[str, Callable[[bytes, str | None], Answer]] = {"html": read_html, "listing": read_listing, "pdf": read_pdf}


def answer(task: str, content: bytes, url: str | None) -> Answer:
    """Do a task; what goes wrong is an answer too: ``{"error": what was found}``."""
    try:
        made = TASKS[task](content, url)
    except RefusedError as error:
        return {"error": str(error)}
    except Exception as error:
        # Out of memory, libraries of C raise errors of their own.
        return {"error": f"a document that breaks the parser ({type(error).__name__}), or needs more than {_MEMORY}"}
    if len(made.get("whole", "")) > MOST_CHARACTERS:
        return {"error": _TOO_LONG}
    return made


def limit() -> None:
    """Give this process its bounds: memory, and no file ever written."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_next() -> None:
    """Give the next request its processor time, so that it ends even if nobody is left to kill this process."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + MOST_SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are none."""
    for line in requests:
        request = json.loads(line)
        limit_next()
        made = answer(request["task"], requests.read(request["size"]), request["url"])
        # ASCII, so that one line is one answer whatever line ends the text holds.
        answers.write(json.dumps(made).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    limit()
    serve(sys.stdin.buffer, sys.stdout.buffer)
