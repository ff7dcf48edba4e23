"""What is measured is kept and shown as it was measured; the made-up observations are such as are published."""

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from china_border_statistics.curation.constraints import table_faults
from china_border_statistics.curation.schema import TABLES

ROOT = Path(__file__).parents[1]
# Behind everything else: a script may have a library's name.
sys.path.append(str(ROOT / "scripts"))
import bench  # noqa: E402
from benchmarks import copies, observations, results  # noqa: E402
from benchmarks.results import Measurement, Result  # noqa: E402
from benchmarks.serving import asked_range  # noqa: E402


def measured(version: str = "0.2.0", comparison: str = "load() / that", **cells: object) -> Measurement:
    result = {"unit": "s", "ours": 1.0, "theirs": 2.0, "ratio": 0.5} | cells
    return Measurement(version, "2026-11-22", Result("reader", comparison, **result))


@pytest.mark.parametrize(
    "measurement",
    [
        measured(),
        measured(theirs=None, ratio=None),
        measured(comparison='a "quoted" name, with a comma / 境', aim=1.2),
        measured(unit="MiB", times=10.0),
    ],
)
def test_what_is_kept_is_read_back(tmp_path, measurement):
    results.write_measurements(tmp_path / "kept.csv", [measurement])
    assert results.read_measurements(tmp_path / "kept.csv") == [measurement]


def test_nothing_is_kept_yet(tmp_path):
    assert results.read_measurements(tmp_path / "kept.csv") == []


def test_another_file_is_refused(tmp_path):
    (tmp_path / "kept.csv").write_text("version,ours\n0.1.0,3\n")
    with pytest.raises(ValueError, match=r"kept.csv: columns .* expected"):
        results.read_measurements(tmp_path / "kept.csv")


OLD, NOW, OTHER = measured("0.1.0"), measured("0.2.0"), measured("0.2.0", "import / that")
ALONE = {"theirs": None, "ratio": None}
AGAIN = measured("0.2.0", ours=3.0, ratio=1.5)


@pytest.mark.parametrize(
    ("kept", "new", "expected"),
    [
        ([], [NOW], [NOW]),
        ([NOW], [AGAIN], [AGAIN]),
        ([OLD, NOW], [OTHER], [OLD, NOW, OTHER]),
        ([OLD, NOW, OTHER], [AGAIN], [OLD, AGAIN, OTHER]),
        ([NOW], [OLD], [OLD, NOW]),
        ([measured("0.10.0.dev0")], [measured("0.9.0")], [measured("0.9.0"), measured("0.10.0.dev0")]),
    ],
)
def test_a_version_is_replaced_and_others_stay(kept, new, expected):
    assert results.merged(kept, new) == expected


@pytest.mark.parametrize(
    ("before", "now", "slide"),
    [
        ({"ratio": 0.5}, {"ratio": 1.0}, 2.0),
        ({"ratio": 1.0}, {"ratio": 0.5}, 0.5),
        # Seconds of two days say nothing of the program; bytes do.
        (ALONE, {**ALONE, "ours": 9.0}, None),
        *(({**ALONE, "unit": unit}, {**ALONE, "unit": unit, "ours": 3.0}, 3.0) for unit in ("kB", "requests")),
    ],
)
def test_a_slide_back_is_told(before, now, slide):
    line = results.Line(measured("0.2.0", **now), measured("0.1.0", **before))
    assert line.slide == slide
    assert ("slid back" in results.table([line])) == (slide is not None and slide > results.SLIDE)


def test_the_first_version_slides_nowhere():
    assert results.Line(NOW, None).slide is None


def test_lines_are_of_the_last_two_versions():
    gone = measured("0.1.0", "gone / that")
    rare = measured("0.2.0", "measured in full / that")
    found = results.lines([gone, OLD, rare, NOW, measured("0.3.0")], "reader")
    shown = {line.now.result.comparison: (line.now, line.before) for line in found}
    assert shown == {"load() / that": (measured("0.3.0"), NOW), "measured in full / that": (rare, None)}


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        ({"ours": 1234.5, "theirs": 0.001234, "ratio": 2.0, "aim": 1.2}, "| 1,234 | 0.00123 | 2 ✗ | 1.2 |  |"),
        ({"ratio": 1.0, "aim": 1.2}, "| 1 | 2 | 1 | 1.2 |  |"),
        ({"theirs": None, "ratio": None}, "| 1 |  |  |  |  |"),
        ({"ratio": 10.0, "times": 10.0}, "| 1 | 2 | 10 |  | n^1.00 |"),
        ({"ratio": 100.0, "times": 10.0}, "| 1 | 2 | 100 |  | n^2.00 |"),
    ],
)
def test_a_row_of_the_document(cells, shown):
    assert shown in results.table([results.Line(measured(**cells), None)])


