"""Drafts: marked where unsure, valid once the marks are gone, several sources paired."""

import re
from datetime import date
from pathlib import Path

import pytest

from china_border_statistics.curation.drafts import MARK, DraftSource, draft_record, pair, propose_source, write_draft
from china_border_statistics.curation.pages import Page, read_page
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.records import Record, read_record
from china_border_statistics.curation.wording import Wording

ROOT = Path(__file__).parents[1]
ANNOUNCED = date(2024, 7, 5)
CHINESE = """上半年出入境数据

今年上半年，共查验出入境人员2.87亿人次，同比增长70.9%。其中，内地居民1.37亿人次、外国人2922万人次，同比分别增长63%、152.7%。
签发普通护照1234万本，缴获各类毒品4.8吨，另有处置事项360起。截至6月30日，抓获犯罪嫌疑人3.4万余人。
"""
ENGLISH = """Figures for the first half of 2024

A total of 287 million border crossings were handled in the first half of this year, up 70.9 percent year on year.
Mainland residents made 137 million of these trips and foreign nationals 29.22 million, up 63 percent and 152.7 percent
respectively. Some 12.34 million ordinary passports were issued, and 4.8 tonnes of drugs seized.
"""


def answered(draft: str) -> str:
    """The draft as a maintainer leaves it: every question answered, here with what is proposed."""
    answers = {
        f"url: {MARK} the address of the page": "url: https://made-up.example/1",
        f"occasion: # {MARK} what it was, in a few words": "occasion: a made-up press conference",
        f"publisher: {MARK}\n": "publisher: nia\n",
        f"issuer: {MARK} nia": "issuer: nia",
    }
    for question, answer in answers.items():
        draft = draft.replace(question, answer)
    return draft.replace(f"{MARK} ", "")


def draft_of(*texts: str) -> str:
    pages = [
        Page(text, "en" if text.isascii() else "zh-Hans", None, None, f"{number:064}", None, text)
        for number, text in enumerate(texts)
    ]
    return draft_record(ROOT, ANNOUNCED, "h1-2024", pages)


def read(draft: str, folder: Path) -> Record:
    (name,) = re.findall("^announcement: (.*)", draft, re.M)
    path = folder / f"data/records/{name[:4]}/{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(draft, "utf-8")
    record = read_record(path, path.name)
    assert isinstance(record, Record), "\n".join(map(str, record))
    return record


def test_a_draft_is_a_record_once_its_questions_are_answered(tmp_path: Path) -> None:
    record = read(answered(draft_of(CHINESE)), tmp_path)
    figures = {figure.observation_key: figure for figure in record.content.figures}
    assert figures["crossings"].value == 287_000_000
    assert figures["drugs_seized"].value == 4800
    (change,) = figures["crossings_foreigners"].change
    assert (change.basis, change.value) == ("yoy", "152.7 %")
    assert str(record.content.period.start and record.content.period.start.first) == "2024-01-01"


def test_a_draft_with_marks_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "2024/2024-07-05-h1-2024.yaml"
    path.parent.mkdir()
    path.write_text(draft_of(CHINESE), "utf-8")
    problems = read_record(path, path.name)
    assert isinstance(problems, list)
    assert {problem.field for problem in problems} >= {"issuer", "scope", "occasion"}


def test_what_is_unsure_is_marked_with_the_next_best_metrics() -> None:
    draft = draft_of("上半年，有关部门共办结相关事项，涉及签注360起。")
    (line,) = [line for line in draft.splitlines() if line.startswith("  - metric:")]
    assert re.fullmatch(rf"  - metric: {MARK} \w+  # 0\.\d\d; or \w+(, \w+)?", line)


def test_sources_of_one_announcement_are_paired(tmp_path: Path) -> None:
    record = read(answered(draft_of(CHINESE, ENGLISH)), tmp_path)
    printed = {
        figure.observation_key: {source: quotes[0].token for source, quotes in figure.printed.items()}
        for figure in record.content.figures
    }
    assert printed["crossings"] == {"nia-zh": "2.87亿人次", "nia-en": "287 million"} or printed["crossings"] == {
        "source-zh": "2.87亿人次",
        "source-en": "287 million",
    }
    for metric in ("crossings_mainland_residents", "crossings_foreigners", "passports_issued", "drugs_seized"):
        assert len(printed[metric]) == 2, metric
    assert len(printed["suspects_arrested"]) == 1


def test_a_figure_printed_twice_is_one_entry_with_two_quotes(wording: Wording) -> None:
    text = "查验出入境人员2.87亿人次！\n今年上半年，查验出入境人员2.87亿人次。签发普通护照1234万本。"
    entries = pair([propose(text, "zh-Hans", ANNOUNCED, wording)])
    assert [len(entry.printings) for entry in entries] == [2, 1]


def test_ports_of_a_list_are_written_out_with_key_and_area() -> None:
    text = "预计中秋假期全国口岸出入境人员将达到81万人次。深圳罗湖、福田口岸预计出入境人员分别达到12万、11.8万人次。"
    page = Page(text, "zh-Hans", None, None, "0" * 64, None, text)
    draft = draft_record(ROOT, date(2024, 9, 13), "forecast", [page])
    assert (
        """
  - metric: crossings
    key: crossings-luohu
    scope: port-luohu
    area: CN-GD
    value: 120000
    status: F
    printed:
      source-zh: "福田口岸预计出入境人员分别达到[12万]"
"""
        in draft
    )
    assert draft.count("status: F") == 3
    assert draft.count("\n    area: CN-GD\n") == 2
    assert "key: crossings-futian" in draft


