"""Makes mistakes in a project's data, one at a time, and says which checks notice each: see ``scripts/mutate.py``.

Only what a mistake touches is read and derived again: its record, and of the relations those between the figures that
hang together with its own. Nothing is written but code lists, into a folder of its own.
"""

import csv
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

import mistakes
from china_border_statistics.curation import records as records_module
from china_border_statistics.curation import schema
from china_border_statistics.curation.anchors import read_anchors
from china_border_statistics.curation.invariants import invariant_faults
from china_border_statistics.curation.pages import Page
from china_border_statistics.curation.plausibility import doubts, implausible
from china_border_statistics.curation.problems import CurationError, Problem
from china_border_statistics.curation.reconcile import reconcile
from china_border_statistics.curation.records import Record, check_record, read_records
from china_border_statistics.curation.revisits import judge, sources_of
from china_border_statistics.curation.tables import build_tables
from china_border_statistics.curation.vocabulary import Vocabulary, read_vocabulary
from china_border_statistics.curation.wording import Wording, read_wording
from china_border_statistics.past_releases import Reasons, compare
from mistakes import Mistake

Tables = dict[str, pa.Table]
Row = dict[str, Any]

# Which check a problem comes from, told by the words that it alone uses; the first that fits counts.
CHECKS = {
    "id, date and file": r"the file's (?:name|folder)|begins with\.",
    "control value": r"Correct the value or the token",
    "control of qualifiers": r"typed beside it as its qualifier|, qualifier \w+; expected none|one for each quote",
    "reading": r"expected (?:a number|a stated change) in ",
    "unit": r", the unit of ",
    "agreement": r"say why under disagrees|a source whose printing disagrees|a reason that names",
    "day published": r"the announcement's\. |days after the announcement|as the address says",
    "period": r"on or before \d{4}|forecast's end|of the calendar[;.]|as (?:day|point) means|has one\. Mend"
    r"|expected a start on or",
    "keys": r"another key than|one figure for a metric",
    "issuer": r"expected an authority",
    "codes": r"expected an id of |an ISO 3166|a source of this record|a source that prints",
    "anchor": r"anchored in the text",
    "status": r"a note beside it",
    "correction's guard": r"\.was: ",
    "publisher's host": r"whose host the address names",
    "kind of source": r"expected a kind of source that",
    "period's words": r"Mend the period or the words|names no day",
    "words quoted twice": r"words that don't stand under",
    "share or count": r"a share of at most|a whole number: ",
    "brackets": r"outside the brackets",
    "scope's area and days": r"Mend the (?:area|period) or the scope",
    "area's name": r"an area that the record or its scope names",
    "basis's words": r"why in the change's note",
    "share's words": r"not of a share",
    "script": r"expected the other script",
    "metric's words": r"which the quotes' words name",
    "size": r"expected a value of their size",
}
FORM, RECONCILIATION, ACCEPTED, HISTORY, INVARIANTS, CODE_LIST = (
    "form", "reconciliation", "accepted findings", "history", "invariants", "code list",
)  # fmt: skip


def check_of(problem: Problem) -> str:
    """The check that a problem comes from."""
    text = str(problem)
    return next((name for name, words in CHECKS.items() if re.search(words, text)), f"? {text}")


@dataclass(frozen=True)
class Outcome:
    """What became of one mistake.

    Attributes
    ----------
    mistake : Mistake
        The mistake.
    caught_by : frozenset of str
        The checks that refuse it in a new figure; empty where it survives.
    is_held : bool
        Whether the history rule refuses it, too, in a figure that a release holds.
    is_off_page : bool
        Whether ``verify.py --fetch`` names an address or a quote as other than it is on the page.
    changes_nothing : bool
        Whether the published tables are the same with it.
    changes_figure : bool
        Whether a figure's value or bounds are others with it.
    """

    mistake: Mistake
    caught_by: frozenset[str]
    is_held: bool = False
    is_off_page: bool = False
    changes_nothing: bool = False
    changes_figure: bool = False


