"""Measure proposals: how fast beside quantulum3 and recognizers-text, and how right beside the records."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.parts import ROOT, Part, Settings
from benchmarks.results import Result, of_pairs
from china_border_statistics.curation.measurement import Score
from china_border_statistics.curation.measurement import measure as measure_proposals
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.propose import propose
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.wording import Wording, read_wording

TEXTS = ROOT / "tests/releases"
ROUNDS = 3
AIM = 20
ANNOUNCED = date(2024, 7, 5)


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


def comparisons() -> Iterator[tuple[str, str, Callable[[str], object]]]:
    """Yield what the speed is held against: its name, the language of the texts, what is called."""
    # Here, because nobody else who measures wants to wait for them.
    from quantulum3 import classifier
    from quantulum3 import parser as quantulum
    from recognizers_date_time import recognize_datetime
    from recognizers_number import Culture, recognize_number, recognize_percentage
    from recognizers_number_with_unit import recognize_currency, recognize_dimension

    def recognize_all(text: str) -> None:
        """What recognizers-text has for what a proposal holds: numbers, shares, quantities, money, dates."""
        for recognize in (recognize_number, recognize_percentage, recognize_dimension, recognize_currency):
            recognize(text, Culture.Chinese)
        recognize_datetime(text, Culture.Chinese)

    learned = "with its classifier" if classifier.USE_CLF else "without its classifier"
    yield f"quantulum3 {learned}", "en", quantulum.parse
    yield "recognizers-text, numbers to dates", "zh-Hans", recognize_all
    yield "recognizers-text, numbers only", "zh-Hans", lambda text: recognize_number(text, Culture.Chinese)


def measure(settings: Settings) -> Iterator[Result]:
    """Documents on one core, ours and the other's in turn on the same texts; then print what was found."""
    logging.disable(logging.WARNING)
    wording = read_wording(ROOT)
    for name, language, theirs in comparisons():
        texts = [path.read_text("utf-8") for path in sorted(TEXTS.glob(f"*/{language[:2]}.txt"))]
        texts = texts[:2] if settings.only_small else texts

        def ours(text: str, language: str = language) -> object:
            return propose(text, language, ANNOUNCED, wording)

        ours(texts[0])
        theirs(texts[0])
        pairs = [(seconds(ours, texts), seconds(theirs, texts)) for _ in range(min(settings.runs, ROUNDS))]
        yield of_pairs("proposals", f"{len(texts)} texts in {language} / {name}", "s", pairs, 1 / AIM)
    if not settings.only_small:
        print_measures(wording, TEXTS)


def seconds(call: Callable[[str], object], texts: Sequence[str]) -> float:
    """Processor seconds of a call on every text."""
    start = time.process_time()
    for text in texts:
        call(text)
    return time.process_time() - start


def print_measures(wording: Wording, texts: Path) -> None:
    """Print shares in percent by half and language, on whole texts and on the records' quotes.

    Raises
    ------
    CurationError
        If the records can't be read.
    """
    records, problems = read_records(ROOT)
    if problems:
        raise CurationError(problems)
    for name, folder in (("whole texts", texts), ("quotes of a few words", None)):
        print_scores(name, measure_proposals(records, wording, folder)[0])


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


PART = Part(
    "Proposals",
    """\
Processor seconds on one core for the texts of `tests/releases`, beside libraries that find numbers in texts. What is
found, and how right it is, is printed by `scripts/bench.py --only proposals` and stands in [method](method.md).""",
    measure,
)
