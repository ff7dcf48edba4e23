"""The same inputs give the same bytes: in another folder, language, time zone, under another umask and hash seed."""

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from china_border_statistics.curation import schema
from china_border_statistics.curation.package import (
    CITATION,
    COVERAGE,
    CROISSANT,
    DESCRIPTOR,
    DICTIONARY,
    FINDINGS,
    HEAT_MAP,
    ZENODO,
)

ROOT = Path(__file__).parents[1]
DERIVED = [
    *(table.path for table in schema.derived_tables()),
    CITATION,
    COVERAGE,
    CROISSANT,
    DESCRIPTOR,
    DICTIONARY,
    FINDINGS,
    HEAT_MAP,
    ZENODO,
]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".build", "dist", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)  # fmt: skip


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """A copy of the repository without its derived files, built and packed as a stranger's machine would."""
    root = tmp_path_factory.mktemp("a stranger's Ordner") / "copie 船"
    shutil.copytree(ROOT, root, ignore=LEFT_OUT)
    for path in DERIVED:
        (root / path).unlink()
    return root


# Locale, time zone, umask, hash seed.
STRANGER = ({"LC_ALL": "C", "LANG": "C", "TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "4242"}, 0o077)
AT_HOME = ({"LC_ALL": "C.UTF-8", "TZ": "America/Los_Angeles", "PYTHONHASHSEED": "1"}, 0o002)


def run(root: Path, surroundings: tuple[dict[str, str], int], *command: str) -> None:
    """Run Python in a folder, on the package that lies there, in such surroundings."""
    variables, umask = surroundings
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    subprocess.run(
        [sys.executable, *command], cwd=root, env=environment | variables | {"PYTHONPATH": str(root / "src")},
        umask=umask, check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def hashes(root: Path, names: list[str]) -> dict[str, str]:
    return {name: hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names}


@pytest.mark.slow
def test_every_derived_file_is_built_again_to_the_byte(elsewhere):
    run(elsewhere, STRANGER, "scripts/build.py")
    made = {path.relative_to(elsewhere).as_posix() for path in elsewhere.rglob("*") if path.is_file()}
    every = sorted(name for name in made if ".build/" not in name and "__pycache__" not in name and name[:5] != "dist/")
    assert set(DERIVED) <= set(every)
    assert hashes(elsewhere, every) == hashes(ROOT, every)


@pytest.mark.slow
def test_wheel_and_source_archive_are_packed_again_to_the_byte(elsewhere, tmp_path):
    home = Path(shutil.copytree(ROOT, tmp_path / "home", ignore=LEFT_OUT))
    released = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["datapackage"]["released"]
    epoch = str(int(datetime.combine(released, time(), UTC).timestamp()))
    for root, (variables, umask) in ((elsewhere, STRANGER), (home, AT_HOME)):
        if not (root / DESCRIPTOR).exists():
            run(root, STRANGER, "scripts/build.py")
        # As a clone by a person with this umask would have them.
        for path in root.rglob("*"):
            mode = 0o777 if path.is_dir() or path.stat().st_mode & 0o100 else 0o666
            path.chmod(mode & ~umask)
        run(root, (variables | {"SOURCE_DATE_EPOCH": epoch}, umask), "-m", "build", "--no-isolation")
    archives = sorted(path.relative_to(home).as_posix() for path in (home / "dist").iterdir())
    assert [Path(name).suffix for name in archives] == [".whl", ".gz"]
    assert hashes(elsewhere, archives) == hashes(home, archives)
