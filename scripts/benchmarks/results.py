"""What was measured, kept by version in a small file, and the document made of it."""

import csv
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from packaging.version import Version

SLIDE = 1.25
# Units that don't hang on the machine: even without anything beside it such a figure tells a slide.
MACHINE_FREE = ("kB", "requests")


@dataclass(frozen=True)
class Result:
    """One comparison, measured once or as a median."""

    part: str
    comparison: str
    """What is measured, / what it is held against."""
    unit: str
    ours: float
    theirs: float | None = None
    ratio: float | None = None
    """Of ours to theirs; the median of pairs where several were measured."""
    aim: float | None = None
    """The ratio that shouldn't be exceeded."""
    times: float | None = None
    """For growth: how many times as large the input is."""

    @property
    def exponent(self) -> float | None:
        """How it grows: 1 is linear, 2 quadratic."""
        return math.log(self.ratio) / math.log(self.times) if self.ratio and self.times else None


@dataclass(frozen=True)
class Measurement:
    """A result of a version."""

    version: str
    date: str
    result: Result


def of_pairs(
    part: str, comparison: str, unit: str, pairs: Iterable[tuple[float, float]], aim: float | None = None
) -> Result:
    """A result of several pairs, each measured one after the other: medians, and the median of their ratios."""
    ours, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return Result(part, comparison, unit, statistics.median(ours), statistics.median(theirs), ratio, aim)


def of_growth(part: str, comparison: str, unit: str, ours: float, smaller: float, times: float) -> Result:
    """A result beside that of an input so many times smaller."""
    return Result(part, comparison, unit, ours, smaller, ours / smaller, None, times)


COLUMNS = ("version", "date", *(field.name for field in fields(Result)))


def read_measurements(path: Path) -> list[Measurement]:
    """Read what was kept; nothing, where there is no file.

    Raises
    ------
    ValueError
        If the file has other columns.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name}: columns {rows.fieldnames}, expected {list(COLUMNS)}; restore the file")
        return [_measurement(row) for row in rows]


def _measurement(row: Mapping[str, str]) -> Measurement:
    texts = (row["part"], row["comparison"], row["unit"])
    numbers = (float(row[name]) if row[name] else None for name in ("theirs", "ratio", "aim", "times"))
    return Measurement(row["version"], row["date"], Result(*texts, float(row["ours"]), *numbers))


def write_measurements(path: Path, measurements: Iterable[Measurement]) -> None:
    """Write what is to be kept, numbers to four digits."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for measurement in measurements:
            cells = (f"{c:.4g}" if isinstance(c, float) else c for c in astuple(measurement.result))
            writer.writerow([measurement.version, measurement.date, *cells])


def merged(kept: Sequence[Measurement], new: Sequence[Measurement]) -> list[Measurement]:
    """What is kept after new measurements, by version: they replace the same comparisons of theirs, others stay."""
    places = {(m.version, m.result.part, m.result.comparison): m for m in kept}
    places |= {(m.version, m.result.part, m.result.comparison): m for m in new}
    return sorted(places.values(), key=lambda m: Version(m.version))


@dataclass(frozen=True)
class Line:
    """A comparison as measured last, and in the version before."""

    now: Measurement
    before: Measurement | None

    @property
    def slide(self) -> float | None:
        """How many times worse it is than in the version before; None where this can't be told."""
        if self.before is None:
            return None
        now, before = self.now.result, self.before.result
        if now.ratio and before.ratio:
            return now.ratio / before.ratio
        return now.ours / before.ours if now.unit in MACHINE_FREE and before.ours else None


def lines(measurements: Sequence[Measurement], part: str) -> list[Line]:
    """The comparisons that the last two versions made of those by which the part was measured, in the file's order."""
    of_part = [m for m in measurements if m.result.part == part]
    versions = list(dict.fromkeys(m.version for m in of_part))[-2:]
    found: dict[str, list[Measurement]] = {}
    for measurement in of_part:
        found.setdefault(measurement.result.comparison, []).append(measurement)
    recent = ([m for m in group if m.version in versions] for group in found.values())
    return [Line(group[-1], group[-2] if len(group) > 1 else None) for group in recent if group]


def number(value: float | None) -> str:
    """A number to three digits, or nothing."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(found: Iterable[Line]) -> str:
    """A Markdown table of lines."""
    rows = ["| comparison | unit | ours | theirs | ratio | aim | grows | before | measured |", "|" + " --- |" * 9]
    for line in found:
        result, before = line.now.result, line.before
        missed = " ✗" if result.aim and result.ratio and result.ratio > result.aim else ""
        was = ""
        if before:
            shown = before.result.ratio if before.result.ratio is not None else before.result.ours
            was = f"{number(shown)} ({before.version})"
        if line.slide and line.slide > SLIDE:
            was += f" **slid back {line.slide:.2g} times**"
        grows = "" if result.exponent is None else f"n^{result.exponent:.2f}"
        cells = [
            result.comparison, result.unit, number(result.ours), number(result.theirs),
            number(result.ratio) + missed, number(result.aim), grows, was, f"{line.now.version}, {line.now.date}",
        ]  # fmt: skip
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


INTRODUCTION = """\
# Benchmarks

Made by `make bench`; never edited. *Ours* and *theirs* were measured in one run, in turn, each in a fresh process, and
shown as medians; the *ratio* is the median of the pairs. Ratios are what can be compared between machines, seconds are
not. ✗ marks an aim that was missed. *Grows* is the exponent by which time or memory grows with the input: 1 is linear.
*Before* is the ratio of the version before, or the figure where there is no ratio; what is worse by more than a quarter
is said to have slid back. Rows that only `make bench BENCH=--full` measures keep the day of the last full run. Memory
is the process's greatest, the interpreter included. `docs/benchmarks.csv` keeps every version's.
"""


def document(measurements: Sequence[Measurement], sections: Mapping[str, tuple[str, str]], mended: str) -> str:
    """``docs/benchmarks.md``.

    Parameters
    ----------
    measurements : sequence of Measurement
        Everything kept, older versions first.
    sections : mapping
        By part: heading and what is measured.
    mended : str
        What profiling found and what was done about it.
    """
    texts = [INTRODUCTION]
    for part, (heading, about) in sections.items():
        found = lines(measurements, part)
        if found:
            texts.append(f"## {heading}\n\n{about}\n\n{table(found)}\n")
    return "\n".join([*texts, mended])
