"""Damage: a byte of a published file flipped, a file cut short or swapped for another, is noticed or changes nothing.

Who notices is the gate (``scripts/validate.py``), or, where a package is only read, the reader and the wheel itself.
"""

import io
import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from china_border_statistics import reader
from china_border_statistics.curation import schema
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.release import tree_problems
from china_border_statistics.past_releases import History

ROOT = Path(__file__).parents[1]
PACKAGE = ["datapackage.json", "croissant.json", ".zenodo.json", *(table.path for table in schema.TABLES.values())]


def content(folder: Path) -> tuple[Any, ...]:
    """What a reader gets of a package, to the last cell; None for what can't be read."""
    tables: list[Any] = []
    for table in schema.TABLES.values():
        path = folder / table.path
        data = path.read_bytes() if table.written else pq.read_table(path)
        tables.append(data if isinstance(data, bytes) else (data.schema.metadata, data))
    return (*(json.loads((folder / name).read_text("utf-8")) for name in PACKAGE[:3]), *tables)


def is_same(folder: Path, before: tuple[Any, ...]) -> bool:
    try:
        return content(folder) == before
    except (OSError, ValueError, pa.ArrowException):
        return False


def is_noticed(folder: Path) -> bool:
    return bool(package_problems(folder, Metadata.read(folder)))


def places(files: list[Path], count: int, seed: int = 8) -> Iterator[tuple[Path, int]]:
    """Bytes of some files, so many of all of them together, the first and the last of each file among them."""
    chance = random.Random(seed)
    sizes = {file: file.stat().st_size for file in files}
    ends = [(file, at) for file, size in sizes.items() for at in (0, size - 1)]
    yield from ends[:count]
    for file in chance.choices(files, weights=list(sizes.values()), k=max(0, count - len(ends))):
        yield file, chance.randrange(sizes[file])


def damaged(content: bytes, at: int) -> bytes:
    """One byte other: a bit flipped, or a byte put out, by turns."""
    return content[:at] + (bytes([content[at] ^ (1 << at % 8)]) if at % 5 else b"") + content[at + 1 :]


@pytest.mark.parametrize("count", [30, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_damaged_byte_of_a_package(built: Path, count: int) -> None:
    before = content(built)
    assert not is_noticed(built)
    for file, at in places([built / name for name in PACKAGE], count):
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, at))
        assert is_same(built, before) or is_noticed(built), f"byte {at} of {file.name}"
        file.write_bytes(whole)


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGE)
def test_a_file_cut_short_or_empty_or_gone(built: Path, name: str) -> None:
    file, before = built / name, content(built)
    whole = file.read_bytes()
    for rest in (whole[: len(whole) // 2], whole[:-1], b""):
        file.write_bytes(rest)
        assert is_same(built, before) or is_noticed(built), len(rest)
    file.unlink()
    # Catalogues' files don't belong to an installed package.
    assert is_noticed(built) or name in PACKAGE[1:3]


def test_files_swapped_for_each_other(built: Path) -> None:
    chance = random.Random(8)
    for _ in range(10):
        one, other = (built / name for name in chance.sample(PACKAGE, 2))
        contents = one.read_bytes(), other.read_bytes()
        one.write_bytes(contents[1])
        other.write_bytes(contents[0])
        assert is_noticed(built), f"{one.name} and {other.name}"
        one.write_bytes(contents[0])
        other.write_bytes(contents[1])


def test_a_file_of_another_version(built: Path) -> None:
    """Every file is whole, but they aren't of one build."""
    for name in ("data/observations.parquet", "data/vocabulary/metrics.csv", "datapackage.json"):
        whole = (built / name).read_bytes()
        (built / name).write_bytes((ROOT / name).read_bytes())
        assert is_noticed(built), name
        (built / name).write_bytes(whole)


@pytest.fixture
def installed(built: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package as the reader finds it."""
    memory = (reader._descriptor, reader._resources, reader._checked_path)
    monkeypatch.setattr(reader, "_root", lambda: built)
    for function in memory:
        function.cache_clear()
    yield built
    for function in memory:
        function.cache_clear()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["observations", "metrics"])
def test_the_reader_refuses_a_damaged_table(name: str) -> None:
    reader.load(name)
    file = reader.path(name)
    for at in random.Random(8).sample(range(file.stat().st_size), 20):
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, at))
        reader._checked_path.cache_clear()
        with pytest.raises(OSError, match=r"isn't the file that datapackage.json describes .* Install the package"):
            reader.load(name)
        file.write_bytes(whole)


# --- Past releases -----------------------------------------------------------------------------------------------

_HELD = ("data", "datapackage.json", "CHANGELOG.md", "pyproject.toml", "src/china_border_statistics/__init__.py")


@pytest.mark.slow
def test_a_damaged_byte_of_history(tmp_path: Path) -> None:
    """Of the real one: its manifests hold each other by hash, the newest is held by the changelog."""
    for name in _HELD:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)

    def past() -> list[Any]:
        history = History(tmp_path)
        return [(release.manifest, [history.read(t, release) for t in release.tables]) for release in history.releases]

    before = past()
    files = sorted((tmp_path / "data/history").iterdir())
    for file, at in places(files, 300):
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, at))
        noticed = any(True for check in (history_problems, tree_problems) for _ in check(tmp_path))
        assert noticed or past() == before, f"byte {at} of {file.name}"
        file.write_bytes(whole)


# --- The wheel ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*.whl")).read_bytes()


def unpacked(content: bytes) -> dict[str, bytes] | None:
    """Files of a wheel that is as its RECORD says, as an installer checks it; None where it isn't."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError, EOFError, zipfile.zlib.error):
        return None
    record = next((text for name, text in files.items() if name.endswith(".dist-info/RECORD")), b"")
    lines = [line.rsplit(",", 2) for line in record.decode("utf-8", "replace").splitlines()]
    return files if {line[0] for line in lines} == set(files) else None


@pytest.mark.slow
def test_a_damaged_byte_of_the_wheel(wheel: bytes) -> None:
    before = unpacked(wheel)
    assert before is not None
    for at in random.Random(8).sample(range(len(wheel)), 3000):
        found = unpacked(damaged(wheel, at))
        assert found is None or found == before, at
