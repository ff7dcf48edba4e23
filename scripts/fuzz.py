"""Feed what reads strangers' bytes with inputs guided by coverage, for so long; keep what fails as a test's case."""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CRASHES, CORPUS = ROOT / "tests/crashes", ROOT / ".build/fuzz"
BOUNDS = "-timeout=30 -report_slow_units=30 -rss_limit_mb=2048"
sys.path.insert(0, str(ROOT / "tests"))


def main() -> int:
    """Feed every target in a process of its own; return 1 if an input made one fail."""
    from fuzzing import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all if left out; {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=600, help="for all of them together (600)")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    chosen = arguments.targets or list(TARGETS)
    failed = [name for name in chosen if not is_sound(name, max(1, arguments.seconds // len(chosen)))]
    print(f"{len(failed)} of {len(chosen)} failed; inputs that did are in {CRASHES.relative_to(ROOT)}")
    return 1 if failed else 0


def is_sound(name: str, seconds: int) -> bool:
    """Feed one target for so long, and say how it went."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'scripts')!r}); import fuzz; fuzz.feed({name!r}, {seconds})"
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, errors="replace")
    progress = [line for line in made.stderr.splitlines() if "cov:" in line]
    print(f"{name:<11}{'failed' if made.returncode else 'ok':<8}{''.join(progress[-1:]).strip()}", flush=True)
    if made.returncode:
        # Where the exception was raised, and which input did it.
        print("\n".join([*made.stdout.splitlines()[-12:], *made.stderr.splitlines()[-12:]]))
    return made.returncode == 0


def feed(name: str, seconds: int) -> None:
    """Feed one target in this process, which ends with it."""
    import atheris

    # What is imported in here reports which of its branches an input takes.
    included = ["china_border_statistics", "feedparser", "protego", "pypdf", "ruamel", "trafilatura"]
    with atheris.instrument_imports(include=included, enable_loader_override=False):
        import feedparser  # noqa: F401  these three are otherwise imported by the first input that needs them
        import pypdf  # noqa: F401
        import trafilatura  # noqa: F401

        from fuzzing import TARGETS, seeds
    kept, crashes, words = CORPUS / name, CRASHES / name, CORPUS / f"{name}.words"
    for folder in (kept, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    first = seeds(name)
    for number, seed in enumerate(first):
        (kept / f"seed-{number}").write_bytes(seed)
    quoted = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in TARGETS[name].words)
    words.write_text("".join(f'"{word}"\n' for word in quoted), "utf-8")
    longest = max(4096, *(2 * len(seed) for seed in first))
    options = [
        *BOUNDS.split(),
        f"-max_len={longest}",
        f"-max_total_time={seconds}",
        f"-dict={words}",
        f"-artifact_prefix={crashes}/",
    ]
    atheris.Setup([name, *options, str(kept)], TARGETS[name].feed)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
