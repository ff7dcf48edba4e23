"""What strangers' bytes are fed to: a function for each of the readers, which lets only documented errors pass.

An exception that leaves such a function is a fault, and so is a hang, or memory without bound. They are fed by
``scripts/fuzz.py``, guided by coverage, and by ``test_fuzzing.py``, with hypothesis and with every input that failed.
"""

import asyncio
import contextlib
import io
import json
import tempfile
import warnings
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import httpx

from china_border_statistics import cli, reader
from china_border_statistics.curation import gate, parsing, schema
from china_border_statistics.curation.anchors import read_anchors
from china_border_statistics.curation.decoding import UndecodableError, decode, identify_language
from china_border_statistics.curation.drafts import draft_record
from china_border_statistics.curation.fetching import Fetcher, FetchError, PinnedTransport
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.languages import NOTATIONS
from china_border_statistics.curation.listings import Link, is_of_statistics, new_links
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.numerals import UnreadableNumberError, read_number
from china_border_statistics.curation.package import build
from china_border_statistics.curation.pages import Page
from china_border_statistics.curation.records import Record, read_record
from china_border_statistics.curation.release import tree_problems
from china_border_statistics.curation.stated_changes import read_change
from china_border_statistics.curation.vocabulary import _read_code_list, read_holidays, read_phrases, read_vocabulary
from china_border_statistics.terminal import printable
from conftest import TESTS, copy_project
from test_pages import ENGLISH, SIMPLIFIED, page, pdf
from test_watch import ATOM, HTML, RSS

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
LANGUAGES = sorted(NOTATIONS)
CODE_LISTS = (
    "metrics",
    "scopes",
    "publishers",
    "units",
    "aliases",
    "amendments",
    "rule_changes",
    "phrases",
    "synonyms",
    "holidays",
)


class Target(NamedTuple):
    """A reader: what feeds it bytes, inputs to begin with, and words that inputs are made of."""

    feed: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...] = ()


# --- Texts -------------------------------------------------------------------------------------------------------


def feed_number(content: bytes) -> None:
    language = LANGUAGES[content[0] % len(LANGUAGES)] if content else "en"
    token, _, unit = content[1:].decode(errors="ignore").partition("|")
    with contextlib.suppress(UnreadableNumberError):
        reading = read_number(token, language, unit or None)
        assert reading.lower <= reading.value <= reading.upper


def feed_change(content: bytes) -> None:
    language = LANGUAGES[content[0] % len(LANGUAGES)] if content else "en"
    token, _, around = content[1:].decode(errors="ignore").partition("|")
    before, _, after = around.partition("|")
    with contextlib.suppress(UnreadableNumberError):
        change = read_change(token, before, after, language)
        assert change.ratio_lower <= change.ratio_upper


def feed_encoding(content: bytes) -> None:
    with contextlib.suppress(UndecodableError):
        text = decode(content, content[:12].decode("latin-1"))
        identify_language(text)
        printable(text).encode()


def feed_text(content: bytes) -> None:
    """To the proposer: what is drafted is refused as a record, or read without a fault."""
    text = content[1:].decode(errors="ignore")
    language = ("zh-Hans", "zh-Hant", "en")[content[0] % 3 if content else 0]
    draft = draft_record(folder(), date(2024, 7, 5), "draft", [Page(text, language, None, None, "0" * 64, None, text)])
    feed_record(draft.replace("CHECK ", "").encode())


# --- Files -------------------------------------------------------------------------------------------------------


@cache
def folder() -> Path:
    """A made-up project to write into; where it can be, in memory."""
    memory = Path("/dev/shm")
    kept = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="fuzzing-")
    _KEPT.append(kept)
    return copy_project(Path(kept.name) / "project")


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def package() -> Path:
    """The same, built."""
    build(folder())
    return folder()


def feed_record(content: bytes) -> None:
    path = folder() / "data/fed.yaml"
    path.write_bytes(content)
    found = read_record(path, SPRING)
    assert isinstance(found, Record) or "\x1b" not in "".join(map(str, found))


def feed_code_list(content: bytes) -> None:
    """The first byte says which; one that can be read is held against the others."""
    root, name = folder(), CODE_LISTS[content[0] % len(CODE_LISTS)] if content else "metrics"
    others = {"phrases": schema.PHRASES, "synonyms": schema.SYNONYMS, "holidays": schema.HOLIDAYS}
    definition = others.get(name) or schema.TABLES[name]
    path = root / definition.path
    whole = path.read_bytes()
    path.write_bytes(content[1:])
    try:
        _, _, problems = _read_code_list(root, definition)
        if not problems:
            read_vocabulary(root)
            read_phrases(root, {"boats_registered"}, set())
            read_holidays(root)
    finally:
        path.write_bytes(whole)


