"""Making a release: the version it demands, what it refuses and how it says so, and what it writes."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from china_border_statistics.curation import package, release
from china_border_statistics.curation.changelog import sections
from china_border_statistics.curation.gate import package_problems
from china_border_statistics.curation.history import history_problems
from china_border_statistics.curation.invariants import invariant_faults
from china_border_statistics.curation.package import build, derive
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.release import (
    Plan,
    compared,
    demanded,
    described_tables,
    dirt,
    make,
    plan,
    tree_problems,
    unexplained_problems,
)
from china_border_statistics.past_releases import FOLDER, History
from conftest import FIRST_DAY, INTRODUCTION, VERSION_FILE, commit, git, load_script, replace_once
from states import release_one
from test_staging import tree

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
AUTUMN = "data/records/2024/2024-09-10-harbour.yaml"
ALIASES, RULES = "data/vocabulary/aliases.csv", "data/vocabulary/rule_changes.csv"
METRICS, ACCEPTED = "data/vocabulary/metrics.csv", "data/vocabulary/accepted_findings.csv"
DAY = "2024-10-08"
SAIL = '    value: 310\n    printed:\n      lantern-en: "[310] of them sail"\n'
SAIL_ID = "2024-03-10-harbour/boats_registered_sail"
NOTED = SAIL.replace("310\n", "310\n    note: counted from the quay\n", 1)

Tables = dict[str, tuple[dict[str, Any], pa.Table]]


def planned(root: Path, version: str | None = None, released: str = DAY) -> Plan:
    return plan(History(root), described_tables(derive(root)), version, released)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(CurationError) as raised:
        call()
    return str(raised.value)


def add(root: Path, file: str, line: str) -> None:
    (root / file).write_text((root / file).read_text("utf-8") + line + "\n", "utf-8")


# The smallest version


@pytest.fixture(scope="module")
def first(released) -> Tables:
    return {name: (dict(description), data) for name, (description, data) in described_tables(derive(released)).items()}


def with_columns(table: str, **columns: str | None) -> Callable[[Tables], None]:
    """Describe columns of a table otherwise; None takes one away, and a new one is empty."""

    def alter(tables: Tables) -> None:
        description, data = tables[table]
        described = {name: kind for name, kind in (description["columns"] | columns).items() if kind is not None}
        tables[table] = ({**description, "columns": described}, _conformed(data, described))

    return alter


def _conformed(data: pa.Table, described: Mapping[str, str]) -> pa.Table:
    kinds = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.date32()}
    fields = [
        pa.field(
            name, data.schema.field(name).type if name in data.column_names else kinds[text.split(" ")[0].rstrip("!")]
        )
        for name, text in described.items()
    ]
    rows = [{field.name: row.get(field.name) for field in fields} for row in data.to_pylist()]
    table = pa.Table.from_pylist(rows, schema=pa.schema(fields))
    return table.cast(
        pa.schema([f.with_type(kinds.get(described[f.name].split(" ")[0].rstrip("!"), f.type)) for f in fields])
    )


def with_key(table: str, *key: str) -> Callable[[Tables], None]:
    def alter(tables: Tables) -> None:
        tables[table] = ({**tables[table][0], "primary_key": list(key)}, tables[table][1])

    return alter


def with_cell(table: str, key: str, column: str, cell: object) -> Callable[[Tables], None]:
    def alter(tables: Tables) -> None:
        description, data = tables[table]
        rows = [row | {column: cell} if key in row.values() else row for row in data.to_pylist()]
        tables[table] = (description, pa.Table.from_pylist(rows, schema=data.schema))

    return alter


def without(table: str, key: str = "") -> Callable[[Tables], None]:
    def alter(tables: Tables) -> None:
        if not key:
            del tables[table]
            return
        description, data = tables[table]
        rows = [row for row in data.to_pylist() if row[description["primary_key"][0]] != key]
        assert len(rows) < data.num_rows
        tables[table] = (description, pa.Table.from_pylist(rows, schema=data.schema))

    return alter


def with_more(table: str, key: str, new: str) -> Callable[[Tables], None]:
    """Another row like one that is there, by a new id."""

    def alter(tables: Tables) -> None:
        description, data = tables[table]
        name = description["primary_key"][0]
        more = [row | {name: new} for row in data.to_pylist() if row[name] == key]
        assert more
        tables[table] = (description, pa.Table.from_pylist([*data.to_pylist(), *more], schema=data.schema))

    return alter


def new_table(tables: Tables) -> None:
    tables["ports"] = ({"primary_key": ["port_id"], "columns": {"port_id": "string!"}}, pa.table({"port_id": ["a"]}))


STATUSES = "string! A|B|D|F|P"
DEMANDS: dict[str, tuple[Callable[[Tables], None], str, str]] = {
    "a column removed": (with_columns("announcements", note=None), "major", "`announcements` no longer has the column"),
    "a column renamed": (
        with_columns("sources", url=None, address="string"),
        "major",
        "no longer has the column `url`",
    ),
    "a type changed": (
        with_columns("announcements", n_observations="number!"),
        "major",
        "`announcements.n_observations` is now number, not integer",
    ),
    "a column that may now be empty": (
        with_columns("observations", printed="string"),
        "major",
        "`observations.printed` may now be empty",
    ),
    "a key changed": (
        with_key("sources", "source_id", "url"),
        "major",
        "`sources` has the key source_id, url, not source_id",
    ),
    "a code removed": (
        with_columns("observations", obs_status=STATUSES),
        "major",
        "`observations.obs_status` no longer has the code `U`",
    ),
    "a table gone": (without("implied"), "major", "`implied` is no longer published"),
    "a metric gone": (without("metrics", "catch_landed"), "major", "`catch_landed` is gone from `metrics`"),
    "a scope gone": (without("scopes", "lantern-fair"), "major", "`lantern-fair` is gone from `scopes`"),
    "a unit changed": (
        with_cell("metrics", "catch_landed", "unit", "boat"),
        "major",
        "`catch_landed` is now in boat, not kg",
    ),
    "a new table": (new_table, "minor", "new table `ports`"),
    "a new column": (with_columns("scopes", colour="string"), "minor", "`scopes` has a new column `colour` (string)"),
    "a new code": (
        with_columns("observations", obs_status=f"{STATUSES}|U|X"),
        "minor",
        "`observations.obs_status` has a new code `X`",
    ),
    "a code list lifted": (
        with_columns("observations", obs_status="string!"),
        "minor",
        "`observations.obs_status` is no longer held to a list of codes",
    ),
    "a code list laid down": (
        with_columns("observations", area="string! CN"),
        "minor",
        "`observations.area` is now one of `CN`",
    ),
    "a column never empty any more": (
        with_columns("announcements", note="string!"),
        "minor",
        "`announcements.note` is never empty any more",
    ),
    "a new announcement": (
        with_more("announcements", "2024-03-10-harbour", "2024-03-11-harbour"),
        "minor",
        "1 new announcement",
    ),
    "a new observation": (with_more("observations", SAIL_ID, f"{SAIL_ID}-2"), "minor", "1 new observation"),
    "a new metric": (with_more("metrics", "catch_landed", "catch_thrown_back"), "minor", "1 new metric"),
    "a new scope": (with_more("scopes", "lantern-fair", "lamp-fair"), "minor", "1 new scope"),
    "a new unit": (with_more("units", "kg", "t"), "minor", "1 new unit"),
    "a new source": (
        with_more("sources", "2024-03-10-harbour:office-zh", "2024-03-10-harbour:z"),
        "patch",
        "corrections and notes",
    ),
    "a value corrected": (with_cell("observations", SAIL_ID, "value", 313.0), "patch", "corrections and notes"),
    "an observation withdrawn": (without("observations", SAIL_ID), "patch", "corrections and notes"),
    "a definition reworded": (
        with_cell("metrics", "catch_landed", "definition", "Fish."),
        "patch",
        "corrections and notes",
    ),
    "nothing": (lambda _: None, "patch", "corrections and notes"),
}


@pytest.mark.parametrize("case", DEMANDS)
def test_what_a_difference_demands_of_the_version(released, first, case):
    alter, part, why = DEMANDS[case]
    tables = dict(first)
    alter(tables)
    comparison = compared(History(released), tables)
    found = demanded(comparison)
    assert found[0] == part
    assert why in found[1]


def test_what_breaks_outweighs_what_adds(released, first):
    tables = dict(first)
    for case in ("a new table", "a new observation", "a metric gone"):
        DEMANDS[case][0](tables)
    assert demanded(compared(History(released), tables)) == ("major", "`catch_landed` is gone from `metrics`")


@pytest.mark.parametrize(
    ("case", "smallest"), [("a table gone", "1.0.0"), ("a new column", "0.2.0"), ("a definition reworded", "0.1.1")]
)
def test_the_smallest_version_is_taken_and_a_greater_one_allowed_but_no_smaller(released, first, case, smallest):
    tables = dict(first)
    DEMANDS[case][0](tables)
    history = History(released)
    assert plan(history, tables, None, DAY).version == smallest
    assert plan(history, tables, smallest, DAY).version == smallest
    assert plan(history, tables, "1.7.3", DAY).version == "1.7.3"
    found = refusal(lambda: plan(history, tables, "0.1.0", DAY))
    assert "version: version: found 0.1.0; expected a version after 0.1.0. That release was made already." in found
    if smallest != "0.1.1":
        found = refusal(lambda: plan(history, tables, "0.1.1", DAY))
        assert f"found 0.1.1; expected at least {smallest}: " in found
        assert "Choose a greater version." in found


def test_the_first_release_is_0_1_0(tmp_path, first):
    chosen = plan(History(tmp_path), first, None, DAY)
    assert chosen.version == "0.1.0"
    found = refusal(lambda: plan(History(tmp_path), first, "0.0.9", DAY))
    assert "expected at least 0.1.0" in found


@pytest.mark.parametrize("version", ["0.2", "v0.2.0", "0.2.0.dev0", "0.02.0", "0.2.0\n", "", "latest", "٠.٢.٠"])
def test_a_malformed_version(checkout, version):
    replace_once(checkout, SPRING, SAIL, NOTED)
    found = refusal(lambda: planned(checkout, version))
    assert "expected a version such as 0.3.0. Mend the version." in found


def test_a_column_keeps_its_type_for_ever(released, first):
    tables = dict(first)
    DEMANDS["a type changed"][0](tables)
    found = refusal(lambda: plan(History(released), tables, None, DAY))
    assert "announcements.n_observations: found number; expected integer, as in release 0.1.0" in found
    assert "Give the column another name." in found


@pytest.mark.parametrize("day", ["2024-09-30", "2023-10-08"])
def test_a_day_before_that_of_the_last_release(checkout, day):
    replace_once(checkout, SPRING, SAIL, NOTED)
    found = refusal(lambda: planned(checkout, released=day))
    assert f"released: found {day}; expected {FIRST_DAY}, the day of release 0.1.0, or later" in found


@pytest.mark.parametrize("note", ["", " ", "Two\nlines.", "## 9.9.9 — 2024-01-01", "Manifest: x"])
def test_a_note_is_one_sentence(checkout, note):
    replace_once(checkout, SPRING, SAIL, NOTED)
    found = refusal(lambda: plan(History(checkout), described_tables(derive(checkout)), None, DAY, note))
    assert "expected one line of prose" in found


def test_nothing_to_release(checkout):
    found = refusal(lambda: planned(checkout))
    assert "found no difference to release 0.1.0; expected something to release. Nothing is to be done." in found


# Changes without a reason


def test_a_changed_value_without_a_reason(checkout):
    replace_once(checkout, SPRING, SAIL, SAIL.replace("310", "313"))
    found = refusal(lambda: planned(checkout))
    assert found.startswith("1 problem; nothing was written.")
    assert f"{SPRING}: boats_registered_sail.value: found 310 → 313; expected a reason." in found
    assert "corrected: {field: value, was: 310, date: …, reason: …}" in found
    assert "a row to data/vocabulary/rule_changes.csv" in found


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"[310] of them', '"[over 310] of them', "boats_registered_sail.upper: found 310 → 320"),
        (SAIL, f"    scope: lantern-fair\n{SAIL}", "boats_registered_sail.scope_id: found all → lantern-fair"),
        (SAIL, f"    area: CN-YN\n    note: in Yunnan\n{SAIL}", "boats_registered_sail.area: found CN → CN-YN"),
        (
            SAIL,
            f"    period: {{kind: event, start: 2024-01, end: 2024-03-10}}\n{SAIL}",
            "period_kind: found cumulative → event",
        ),
        (
            "  - metric: boats_registered_sail\n",
            "  - metric: guests_counted\n    key: boats_registered_sail\n",
            "boats_registered_sail.metric_id: found boats_registered_sail → guests_counted",
        ),
    ],
)
def test_every_field_of_a_figure_changes_with_a_reason_alone(checkout, old, new, said):
    replace_once(checkout, SPRING, old, new)
    found = refusal(lambda: planned(checkout))
    assert said in found
    assert f"{SPRING}: " in found


def test_a_correction_is_the_reason(checkout):
    corrected = "    corrected: {was: 310, date: 2024-10-02, reason: digits swapped in keying}\n"
    replace_once(checkout, SPRING, SAIL, corrected + SAIL.replace("310", "313"))
    chosen = planned(checkout)
    assert chosen.version == "0.1.1"
    assert f"- `{SAIL_ID}` value: 310 → 313. digits swapped in keying" in chosen.section
    replace_once(checkout, SPRING, "was: 310", "was: 301")
    line = (checkout / SPRING).read_text("utf-8").splitlines().index(corrected.rstrip().replace("310", "301")) + 1
    found = refusal(lambda: planned(checkout))
    assert f"{SPRING}:{line}: figures[1].corrected[0].was: found 301; expected 310, as release 0.1.0 says." in found


def test_a_note_needs_no_reason(checkout):
    replace_once(checkout, SPRING, SAIL, NOTED)
    assert planned(checkout).version == "0.1.1"


# A changed rule


@pytest.fixture
def read_otherwise(project) -> Path:
    """A project whose only release read "nearly 9,000" as nearly 10 of them."""
    (project / "CHANGELOG.md").write_text(INTRODUCTION, "utf-8")
    tables = dict(described_tables(derive(project)))
    fair = "2024-09-10-harbour/guests_counted-fair"
    with_cell("observations", fair, "lower", 8990.0)(tables)
    release_one(project, 1, tables)
    return project


RULE = "nearly-thousands,2024-10-02,nearly before thousands,{},{},a unit of the last digit that isn't zero"


@pytest.mark.parametrize(
    ("language", "pattern", "explains"),
    [
        ("", "^nearly", True),
        ("en", r"nearly \d", True),
        ("zh-Hans", "^nearly", False),
        ("", "^almost", False),
    ],
)
def test_a_changed_reading_says_which_rule(read_otherwise, language, pattern, explains):
    found = refusal(lambda: planned(read_otherwise))
    assert "guests_counted-fair.lower: found 8990 → 8000; expected a reason" in found
    add(read_otherwise, RULES, RULE.format(language, pattern))
    if explains:
        assert (
            "lower: 8990 → 8000. nearly before thousands: a unit of the last digit that isn't zero"
            in planned(read_otherwise).section
        )
    else:
        assert "expected a reason" in refusal(lambda: planned(read_otherwise))


def test_a_rule_is_no_reason_for_another_token(checkout):
    add(checkout, RULES, RULE.format("", "."))
    replace_once(checkout, SPRING, SAIL, SAIL.replace("310", "313"))
    assert "310 → 313; expected a reason" in refusal(lambda: planned(checkout))


def test_a_pattern_that_is_none(project):
    add(project, RULES, RULE.format("", '"(nearly"'))
    assert f"{RULES}:2: pattern: found '(nearly'; expected a regular expression" in refusal(lambda: derive(project))


# Ids that go


def test_a_removed_observation_without_an_alias(checkout):
    text = (checkout / SPRING).read_text("utf-8")
    (checkout / SPRING).write_text(text.replace(f"  - metric: boats_registered_sail\n{SAIL}\n", ""), "utf-8")
    found = refusal(lambda: planned(checkout))
    assert f"{ALIASES}: {SAIL_ID}: found gone from observations; expected the id kept, or an alias." in found
    assert "Add it with of_table observations and a reason; new_id stays empty where it has no new one." in found
    add(checkout, ALIASES, f"observations,{SAIL_ID},,2024-10-02,the paper counted the moorings")
    chosen = planned(checkout)
    assert chosen.version == "0.1.1"
    assert f"- `{SAIL_ID}` of `observations`: the paper counted the moorings" in chosen.section


def rename_sail(root: Path, value: str = "310") -> None:
    replace_once(root, SPRING, SAIL, f"    key: sailing\n{SAIL.replace('310', value)}")
    add(root, ALIASES, f"observations,{SAIL_ID},2024-03-10-harbour/sailing,2024-10-02,a plainer name")


def test_a_renamed_observation(checkout):
    rename_sail(checkout)
    chosen = planned(checkout)
    assert chosen.version == "0.1.1"
    assert f"- `{SAIL_ID}` of `observations`: now 2024-03-10-harbour/sailing: a plainer name" in chosen.section


def test_a_value_does_not_change_under_cover_of_a_new_name(checkout):
    rename_sail(checkout, "313")
    found = refusal(lambda: planned(checkout))
    assert "sailing.value: found 310 → 313; expected a reason" in found


def rename_autumn(root: Path) -> None:
    """The autumn's announcement was a day later than we thought."""
    (root / AUTUMN).rename(root / AUTUMN.replace("09-10", "09-11"))
    later = AUTUMN.replace("09-10", "09-11")
    replace_once(root, later, "announcement: 2024-09-10-harbour", "announcement: 2024-09-11-harbour")
    replace_once(root, later, "announced: 2024-09-10", "announced: 2024-09-11")
    replace_once(root, ACCEPTED, "2024-09-10-harbour/", "2024-09-11-harbour/")


