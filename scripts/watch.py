"""Say which announcements of statistics the publishers list that no record has yet; with --draft, draft them."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from china_border_statistics.curation.drafts import draft_record
from china_border_statistics.curation.fetching import Fetcher, FetchError, user_agent
from china_border_statistics.curation.listings import Link, ListingError, listings_of, new_links, read_listing
from china_border_statistics.curation.pages import get_page
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.records import read_records
from china_border_statistics.curation.vocabulary import read_vocabulary
from china_border_statistics.exports import replace_file
from china_border_statistics.terminal import printable

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Print what is new; return 1 where an input is wrong, 3 where a listing or page couldn't be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON: publisher, url, title, published")
    parser.add_argument("--draft", type=Path, metavar="DIR", help="write a draft record of each into this folder")
    parser.add_argument("--cache", type=Path, default=ROOT / ".build/pages", help="folder that keeps pages for a day")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without Chinese
    records, problems = read_records(ROOT)
    vocabulary, faults = read_vocabulary(ROOT)
    if problems or faults:
        print(CurationError([*problems, *faults]), file=sys.stderr)
        return 1
    listings = listings_of(vocabulary.tables["publishers"].to_pylist())
    known = [source.url for record in records for source in record.content.sources.values()]
    found, troubles = asyncio.run(watch(listings, known, arguments.draft, arguments.cache))
    print_links(found, as_json=arguments.json)
    for trouble in troubles:
        print(printable(trouble), file=sys.stderr)
    return 3 if troubles else 0


async def watch(
    listings: dict[str, str], known: list[str], drafts: Path | None, cache: Path
) -> tuple[list[Link], list[str]]:
    """Read the listings; give what is new, and what couldn't be read."""
    links: list[Link] = []
    troubles: list[str] = []
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        async with Fetcher(user_agent(ROOT), cache) as fetcher:
            for publisher, url in progress.track(listings.items(), description="listings"):
                try:
                    links += await read_listing(fetcher, publisher, url)
                except ListingError as error:
                    troubles.append(f"{publisher}: {error} ({url})")
            found = new_links(links, known)
            for link in progress.track(found if drafts else [], description="drafts"):
                try:
                    await write_draft(fetcher, link, drafts or ROOT)
                except (CurationError, FetchError, OSError) as error:
                    troubles.append(f"{link.url}: no draft: {error}")
    return found, troubles


async def write_draft(fetcher: Fetcher, link: Link, folder: Path) -> None:
    """Write the draft of an announcement to ``<folder>/<day>-<publisher>.yaml``, beside those that are there."""
    page = await get_page(fetcher, link.url)
    announced = date.fromisoformat(link.published) if link.published else page.published
    if announced is None:
        raise FetchError("neither listing nor page gives its day; draft it with scripts/propose.py --announced")
    draft = draft_record(ROOT, announced, link.publisher, [page], [link.url], [link.publisher])
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{announced}-{link.publisher}{suffix}.yaml" for suffix in ("", *(f"-{n}" for n in range(2, 1000)))]
    path = next(folder / name for name in names if not (folder / name).exists())
    replace_file(path, draft.encode())


def print_links(found: list[Link], *, as_json: bool) -> None:
    """Print what is new; titles are strangers' words, so control characters in them are made visible."""
    if as_json:
        print(json.dumps([asdict(link) for link in found], indent=2))
        return
    for link in found:
        print(printable(f"{link.published or 'day unknown':<12}{link.publisher:<24}{link.title}"))
        print(printable(f"{'':<12}{link.url}"))
    print(f"{len(found)} announcements that no record has")


if __name__ == "__main__":
    sys.exit(main())
