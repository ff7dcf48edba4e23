"""Check the quotes: against the texts that are held, or, with --fetch, against their pages as they are now."""

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from china_border_statistics.curation.anchors import Finding, quotes_by_source, read_anchors, verify, write_anchors
from china_border_statistics.curation.fetching import Fetcher, user_agent
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import Record, read_records
from china_border_statistics.curation.revisits import STATES, Visit, revisit, sources_of
from china_border_statistics.terminal import printable

ROOT = Path(__file__).parents[1]
BAD = ("moved", "vanished", "repeated", "text changed", "text not held")


def main() -> int:
    """Verify, and with --write keep the anchors found; return 1 where a quote isn't where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--texts", type=Path, metavar="DIR", help="folder that holds the texts")
    what.add_argument("--fetch", action="store_true", help="get every source's page; nothing is edited")
    parser.add_argument("--write", action="store_true", help="with --texts: write data/anchors.csv anew")
    parser.add_argument("--announcement", metavar="ID", help="with --fetch: only this announcement's sources")
    parser.add_argument("--cache", type=Path, default=ROOT / ".build/pages", help="folder that keeps pages for a day")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without Chinese
    if arguments.texts and not arguments.texts.is_dir():
        parser.error(f"--texts: {arguments.texts} is no folder")
    if (arguments.write and arguments.fetch) or (arguments.announcement and arguments.texts):
        parser.error("--write goes with --texts, --announcement with --fetch")
    records, problems = read_records(ROOT)
    anchors, found = read_anchors(ROOT)
    problems += [] if arguments.write else found
    if problems:
        print(CurationError(problems), file=sys.stderr)
        return 1
    if arguments.fetch:
        chosen = [r for r in records if arguments.announcement in (None, r.content.announcement)]
        if not chosen:
            parser.error(f"no record is announcement {arguments.announcement}; see data/records")
        return print_visits(asyncio.run(visit(chosen, arguments.cache)))
    findings, anchored = verify(quotes_by_source(records), anchors, arguments.texts)
    print_findings(findings)
    unwritable = [f for f in findings if f.state in BAD and f.state != "moved"]
    if arguments.write and not unwritable:
        try:
            write_anchors(ROOT, anchored)
        except OSError as error:
            print(f"{error}; data/anchors.csv is as it was", file=sys.stderr)
            return 1
        print(f"wrote {len(anchored)} anchors to data/anchors.csv")
        return 0
    return 1 if any(f.state in (*BAD, "new") for f in findings) else 0


async def visit(records: list[Record], cache: Path) -> list[Visit]:
    """Visit the sources' pages, with a progress bar where somebody watches."""
    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("pages", total=sum(1 for _ in sources_of(records)))
        async with Fetcher(user_agent(ROOT), cache) as fetcher:
            return await revisit(records, fetcher, lambda _: progress.advance(task))


def print_visits(visits: list[Visit]) -> int:
    """Print what became of the sources, and a count by state; return 1 where a text changed, 3 where one is unknown.

    Words of pages are printed with their control characters made visible.
    """
    for seen in visits:
        if seen.state != "intact" or seen.detail:
            print(printable(f"{seen.source_id}: {seen.state}: {seen.detail or 'see its quotes'} ({seen.url})"))
        for finding in seen.findings:
            if finding.state != "intact":
                print(printable(f"    {finding.state}: {finding.quote!r} {finding.detail}"))
    counts = Counter(seen.state for seen in visits)
    print("\n" + "\n".join(f"{state:<14}{counts[state]:>6} of {len(visits)} sources" for state in STATES))
    return 1 if counts["text changed"] or counts["gone"] else 3 if counts["unreachable"] else 0


def print_findings(findings: list[Finding]) -> None:
    """Print what isn't as it was, then a count by state."""
    for finding in findings:
        if finding.state != "intact":
            print(f"{finding.source_id}: {finding.state}: {finding.quote!r} {finding.detail}")
    counts = Counter(finding.state for finding in findings)
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no source's text is held")


if __name__ == "__main__":
    sys.exit(main())
