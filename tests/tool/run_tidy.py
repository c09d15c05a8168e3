#!/usr/bin/env python3
"""Runs clang-tidy-19 on the sources of a build's compile_commands.json.

    run_tidy.py [--changed] BUILD_FOLDER [FOLDER-OR-FILE...]

--changed: only files that differ from the main branch, or from the last
commit's parent when on it. Exit 1 when a check fired.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import sources


def git(*words):
    done = subprocess.run(["git", *words], cwd=sources.ROOT, text=True,
                          capture_output=True)
    return done.stdout.split() if done.returncode == 0 else []


def changed_files():
    base = git("merge-base", "HEAD", "main")
    head = git("rev-parse", "HEAD")
    if not base or base == head:
        base = ["HEAD~1"]
    return set(git("diff", "--name-only", base[0])) | set(
        git("ls-files", "--others", "--exclude-standard"))


def compiled_files(build):
    """Ours alone: not what a tool generated."""
    entries = json.loads((build / "compile_commands.json").read_text())
    paths = {pathlib.Path(entry["file"]) for entry in entries}
    return sorted(path.relative_to(sources.ROOT) for path in paths
                  if path.is_relative_to(sources.ROOT) and
                  not path.is_relative_to(build.resolve()))


def tidy(job):
    build, path = job
    done = subprocess.run(
        ["clang-tidy-19", "-p", build, "--quiet", "--warnings-as-errors=*",
         path], cwd=sources.ROOT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    return path, done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changed", action="store_true")
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    paths = compiled_files(options.build)
    if options.changed:
        changed = changed_files()
        paths = [path for path in paths if path.as_posix() in changed]
    if options.only:
        paths = [path for path in paths
                 if any(path.is_relative_to(only) for only in options.only)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(options.build.resolve(), path) for path in paths]
        for path, code, output in pool.map(tidy, jobs):
            if code:
                failed += 1
                print(output or f"{path}: clang-tidy failed")
    print(f"tidy: {len(paths)} files, {failed} with findings")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
