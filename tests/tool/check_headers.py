#!/usr/bin/env python3
"""Every header compiles alone, so that including it never depends on luck.

Where X.cpp (or X.c) includes X.h before all else, the build proves it; the
other headers are compiled here.

Headers of the client library are compiled as C11, and those that its users or
the daemon include as C++17 too. Headers of BPF programs (*.bpf.h) belong to
clang's BPF target and are left to the build.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

import sources

INCLUDE = re.compile(r'^#include [<"]([^>"]+)[>"]', re.M)
FLAGS = ["-fsyntax-only", "-Wall", "-Wextra", "-Werror",
         "-Wno-missing-field-initializers", "-I.", "-Iclient/include",
         "-Iclient/adapters"]
CXX = ["g++", "-std=c++23", "-x", "c++"]
C = ["gcc", "-std=gnu11", "-x", "c"]
# The client's C++ header serves programs of older standards too.
CXX17 = ["g++", "-std=c++17", "-x", "c++"]


def is_header(path):
    if path.suffix not in {".h", ".hpp"} or path.name.endswith(".bpf.h"):
        return False
    # What includes generated code compiles only within a build.
    return '.pb.h"' not in (sources.ROOT / path).read_text(errors="replace")


def proven_by_build(path):
    for suffix in (".cpp", ".c"):
        source = (sources.ROOT / path).with_suffix(suffix)
        if source.exists():
            first = INCLUDE.search(source.read_text(errors="replace"))
            return first is not None and first[1] == path.as_posix()
    return False


def commands(path):
    if path.parts[0] != "client" or path.parts[1] == "examples":
        yield CXX
        return
    if path.parts[1] == "examples":
        yield CXX17
        return
    shared = path.parts[1] == "include" or path.name == "channel.h"
    if path.suffix == ".hpp" or shared:
        yield CXX17
    if path.suffix == ".h":
        yield C


def check(job):
    command, path = job
    # Through a file that includes it: "#pragma once in main file" is no fault.
    text = f'#include "{path}"\n'
    done = subprocess.run([*command, *FLAGS, "-"], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return path, done.returncode, done.stdout


def main():
    os.chdir(sources.ROOT)
    headers = [path for path in sources.sources() if is_header(path)
               and path.parts[0] not in ("tests", "bench")]
    alone = [path for path in headers if not proven_by_build(path)]
    jobs = [(command, path) for path in alone for command in commands(path)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, output in pool.map(check, jobs):
            if code:
                failed += 1
                print(f"{path} does not compile alone:\n{output}")
    if not failed:
        print(f"headers: {len(headers)} compile alone, {len(alone)} of them "
              "checked here, the others by the build")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
