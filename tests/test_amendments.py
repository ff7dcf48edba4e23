"""What a release holds of quotes, sources, claims and code lists changes with a reason alone."""

from pathlib import Path

import pyarrow as pa
import pytest

from china_border_statistics import past_releases
from china_border_statistics.curation.package import derive
from china_border_statistics.curation.release import make
from china_border_statistics.curation.schema import TABLES
from china_border_statistics.past_releases import (
    AMENDED,
    FIELD_OF,
    FOLDER,
    NAMED,
    PRINTINGS,
    History,
    Reasons,
    compare,
    id_column,
)
from conftest import commit, replace_once
from test_release import DAY, SPRING, add, planned, refusal

AMENDMENTS = "data/vocabulary/amendments.csv"
VOCABULARY = "data/vocabulary"
ACCEPTED = "data/vocabulary/accepted_findings.csv"
SAIL = "2024-03-10-harbour/boats_registered_sail@lantern-en"
LANTERN, METRICS = "2024-03-10-harbour:lantern-en", f"{VOCABULARY}/metrics.csv"
CLAIM = "2024-03-10-harbour/boats_registered~yoy@lantern-en"
HARBOUR = "harbour-office,Harbour Office,港务处,authority,https://harbour.example/,,made up\n"
PORT = "port-office,Port Office,港口处,authority,https://port.example/,,\n"
# The table, the row's id, the column, and what is replaced: file, old words, new words; the last of them is told.
CASES = {
    "an address": ("sources", LANTERN, "url", [(SPRING, "2024/spring", "2024/the-spring")]),
    "a kind of source": ("sources", LANTERN, "kind", [(SPRING, "    kind: wire\n", "    kind: republication\n")]),
    "a day": ("sources", LANTERN, "published", [(SPRING, "published: 2024-03\n", "published: 2024-03-11\n")]),
    "a word of a quote": ("citations", SAIL, "quote", [(SPRING, "of them sail", "of them sailed")]),
    "a word of a claim": (
        "changes", CLAIM, "quote", [(SPRING, "more than last spring", "more than in the last spring")],
    ),
    "a claim left out": (
        "changes", CLAIM, "change_id", [(SPRING, '        lantern-en: "[24 percent] more than last spring"\n', "")],
    ),
    "a printing left out": (
        "citations", "2024-03-10-harbour/guests_counted@lantern-en", "citation_id",
        [
            (SPRING, "    disagrees:\n      lantern-en: for its 45,700 the paper counts the crews too\n", ""),
            (SPRING, "      lantern-en: the gate clicked [45,700] times\n", ""),
        ],
    ),
    "an issuer": (
        "announcements", "2024-03-10-harbour", "issuer",
        [
            (f"{VOCABULARY}/publishers.csv", HARBOUR, HARBOUR + PORT),
            (SPRING, "issuer: harbour-office", "issuer: port-office"),
        ],
    ),
    "a metric's subject": ("metrics", "catch_landed", "subject", [(METRICS, "harbour,,fish,", "harbour,,herring,")]),
    "a scope's first day": (
        "scopes", "lantern-fair", "start", [(f"{VOCABULARY}/scopes.csv", "2024-02-20", "2024-02-19")],
    ),
    "a publisher's kind": (
        "publishers", "daily-lantern", "kind", [(f"{VOCABULARY}/publishers.csv", "newspaper", "broadcaster")],
    ),
}  # fmt: skip


def line_of(message: str) -> str:
    """The line that an error asks for."""
    return message.split("with day and reason: ", 1)[1].splitlines()[0].rstrip(".")


def amend(root: Path, message: str, why: str) -> None:
    add(root, AMENDMENTS, f'{line_of(message).replace("DAY", DAY)}"{why}"')


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_refused_with_the_line_that_explains_it(checkout, case):
    table, name, column, edits = CASES[case]
    for file, old, new in edits:
        replace_once(checkout, file, old, new)
    found = refusal(lambda: planned(checkout))
    assert found.startswith("1 problem; nothing was written.")
    assert f"{file}: {name} {column}: found " in found
    assert line_of(found).startswith(f"{table},{name},{column},DAY,")
    amend(checkout, found, "misread, it seems")
    section = planned(checkout).section
    assert f"### Amendments\n\n- `{name}` of `{table}`: " in section
    assert section.count("misread, it seems") == 1
    assert ("gone. misread" in section) == (column in ("change_id", "citation_id"))


