"""The repository itself: one version, a lock that matches, documents whose examples run."""

import doctest
import re
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import china_border_statistics as cbs
from china_border_statistics.curation import schema
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.release import tree_problems, unexplained_problems

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK_TEXT = (ROOT / "requirements.lock").read_text("utf-8")
# A requirement and the hashes of its files, each on a line of its own.
LOCKED = [entry.split() for entry in LOCK_TEXT.replace("\\\n", " ").splitlines()]
LOCK = dict(entry[0].split("==") for entry in LOCKED)


def code_blocks(document: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / document).read_text("utf-8"), flags=re.M | re.S)


@pytest.mark.parametrize("document", ["README.md", "docs/loading.md"])
def test_examples_print_what_they_say(document):
    # The examples are those of some version; only its number may differ.
    text = re.sub(r"version \d+\.\d+\.\d+", f"version {cbs.__version__}", "\n".join(code_blocks(document)))
    test = doctest.DocTestParser().get_doctest(text, {}, document, document, 0)
    failures = []
    with pd.option_context("display.width", 120):
        doctest.DocTestRunner().run(test, out=failures.append)
    assert len(test.examples) >= 5
    assert not failures, "".join(failures)


def test_the_lock_holds_every_dependency_and_no_host():
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [Requirement(text) for texts in (PROJECT["project"]["dependencies"], *extras) for text in texts]
    locked = {canonicalize_name(name): version for name, version in LOCK.items()}
    for requirement in wanted:
        version = locked[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement
    assert "://" not in LOCK_TEXT


def test_every_locked_file_has_its_hash():
    for name, *hashes in LOCKED:
        assert hashes, name
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", found) for found in hashes), name


def test_nothing_is_installed_without_its_hash():
    for file in ("Makefile", ".ci/run"):
        text = (ROOT / file).read_text("utf-8")
        installs = [line for line in text.splitlines() if "pip install" in line and "dist/*.whl" not in line]
        assert installs, file
        assert all("--require-hashes" in line for line in installs), installs


def test_the_wheel_includes_every_published_table():
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for table in schema.TABLES.values():
        assert table.path in included or str(Path(table.path).parent) in included, table.path


def test_every_promise_of_security_has_its_test():
    rows = [line for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    promises = [line for line in rows if not line.startswith(("| promise", "| ---"))]
    assert len(promises) > 20
    for promise in promises:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", promise)
        assert named, promise
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text("utf-8"), f"{file}::{test}"


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "SECURITY.md",
        "data/README.md",
        "docs/command.md",
        "docs/loading.md",
        "docs/reading-rules.md",
        "docs/decisions.md",
    ],
)
def test_links_between_documents_lead_somewhere(document):
    path = ROOT / document
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_version_data_history_and_changelog_agree():
    assert [*history_problems(ROOT), *tree_problems(ROOT), *unexplained_problems(ROOT)] == []
