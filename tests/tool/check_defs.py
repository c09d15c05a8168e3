#!/usr/bin/env python3
"""Every line of a .def list has its file, and every file its line.

A file with a header of its own serves the listed ones and needs no line: what
a .def line names is found through the line alone. --root checks another tree
(its tests do).
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# list, macro, folder, suffix of the files
LISTS = [
    ("daemon/collectors.def", "COLLECTOR", "daemon/collectors", ".cpp"),
    ("probes/probes.def", "PROBE", "probes", ".bpf.c"),
    ("report/formats.def", "FORMAT", "report/formats", ".cpp"),
    ("tui/views.def", "VIEW", "tui/views", ".cpp"),
    ("cli/commands.def", "COMMAND", "cli/commands", ".cpp"),
    ("cli/ingest/formats.def", "LOAD_FORMAT", "cli/ingest/formats", ".cpp"),
    ("tests/accuracy/phase_shapes.def", "PHASE_SHAPE",
     "tests/accuracy/phase_shapes", ".cpp"),
    ("tests/accuracy/cycle_shapes.def", "CYCLE_SHAPE",
     "tests/accuracy/cycle_shapes", ".cpp"),
]


def listed_names(path, macro):
    """[(line number, name)] of `macro`(name, ...) lines."""
    found = []
    pattern = re.compile(rf"^{macro}\(\s*(\w+)")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = pattern.match(line)
        if match:
            found.append((number, match[1]))
    return found


def check_list(root, list_name, macro, folder, suffix):
    path = root / list_name
    files = {file.name.removesuffix(suffix)
             for file in (root / folder).glob("*" + suffix)}
    if not path.exists():
        if files:
            yield f"{folder}: has files but no {list_name}"
        return
    lines = listed_names(path, macro)
    names = [name for _, name in lines]
    for number, name in lines:
        if name not in files:
            yield f"{list_name}:{number}: no file {folder}/{name}{suffix}"
        if names.count(name) > 1:
            yield f"{list_name}:{number}: {name} is listed twice"
    for file in sorted(files - set(names)):
        if not (root / folder / f"{file}.h").exists():
            yield f"{folder}/{file}{suffix}: no {macro} line in {list_name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    root = parser.parse_args().root
    problems = [problem for one in LISTS for problem in check_list(root, *one)]
    print("\n".join(problems) if problems else
          "defs: every line has its file, every file its line")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