def test_what_was_empty_may_be_filled(checkout):
    replace_once(checkout, f"{VOCABULARY}/metrics.csv", "kg,harbour,,fish,", "kg,harbour,saved,fish,")
    replace_once(checkout, f"{VOCABULARY}/scopes.csv", "2024-02-25,,,,,", "2024-02-25,,,fairs,,")
    assert "### Amendments" not in planned(checkout).section


def test_prose_needs_no_reason(checkout):
    replace_once(checkout, f"{VOCABULARY}/publishers.csv", "copies what others write", "reprints")
    replace_once(checkout, SPRING, "note: an account of its own", "note: its own account")
    assert "### Amendments" not in planned(checkout).section


def correct_sail(root: Path) -> None:
    old = '    value: 310\n    printed:\n      lantern-en: "[310] of'
    corrected = "    corrected: {was: 310, date: 2024-10-02, reason: digits swapped}\n"
    replace_once(root, SPRING, old, corrected + old.replace("310", "313"))


def rename_sail(root: Path) -> None:
    metric, figure = "  - metric: boats_registered_sail\n", SAIL.partition("@")[0]
    replace_once(root, SPRING, metric, f"{metric}    key: sailing\n")
    add(root, f"{VOCABULARY}/aliases.csv", f"observations,{figure},2024-03-10-harbour/sailing,{DAY},plainer")


@pytest.mark.parametrize("change", [correct_sail, rename_sail])
def test_the_reason_of_a_figure_is_that_of_its_printings(checkout, change):
    change(checkout)
    assert "### Amendments" not in planned(checkout).section


def test_words_do_not_change_under_cover_of_a_new_name(checkout):
    rename_sail(checkout)
    replace_once(checkout, SPRING, "of them sail", "of them sailed")
    found = refusal(lambda: planned(checkout))
    assert "2024-03-10-harbour/sailing@lantern-en quote: found 310 of them sail → 310 of them sailed" in found
    amend(checkout, found, "misread")
    assert "quote “310 of them sail” → “310 of them sailed”. misread" in planned(checkout).section


def test_a_figure_without_a_reason_is_told_once(checkout):
    replace_once(checkout, SPRING, "    value: 310\n", "    value: 313\n")
    replace_once(checkout, SPRING, "[310] of them", "[313] of them")
    found = refusal(lambda: planned(checkout))
    assert found.startswith("1 problem; nothing was written.")
    assert "boats_registered_sail.value: found 310 → 313; expected a reason" in found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            f"citations,{SAIL},quote,{DAY},310 of them drift,why",
            f"citations {SAIL} quote.was: found 310 of them drift; expected 310 of them sail, as release 0.1.0 says",
        ),
        (
            f"citations,{SAIL},quote,{DAY},310 of them sail,why",
            "found 310 of them sail; expected something that isn't so any more",
        ),
        (f"units,kg,dimension,{DAY},count,why", "found count; expected mass, as release 0.1.0 says"),
        (f"metrics,catch_landed,stage,{DAY},saved,why", "found saved; expected nothing: no release says so"),
        (f"sources,none,url,{DAY},https://a.example,why", "found https://a.example; expected nothing: no release"),
        (f"sources,none,quote,{DAY},a,why", ":2: column_name: found 'quote'; expected a column of sources: url, publ"),
        (f"sources,none,source_id,{DAY},a,why", ":2: column_name: found 'source_id'; expected one of"),
        (f"sources,none,change_id,{DAY},a,why", ":2: column_name: found 'change_id'; expected a column of sources"),
        (f"sources,none,note,{DAY},a,why", ":2: column_name: found 'note'; expected one of"),
        (f"observations,none,value,{DAY},1,why", ":2: of_table: found 'observations'; expected one of"),
        (f"citations,{SAIL},quote,{DAY},,why", ":2: was: found nothing"),
        (f"citations,{SAIL},quote,{DAY},310 of them sail,", ":2: reason: found nothing"),
        (f"citations,{SAIL},quote,DAY,310 of them sail,why", ":2: amended: found 'DAY'"),
    ],
)
def test_an_amendment_that_amends_nothing(checkout, line, words):
    add(checkout, AMENDMENTS, line)
    found = refusal(lambda: derive(checkout))
    assert AMENDMENTS in found
    assert words in found


def released_with_an_amendment(root: Path) -> None:
    """Release 0.1.1, in which a quote was amended."""
    replace_once(root, SPRING, "of them sail", "of them sailed")
    add(root, AMENDMENTS, f"citations,{SAIL},quote,{DAY},310 of them sail,misread")
    commit(root)
    make(root, None, DAY)
    commit(root)


