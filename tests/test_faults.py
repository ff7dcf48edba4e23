"""Faults around whatever writes: a full disk, folders that can't be written to, a kill at any moment, two at once.

Everything runs in a process of its own. Whatever happens, the published files are all those from before or all the new
ones, what went wrong is said without a traceback, and the next build is as if nothing had been.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from china_border_statistics.curation.package import build
from china_border_statistics.curation.staging import recover
from conftest import commit

ROOT = Path(__file__).parents[1]
SPRING = "data/records/2024/2024-03-10-harbour.yaml"

# Runs the build on another project. If the third argument is above 0, the process kills itself at so many accesses to
# the file system; if it is -1, it prints how many there are; if it is -2, it isn't the superuser's.
COUNT, SOMEBODY = -1, -2
HARNESS = """
import importlib.util, os, signal, sys
from pathlib import Path
root, script, stop = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
spec = importlib.util.spec_from_file_location("script", script)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.ROOT, module.draw, module.unexplained_problems = root, lambda: None, lambda _: []
met = 0
def hook(event, arguments):
    global met
    if event in ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.scandir"):
        met += 1
        if met == stop:
            os.kill(os.getpid(), signal.SIGKILL)
from china_border_statistics.curation import package
if stop == -2 and os.geteuid() == 0:
    # The superuser may write anywhere. What is imported when needed is imported now: its folders may be closed, too.
    package.derive(root)
    os.setgid(65534)
    os.setuid(65534)
if stop:
    # What the gate says is tested elsewhere; it takes most of the time and writes nothing.
    package.package_problems = lambda *_: []
if stop > -2:
    sys.addaudithook(hook)
sys.argv = ["build"]
code = module.main()
if stop == -1:
    print("accesses", met)
