"""Release what the records and the vocabulary say: version, history, changelog and package, together or not at all."""

import argparse
import sys
from datetime import date
from pathlib import Path

from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import derive
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import described_tables, make, plan
from china_border_statistics.curation.staging import interruption
from china_border_statistics.past_releases import History
from china_border_statistics.terminal import printable

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Make the release, or say what it would be; return 1 where it is refused, having written nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", nargs="?", help="such as 0.3.0; without it, the smallest that the changes allow")
    parser.add_argument("--note", metavar="TEXT", help="a sentence for the changelog, in front of what is computed")
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="the day; without it, today")
    parser.add_argument("--dry-run", action="store_true", help="say what the release would be, and write nothing")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without Chinese
    released = arguments.date.isoformat()
    try:
        if arguments.dry_run:
            problems = [*interruption(ROOT), *history_problems(ROOT)]
            if problems:
                raise CurationError(problems)
            tables = described_tables(derive(ROOT))
            chosen = plan(History(ROOT), tables, arguments.version, released, arguments.note)
        else:
            chosen = make(ROOT, arguments.version, released, arguments.note)
    except CurationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}; nothing was released.", file=sys.stderr)
        return 1
    part, why = chosen.why
    print("\n".join(map(printable, chosen.section.split("\n"))))
    if arguments.dry_run:
        print(f"Would be {chosen.version}: {part}, for {why}. Now {Metadata.read(ROOT).version}; nothing was written.")
    else:
        print(f"Released {chosen.version}: {part}, for {why}. Commit it, and tag the commit v{chosen.version}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
