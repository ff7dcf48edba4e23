"""Check the quotes against the texts that are held: each at its offset, in a text of its hash."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from china_border_statistics.curation.anchors import Finding, quotes_by_source, read_anchors, verify, write_anchors
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import read_records

ROOT = Path(__file__).parents[1]
BAD = ("moved", "vanished", "repeated", "text changed", "text not held")


def main() -> int:
    """Verify, and with --write keep the anchors found; return 1 where a quote isn't where it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, metavar="DIR", help="folder that holds the texts")
    parser.add_argument("--write", action="store_true", help="write data/anchors.csv anew from what was found")
    arguments = parser.parse_args()
    if not arguments.texts.is_dir():
        parser.error(f"--texts: {arguments.texts} is no folder")
    records, problems = read_records(ROOT)
    anchors, found = read_anchors(ROOT)
    problems += [] if arguments.write else found
    if problems:
        print(CurationError(problems), file=sys.stderr)
        return 1
    findings, anchored = verify(quotes_by_source(records), anchors, arguments.texts)
    print_findings(findings)
    unwritable = [f for f in findings if f.state in BAD and f.state != "moved"]
    if arguments.write and not unwritable:
        write_anchors(ROOT, anchored)
        print(f"wrote {len(anchored)} anchors to data/anchors.csv")
        return 0
    return 1 if any(f.state in (*BAD, "new") for f in findings) else 0


def print_findings(findings: list[Finding]) -> None:
    """Print what isn't as it was, then a count by state."""
    for finding in findings:
        if finding.state != "intact":
            print(f"{finding.source_id}: {finding.state}: {finding.quote!r} {finding.detail}")
    counts = Counter(finding.state for finding in findings)
    print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "no source's text is held")


if __name__ == "__main__":
    sys.exit(main())
