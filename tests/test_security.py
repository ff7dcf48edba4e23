"""What ``SECURITY.md`` promises and no other test holds; it says which test holds what."""

import importlib
import json
import pkgutil
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

import china_border_statistics
from china_border_statistics import exports, reader
from china_border_statistics.cli import main
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.metadata import Metadata
from china_border_statistics.curation.package import build, derive
from china_border_statistics.curation.pages import parse_page
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.site import pages
from china_border_statistics.curation.site.content import Content, read_tables
from china_border_statistics.curation.site.redirects import Redirects
from china_border_statistics.terminal import printable_line
from conftest import TRICKS, add_hostile_records
from test_corruption import installed  # noqa: F401  a fixture
from test_pages import pdf
from test_site import Elements

ROOT = Path(__file__).parents[1]
SPRING = "data/records/2024/2024-03-10-harbour.yaml"
METRICS = "data/vocabulary/metrics.csv"
Edit = Callable[[str, str, str], None]

# --- Files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.mkdir ['{made}']",
        "!!python/object/new:os.mkdir ['{made}']",
        "!!python/name:os.mkdir",
        "!!python/module:os",
        "!!java/object x",
        "!made x",
        "!!binary eA==",
        "!!set {{x}}",
        "!!omap [x: 1]",
    ],
)
def test_no_tag_of_yaml_builds_anything(project: Path, edit: Edit, tag: str) -> None:
    made = project / "made"
    edit(SPRING, "an account of its own", tag.format(made=made))
    with pytest.raises(CurationError, match="Remove the tag"):
        derive(project)
    assert not made.exists()


OUTSIDE = [
    "../outside.parquet",
    "data/../../outside.parquet",
    "{outside}",
    "file://{outside}",
    "https://harbour.example/observations.parquet",
    "data/link.parquet",
    "folder/outside.parquet",
]


@pytest.fixture
def outside(installed: Path) -> Path:  # noqa: F811
    """The table beside the package: to the last byte what the descriptor describes, and two links to it."""
    found = Path(shutil.copy(installed / "data/observations.parquet", installed.parent / "outside.parquet"))
    (installed / "data/link.parquet").symlink_to(found)
    (installed / "folder").symlink_to(found.parent)
    return found


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_descriptor_does_not_lead_out_of_the_package(installed: Path, outside: Path, path: str) -> None:  # noqa: F811
    file = installed / "datapackage.json"
    described = json.loads(file.read_text("utf-8"))
    resource = next(found for found in described["resources"] if found["name"] == "observations")
    resource["path"] = path.format(outside=outside)
    file.write_text(json.dumps(described), "utf-8")
    for read in (reader.load, reader.path):
        with pytest.raises(OSError, match="leads out of the package"):
            read("observations")
    assert [problem.field for problem in package_problems(installed)] == ["observations.path"]


def test_the_gate_does_not_follow_a_link_out_of_the_package(installed: Path, outside: Path) -> None:  # noqa: F811
    (installed / "data/observations.parquet").unlink()
    (installed / "data/observations.parquet").symlink_to(outside)
    assert "a link that leads out of it" in str(package_problems(installed)[0])
    with pytest.raises(OSError, match="leads out of the package"):
        reader.load()


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\u202e", "\u2066", "\x00"])
def test_what_cannot_be_seen_is_refused(project: Path, edit: Edit, character: str) -> None:
    edit(SPRING, "note: an account of its own", f"note: {json.dumps('an account' + character)}")
    with pytest.raises(CurationError, match="expected a text without control characters") as caught:
        derive(project)
    assert character not in str(caught.value)
    edit(SPRING, f"note: {json.dumps('an account' + character)}", "note: an account")
    edit(METRICS, ",boats registered,", f",boats{character} registered,")
    with pytest.raises(CurationError, match=r"metrics\.csv:2: label_en: .* without control characters") as caught:
        derive(project)
    assert character not in str(caught.value)


# --- The network -------------------------------------------------------------------------------------------------

# Whatever asks for a name, or connects, is an error; what isn't Python finds no network, where Linux lets that be.
OFFLINE = """
import sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"):
        sys.stderr.write(f"asked the network: {event} {arguments}\\n")
        raise OSError("no network")
sys.addaudithook(hook)
from pathlib import Path
"""
READS = """
import china_border_statistics as cbs
for table in cbs.tables():
    cbs.load(table)
cbs.series("suspects_arrested", scope="campaign-2020-12", as_of="2022-01-01")
cbs.cite("2021-03-29-campaign/suspects_arrested")
cbs.load(release=cbs.releases()["version"].iloc[0])
"""
BUILDS = """
from china_border_statistics.curation.package import build
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.pages import parse_page
from china_border_statistics.curation.site.build import build_site
root = Path(sys.argv[1])
build(root)
assert not package_problems(root)
parse_page(b"<html><img src=http://harbour.example/1><p>" + b"The harbour office has counted 1,240 boats. " * 9, "x")
build_site(root, root / "site")
"""


