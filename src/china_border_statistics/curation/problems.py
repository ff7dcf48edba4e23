"""What is wrong with an input, said so that a person can mend it: where, what was found, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

from china_border_statistics.terminal import printable


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of one field.

    Parameters
    ----------
    file : str
        The file, relative to the project's root.
    line : int
        Line of the fault, counted from 1; 0 where the fault is the whole file's.
    field : str
        Path of the field, such as ``figures[3].printed.xinhua-en``.
    found : str
        What stands there.
    expected : str
        What should stand there.
    action : str
        What to do about it.
    """

    file: str
    line: int
    field: str
    found: str
    expected: str
    action: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"{place}: {self.field}: found {self.found}; expected {self.expected}. {self.action}"
        return printable(said)  # what is found is others' words


class CurationError(Exception):
    """Everything that is wrong with a set of inputs, together.

    Attributes
    ----------
    problems : tuple of Problem
        All faults, sorted by file and line.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        super().__init__(
            "\n".join([f"{count} problem{'s' if count != 1 else ''}; nothing was written.", *map(str, self.problems)])
        )