def test_an_announcement_renamed_takes_its_observations_and_sources_along(checkout):
    rename_autumn(checkout)
    found = refusal(lambda: planned(checkout))
    assert f"{ALIASES}: 2024-09-10-harbour: found gone from announcements" in found
    assert f"{ALIASES}: 2024-09-10-harbour/guests_counted-fair: found gone from observations" in found
    add(checkout, ALIASES, "announcements,2024-09-10-harbour,2024-09-11-harbour,2024-10-02,the page bears the next day")
    chosen = planned(checkout)
    said = "2024-09-11-harbour/guests_counted-fair: the page bears the next day"
    assert f"- `2024-09-10-harbour/guests_counted-fair` of `observations`: now {said}" in chosen.section
    assert "announced: 2024-09-10 → 2024-09-11. now 2024-09-11-harbour: the page bears the next day" in chosen.section


def test_a_metric_renamed_explains_its_observations(checkout):
    for file in (SPRING, METRICS):
        text = (checkout / file).read_text("utf-8")
        (checkout / file).write_text(text.replace("catch_landed", "catch_weighed"), "utf-8")
    replace_once(checkout, SPRING, "  - metric: catch_weighed\n", "  - metric: catch_weighed\n    key: catch_landed\n")
    assert "catch_landed.metric_id: found catch_landed → catch_weighed" in refusal(lambda: planned(checkout))
    add(checkout, ALIASES, "metrics,catch_landed,catch_weighed,2024-10-02,it is weighed")
    chosen = planned(checkout)
    assert chosen.why == ("major", "`catch_landed` is gone from `metrics`")
    assert "metric_id: catch_landed → catch_weighed. catch_landed renamed: it is weighed" in chosen.section


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([f"observations,{SAIL_ID},,2024-10-02,gone"], f"old_id: found {SAIL_ID}; expected an id that observations no"),
        (["metrics,boats_lost,boats_found,2024-10-02,x"], "new_id: found boats_found; expected an id of metrics"),
        (["metrics,boats_lost,boats_lost,2024-10-02,x"], "new_id: found boats_lost"),
        (
            ["metrics,boats_found,boats_lost,2024-10-02,x", "metrics,boats_lost,boats_found,2024-10-02,x"],
            "new_id: found boats_lost; expected an id of metrics, or nothing where it was withdrawn",
        ),
    ],
    ids=["still there", "to nowhere", "to itself", "in a circle"],
)
def test_an_alias_that_leads_nowhere_is_refused_by_the_gate(project, rows, said):
    for row in rows:
        add(project, ALIASES, row)
    faults = invariant_faults(derive(project))
    assert said in "\n".join(f"{fault.column}: found {fault.found}; expected {fault.expected}" for fault in faults)


