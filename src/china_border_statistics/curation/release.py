"""Making a release: the difference to the last one, the smallest version it allows, and everything it writes.

What is wrong is said before anything is written; what is written is written together or not at all.
"""

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from china_border_statistics.curation import changelog, schema
from china_border_statistics.curation.changelog import Comparison, Section
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.history import (
    append,
    content_hash,
    described,
    digests,
    field_text,
    history_problems,
    manifest_hash,
    manifest_problems,
    parsed,
    read_package,
)
from china_border_statistics.curation.metadata import VERSION_FILE, Metadata, stated_version
from china_border_statistics.curation.package import derive, publish_package, write_package
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.staging import staging
from china_border_statistics.past_releases import (
    FIELD_OF,
    FOLDER,
    NAMED,
    PRINTINGS,
    VERSION,
    Difference,
    History,
    Key,
    Reasons,
    Release,
    compare,
    id_column,
    written,
)

CHANGELOG = "CHANGELOG.md"
PROJECT_FILE = "pyproject.toml"
ALIASES, AMENDMENTS, RULE_CHANGES = (schema.TABLES[name].path for name in ("aliases", "amendments", "rule_changes"))
_FIRST = "0.1.0"
_PARTS = {"major": 0, "minor": 1, "patch": 2}

Described = Mapping[str, tuple[Mapping[str, Any], pa.Table]]


@dataclass(frozen=True)
class Plan:
    """What a release would be."""

    version: str
    released: str
    comparison: Comparison
    why: tuple[str, str]
    """The part of the version that has to grow (major, minor, patch), and what demands it."""
    section: str
    """The section of CHANGELOG.md; the line that names the manifest is written with the release."""


def plan(history: History, tables: Described, version: str | None, released: str, note: str | None = None) -> Plan:
    """Compare the tables with the last release, and say what a release of them would be.

    Parameters
    ----------
    history : History
        The releases made so far.
    tables : mapping
        By name: columns and key as ``history.described`` gives them, and the rows.
    version : str or None
        The version wanted; None for the smallest that the difference allows.
    released : str
        The day, as 2026-11-22.
    note : str, optional
        A curator's sentence for the changelog.

    Raises
    ------
    CurationError
        If nothing differs, the version is too small or taken, a value changed without a reason, or an id is gone
        without an alias.
    """
    comparison = compared(history, tables)
    last = history.releases[-1] if history.releases else None
    if last and not any(comparison.differences.values()) and not list(comparison.schema_changes()):
        found = f"no difference to release {last.version}"
        raise CurationError([Problem("data", 0, "tables", found, "something to release", "Nothing is to be done.")])
    part, why = demanded(comparison)
    smallest = _grown(last.version, part) if last else _FIRST
    problems = [
        *_version_problems(version, smallest, why, history),
        *_day_problems(released, last),
        *_note_problems(note),
        *_type_problems(history, tables),
        *_reason_problems(comparison),
    ]
    if problems:
        raise CurationError(problems)
    chosen = version or smallest
    return Plan(chosen, released, comparison, (part, why), changelog.section(comparison, chosen, released, note))


