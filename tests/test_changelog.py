"""Sections of the changelog: everything that happened to the data, computed, in an order that a reader can follow."""

import pyarrow as pa
import pytest

from china_border_statistics.curation.changelog import insert, section_hash, sections, signed
from china_border_statistics.curation.package import derive
from china_border_statistics.curation.release import described_tables, plan
from china_border_statistics.past_releases import History
from conftest import INTRODUCTION, replace_once

SPRING = "data/records/2024/2024-03-10-harbour.yaml"
AUTUMN = "data/records/2024/2024-09-10-harbour.yaml"
VOCABULARY = "data/vocabulary"
SAIL = '    value: 310\n    printed:\n      lantern-en: "[310] of them sail"\n'
HASH = f"sha256:{'0' * 64}"

WINTER = """\
announcement: 2024-12-01-harbour
announced: 2024-12-01
issuer: harbour-office
occasion: winter count of a made-up harbour
scope: all
period: {kind: month, start: 2024-11, end: 2024-11}
sources:
  office-zh: {publisher: harbour-office, language: zh-Hans, kind: official, url: "https://harbour.example/zh/3"}
figures:
  - metric: guests_counted
    value: 12000
    unusual: {size: nobody comes in winter}
    printed: {office-zh: "十一月来客[1.2万人次]"}
"""


@pytest.fixture
def winter(checkout):
    """The released project with a bit of everything changed."""
    corrected = "    corrected: {was: 310, date: 2024-10-02, reason: digits swapped in keying}\n"
    replace_once(checkout, SPRING, SAIL, f"    key: sailing\n{corrected}{SAIL.replace('310', '313')}")
    replace_once(
        checkout,
        AUTUMN,
        "  - metric: guests_by_ferry_share\n",
        "  - metric: boats_sunk\n    value: 2\n    unusual: {metric: it has no phrases yet}\n"
        "    printed:\n      office-en: \"[two] boats sank\"\n\n"
        "  - metric: guests_by_ferry_share\n",
    )  # fmt: skip
    text = (checkout / AUTUMN).read_text("utf-8")
    start, end = text.index("  - metric: guests_counted\n    key: guests_counted-fair"), text.rindex("  - metric: ")
    (checkout / AUTUMN).write_text(text[:start] + text[end:], "utf-8")
    (checkout / "data/records/2024/2024-12-01-harbour.yaml").write_text(WINTER, "utf-8")
    replace_once(
        checkout,
        f"{VOCABULARY}/metrics.csv",
        "catch_landed,catch landed,",
        "boats_sunk,boats sunk,沉没船只数,Boats that sank in the made-up harbour.,boat,harbour,,boats,,,,,\n"
        "catch_landed,fish landed,",
    )
    replace_once(
        checkout, f"{VOCABULARY}/metrics.csv", "weighed on the quay.", f"weighed on the quay{' or after' * 9}."
    )
    replace_once(
        checkout, f"{VOCABULARY}/units.csv", "kg,kilogram,千克,mass,", "kg,kilogram,千克,mass,a thousand grams"
    )
    replace_once(
        checkout,
        f"{VOCABULARY}/aliases.csv",
        "of_table,old_id,new_id,since,reason\n",
        "of_table,old_id,new_id,since,reason\n"
        "observations,2024-03-10-harbour/boats_registered_sail,2024-03-10-harbour/sailing,2024-10-02,a plainer name\n"
        "observations,2024-09-10-harbour/guests_counted-fair,,2024-10-02,the fair was another year's\n",
    )
    return checkout