def test_a_chain_of_aliases_passes_the_gate(project):
    for old, new in (("boats_lost", "boats_found"), ("boats_found", "boats_registered")):
        rows = (project / ALIASES).read_text("utf-8").splitlines()
        row = f"metrics,{old},{new},2024-10-02,x"
        (project / ALIASES).write_text("\n".join([rows[0], *sorted([*rows[1:], row])]) + "\n", "utf-8")
    assert list(invariant_faults(derive(project))) == []


# The checkout


def test_a_dirty_tree(checkout):
    replace_once(checkout, SPRING, SAIL, NOTED)
    (checkout / "left.txt").write_text("x", "utf-8")
    before = tree(checkout)
    found = refusal(lambda: make(checkout, None, DAY))
    assert (
        f"{SPRING}: file: found a change that isn't committed; expected a clean tree. Commit it, or undo it." in found
    )
    assert "left.txt: file: found a change that isn't committed" in found
    assert tree(checkout) == before


def test_a_file_with_a_chinese_name_is_named(checkout):
    (checkout / "船 1.txt").write_text("x", "utf-8")
    (problem,) = dirt(checkout)
    assert problem.file == "船 1.txt"


def test_untracked_files_count_whatever_the_persons_settings(checkout):
    git(checkout, "config", "status.showUntrackedFiles", "no")
    (checkout / "left.txt").write_text("x", "utf-8")
    assert [problem.file for problem in dirt(checkout)] == ["left.txt"]


