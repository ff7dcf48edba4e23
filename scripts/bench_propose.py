"""Measure proposals: how fast beside quantulum3 and recognizers-text, and how right beside the records."""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from quantulum3 import parser as quantulum
from recognizers_date_time import recognize_datetime
from recognizers_number import Culture, recognize_number, recognize_percentage
from recognizers_number_with_unit import recognize_currency, recognize_dimension

from china_border_statistics.curation.measurement import measure
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.wording import Wording, read_wording

ROOT = Path(__file__).parents[1]
ROUNDS = 5
AIM = 20
ANNOUNCED = date(2024, 7, 5)

# Made-up releases of the usual length: sentences of ours, with numbers that differ from sentence to sentence.
ENGLISH = (
    "In the first half of this year, a total of {0}.{1} million border crossings were handled, up {1}.{2} percent year "
    "on year. Mainland residents made {2},{0}00 trips and foreign nationals {1}{2},000, up {0} percent and {1} percent "
    "respectively. Police seized {0}.{2} tonnes of drugs and arrested over {1},{2}00 suspects in {0}{1} cases. "
)
CHINESE = (
    "今年上半年，全国移民管理机构共查验出入境人员{0}.{1}亿人次，同比增长{1}.{2}%；其中内地居民{2}{0}00.{1}万人次，外国人{1}{2}00余万人次，"
    "同比分别增长{0}%、{1}%。缴获各类毒品{0}.{2}吨，侦破案件{0}{1}起，抓获犯罪嫌疑人{1}.{2}万余人。"
)


def recognize_all(text: str) -> None:
    """What recognizers-text has for what a proposal holds: numbers, shares, quantities, money, dates."""
    recognize_number(text, Culture.Chinese)
    recognize_percentage(text, Culture.Chinese)
    recognize_dimension(text, Culture.Chinese)
    recognize_currency(text, Culture.Chinese)
    recognize_datetime(text, Culture.Chinese)


COMPARISONS: tuple[tuple[str, str, str, Callable[[str], object]], ...] = (
    ("quantulum3, without classifier", "en", ENGLISH, quantulum.parse),
    ("recognizers-text, numbers to dates", "zh-Hans", CHINESE, recognize_all),
    ("recognizers-text, numbers only", "zh-Hans", CHINESE, lambda text: recognize_number(text, Culture.Chinese)),
)
MEASURES = (
    ("found", "found", "printings"),
    ("value", "value", "found"),
    ("metric", "metric", "found"),
    ("of three", "among three", "found"),
    ("scope", "scope", "found"),
    ("period", "period", "found"),
    ("change", "change", "changes"),
    ("not in record", "unrecorded", "proposals"),
)


def main() -> int:
    """Print the speed, then what was found; return 1 where the records can't be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, metavar="DIR", help="whole texts, DIR/<announcement_id>/<source>.txt")
    parser.add_argument("--slips", action="store_true", help="print what went wrong in texts for tuning")
    arguments = parser.parse_args()
    try:
        wording = read_wording(ROOT)
    except CurationError as error:
        print(error, file=sys.stderr)
        return 1
    print_speed(wording)
    return print_measures(wording, arguments.texts, slips=arguments.slips)


def print_speed(wording: Wording) -> None:
    """Documents and figures a second on one core, ours and the other's in turn, and the ratio."""
    logging.disable(logging.WARNING)
    print(f"{'language':<10}{'documents/s':>12}{'figures/s':>11}   {'beside':<36}", end="")
    print(f"{'documents/s':>12}{'ratio':>8}{'aim':>6}")
    for name, language, sentence, theirs in COMPARISONS:
        text = "".join(sentence.format(n % 9 + 1, (n * 7) % 9 + 1, (n * 4) % 9 + 1) for n in range(6))
        figures = len(propose(text, language, ANNOUNCED, wording))
        ours = partial(propose, text, language, ANNOUNCED, wording)
        theirs(text)
        pairs = [(seconds(ours), seconds(partial(theirs, text))) for _ in range(ROUNDS)]
        mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        beside = f"{1 / other:>12.1f}{ratio:>8.1f}{AIM:>6}"
        print(f"{language:<10}{1 / mine:>12.0f}{figures / mine:>11.0f}   {name:<36}{beside}")


def seconds(call: Callable[[], object]) -> float:
    """Processor seconds of one call: the least of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


def print_measures(wording: Wording, texts: Path | None, *, slips: bool) -> int:
    """Print shares in percent by half and language, on whole texts or, without them, on the records' quotes."""
    records, problems = read_records(ROOT)
    if problems:
        print(CurationError(problems), file=sys.stderr)
        return 1
    scores, wrong = measure(records, wording, texts)
    print(f"\nproposals beside the records, on {'whole texts' if texts else 'quotes of a few words'}, in percent")
    print(
        f"{'announcements':<16}{'texts':>6}{'figures':>9}"
        + "".join(f"{name:>{len(name) + 3}}" for name, _, _ in MEASURES)
    )
    for (half, language), score in sorted(scores.items()):
        shares = [score.share(part, whole) for _, part, whole in MEASURES]
        cells = (
            f"{'–' if share is None else f'{100 * share:.1f}':>{len(name) + 3}}"
            for (name, _, _), share in zip(MEASURES, shares, strict=True)
        )
        print(f"{half + ' ' + language:<16}{score.texts:>6}{score.counts['printings']:>9}" + "".join(cells))
    if slips:
        print(*(f"{place}: {slip}" for place, slip in wrong), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