def run_offline(code: str, *arguments: str) -> None:
    apart = ["unshare", "--map-root-user", "--net"]
    can_be_apart = shutil.which("unshare") and not subprocess.run([*apart, "true"], capture_output=True).returncode
    command = [*(apart if can_be_apart else []), sys.executable, "-c", OFFLINE + code, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd="/")
    assert run.returncode == 0, run.stderr
    assert "asked the network" not in run.stderr


def test_nothing_is_asked_of_the_network_by_default() -> None:
    run_offline(READS)


@pytest.mark.slow
def test_no_build_asks_the_network(project: Path) -> None:
    shutil.copy(ROOT / "CHANGELOG.md", project)
    shutil.copy(ROOT / "data/README.md", project / "data")
    shutil.copytree(ROOT / "docs", project / "docs")
    run_offline(BUILDS, str(project))


# --- What others wrote -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, pristine: Path) -> Path:
    """The made-up project with a record of each hostile page, built."""
    root = Path(shutil.copytree(pristine, tmp_path_factory.mktemp("hostile") / "project"))
    add_hostile_records(root)
    build(root)
    return root


def sources(root: Path) -> dict[str, str]:
    return pages.pages(Content(read_tables(root)), Metadata.read(root), Redirects({}, {}), {})


def test_a_hostile_page_is_text_from_the_draft_to_the_site(hostile: Path, pristine: Path) -> None:
    tables = read_tables(hostile)
    values = {row["announcement_id"]: row["value"] for row in tables["observations"]}
    occasions = {row["announcement_id"]: row["occasion"] for row in tables["announcements"]}
    known = {tag for text in sources(pristine).values() for tag, _ in Elements(text).elements}
    made = sources(hostile)
    for number, trick in enumerate(TRICKS, start=1):
        name = f"2024-07-{number:02}-hostile"
        assert values[name] == 1240
        assert trick in occasions[name]
        # Headings are Markdown, in which every mark is escaped.
        body = [line for line in made[f"announcements/{name}.md"].splitlines() if not line.startswith("#")]
        page = Elements("\n".join(body))
        assert {tag for tag, _ in page.elements} <= known
        attributes = [(key, str(value)) for _, found in page.elements for key, value in found.items()]
        assert not [key for key, _ in attributes if key.startswith("on") or key == "srcdoc"]
        assert not [value for _, value in attributes if value.lower().lstrip().startswith("javascript:")]