@dataclass(eq=False)
class Bench:
    """A project whose data are right, to make mistakes in.

    Parameters
    ----------
    root : Path
        The project's root; never written to.
    """

    root: Path
    plains: dict[str, Any] = field(init=False)
    records: dict[str, Record] = field(init=False)
    vocabulary: Vocabulary = field(init=False)
    tables: Tables = field(init=False)

    def __post_init__(self) -> None:
        found, problems = read_records(self.root)
        self.vocabulary, more = read_vocabulary(self.root)
        self.anchors, _ = read_anchors(self.root)
        self.records = {record.file: record for record in found}
        self.tables, unreadable = build_tables(found, self.vocabulary, self.anchors)
        if problems or more or unreadable:
            raise ValueError(f"the data have problems before any mistake is made: {[*problems, *more, *unreadable][0]}")
        self.plains = {file: self._plain(file) for file in self.records}
        self.accepted = {
            row["relation_id"]: row["reason"] for row in self.vocabulary.tables["accepted_findings"].to_pylist()
        }
        self._of_announcement = {
            name: [str(key).split(":" if name == "sources" else "/")[0] for key in table[_KEY[name]].to_pylist()]
            for name, table in self.tables.items()
        }

    def _plain(self, file: str) -> Any:
        document = records_module._Document(file)
        return document.read(YAML(typ="safe", pure=True).compose((self.root / file).read_text("utf-8")))

    # --- Making mistakes ---

    def mistakes(self) -> Iterator[Mistake]:
        """Every mistake that can be made in the project's records and code lists."""
        codes = {name: self.vocabulary.entries(name) for name in ("metrics", "publishers", "scopes")}
        for file, plain in self.plains.items():
            yield from mistakes.record_mistakes(file, plain, codes)
        for file, rows in self._code_lists.items():
            definition = next(t for t in _written() if t.path == file)
            yield from mistakes.code_list_mistakes(file, rows, definition.primary_key[0])

    @cached_property
    def _code_lists(self) -> dict[str, list[dict[str, str]]]:
        lists = {}
        for definition in _written():
            with (self.root / definition.path).open(encoding="utf-8", newline="") as file:
                lists[definition.path] = list(csv.DictReader(file))
        return lists

    def outcome(self, mistake: Mistake) -> Outcome:
        """Make a mistake and say which checks notice it."""
        if mistake.file in self.plains:
            return self._of_record(mistake)
        return self._of_code_list(mistake)

    # --- Records ---

    def _of_record(self, mistake: Mistake) -> Outcome:
        plain = mistakes.make(self.plains[mistake.file], mistake)
        file = mistake.file
        if mistake.part == "announced, id and file":
            file = f"data/records/{plain['announced'][:4]}/{plain['announcement']}.yaml"
        old = self.records[mistake.file]
        record = check_record(plain, self.root / file, file, lambda _: 1)
        if not isinstance(record, Record):
            return Outcome(
                mistake, frozenset({c if not c.startswith("?") else FORM for c in map(check_of, record)}), True
            )
        tables, problems = build_tables([record], self.vocabulary, self.anchors)
        problems += implausible([record], self.vocabulary, self._wording)
        caught = {check_of(problem) for problem in problems or self._new_doubts(old, record, tables)}
        before = self._own(old)
        if not caught and all(_content(tables[name]) == before[name] for name in tables):
            return Outcome(mistake, frozenset(), changes_nothing=True)
        is_held = _is_held(self._own_tables(old.content.announcement), tables)
        if not caught:
            caught = self._contradictions(old, tables)
        changes_figure = _figures(before) != _figures(tables)
        return Outcome(mistake, frozenset(caught), is_held, self._is_off_page(record), changes_figure=changes_figure)

    def _is_off_page(self, record: Record) -> bool:
        for name, url, quotes in sources_of([record]):
            page = self._pages.get(url)
            if page is None or judge(name, url, page, quotes).state != "intact":
                return True
        return False

    @cached_property
    def _pages(self) -> dict[str, Page]:
        """By address: a page that holds the quotes on record, and nothing else."""
        quotes: dict[str, list[str]] = defaultdict(list)
        for _, url, found in sources_of(self.records.values()):
            quotes[url] += [quote.text for quote in found]
        texts = {url: "\n\n".join(found) for url, found in quotes.items()}
        return {url: Page(text, None, None, None, "0" * 64, url, text) for url, text in texts.items()}

    def _new_doubts(self, old: Record, record: Record, tables: Tables) -> Iterator[Problem]:
        """What becomes doubtful of a record's figures, if they are new."""
        before = self._doubts_before(old.file)
        return (doubt for doubt in self._doubts(old, record, tables) if (doubt.found, doubt.expected) not in before)

    @cache  # noqa: B019
    def _doubts_before(self, file: str) -> set[tuple[str, str]]:
        record = self.records[file]
        found = self._doubts(record, record, self._own_tables(record.content.announcement))
        return {(doubt.found, doubt.expected) for doubt in found}

    def _doubts(self, old: Record, record: Record, tables: Tables) -> list[Problem]:
        others = self._other("observations", old.content.announcement)
        known = pa.concat_tables([others, tables["observations"]])
        return list(doubts([record], known, known.slice(0, 0), self.vocabulary, self._wording))

    @cached_property
    def _wording(self) -> Wording:
        return read_wording(self.root)

    @cache  # noqa: B019  one bench lives as long as its process
    def _own_tables(self, announcement: str) -> Tables:
        return {
            name: table.filter(pa.array([key == announcement for key in self._of_announcement[name]], pa.bool_()))
            for name, table in self.tables.items()
        }

    def _own(self, record: Record) -> dict[str, list[Row]]:
        return {name: _content(table) for name, table in self._own_tables(record.content.announcement).items()}

    # --- Relations ---

    def _contradictions(self, old: Record, tables: Tables) -> set[str]:
        """What the reconciliation of all figures that hang together with the changed ones finds."""
        mine = old.content.announcement
        pairs = self._touched(self._own_tables(mine), tables)
        before = self._refused(pairs)
        merged = {
            name: pa.concat_tables([self._other(name, mine), tables[name]])
            for name in ("observations", "citations", "changes", "sources")
        }
        try:
            return set(refusals(self._reconciled(merged, pairs, self.vocabulary), self.accepted, before))
        except CurationError:
            return {RECONCILIATION}

    @cache  # noqa: B019
    def _other(self, name: str, announcement: str) -> pa.Table:
        return self.tables[name].filter(
            pa.array([key != announcement for key in self._of_announcement[name]], pa.bool_())
        )

    def _touched(self, before: Tables, after: Tables) -> frozenset[tuple[str, str]]:
        """The kins of metric and scope that a difference between two states of an announcement touches."""
        changed = set()
        for name in ("observations", "citations", "changes"):
            rows = [{_KEY[name] + str(i): row for i, row in enumerate(_content(t[name]))} for t in (before, after)]
            seen = [Counter(map(_frozen, state.values())) for state in rows]
            for key in (seen[0] - seen[1]) + (seen[1] - seen[0]):
                changed.add(dict(key)["observation_id"])
        return frozenset(
            self._kin(row)
            for state in (before, after)
            for row in state["observations"].select(["observation_id", "metric_id", "scope_id"]).to_pylist()
            if row["observation_id"] in changed
        )

    def _kin(self, row: Row) -> tuple[str, str]:
        metrics, scopes = self._kins
        return metrics[row["metric_id"]], scopes[row["scope_id"]]

    @cached_property
    def _kins(self) -> tuple[dict[str, str], dict[str, str]]:
        """Metrics, and scopes, that relations can join, named by one of them."""
        metrics, scopes = self.vocabulary.entries("metrics"), self.vocabulary.entries("scopes")
        pairs = [(m, row["parent_metric_id"]) for m, row in metrics.items()]
        pairs += [(m, f"group {row['comparison_group']}") for m, row in metrics.items() if row["comparison_group"]]
        pairs += [(m, m.removesuffix(s)) for m in metrics for s in ("_share", "_daily_average")]
        within = [(s, row["parent_scope_id"]) for s, row in scopes.items()]
        within += [(s, f"group {row['comparison_group']}") for s, row in scopes.items() if row["comparison_group"]]
        return _joined(metrics, pairs), _joined(scopes, within)

    @cache  # noqa: B019
    def _refused(self, pairs: frozenset[tuple[str, str]]) -> frozenset[str]:
        """Contradictions, accepted or not, between figures of some kins before any mistake is made."""
        found = self._reconciled(self.tables, pairs, self.vocabulary)["reconciliation"].to_pylist()
        return frozenset(row["relation_id"] for row in found if row["verdict"] == "contradiction")

    def _reconciled(
        self, tables: Mapping[str, pa.Table], pairs: frozenset[tuple[str, str]], vocabulary: Vocabulary
    ) -> Tables:
        observations = tables["observations"]
        names = observations.select(["observation_id", "metric_id", "scope_id"]).to_pylist()
        kept = {row["observation_id"] for row in names if self._kin(row) in pairs}
        few = {name: _where(tables[name], "observation_id", kept) for name in ("observations", "citations", "changes")}
        return reconcile(few | {"sources": tables["sources"]} | dict(vocabulary.tables), self.accepted)

    # --- Code lists ---

    def _of_code_list(self, mistake: Mistake) -> Outcome:
        rows = mistakes.make(self._code_lists[mistake.file], mistake)
        with TemporaryDirectory() as name:
            root = Path(name)
            shutil.copytree(self.root / "data/vocabulary", root / "data/vocabulary")
            with (root / mistake.file).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(self._code_lists[mistake.file][0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
            vocabulary, problems = read_vocabulary(root)
            if mistake.file in _PROPOSING:
                try:
                    read_wording(root)
                except CurationError:
                    problems = [Problem(mistake.file, 0, "", "", "", "")]
                return Outcome(mistake, frozenset({CODE_LIST} if problems else ()))
        if problems:
            return Outcome(mistake, frozenset({CODE_LIST}), True)
        tables, found = build_tables(self.records.values(), vocabulary, self.anchors)
        found += implausible(self.records.values(), vocabulary, self._wording)
        if found:
            return Outcome(mistake, frozenset(map(check_of, found)), True)
        everything = tables | dict(vocabulary.tables)
        is_held = _is_held(self.tables | dict(self.vocabulary.tables), everything)
        if mistake.part == "prose" or mistake.kind.partition(":")[0] in _WITHOUT_ARITHMETIC:
            return Outcome(mistake, frozenset(), is_held)
        accepted = {row["relation_id"]: row["reason"] for row in vocabulary.tables["accepted_findings"].to_pylist()}
        try:
            derived = self._derived_anew(mistake, tables, vocabulary, accepted)
        except CurationError:
            return Outcome(mistake, frozenset({RECONCILIATION}), True)
        caught = set(derived)
        if not caught and any(True for _ in invariant_faults(everything | self._reconciliation)):
            caught.add(INVARIANTS)
        return Outcome(mistake, frozenset(caught), is_held)

    def _derived_anew(
        self, mistake: Mistake, tables: Tables, vocabulary: Vocabulary, accepted: Mapping[str, str]
    ) -> Iterator[str]:
        """The checks that refuse what the reconciliation says with a mistake in a code list."""
        if mistake.part == "accepted_findings.csv":
            return refusals(reconcile(tables | dict(vocabulary.tables), accepted), accepted, accepted.keys())
        if mistake.part not in ("metrics.csv", "scopes.csv"):
            return iter(())
        named = {mistake.where.partition(".")[0], mistake.was, mistake.now}
        names = tables["observations"].select(["metric_id", "scope_id"]).to_pylist()
        pairs = frozenset(self._kin(row) for row in names if named & {row["metric_id"], row["scope_id"]})
        return refusals(self._reconciled(tables, pairs, vocabulary), accepted, self._refused(pairs))

    @cached_property
    def _reconciliation(self) -> Tables:
        """What is derived before any mistake is made."""
        return reconcile(self.tables | dict(self.vocabulary.tables), self.accepted)


# Columns that no relation between figures depends on.
_WITHOUT_ARITHMETIC = frozenset("label_en label_zh family stage subject direction dimension kind url listing".split())
# Lists that say nothing of the data: by their words figures are proposed, and doubted.
_PROPOSING = tuple(table.path for table in (schema.PHRASES, schema.SYNONYMS, schema.HOLIDAYS))
_KEY = {
    "announcements": "announcement_id", "changes": "change_id", "citations": "citation_id",
    "corrections": "observation_id", "observations": "observation_id", "sources": "source_id",
}  # fmt: skip


def _is_held(released: Tables, now: Tables) -> bool:
    """Whether the rule of the releases refuses a difference: something changed or gone that needs a reason."""
    nothing_said = Reasons()
    changed = ((name, table) for name, table in released.items() if name in now and not table.equals(now[name]))
    keys = {name: schema.TABLES[name].primary_key for name in released}
    return any(
        True
        for name, table in changed
        for _ in nothing_said.missing(compare(name, (keys[name], keys[name]), table, now[name]))
    )


def _written() -> list[schema.Table]:
    """Every code list."""
    return [*schema.code_lists(), schema.PHRASES, schema.SYNONYMS, schema.HOLIDAYS]


def _content(table: pa.Table) -> list[Row]:
    """Rows without what depends on other announcements."""
    rows: list[Row] = table.drop_columns(["is_latest"] if "is_latest" in table.column_names else []).to_pylist()
    return rows


def _figures(tables: Mapping[str, Any]) -> list[tuple[float, ...]]:
    found = tables["observations"]
    rows: list[Row] = found if isinstance(found, list) else found.to_pylist()
    return sorted((row["value"], row["lower"], row["upper"]) for row in rows)


def _frozen(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(row.items())


def _where(table: pa.Table, column: str, kept: set[str]) -> pa.Table:
    return table.filter(pa.array([key in kept for key in table[column].to_pylist()], pa.bool_()))


def _joined(names: Iterable[str], pairs: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """A name in common for all that pairs join."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.get(name, name) != name:
            name = leader[name]
        return name

    known = set(names)
    for one, other in pairs:
        if other is not None and (other in known or other.startswith("group ")):
            leader[find(one)] = find(other)
    return {name: find(name) for name in known}


def refusals(derived: Tables, accepted: Mapping[str, str], before: Collection[str]) -> Iterator[str]:
    """The checks on the reconciliation that refuse what is derived; ``before`` is contradicted without any mistake."""
    found = [row for row in derived["reconciliation"].to_pylist() if row["verdict"] == "contradiction"]
    contradicted = {row["relation_id"] for row in found}
    if {row["relation_id"] for row in found if not row["accepted"]} - set(before):
        yield RECONCILIATION
    if any(name in accepted and name not in contradicted for name in before):
        yield ACCEPTED


# --- Measuring ---------------------------------------------------------------------------------------------------

_bench: Bench | None = None
_CHUNK = 20


def _start(root: Path) -> None:
    global _bench
    _bench = Bench(root)


def _outcomes(chunk: list[Mistake]) -> list[Outcome]:
    assert _bench is not None
    return [_bench.outcome(mistake) for mistake in chunk]


def sample(made: Iterable[Mistake], size: int | None, seed: int) -> tuple[list[Mistake], Counter[tuple[str, str]]]:
    """Draw mistakes, as many of each kind as there are if these are few; and how many of each kind could be made.

    Parameters
    ----------
    made : iterable of Mistake
        All that can be made.
    size : int or None
        How many to draw; None for all.
    seed : int
        The same one draws the same.
    """
    kinds: dict[tuple[str, str], list[Mistake]] = defaultdict(list)
    for mistake in made:
        kinds[mistake.part, mistake.kind].append(mistake)
    population = Counter({kind: len(members) for kind, members in kinds.items()})
    if size is None:
        return [m for members in kinds.values() for m in members], population
    drawn: list[Mistake] = []
    chance = random.Random(seed)
    for left, kind in zip(range(len(kinds), 0, -1), sorted(kinds, key=lambda k: len(kinds[k])), strict=True):
        share = max(1, (size - len(drawn)) // left)
        members = kinds[kind]
        drawn += members if len(members) <= share else chance.sample(members, share)
    return drawn, population


def measure(root: Path, drawn: list[Mistake], processes: int) -> Iterator[Outcome]:
    """What becomes of every mistake drawn, in some processes."""
    chunks = [drawn[at : at + _CHUNK] for at in range(0, len(drawn), _CHUNK)]
    with ProcessPoolExecutor(processes, get_context("fork"), _start, (root,)) as pool:
        for outcomes in pool.map(_outcomes, chunks):
            yield from outcomes
