"""Hold the published package to the strict gate, and its history and changelog to what was released."""

import argparse
import sys
from pathlib import Path

from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import tree_problems, unexplained_problems
from china_border_statistics.curation.staging import interruption

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Check the package; return 1 and list what is wrong, or 0."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    problems = [
        *interruption(ROOT),
        *package_problems(ROOT, Metadata.read(ROOT)),
        *history_problems(ROOT),
        *tree_problems(ROOT),
    ]
    problems = problems or list(unexplained_problems(ROOT))
    if problems:
        print(str(CurationError(problems)).replace("; nothing was written", ""), file=sys.stderr)
        return 1
    print(
        "valid: Arrow schemas, hashes, keys, constraints and invariants hold, stock Frictionless agrees, and every past"
    )
    print("release is as it was made; what differs from the last one has its reason.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