def test_an_amendment_is_the_reason_for_one_change_alone(checkout):
    released_with_an_amendment(checkout)
    replace_once(checkout, SPRING, "of them sailed", "of them do sail")
    found = refusal(lambda: planned(checkout))
    assert "310 of them sailed → 310 of them do sail; expected a reason" in found
    replace_once(checkout, AMENDMENTS, "misread", "misread twice")
    assert "; expected a reason" in refusal(lambda: planned(checkout))
    line = f"citations,{SAIL},quote,2024-10-09,310 of them sail,misread again"
    add(checkout, AMENDMENTS, line)
    assert "expected 310 of them sailed, as release 0.1.1 says" in refusal(lambda: planned(checkout))
    replace_once(checkout, AMENDMENTS, line, line.replace("sail,", "sailed,"))
    assert "“310 of them sailed” → “310 of them do sail”. misread again" in planned(checkout).section


def test_what_was_amended_may_come_back(checkout):
    released_with_an_amendment(checkout)
    replace_once(checkout, SPRING, "of them sailed", "of them sail")
    add(checkout, AMENDMENTS, f"citations,{SAIL},quote,2024-10-09,310 of them sailed,rightly read at first")
    assert "“310 of them sailed” → “310 of them sail”. rightly read at first" in planned(checkout).section


def test_a_reason_that_a_release_gave_stays(checkout):
    released_with_an_amendment(checkout)
    replace_once(checkout, AMENDMENTS, f"citations,{SAIL},quote,{DAY},310 of them sail,misread\n", "")
    found = refusal(lambda: planned(checkout))
    assert f"{AMENDMENTS}: citations {SAIL}: found gone from amendments; expected every reason that a release" in found


def test_what_was_withdrawn_may_come_back(checkout):
    record, accepted = ((checkout / file).read_text("utf-8") for file in (SPRING, ACCEPTED))
    header, *lines = accepted.splitlines(keepends=True)
    (checkout / ACCEPTED).write_text(header + "".join(r for r in lines if "2024-03-10-harbour" not in r), "utf-8")
    start, end = record.index("  - metric: guests_counted\n"), record.index("  - metric: catch_landed\n")
    (checkout / SPRING).write_text(record[:start] + record[end:], "utf-8")
    line = f"observations,2024-03-10-harbour/guests_counted,,{DAY},another year's\n"
    add(checkout, f"{VOCABULARY}/aliases.csv", line.rstrip())
    commit(checkout)
    make(checkout, None, DAY)
    commit(checkout)
    (checkout / SPRING).write_text(record, "utf-8")
    (checkout / ACCEPTED).write_text(accepted, "utf-8")
    replace_once(checkout, f"{VOCABULARY}/aliases.csv", line, "")
    assert "2024-03-10-harbour/guests_counted`: 4.56万" in planned(checkout).section


def test_a_damaged_history_is_told_to_be_one(checkout):
    replace_once(checkout, SPRING, "of them sail", "of them sailed")
    add(checkout, AMENDMENTS, f"citations,{SAIL},quote,{DAY},310 of them sail,misread")
    (checkout / FOLDER / "citations.parquet").write_bytes(b"PAR1")
    assert f"{FOLDER}: file: found" in refusal(lambda: derive(checkout))


def test_of_two_amendments_of_a_cell_each_gives_its_reason():
    rows = [
        {"of_table": "units", "row_id": "kg", "column_name": "dimension", "amended": day, "was": was, "reason": why}
        for day, was, why in (("2024-10-02", "share", "and on"), ("2024-10-01", "count", "there"))
    ]
    given = Reasons(amendments=rows)
    cells = {"dimension": ("count", "mass")}
    assert given.of_change("units", "dimension", cells, {"unit_id": "kg"}) == "there; and on"
    assert given.of_change("units", "dimension", cells, {"unit_id": "boat"}) is None


def test_a_publisher_renamed_explains_its_sources(checkout):
    was, now = "daily-lantern", "evening-lantern"
    for file in (SPRING, "data/records/2024/2024-09-10-harbour.yaml", f"{VOCABULARY}/publishers.csv"):
        text = (checkout / file).read_text("utf-8")
        (checkout / file).write_text(text.replace(was, now), "utf-8")
    add(checkout, f"{VOCABULARY}/aliases.csv", f"publishers,{was},{now},{DAY},it comes in the evening")
    before, after = (History(checkout).read("sources", History(checkout).releases[-1]), derive(checkout)["sources"])
    aliases = [{"of_table": "publishers", "old_id": was, "new_id": now, "reason": "it comes in the evening"}]
    rows = Reasons(aliases=aliases).rows(compare("sources", (["source_id"], ["source_id"]), before, after))
    told = {row["reason"] for row in rows if row["column"] == "publisher"}
    assert told == {"daily-lantern renamed: it comes in the evening"}
    assert "### Amendments" not in planned(checkout).section