def test_the_document_has_a_section_for_each_part_that_was_measured():
    text = results.document([OLD, NOW], {"reader": ("Reader", "Of reading."), "site": ("Site", "Of pages.")}, "Mended.")
    assert "## Reader\n\nOf reading.\n\n| comparison |" in text
    assert "Site" not in text
    assert "0.5 (0.1.0)" in text
    assert text.endswith("Mended.")


def test_a_part_that_later_versions_did_not_measure_keeps_its_rows():
    site = [Measurement(v, "2026-11-23", Result("site", "a page", "s", 1.0)) for v in ("0.3.0", "0.4.0")]
    assert [line.now for line in results.lines([OLD, NOW, *site], "reader")] == [NOW]


def test_what_is_measured_before_a_release_is_of_that_release(tmp_path):
    package = tmp_path / "src/china_border_statistics/__init__.py"
    package.parent.mkdir(parents=True)
    for stated in ("0.4.0.dev0", "0.4.0"):
        package.write_text(f'__version__ = "{stated}"\n')
        assert bench.version_of(tmp_path) == "0.4.0"


def test_pairs_give_medians_and_the_median_of_ratios():
    result = results.of_pairs("reader", "a / b", "s", [(1.0, 1.0), (2.0, 1.0), (9.0, 3.0)], 1.2)
    assert (result.ours, result.theirs, result.ratio) == (2.0, 1.0, 2.0)


def test_what_is_committed_names_no_machine():
    kept = results.read_measurements(ROOT / "docs/benchmarks.csv")
    assert not [m for m in kept if "/home/" in m.result.comparison or "/tmp" in m.result.comparison]


@pytest.mark.parametrize("rows", [1, 99, 1000, 20_001])
def test_made_up_observations_are_such_as_are_published(rows):
    made = pa.Table.from_batches(observations.batches(rows))
    assert made.num_rows == rows
    assert made.schema.equals(TABLES["observations"].arrow_schema)
    assert not list(table_faults(TABLES["observations"], made))
    assert made["observation_id"].to_pylist() == sorted(made["observation_id"].to_pylist())
    assert pc.all(pc.less_equal(made["period_end"], made["announced"])).as_py()


def test_each_subject_is_announced_as_often_as_it_is_said():
    made = pa.Table.from_batches(observations.batches(20_000))
    subjects = made.group_by(["series_id", "period_start", "period_end"]).aggregate([("value", "count_distinct")])
    assert set(subjects["value_count_distinct"].to_pylist()) == {observations.VINTAGES}
    latest = made.filter(made["is_latest"]).group_by(["series_id", "period_start"]).aggregate([("value", "count")])
    assert set(latest["value_count"].to_pylist()) == {1}


def test_batches_are_bounded_and_the_same_whatever_their_size(monkeypatch):
    whole = pa.Table.from_batches(observations.batches(5_000))
    monkeypatch.setattr(observations, "BATCH", 700)
    parts = list(observations.batches(5_000))
    assert max(batch.num_rows for batch in parts) == 700
    assert pa.Table.from_batches(parts).equals(whole)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", None),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-9", (0, 10)),
        ("bytes=90-", (90, 100)),
        ("bytes=90-200", (90, 100)),
        ("bytes=-8", (92, 100)),
        ("bytes=-", None),
        ("lines=1-2", None),
    ],
)
def test_ranges(asked, expected):
    assert asked_range(asked, 100) == expected


@pytest.mark.slow
def test_a_project_of_copies_passes_every_gate(tmp_path):
    from china_border_statistics.curation.package import build

    copies.make_project(tmp_path / "one", 1)
    copies.make_project(tmp_path / "three", 3)
    one, three = (build(tmp_path / name).tables for name in ("one", "three"))
    for name in ("announcements", "observations", "citations", "changes"):
        assert three[name].num_rows == 3 * one[name].num_rows
    # Places of one copy lie within the country of another, too.
    for name in ("reconciliation", "implied"):
        assert 3 * one[name].num_rows <= three[name].num_rows <= 3.1 * one[name].num_rows
