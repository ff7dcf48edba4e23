"""Anchors: every quote at its offset, counted in code points, in a text known by its hash."""

import hashlib
from pathlib import Path

import pytest

from china_border_statistics.curation.anchors import (
    Anchor,
    quotes_by_source,
    read_anchors,
    verify,
    write_anchors,
)
from china_border_statistics.curation.records import read_records

SOURCE = "2024-03-10-harbour:office-zh"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of texts, with another text and another folder in it."""
    (tmp_path / "of-no-source.txt").write_text("nothing that is quoted", "utf-8")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "quote", "known", "state", "offsets"),
    [
        ("a list of 12 boats", "12 boats", (10, 18), "intact", (10, 18)),
        ("a list of 12 boats", "12 boats", (9, 17), "moved", (10, 18)),
        ("a list of 12 boats", "12 boats", None, "new", (10, 18)),
        ("a list of 12 boats", "13 boats", (10, 18), "vanished", None),
        ("12 boats or 12 boats", "12 boats", (0, 8), "repeated", None),
        ("1111", "111", (0, 3), "repeated", None),
        # A ship, a rare character outside the basic plane and one with a combining accent: code points, not bytes,
        # UTF-16 units or what looks like one character.
        ("🚢𠮷港e\u0301有船12艘", "船12艘", None, "new", (6, 10)),
        ("🚢𠮷港有船12艘🎏", "船12艘🎏", None, "new", (4, 9)),
        # Line ends count as they are.
        ("one\r\ntwo 12", "two 12", None, "new", (5, 11)),
        ("\ufeff12 boats", "12 boats", None, "new", (1, 9)),
    ],
)
def test_a_quote(
    folder: Path, text: str, quote: str, known: tuple[int, int] | None, state: str, offsets: tuple[int, int] | None
) -> None:
    (folder / "text.txt").write_bytes(text.encode())
    on_record = {(SOURCE, sha256(text), quote): Anchor(SOURCE, sha256(text), quote, *known)} if known else {}
    findings, anchors = verify({SOURCE: (sha256(text), [quote])}, on_record, folder)
    assert [(finding.source_id, finding.state, finding.quote) for finding in findings] == [(SOURCE, state, quote)]
    assert [(anchor.start, anchor.end) for anchor in anchors] == ([offsets] if offsets else [])
    for anchor in anchors:
        assert text[anchor.start : anchor.end] == quote


def test_a_text_that_changed(folder: Path) -> None:
    held, now = "a list of 12 boats and 3 carts", "now a list of 12 boats"
    (folder / "text.txt").write_text(now, "utf-8")
    findings, anchors = verify({SOURCE: (sha256(held), ["12 boats", "3 carts"])}, {}, folder)
    assert [(finding.state, finding.quote) for finding in findings] == [
        ("text changed", ""),
        ("new", "12 boats"),
        ("vanished", "3 carts"),
    ]
    assert sha256(now) in findings[0].detail
    assert anchors == [], "what stands in another text than the record's is no anchor"


def test_a_text_that_is_not_held(folder: Path) -> None:
    other = "a text of 12 boats that belongs to another source"
    (folder / "other.txt").write_text(other, "utf-8")
    held = {SOURCE: (sha256("gone"), ["12 boats"]), "2024-03-10-harbour:other": (sha256(other), ["12 boats"])}
    findings, anchors = verify(held, {}, folder)
    assert [(finding.source_id, finding.state) for finding in findings] == [
        (SOURCE, "text not held"),
        ("2024-03-10-harbour:other", "new"),
    ]
    assert len(anchors) == 1


def test_the_project_is_intact(pristine: Path) -> None:
    records, _ = read_records(pristine)
    known, problems = read_anchors(pristine)
    findings, anchors = verify(quotes_by_source(records), known, pristine / "texts")
    assert not problems
    assert [finding.state for finding in findings] == ["intact"] * 3
    assert {anchor.quote for anchor in anchors} == {"登记船只1240艘", "同比增长24%", "二月来客4.56万人次"}


def test_quotes_of_figures_and_changes_are_held_once(pristine: Path) -> None:
    records, _ = read_records(pristine)
    held = quotes_by_source(records)
    assert list(held) == [SOURCE], "only a source with a hash has a text"
    assert held[SOURCE][1] == ["登记船只1240艘", "同比增长24%", "二月来客4.56万人次"]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    quotes = ['of "12", boats', "船12艘", "two\nlines of 12", "2,514 cases"]
    anchors = [Anchor(SOURCE, "0" * 64, quote, at, at + len(quote)) for at, quote in enumerate(quotes)]
    write_anchors(tmp_path, [*anchors, anchors[0]])
    first = (tmp_path / "data/anchors.csv").read_bytes()
    assert read_anchors(tmp_path) == ({(SOURCE, "0" * 64, anchor.quote): anchor for anchor in anchors}, [])
    write_anchors(tmp_path, reversed(anchors))
    assert (tmp_path / "data/anchors.csv").read_bytes() == first
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["anchors.csv"]


def test_a_project_may_hold_no_text(tmp_path: Path) -> None:
    assert read_anchors(tmp_path) == ({}, [])
