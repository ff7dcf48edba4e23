"""The reader: what importing it and its first answers cost."""

from collections.abc import Iterator

from benchmarks.parts import ROOT, Part, Settings
from benchmarks.processes import in_turn
from benchmarks.results import Result, of_pairs
from china_border_statistics.past_releases import History
from china_border_statistics.reader import path

IMPORT = "import china_border_statistics as cbs"
HELP = (
    "import os, sys; sys.stdout = open(os.devnull, 'w'); sys.argv = ['cbs', '--help']\n"
    "from china_border_statistics.cli import main; main()"
)
READ_ARROW = f"from pyarrow.parquet import ParquetFile; ParquetFile({str(path())!r}).read()"
PENGUINS = "import palmerpenguins"
VEGA = "import warnings; warnings.simplefilter('ignore'); from vega_datasets import data"
CITE = f"{IMPORT}; cbs.cite('2021-03-29-campaign/suspects_arrested')"


def comparisons() -> Iterator[tuple[str, str, str, float | None]]:
    """Name, our code, the code it is held against, the ratio aimed at."""
    releases = History(ROOT).releases
    past = releases[-2 if len(releases) > 1 else -1].version
    yield "import china_border_statistics / bare interpreter", IMPORT, "pass", 1.5
    yield "import china_border_statistics / import palmerpenguins", IMPORT, PENGUINS, 1
    yield "import china_border_statistics / import vega_datasets", IMPORT, VEGA, 1
    yield "cbs --help / bare interpreter", HELP, "pass", 3
    read = f"import pandas; pandas.read_parquet({str(path())!r})"
    yield "load() / pandas.read_parquet", f"{IMPORT}; cbs.load()", read, 1.15
    yield (
        "load() / palmerpenguins.load_penguins()",
        f"{IMPORT}; cbs.load()",
        f"{PENGUINS}; palmerpenguins.load_penguins()",
        1.15,
    )
    yield "load() / vega_datasets.data.cars()", f"{IMPORT}; cbs.load()", f"{VEGA}; data.cars()", 1.15
    yield 'load(to="arrow") / pyarrow reads the file', f"{IMPORT}; cbs.load(to='arrow')", READ_ARROW, 1.5
    yield "cite() / pyarrow reads the file", CITE, READ_ARROW, 1.5
    yield "load(release=…), a past one / load()", f"{IMPORT}; cbs.load(release={past!r})", f"{IMPORT}; cbs.load()", 2


def measure(settings: Settings) -> Iterator[Result]:
    """Time fresh interpreters."""
    for name, ours, theirs, aim in comparisons():
        rounds = in_turn((("-c", ours), ("-c", theirs)), settings.runs, settings.of / "src")
        yield of_pairs("reader", name, "s", [(a.seconds, b.seconds) for a, b in rounds], aim)


PART = Part(
    "Reader",
    "Importing the package and its first answer, the interpreter's start included, beside a bare interpreter, a bare "
    "`pandas.read_parquet` of the same file, and two packages that ship data.",
    measure,
)
