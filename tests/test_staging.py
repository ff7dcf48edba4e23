"""Files replaced all together or not at all: whenever the process is stopped, and whoever comes next."""

import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from china_border_statistics.curation import history, package, release
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.package import build
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import make, tree_problems
from china_border_statistics.curation.staging import interruption, publish, recover, staging
from conftest import replace_once

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
OLD = {"a.txt": "old a", "data/b.txt": "old b", "data/deep/c.txt": "old c", "kept.txt": "kept"}
NEW = {"a.txt": "new a", "data/b.txt": "new b", "data/deep/c.txt": "new c", "docs/new/d.txt": "new d"}


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a project by name, but for what git and the build keep for themselves."""
    files = (path for path in root.rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith((".git/", ".build/"))}


def texts(files: dict[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in files.items()}


@pytest.fixture
def root(tmp_path) -> Path:
    write(tmp_path, OLD)
    return tmp_path


def replace_all(root: Path) -> None:
    with staging(root) as staged:
        write(staged, NEW)
        publish(root, staged)


class StoppedError(BaseException):
    """The process ends here; nothing catches it."""


@pytest.fixture
def stop(monkeypatch) -> Callable[[int], None]:
    """Stop at the n-th step that touches the file system while publishing: every rename, move, folder and removal."""

    def stop_at(number: int) -> None:
        left = [number]

        def step(original: Callable[..., object]) -> Callable[..., object]:
            def stepped(*arguments: object, **options: object) -> object:
                if left[0] == 0:
                    raise StoppedError
                left[0] -= 1
                return original(*arguments, **options)

            return stepped

        monkeypatch.setattr(Path, "replace", step(Path.replace))
        monkeypatch.setattr(Path, "mkdir", step(Path.mkdir))
        monkeypatch.setattr(shutil, "rmtree", step(shutil.rmtree))

    return stop_at


@pytest.fixture
def stop_moving(monkeypatch) -> Callable[[int], None]:
    """Stop when so many renames are made; the first is the decision, each other the move of a file."""

    def stop_after(number: int) -> None:
        replace, left = Path.replace, [number]

        def counted(path: Path, target: Path) -> Path:
            if left[0] == 0:
                raise StoppedError
            left[0] -= 1
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", counted)

    return stop_after


@pytest.mark.parametrize("number", range(20))
def test_stopped_anywhere_everything_or_nothing_has_changed(root, stop, monkeypatch, number):
    stop(number)
    try:
        replace_all(root)
        finished = True
    except StoppedError:
        finished = False
    monkeypatch.undo()
    is_decided = finished or any(interruption(root))
    with staging(root):
        pass
    assert tree(root) in ([texts(OLD | NEW)] if is_decided else [texts(OLD), texts(OLD | NEW)])
    assert not (root / ".build/publishing").exists()


def test_there_are_stops_before_and_after_the_decision(root, stop, monkeypatch):
    outcomes = []
    for number in range(40):
        stop(number)
        try:
            replace_all(root)
            outcomes.append("done")
        except StoppedError:
            outcomes.append("stopped")
        monkeypatch.undo()
        recover(root)
        outcomes.append("new" if tree(root) == texts(OLD | NEW) else "old")
        shutil.rmtree(root / ".build", ignore_errors=True)
        shutil.rmtree(root / "docs", ignore_errors=True)
        write(root, OLD)
    pairs = list(zip(outcomes[::2], outcomes[1::2], strict=True))
    assert {("stopped", "old"), ("stopped", "new"), ("done", "new")} == set(pairs)


def test_stopped_while_recovering_and_recovered_again(root, stop_moving, monkeypatch):
    stop_moving(1)
    with pytest.raises(StoppedError):
        replace_all(root)
    monkeypatch.undo()
    for _ in range(3):
        stop_moving(1)
        with pytest.raises(StoppedError):
            recover(root)
        monkeypatch.undo()
    recover(root)
    assert tree(root) == texts(OLD | NEW)


def test_an_interruption_is_said_until_it_is_finished(root, stop_moving, monkeypatch):
    assert list(interruption(root)) == []
    stop_moving(2)
    with pytest.raises(StoppedError):
        replace_all(root)
    monkeypatch.undo()
    (problem,) = interruption(root)
    assert "interrupted" in problem.found
    assert "make data" in problem.action
    recover(root)
    assert list(interruption(root)) == []


def test_an_error_while_staging_changes_nothing_and_leaves_nothing(root):
    def fail() -> None:
        with staging(root) as staged:
            write(staged, NEW)
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        fail()
    assert tree(root) == texts(OLD)
    assert [path.name for path in (root / ".build").iterdir()] == ["staging.lock"]


def test_what_a_killed_process_had_staged_is_cleared_away(root):
    write(root, {".build/staged-left/data/b.txt": "never finished"})
    replace_all(root)
    assert tree(root) == texts(OLD | NEW)
    assert [path.name for path in (root / ".build").iterdir()] == ["staging.lock"]


def test_two_processes_at_once(root):
    with staging(root), pytest.raises(CurationError) as raised, staging(root):
        pass
    assert "another process that builds" in str(raised.value)
    assert "Wait until the other build or release has ended." in str(raised.value)
    with staging(root):
        pass


def test_a_lock_held_by_another_process(root):
    code = (
        "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    (root / ".build").mkdir()
    command = [sys.executable, "-c", code, str(root / ".build/staging.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(CurationError, match="one at a time"):
            replace_all(root)
        other.kill()
    assert tree(root) == texts(OLD)
    replace_all(root)
    assert tree(root) == texts(OLD | NEW)


# A release of the made-up project


def change(root: Path) -> None:
    """Something to release: a note, which git is told of."""
    replace_once(root, SPRING, "    value: 310\n", "    value: 310\n    note: counted from the quay\n")


@pytest.fixture
def changed(checkout, monkeypatch) -> Path:
    change(checkout)
    monkeypatch.setattr(release, "dirt", lambda _: iter(()))
    # What the package must be is for other tests; without it a release takes a tenth of the time.
    monkeypatch.setattr(release, "package_problems", lambda *_: [])
    monkeypatch.setattr(package, "package_problems", lambda *_: [])
    return checkout


def outcome(root: Path, before: dict[str, bytes], after: dict[str, bytes]) -> str:
    found = tree(root)
    assert found in (before, after), [name for name in found if found[name] not in (before.get(name), after.get(name))]
    return "old" if found == before else "new"


DAY = "2024-10-08"


@pytest.fixture
def after(changed, tmp_path) -> dict[str, bytes]:
    """What the tree is after the release."""
    other = Path(shutil.copytree(changed, tmp_path / "other"))
    make(other, None, DAY)
    assert history_problems(other) == []
    assert list(tree_problems(other)) == []
    return tree(other)


@pytest.mark.parametrize(("moves", "expected"), [(0, "old"), (1, "new"), (25, "new")])
def test_a_release_stopped_before_and_after_the_decision(changed, after, stop_moving, monkeypatch, moves, expected):
    before = tree(changed)
    with monkeypatch.context():
        stop_moving(moves)
        with pytest.raises(StoppedError):
            make(changed, None, DAY)
    monkeypatch.undo()
    with staging(changed):  # whatever command comes next
        pass
    assert outcome(changed, before, after) == expected
    assert history_problems(changed) == []
    assert list(tree_problems(changed)) == []


@pytest.mark.slow
def test_a_release_stopped_anywhere_is_made_or_not_made(changed, after, stop, monkeypatch):
    before, met = tree(changed), []
    for number in range(300):
        monkeypatch.setattr(release, "dirt", lambda _: iter(()))
        monkeypatch.setattr(release, "package_problems", lambda *_: [])
        with monkeypatch.context():
            stop(number)
            try:
                make(changed, None, DAY)
                met.append("done")
            except StoppedError:
                pass
        monkeypatch.undo()
        with staging(changed):
            pass
        met.append(outcome(changed, before, after))
        if met[-2:] == ["done", "new"]:
            break
        _reset(changed, before)
    assert {"old", "new", "done"} <= set(met)


def _reset(root: Path, files: dict[str, bytes]) -> None:
    for name in tree(root).keys() - files.keys():
        (root / name).unlink()
    for name, content in files.items():
        (root / name).write_bytes(content)


@pytest.mark.parametrize(
    ("module", "name"),
    [(release, "write_package"), (release, "append"), (release.changelog, "insert"), (release, "history_problems"),
     (release, "publish_package"), (history.pq, "write_table"), (release, "derive"), (release, "package_problems")],
    ids=lambda thing: thing if isinstance(thing, str) else "",
)  # fmt: skip
def test_a_step_that_fails_changes_nothing(changed, monkeypatch, module, name):
    before = tree(changed)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(module, name, fail)
    with pytest.raises(OSError, match="no space left"):
        make(changed, None, DAY)
    assert tree(changed) == before
    assert sorted(path.name for path in (changed / ".build").glob("*")) in ([], ["staging.lock"])


def test_the_next_build_finishes_an_interrupted_release_with_its_own_version(changed, after, stop_moving, monkeypatch):
    with monkeypatch.context():
        stop_moving(5)
        with pytest.raises(StoppedError):
            make(changed, None, DAY)
    monkeypatch.undo()
    monkeypatch.setattr(package, "package_problems", lambda *_: [])
    assert list(interruption(changed))
    build(changed)
    assert outcome(changed, {}, after) == "new"


def test_the_next_release_finishes_an_interrupted_one_before_it_looks_at_the_tree(
    changed, after, stop_moving, monkeypatch
):
    with monkeypatch.context():
        stop_moving(5)
        with pytest.raises(StoppedError):
            make(changed, None, DAY)
    monkeypatch.undo()
    with pytest.raises(CurationError, match="a change that isn't committed"):
        make(changed, None, DAY)
    assert outcome(changed, {}, after) == "new"


SCRIPT = """
import sys
from pathlib import Path
from china_border_statistics.curation import release, staging
release.dirt = lambda _: iter(())
moved = 0
replace = Path.replace
def counted(self, target):
    global moved
    moved += 1
    if moved == int(sys.argv[2]):
        print("here", flush=True)
        sys.stdin.read()
    return replace(self, target)
