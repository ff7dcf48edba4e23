"""Projects with many times the record: copies of it side by side, each with announcements and scopes of its own."""

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.parts import ROOT
from china_border_statistics.curation.schema import TABLES

COPIED = ("src", "scripts", "pyproject.toml", "data/README.md", "data/vocabulary")
# Columns of scopes that tell one copy from another.
SCOPE_IDS = ("scope_id", "parent_scope_id", "comparison_group")


def make_project(root: Path, copies: int, of: Path = ROOT) -> None:
    """Make a git checkout of a project that was never released, with the record so many times.

    Parameters
    ----------
    root : Path
        The folder to make.
    copies : int
        How often; 1 for the record as it is.
    of : Path
        The checkout that is copied.
    """
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (of / name).is_dir():
            shutil.copytree(of / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(of / name, root / name)
    (root / "docs").mkdir()
    (root / "CHANGELOG.md").write_text("# Changelog\n\nOf copies.\n", "utf-8")
    (root / ".gitignore").write_text(".build/\n__pycache__/\n", "utf-8")
    # Nothing was released that could have been corrected or amended.
    amendments = root / TABLES["amendments"].path
    amendments.write_text(amendments.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    written = {
        path: re.sub(r"(?m)^    corrected:.*\n(?:      .*\n)*", "", path.read_text("utf-8"))
        for path in sorted((of / "data/records").rglob("*.yaml"))
    }
    # The longest first: one announcement's id may be another's beginning.
    ids = re.compile("|".join(sorted((path.stem for path in written), key=len, reverse=True)))
    for copy in range(copies):
        for path, text in written.items():
            target = root / path.parent.relative_to(of) / f"{renamed(path.stem, ids, copy)}.yaml"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(renamed(scoped(text, copy), ids, copy), "utf-8")
    multiply((of, root), TABLES["scopes"].path, copies, scope_cell)
    for name in (TABLES["accepted_findings"].path, "data/anchors.csv"):
        multiply((of, root), name, copies, lambda cell, _, copy: renamed(cell, ids, copy))
    # What was never released states a development version.
    version = root / "src/china_border_statistics/__init__.py"
    text = re.sub(r'(?m)^__version__ = ".*"$', '__version__ = "0.1.0.dev0"', version.read_text("utf-8"))
    version.write_text(text, "utf-8")
    _git(root, "init", "--quiet", "--template=")
    commit(root)


def of_copy(name: str, copy: int) -> str:
    """A name as a copy has it; the first is the record itself."""
    return f"c{copy}-{name}" if name and copy else name


def scope_cell(cell: str, column: str, copy: int) -> str:
    """A cell of the list of scopes as a copy has it: ids and labels of its own."""
    if column in ("label_en", "label_zh"):
        return f"{cell} ({copy})" if copy else cell
    return of_copy(cell, copy) if column in SCOPE_IDS else cell


def renamed(text: str, ids: re.Pattern[str], copy: int) -> str:
    """A text with the ids of announcements as a copy has them: after the date, so that their order stays."""
    return ids.sub(lambda found: re.sub(r"^((?:\d+-)+)", rf"\1c{copy}-", found[0]), text) if copy else text


def scoped(record: str, copy: int) -> str:
    """The text of a record with the scopes of a copy."""
    return re.sub(r"\bscope: (?=[a-z])", f"scope: c{copy}-", record) if copy else record


def multiply(roots: tuple[Path, Path], path: str, copies: int, cell_of: Callable[[str, str, int], str]) -> None:
    """Write a project's CSV file so many times into another's; a cell is made of the cell, its column and the copy."""
    of, root = roots
    with (of / path).open(encoding="utf-8", newline="") as file:
        columns, *rows = csv.reader(file)
    made = [
        [cell_of(cell, name, copy) for name, cell in zip(columns, row, strict=True)]
        for copy in range(copies)
        for row in rows
    ]
    with (root / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        # Code lists are sorted by their key, the first column.
        writer.writerows([columns, *sorted(made, key=lambda row: row[0])])


def commit(root: Path) -> None:
    """Commit all that a project holds."""
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", "a state")


def _git(root: Path, *arguments: str) -> None:
    author = ["-c", "user.name=bench", "-c", "user.email=bench@made-up.example"]
    subprocess.run(["git", "-C", str(root), *author, *arguments], check=True, capture_output=True)  # noqa: S607
