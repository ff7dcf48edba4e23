"""Documents of others: read whatever their encoding and form, or refused with a clear error within bounds."""

import io
import os
import random
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from china_border_statistics.curation import isolation, parsing
from china_border_statistics.curation.decoding import UndecodableError, decode, identify_language
from china_border_statistics.curation.pages import Page, clean, parse_page, read_page
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.terminal import printable

SIMPLIFIED = (
    "港务处今天通报，今年以来登记船只1240艘，同比增长24%，其中帆船310艘。二月来客4.56万人次，较去年同期明显增长。"
)
TRADITIONAL = (
    "港務處今天通報，今年以來登記船隻1240艘，同比增長24%，其中帆船310艘。二月來客4.56萬人次，較去年同期明顯增長。"
)
ENGLISH = (
    "The harbour office said that 1,240 boats have been registered this year, up 24 percent, and that 310 of them sail."
)

HTML = """<!DOCTYPE html><html><head>{head}<title>{title}</title><meta name="PubDate" content="2024-07-05 10:00">
<script>var secret = "never shown";</script></head><body><div class="nav"><a href="/">Home</a></div>
<div class="content"><h1>{title}</h1><p>{text}</p><p>{text}</p></div>
<div>All rights reserved</div></body></html>"""


def page(text: str, charset: str = "utf-8", title: str = "Harbour") -> str:
    return HTML.format(
        head=f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">', title=title, text=text
    )


def pdf(*texts: str, pages_of: int = 1) -> bytes:
    """A PDF in the standard Chinese font, a line for each text."""
    lines = b"".join(b"<" + text.encode("gbk").hex().encode() + b"> Tj 0 -20 Td " for text in texts)
    content = b"BT /F1 12 Tf 50 700 Td " + lines + b"ET"
    kids = b" ".join(b"3 0 R" for _ in range(pages_of))
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % pages_of,
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /GBK-EUC-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo "
        b"<< /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
    )
    out, places = io.BytesIO(b"%PDF-1.4\n"), []
    out.seek(0, io.SEEK_END)
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


ENCODINGS = {
    "UTF-8": (page(SIMPLIFIED).encode(), SIMPLIFIED),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + page(SIMPLIFIED).encode(), SIMPLIFIED),
    "UTF-8 declared as gb2312": (page(SIMPLIFIED, "gb2312").encode(), SIMPLIFIED),
    "GB18030 declared as gb2312": (page(SIMPLIFIED + "镕𠮷", "gb2312").encode("gb18030"), SIMPLIFIED),
    "GB18030 declared as UTF-8": (page(SIMPLIFIED).encode("gb18030"), SIMPLIFIED),
    "GB18030 declared as Latin-1": (page(SIMPLIFIED, "iso-8859-1").encode("gb18030"), SIMPLIFIED),
    "GB18030 undeclared": (page(SIMPLIFIED, "").encode("gb18030"), SIMPLIFIED),
    "Big5": (page(TRADITIONAL, "big5").encode("big5hkscs"), TRADITIONAL),
    "Big5 declared as gb2312": (page(TRADITIONAL, "gb2312").encode("big5hkscs"), TRADITIONAL),
    "a codec that no page is in": (page(ENGLISH, "rot13").encode(), ENGLISH),
    "UTF-16 with a mark": (page(SIMPLIFIED, "utf-16").encode("utf-16"), SIMPLIFIED),
    "Windows-1252": (page(ENGLISH + " Café.", "windows-1252").encode("cp1252"), ENGLISH),
    "one broken byte": (page(SIMPLIFIED * 4).encode().replace(b"All rights", b"All\xff rights"), SIMPLIFIED),
}  # fmt: skip


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_page_is_read_whatever_it_declares(name: str) -> None:
    content, text = ENCODINGS[name]
    read = parse_page(content, "page.html", url="https://harbour.example/1")
    assert text in read.text
    assert "never shown" not in read.whole
    assert read.language == {SIMPLIFIED: "zh-Hans", TRADITIONAL: "zh-Hant", ENGLISH: "en"}[text]
    assert (read.title, read.published, read.url) == ("Harbour", date(2024, 7, 5), "https://harbour.example/1")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "big5hkscs", "utf-16"])
@pytest.mark.parametrize("length", [12, 60])
def test_a_text_file_is_its_bytes_decoded(tmp_path: Path, codec: str, length: int) -> None:
    text = (TRADITIONAL if codec == "big5hkscs" else SIMPLIFIED)[:length] + "\r\n1240\n"
    (tmp_path / "text.txt").write_bytes(text.encode(codec))
    read = read_page(tmp_path / "text.txt")
    assert read.text == read.whole == text
    assert (read.title, read.published, read.url) == (None, None, None)


