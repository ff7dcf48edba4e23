"""Measure proposals: how fast beside quantulum3 and recognizers-text, and how right beside the records."""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from quantulum3 import classifier
from quantulum3 import parser as quantulum
from recognizers_date_time import recognize_datetime
from recognizers_number import Culture, recognize_number, recognize_percentage
from recognizers_number_with_unit import recognize_currency, recognize_dimension

from china_border_statistics.curation.measurement import Score, measure
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.wording import Wording, read_wording

ROOT = Path(__file__).parents[1]
TEXTS = ROOT / "tests/releases"
ROUNDS = 3
AIM = 20
ANNOUNCED = date(2024, 7, 5)


def recognize_all(text: str) -> None:
    """What recognizers-text has for what a proposal holds: numbers, shares, quantities, money, dates."""
    recognize_number(text, Culture.Chinese)
    recognize_percentage(text, Culture.Chinese)
    recognize_dimension(text, Culture.Chinese)
    recognize_currency(text, Culture.Chinese)
    recognize_datetime(text, Culture.Chinese)


CLASSIFIER = "with its classifier" if classifier.USE_CLF else "without its classifier"
COMPARISONS: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    (f"quantulum3 {CLASSIFIER}", "en", quantulum.parse),
    ("recognizers-text, numbers to dates", "zh-Hans", recognize_all),
    ("recognizers-text, numbers only", "zh-Hans", lambda text: recognize_number(text, Culture.Chinese)),
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
    parser.add_argument(
        "--texts", type=Path, metavar="DIR", default=TEXTS, help="whole texts, DIR/<announcement_id>/….txt"
    )
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
    """Documents and figures a second on one core, ours and the other's in turn on the same texts, and the ratio."""
    logging.disable(logging.WARNING)
    print(f"{'language':<10}{'texts':>6}{'documents/s':>12}{'figures/s':>11}   {'beside':<36}", end="")
    print(f"{'documents/s':>12}{'ratio':>8}{'aim':>6}")
    for name, language, theirs in COMPARISONS:
        texts = [path.read_text("utf-8") for path in sorted(TEXTS.glob(f"*/{language[:2]}.txt"))]

        def ours(text: str, language: str = language) -> object:
            return propose(text, language, ANNOUNCED, wording)

        figures = sum(len(propose(text, language, ANNOUNCED, wording)) for text in texts)
        theirs(texts[0])
        pairs = [(seconds(ours, texts), seconds(theirs, texts)) for _ in range(ROUNDS)]
        mine, other = (len(texts) / statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        print(f"{language:<10}{len(texts):>6}{mine:>12.0f}{figures / len(texts) * mine:>11.0f}   {name:<36}", end="")
        print(f"{other:>12.1f}{ratio:>8.1f}{AIM:>6}")


def seconds(call: Callable[[str], object], texts: Sequence[str]) -> float:
    """Processor seconds of a call on every text."""
    start = time.process_time()
    for text in texts:
        call(text)
    return time.process_time() - start


def print_measures(wording: Wording, texts: Path, *, slips: bool) -> int:
    """Print shares in percent by half and language, on whole texts and on the records' quotes."""
    records, problems = read_records(ROOT)
    if problems:
        print(CurationError(problems), file=sys.stderr)
        return 1
    wrong: list[tuple[str, str]] = []
    for name, folder in (("whole texts", texts), ("quotes of a few words", None)):
        scores, found = measure(records, wording, folder)
        print_scores(name, scores)
        wrong += found
    if slips:
        print(*(f"{place}: {slip}" for place, slip in wrong), sep="\n")
    return 0


def print_scores(name: str, scores: Mapping[tuple[str, str], Score]) -> None:
    """Print one table of shares."""
    print(f"\nproposals beside the records, on {name}, in percent")
    print(f"{'announcements':<16}{'texts':>6}{'figures':>9}", end="")
    print("".join(f"{title:>{len(title) + 3}}" for title, _, _ in MEASURES))
    for (half, language), score in sorted(scores.items()):
        print(f"{half + ' ' + language:<16}{score.texts:>6}{score.counts['printings']:>9}", end="")
        for title, part, whole in MEASURES:
            share = score.share(part, whole)
            print(f"{'–' if share is None else f'{100 * share:.1f}':>{len(title) + 3}}", end="")
        print()


if __name__ == "__main__":
    sys.exit(main())
