"""The command ``cbs``: ask for metrics, series, figures, citations and findings, and export tables.

Only what parses the arguments is imported before a command runs, so that ``cbs --help`` is as quick as it can be.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from china_border_statistics import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing's own constant would cost a third of what argparse does
    from typing import NoReturn

    from china_border_statistics.commands import Screen

DONE, NOT_DONE, USAGE, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 130, 141
SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
# Named here and in `exports` and `bibliography`, which are slow to import; a test holds them together.
FORMATS = ("csv", "xlsx", "jsonl", "parquet", "sdmx-csv")
STYLES = ("text", "bibtex", "csl-json", "apa")
_HELP_WIDTH = 80

# The reader's errors speak to those who call it from Python.
_SAID_IN_PYTHON = {
    'load("metrics")': "cbs metrics",
    "load('observations')": "cbs export observations",
    "scope= one of": "--scope, one of",
    "area= one of": "--area, one of",
    "period_kind= one of": "--period-kind, one of",
    "format= one of": "--format, one of",
}


class Parser(argparse.ArgumentParser):
    """A parser that offers the nearest name where it doesn't know one."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, offer the nearest name, and leave with status 2."""
        import re

        found = re.search(r"invalid choice: '?(.*?)'? \(choose from (.*)\)", message, flags=re.S)
        near = _nearest(found[1], re.findall(r"[\w.-]+", found[2])) if found else ""
        self.exit(USAGE, f"{self.prog}: {message}{near}\nSee {self.prog} --help\n")