Path.replace = counted
release.make(Path(sys.argv[1]), None, "2024-10-08")
"""


@pytest.mark.slow
@pytest.mark.parametrize("move", [1, 2, 10, 30])
def test_a_release_that_is_killed_is_made_or_not_made(checkout, tmp_path, move):
    change(checkout)
    other = Path(shutil.copytree(checkout, tmp_path / "other"))
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen([*command, str(other), "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as whole:
        assert whole.wait(timeout=120) == 0
    before, after = tree(checkout), tree(other)
    with subprocess.Popen(
        [*command, str(checkout), str(move)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == "here\n"
        os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait(timeout=60) == -signal.SIGKILL
    with staging(checkout):
        pass
    assert [path.name for path in (checkout / ".build").iterdir()] == ["staging.lock"]
    assert outcome(checkout, before, after) == ("old" if move == 1 else "new")


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 1000, 5000, 11_000])
def test_a_full_disk_changes_nothing(checkout, size):
    """No file can grow beyond a size: the real error of a disk that is full."""
    change(checkout)
    before = tree(checkout)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(checkout), "0"],
        capture_output=True, text=True, preexec_fn=limit, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode != 0
    assert "File too large" in run.stderr
    assert tree(checkout) == before
    assert list(interruption(checkout)) == []
    with staging(checkout):
        pass
