#!/usr/bin/env python3
"""check_manual.py TIDEMARK TIDEMARKD FOLDER: every command has a manual page,
every option of its --help is on it, and every page is one that man accepts."""
import gzip
import pathlib
import re
import subprocess
import sys


def help_of(*words):
    return subprocess.run([*words, "--help"], check=True, text=True,
                          capture_output=True).stdout


def main():
    tidemark, daemon, folder = sys.argv[1], sys.argv[2], pathlib.Path(
        sys.argv[3])
    wrong = []
    listed = help_of(tidemark).split("Commands:")[1].split("\n\n")[0]
    helps = {f"tidemark-{name}.1": help_of(tidemark, name)
             for name in re.findall(r"^  (\w+)", listed, re.M)}
    helps["tidemarkd.8"] = help_of(daemon)
    for name, text in helps.items():
        path = folder / (name + ".gz")
        if not path.exists():
            wrong.append(f"{name}: no such page")
            continue
        page = gzip.decompress(path.read_bytes()).decode().replace("\\-", "-")
        for option in set(re.findall(r"--[a-z][a-z-]*", text)):
            if option not in page:
                wrong.append(f"{name}: {option} is missing")
        if not page.startswith(".TH "):
            wrong.append(f"{name}: no .TH")
    for name in ("tidemark.1", "tidemark.toml.5", "tidemark-recording.5",
                 "tidemark-report.5", "tidemark-gates.5", "tidemark-plan.5"):
        if not (folder / (name + ".gz")).exists():
            wrong.append(f"{name}: no such page")
    print("\n".join(wrong) or f"{len(helps)} commands, every option is there")
    return bool(wrong)


sys.exit(main())