def test_what_the_server_declares_goes_before_what_the_page_does() -> None:
    assert SIMPLIFIED in parse_page(page(SIMPLIFIED, "big5").encode("gb18030"), "page", charset="GBK").text


def test_a_pdf_is_read() -> None:
    read = parse_page(pdf("港务处今天通报，今年以来登记船只1240艘，", "同比增长24%。"), "release.pdf")
    assert "登记船只1240艘" in read.text
    assert (read.language, read.title) == ("zh-Hans", None)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SIMPLIFIED, "zh-Hans"),
        (TRADITIONAL, "zh-Hant"),
        (ENGLISH, "en"),
        ("港の事務所は今年1240隻の船を登録したと発表した。前年より増えている。", None),
        ("항만 사무소는 올해 1240척의 배를 등록했다고 發表", None),
        ("Le bureau du port a compté 1 240 bateaux cette année, selon un communiqué.", None),
        ("1240", None),
        ("", None),
    ],
)
def test_the_language_a_text_reads_as(text: str, language: str | None) -> None:
    assert identify_language(text) == language


NESTED = b"<html><body>" + b"<div>" * 1_000_000 + b"1240 boats" + b"</div>" * 1_000_000
LOGIN = b"<html><body><form>User <input name=u><input type='password'><button>Go</button></form></body></html>"
COOKIES = (
    b"<html><body><div><h2>Before you go on</h2><p>This site and its 847 friends keep cookies on your machine to learn "
    b"what you like. Choose whether to accept them all or to refuse.</p><button>Accept</button></div></body></html>"
)
SCRIPTED = b"<html><body><div id=app></div><script>draw()</script></body></html>"
CHINESE_WALL = "<html><body><p>您的访问过于频繁，请输入验证码后继续访问本站。</p></body></html>".encode()
NOISE = random.Random(6).randbytes(200_000)

