"""Quotes looked for on their pages: intact, moved, changed, gone or unreachable; nothing is edited."""

import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from china_border_statistics.curation.records import Quote, read_records
from china_border_statistics.curation.revisits import Anchorage, sources_of

Run = Callable[..., tuple[int, str, str]]

TEXT = (
    "The harbour office said on Sunday that it keeps a list of over 1,200 boats, up 24 percent on the year before. "
    "Of these, 310 are sailing boats. The gate clicked 45,700 times in February."
)
CHINESE = "港务处说：今年以来登记船只1240艘，同比增长24%；二月来客4.56万人次，查获两起案件。"


@pytest.mark.parametrize(
    ("text", "quote", "state", "detail"),
    [
        (TEXT, "a list of [over 1,200] boats", "intact", ""),
        (CHINESE, "登记船只[1240艘]", "intact", ""),
        # Typography
        (TEXT, "a list  of [over 1,200] boats", "moved", "spaces or punctuation"),
        (TEXT.replace("a list", "“a list”"), "a list of [over 1,200] boats", "moved", "spaces or punctuation"),
        (TEXT.replace(" ", "\u00a0"), "a list of [over 1,200] boats", "moved", "spaces or punctuation"),
        (CHINESE.replace("1240", "１２４０"), "登记船只[1240艘]", "moved", "spaces or punctuation"),
        (CHINESE.replace("今年以来登记", "今年以来\n登 记"), "来登记船只[1240艘]", "moved", "spaces or punctuation"),
        # Other words, the same number
        (TEXT, "The office keeps a list of [over 1,200] boats", "moved", "other words around it"),
        (CHINESE.replace("今年以来", "今年"), "港务处说：今年以来登记船只[1240艘]", "moved", "other words around it"),
        # Another number
        (
            TEXT.replace("1,200", "1,300"),
            "a list of [over 1,200] boats",
            "text changed",
            "now 1,300: .*over \\[1,300\\] bo",
        ),
        (TEXT.replace("over 1,200", "1,243"), "keeps a list of [over 1,200] boats", "text changed", "now 1,243"),
        (TEXT.replace("over 1,200", "nearly 1,200"), "keeps a list of [over 1,200] boats", "text changed", "now 1,200"),
        (CHINESE.replace("1240", "1340"), "今年以来登记船只[1240艘]", "text changed", "now 1340"),
        (CHINESE.replace("4.56万", "4.6万"), "二月来客[4.56万人次]", "text changed", "now 4.6万"),
        (CHINESE.replace("两起", "三起"), "查获[两起]案件。今年以来", "gone", ""),
        (CHINESE.replace("两起", "三起"), "二月来客4.56万人次，查获[两起]案件", "text changed", "now 三"),
        (TEXT.replace("24 percent", "26 percent"), "boats, up [24 percent] on the year", "text changed", "now 26"),
        ("同比增长12%，环比下降3%；另一项同比增长15%。", "环比下降[4%]；另一项", "text changed", "now 3"),
        ("客运同比增长12%；货运同比增长15%。", "同比增长[14%]", "text changed", "now one of 2 numbers: 12, 15$"),
        # A number that only ends or begins as the quote's does is another one.
        (CHINESE.replace("1240艘", "1240.5艘"), "登记船只[1240]", "text changed", "now 1240.5"),
        ("They counted 12,514 cases of scurvy.", "[2,514] cases of scurvy", "text changed", "now 12,514"),
        # Gone
        ("The harbour office is closed today.", "a list of [over 1,200] boats", "gone", "not on the page"),
        ("There are 1,200 reasons for that.", "a list of [over 1,200] boats", "gone", "not on the page"),
        ("", "a list of [over 1,200] boats", "gone", "not on the page"),
        ("今年12艘", "[14艘]", "gone", "not on the page"),  # too few words to know it by
        (TEXT.replace("five", ""), "some [five] hundred", "gone", "not on the page"),
    ],
)
def test_a_quote_on_its_page(text: str, quote: str, state: str, detail: str) -> None:
    finding = Anchorage(text, text).find("a:b", Quote.parse(quote))
    assert finding.state == state, finding
    assert re.search(detail, finding.detail)


def test_a_quote_outside_the_main_text() -> None:
    finding = Anchorage("Nothing of it.", f"Headline\n{TEXT}").find("a:b", Quote.parse("a list of [over 1,200] boats"))
    assert (finding.state, finding.detail) == ("moved", "it stands outside the main text")


def page(text: str) -> str:
    return f"<html><head><title>Harbour</title></head><body><article><p>{text}</p></article></body></html>"