def make(root: Path, version: str | None, released: str | None = None, note: str | None = None) -> Plan:
    """Release what the records and the vocabulary say: history, manifest, version, changelog and package together.

    Parameters
    ----------
    root : Path
        The project's root, a git checkout without changes that aren't committed.
    version, released, note : str, optional
        As for ``plan``; today, where no day is given.

    Returns
    -------
    Plan
        What was released.

    Raises
    ------
    CurationError
        If the tree is dirty, the history isn't as it was released, an input is wrong, or ``plan`` refuses.
    """
    with staging(root) as staged:
        # Not before: until now an interrupted release may have been half moved.
        problems = [*dirt(root), *history_problems(root)]
        if problems:
            raise CurationError(problems)
        tables = derive(root)
        metadata = Metadata.read(root)
        day = released or date.today().isoformat()
        history = History(root)
        now = described_tables(tables)
        chosen = plan(history, now, version, day, note)
        metadata = replace(metadata, version=chosen.version, released=day)
        write_package(staged, tables, metadata, root)
        release = append(history, staged, chosen.version, day, now, changelog.section_hash(chosen.section))
        section = changelog.signed(chosen.section, manifest_hash(staged, release))
        _write(staged, CHANGELOG, changelog.insert(_text(root, CHANGELOG), section))
        for name, pattern, line in (
            (VERSION_FILE, r'(?m)^__version__ = ".*"$', f'__version__ = "{chosen.version}"'),
            (PROJECT_FILE, r"(?m)^released = .*$", f"released = {day}"),
        ):
            _write(staged, name, _replaced(_text(root, name), pattern, line))
        # Files of history that didn't change are needed to recompute it, with the new release, before it is published.
        for path in (root / FOLDER).glob("*"):
            if not (staged / FOLDER / path.name).exists():
                shutil.copyfile(path, staged / FOLDER / path.name)
        problems = history_problems(staged) or package_problems(staged, metadata, tables)
        if problems:
            raise CurationError(problems)
        publish_package(root, staged)
    return replace(chosen, section=section)


def compared(history: History, tables: Described) -> Comparison:
    """The tables beside those of the last release."""
    last = history.releases[-1] if history.releases else None
    before = {name: history.read(name, last) for name in last.tables} if last else {}
    after = {name: data for name, (_, data) in tables.items()}
    old_keys = {name: last.primary_key(name) for name in before} if last else {}
    keys = {name: list(description["primary_key"]) for name, (description, _) in tables.items()}
    reasons = Reasons.between(lambda name: _rows_more(before.get(name), after.get(name)))
    return Comparison(
        last,
        {name: description for name, (description, _) in tables.items()},
        after,
        {
            name: compare(
                name,
                (old_keys.get(name) or keys[name], keys.get(name) or old_keys[name]),
                before.get(name),
                after.get(name),
                reasons.aliases,
            )
            for name in sorted(old_keys | keys)
        },
        reasons,
    )


def _rows_more(old: pa.Table | None, new: pa.Table | None) -> list[dict[str, Any]]:
    """Rows that the newer of two states has and the older hasn't."""
    known = {tuple(row.items()) for row in (old.to_pylist() if old is not None else [])}
    return [row for row in (new.to_pylist() if new is not None else []) if tuple(row.items()) not in known]


def demanded(comparison: Comparison) -> tuple[str, str]:
    """The part of the version that has to grow, and the first thing that demands it."""
    for text, is_breaking in comparison.schema_changes():
        if is_breaking:
            return "major", text
    for text in comparison.broken_metrics():
        return "major", text
    for text, _ in comparison.schema_changes():
        return "minor", text
    for table in ("announcements", "observations", "metrics", "scopes", "units"):
        added = comparison.differences[table].added if table in comparison.differences else {}
        if added:
            return "minor", f"{len(added):,} new {table if len(added) > 1 else table.removesuffix('s')}"
    return "patch", "corrections and notes"


def tree_problems(root: Path) -> Iterator[Problem]:
    """Hold the version that a checkout states to what its releases and its changelog say.

    Parameters
    ----------
    root : Path
        The project's root.

    Yields
    ------
    Problem
        A released version whose tables aren't those of the release, a development version that comes too early, a
        section of the changelog that was changed or belongs to no release.
    """
    if any(manifest_problems(root)):
        return  # Told by history_problems; nothing can be held against what can't be read.
    history = History(root)
    if history.releases:
        yield from _version_file_problems(root, history.releases[-1])
    found: dict[str, list[Section]] = {release.version: [] for release in history.releases}
    for section in changelog.sections(_text(root, CHANGELOG) if (root / CHANGELOG).exists() else ""):
        found.setdefault(section.version, []).append(section)
    for version, stated in sorted(found.items()):
        made = next((release for release in history.releases if release.version == version), None)
        expected = (
            [Section(version, made.released, manifest_hash(root, made), str(made.manifest["section"]))] if made else []
        )
        if stated != expected:
            action = "Sections are computed by scripts/release.py: restore them from version control."
            said, right = ("; ".join(map(str, group)) or "no section" for group in (stated, expected))
            yield Problem(CHANGELOG, 0, version, said, right, action)


