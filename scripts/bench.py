"""Measure what the package costs, beside other tools and its own earlier versions, and write docs/benchmarks.md."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path

from benchmarks.parts import ROOT, Part, Settings
from benchmarks.processes import run
from benchmarks.results import Measurement, document, merged, number, read_measurements, write_measurements

PARTS = ("reader", "lookups", "curation", "transfer", "site", "history", "proposals", "localisation")
# What can be measured of a checkout that has other benchmarks, or none.
OF_EARLIER = ("reader", "lookups", "curation")
KEPT, DOCUMENT = ROOT / "docs/benchmarks.csv", ROOT / "docs/benchmarks.md"
MENDED = """\
## What was mended

Profiled in November 2026 on a machine with other work, in processor time, which such work changes less.

- **A build** took 14 s: 9 s of them in Frictionless, which turns each row of a Parquet file into a mapping once for
  each of its cells, and reads a table again for each that refers to it; 1.2 s in a second reconciliation, by the gate.
  Given the rows by pyarrow Frictionless takes 0.8 s, and tables that are those just derived aren't derived again: 4.9
  s. `make validate` and the tests still run Frictionless as anybody does.
- **`load(as_of=…)`** read every column of every row and sorted texts: 3.1 s and 1.3 GiB for a million observations. It
  looks through codes of the five columns that matter, and reads the rows found: 1.1 s, 0.5 GiB. **`series`** likewise:
  0.8 s and 0.8 GiB became 0.4 s and 0.2 GiB. Later it read the list of metrics only where a metric isn't found, and of
  the keys the metric alone: 62 ms became 42 for a hundred thousand observations, most of it now decoding columns of
  pages that hold no row of the series, which pyarrow can't skip. Smaller groups of rows don't help: at 8,192 rows it
  took 2.8 times as long, and the file was half as large again.
- **`cite`**, and with it `cbs cite` and `cbs show`, imported pandas, because pyarrow does so whenever it compares with
  a Python value. They no longer do.
"""


def main() -> int:
    """Print a line for each comparison, and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--full", action="store_true", help="ten million observations and a hundred copies too")
    parser.add_argument("--small", action="store_true", help="the smallest sizes, once: to try it; writes nothing")
    parser.add_argument("--runs", type=int, default=7, help="pairs of each comparison (7)")
    held = f"a checkout of an earlier version, to hold this one beside: {', '.join(OF_EARLIER)} alone"
    parser.add_argument("--of", type=Path, default=ROOT, metavar="DIR", help=held)
    arguments = parser.parse_args()
    of = arguments.of.resolve()
    if of != ROOT and not set(arguments.only) <= set(OF_EARLIER):
        parser.error(f"--of needs --only, of {', '.join(OF_EARLIER)}")
    version, today = version_of(of), date.today().isoformat()
    sections = {name: load_part(name) for name in PARTS}
    kept = read_measurements(KEPT)
    for name in arguments.only:
        with tempfile.TemporaryDirectory() as folder:
            runs = 1 if arguments.small else arguments.runs
            settings = Settings(Path(folder), runs, arguments.full, arguments.small, of)
            kept = merged(kept, list(measured(sections[name], settings, version, today)))
        if not arguments.small:
            # After each part: what took an hour isn't lost with what comes after it.
            write_measurements(KEPT, kept)
            headings = {part: (sections[part].heading, sections[part].about) for part in PARTS}
            DOCUMENT.write_text(document(kept, headings, MENDED), "utf-8", newline="\n")
    return 0


def version_of(checkout: Path) -> str:
    """The version that a checkout states, or is about to have."""
    code = "import china_border_statistics; print(china_border_statistics.__version__)"
    return run(("-c", code), checkout / "src").printed.removesuffix(".dev0")


def load_part(name: str) -> Part:
    """A part by its name."""
    part: Part = import_module(f"benchmarks.{name}").PART
    return part


def measured(part: Part, settings: Settings, version: str, today: str) -> Iterator[Measurement]:
    """Measure a part, and print each result as it comes."""
    print(f"\n{part.heading:<88}{'unit':>9}{'ours':>10}{'theirs':>10}{'ratio':>8}{'aim':>7}{'grows':>7}")
    for result in part.measure(settings):
        grows = "" if result.exponent is None else f"{result.exponent:.2f}"
        cells = (number(result.ours), number(result.theirs), number(result.ratio), number(result.aim), grows)
        widths = (10, 10, 8, 7, 7)
        line = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        print(f"{result.comparison:<88}{result.unit:>9}{line}", flush=True)
        yield Measurement(version, today, result)


if __name__ == "__main__":
    sys.exit(main())
