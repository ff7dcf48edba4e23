"""Make the mistakes people make in records and code lists, one at a time, and count which checks notice each."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from mistakes import TWICE  # noqa: E402
from mutation import Bench, measure, sample  # noqa: E402
from tallies import Tally, caught, reason, tallies, unexplained  # noqa: E402


def main() -> int:
    """Print what is caught, by kind of mistake and by check; return 1 if a kind survives without a known reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=2000, help="mistakes to make (2000)")
    parser.add_argument("--all", action="store_true", help="make all of them: hours")
    parser.add_argument("--seed", type=int, default=8, help="another one draws others (8)")
    parser.add_argument("--processes", type=int, default=2, help="at a time (2)")
    parser.add_argument("--survivors", type=Path, default=ROOT / ".build/survivors.txt", help="where to list them")
    arguments = parser.parse_args()
    began = time.perf_counter()
    drawn, population = sample(Bench(ROOT).mistakes(), None if arguments.all else arguments.sample, arguments.seed)
    outcomes = list(measure(ROOT, drawn, arguments.processes))
    found = tallies(outcomes, population)
    seconds = time.perf_counter() - began
    print(f"{len(outcomes):,} of {population.total():,} mistakes, seed {arguments.seed}, {seconds:.0f} s\n")
    print_parts(found)
    print_checks(found, Counter(next(iter(o.caught_by)) for o in outcomes if len(o.caught_by) == 1))
    print("| survives in a new figure | tried | caught, % | because |\n| --- | --- | --- | --- |")
    for tally in found:
        if tally.survivors:
            share = 100 * tally.new / tally.tried
            print(f"| {tally.part}: {tally.kind} | {tally.tried} | {share:.0f} | {reason(tally.part, tally.kind)} |")
    survivors = [str(outcome.mistake) for tally in found for outcome in tally.survivors]
    arguments.survivors.parent.mkdir(exist_ok=True)
    arguments.survivors.write_text("\n".join(survivors) + "\n", "utf-8")
    print(f"\n{len(survivors):,} survivors are listed in {arguments.survivors}")
    return 1 if unexplained(found) else 0


def print_parts(found: Iterable[Tally]) -> None:
    """A line for each part of a record, each code list, and all together."""
    print("| mistake in | possible | tried | caught if new, % | and pages read, % | if released, % | most by |")
    print("|" + " --- |" * 7)
    known = [tally for tally in found if tally.tried]
    parts = [(name, list(group)) for name, group in groupby(known, lambda tally: tally.part)]
    words = ("prose", "phrases.csv", "synonyms.csv", "holidays.csv", "scope_names.csv")
    wordless = [tally for tally in known if tally.part not in words]
    once = [tally for tally in known if tally.part not in TWICE]
    together = [
        ("all", known),
        ("all but prose, phrases and holidays", wordless),
        ("all but slips keyed twice", once),
        ("all but slips keyed twice, prose, phrases and holidays", [tally for tally in once if tally in wordless]),
    ]
    for name, members in [*parts, *together]:
        shares = " | ".join(f"{100 * share:.1f}" for share in caught(members))
        by = sum((tally.by for tally in members), Counter[str]())
        checks = ", ".join(check for check, _ in by.most_common(3))
        made, tried = sum(tally.made for tally in members), sum(tally.tried for tally in members)
        print(f"| {name} | {made:,} | {tried:,} | {shares} | {checks} |")


def print_checks(found: Iterable[Tally], alone: Counter[str]) -> None:
    """A line for each check: how many of the mistakes tried it refuses, and how many no other does."""
    by = sum((tally.by for tally in found), Counter[str]())
    held = sum(tally.held - tally.new for tally in found)
    print("\n| check | refuses | alone |\n| --- | --- | --- |")
    for check, count in by.most_common():
        print(f"| {check} | {count:,} | {alone[check]:,} |")
    print(f"| history, beyond these | {held:,} | {held:,} |\n")


if __name__ == "__main__":
    sys.exit(main())
