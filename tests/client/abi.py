#!/usr/bin/env python3
"""The C ABI of libtidemark: the library exports what libtidemark.map lists,
tidemark.h declares the same, and each name has its version.

    abi.py LIBRARY MAP HEADER
"""
import re
import subprocess
import sys


def fail(what, names):
    if names:
        sys.exit(f"{what}: {' '.join(sorted(names))}")


def main(library, map_file, header):
    listed = set(re.findall(r"^    (\w+);$", open(map_file).read(), re.M))
    text = open(header).read()
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    declared = set(re.findall(r"\b(tidemark_\w+)\(", code))
    fail("declared in tidemark.h, not in the map", declared - listed)
    fail("in the map, not declared in tidemark.h", listed - declared)
    out = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions",
                          library], check=True, capture_output=True, text=True)
    exported = {}
    for line in out.stdout.splitlines():
        kind, name = line.split()[-2:]
        if kind != "A":
            name, _, version = name.partition("@@")
            exported[name] = version
    fail("not exported", listed - set(exported))
    fail("exported, not in the map", set(exported) - listed)
    fail("without a version",
         {n for n, v in exported.items() if not v.startswith("TIDEMARK_")})
    # 0.1 once and for all: a name that leaves breaks programs in the field.
    old = {"tidemark_open", "tidemark_close", "tidemark_phase_begin",
           "tidemark_phase_end", "tidemark_done", "tidemark_span_begin"}
    fail("left TIDEMARK_0.1",
         {n for n in old if exported.get(n) != "TIDEMARK_0.1"})
    needed = subprocess.run(["objdump", "-p", library], check=True,
                            capture_output=True, text=True).stdout
    needs = set(re.findall(r"NEEDED\s+(\S+)", needed))
    foreign = {n for n in needs
               if not re.match(r"lib(c|m|pthread|asan|ubsan|tsan)\.so", n)}
    fail("needs more than libc", foreign - {"libgcc_s.so.1",
                                            "ld-linux-x86-64.so.2"})
    print(f"{len(exported)} symbols, needs {' '.join(sorted(needs))}")


if __name__ == "__main__":
    main(*sys.argv[1:])