BAD = {
    "empty": (b"", "nothing: it is empty"),
    "blank": (b" \n\t", "nothing: it is empty"),
    "binary noise": (NOISE, "in no encoding"),
    "noise that says it is a page": (b"<html><meta charset=gb2312>" + NOISE, "in no encoding"),
    "control characters": (bytes(range(32)) * 100, "in no encoding"),
    "a million nested tags": (NESTED, "tags nested deeper than 255"),
    "tags nested and never closed": (b"<html>" + b"<b><i>" * 500_000, "tags nested deeper than 255"),
    "19 MB of text in one piece": (b"<html><p>" + b"boats " * 3_200_000, "a text of 10 MB in one piece"),
    "a login page": (LOGIN, "lets nobody in"),
    "a cookie wall": (COOKIES, "lets nobody in"),
    "a Chinese wall": (CHINESE_WALL, "lets nobody in"),
    "a page drawn by scripts": (SCRIPTED, "a text of 0 characters"),
    "a PDF that isn't one": (b"%PDF-1.7\n" + NOISE, "a PDF that can't be read"),
    "a PDF cut short": (pdf(SIMPLIFIED)[:300], "a PDF that can't be read"),
    "a PDF that is a picture": (pdf(""), "a text of 0 characters"),
    "a Word file": (b"PK\x03\x04" + NOISE, "a ZIP archive"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + NOISE, "a picture"),
    "a page of 20 MB and a byte": (b"<html>" + b" " * 20_000_000, "more than 20,000,000 bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_with_what_was_found(name: str) -> None:
    content, found = BAD[name]
    with pytest.raises(CurationError) as error:
        parse_page(content, "its name")
    (problem,) = error.value.problems
    assert found in problem.found
    assert (problem.file, problem.field) == ("its name", "page")
    assert problem.action


def test_a_file_called_pdf_that_is_a_page() -> None:
    with pytest.raises(CurationError, match="isn't a PDF, whatever its name"):
        parse_page(page(ENGLISH).encode(), "release.PDF")


def test_a_200_mb_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.html"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(CurationError, match="more than 20,000,000 bytes"):
        read_page(path)


@pytest.mark.parametrize(("name", "found"), [("missing.txt", "no such file"), ("", "no file")])
def test_a_file_that_is_none(tmp_path: Path, name: str, found: str) -> None:
    with pytest.raises(CurationError, match=found):
        read_page(tmp_path / name)


@pytest.mark.parametrize(
    "address", ["ftp://harbour.example/1", "file:///etc/passwd", "http://127.0.0.1:9/", "http://[::1]/"]
)
def test_an_address_that_is_never_asked(address: str) -> None:
    with pytest.raises(CurationError, match=r"not http or https|no public address"):
        read_page(address)


def test_a_parser_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_SECONDS", 1)
    start = time.monotonic()
    slow = "".join(
        f"<p>The office counted {n:,} boats in the year and {n + 7:,} the year before.</p>" for n in range(60_000)
    )
    with pytest.raises(CurationError, match="takes more than 1 s"):
        parse_page(f"<html><body>{slow}</body></html>".encode(), "slow")
    assert time.monotonic() - start < 10
    monkeypatch.undo()
    assert parse_page(page(ENGLISH).encode(), "the next").language == "en"


def test_a_parser_that_dies_is_replaced() -> None:
    parse_page(page(ENGLISH).encode(), "before")
    assert isolation._PARSER._process is not None
    isolation._PARSER._process.kill()
    with pytest.raises(CurationError, match="breaks the parser"):
        parse_page(page(ENGLISH).encode(), "unlucky")
    assert parse_page(page(ENGLISH).encode(), "after").language == "en"


def test_the_bounds_hold_in_the_process_apart() -> None:
    assert isolation.parse_apart("no such task", b"")["error"] == (
        "a document that breaks the parser (KeyError), or needs more than 1024 MiB"
    )
    process = isolation._PARSER._process
    assert process is not None
    limits = Path(f"/proc/{process.pid}/limits").read_text() if Path("/proc").exists() else ""
    if limits:  # Linux
        words = {line[:26].strip(): line[26:].split() for line in limits.splitlines()}
        assert words["Max address space"][0] == str(parsing.MOST_MEMORY)
        assert words["Max file size"][0] == "0"
        assert 0 < int(words["Max cpu time"][0]) < 1000


@pytest.mark.slow
@pytest.mark.parametrize("tags", [b"<br>", b"<p>a", b"<p a b c d e>"])
def test_memory_is_bounded(tags: bytes) -> None:
    with pytest.raises(CurationError, match="needs more than 1024 MiB"):
        parse_page(b"<html><body>" + tags * (19_000_000 // len(tags)), "many tags")
    assert parse_page(page(ENGLISH).encode(), "after").language == "en"


@pytest.mark.slow
def test_a_pdf_that_is_longer_than_any_announcement() -> None:
    with pytest.raises(CurationError, match="more than 2,000,000 characters"):
        parse_page(pdf(*["港" * 200] * 1000, pages_of=3000), "long.pdf")


@pytest.mark.slow
def test_20_mb_of_paragraphs_end_within_the_bound() -> None:
    content = "".join(
        f"<p>The office counted {n:,} boats, up {n % 90} percent on the year.</p>" for n in range(280_000)
    )
    start = time.monotonic()
    with pytest.raises(CurationError, match=r"takes more than 20 s|more than 2,000,000 characters|MiB"):
        parse_page(f"<html><body>{content}</body></html>".encode(), "long")
    assert time.monotonic() - start < parsing.MOST_SECONDS + 10


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    nasty = "1240\x1b[31m boats\x07\u202e\x9b2J\n"
    assert printable(nasty) == "1240\\x1b[31m boats\\x07\\u202e\\x9b2J\\n"
    assert clean(nasty) == "1240[31m boats\u202e2J\n"
    assert printable("港务处 1,240 — “boats”") == "港务处 1,240 — “boats”"


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: text.encode("utf-16"))))
def test_arbitrary_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decode(content)
    except UndecodableError:
        return
    assert "\x00" not in text or len(text) > 200
    text.encode()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([b"", b"<html>", b"%PDF-1.4\n", b"<html><meta charset=big5>"]), st.binary(max_size=300))
def test_arbitrary_documents_are_pages_or_refused(beginning: bytes, content: bytes) -> None:
    try:
        assert isinstance(parse_page(beginning + content, "any"), Page)
    except CurationError as error:
        assert len(error.problems) == 1  # noqa: PT017  an error is one of two right answers


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from(SIMPLIFIED), min_size=20, max_size=60),
    st.sampled_from(["utf-8", "gb18030", "utf-8-sig", "utf-16"]),
)
def test_what_was_encoded_is_decoded(text: str, codec: str) -> None:
    assert decode(text.encode(codec), "gb2312" if codec == "gb18030" else None) == text


def test_another_process_parses_for_itself_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    parse_page(page(ENGLISH).encode(), "before")
    parent = isolation._PARSER._process
    monkeypatch.setattr(os, "getpid", lambda: -1)
    parse_page(page(ENGLISH).encode(), "in a child")
    child = isolation._PARSER._process
    assert child is not parent
    isolation._PARSER.close()
    assert parent is not None
    assert parent.poll() is None, "the child leaves the parent's process alone"
    parent.kill()
    parent.communicate()
