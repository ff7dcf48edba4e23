"""Inputs nobody meant: every one that once failed, and texts of the right shape with damage done to them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzzing import SLOW, TARGETS, seeds

CRASHES = sorted(path for path in (Path(__file__).parent / "crashes").rglob("*") if path.is_file())
TRIED = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in TARGETS]
EDITS = st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=4) | st.none(), st.integers(0, 50))


@pytest.mark.parametrize("name", TRIED)
def test_what_once_failed(name: str) -> None:
    for path in CRASHES:
        if path.parent.name == name:
            TARGETS[name].feed(path.read_bytes())


def damaged(name: str) -> st.SearchStrategy[bytes]:
    """An input of the right shape, with a few stretches of it put out, or replaced by bytes or by telling words."""
    words = [word.encode() for word in TARGETS[name].words]

    def damage(seed: bytes, edits: list[tuple[float, int, bytes | None, int]]) -> bytes:
        for share, length, put_in, word in edits:
            at = int(share * len(seed))
            put = words[word % len(words)] if put_in is None else put_in
            seed = seed[:at] + put + seed[at + length :]
        return seed

    return st.builds(damage, st.sampled_from(seeds(name)), st.lists(EDITS, min_size=1, max_size=5))


def feed(name: str, most: int) -> None:
    @settings(max_examples=most, database=None)
    @given(damaged(name) | st.binary(max_size=100))
    def fed(content: bytes) -> None:
        TARGETS[name].feed(content)

    fed()


@pytest.mark.parametrize("name", sorted(set(TARGETS) - {*SLOW}))
def test_damaged_inputs(name: str) -> None:
    feed(name, 8)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.parametrize("name", TARGETS)
def test_more_damaged_inputs(name: str) -> None:
    feed(name, 500)
