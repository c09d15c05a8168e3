#!/usr/bin/env python3
"""Prints the sizes the house aims at, and warns where a file or a function is
over its budget. A warning, not a failure: a long table may be right.
"""
import statistics
import sys

import sources

FILE_LINES = 700
FUNCTION_LINES = 60
NO_FUNCTION = ("namespace", "class ", "struct ", "enum ", "union ", "extern",
               "#", "//", "/*", "}", "using ", "typedef ")


def functions(lines):
    """(first line number, length) of definitions that start in column 0.

    By layout, which clang-format guarantees: the body opens at the end of a
    line and closes with a lone brace in column 0.
    """
    start, opened = None, False
    for number, line in enumerate(lines, 1):
        if line == "}" and opened:
            yield start, number - start + 1
            start, opened = None, False
        elif not opened:
            outside = line and not line[0].isspace()
            is_table = " = " in line.partition("(")[0]
            if (outside and "(" in line and not is_table
                    and not line.startswith(NO_FUNCTION)):
                start = number
            opened = start is not None and line.endswith("{")
            if line.endswith((";", "}")):
                start = None  # a declaration, or all of it in one line


def main():
    files, bodies, warnings = [], [], []
    for path in sources.sources():
        lines = (sources.ROOT / path).read_text(errors="replace").splitlines()
        if path.parts[0] not in ("tests", "bench"):
            files.append(len(lines))
        if len(lines) > FILE_LINES:
            warnings.append(f"{path}: {len(lines)} lines, over {FILE_LINES}")
        for number, length in functions(lines):
            if path.parts[0] not in ("tests", "bench"):
                bodies.append(length)
            if length > FUNCTION_LINES and path.parts[0] != "tests":
                warnings.append(f"{path}:{number}: a function of {length} "
                                f"lines, over {FUNCTION_LINES}")
    for warning in warnings:
        print("warning:", warning)
    if len(bodies) > 1:
        p90 = statistics.quantiles(bodies, n=10)[-1]
        print(f"sizes: {len(files)} files, median "
              f"{statistics.median(files):.0f} lines, largest {max(files)}; "
              f"{len(bodies)} functions, median "
              f"{statistics.median(bodies):.0f}, p90 {p90:.0f}, largest "
              f"{max(bodies)}")
    sys.exit(0)


if __name__ == "__main__":
    main()
