"""A made-up project, small enough to read at a glance, for the tests to build, to break and to tamper with."""

import html
import importlib.util
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import httpx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

import china_border_statistics as cbs
from china_border_statistics.curation.drafts import draft_record
from china_border_statistics.curation.fetching import Fetcher
from china_border_statistics.curation.package import build
from china_border_statistics.curation.package import derive as derive_tables
from china_border_statistics.curation.pages import parse_page
from china_border_statistics.curation.release import make
from china_border_statistics.curation.wording import Wording, read_wording

TESTS = Path(__file__).parent

# Speed is measured as a ratio (make bench), never by a test: a busy machine fails none. With CI set a test draws the
# same examples whenever it runs, so that a failure is the change's; everybody else's runs look for new ones.
settings.register_profile(
    "project", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")
VERSION_FILE = "src/china_border_statistics/__init__.py"
INTRODUCTION = "# Changelog\n\nWhat happened to the made-up harbour.\n"
FIRST_DAY = "2024-10-01"
# One source of every rank, from the most authoritative to the least; the key says kind and language.
LADDER = (
    "official-zh official-en wire-zh wire-en republication-zh republication-en machine_translation-en mirror-zh".split()
)


@pytest.fixture(scope="session")
def wording() -> Wording:
    """The vocabulary's own phrases."""
    return read_wording(TESTS.parent)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of tests/project, with the real files from which a package takes what it says of itself."""
    return copy_project(tmp_path / "project")


@pytest.fixture
def edit(project: Path) -> Callable[[str, str, str], None]:
    """Replace a text that stands once in one of the project's files."""

    return partial(replace_once, project)


def replace_once(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text("utf-8")
    assert text.count(old) == 1, f"{file} holds {old!r} {text.count(old)} times"
    (root / file).write_text(text.replace(old, new), "utf-8", newline="")


@pytest.fixture
def derive(project: Path) -> Callable[[dict[str, list[dict[str, Any]]]], dict[str, pa.Table]]:
    """Derive the tables of other records than the project's own: figures by the day they are announced."""

    def derive(figures_by_day: dict[str, list[dict[str, Any]]]) -> dict[str, pa.Table]:
        shutil.rmtree(project / "data/records")
        for day, figures in figures_by_day.items():
            last_year = str(int(day[:4]) - 1)
            record = {
                "announcement": f"{day}-made-up",
                "announced": day,
                "issuer": "harbour-office",
                "occasion": "a made-up count, of Yunnan too",
                "scope": "all",
                "period": {"kind": "year", "start": last_year, "end": last_year},
                "sources": {key: _source(key) for key in (*LADDER, "republication-fr")},
                "figures": figures,
            }
            path = project / f"data/records/{day[:4]}/{day}-made-up.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(record, ensure_ascii=False), "utf-8")  # JSON is YAML
        return derive_tables(project)

    return derive


def _source(key: str) -> dict[str, str]:
    kind, language = key.split("-")
    return {
        "publisher": {"mirror": "copy-shop", "official": "harbour-office"}.get(kind, "daily-lantern"),
        "language": {"zh": "zh-Hans"}.get(language, language),
        "kind": kind,
        "url": f"https://made-up.example/{key}",
    }


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, built once: to be read, never written."""
    root = copy_project(tmp_path_factory.mktemp("pristine") / "project")
    build(root)
    return root


@pytest.fixture
def built(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the built project, to be tampered with."""
    return Path(shutil.copytree(pristine, tmp_path / "built"))


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout of the project after its first release, 0.1.0: to be read, never written."""
    root = copy_project(tmp_path_factory.mktemp("released") / "checkout")
    (root / "CHANGELOG.md").write_text(INTRODUCTION, "utf-8")
    (root / ".gitignore").write_text(".build/\n", "utf-8")
    replace_once(root, VERSION_FILE, cbs.__version__, "0.1.0.dev0")
    git(root, "init", "--quiet", "--template=")
    commit(root)
    make(root, None, FIRST_DAY)
    commit(root)
    return root


@pytest.fixture
def checkout(released: Path, tmp_path: Path) -> Path:
    """A copy of the released checkout, to be changed and released again."""
    return Path(shutil.copytree(released, tmp_path / "checkout"))


def copy_project(to: Path) -> Path:
    shutil.copytree(TESTS / "project", to)
    shutil.copy(TESTS.parent / "pyproject.toml", to)
    (to / VERSION_FILE).parent.mkdir(parents=True)
    shutil.copy(TESTS.parent / VERSION_FILE, to / VERSION_FILE)
    return to


def git(root: Path, *arguments: str) -> str:
    author = ["-c", "user.name=tests", "-c", "user.email=tests@made-up.example"]
    return subprocess.run(
        ["git", "-C", str(root), *author, *arguments], check=True, capture_output=True, text=True
    ).stdout


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "a state")


HOSTILE = "<script>window.pwned=1</script>```{raw} html\\`*_[x](javascript:pwned)<img src=x onerror=pwned>"


def make_hostile(project: Path) -> None:
    """Put markup of every kind wherever the made-up project has free text."""
    record = project / "data/records/2024/2024-03-10-harbour.yaml"
    text = record.read_text("utf-8")
    for old, new in {
        "occasion: spring count of a made-up harbour": f"occasion: {json.dumps(HOSTILE)}",
        "note: an account of its own": f"note: {json.dumps(HOSTILE)}",
        '"[24 percent] more than last spring"': json.dumps("<script>pwned=1</script>``` [24 percent] more </q>\"'"),
        "lantern-en: for its 45,700 the paper counts the crews too": f"lantern-en: {json.dumps('45,700 ' + HOSTILE)}",
        "as_stated: 今年以来": f"as_stated: {json.dumps(HOSTILE[:60])}",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    record.write_text(text, "utf-8")
    cell = '"' + HOSTILE.replace('"', '""') + '"'
    for table, old in (("metrics", "boats registered"), ("publishers", "Daily Lantern"), ("scopes", "lantern fair")):
        path = project / f"data/vocabulary/{table}.csv"
        rows = path.read_text("utf-8")
        assert f",{old}," in rows
        path.write_text(rows.replace(f",{old},", f",{cell},"), "utf-8")


# What a page may say beside a number to be run by whatever shows it: a browser, a template, a markup language, a
# spreadsheet, a terminal.
TRICKS = (
    "<script>window.pwned=true</script>",
    "<img src=x onerror=window.pwned=true>",
    "</q></script><svg onload=window.pwned=true>",
    "<a href=javascript:window.pwned=true>all",
    "</script><iframe srcdoc=x>",
    "{{ pwned }}{% include 'x' %}",
    "`x`{=html} [x](javascript:pwned)",
    "```{raw} html",
    ".. raw:: html",
    "]]>--></style></template>",
    "=HYPERLINK(CHAR)",
    "&#27;[31m&#x9b;J",
)


def hostile_page(trick: str) -> bytes:
    """A page whose title and sentence hold a trick; its one figure is 1,240 boats."""
    told = html.escape(trick)
    text = f"The harbour office said that it has {told} 1,240 boats registered on that day, and that it was a fine day."
    fine = "<p>The sun was out from the morning on, and all who had come to the harbour stayed until the evening.</p>"
    return (
        f"<html><head><title>{told}</title><meta name=pubdate content=2024-07-31></head>"
        f"<body onload=pwned><article><h1>{told}</h1><p>{text}</p>{fine * 3}</article>{trick}</body></html>"
    ).encode()


def add_hostile_records(project: Path) -> list[str]:
    """Add a record for each trick: its page read, drafted, and completed by somebody who looks at nothing."""
    for number, trick in enumerate(TRICKS, start=1):
        day = date(2024, 7, number)
        page = parse_page(hostile_page(trick), "a page", url=f"https://harbour.example/{number}?{quote(trick)}<'>")
        draft = draft_record(project, day, "hostile", [page])
        answered = draft.replace("# CHECK what it was, in a few words", json.dumps(f"{page.title} {trick}"))
        answered = answered.replace(
            "CHECK the period that most figures are of", f"{{kind: day, start: {day}, end: {day}}}"
        ).replace("CHECK ", "")
        (project / f"data/records/2024/{day}-hostile.yaml").write_text(answered, "utf-8")
    return [f"2024-07-{number:02}-hostile" for number in range(1, len(TRICKS) + 1)]


def load_script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, TESTS.parent / f"scripts/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a script on the made-up project, with a network of given pages."""

    def run(script: str, pages: dict[str, str | int], *arguments: str) -> tuple[int, str, str]:
        def answer(request: httpx.Request) -> httpx.Response:
            found = pages.get(str(request.url), 404)
            status, content = (found, "") if isinstance(found, int) else (200, found)
            return httpx.Response(status, stream=httpx.ByteStream(content.encode()))

        async def no_wait(_seconds: float) -> None:
            return

        def fetcher(agent: str, cache: Path | None = None) -> Fetcher:
            return Fetcher(agent, cache, transport=httpx.MockTransport(answer), sleep=no_wait)

        module = load_script(script)
        monkeypatch.setattr(module, "ROOT", project)
        monkeypatch.setattr(module, "Fetcher", fetcher)
        monkeypatch.setattr("sys.argv", [script, *arguments, "--cache", str(project / "kept")])
        try:
            code = module.main()
        except SystemExit as stopped:
            code = stopped.code
        return code, *capsys.readouterr()

    return run
