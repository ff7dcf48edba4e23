"""Counts what became of the mistakes that ``mutation.py`` makes, by kind, and says why some of a kind can survive."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mutation import Outcome

# Why a kind of mistake can survive in a new figure. A kind that survives without one is a gap.
REASONS = (
    (r"token and qualifier, .*", "the same slip where the word is printed and where it is keyed; only the text tells"),
    (
        r"token, .*",
        "one printing of several: what it says still fits the one that the figure is taken from, which isn't touched",
    ),
    (
        r"(?:every like )?token and value, .*",
        "the same slip where the number is printed and where it is keyed: relations and size notice what is far off",
    ),
    (r"change: token and value, .*", "the same slip in quote and control: noticed where the base is published"),
    (
        r"change: token, 倍 as growth",
        "a multiple reads as growth if the words say so; noticed where the base is published",
    ),
    (
        r"change, (?:left out|under the next figure)",
        "what isn't there contradicts nothing; proposing figures from the text shows it",
    ),
    (r"change, wrong basis", "the quote doesn't say what is compared"),
    (
        r"figure, .*|quote, printing left out|source, left out",
        "what isn't there contradicts nothing; proposing figures from the text shows it",
    ),
    (r"key, .*", "a name: ids are free until a release holds them"),
    (r"metric, .*", "a quote of few words names no metric, or one of the same words"),
    (
        r"scope, .*|area, .*|announcement, wrong (?:area|issuer)",
        "few quotes name scope, area or issuer; noticed where relations tie them",
    ),
    (
        r"announced, id and file, .*",
        "id, name of the file and date agree; noticed where a source or a period is dated otherwise",
    ),
    (r"period, .*", "the words of a period are quoted for some figures only; noticed where relations tie it"),
    (r"status, left out", "a judgement that stands in the note only"),
    (
        r"source, (?:address|published).*",
        "an address is checked by visiting it (verify.py --fetch); a day on which it isn't dated enters no figure",
    ),
    (r"source, .*", "who republishes what is known from the page only"),
    (r"quote, .*", "words of a quote are held against the text only where it is held, or fetched"),
    (r"prose, .*", "prose is read by people"),
    (
        r"(?:phrases|synonyms|holidays)\.csv, .*",
        "phrases say nothing of the data: they propose, and the share found is measured",
    ),
    (
        r"(?:metrics|scopes|publishers|units)\.csv, row left out",
        "an entry that nothing uses; once released, its id is missed",
    ),
    (r"\w+\.csv, .*", "curators' judgement: noticed where figures, names or relations contradict it"),
)


@dataclass(frozen=True)
class Tally:
    """What became of the mistakes of one kind.

    Attributes
    ----------
    part, kind : str
        The kind.
    made : int
        How many could be made.
    tried : int
        How many were, without those that change nothing.
    new, seen, held : int
        How many of these are refused in a new figure, in one whose pages can be read, too, and in one that a release
        holds.
    by : Counter
        By check: how many it refuses.
    survivors : tuple of Outcome
        Those that aren't refused in a new figure.
    """

    part: str
    kind: str
    made: int
    tried: int
    new: int
    seen: int
    held: int
    by: Counter[str]
    survivors: tuple[Outcome, ...]


def tallies(outcomes: Iterable[Outcome], population: Mapping[tuple[str, str], int]) -> list[Tally]:
    """Count outcomes by kind of mistake, in the order of their names."""
    kinds: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    idle: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        kind = outcome.mistake.part, outcome.mistake.kind
        kinds[kind] += [] if outcome.changes_nothing else [outcome]
        idle[kind] += outcome.changes_nothing
    return [
        Tally(
            *kind,
            # As many of those that weren't tried change nothing, too.
            round(population[kind] * len(found) / (len(found) + idle[kind])),
            len(found),
            sum(bool(outcome.caught_by) for outcome in found),
            sum(bool(outcome.caught_by) or outcome.is_off_page for outcome in found),
            sum(bool(outcome.caught_by) or outcome.is_held for outcome in found),
            Counter(check for outcome in found for check in outcome.caught_by),
            tuple(outcome for outcome in found if not outcome.caught_by),
        )
        for kind, found in sorted(kinds.items())
    ]


def caught(found: Iterable[Tally]) -> tuple[float, float, float]:
    """Shares of all mistakes refused, as ``Tally`` counts them; kinds count by how many there are."""
    known = [tally for tally in found if tally.tried]
    made = sum(tally.made for tally in known) or 1
    counts = [[tally.made * count / tally.tried for count in (tally.new, tally.seen, tally.held)] for tally in known]
    new, seen, held = (sum(shares) / made for shares in zip(*counts, strict=True)) if counts else (0.0, 0.0, 0.0)
    return new, seen, held


def unexplained(found: Iterable[Tally]) -> list[Tally]:
    """Kinds of which some survive, though no reason is known why they must."""
    return [tally for tally in found if tally.survivors and reason(tally.part, tally.kind) is None]


def reason(part: str, kind: str) -> str | None:
    """Why mistakes of a kind can survive in a new figure."""
    return next((why for words, why in REASONS if re.fullmatch(words, f"{part}, {kind}")), None)