def feed_anchors(content: bytes) -> None:
    path = folder() / "data/anchors.csv"
    path.write_bytes(content)
    read_anchors(folder())


def feed_descriptor(content: bytes) -> None:
    """To the gate, and to the reader as the descriptor of an installed package."""
    path = package() / "datapackage.json"
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        # Stock Frictionless sees only what our own checks found nothing wrong with, and takes seconds.
        with patch.object(gate, "frictionless_problems", lambda *_, **__: ()):
            problems = gate.package_problems(package(), Metadata.read(package()))
        assert problems or json.loads(content) == json.loads(whole)
        _read_everything()
    finally:
        path.write_bytes(whole)


def feed_manifest(content: bytes) -> None:
    """To the checks of history, and to the reader as the manifest of a past release."""
    path = package() / "data/history/0.1.0.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    list(history_problems(package()))
    list(tree_problems(package()))
    _read_everything()


def _read_everything() -> None:
    for function in (reader._root, reader._descriptor, reader._resources, reader._checked_path):
        function.cache_clear()
    root, reader._root = reader._root, package
    try:
        for read in (reader.tables, reader.path, reader.releases, lambda: reader.load("metrics"), reader.load):
            with contextlib.suppress(OSError, ValueError):
                read()
        with contextlib.suppress(OSError, ValueError):
            reader.load(release="0.1.0")
    finally:
        reader._root = root
        for function in (reader._descriptor, reader._resources, reader._checked_path):
            function.cache_clear()


# --- Pages -------------------------------------------------------------------------------------------------------


def feed_page(content: bytes) -> None:
    _feed_parser("html", content.decode(errors="ignore").encode())


def feed_pdf(content: bytes) -> None:
    _feed_parser("pdf", content)


def feed_listing(content: bytes) -> None:
    made = _feed_parser("listing", content.decode(errors="ignore").encode())
    links = [Link("office", **link) for link in made.get("links", ())]
    new_links(links, [link.url for link in links[1:]])
    for link in links:
        is_of_statistics(link.title)


