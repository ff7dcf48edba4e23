"""Build the data package from the records and the vocabulary, check it, and say what was made."""

import argparse
import io
import sys
from pathlib import Path

from china_border_statistics.curation import schema
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import Build, build
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import unexplained_problems
from china_border_statistics.plots import plot

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs/suspects-arrested.svg"


def main() -> int:
    """Build in place; return 1 where an input is wrong or a file can't be written, having written nothing."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    # A terminal that has no Chinese gets its code points.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        made = build(ROOT)
    except CurationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}; nothing was written.", file=sys.stderr)
        return 1
    draw()
    print(summary(made))
    unexplained = list(unexplained_problems(ROOT))
    if unexplained:
        print("\nDiffers from the last release without a reason; make validate refuses it until there is one:")
        print(*unexplained, sep="\n")
    return 0


def draw() -> None:
    """Draw the chart of the README from the tables that have just been built."""
    picture = io.StringIO()
    plot("suspects_arrested", scope="campaign-2020-12").save(picture, format="svg")
    if not PICTURE.exists() or PICTURE.read_text("utf-8") != picture.getvalue():
        PICTURE.write_text(picture.getvalue(), "utf-8", newline="\n")


def summary(made: Build) -> str:
    """Say in a screenful what was built, what changed and what was checked."""
    lines = [f"China border statistics {Metadata.read(ROOT).version}", ""]
    for table in schema.TABLES.values():
        line = f"  {table.name:<14}{made.tables[table.name].num_rows:>7,} rows   {table.path}"
        if table.name in made.differences:
            added, removed, changed = made.differences[table.name]
            line += f"   (+{added} −{removed} ~{changed})" if added or removed or changed else "   (unchanged)"
        lines.append(line)
    announced = made.tables["announcements"]["announced"].to_pylist()
    citations = made.tables["citations"]
    anchored = citations.num_rows - citations["start"].null_count
    lines += [
        "",
        f"  announced from {min(announced)} to {max(announced)}",
        f"  checked: every token reads to its value; {anchored:,} of {citations.num_rows:,} quotes anchored in a held",
        "  text; Arrow schemas, hashes, keys and constraints; Frictionless. All passed.",
        "  descriptor: datapackage.json; columns: docs/data-dictionary.md",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
