"""Build the site from the published tables and the documents."""

import argparse
import sys
from pathlib import Path

from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.site.build import SiteError, build_site

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Build into a folder; return 1 where something is wrong, having replaced nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "site", metavar="DIR", help="folder to replace (site)")
    out = parser.parse_args().out
    try:
        count = build_site(ROOT, out)
    except (SiteError, CurationError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {count} pages, {size / 1e6:.1f} MB; to look at it: python -m http.server --directory {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
