#!/usr/bin/env python3
"""check_manual.py TIDEMARK TIDEMARKD FOLDER: every command has a manual page,
every option of its --help, and of that of its own commands, is on it."""
import gzip
import pathlib
import re
import subprocess
import sys


def help_of(*words):
    return subprocess.run([*words, "--help"], check=True, text=True,
                          capture_output=True).stdout


def options_in(text):
    """Those that are listed, not those that are spoken of."""
    heads = re.findall(r"^  (-.*?)(?:  |$)", text, re.M)
    return set(re.findall(r"--[a-z][a-z-]*", " ".join(heads)))


def commands_in(text):
    listed = text.split("Commands:")
    return re.findall(r"^  ([a-z]+)", listed[1].split("\n\n")[0],
                      re.M) if len(listed) > 1 else []


def help_with_below(*path):
    """The help of a command, and that of its own commands."""
    text = help_of(*path)
    return text + "".join(help_with_below(*path, name)
                          for name in commands_in(text))


def main():
    tidemark, daemon, folder = sys.argv[1], sys.argv[2], pathlib.Path(
        sys.argv[3])
    wrong = []
    helps = {f"tidemark-{name}.1": help_with_below(tidemark, name)
             for name in commands_in(help_of(tidemark))}
    helps["tidemarkd.8"] = help_of(daemon)
    for name, text in helps.items():
        path = folder / (name + ".gz")
        if not path.exists():
            wrong.append(f"{name}: no such page")
            continue
        page = gzip.decompress(path.read_bytes()).decode().replace("\\-", "-")
        for option in options_in(text):
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", page):
                wrong.append(f"{name}: {option} is missing")
        if not page.startswith(".TH "):
            wrong.append(f"{name}: no .TH")
    for name in ("tidemark.1", "tidemark.toml.5", "tidemark-recording.5",
                 "tidemark-report.5", "tidemark-gates.5", "tidemark-plan.5",
                 "tidemark-suppressions.5", "tidemark-baseline.5"):
        if not (folder / (name + ".gz")).exists():
            wrong.append(f"{name}: no such page")
    overview = gzip.decompress((folder / "tidemark.1.gz").read_bytes()).decode()
    wrong += [f"tidemark.1: {name} is missing"
              for name in commands_in(help_of(tidemark))
              if not re.search(rf"^\.B[R]? {name}\b", overview, re.M)]
    count = sum(len(options_in(text)) for text in helps.values())
    print("\n".join(wrong) or
          f"{len(helps)} commands with {count} options, all are there")
    return bool(wrong)


sys.exit(main())