def _version_file_problems(root: Path, last: Release) -> Iterator[Problem]:
    """Hold the version that the package states to the last release: that one, or a development version after it."""
    stated = stated_version(root)
    development = re.fullmatch(rf"({VERSION})\.dev0", stated)
    coming = f"a development version after it, such as {_grown(last.version, 'minor')}.dev0"
    if stated == last.version:
        action = f"Set __version__ to {_grown(last.version, 'minor')}.dev0 while you work, or run scripts/release.py."
        package = read_package(root)
        for name in [*package, *(name for name in last.tables if name not in package)]:
            found = content_hash(package[name][0], digests(package[name][1])) if name in package else None
            if found != last.tables.get(name, {}).get("content"):
                said = f"{stated}, with another table {name} than that release"
                yield Problem(VERSION_FILE, 0, "__version__", said, f"{stated} as released, or {coming}", action)
                break
    elif development is None or parsed(development[1]) <= parsed(last.version):
        yield Problem(VERSION_FILE, 0, "__version__", stated, f"{last.version}, or {coming}", "Mend the version.")


def unexplained_problems(root: Path) -> Iterator[Problem]:
    """Yield what the package in a folder says otherwise than the last release without anybody saying why.

    Parameters
    ----------
    root : Path
        The project's root, built.
    """
    history = History(root)
    if history.releases:
        yield from _reason_problems(compared(history, read_package(root)))


def dirt(root: Path) -> Iterator[Problem]:
    """What keeps a checkout from being released: no git, or changes that aren't committed."""
    # Without locks nothing is written, so that a full disk is said to be one.
    command = ["git", "--no-optional-locks", "-C", str(root), "status"]
    command += ["--porcelain", "-z", "--no-renames", "--untracked-files=all"]
    try:
        status = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        found = "no git on this machine" if isinstance(error, OSError) else "no git repository"
        yield Problem(".git", 0, "checkout", found, "a git checkout", "Release from a clone of the repository.")
        return
    for line in filter(None, status.stdout.split("\0")):
        yield Problem(line[3:], 0, "file", "a change that isn't committed", "a clean tree", "Commit it, or undo it.")


def _version_problems(version: str | None, smallest: str, why: str, history: History) -> Iterator[Problem]:
    if version is None:
        return
    made = [release.version for release in history.releases]
    if not re.fullmatch(VERSION, version):
        yield Problem("version", 0, "version", version, "a version such as 0.3.0", "Mend the version.")
    elif version in made:
        yield Problem("version", 0, "version", version, f"a version after {made[-1]}", "That release was made already.")
    elif parsed(version) < parsed(smallest):
        yield Problem("version", 0, "version", version, f"at least {smallest}: {why}", "Choose a greater version.")


def _reason_problems(comparison: Comparison) -> Iterator[Problem]:
    """Yield what changed or went without anybody saying why."""
    missing = {name: list(comparison.reasons.missing(found)) for name, found in comparison.differences.items()}
    # A correction answers for several columns, of which the first is told, and for the printings of its figure.
    told = set()
    for key, column in missing.pop("observations"):
        if (key, FIELD_OF.get(column)) not in told:
            told.add((key, FIELD_OF.get(column)))
            yield _unsaid(comparison.differences["observations"], key, column)
    gone = {key[0] for key, column in missing.get("sources", ()) if column == "source_id"}
    named = gone | {key[0] for key, _ in told}
    for table, cells in missing.items():
        difference = comparison.differences[table]
        for key, column in cells:
            row = difference.removed.get(key) or difference.now[key]
            if table not in PRINTINGS or not named & {row["observation_id"], row["source_id"]}:
                yield _unsaid(difference, key, column)
    yield from _taken_back(comparison)


def _taken_back(comparison: Comparison) -> Iterator[Problem]:
    """Yield the reasons of past releases that are gone; an alias may go where what was withdrawn is back."""
    for table in ("aliases", "amendments", "rule_changes"):
        for row in comparison.differences[table].removed.values() if table in comparison.differences else ():
            of = str(row.get("of_table"))
            if table != "aliases" or row["old_id"] not in comparison.data[of][id_column(of)].to_pylist():
                path, place = schema.TABLES[table].path, " ".join(map(str, list(row.values())[:2]))
                action = "Restore the line from version control."
                yield Problem(path, 0, place, f"gone from {table}", "every reason that a release gave", action)


