"""Bytes of strangers made into text: the encoding they are in, whatever they say of it, and the language they read as.

What a page declares is believed only as far as it makes sense: ``gb2312`` stands for GB18030, its superset, and a
declaration under which the text would be noise is passed over.
"""

import codecs
import re
from collections.abc import Iterator

import chardet

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARATION = re.compile(
    rb"""<meta[^>]{,500}charset\s*=\s*["']?\s*([\w.:-]{2,20})|<\?xml[^>]{,100}encoding=["']([\w.:-]{2,20})""", re.I
)
_DECLARATION_WITHIN = 4096
# Pages that declare a subset use the superset. Labels that aren't here are passed over: Python's registry holds
# codecs, such as punycode, that no page is in and that strangers shouldn't choose.
_CODECS = (
    dict.fromkeys("gb18030 gbk gb2312 x-gbk gb_2312-80 euc-cn cp936 hz-gb-2312".split(), "gb18030")
    | dict.fromkeys("big5 big5-hkscs big5hkscs x-x-big5 cp950".split(), "big5hkscs")
    | dict.fromkeys("windows-1252 cp1252 iso-8859-1 iso8859-1 latin1 us-ascii ascii".split(), "cp1252")
    | dict.fromkeys("shift_jis shift-jis sjis x-sjis windows-31j cp932".split(), "cp932")
    | dict.fromkeys("euc-kr ks_c_5601-1987 cp949".split(), "cp949")
    | {"utf8": "utf-8", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
    | {label: label for label in "utf-8 utf-16-le utf-16-be utf-32-le utf-32-be euc-jp windows-1251 koi8-r".split()}
)  # fmt: skip
_MARKUP_OF_TEXT = "\t\n\r\f"
# More than one in 200 that no text holds: control characters, private use, what couldn't be decoded.
_NOISE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\ufffd\ufffe\uffff\U000f0000-\U0010ffff]"
)
_MOST_NOISE = 1 / 200
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LEAST_COMMON = 0.8
_SAMPLE = 100_000
# Multi-byte text taken for Western European: accented letters don't stand four in a row.
_WESTERN_RUN = re.compile("[\x80-\xff]{4}")


class UndecodableError(ValueError):
    """Bytes that are text in no encoding known here."""


def decode(content: bytes, charset: str | None = None) -> str:
    """Make bytes into text.

    Tried in this order, and taken if it makes sense: a byte-order mark, UTF-8, what the server declares, what the page
    declares, what the bytes look like.

    Parameters
    ----------
    content : bytes
        A text or a page. A byte-order mark isn't part of the text.
    charset : str, optional
        What the server says the encoding is.

    Raises
    ------
    UndecodableError
        If it makes sense in none of them.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            text = content[len(mark) :].decode(codec, errors="replace")
            if makes_sense(text):
                return text
    for codec in _candidates(content, charset):
        text = content.decode(codec, errors="replace")
        if makes_sense(text) and not (codec == "cp1252" and _WESTERN_RUN.search(text)):
            return text
    raise UndecodableError("bytes that make sense in no encoding")


def _candidates(content: bytes, charset: str | None) -> Iterator[str]:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        yield "utf-8"
    declared = _DECLARATION.search(content[:_DECLARATION_WITHIN])
    labels = [
        charset or "",
        *((group or b"").decode("ascii", "replace") for group in (declared.groups() if declared else ())),
    ]
    yield from (_CODECS[label.lower()] for label in labels if label.lower() in _CODECS)
    detected = chardet.detect(content[:_SAMPLE])["encoding"] or ""
    yield _CODECS.get(detected.lower(), "utf-8")
    # Of a page that is nearly all markup the detection sees too little.
    chinese = ("gb18030", "big5hkscs")
    yield max(chinese, key=lambda codec: _share_common(content[:_SAMPLE].decode(codec, errors="replace")))


def makes_sense(text: str) -> bool:
    """Whether a text could have been written: next to no noise, and Chinese characters that are in use."""
    noise = sum(1 for _ in _NOISE.finditer(text))
    return noise <= _MOST_NOISE * len(text) and _share_common(text) >= _LEAST_COMMON


def _share_common(text: str) -> float:
    han = _HAN.findall(text[:_SAMPLE])
    return sum(map(_is_common, han)) / len(han) if han else 1.0


def _is_common(character: str) -> bool:
    """Whether a character is among the frequent ones of GB 2312 (3,755) or Big5 (5,401): their first levels."""
    gb, big5 = character.encode("gb2312", "ignore"), character.encode("big5", "ignore")
    return b"\xb0" <= gb[:1] <= b"\xd7" or b"\xa4" <= big5[:1] <= b"\xc6"


_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_WORD = re.compile("[^\\W\\d_]+")
# The commonest function words of English that aren't words of its neighbours.
_ENGLISH = frozenset(
    "the of and to that was were with for from by this which their its has have been had more than".split()
)


def identify_language(text: str) -> str | None:
    """Say whether a text reads as ``zh-Hans``, ``zh-Hant`` or ``en``; None if as another or as too little of any.

    Simplified are the characters that GB 2312 has and Big5 hasn't, traditional the reverse.
    """
    sample = text[:_SAMPLE]
    han = _HAN.findall(sample)
    words = _WORD.findall(_HAN.sub(" ", sample))
    if len(han) > max(3, len(words)):
        if 20 * len(_KANA.findall(sample)) > len(han) or 20 * len(_HANGUL.findall(sample)) > len(han):
            return None
        simplified = sum(_only_in(character, "gb2312", "big5") for character in han)
        traditional = sum(_only_in(character, "big5", "gb2312") for character in han)
        return "zh-Hant" if traditional > simplified else "zh-Hans"
    english = sum(word.lower() in _ENGLISH for word in words)
    return "en" if english >= 0.1 * len(words) > 0 else None


def _only_in(character: str, codec: str, other: str) -> bool:
    return bool(character.encode(codec, "ignore")) and not character.encode(other, "ignore")
