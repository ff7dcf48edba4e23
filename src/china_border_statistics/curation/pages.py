"""Documents of others, got in safely: a text file, a saved page, a PDF or an address becomes a ``Page``, or an error.

Bounds: a document has at most 20 MB; what parses HTML and PDF is another process, with 1 GiB of memory and 20 seconds a
document, which can write no file and is killed when it breaks them. Nothing that was read is ever run or rendered.
"""

import asyncio
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from china_border_statistics.curation.decoding import UndecodableError, decode, identify_language
from china_border_statistics.curation.fetching import Fetcher, FetchError, user_agent
from china_border_statistics.curation.isolation import parse_apart
from china_border_statistics.curation.parsing import MOST_BYTES
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.terminal import printable

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)
_MARKUP = re.compile(
    r"\s*(<!doctype\s+html|<html|<head|<body|<\?xml[^>]*>\s*<(!doctype\s+html|html))|<meta\s|<body[\s>]|</(p|div|a)>",
    re.I,
)
_MARKUP_WITHIN = 4096
_PDF_WITHIN = 1024
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a ZIP archive (or a Word or Excel file)"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
)
_SAVE_TEXT = "Open it in a browser and save its text as a UTF-8 file."

# A page that lets nobody in is short and says so; an announcement may use one of these words, at length.
_SHORT = 600
_WALL = re.compile(
    r"cookie|log ?in|sign ?in|password|captcha|enable javascript|javascript is (disabled|required)|access denied|"
    r"forbidden|are you (a )?(human|robot)|verify you|subscribe to|consent|"
    r"登录|登錄|登入|密码|密碼|验证码|驗證碼|安全验证|安全驗證|访问被拒|访问过于频繁|请开启JavaScript|人机验证",
    re.I,
)
_LEAST_TEXT = 20
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Page:
    """A document that was read.

    Attributes
    ----------
    text : str
        Its main text. That of a text file is its bytes decoded, to the character, without a byte-order mark.
    language : str or None
        ``zh-Hans``, ``zh-Hant``, ``en``, or None where it reads as neither.
    title : str or None
        What it calls itself.
    published : date or None
        The day it says it was published, where it says so.
    sha256 : str
        SHA-256 of its bytes, in hexadecimal.
    url : str or None
        Where it was got from, after redirects.
    site : str or None
        What it calls the site it is of.
    whole : str
        All that can be seen on it, menus and headings too; ``text`` where there is no more.
    """

    text: str
    language: str | None
    title: str | None
    published: date | None
    sha256: str
    url: str | None
    whole: str
    site: str | None = None


def read_page(source: Path | str, *, url: str | None = None, cache: Path | None = None) -> Page:
    """Read a text file, a saved page (HTML), a PDF, or the page at an http or https address.

    Parameters
    ----------
    source : Path or str
        A file, or an address.
    url : str, optional
        Where a file was got from.
    cache : Path, optional
        Folder in which pages from the network are kept for a day.

    Raises
    ------
    CurationError
        If it can't be read, is too large, takes too long, or is no page with a text.
    """
    name = str(source)
    if isinstance(source, str) and _ADDRESS.match(source):
        return asyncio.run(_get_one(source, cache))
    return parse_page(read_bytes(Path(source)), name, url=url)


async def _get_one(address: str, cache: Path | None) -> Page:
    async with Fetcher(user_agent(), cache) as fetcher:
        try:
            return await get_page(fetcher, address)
        except FetchError as error:
            _refuse(address, printable(str(error)), "a page that can be got", _SAVE_TEXT)


async def get_page(fetcher: Fetcher, address: str) -> Page:
    """Get and read the page at an address.

    Raises
    ------
    FetchError
        If it can't be got.
    CurationError
        If what was got can't be read.
    """
    got = await fetcher.get(address)
    return await asyncio.to_thread(parse_page, got.content, address, url=got.url, charset=got.charset)


def read_bytes(path: Path) -> bytes:
    """Read a file of at most ``MOST_BYTES``."""
    try:
        if not path.is_file():
            _refuse(str(path), "no such file" if not path.exists() else "no file", "a file", "Mend the path.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        _refuse(
            str(path), error.strerror or "an error of the system", "a file that can be read", "Mend its permissions."
        )
    if len(content) > MOST_BYTES:
        _refuse(str(path), f"more than {MOST_BYTES:,} bytes", "a page", _SAVE_TEXT)
    return content


def parse_page(content: bytes, name: str, *, url: str | None = None, charset: str | None = None) -> Page:
    """Make a page of bytes; ``name`` is what errors call it, ``charset`` what the server declared."""
    if len(content) > MOST_BYTES:
        _refuse(name, f"more than {MOST_BYTES:,} bytes", "a page", _SAVE_TEXT)
    if not content.strip():
        _refuse(name, "nothing: it is empty", "a page with a text", "Get it again.")
    sha256 = hashlib.sha256(content).hexdigest()
    if b"%PDF-" in content[:_PDF_WITHIN]:
        made = _parse_apart("pdf", content, name, url)
    else:
        for beginning, what in _OTHER_FORMATS:
            if content.startswith(beginning):
                _refuse(name, what, "a text file, HTML or PDF", _SAVE_TEXT)
        if name.lower().endswith(".pdf"):
            _refuse(name, "a file that isn't a PDF, whatever its name says", "a PDF", "Get it again.")
        try:
            text = decode(content, charset)
        except UndecodableError as error:
            _refuse(name, str(error), "a text in UTF-8, GB18030 or Big5", _SAVE_TEXT)
        if not _MARKUP.search(text[:_MARKUP_WITHIN]):
            return Page(text, identify_language(text), None, None, sha256, url, text)
        # Control characters make parsers drop what stands beside them.
        made = _parse_apart("html", clean(text).encode(), name, url)
    return _page(made, name, sha256, url)


def _parse_apart(task: str, content: bytes, name: str, url: str | None) -> dict[str, Any]:
    made = parse_apart(task, content, url)
    if "error" in made:
        _refuse(name, made["error"], "an announcement's text", _SAVE_TEXT)
    return made


def _page(made: dict[str, Any], name: str, sha256: str, url: str | None) -> Page:
    text, whole = (clean(made[field] or "") for field in ("text", "whole"))
    if len(text) < _SHORT and (made["asks_password"] or _WALL.search(whole)):
        _refuse(name, f"a page that lets nobody in: {printable(whole[:60])!r}", "an announcement's text", _SAVE_TEXT)
    if len(text.strip()) < _LEAST_TEXT:
        _refuse(name, f"a text of {len(text.strip())} characters", "an announcement's text", _SAVE_TEXT)
    published = None
    with suppress(TypeError, ValueError):
        published = date.fromisoformat(made["published"])
    title, site = (clean(made[field] or "").strip() or None for field in ("title", "site"))
    return Page(text, identify_language(text), title, published, sha256, url, whole, site)


def clean(text: str) -> str:
    """Take the control characters out of a text, except tabs and line ends."""
    return _CONTROL.sub("", text)


def _refuse(name: str, found: str, expected: str, action: str) -> NoReturn:
    raise CurationError([Problem(printable(name), 0, "page", found, expected, action)])
