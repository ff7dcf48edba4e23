"""The command `cbs`, run in this process; what depends on a terminal or a pipe, in another."""

import contextlib
import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import china_border_statistics as cbs
from china_border_statistics import bibliography, cli, commands, exports, terminal

ROOT = Path(__file__).parents[1]
CAMPAIGN = "campaign-2020-12"
ARRESTED = "2021-03-29-campaign/suspects_arrested"
HANDLED = "2021-11-05-campaign-and-jan24-case/cases_handled"
COMMAND = [sys.executable, "-m", "china_border_statistics.cli"]


def run(*arguments: str) -> tuple[int, str, str]:
    """Status, standard output and standard error."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8", newline=""), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(arguments)
        except SystemExit as left:
            status = left.code
    out.flush()
    return status, out.buffer.getvalue().decode(), err.getvalue()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("metrics 抓获犯罪嫌疑人", ["metric_id", "suspects_arrested", "person"]),
        ("metrics SUSPECTS Border-Management", ["suspects_arrested"]),
        (f"series suspects_arrested --scope {CAMPAIGN}", ["2021-03-29", "6,261", "6261名", ARRESTED, "3.08万人"]),
        (f"series suspects_arrested --scope {CAMPAIGN} --plot", ["█", "▒", "30,800", "key: "]),
        (
            f"show {ARRESTED}",
            ["6,261 (person)", "over 6,200", "republication", "Growth stated", "176%", "Held against"],
        ),
        (f"show {HANDLED}", ["status B", "readings left: level", "2.2 times", "comparability: Not cases filed"]),
        (f"cite {ARRESTED}", ["National Immigration Administration (29 March 2021)", "6261名"]),
        (f"cite {ARRESTED} --style bibtex", ["@misc{", "suspects\\_arrested"]),
        ("findings 381 drug", ["contradiction: The running total", "1 contradiction"]),
        ("findings 2.2 times higher", ["says “2.2 times, 2.7 times and 3.3 times higher”", HANDLED]),
        ("path metrics", ["metrics.csv"]),
        ("path", ["observations.parquet", "units.csv"]),
        ("info", [cbs.__version__, "CC-BY-4.0", "observations", "1993-07-22 to"]),
        ("--version", [cbs.__version__]),
    ],
)
def test_a_command_answers(command, words):
    status, out, err = run(*command.split())
    assert (status, err) == (0, "")
    assert not [word for word in words if word not in out], out


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("", 2, "required: COMMAND"),
        ("serie x", 2, "did you mean series?"),
        ("series", 2, "required: METRIC"),
        ("series suspects_arrestd", 2, "did you mean 'suspects_arrested' or"),
        ("series suspects_arrestd", 2, "cbs metrics lists all"),
        ("series suspects_arrested --scop x", 2, "did you mean --scope"),
        ("series suspects_arrested --scope campaign-2020-11", 2, f"did you mean '{CAMPAIGN}'"),
        ("series conveyances_seized", 2, "choose --period-kind, one of: half, quarter"),
        ("series suspects_arrested --as-of yesterday", 2, "write it as 2021-06-01"),
        ("show 2021-03-29-campaign/suspects", 2, f"did you mean '{ARRESTED}'"),
        (f"cite {ARRESTED} --style bibtx", 2, "did you mean bibtex?"),
        ("metrics arested suspect", 1, "no metric holds 'arested' and 'suspect'"),
        ("metrics suspects_arested", 1, "did you mean suspects_arrested"),
        ("findings nonsense", 1, "no finding holds 'nonsense'"),
        ("path observation", 2, "did you mean 'observations'"),
        ("export observation -o x.csv", 2, "did you mean 'observations'"),
        ("export observations --format xls", 2, "did you mean xlsx"),
        ("export observations --format xlsx", 2, "say where to write: -o observations.xlsx"),
        ("export observations -o x.doc", 2, "says no format; give --format, one of: csv, xlsx"),
        ("export citations --format sdmx-csv", 2, "of observations alone, not of 'citations'"),
        ("export observations -o nowhere/x.csv", 1, "No such folder: "),
        ("export observations -o .", 2, "says no format"),
        ("export observations --format csv -o .", 1, "Is a directory"),
        ("export observations --format parquet", 2, "say where to write: -o observations.parquet\n"),
        ("export observations --json", 2, "say where to write: -o observations.csv\n"),
    ],
)
def test_a_wrong_command_is_answered_with_what_to_do(command, status, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found, out, err = run(*command.split())
    assert (found, out) == (status, "")
    assert words in err
    assert err.startswith("cbs")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "read"),
    [
        ("metrics arrested", lambda found: found[0]["metric_id"]),
        (f"series suspects_arrested --scope {CAMPAIGN}", lambda found: found[0]["announced"] == "2021-03-29"),
        (f"series suspects_arrested --scope {CAMPAIGN} --plot", lambda found: found[0]["value"] == 6261),
        (f"show {HANDLED}", lambda found: {change["readings_left"] for change in found["changes"]} == {"level"}),
        (f"show {ARRESTED}", lambda found: found["citations"][0]["source"]["url"].startswith("http")),
        (f"cite {ARRESTED} --style apa", lambda found: "(2021, March 29)" in found["citation"]),
        ("findings", lambda found: found[0]["verdict"] == "contradiction"),
        ("path units", lambda found: found["units"].endswith("units.csv")),
        ("info", lambda found: found["tables"][0] == {"table": "observations", "rows": len(cbs.load())}),
    ],
)
def test_json(command, read):
    status, out, err = run(*command.split(), "--json")
    assert (status, err) == (0, "")
    assert read(json.loads(out))


def test_json_of_nothing_is_an_empty_list():
    status, out, err = run("findings", "nonsense", "--json")
    assert (status, json.loads(out)) == (1, [])
    assert "no finding" in err


def test_as_of_is_passed_on():
    _, out, _ = run("series", "suspects_arrested", "--scope", CAMPAIGN, "--as-of", "2021-04-01", "--json")
    assert [row["value"] for row in json.loads(out)] == [6261]


def test_a_past_release_is_read():
    found = json.loads(run("series", "suspects_arrested", "--scope", CAMPAIGN, "--release", "0.1.0", "--json")[1])
    assert [row["value"] for row in found] == [6261, 35777]
    assert len(run("export", "observations", "--release", "0.1.0", "--format", "jsonl")[1].splitlines()) == 32


def test_diff():
    status, out, _ = run("diff", "0.1.0", "0.2.0", "--table", "publishers")
    assert status == 0
    rows = [line.split() for line in out.splitlines()]
    assert ["ppsu-journal", "removed"] in [row[:2] for row in rows]
    found = json.loads(run("diff", "0.1.0", "0.2.0", "--json")[1])
    assert {row["change"] for row in found} == {"added", "changed"}
    assert len([row for row in found if row["change"] == "added"]) == 985 - 32
    assert run("diff", "0.1.0", "0.1.0")[1] == "observations: 0.1.0 and 0.1.0 are the same\n"


def test_releases():
    out = run("releases")[1]
    assert out.splitlines()[1].split()[:3] == ["0.1.0", "2026-11-22", "32"]
    first = json.loads(run("releases", "--json")[1])[0]
    assert (first["version"], first["observations"], first["reconciliation"]) == ("0.1.0", 32, None)


def test_export_writes_the_file_it_names(tmp_path):
    file = tmp_path / "figures.xlsx"
    status, out, _ = run("export", "observations", "-o", str(file))
    assert (status, out) == (0, f"wrote observations to {file}\n")
    _, out, _ = run("export", "units", "-o", str(tmp_path / "u"), "--format", "jsonl", "--json")
    assert json.loads(out) == {"file": str(tmp_path / "u"), "table": "units", "bytes": (tmp_path / "u").stat().st_size}


@pytest.mark.parametrize("form", exports.TEXT_FORMATS)
def test_export_to_a_pipe_is_the_bytes_of_the_file_and_no_byte_order_mark(form):
    status, out, _ = run("export", "observations", "--format", form, "--as-of", "2021-06-01")
    assert status == 0
    assert out.encode() == exports.exported("observations", form, as_of="2021-06-01")
    assert not out.startswith("\ufeff")


@pytest.mark.parametrize(
    ("module", "command", "extra"),
    [("xlsxwriter", "export units -o u.xlsx", "[excel]"), ("shtab", "completion bash", "[completion]")],
)
def test_a_missing_extra_is_named(module, command, extra, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    status, out, err = run(*command.split())
    assert (status, out) == (1, "")
    assert f"pip install 'china-border-statistics{extra}'" in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shell", cli.SHELLS)
def test_completion_knows_commands_metrics_and_tables(shell):
    status, out, _ = run("completion", shell)
    assert status == 0
    assert not [word for word in ("findings", "period-kind", "suspects_arrested", "observations") if word not in out]


def test_the_parser_names_what_there_is():
    assert tuple(exports.FORMATS) == cli.FORMATS
    assert tuple(bibliography.STYLES) == cli.STYLES
    named = [*commands.COMMANDS, "completion"]
    assert [name for name in named if f"\n    {name} " not in f"{cli.parser().format_help()} \n"] == ["completion"]


TOKENS = st.sampled_from(
    [*commands.COMMANDS, "--json", "--scope", "--as-of", "--style", "--format", "--table", "--plot", "-h", "--", "csv",
     "suspects_arrested", CAMPAIGN, ARRESTED, "observations", "2021-06-01", "0.1.0", "apa", ""]
)  # fmt: skip
ANYTHING = st.text(st.characters(exclude_characters="/"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(TOKENS | ANYTHING, max_size=6))
def test_no_arguments_give_a_traceback(arguments):
    """Only `-o` is left out: it would write where it is told to."""
    if any(argument.startswith(("-o", "--output")) for argument in arguments):
        return
    status, _, err = run(*arguments)
    assert status in (0, 1, 2)
    assert "Traceback" not in err
    assert status == 0 or err.startswith(("cbs", "usage"))


def piped(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, check=False, env=os.environ | environment)


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a terminal of 80 columns is sent."""
    primary, secondary = pty.openpty()
    settings = {"COLUMNS": "80", "TERM": "xterm"} | environment
    with subprocess.Popen([*COMMAND, *arguments], stdout=secondary, stderr=secondary, env=os.environ | settings) as _:
        os.close(secondary)
        sent = b""
        with contextlib.suppress(OSError):  # at its end a terminal of Linux gives an error
            while chunk := os.read(primary, 65536):
                sent += chunk
    os.close(primary)
    return sent.decode()