@pytest.mark.parametrize("has_git", [True, False])
def test_no_checkout(checkout, monkeypatch, has_git):
    shutil.rmtree(checkout / ".git")
    if not has_git:
        monkeypatch.setenv("PATH", "")
    found = refusal(lambda: make(checkout, None, DAY))
    assert "a git checkout. Release from a clone of the repository." in found
    assert ("found no git repository" if has_git else "found no git on this machine") in found
    assert "Command" not in found


def test_a_past_that_was_touched_is_not_built_upon(checkout):
    (checkout / FOLDER / "units.parquet").unlink()
    commit(checkout)
    before = tree(checkout)
    assert f"{FOLDER}/units.parquet" in refusal(lambda: make(checkout, None, DAY))
    assert f"{FOLDER}/units.parquet" in refusal(lambda: build(checkout))
    assert tree(checkout) == before


# What a release writes


def test_a_release_writes_everything_together(checkout):
    replace_once(checkout, SPRING, SAIL, NOTED)
    commit(checkout)
    made = make(checkout, None, DAY, note="A note was added.")
    assert made.version == "0.1.1"
    assert history_problems(checkout) == []
    assert list(tree_problems(checkout)) == []
    assert package_problems(checkout) == []
    assert '__version__ = "0.1.1"' in (checkout / VERSION_FILE).read_text("utf-8")
    assert f"\nreleased = {DAY}\n" in (checkout / "pyproject.toml").read_text("utf-8")
    assert f'version: "0.1.1"\ndate-released: {DAY}\n' in (checkout / "CITATION.cff").read_text("utf-8")
    descriptor = json.loads((checkout / "datapackage.json").read_text("utf-8"))
    assert (descriptor["version"], descriptor["created"][:10]) == ("0.1.1", DAY)
    changelog = (checkout / "CHANGELOG.md").read_text("utf-8")
    assert changelog.startswith(f"{INTRODUCTION}\n## 0.1.1 — {DAY}\n\nA note was added.\n\n2 announcements (+0 −0), ")
    assert made.section in changelog
    assert "Manifest: `sha256:" in made.section
    assert [section.version for section in sections(changelog)] == ["0.1.1", "0.1.0"]
    history = History(checkout)
    released = derive(checkout)
    for name, data in released.items():
        assert history.read(name, history.release("0.1.1")).equals(data), name
    notes = [history.read("observations", release)["note"].to_pylist() for release in history.releases]
    assert "counted from the quay" not in notes[0]
    assert "counted from the quay" in notes[1]
    commit(checkout)
    build(checkout)
    assert git(checkout, "status", "--porcelain") == ""