def test_a_hostile_page_is_harmless_in_every_export(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_root", lambda: hostile)
    for function in (reader._descriptor, reader._resources, reader._checked_path):
        function.cache_clear()
    text = exports.exported("citations", "csv").decode()
    for function in (reader._descriptor, reader._resources, reader._checked_path):
        function.cache_clear()
    assert "HYPERLINK" in text
    assert not [cell for cell in text.replace("\n", ",").split(",") if cell.lstrip('"')[:1] in tuple("=+@\t\r")]


def test_what_a_terminal_would_obey_is_printed_as_what_it_is(monkeypatch, capsys) -> None:
    assert printable_line("a\x1b[2Jb\x9bc\u202ed\x07\n") == "a\\x1b[2Jb\\x9bc\\u202ed\\x07\\n"
    assert printable_line("\x1b[1ma\x1b[8mb\x1b[0m", coloured=True) == "\x1b[1ma\\x1b[8mb\x1b[0m"
    assert str(Problem("f", 1, "a\x1b[2J", "\u202eb", "c\x07", "d")) == (
        "f:1: a\\x1b[2J: found \\u202eb; expected c\\x07. d"
    )
    row = reader._row("metrics", "metric_id", "suspects_arrested") | {"label_en": "a\x1b]0;b\x07\x9b\u202e"}
    monkeypatch.setattr("china_border_statistics.commands._rows", lambda _: [row])
    for arguments in (["metrics"], ["metrics", "--json"], ["metrics", "\x1b[2J\udcff"], ["show", "\x1b[2J"]):
        status = None
        try:
            status = main(arguments)
        except SystemExit as left:
            status = left.code
        said = "".join(capsys.readouterr())
        assert said.strip()
        assert said.replace("\n", "").isprintable(), (status, said)


# --- Bounds ------------------------------------------------------------------------------------------------------

PIECES = [*"a 1 1, 1. , ， - a- a_ 万 一 十 年 [ ] < <a &# ( 。 分别 the of = ' a= 增长 0".split(), " ", "\n", "\u3000"]


def patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """Every regular expression that a module of ours keeps."""
    for found in pkgutil.walk_packages(china_border_statistics.__path__, "china_border_statistics."):
        for name, value in vars(importlib.import_module(found.name)).items():
            for pattern in (
                value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else [value]
            ):
                if isinstance(pattern, re.Pattern):
                    yield f"{found.name}.{name}", pattern


@pytest.mark.slow
def test_no_regular_expression_hangs() -> None:
    """Six times the text takes less than cubic time; that of whole texts, the proposer's, is held to be linear."""
    names = []
    for name, pattern in patterns():
        names.append(name)
        for piece in PIECES:

            def seconds(length: int, piece: str = piece, pattern: re.Pattern[Any] = pattern) -> float:
                text = (piece * length)[:length] + "\0"
                start = time.process_time()
                pattern.search(text.encode() if isinstance(pattern.pattern, bytes) else text)
                return time.process_time() - start

            short = min(seconds(200) for _ in range(3))
            assert min(seconds(1200) for _ in range(2)) < 100 * max(short, 0.001), (name, piece)
    assert len(names) > 80


@pytest.mark.slow
def test_a_pdf_that_unpacks_to_more_than_memory_is_refused() -> None:
    packed = zlib.compressobj(9)
    stream = b"".join(packed.compress(b"(boats) Tj " * 100_000) for _ in range(400)) + packed.flush()
    assert len(stream) < 20_000_000
    head, _, rest = pdf("x").partition(b"<< /Length ")
    tail = rest[rest.index(b"endstream") :]
    bomb = head + b"<< /Filter /FlateDecode /Length %d >>\nstream\n" % len(stream) + stream + b"\n" + tail
    with pytest.raises(CurationError, match=r"MiB|takes more than|can't be read|more than 2,000,000 characters"):
        parse_page(bomb, "bomb.pdf")


# --- What is published -------------------------------------------------------------------------------------------

IN_WHEEL = (
    "china_border_statistics/*.py",
    "china_border_statistics/py.typed",
    "china_border_statistics/curation/site/templates/*.html",
    "china_border_statistics/curation/site/static/*.js",
    "china_border_statistics/curation/site/static/*.css",
    "china_border_statistics/curation/site/static/icon.svg",
    "china_border_statistics/curation/site/theme/*.html",
    "china_border_statistics/curation/site/theme/theme.toml",
    "china_border_statistics/datapackage.json",
    "china_border_statistics/data/*.parquet",
    "china_border_statistics/data/history/*.parquet",
    "china_border_statistics/data/history/*.json",
    "china_border_statistics/data/vocabulary/*.csv",
    "china_border_statistics-*.dist-info/*",
)
IN_SOURCE = (
    ".gitignore", ".zenodo.json", "*.md", "CITATION.cff", "LICENSE", "Makefile", "PKG-INFO", "croissant.json",
    "datapackage.json", "pyproject.toml", "requirements.lock", "data/*", "docs/*.md", "docs/*.svg",
    "docs/benchmarks.csv", "scripts/*.py",
    "src/china_border_statistics/*", "tests/*.py", "tests/crashes/*", "tests/project/*",
    "tests/releases/*.txt",
    "tests/wordings/*.txt",
)  # fmt: skip
NEVER = (
    "*.pyc",
    "*~",
    "*.orig",
    "*.partial",
    "*.env",
    "*.pem",
    "*.key",
    "*/.*",
    "*__pycache__*",
    "*/.build/*",
    "*.log",
)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Names of the files in the wheel and in the source archive."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel, tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        inside = [name.partition("/")[2] for name in source.getnames()]
        return {"wheel": wheel.namelist(), "source": inside}


@pytest.mark.slow
@pytest.mark.parametrize(("archive", "patterns"), [("wheel", IN_WHEEL), ("source", IN_SOURCE)])
def test_an_archive_holds_only_what_it_should(archives, archive, patterns) -> None:
    names = archives[archive]
    assert not [name for name in names if not any(fnmatch(name, pattern) for pattern in patterns)]
    assert not [name for name in names if any(fnmatch(name, pattern) for pattern in NEVER)]
    tracked = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True).stdout
    made = {"PKG-INFO"}
    if archive == "source" and (ROOT / ".git").exists():
        assert set(names) - made <= set(tracked.splitlines()), "a file that git doesn't know"
