"""The heat map of the coverage: families across, years down, narrow enough for a phone held upright.

Written as SVG by hand: rectangles with a number each need no drawing library, and repeat byte for byte.
"""

from collections.abc import Iterator

from china_border_statistics.curation.coverage import EARLIER, Cell, Coverage

SHADES = (
    (30, "#2b66a3", "#ffffff"),
    (10, "#7db0dc", "#10161c"),
    (3, "#aacdea", "#10161c"),
    (1, "#e6f0f9", "#10161c"),
)
"""From how many figures a shade stands, its colour and that of the number on it: one hue, told apart by lightness."""

PAPER, INK, QUIET = "#ffffff", "#10161c", "#5a6570"
_LEFT, _TOP, _WIDE, _HIGH = 34, 112, 18, 17


def written(cell: Cell) -> str:
    """What stands in a cell: figures of the country, in brackets those of parts alone, a dash for what is missing."""
    if cell.national:
        return str(cell.national)
    return f"({cell.regional})" if cell.regional else "–" if cell.missing else ""


def is_mirrored(cell: Cell) -> bool:
    """Whether every figure of the country is found on mirrors only."""
    return cell.national > 0 and cell.mirrored == cell.national


def shade(count: int) -> tuple[int, str, str]:
    """The shade of so many figures, at least one."""
    return next(shade for shade in SHADES if count >= shade[0])


def year_name(year: int) -> str:
    """Name a year, or the time before the first."""
    return f"to {EARLIER}" if year == EARLIER else str(year)


def heat_map(coverage: Coverage) -> str:
    """Draw the coverage.

    Parameters
    ----------
    coverage : Coverage
        What to draw.

    Returns
    -------
    str
        An SVG document: at most as wide as a phone, on paper of its own, the numbers in the cells.
    """
    width = _LEFT + _WIDE * len(coverage.families) + 2
    bottom = _TOP + _HIGH * len(coverage.years)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 92}" width="{width}" '
        f'height="{bottom + 92}" role="img" aria-labelledby="name told" font-family="Arial, Helvetica, sans-serif" '
        'font-size="9" text-anchor="middle">',
        '<title id="name">Figures of the whole country by family of metrics and year</title>',
        f'<desc id="told">{_told(coverage)}</desc>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        *_headings(coverage),
        *_cells(coverage),
        *_legend(bottom + 12),
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def _told(coverage: Coverage) -> str:
    """What a reader who can't see the picture is told; the table below it holds every number."""
    missing = sum(cell.missing for cell in coverage.cells.values())
    fullest = max(coverage.cells, key=lambda at: (coverage.cells[at].national, at))
    return (
        f"{len(coverage.families)} families across, years from {year_name(coverage.years[0])} to {coverage.years[-1]} "
        f"down. Most figures, {coverage.cells[fullest].national}, are of {_name(fullest[0])} in {fullest[1]}; "
        f"{missing} cells between others are empty. The table holds all numbers."
    )


def _name(family: str) -> str:
    return family.replace("_", " ")


def _headings(coverage: Coverage) -> Iterator[str]:
    for at, family in enumerate(coverage.families):
        place = f"translate({_LEFT + _WIDE * at + 13} {_TOP - 5}) rotate(-90)"
        yield (f'<text transform="{place}" font-size="11" text-anchor="start" fill="{INK}">{_name(family)}</text>')
    for at, year in enumerate(coverage.years):
        y = _TOP + _HIGH * at + 12
        yield f'<text x="{_LEFT - 3}" y="{y}" font-size="10" text-anchor="end" fill="{INK}">{_short(year)}</text>'


def _short(year: int) -> str:
    return f"–{EARLIER}" if year == EARLIER else str(year)


def _cells(coverage: Coverage) -> Iterator[str]:
    for row, year in enumerate(coverage.years):
        for column, family in enumerate(coverage.families):
            yield from _cell(coverage.cells[family, year], _LEFT + _WIDE * column, _TOP + _HIGH * row)


def _cell(cell: Cell, x: int, y: int) -> Iterator[str]:
    words = written(cell)
    fill, ink = shade(cell.national)[1:] if cell.national else (PAPER, INK if cell.regional else QUIET)
    if cell.national or cell.regional:
        edge = f' stroke="{INK}" stroke-width="1.5" stroke-dasharray="2 2"' if is_mirrored(cell) else ""
        edge = edge or ("" if cell.national else f' stroke="{QUIET}" stroke-width="0.5"')
        yield f'<rect x="{x + 1}" y="{y + 1}" width="{_WIDE - 2}" height="{_HIGH - 2}" fill="{fill}"{edge}/>'
    if words:
        size = "" if len(words) < 4 else ' font-size="7"'
        yield (f'<text x="{x + _WIDE // 2}" y="{y + 12}"{size} fill="{ink}">{words}</text>')


def _legend(y: int) -> Iterator[str]:
    """Say what the shades and marks mean, each with a cell drawn as in the picture."""
    x = 8
    for least, _, _ in reversed(SHADES):
        yield from _cell(Cell(national=least), x, y)
        x += _WIDE
    yield _line(x + 6, y + 12, "figures of the whole country, at least so many")
    marks = (
        (Cell(national=5, mirrored=5), "all of them found on mirrors of other sites only"),
        (Cell(regional=5), "figures of provinces, stations and ports alone"),
        (Cell(missing=True), "none, but some of earlier and of later years"),
    )
    for at, (cell, words) in enumerate(marks, start=1):
        yield from _cell(cell, 8, y + 19 * at)
        yield _line(8 + _WIDE + 6, y + 19 * at + 12, words)


def _line(x: int, y: int, words: str) -> str:
    return f'<text x="{x}" y="{y}" font-size="10" text-anchor="start" fill="{INK}">{words}</text>'