def test_colours_and_short_lines_are_for_terminals():
    sent = on_a_terminal("metrics", "抓获", NO_COLOR="")
    assert "\x1b[1m" in sent
    plain = on_a_terminal("metrics", "抓获", NO_COLOR="1")
    assert "\x1b" not in plain
    assert "…" in plain
    assert max(terminal.display_width(line) for line in plain.splitlines()) <= 80
    out = piped("metrics", "抓获").stdout.decode()
    assert "\x1b" not in out
    assert "…" not in out


WIDE = [{"id": "x" * 30, "text": "查获偷渡人员" * 3, "n": 1234.5}, {"id": "y", "text": None, "n": None}]


@pytest.mark.parametrize(
    ("width", "shown"),
    [(None, "查获偷渡人员查获偷渡人员查获偷渡人员"), (60, "查获偷渡人员查获偷…"), (20, "查获偷渡人… ")],
)
def test_wide_characters_are_aligned_and_only_prose_is_shortened(width, shown):
    head, first, second = terminal.table(WIDE, ["id", "text", "n"], width, ["text"])
    assert first == f"{'x' * 30}  {shown}  1,234.5"
    assert head.endswith("  n")
    assert terminal.display_width(head) == terminal.display_width(first)
    assert second == "y"


FIGURES = [(8, 8, "A"), (9, 10, "A"), (0, 5, "B"), (4, 4, "F"), (2, 2, "D")]


