"""Propose the figures of an announcement: a draft record from its pages, JSON, or the figures of a whole corpus."""

import argparse
import json
import os
import re
import sys
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from china_border_statistics.curation import corpus
from china_border_statistics.curation.drafts import draft_record, figure_json, propose_source
from china_border_statistics.curation.pages import Page, read_page
from china_border_statistics.curation.problems import CurationError
from china_border_statistics.curation.wording import read_wording
from china_border_statistics.exports import replace_file

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Write what was asked for; return 1 where an input is wrong, having written nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="text file, saved page, PDF or address")
    parser.add_argument("--announced", type=date.fromisoformat, metavar="DATE", help="day of the announcement")
    parser.add_argument("--name", help="the rest of its id; then the draft is written to data/records")
    parser.add_argument("--url", action="append", default=[], help="address of a SOURCE, in order")
    parser.add_argument("--publisher", action="append", default=[], help="publisher of a SOURCE, in order")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of a draft")
    parser.add_argument("--corpus", type=Path, nargs="+", metavar="FILE", help="Parquet files of documents")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the figures of a corpus")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes for a corpus")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a terminal without Chinese
    if bool(arguments.corpus) == bool(arguments.sources) or bool(arguments.corpus) != bool(arguments.out):
        parser.error("give SOURCE… with --announced, or --corpus FILE… with --out DIR")
    if arguments.sources and arguments.announced is None:
        parser.error("--announced: the day of the announcement is needed")
    if arguments.name is not None and not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", arguments.name):
        parser.error("--name: small letters, digits and - only")
    if max(len(arguments.url), len(arguments.publisher)) > len(arguments.sources):
        parser.error("--url and --publisher: one for each SOURCE, in order")
    if arguments.workers < 1:
        parser.error("--workers: at least 1")
    try:
        return propose_corpus(arguments) if arguments.corpus else propose_sources(arguments)
    except CurationError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error}; it wasn't written.", file=sys.stderr)
        return 1


def propose_sources(arguments: argparse.Namespace) -> int:
    """Read the pages of one announcement and write their figures."""
    pages: list[Page] = [read_page(source if "://" in source else Path(source)) for source in arguments.sources]
    announced = arguments.announced
    if arguments.json:
        wording = read_wording(ROOT)
        sources = [propose_source(p, n, announced, wording) for p, n in zip(pages, arguments.sources, strict=True)]
        figures = [
            figure_json(figure, wording) | ({"source": name} if len(sources) > 1 else {})
            for source, name in zip(sources, arguments.sources, strict=True)
            for figure in source.figures
        ]
        print(json.dumps({"figures": figures}, ensure_ascii=False, indent=2))
        return 0
    draft = draft_record(ROOT, announced, arguments.name or "draft", pages, arguments.url, arguments.publisher)
    if arguments.name is None:
        print(draft, end="")
        return 0
    path = ROOT / f"data/records/{announced.year}/{announced}-{arguments.name}.yaml"
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        print(f"{path.relative_to(ROOT)} is there already; give another --name", file=sys.stderr)
        return 1
    replace_file(path, draft.encode())
    print(f"{path.relative_to(ROOT)}: {draft.count('CHECK') - 1} questions; look for CHECK")
    return 0


def propose_corpus(arguments: argparse.Namespace) -> int:
    """Propose over many documents; shards that stand already are left alone."""
    todo, done = corpus.plan(ROOT, arguments.corpus, arguments.out)
    documents = figures = 0
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("documents", total=sum(shard.rows for shard in todo))
        for _, read, found in corpus.run(ROOT, todo, arguments.workers):
            documents, figures = documents + read, figures + found
            progress.advance(task, read)
    print(f"{documents:,} documents, {figures:,} figures in {len(todo)} shards; {len(done)} stood already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