GOLDEN = """\
## 0.2.0 — 2024-12-02

The winter, and what we had wrong.

3 announcements (+1 −0), 9 observations (+2 −1), 12 citations (+2 −1), 5 sources (+1 −0), 2 stated changes (+0 −0), \
6 metrics (+1 −0), 2 scopes (+0 −0).

### Schema

- `observations` has a new column `colour` (string).

### New announcements

- 2024-12-01: winter count of a made-up harbour (`2024-12-01-harbour`, 1 figure)

### Corrections

- `2024-03-10-harbour/sailing` value: 310 → 313. digits swapped in keying
- `2024-03-10-harbour/sailing` lower: 310 → 313. digits swapped in keying
- `2024-03-10-harbour/sailing` upper: 310 → 313. digits swapped in keying

### Withdrawn or renamed

- `2024-09-10-harbour/guests_counted-fair` of `observations`: the fair was another year's
- `2024-03-10-harbour/boats_registered_sail` of `observations`: now 2024-03-10-harbour/sailing: a plainer name

### New figures of known announcements

- `2024-09-10-harbour/boats_sunk`: two

### Metrics

- new in harbour: `boats_sunk`.
- `catch_landed`: label_en “catch landed” → “fish landed”, definition reworded.

### Findings

- 5 relations tested: 3 consistent, 2 contradiction.

### Other rows

- `aliases`: 2 added.
- `citations`: 2 added, 1 removed, 1 changed (citation_id 1, lower 1, \
observation_id 1, printed 1, quote 1, upper 1, value 1).
- `corrections`: 1 added.
- `observations`: 2 changed (metric_label 1, observation_id 1, printed 1).
- `reconciliation`: 1 changed (expected_lower 1, explanation 1).
- `reconciliation_members`: 1 added, 1 removed.
- `sources`: 1 added.
- `units`: 1 changed (note 1).
"""


def test_a_section_tells_everything_that_happened(winter):
    tables = described_tables(derive(winter))
    description, data = tables["observations"]
    columns = dict(description["columns"]) | {"colour": "string"}
    tables["observations"] = (
        {**description, "columns": columns},
        data.append_column("colour", pa.nulls(9, pa.string())),
    )
    chosen = plan(History(winter), tables, None, "2024-12-02", "The winter, and what we had wrong.")
    assert chosen.section == GOLDEN


def test_the_first_section_counts_and_names(released):
    text = (released / "CHANGELOG.md").read_text("utf-8")
    assert text.startswith(f"{INTRODUCTION}\n## 0.1.0 — 2024-10-01\n\n2 announcements, 8 observations, 11 citations, ")
    assert "- 2024-09-10: autumn count of a made-up harbour (`2024-09-10-harbour`, 4 figures)\n" in text
    assert "### Other rows" not in text
    assert "### Schema" not in text


# The file


OLDER, NEWER = "## 0.1.0 — 2024-01-01\n\nThe first.\n", "## 0.2.0 — 2024-02-01\n\nThe second.\n"


@pytest.mark.parametrize("introduction", ["", "# Changelog\n", "# Changelog\n\nOf ## headings\n\n### and below\n\n\n"])
def test_sections_are_put_in_front_and_the_introduction_stays(introduction):
    once = insert(introduction, signed(OLDER, HASH))
    twice = insert(once, signed(NEWER, HASH))
    assert twice.startswith(f"{introduction.rstrip()}\n\n## 0.2.0" if introduction else "## 0.2.0")
    assert twice.endswith(f"## 0.1.0 — 2024-01-01\n\nThe first.\n\nManifest: `{HASH}`.\n")
    assert "\n\n\n" not in twice.removeprefix(introduction)
    assert [(found.version, found.released, found.manifest) for found in sections(twice)] == [
        ("0.2.0", "2024-02-01", HASH),
        ("0.1.0", "2024-01-01", HASH),
    ]
    assert [found.text for found in sections(twice)] == [section_hash(NEWER), section_hash(OLDER)]


def test_a_changelog_without_sections():
    assert list(sections("# Changelog\n\nNothing yet.\n")) == []
    assert list(sections("")) == []


def test_a_section_without_its_last_line():
    (found,) = sections(OLDER)
    assert found.manifest is None
    assert str(found) == f"2024-01-01, no manifest, {section_hash(OLDER)}"


def test_what_is_added_below_a_section_is_told_from_it():
    """Text after the manifest's line belongs to no release."""
    (found,) = sections(f"{signed(OLDER, HASH)}\nMore.\n")
    assert found.text != section_hash(OLDER)