def test_a_chart_shows_bounds_breaks_and_forecasts():
    rows = [
        {"lower": low, "upper": high, "value": low, "obs_status": status, "scope_id": "all"}
        for low, high, status in FIGURES
    ]
    lines = list(terminal.chart(rows, ["a", "b", "c", "d", "e"], ascii_only=True))
    assert lines == [
        f"a  {'#' * 32} 8",
        f"b  {'#' * 36}{'+' * 4} 9",
        "--- the series breaks here",
        f"c  {'+' * 20} 0",
        f"d  {'.' * 16} 4",
        "--- the next figure is defined otherwise",
        f"e  {'#' * 8} 2",
        "key: # the figure, at least, + what its rounding leaves open, . forecast",
    ]


def test_a_chart_says_where_another_scope_begins():
    scopes = ("--scope", "all", "--scope", "frontier-defence-force")
    code, out, _ = run("series", "drugs_seized", *scopes, "--period-kind", "year", "--plot")
    assert code == 0
    lines = out.splitlines()
    (at,) = [number for number, line in enumerate(lines) if "the series breaks here: scope all" in line]
    assert "2011-12-31" in lines[at - 1]
    assert "2020-12-31" in lines[at + 1]


def test_a_reader_who_leaves_is_no_error():
    command = [*COMMAND, "export", "citations"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == cli.BROKEN_PIPE


def test_an_output_without_unicode():
    question = ("series", "suspects_arrested", "--scope", CAMPAIGN)
    outcome = piped(*question, "--plot", PYTHONIOENCODING="ascii")
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert b"####" in outcome.stdout
    outcome = piped(*question, "--json", PYTHONIOENCODING="ascii")
    assert json.loads(outcome.stdout.decode("ascii"))[0]["printed"] == "6261名"


def test_help_imports_nothing_slow():
    code = "import sys; from china_border_statistics import cli; cli.parser().format_help(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
    ).stdout
    assert not {"pandas", "pyarrow", "numpy", "typing", "json", "difflib", "shutil", "shtab"} & set(loaded.split())