HOME = "https://harbour.example/zh/1"
PAGES = {
    HOME: page("港务处说：今年以来登记船只1240艘，同比增长24%；二月来客4.56万人次。以上为港务处今天公布的数字。"),
    "https://lantern.example/2024/spring": page(
        "There is now a list of over 1,200 boats, 310 of them sail, which is 24 percent more than last spring. "
        "In February the gate clicked 45,700 times. Weighed were 3.5 and 2.1 tonnes of herring and eel."
    ),
}
FILLER = page("港务处的其他消息，与数字无关，只为篇幅而写。" * 20)
SPRING = ("--fetch", "--announcement", "2024-03-10-harbour")


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({}, 0, ["intact             2 of 2 sources"]),
        (
            {HOME: page("港务处说：今年以来登记船只1250艘，同比增长24%；二月来客4.56万人次。以上为港务处公布。")},
            1,
            ["office-zh: text changed", "text changed: '登记船只1240艘' now 1250", "intact             1 of 2"],
        ),
        (
            {HOME: page("港务处说：今年以来登记船只1240艘，同比增长24%。以上为港务处今天公布的最新数字。")},
            1,
            ["text changed", "gone: '二月来客4.56万人次' not on the page"],
        ),
        ({HOME: page("港务处今天休息，没有什么可以公布的，明天请早一点再来。")}, 1, ["gone: the page holds none"]),
        ({HOME: 404}, 1, ["office-zh: gone: status 404"]),
        ({HOME: 410}, 1, ["office-zh: gone: status 410"]),
        ({HOME: 500}, 3, ["office-zh: unreachable: status 500"]),
        ({HOME: "<html><form><input type=password></form></html>"}, 3, ["unreachable: a page that lets nobody"]),
        ({HOME: PAGES[HOME].replace("登记船只", "登记\u200b船 只")}, 0, ["moved: '登记船只1240艘' other spaces"]),
        ({HOME: PAGES[HOME].replace("1240艘", "1250艘\u202e\x1b[2J") + FILLER}, 1, ["now 1250"]),
    ],
)  # fmt: skip
def test_sources_are_revisited(
    run: Run, project: Path, change: dict[str, str | int], code: int, words: list[str]
) -> None:
    before = {path: path.read_bytes() for path in (project / "data").rglob("*") if path.is_file()}
    result, out, err = run("verify", PAGES | change, *SPRING)
    assert (result, err) == (code, ""), out
    for expected in words:
        assert expected in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out), "a terminal would obey it"
    assert {path: path.read_bytes() for path in (project / "data").rglob("*") if path.is_file()} == before


def test_an_unknown_announcement(run: Run) -> None:
    code, _, err = run("verify", {}, "--fetch", "--announcement", "2024-harbour")
    assert code == 2
    assert "no record is announcement 2024-harbour" in err


@pytest.mark.parametrize("arguments", [(), ("--fetch", "--write"), ("--fetch", "--texts", ".")])
def test_arguments_that_do_not_go_together(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("verify", {}, *arguments)[0] == 2


def test_held_texts_are_verified_as_before(run: Run, project: Path) -> None:
    code, out, _ = run("verify", {}, "--texts", str(project / "texts"))
    assert (code, out) == (0, "3 intact\n")


@pytest.mark.slow
def test_a_digit_that_changed_is_found_in_the_record_itself() -> None:
    """On pages made of a source's quotes: the numbers that docs/method.md gives."""
    records, _ = read_records(Path(__file__).parents[1])
    choice = random.Random(1)
    states: Counter[str] = Counter()
    for source_id, _, quotes in sources_of(records):
        text = " / and so on; 等等 / ".join(quote.text for quote in quotes)
        for quote in quotes:
            digits = [match.start() for match in re.finditer(r"\d", quote.token)]
            if not digits:
                continue
            at = choice.choice(digits)
            token = quote.token[:at] + choice.choice("123456789".replace(quote.token[at], "")) + quote.token[at + 1 :]
            page_now = text.replace(quote.text, quote.before + token + quote.after, 1)
            if quote.text in page_now:
                continue  # another quote's words hold this one
            finding = Anchorage(page_now, page_now).find(source_id, quote)
            number = re.search(r"\d+([.,]\d+)*", token)
            assert number is not None
            if finding.state == "text changed":
                states["another number"] += number[0] not in finding.detail and "one of" not in finding.detail
            states["several" if "one of" in finding.detail else finding.state] += 1
    assert states["text changed"] > 5 * (states["several"] + states["gone"])
    assert states["text changed"] > 500 * states["another number"]
    assert set(states) == {"text changed", "several", "gone", "another number"}