def _feed_parser(task: str, content: bytes) -> parsing.Answer:
    """What runs in a process apart, here in this one; that it is ended in time is tested elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = parsing.answer(task, content, "https://harbour.example/news/")
    again: parsing.Answer = json.loads(json.dumps(answer))
    assert again == answer
    assert not str(answer.get("error", "")).startswith("a document that breaks the parser (NameError")
    return answer


def feed_address(content: bytes) -> None:
    """To the fetcher: an address, what a host answers of robots, and where a page is said to have moved."""
    address, robots, location = [*content.split(b"\0", 2), b"", b""][:3]

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "93.184.215.14"
        if request.url.path == "/robots.txt":
            return httpx.Response(200, stream=httpx.ByteStream(robots))
        headers = [(b"location", location), (b"content-encoding", location[:5])]
        return httpx.Response(302 if location else 200, headers=headers, stream=httpx.ByteStream(b"1240 boats"))

    async def resolve(host: str, _port: int) -> list[str]:
        host.encode("idna")  # as the system's resolver does
        return ["93.184.215.14" if host.endswith(".example") else "10.0.0.7"]

    async def no_wait(_seconds: float) -> None:
        return

    async def get() -> None:
        transport = PinnedTransport(httpx.MockTransport(answer), resolve)
        async with Fetcher("project/1", transport=transport, sleep=no_wait) as fetcher:
            await fetcher.get(address.decode(errors="ignore"))

    with contextlib.suppress(FetchError):
        asyncio.run(get())


# --- The command -------------------------------------------------------------------------------------------------


def feed_arguments(content: bytes) -> None:
    """Words of a command line; ``-o`` is left out, which writes where it is told to."""
    arguments = [word for word in content.decode(errors="surrogateescape").split("\n") if not word.startswith("-o")]
    arguments = [word for word in arguments if not "--output".startswith(word.partition("=")[0]) or len(word) < 3]
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            status = cli.main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
    assert status in (0, 1, 2)


# --- All of them -------------------------------------------------------------------------------------------------


def _files(*names: str) -> tuple[bytes, ...]:
    return tuple((TESTS / "project" / name).read_bytes() for name in names)


_LISTS = tuple(
    bytes([number]) + content
    for number, content in enumerate(_files(*(f"data/vocabulary/{name}.csv" for name in CODE_LISTS)))
)
_NUMBERS = "1.67万 16.7 thousand|over 1,200|2.9万余人|nearly 3 million tonnes|七成|221万7000起|one hundred and two|52%"
_WORDS = (
    "万",
    "亿",
    "余",
    "近",
    "多",
    "成",
    "倍",
    "%",
    "人次",
    "million",
    "over ",
    "half ",
    ",",
    ".",
    "１",
    "千克",
    "第",
)
_YAML = (
    "&a ",
    "*a",
    "!!python/object/apply:os.system",
    "? ",
    "|\n",
    ">-\n",
    "<<: ",
    "{",
    "[",
    "0x1F",
    ".inf",
    "\\e[2J",
)
_HTML = (
    "<script>",
    "<![CDATA[",
    "<svg>",
    "<!--",
    "&#x1b;",
    "<table>",
    "<p>",
    "</p>",
    "<input type=password>",
    "<a href=",
)
_MANIFEST = json.dumps(
    {
        "version": "0.1.0", "number": 1, "released": "2024-10-01", "previous": None, "section": "0" * 64,
        "tables": {"metrics": {
            "rows": 1, "content": "sha256:0", "primary_key": ["metric_id"], "columns": {"metric_id": "string! a|b"},
        }},
    }
).encode()  # fmt: skip
_ADDRESSES = (
    b"http://harbour.example/1\0User-agent: *\nDisallow: /*a*b$\nCrawl-delay: 3\0http://10.0.0.1/",
    b"https://harbour.example:8080/?a=b#c\0\0//[::1]/",
    b"http://xn--bcher-kva.example/\0Allow: /\0../%2e%2e/",
)
_COMMANDS = (
    b"series\nsuspects_arrested\n--scope\ncampaign-2020-12\n--as-of\n2021-06-01",
    b"cite\n2021-03-29-campaign/suspects_arrested\n--style\napa",
    b"export\nmetrics\n--format\njsonl",
    b"diff\n0.1.0\n0.2.0\n--table\nunits",
    b"metrics\nboats\n--json",
)

TARGETS = {
    "address": Target(feed_address, _ADDRESSES, ("http://", "[", "]", "@", "%", ":", "xn--", "*", "$", "Disallow: ")),
    "anchors": Target(feed_anchors, _files("data/anchors.csv"), ('"', ",", "\r")),
    "arguments": Target(feed_arguments, _COMMANDS, ("--json", "--release", "--plot", "--", "-h", "\n", "=")),
    "change": Target(feed_change, tuple(
        bytes([n]) + text.encode()
        for n in range(len(LANGUAGES))
        for text in ("198%|up |", "2.2倍|是去年同期的|", "2.2 times||higher", "24%|同比增长|")
    ), _WORDS),
    "code list": Target(feed_code_list, _LISTS, ('"', ",", "\r", "\0", "http://[", "2024-02-30", "(", "**")),
    "descriptor": Target(feed_descriptor, (), ('{"', '"path"', "../", "/etc/passwd", "http://", "[", "null", "1e999")),
    "encoding": Target(feed_encoding, tuple(
        f"<meta charset={codec}>{SIMPLIFIED[:40]}".encode(codec) for codec in ("utf-8", "gb18030", "utf-16", "utf-32")
    ), ("charset=", "gb2312", "utf-7", "hz-gb-2312")),
    "listing": Target(feed_listing, (HTML.encode(), RSS.encode(), ATOM.encode()), (*_HTML, "http://[", "<item>")),
    "manifest": Target(feed_manifest, (_MANIFEST,), ('"', "{", "[", "null", "-1", "string!", "1e999", "0.1.0")),
    "number": Target(feed_number, tuple(
        bytes([n]) + text.encode() for n in range(len(LANGUAGES)) for text in _NUMBERS.split("|")
    ), _WORDS),
    "page": Target(feed_page, (page(SIMPLIFIED).encode(), page(ENGLISH).encode()), _HTML),
    "pdf": Target(feed_pdf, (pdf("登记船只1240艘", "24%"),), ("<< ", "/FlateDecode", "/Length -1", "/Kids", "0 R")),
    "record": Target(feed_record, _files(SPRING, SPRING.replace("03-10", "09-10")), _YAML),
    "text": Target(feed_text, (b"\0" + SIMPLIFIED.encode(), b"\2" + ENGLISH.encode()), (*_WORDS, "分别")),
}  # fmt: skip


# A build comes before the first input, or every input reads a folder.
SLOW = ("code list", "descriptor", "manifest")


def seeds(name: str) -> tuple[bytes, ...]:
    """Inputs to begin with; those of the descriptor are made by a build."""
    return TARGETS[name].seeds or ((package() / "datapackage.json").read_bytes(),)