def test_the_port_of_most_figures_is_the_announcements() -> None:
    draft = draft_of(
        "今年上半年，罗湖口岸查验出入境人员12万人次。罗湖口岸查验车辆3.6万辆次。全国签发普通护照1234万本。"
    )
    assert f"scope: {MARK} port-luohu\narea: CN-GD\n" in draft
    assert "    scope:" not in draft


def test_numbers_of_one_sentence_are_never_one_figure(wording: Wording) -> None:
    text = "查验出入境人员11.8万人次和12万人次，另12万人次。查验出入境人员12万人次。"
    entries = pair([propose(text, "zh-Hans", ANNOUNCED, wording)])
    assert len(entries) == 3


def test_the_narrowest_printing_says_the_value() -> None:
    draft = draft_of(
        "今年上半年，共查验出入境人员2.873亿人次。",
        "In the first half of 2024 there were over 200 million border crossings.",
    )
    assert draft.count("  - metric: crossings\n") == 1
    assert "    value: 287300000\n" in draft


def test_no_figure_is_said_so() -> None:
    assert f"{MARK} no figure was found" in draft_of("今天天气很好，大家出门游玩，一路平安，谢谢各位。")


def test_a_publisher_is_known_by_its_site(wording: Wording) -> None:
    figures = propose(ENGLISH, "en", ANNOUNCED, wording)
    source = DraftSource(ENGLISH, "en", figures, url="https://lantern.example/2024/1")
    publishers = {"daily-lantern": {"url": "https://lantern.example/", "kind": "newspaper"}}
    draft = write_draft(ANNOUNCED, "h1", [source], {m: {"unit": u} for m, u in wording.units.items()}, publishers, {})
    assert "    publisher: daily-lantern\n" in draft
    assert "  daily-lantern-en:\n" in draft


@pytest.mark.parametrize(
    ("address", "publisher"),
    [
        ("https://lantern.example/2024/1", "daily-lantern"),
        ("https://www.lantern.example/2024/1", "daily-lantern"),
        ("https://m.lantern.example/2024/1", "daily-lantern"),
        ("https://blue-lantern.example/2024/1", "blue-lantern-example"),
    ],
)
def test_a_site_is_its_publishers_or_a_new_one(address: str, publisher: str, wording: Wording) -> None:
    source = DraftSource(ENGLISH, "en", propose(ENGLISH, "en", ANNOUNCED, wording), url=address, site="The Lantern")
    publishers = {"daily-lantern": {"url": "https://lantern.example/", "kind": "newspaper"}}
    draft = write_draft(ANNOUNCED, "h1", [source], {m: {"unit": u} for m, u in wording.units.items()}, publishers, {})
    assert f"    publisher: {publisher}\n" in draft
    new = (
        f"# new, for publishers.csv: {publisher},{MARK} The Lantern,{MARK} The Lantern,{MARK} other,{address[:-7]},,\n"
    )
    assert (new in draft) == (publisher != "daily-lantern")


@pytest.mark.parametrize(
    ("address", "day"),
    [
        ("https://lantern.example/2024/0705/1.html", "2024-07-05"),
        ("https://lantern.example/2024-07/06/1.html", "2024-07-06"),
        ("https://lantern.example/2024/07/", None),
        ("https://lantern.example/1", None),
    ],
)
def test_the_day_of_a_page_is_in_its_address(address: str, day: str | None, wording: Wording) -> None:
    source = DraftSource(ENGLISH, "en", propose(ENGLISH, "en", ANNOUNCED, wording), url=address)
    draft = write_draft(ANNOUNCED, "h1", [source], {m: {"unit": u} for m, u in wording.units.items()}, {}, {})
    assert re.findall("    published: (.*)", draft) == ([day] if day else [])


def test_a_page_in_another_language_is_an_error(wording: Wording) -> None:
    page = Page("Im ersten Halbjahr 2024 …", None, None, None, "0" * 64, None, "")
    with pytest.raises(CurationError, match=r"halbjahr\.txt: language: found another language, or none"):
        propose_source(page, "halbjahr.txt", ANNOUNCED, wording)


def test_the_worked_example_of_the_docs_is_what_comes_out(tmp_path: Path) -> None:
    page = (ROOT / "docs/adding-an-announcement.md").read_text("utf-8")
    (day,) = re.findall(r"--announced (\S+) \\", page)
    announced = date.fromisoformat(day)
    # No record can have its figures, and it writes none.
    assert announced.year > max(int(folder.name) for folder in (ROOT / "data/records").iterdir())
    texts = re.findall(r"```text\n(.*?)```", page, re.S)
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    pages = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.txt"
        path.write_text(text, "utf-8")
        pages.append(read_page(path))
    draft = draft_record(
        ROOT, announced, "h1-2031", pages, ["https://made-up.example/zh", "https://made-up.example/en"], ["nia", "nia"]
    )
    figures = draft[draft.index("figures:") :]
    assert shown.strip() in figures
    read(answered(draft), tmp_path)
