#!/usr/bin/env python3
"""Prints the C and C++ files of the tree, one per line, in order.

Works without git: a source archive has none.
"""
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".c", ".cpp", ".h", ".hpp"}
FOLDERS = ["core", "client", "probes", "daemon", "tui", "report", "cli",
           "tests", "bench"]


def sources(root=ROOT):
    """Paths relative to `root`, sorted."""
    found = []
    for folder in FOLDERS:
        for where, folders, names in os.walk(root / folder):
            folders[:] = [f for f in folders if f != "__pycache__"]
            for name in names:
                if pathlib.Path(name).suffix in SUFFIXES:
                    found.append(pathlib.Path(where, name).relative_to(root))
    return sorted(found)


def main():
    os.chdir(ROOT)
    sys.stdout.writelines(f"{path}\n" for path in sources())


if __name__ == "__main__":
    main()
