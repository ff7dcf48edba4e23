"""Keeping releases: every state comes back, each row is kept once, and a past that was touched is found."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from china_border_statistics.curation.changelog import signed
from china_border_statistics.curation.history import digests, guard_problems, history_problems, manifest_hash
from china_border_statistics.curation.package import derive
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.release import described_tables, tree_problems
from china_border_statistics.past_releases import BOOKKEEPING, FOLDER, History
from conftest import replace_once
from states import STATES, VERSIONS, heading, release_all, release_one, table

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
SAIL = "    value: 310\n"
SAIL_ID = "2024-03-10-harbour/boats_registered_sail"


@pytest.fixture(scope="module")
def kept_once(tmp_path_factory) -> Path:
    """Three releases, with a changelog and a version that fit them."""
    root = tmp_path_factory.mktemp("kept")
    history = release_all(root, STATES)
    (root / "src/china_border_statistics").mkdir(parents=True)
    (root / "src/china_border_statistics/__init__.py").write_text('__version__ = "0.4.0.dev0"\n', "utf-8")
    sections = [
        signed(heading(release.version, release.released), manifest_hash(root, release)) for release in history.releases
    ]
    (root / "CHANGELOG.md").write_text("# Changelog\n\n" + "\n".join(reversed(sections)), "utf-8")
    return root


@pytest.fixture
def kept(kept_once, tmp_path) -> Path:
    return Path(shutil.copytree(kept_once, tmp_path / "kept"))


def found(root: Path) -> str:
    return "\n".join(map(str, [*history_problems(root), *tree_problems(root)]))


# The law


NAMES = {"flag": "boolean!", "count": "integer!", "size": "number", "day": "date", "text": "string"}
CELLS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "date": st.dates(),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
}


@st.composite
def states(draw) -> dict[str, Any]:
    """Some tables of few rows, keys and values, so that rows stay, go and come back; columns and tables do too."""
    state = {}
    for name in draw(st.lists(st.sampled_from(["one", "two"]), unique=True)):
        columns = {column: NAMES[column] for column in draw(st.lists(st.sampled_from(sorted(NAMES)), unique=True))}
        keys = draw(st.lists(st.sampled_from("abc"), unique=True).map(sorted))
        rows = [[key, *(draw(FEW[kind]) for kind in columns.values())] for key in keys]
        state[name] = table({"id": "string!"} | columns, rows)
    return state


# Of every kind of cell two or three values, one of them drawn from all that there are.
FEW = {
    kind: st.sampled_from(values) if kind[-1] == "!" else st.sampled_from([*values, None])
    for kind, values in {
        "boolean!": [True, False],
        "integer!": [0, 1, -(2**63)],
        "number": [0.0, 0.1 + 0.2, -1e300],
        "date": [date(1, 1, 1), date(2024, 2, 29)],
        "string": ["", "船\n\"é", "null"],
    }.items()
}  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(states(), min_size=1, max_size=5))
def test_every_state_comes_back_and_every_row_is_kept_once_a_stretch(released):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        history = release_all(root, released)
        assert history_problems(root) == []
        for release, state in zip(history.releases, released, strict=True):
            assert set(release.tables) == set(state)
            for name, (_, data) in state.items():
                assert history.read(name, release).equals(data)
        for name in {name for state in released for name in state}:
            assert pq.ParquetFile(history.path(name)).metadata.num_rows == stretches(released, name)


def stretches(released: list[dict[str, Any]], name: str) -> int:
    """How many rows there are, each counted once for every run of releases that has it."""
    held = [{_cells(row) for row in state[name][1].to_pylist()} if name in state else set() for state in released]
    return sum(
        is_held for row in set().union(*held) for is_held, _ in groupby(row in rows for rows in held)
    )  # fmt: skip


def _cells(row: dict[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset((name, cell) for name, cell in row.items() if cell is not None)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.text("ab"), *(cells | st.none() for cells in CELLS.values())), min_size=1, max_size=4))
def test_a_rows_digest_is_of_its_cells_that_are_not_empty(rows):
    columns = {"id": "string!"} | {f"{kind} ü": kind for kind in CELLS}
    _, data = table(columns, rows)
    assert digests(data).to_pylist() == [
        hashlib.sha256(
            json.dumps(
                sorted([name, _plain(cell)] for name, cell in row.items() if cell is not None),
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode()
        ).hexdigest()[:32]
        for row in data.to_pylist()
    ]


def _plain(cell: object) -> object:
    return cell.isoformat() if isinstance(cell, date) else cell


def test_a_release_that_changes_a_table_in_nothing_leaves_its_file_alone(kept):
    history, path = History(kept), kept / FOLDER / "pairs.parquet"
    before = path.read_bytes()
    release_all_more = [*STATES, STATES[-1]]
    shutil.rmtree(kept / FOLDER)
    release_all(kept, release_all_more)
    assert history_problems(kept) == []
    assert path.read_bytes() == before
    assert history.read("pairs", History(kept).releases[-1]).num_rows == 1


def test_the_same_releases_give_the_same_bytes(kept, tmp_path):
    release_all(tmp_path / "again", STATES)
    for path in sorted((kept / FOLDER).iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / FOLDER / path.name).read_bytes(), path.name


# A past that was touched


def test_an_untouched_past_is_found_to_be_so(kept):
    assert found(kept) == ""


def _other(cell: object, kind: pa.DataType) -> Any:
    """Another value of the kind, as near as may be."""
    if cell is None:
        return {pa.string(): "x", pa.date32(): date(2024, 1, 1), pa.float64(): 0.0, pa.int64(): 0, pa.bool_(): False}[
            kind
        ]
    match cell:
        case bool():
            return not cell
        case int() | float():
            return cell + 1
        case date():
            return cell + timedelta(days=1)
        case str():
            return f"{cell[:-1]}~"
    raise TypeError(cell)


def _with_cell(data: pa.Table, row: int, column: str, cell: object) -> pa.Table:
    cells = data[column].to_pylist()
    cells[row] = cell
    place, kind = data.column_names.index(column), data.schema.field(column).type
    return data.set_column(place, column, pa.array(cells, kind))


@pytest.mark.parametrize(
    "name",
    [
        name if name in ("drafts", "observations", "pairs") else pytest.param(name, marks=pytest.mark.slow)
        for name in sorted({name for state in STATES for name in state})
    ],
)
def test_every_cell_that_was_touched_is_found_and_named(kept, name):
    path = History(kept).path(name)
    data = pq.read_table(path)
    (key,) = {state[name][0]["primary_key"][0] for state in STATES if name in state}
    for column in data.column_names:
        for row in range(data.num_rows):
            was = data[column][row].as_py()
            altered = [_other(was, data.schema.field(column).type), *([None] if row == 0 and was is not None else [])]
            if column in BOOKKEEPING[:2] and (name != "observations" or row == 0):
                altered = [None, *({-1, 0, 1, 2, 3, 4, 99} - {was})]
            for cell in altered:
                touched = _with_cell(data, row, column, cell)
                pq.write_table(touched, path)
                problems = history_problems(kept)
                said = "\n".join(map(str, problems))
                assert problems, (column, row, was, cell)
                assert {problem.file for problem in problems} == {f"{FOLDER}/{name}.parquet"}
                assert any(version in said for version in VERSIONS), said
                if column not in BOOKKEEPING[:2] and column != key:
                    assert f"row {touched[key][row]}" in said, said


def test_a_row_taken_out_put_in_or_doubled_is_found(kept):
    path = History(kept).path("observations")
    data = pq.read_table(path)
    for touched in (data.slice(1), pa.concat_tables([data, data.slice(2, 1)]), data.slice(0, 0)):
        pq.write_table(touched, path)
        assert f"{FOLDER}/observations.parquet: release 0." in found(kept)
        assert "rows, sha256" in found(kept)


def test_a_column_taken_out_renamed_or_put_in_is_found(kept):
    path = History(kept).path("observations")
    data = pq.read_table(path)
    more = data.append_column("more", pa.array(["x"] * data.num_rows))
    for touched in (data.drop_columns(["value"]), data.rename_columns({"value": "worth"}), more):
        pq.write_table(touched, path)
        assert f"{FOLDER}/observations.parquet" in found(kept)
    for column in BOOKKEEPING:
        pq.write_table(data.drop_columns([column]), path)
        assert column in found(kept)


def manifest_fields(manifest: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    for key in manifest if isinstance(manifest, dict) else range(len(manifest)) if isinstance(manifest, list) else ():
        yield from manifest_fields(manifest[key], (*at, key))


ALTERATIONS: list[Callable[[Any], Any]] = [
    lambda cell: f"{cell}x" if isinstance(cell, str) else 7 if cell != 7 else 8,
    lambda _: ...,
]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_a_manifest_that_was_touched_is_found(kept, version):
    touch_every_field(kept, version, ALTERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_a_field_of_a_manifest_was_made_it_is_found(kept, version):
    touch_every_field(kept, version, [lambda _: None, lambda _: "", lambda _: [], lambda _: {}, lambda _: 1.5])


def touch_every_field(kept: Path, version: str, alterations: list[Callable[[Any], Any]]) -> None:
    path = kept / FOLDER / f"{version}.json"
    text = path.read_text("utf-8")
    for at in manifest_fields(json.loads(text)):
        for alter in alterations:
            manifest = json.loads(text)
            around = manifest
            for key in at[:-1]:
                around = around[key]
            cell = alter(around[at[-1]])
            if cell is ...:
                del around[at[-1]]
            else:
                around[at[-1]] = cell
            if manifest == json.loads(text):
                continue
            path.write_text(json.dumps(manifest), "utf-8")
            assert f"{version}" in found(kept), (at, cell)


def test_a_manifest_that_is_no_longer_json_or_utf8(kept):
    path = kept / FOLDER / "0.2.0.json"
    whole = path.read_bytes()
    for broken in (b"", whole[:-10], b"\xff" + whole, b"[]", b"3", b"null"):
        path.write_bytes(broken)
        assert f"{FOLDER}/0.2.0.json: file: found" in found(kept)


def test_two_releases_with_one_version(kept):
    shutil.copy(kept / FOLDER / "0.2.0.json", kept / FOLDER / "0.2.1.json")
    assert f"{FOLDER}/0.2.1.json: version: found 0.2.0; expected 0.2.1, the file's name" in found(kept)
    manifest = json.loads((kept / FOLDER / "0.2.1.json").read_text("utf-8")) | {"version": "0.2.1"}
    (kept / FOLDER / "0.2.1.json").write_text(json.dumps(manifest), "utf-8")
    assert "number: found 2; expected 3: every release once, in order" in found(kept)


def test_versions_that_do_not_rise(tmp_path):
    release_all(tmp_path, STATES[:1])
    (tmp_path / FOLDER / "0.1.0.json").rename(tmp_path / FOLDER / "0.3.0.json")
    manifest = json.loads((tmp_path / FOLDER / "0.3.0.json").read_text("utf-8")) | {"version": "0.3.0"}
    (tmp_path / FOLDER / "0.3.0.json").write_text(json.dumps(manifest), "utf-8")
    release_one(tmp_path, 2, STATES[1])
    first, _ = map(str, [*history_problems(tmp_path), None])
    assert f"{FOLDER}/0.2.0.json: number: found 2; expected 1: every release once, in order" in first


@pytest.mark.parametrize("name", ["0.1.0.json", "0.2.0.json", "0.3.0.json", "drafts.parquet", "observations.parquet"])
def test_a_missing_file_is_found(kept, name):
    (kept / FOLDER / name).unlink()
    assert history_problems(kept)
    after = {
        "0.1.0.json": "0.2.0.json: number: found 2; expected 1",
        "0.2.0.json": "0.3.0.json: number: found 3; expected 2",
    }
    assert after.get(name, name.removesuffix(".json")) in found(kept)


def test_history_gone_altogether_is_found_by_the_changelog(kept):
    shutil.rmtree(kept / FOLDER)
    for version in VERSIONS:
        assert f"CHANGELOG.md: {version}: found" in found(kept)


@pytest.mark.parametrize("name", ["more.parquet", "notes.txt", "0.3.0.json.orig", "old/0.1.0.json"])
def test_a_file_of_no_release_is_found(kept, name):
    (kept / FOLDER / name).parent.mkdir(exist_ok=True)
    shutil.copy(kept / FOLDER / "observations.parquet", kept / FOLDER / name)
    assert f"{FOLDER}/{name.split('/')[0]}: file: found" in found(kept)
    assert "Remove it" in found(kept)


def test_a_file_cut_short_is_found(kept):
    for path in sorted((kept / FOLDER).iterdir()):
        whole = path.read_bytes()
        for length in (0, 3, len(whole) // 3, len(whole) - 5, len(whole) - 1):
            path.write_bytes(whole[:length])
            assert path.stem in found(kept)
        path.write_bytes(whole)


def flipped(kept: Path, step: int, bits: tuple[int, ...]) -> None:
    """Flip bits of every so many bytes: either it is found, or every release still reads as it was."""
    path = kept / FOLDER / "observations.parquet"
    whole = path.read_bytes()
    for position in range(0, len(whole), step):
        for bit in bits:
            touched = bytearray(whole)
            touched[position] ^= 1 << bit
            path.write_bytes(touched)
            problems = history_problems(kept)
            if problems:
                assert {problem.file for problem in problems} == {f"{FOLDER}/observations.parquet"}
                continue
            history = History(kept)
            for release, state in zip(history.releases, STATES, strict=True):
                assert history.read("observations", release).equals(state["observations"][1]), position


def test_a_flipped_bit_is_found_unless_it_changes_nothing(kept):
    flipped(kept, 61, (0,))


@pytest.mark.slow
def test_no_flipped_bit_changes_a_release_unseen(kept):
    flipped(kept, 5, (0, 7))


def test_a_flipped_byte_of_the_rows_is_always_found(kept):
    path = kept / FOLDER / "observations.parquet"
    whole = path.read_bytes()
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    # The page's header comes first; the rows end where the column does.
    touched = bytearray(whole)
    touched[column.dictionary_page_offset + column.total_compressed_size - 2] ^= 1
    path.write_bytes(touched)
    assert f"{FOLDER}/observations.parquet: file: found" in found(kept)


# Guards of corrections


@pytest.fixture
def past(project) -> Callable[[], None]:
    """Release the project as its records are now."""

    def release() -> None:
        number = len(History(project).releases) + 1
        release_one(project, number, described_tables(derive(project)))

    return release


def correct(project: Path, value: int, *corrections: str, key: str = "") -> None:
    """Let the sailing boats be another number, with its corrections."""
    text = (project / SPRING).read_text("utf-8")
    start = text.index("  - metric: boats_registered_sail")
    end = text.index("  - metric: guests_counted")
    figure = (
        f"  - metric: boats_registered_sail\n{key}    value: {value}\n"
        f"    corrected: [{', '.join(f'{{{c}}}' for c in corrections)}]\n"
        f'    printed: {{lantern-en: "[{value}] of them sail"}}\n\n'
    )
    (project / SPRING).write_text(text[:start] + figure + text[end:], "utf-8")


FIRST = "was: 310, date: 2024-10-02, reason: a slip"
SECOND = "was: 313, date: 2024-10-03, reason: another"


def test_a_guard_that_matches(project, past):
    past()
    correct(project, 313, FIRST)
    assert derive(project)["corrections"].to_pylist() == [
        {
            "observation_id": SAIL_ID,
            "field": "value",
            "corrected": date(2024, 10, 2),
            "was": "310",
            "reason": "a slip",
        }
    ]
    past()
    derive(project)


def refused(project: Path) -> str:
    with pytest.raises(CurationError) as raised:
        derive(project)
    return str(raised.value)


def test_a_guard_that_does_not_match_is_named_with_its_line(project, past):
    past()
    correct(project, 313, FIRST.replace("310", "301"))
    line = next(
        number
        for number, text in enumerate((project / SPRING).read_text("utf-8").splitlines(), 1)
        if "corrected" in text
    )
    assert f"{SPRING}:{line}: figures[1].corrected[0].was: found 301; expected 310, as release 0.1.0 says" in refused(
        project
    )


def test_a_guard_where_no_release_says_otherwise(project, past):
    correct(project, 310, FIRST)
    assert "found 310; expected nothing: no release says otherwise" in refused(project)
    past_root = project / SPRING
    replace_once(project, SPRING, "    corrected: [{was: 310, date: 2024-10-02, reason: a slip}]\n", "")
    past()
    assert past_root.exists()
    correct(project, 310, FIRST)
    assert "no release says otherwise" in refused(project)


def test_a_chain_of_corrections(project, past):
    past()
    correct(project, 313, FIRST)
    past()
    correct(project, 330, FIRST, SECOND)
    assert derive(project)["corrections"].num_rows == 2
    past()
    derive(project)
    correct(project, 330, FIRST, SECOND.replace("313", "310"))
    assert "found 310; expected 313, as release 0.2.0 says" in refused(project)
    correct(project, 330, FIRST.replace("310", "309"), SECOND)
    assert "found 309" in refused(project)


def test_a_correction_taken_back(project, past):
    past()
    correct(project, 313, FIRST)
    past()
    correct(project, 310, FIRST, SECOND)
    assert derive(project)["corrections"].num_rows == 2
    past()
    derive(project)


def test_a_correction_outlives_a_new_name(project, past):
    past()
    correct(project, 313, FIRST)
    past()
    correct(project, 313, FIRST, key="    key: sailing\n")
    alias = f"observations,{SAIL_ID},2024-03-10-harbour/sailing,2024-10-09,a plainer name\n"
    aliases = project / "data/vocabulary/aliases.csv"
    aliases.write_text(aliases.read_text("utf-8") + alias, "utf-8")
    assert derive(project)["corrections"]["observation_id"].to_pylist() == ["2024-03-10-harbour/sailing"]
    past()
    derive(project)


def test_a_correction_of_the_bounds_alone(project, past, edit):
    past()
    edit(SPRING, '"[310] of them sail"', '"[over 310] of them sail"')
    edit(SPRING, SAIL, f"{SAIL}    corrected: {{was: 310, date: 2024-10-02, reason: over was left out}}\n")
    assert derive(project)["corrections"].num_rows == 1


@pytest.mark.parametrize(
    ("old", "new", "was"),
    [
        (
            "  - metric: boats_registered_sail\n",
            "  - metric: guests_counted\n    key: boats_registered_sail\n",
            "boats_registered_sail",
        ),
        (SAIL, f"{SAIL}    scope: lantern-fair\n", "all"),
        (SAIL, f"{SAIL}    area: CN-YN\n", "CN"),
        (SAIL, f"{SAIL}    period: {{kind: month, start: 2024-02, end: 2024-02}}\n", "2024-01-01..2024-03-10"),
        (SAIL, f"{SAIL}    period: {{kind: event, start: 2024-01, end: 2024-03-10}}\n", "2024-01-01..2024-03-10"),
    ],
    ids=["metric", "scope", "area", "period", "kind of period"],
)  # fmt: skip
def test_every_field_can_be_corrected(project, past, edit, request, old, new, was):
    past()
    edit(SPRING, old, new)
    field = request.node.callspec.id.split()[-1]
    correction = f"    corrected: {{field: {field}, was: {was}, date: 2024-10-02, reason: misread}}\n"
    edit(SPRING, new, f"{new}{correction}")
    records, problems = read_records(project)
    assert problems == []
    tables = derive_without_guard(project)
    assert list(guard_problems(records, tables, History(project))) == []
    edit(SPRING, f"was: {was}", "was: nonsense")
    records, _ = read_records(project)
    assert f"found nonsense; expected {was}, as release 0.1.0 says" in str(
        *guard_problems(records, tables, History(project))
    )


def derive_without_guard(project: Path) -> Any:
    from china_border_statistics.curation.anchors import read_anchors
    from china_border_statistics.curation.tables import build_tables
    from china_border_statistics.curation.vocabulary import read_vocabulary

    vocabulary, _ = read_vocabulary(project)
    tables, problems = build_tables(read_records(project)[0], vocabulary, read_anchors(project)[0])
    assert problems == []
    return tables | dict(vocabulary.tables)


def test_a_month_is_no_day_of_a_correction(project, past):
    past()
    correct(project, 313, FIRST.replace("2024-10-02", "2024-10"))
    assert "figures[1].corrected[0].date: found 2024-10; expected a day, written 2021-03-29" in refused(project)


def test_two_corrections_of_a_field_on_one_day(project, past):
    past()
    correct(project, 313, FIRST, FIRST.replace("a slip", "the same slip"))
    assert "figures[1].corrected[1].date: found 2024-10-02 again" in refused(project)


def test_guards_are_held_against_what_history_holds_not_against_every_release_anew(project, past, monkeypatch):
    """However many releases there are, the rows of history are read once, and the last one's figures once more."""
    for _ in range(4):
        past()
    correct(project, 313, FIRST)
    reads = []
    read = History.read
    monkeypatch.setattr(History, "read", lambda *arguments: reads.append(arguments[1:]) or read(*arguments))
    derive(project)
    assert reads == [("observations", History(project).releases[-1])]