def examples(document: str) -> list[tuple[str, str]]:
    """Commands of the console blocks, each with the output that is shown below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", (ROOT / document).read_text("utf-8"), flags=re.M | re.S)
    return [
        (command, output)
        for block in blocks
        for command, output in re.findall(r"^\$ (cbs .*)\n((?:(?!\$ ).*\n)*)", block, flags=re.M)
    ]


@pytest.mark.parametrize(("command", "output"), [*examples("docs/command.md"), *examples("README.md")])
def test_the_examples_print_what_they_say(command, output, tmp_path, monkeypatch):
    """An output may be cut off by `…` on a line of its own."""
    monkeypatch.chdir(tmp_path)
    status, out, err = run(*shlex.split(command, comments=True)[1:])
    assert status == 0, err
    # The examples are those of some version; only its number may differ.
    output = re.sub(r"version \d+\.\d+\.\d+", f"version {cbs.__version__}", output)
    shown, cut, _ = output.partition("…\n")
    assert out.startswith(shown) if cut else out == shown


def test_the_reference_has_every_command_and_option():
    reference = (ROOT / "docs/command.md").read_text("utf-8")
    for name in [*commands.COMMANDS, "completion"]:
        _, _, section = reference.partition(f"\n## `cbs {name}")
        section = section.partition("\n## ")[0]
        options = {option for option in cli._options(cli._subparser(cli.parser(), name)) if option.startswith("--")}
        told = set(re.findall(r"`(--[a-z-]+)", section))
        assert told == options - {"--help", "--json"}, name
