"""What a part is given, and what it gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.results import Result

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Settings:
    """How much is measured, and where files may be made."""

    folder: Path
    runs: int = 7
    is_full: bool = False
    only_small: bool = False
    """Whether the smallest sizes are enough: to try the benchmarks themselves."""
    of: Path = ROOT
    """The checkout that is measured."""


@dataclass(frozen=True)
class Part:
    """A section of the document and what measures it."""

    heading: str
    about: str
    measure: Callable[[Settings], Iterator[Result]]