@pytest.fixture
def script(checkout, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Run scripts/release.py on the checkout: what it returns, prints, and prints as errors."""
    module = load_script("release")
    monkeypatch.setattr(module, "ROOT", checkout)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["release.py", *arguments])
        code = module.main()
        return code, *capsys.readouterr()

    return run


def test_a_dry_run_says_what_would_happen_and_writes_nothing(checkout, script):
    replace_once(checkout, SPRING, SAIL, NOTED)
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    code, said, errors = script("--dry-run", "--date", DAY, "--note", "A note was added.")
    assert (code, errors) == (0, "")
    assert said.startswith(f"## 0.1.1 — {DAY}\n\nA note was added.\n")
    assert "Would be 0.1.1: patch, for corrections and notes. Now 0.1.0; nothing was written." in said
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


def test_a_dry_run_refuses_what_the_release_would(checkout, script):
    replace_once(checkout, SPRING, SAIL, SAIL.replace("310", "313"))
    before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
    code, said, errors = script("--dry-run", "--date", DAY)
    assert (code, said) == (1, "")
    assert "found 310 → 313; expected a reason" in errors
    assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before


def test_a_dry_run_after_an_interruption(checkout, script):
    (checkout / ".build/publishing").mkdir(parents=True)
    code, _, errors = script("--dry-run", "--date", DAY)
    assert code == 1
    assert "interrupted" in errors
    assert "make data" in errors


def test_the_script_says_what_to_do_next(checkout, script, monkeypatch):
    monkeypatch.setattr(release, "package_problems", lambda *_: [])
    replace_once(checkout, SPRING, SAIL, NOTED)
    commit(checkout)
    code, said, _ = script("0.2.0", "--date", DAY)
    assert code == 0
    assert "Released 0.2.0: patch, for corrections and notes. Commit it, and tag the commit v0.2.0." in said


# The version a checkout states


def said(root: Path) -> str:
    return "\n".join(map(str, tree_problems(root)))


@pytest.mark.parametrize("version", ["0.1.1.dev0", "0.2.0.dev0", "1.0.0.dev0"])
def test_a_development_version_may_hold_anything(checkout, version):
    replace_once(checkout, VERSION_FILE, '"0.1.0"', f'"{version}"')
    shutil.copy(checkout / "data/sources.parquet", checkout / "data/implied.parquet")
    assert said(checkout) == ""


@pytest.mark.parametrize("version", ["0.1.0.dev0", "0.0.9.dev0", "0.2.0", "0.1.0.dev1", "0.1", "nonsense"])
def test_a_version_of_no_release(checkout, version):
    replace_once(checkout, VERSION_FILE, '"0.1.0"', f'"{version}"')
    expected = f"found {version}; expected 0.1.0, or a development version after it, such as 0.2.0.dev0"
    assert f"{VERSION_FILE}: __version__: {expected}" in said(checkout)


def test_a_released_version_holds_the_released_tables(checkout, monkeypatch):
    assert said(checkout) == ""
    replace_once(checkout, SPRING, SAIL, NOTED)
    monkeypatch.setattr(package, "package_problems", lambda *_: [])
    build(checkout)
    assert "found 0.1.0, with another table observations than that release" in said(checkout)
    assert "Set __version__ to 0.2.0.dev0 while you work, or run scripts/release.py." in said(checkout)


def test_a_released_version_holds_all_the_released_tables(checkout):
    descriptor = json.loads((checkout / "datapackage.json").read_text("utf-8"))
    descriptor["resources"] = [r for r in descriptor["resources"] if r["name"] != "implied"]
    (checkout / "datapackage.json").write_text(json.dumps(descriptor), "utf-8")
    assert "with another table implied than that release" in said(checkout)


# The changelog held to history


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"0.1.0 — {FIRST_DAY}", "0.1.0 — 2024-10-02"),
        ("## 0.1.0", "## 0.1.1"),
        ("Manifest: `sha256:", "Manifest: `sha256:0"),
        ("Manifest: ", "Hash: "),
        ("8 observations", "9 observations"),
        ("- new in harbour: ", "- new: "),
    ],
)
def test_a_section_that_was_edited(checkout, old, new):
    replace_once(checkout, "CHANGELOG.md", old, new)
    assert "CHANGELOG.md: 0.1.0: found" in said(checkout)
    assert "computed by scripts/release.py: restore them from version control" in said(checkout)


def test_a_section_taken_out_put_in_or_doubled(checkout):
    text = (checkout / "CHANGELOG.md").read_text("utf-8")
    section = text[text.index("## 0.1.0") :]
    for changed, version in (
        (INTRODUCTION, "0.1.0"),
        (text + "\n" + section.replace("0.1.0", "0.0.9"), "0.0.9"),
        (text + "\n" + section, "0.1.0"),
        (text + "\n" + section.replace("8 observations", "9 observations"), "0.1.0"),
    ):
        (checkout / "CHANGELOG.md").write_text(changed, "utf-8")
        assert f"CHANGELOG.md: {version}: found" in said(checkout)


def test_the_introduction_is_anybodys(checkout):
    replace_once(checkout, "CHANGELOG.md", INTRODUCTION, "# Changes\n\nOf the harbour, ## and of the sea.\n")
    assert said(checkout) == ""


def test_no_changelog(checkout):
    (checkout / "CHANGELOG.md").unlink()
    assert "CHANGELOG.md: 0.1.0: found no section" in said(checkout)


def test_what_differs_without_a_reason_is_told_before_the_release(checkout):
    """By every build, and by make validate; with its reason it isn't told any more."""
    assert list(unexplained_problems(checkout)) == []
    replace_once(checkout, SPRING, SAIL, SAIL.replace("310", "313"))
    build(checkout)
    told = list(unexplained_problems(checkout))
    assert [problem.field.partition(".")[2] for problem in told] == ["value"]
    assert all(problem.found.startswith("310 → 313") for problem in told)
    corrected = "    corrected: {was: 310, date: 2024-10-02, reason: digits swapped in keying}\n"
    replace_once(checkout, SPRING, "    value: 313\n", f"    value: 313\n{corrected}")
    build(checkout)
    assert list(unexplained_problems(checkout)) == []


def test_a_project_without_a_release_has_nothing_to_explain(pristine):
    assert list(unexplained_problems(pristine)) == []