def parser() -> Parser:
    """Describe the commands and their arguments."""
    top = Parser(
        prog="cbs",
        description="What China's National Immigration Administration announced of borders, figure by figure.",
        allow_abbrev=False,
        formatter_class=_formatter,
        epilog="Start with: cbs metrics arrested; cbs series suspects_arrested --scope campaign-2020-12 --plot",
    )
    top.add_argument("--version", action="version", version=f"cbs {__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)

    def command(name: str, meaning: str) -> Parser:
        sentence = f"{meaning[0].upper()}{meaning[1:]}."
        added: Parser = commands.add_parser(
            name, help=meaning, description=sentence, allow_abbrev=False, formatter_class=_formatter
        )
        if name != "completion":
            added.add_argument("--json", action="store_true", help="answer in JSON")
        return added

    metrics = command("metrics", "list metrics, of which all the words hold")
    metrics.add_argument(
        "words", nargs="*", metavar="WORD", help="words of an id, a label or a definition, in any case"
    )

    series = command("series", "one metric by snapshot date, with bounds and sources")
    series.add_argument("metric", metavar="METRIC", help="a metric_id; cbs metrics lists them")
    series.add_argument(
        "--scope", metavar="ID", action="append", help="campaign, case or population; may be given more than once"
    )
    series.add_argument("--area", metavar="CODE", help="ISO 3166 code, such as CN or CN-YN")
    series.add_argument("--period-kind", metavar="KIND", help="such as year, month or cumulative")
    _add_clocks(series)
    series.add_argument("--plot", action="store_true", help="draw a chart of it")

    show = command("show", "everything of one figure: printings, growth claims, verdicts")
    show.add_argument("observation", metavar="OBSERVATION", help="an observation_id, as cbs series lists them")

    cite = command("cite", "a citation of one figure")
    cite.add_argument("observation", metavar="OBSERVATION", help="an observation_id, as cbs series lists them")
    cite.add_argument("--style", choices=STYLES, default="text", help="how to write it (default: %(default)s)")

    findings = command("findings", "list figures and claims that don't fit together, and why")
    findings.add_argument("words", nargs="*", metavar="WORD", help="words of the explanation or the id, in any case")

    diff = command("diff", "what changed between two releases, cell by cell")
    diff.add_argument("old", metavar="A", help="a version, as cbs releases lists them")
    diff.add_argument("new", metavar="B", help="a later version")
    diff.add_argument("--table", metavar="TABLE", default="observations", help="of which table (default: %(default)s)")

    command("releases", "list the releases of this package")

    export = command("export", "write a table for a spreadsheet or another program")
    export.add_argument("table", metavar="TABLE", help="a table; cbs info lists them")
    export.add_argument("--format", choices=FORMATS, help="if left out: by the name of the file, or csv")
    export.add_argument("-o", "--output", metavar="FILE", help="if left out: standard output, where that is a pipe")
    _add_clocks(export)

    path = command("path", "where the files of the tables are")
    path.add_argument("table", metavar="TABLE", nargs="?", help="a table; all if left out")

    command("info", "version, licence, tables")

    completion = command("completion", "a script that completes commands in a shell")
    completion.add_argument("shell", choices=SHELLS, help="the shell")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``cbs``.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process if left out.

    Returns
    -------
    int
        0; 1 where nothing is found or it can't be done; 141 where the reader of a pipe has left.

    Raises
    ------
    SystemExit
        With 2 where an argument isn't understood, and with 0 after ``--help``.
    """
    asked = _parsed(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _answer(asked)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffer would fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except ValueError as error:
        return _fail(USAGE, asked, error)
    except (OSError, ImportError) as error:
        return _fail(NOT_DONE, asked, error)
    return status


def _formatter(prog: str) -> argparse.HelpFormatter:
    """A formatter of fixed width: else argparse asks for it at each argument, and imports compressors to do so."""
    return argparse.HelpFormatter(prog, width=_HELP_WIDTH)


def _add_clocks(command: argparse.ArgumentParser) -> None:
    command.add_argument("--as-of", metavar="DAY", help="what had been announced by the end of that day: 2021-06-01")
    command.add_argument("--release", metavar="VERSION", help="what that version of this package said")


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    top = parser()
    asked, unknown = top.parse_known_args(arguments)
    if unknown:
        near = _nearest(unknown[0].partition("=")[0], _options(_subparser(top, asked.command)))
        top.exit(USAGE, f"cbs {asked.command}: unknown argument {unknown[0]!r}{near}\nSee cbs {asked.command} --help\n")
    for name, value in vars(asked).items():
        # The name of a file may be any bytes.
        if name != "output" and not _is_text(value):
            top.exit(USAGE, f"cbs {asked.command}: {value!r} is no text in the encoding of this terminal\n")
    return asked


def _is_text(value: object) -> bool:
    words = value if isinstance(value, list) else [value]
    return not any("\ud800" <= character <= "\udfff" for word in words if isinstance(word, str) for character in word)


def _subparser(top: argparse.ArgumentParser, command: str) -> argparse.ArgumentParser:
    subparsers = next(action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    found: argparse.ArgumentParser = subparsers.choices[command]
    return found


def _options(command: argparse.ArgumentParser) -> list[str]:
    return [option for action in command._actions for option in action.option_strings]


def _nearest(found: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(found, known, n=2)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _answer(asked: argparse.Namespace) -> int:
    if asked.command == "completion":
        print(_completion(asked.shell))
        return DONE
    from china_border_statistics.commands import COMMANDS, NothingFoundError
    from china_border_statistics.terminal import printable_line

    try:
        screen = _screen()
        data, lines = COMMANDS[asked.command](asked, screen)
    except NothingFoundError as error:
        if asked.json:
            print("[]")
        return _fail(NOT_DONE, asked, error)
    if asked.json:
        import json

        # Escaped where the encoding of the output couldn't hold Chinese.
        unicode = (sys.stdout.encoding or "").lower().startswith("utf")
        text = json.dumps(data, ensure_ascii=not unicode, indent=2, default=str)
        print("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text))
        return DONE
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for line in lines:
        print(printable_line(line, coloured=screen.coloured))
    return DONE


def _screen() -> Screen:
    import shutil

    from china_border_statistics.commands import Screen

    terminal = sys.stdout.isatty()
    return Screen(
        width=shutil.get_terminal_size().columns if terminal else None,
        coloured=terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        ascii_only=not (sys.stdout.encoding or "").lower().startswith("utf"),
    )


def _completion(shell: str) -> str:
    try:
        import shtab
    except ModuleNotFoundError:
        raise ModuleNotFoundError("completion needs shtab: pip install 'china-border-statistics[completion]'") from None
    from china_border_statistics import reader

    top = parser()
    names = {"metric": reader.load("metrics", to="arrow")["metric_id"].to_pylist(), "table": reader.tables()}
    for command in ("series", "export", "path", "diff"):
        for action in _subparser(top, command)._actions:
            # Only completion lists them: a wrong name is better answered by the reader.
            action.choices = action.choices or names.get(action.dest)
    return str(shtab.complete(top, shell=shell))


def _fail(status: int, asked: argparse.Namespace, error: Exception) -> int:
    message = str(error) or type(error).__name__
    for python, command in _SAID_IN_PYTHON.items():
        message = message.replace(python, command)
    from china_border_statistics.terminal import printable_line

    lines = "\n".join(map(printable_line, message.split("\n")))
    print(f"cbs {asked.command}: {lines}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