def test_a_source_renamed_takes_its_printings_along(checkout):
    """Under its new name its address and its quotes need their reasons all the same."""
    (checkout / SPRING).write_text((checkout / SPRING).read_text("utf-8").replace("lantern-en", "lamp-en"), "utf-8")
    add(
        checkout,
        f"{VOCABULARY}/aliases.csv",
        f"sources,2024-03-10-harbour:lantern-en,2024-03-10-harbour:lamp-en,{DAY},as it calls itself",
    )
    section = planned(checkout).section
    assert (
        "- `2024-03-10-harbour:lantern-en` of `sources`: now 2024-03-10-harbour:lamp-en: as it calls itself" in section
    )
    replace_once(checkout, SPRING, "2024/spring", "2024/the-spring")
    replace_once(checkout, SPRING, "of them sail", "of them sailed")
    found = refusal(lambda: planned(checkout))
    assert found.startswith("2 problems")
    assert "2024-03-10-harbour:lamp-en url: found" in found
    assert "boats_registered_sail@lamp-en quote: found" in found


def test_a_metric_renamed_keeps_its_unit(checkout):
    replace_once(checkout, METRICS, "catch_landed,catch landed", "catch_brought,catch landed")
    replace_once(checkout, SPRING, "  - metric: catch_landed\n", "  - metric: catch_brought\n    key: catch_landed\n")
    add(checkout, f"{VOCABULARY}/aliases.csv", f"metrics,catch_landed,catch_brought,{DAY},a plainer name")
    chosen = planned(checkout)
    assert chosen.version == "1.0.0"
    assert "- `catch_landed` of `metrics`: now catch_brought: a plainer name" in chosen.section
    replace_once(checkout, METRICS, "kg,harbour,,fish,", "kg,harbour,,herring,")
    assert "catch_brought subject: found fish → herring" in refusal(lambda: planned(checkout))


STATUS = {"observation_id": "a/b", "obs_status": "A"}


@pytest.mark.parametrize(("was", "needs_a_reason"), [("B", True), ("F", True), ("D", True), ("U", False)])
def test_a_status_changes_with_a_correction(was, needs_a_reason):
    """But for figures of mirrors alone: a better source makes them figures like others."""
    kinds = pa.schema([("observation_id", pa.string()), ("obs_status", pa.string())])
    before, after = (pa.Table.from_pylist([STATUS | {"obs_status": code}], kinds) for code in (was, "A"))
    difference = compare("observations", (["observation_id"], ["observation_id"]), before, after)
    missing = [(("a/b",), "obs_status")] if needs_a_reason else []
    assert list(Reasons().missing(difference)) == missing
    given = {"observation_id": "a/b", "field": "status", "corrected": DAY, "was": was, "reason": "why"}
    assert list(Reasons(corrections=[given]).missing(difference)) == []


def test_the_status_of_a_released_figure(checkout):
    metric = "  - metric: boats_registered_sail\n"
    replace_once(checkout, SPRING, metric, f"{metric}    status: B\n    note: counted anew\n")
    found = refusal(lambda: planned(checkout))
    assert "boats_registered_sail.obs_status: found A → B; expected a reason" in found
    assert "corrected: {field: status, was: A, date: …, reason: …}." in found
    replace_once(
        checkout,
        SPRING,
        "    status: B\n",
        "    status: B\n    corrected: {field: status, was: A, date: 2024-10-02, reason: the count is another}\n",
    )
    assert "obs_status: A → B. the count is another" in planned(checkout).section


def test_the_columns_that_need_reasons_are_those_of_the_schema():
    for name in (*NAMED, *PRINTINGS):
        table = TABLES[name]
        assert table.primary_key == (id_column(name),)
        assert {*AMENDED.get(name, ()), *(FIELD_OF if name == "observations" else ())} <= {
            c.name for c in table.columns
        }
        # What a claim is compared with is worked out, and no id that is keyed.
        coded = {key.column: key.table for key in table.foreign_keys if key.column != "base_observation_id"}
        assert coded.items() <= past_releases._CODED.items()
