"""Build the data package from the records and the vocabulary, check it, and say what was made."""

import argparse
import io
import sys
from pathlib import Path

from china_border_statistics.curation import schema
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import Build, build, derive
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import unexplained_problems
from china_border_statistics.exports import replace_file
from china_border_statistics.plots import plot

ROOT = Path(__file__).parents[1]
# Charts of the documents: how each is drawn.
PICTURES: dict[str, dict[str, str]] = {
    "docs/suspects-arrested.svg": {"metric": "suspects_arrested", "scope": "campaign-2020-12"},
    "docs/crossings.svg": {"metric": "crossings", "period_kind": "year"},
}


def main() -> int:
    """Build in place, or check; return 1 where an input is wrong or a file can't be written, having written nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only read and reconcile the inputs; write nothing")
    is_check = parser.parse_args().check
    # A terminal that has no Chinese gets its code points.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        if is_check:
            rows = derive(ROOT)["observations"].num_rows
            print(f"the inputs are right: {rows:,} observations; nothing was written, make data builds the package")
            return 0
        made = build(ROOT)
    except CurationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}; nothing was written.", file=sys.stderr)
        return 1
    try:
        draw()
    except OSError as error:
        print(f"{error}; the package is built, its picture isn't drawn anew.", file=sys.stderr)
        return 1
    print(summary(made))
    unexplained = list(unexplained_problems(ROOT))
    if unexplained:
        print("\nDiffers from the last release without a reason; make validate refuses it until there is one:")
        print(*unexplained, sep="\n")
    return 0


def draw() -> None:
    """Draw the charts of the documents from the tables that have just been built."""
    for name, chosen in PICTURES.items():
        picture, path = io.StringIO(), ROOT / name
        plot(**chosen).save(picture, format="svg")
        if not path.exists() or path.read_text("utf-8") != picture.getvalue():
            replace_file(path, picture.getvalue().encode())


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
