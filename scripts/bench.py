"""Measure speed as ratios of fresh processes, interleaved so that a drifting machine weighs on both alike."""

import argparse
import statistics
import subprocess
import sys
import time

from china_border_statistics.reader import path

RUNS = 15
# Name, our code, the code it is held against, the ratio aimed at.
COMPARISONS = (
    ("import china_border_statistics / bare interpreter", "import china_border_statistics", "pass", 1.5),
    (
        "cbs --help / bare interpreter",
        "import os, sys; sys.stdout = open(os.devnull, 'w'); sys.argv = ['cbs', '--help']\n"
        "from china_border_statistics.cli import main; main()",
        "pass",
        3,
    ),
    (
        "load() / pandas.read_parquet",
        "import china_border_statistics as cbs; cbs.load()",
        f"import pandas; pandas.read_parquet({str(path())!r})",
        1.15,
    ),
)


def main() -> int:
    """Print a row for each comparison: median seconds of both and the median of the pairwise ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS, help="pairs of each comparison")
    runs = parser.parse_args().runs
    print(f"{'comparison':<52}{'ours, s':>9}{'theirs, s':>11}{'ratio':>8}{'aim':>7}")
    for name, ours, theirs, aim in COMPARISONS:
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs + 1)][1:]
        mine, other = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        print(f"{name:<52}{mine:>9.3f}{other:>11.3f}{ratio:>8.2f}{aim:>7.2f}")
    return 0


def seconds(code: str) -> float:
    """Wall-clock seconds of a fresh interpreter that runs the code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