def _unsaid(difference: Difference, key: Key, column: str) -> Problem:
    """A cell that changed, or a row that is gone, without a reason."""
    table, name = difference.table, str(key[0])
    if key in difference.removed and table in NAMED:
        action = f"Add it with of_table {table} and a reason; new_id stays empty where it has no new one."
        return Problem(ALIASES, 0, name, f"gone from {table}", "the id kept, or an alias", action)
    ends = (name, None) if key in difference.removed else difference.changed[key][column]
    was, now = map(written, ends)
    found = f"{was or 'nothing'} → {now or 'nothing'}" if key in difference.changed else f"gone from {table}"
    file = schema.TABLES[table].path if schema.TABLES[table].written else _record_of(name)
    if table != "observations":
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([table, name, column, "DAY", was, ""])
        action = (
            f"Undo it, or add a line to {AMENDMENTS}, in the order of the ids, with day and reason: {line.getvalue()}"
        )
        return Problem(file, 0, f"{name} {column}", found, "a reason", action)
    figure, field = name.partition("/")[2], FIELD_OF[column]
    before = difference.now[key] | {column: ends[0] for column, ends in difference.changed[key].items()}
    guard = field_text(before, field)
    action = f"Add to figure {figure}: corrected: {{field: {field}, was: {guard}, date: …, reason: …}}"
    action += f"; if a reading rule changed, add a row to {RULE_CHANGES}." if field == "value" else "."
    return Problem(file, 0, f"{figure}.{column}", found, "a reason", action)


def _record_of(name: str) -> str:
    """The record of what an id names: ``<announcement>/…`` or ``<announcement>:…``."""
    announcement = re.split("[/:]", name)[0]
    return f"data/records/{announcement[:4]}/{announcement}.yaml"


def _day_problems(released: str, last: Release | None) -> Iterator[Problem]:
    if last and released < last.released:
        expected = f"{last.released}, the day of release {last.version}, or later"
        yield Problem("version", 0, "released", released, expected, "Mend the day.")


def _note_problems(note: str | None) -> Iterator[Problem]:
    """Yield a note that would be taken for another part of the changelog."""
    if note is not None and (not note.strip() or "\n" in note or note.startswith(("#", "Manifest:"))):
        yield Problem("note", 0, "note", repr(note), "one line of prose", "Write a sentence, or leave it out.")


def _type_problems(history: History, tables: Described) -> Iterator[Problem]:
    """Yield the columns that have another type than they had under this name in a past release."""
    for release in history.releases:
        for table, past in release.tables.items():
            columns = tables[table][0]["columns"] if table in tables else {}
            for name, text in past["columns"].items():
                was, now = (kind.split(" ")[0].rstrip("!") for kind in (text, columns.get(name, text)))
                if was != now:
                    expected = f"{was}, as in release {release.version}"
                    yield Problem("data", 0, f"{table}.{name}", now, expected, "Give the column another name.")


def _grown(version: str, part: str) -> str:
    """The next version that grows in a part: 0.3.0 after 0.2.4 for minor."""
    place = _PARTS[part]
    numbers = parsed(version)
    return ".".join(str(n + (at == place)) if at <= place else "0" for at, n in enumerate(numbers))


def described_tables(tables: Mapping[str, pa.Table]) -> Described:
    """Tables by name, described as ``datapackage.json`` will describe them."""
    return {t.name: (described(t.descriptor()), tables[t.name]) for t in schema.TABLES.values()}


def _text(root: Path, name: str) -> str:
    return (root / name).read_text("utf-8")


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8", newline="\n")


def _replaced(text: str, pattern: str, line: str) -> str:
    """Replace the one line that matches."""
    found, count = re.subn(pattern, line, text)
    if count != 1:
        raise ValueError(f"{count} lines match {pattern}, not one")
    return found