sys.exit(code)
"""


def command(project: Path, stop: int = 0) -> list[str]:
    return [sys.executable, "-c", HARNESS, str(project), str(ROOT / "scripts/build.py"), str(stop)]


def run(project: Path, stop: int = 0, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(project, stop), capture_output=True, text=True, timeout=300, **more)  # type: ignore[call-overload]


def files(project: Path) -> dict[str, bytes]:
    """Everything in a project but what its builds keep for themselves."""
    found = (path for path in project.rglob("*") if path.is_file())
    return {
        name: path.read_bytes() for path in found if not (name := str(path.relative_to(project))).startswith(".build")
    }


@pytest.fixture
def changed(built: Path) -> Path:
    """A built project with a record that was changed since."""
    text = (built / SPRING).read_text("utf-8")
    (built / SPRING).write_text(text.replace("310", "320"), "utf-8")
    return built


@pytest.fixture
def new(changed: Path, tmp_path: Path) -> dict[str, bytes]:
    """The files of the changed project as an undisturbed build leaves them."""
    copy = Path(shutil.copytree(changed, tmp_path / "undisturbed"))
    build(copy)
    return files(copy)


def refused(made: subprocess.CompletedProcess[str]) -> None:
    assert made.returncode == 1, made.stderr
    assert "Traceback" not in made.stderr
    assert "nothing was written" in made.stderr


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 4000, 20_000])
def test_a_full_disk(changed: Path, new: dict[str, bytes], size: int) -> None:
    """No file can grow beyond a size, as on a disk that is full at that moment."""
    before = files(changed)
    made = run(changed, COUNT, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    refused(made)
    assert "too large" in made.stderr
    assert files(changed) == before
    assert run(changed, COUNT).returncode == 0
    assert files(changed) == new


@pytest.fixture
def shared(changed: Path) -> Iterator[Path]:
    """The changed project where another user can reach it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(changed, f"{name}/project"))
        for path in (Path(name), folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder


@pytest.mark.parametrize("closed", ["docs", *(pytest.param(name, marks=pytest.mark.slow) for name in ("", "data"))])
def test_a_folder_that_cannot_be_written_to(shared: Path, closed: str) -> None:
    """The project's, or one of those that the files belong into: none is replaced."""
    before = files(shared)
    for path in (shared, *shared.rglob("*")) if os.geteuid() == 0 else ():
        os.chown(path, 65534, 65534)
    (shared / closed).chmod(0o555)
    if not closed:
        shutil.rmtree(shared / ".build")
    made = run(shared, SOMEBODY)
    refused(made)
    assert "ermission denied" in made.stderr or "can't be written" in made.stderr
    assert files(shared) == before
    (shared / closed).chmod(0o755)


def is_whole(project: Path, before: dict[str, bytes], new: dict[str, bytes]) -> str:
    """Say which files a project has, once an interrupted move has been finished."""
    found = files(project)
    assert all(content in (before.get(name), new.get(name)) for name, content in found.items()), "half-written"
    recover(project)
    found = files(project)
    assert found in (before, new)
    return "old" if found == before else "new"


@pytest.mark.slow
def test_a_build_killed_at_any_moment(changed: Path, new: dict[str, bytes], tmp_path: Path) -> None:
    count = 25
    before = files(changed)
    spare = Path(shutil.copytree(changed, tmp_path / "spare"))
    accesses = int(run(spare, COUNT).stdout.split("accesses ")[1])
    # Most accesses are reads at the beginning; what is moved is moved in the last ones.
    stops = {accesses - 1 - round(accesses * (number / count) ** 3) for number in range(count)}
    outcomes = set()
    for stop in sorted(stops):
        project = Path(shutil.copytree(changed, tmp_path / f"killed-{stop}"))
        assert run(project, stop).returncode == -signal.SIGKILL
        outcomes.add(is_whole(project, before, new))
        assert run(project, COUNT).returncode == 0
        assert files(project) == new, stop
        shutil.rmtree(project)
    assert "new" in outcomes


@pytest.mark.slow
def test_a_build_killed_by_the_clock(changed: Path, new: dict[str, bytes], tmp_path: Path) -> None:
    """As above, wherever it happens to be: inside a library that writes, too."""
    before = files(changed)
    for tenths in range(3, 33, 3):
        project = Path(shutil.copytree(changed, tmp_path / f"killed-{tenths}"))
        process = subprocess.Popen(command(project), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(tenths / 10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        is_whole(project, before, new)
        shutil.rmtree(project)


@pytest.mark.slow
def test_two_builds_at_once(changed: Path, new: dict[str, bytes]) -> None:
    processes = [
        subprocess.Popen(command(changed), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    said = [process.communicate()[1] for process in processes]
    codes = [process.returncode for process in processes]
    assert 0 in codes
    for code, errors in zip(codes, said, strict=True):
        assert code == 0 or "lock: found another process that builds; expected one at a time" in errors
        assert "Traceback" not in errors
    assert files(changed) == new


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param(
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
            marks=pytest.mark.slow,
        ),
        pytest.param({"TZ": "Pacific/Kiritimati", "PYTHONHASHSEED": "7"}, marks=pytest.mark.slow),
        pytest.param({"TZ": "Etc/GMT+12", "SOURCE_DATE_EPOCH": "0"}, marks=pytest.mark.slow),
    ],
    ids=["C locale, a terminal of ASCII", "already tomorrow", "still yesterday"],
)
def test_locale_and_clock_change_nothing(changed: Path, new: dict[str, bytes], environment: dict[str, str]) -> None:
    made = run(changed, env=os.environ | environment, cwd="/")
    assert made.returncode == 0, made.stderr
    assert files(changed) == new


@pytest.mark.slow
def test_a_clock_set_wrong_changes_nothing(changed: Path, new: dict[str, bytes]) -> None:
    """A build asks nobody for the time: the day it states is the release's, from pyproject.toml."""
    wrong = "import time\ntime.time = lambda: -1.0\ntime.time_ns = lambda: -1\n" + HARNESS
    script = str(ROOT / "scripts/build.py")
    made = subprocess.run([sys.executable, "-c", wrong, str(changed), script, "-1"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    assert files(changed) == new


# --- The release -------------------------------------------------------------------------------------------------

RELEASE = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("script", sys.argv[2])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.ROOT = Path(sys.argv[1])
from china_border_statistics.curation import gate, release
release.package_problems = lambda *_: []
sys.argv = ["release", *sys.argv[3:]]
sys.exit(module.main())
"""


@pytest.fixture
def coming(checkout: Path) -> Path:
    """A released checkout with a change that is committed and not yet released."""
    text = (checkout / SPRING).read_text("utf-8")
    (checkout / SPRING).write_text(text.replace("an account of its own", "another account"), "utf-8")
    commit(checkout)
    return checkout


def release(checkout: Path, *arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", RELEASE, str(checkout), str(ROOT / "scripts/release.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)  # type: ignore[call-overload]


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 5000, 11_000])
def test_a_full_disk_while_releasing(coming: Path, size: int) -> None:
    before = files(coming)
    made = release(coming, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr.endswith("; nothing was released.\n")
    assert "too large" in made.stderr
    assert "Traceback" not in made.stderr
    assert files(coming) == before
    assert release(coming).returncode == 0


@pytest.mark.slow
def test_two_releases_at_once(coming: Path) -> None:
    command = [sys.executable, "-c", RELEASE, str(coming), str(ROOT / "scripts/release.py"), "--date", "2024-10-08"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in "ab"]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    (refusal,) = (errors for process, errors in zip(both, said, strict=True) if process.returncode)
    assert "another process that builds" in refusal or "a change that isn't committed" in refusal
    assert "Traceback" not in refusal
    assert len(list((coming / "data/history").glob("*.json"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "words"), [("1970-01-01", "2024-10-01, the day of release"), ("2024-10-08", "Released")]
)
def test_a_release_by_a_clock_that_is_wrong(coming: Path, day: str, words: str) -> None:
    """A day before the last release is refused; in the C locale all is as ever."""
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    before = files(coming)
    made = release(coming, "--date", day, env=os.environ | locale)
    assert words in made.stdout + made.stderr, made.stderr
    assert "Traceback" not in made.stderr
    assert (files(coming) == before) == (made.returncode == 1)


# --- Single files ------------------------------------------------------------------------------------------------

TEXT = ROOT / "tests/project/texts/office-zh.txt"
PROPOSE = RELEASE.replace("from china_border_statistics.curation import gate, release\n", "").replace(
    "release.package_problems = lambda *_: []\n", ""
)
DRAFT = "data/records/2024/2024-07-05-new.yaml"


def propose(project: Path, **more: object) -> subprocess.CompletedProcess[str]:
    arguments = [str(TEXT), "--announced", "2024-07-05", "--name", "new"]
    command = [sys.executable, "-c", PROPOSE, str(project), str(ROOT / "scripts/propose.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **more)  # type: ignore[call-overload]


@pytest.mark.slow
def test_a_full_disk_while_a_draft_is_written(project: Path) -> None:
    before = files(project)
    made = propose(project, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
    assert made.returncode == 1
    assert made.stderr.endswith(f"File too large: '{project / DRAFT}'; it wasn't written.\n")
    assert "Traceback" not in made.stderr
    assert files(project) == before
    assert propose(project).returncode == 0
    again = propose(project)
    assert (again.returncode, again.stderr) == (1, f"{DRAFT} is there already; give another --name\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/o.csv", "No such folder: '{folder}/nowhere'"),
        ("file/o.csv", "No such folder: '{folder}/file'"),
        ("o.csv", "File too large: 'o.csv'"),
    ],
)
def test_an_export_that_cannot_be_written(tmp_path: Path, place: str, words: str) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "china_border_statistics.cli", "export", "observations", "-o", place]
    size = resource.RLIM_INFINITY if "/" in place else 1000
    made = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip
    assert made.returncode == 1
    assert words.format(folder=tmp_path) in made.stderr
    assert len(made.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
